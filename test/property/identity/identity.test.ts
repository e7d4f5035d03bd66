import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { EndpointDirectory } from "../../../src/identity/directory.ts";
import { IDENTITY_TIMING, Identity } from "../../../src/identity/identity.ts";
import type { ContainerFacts, EndpointFacts } from "../../../src/model/facts.ts";
import type { ContainerId, EndpointId, NetworkId } from "../../../src/model/ids.ts";
import type { ImageId } from "../../../src/platform/docker/docker.ts";
import { MemoryDocker } from "../../../src/platform/docker/memory/memory.ts";

const NETWORKS = ["n0", "n1"] as NetworkId[];
const CONTAINERS = 6;
/** Every third container is made from it; its group is never the container's own. */
const IMAGE = "sha256:1" as ImageId;
const GROUP = "hyperion.group";

/** Steps of Docker's users, of the engine's lives, and of time. */
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant("start"), at: fc.nat(CONTAINERS - 1) }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant("connect"), at: fc.nat(CONTAINERS - 1), heard: fc.boolean() }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("stop"), at: fc.nat(CONTAINERS - 1) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("recreate"), at: fc.nat(CONTAINERS - 1) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("rename"), at: fc.nat(CONTAINERS - 1) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("lose image", "find image", "hang images") }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("hang", "die", "revive") }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("wait"), at: fc.nat(6) }) },
) as fc.Arbitrary<{ do: string; at?: number; heard?: boolean }>;

const steps = fc.array(step, { minLength: 5, maxLength: 40 });

class World implements EndpointDirectory {
  readonly docker = new MemoryDocker(12);
  readonly endpoints = new Map<EndpointId, EndpointFacts>();
  /** What is true: the container of each live endpoint, and each slot's container. */
  readonly truth = new Map<EndpointId, ContainerId>();
  readonly slots: { id: ContainerId; name: string; endpoint: EndpointId | undefined; plain: boolean }[] = [];
  readonly wrong: string[] = [];
  readonly identity: Identity;
  #serial = 0;

  constructor() {
    const silent = { info: () => {}, warn: () => {}, error: () => {} };
    const timing = {
      reconnectFirstMs: 1,
      reconnectLastMs: 4,
      verifyFirstMs: 3,
      surveyRetryMs: 4,
      surveyPeriodMs: 30,
    };
    const search = { overduePeriodMs: 5, overdueAfterMs: 0 };
    const isOurs = ({ driver }: { readonly driver: string }) => driver === "hyperion";
    const parts = { docker: this.docker, log: silent, directory: this, isOurs, identityLabels: [] };
    this.identity = new Identity(parts, { ...IDENTITY_TIMING, ...timing, ...search });
    for (const id of NETWORKS) {
      this.docker.addNetwork({ id, name: id, driver: "hyperion", ipamDriver: "default" });
    }
    this.docker.addImage(IMAGE, { [GROUP]: "admin" });
    for (let at = 0; at < CONTAINERS; at++) this.#create(at, `name${at}`);
    this.identity.start();
  }

  *unattributed() {
    for (const each of this.endpoints.values()) if (each.container === undefined) yield each;
  }

  attribute(id: EndpointId, container: ContainerFacts): void {
    const endpoint = this.endpoints.get(id);
    if (endpoint === undefined) return;
    // At no time may an endpoint carry another container's labels.
    if (container.labels.of !== this.truth.get(id)) this.wrong.push(`${id}=${container.id}`);
    // Nor a label of its image as its own, or its own as the image's.
    const ofImage = container.labels[GROUP] === "admin";
    if (container.inherited !== undefined && container.inherited.includes(GROUP) !== ofImage) {
      this.wrong.push(`${id}: ${container.labels[GROUP]} taken for ${ofImage ? "its own" : "its image's"}`);
    }
    this.endpoints.set(id, { ...endpoint, container });
  }

  /** Endpoints with a label that matters of which nobody knows whether it is the image's. */
  get doubtful(): readonly EndpointId[] {
    const all = [...this.unsifted()];
    return all.filter(({ container }) => container?.labels[GROUP] !== undefined).map(({ id }) => id);
  }

  rename(id: ContainerId, name: string): void {
    for (const [endpointId, endpoint] of this.endpoints) {
      if (endpoint.container?.id !== id) continue;
      this.endpoints.set(endpointId, { ...endpoint, container: { ...endpoint.container, name } });
    }
  }

  *unsifted() {
    for (const each of this.endpoints.values()) {
      if (each.container !== undefined && each.container.inherited === undefined) yield each;
    }
  }

  inherited(id: ContainerId): readonly string[] | undefined {
    const known = [...this.endpoints.values()].find(({ container }) => container?.id === id);
    return known?.container?.inherited;
  }

  gone(): void {}
  named(): void {}
  observed(): void {}

  async take(one: { do: string; at?: number; heard?: boolean }): Promise<void> {
    const at = one.at ?? 0;
    if (one.do === "start") this.#start(at);
    else if (one.do === "stop") this.#stop(at);
    else if (one.do === "recreate") this.#recreate(at);
    else if (one.do === "rename") this.#rename(at);
    else if (one.do === "hang") this.docker.hang();
    else if (one.do === "die") this.docker.die();
    else if (one.do === "revive") this.docker.revive();
    else if (one.do === "hang images") this.docker.hangImages();
    else if (one.do === "lose image") this.docker.removeImage(IMAGE);
    else if (one.do === "find image") this.docker.addImage(IMAGE, { [GROUP]: "admin" });
    else if (one.do === "wait") await sleep(at);
    else this.#connect(at, one.heard ?? true);
  }

  #create(at: number, name: string): void {
    const id = `c${++this.#serial}` as ContainerId;
    const own = this.#serial % 3 === 0 ? { [GROUP]: "web" } : {};
    const image = at % 3 === 0 && this.docker.hasImage(IMAGE) ? { image: IMAGE } : {};
    this.slots[at] = { id, name, endpoint: undefined, plain: !(GROUP in own) && !("image" in image) };
    this.docker.addContainer({ id, name, labels: { of: id, ...own }, ...image });
  }

  #start(at: number): void {
    const slot = this.slots[at];
    if (slot === undefined || slot.endpoint !== undefined) return;
    const id = `e${++this.#serial}` as EndpointId;
    const networkId = NETWORKS[at % NETWORKS.length] as NetworkId;
    slot.endpoint = id;
    this.truth.set(id, slot.id);
    this.endpoints.set(id, { id, networkId, createdAtMs: Date.now(), container: undefined } as EndpointFacts);
    this.identity.created({ id, networkId });
    this.docker.createEndpoint(networkId, id, slot.name);
    this.identity.joined({ id, networkId });
  }

  #connect(at: number, heard: boolean): void {
    const slot = this.slots[at];
    if (slot?.endpoint === undefined) return;
    this.docker.connectEndpoint(NETWORKS[at % NETWORKS.length] as NetworkId, slot.endpoint, slot.id, !heard);
  }

  /** The engine is well, and every start comes to its end. */
  finish(): void {
    this.docker.revive();
    this.docker.addImage(IMAGE, { [GROUP]: "admin" });
    for (let at = 0; at < CONTAINERS; at++) this.#connect(at, false);
  }

  #stop(at: number): void {
    const slot = this.slots[at];
    if (slot?.endpoint === undefined) return;
    this.docker.disconnectEndpoint(NETWORKS[at % NETWORKS.length] as NetworkId, slot.endpoint);
    this.endpoints.delete(slot.endpoint);
    this.identity.forget(slot.endpoint);
    slot.endpoint = undefined;
  }

  #recreate(at: number): void {
    this.#stop(at);
    const slot = this.slots[at];
    if (slot === undefined) return;
    this.docker.removeContainer(slot.id);
    this.#create(at, slot.name);
  }

  #rename(at: number): void {
    const slot = this.slots[at];
    if (slot === undefined) return;
    slot.name = `renamed${++this.#serial}`;
    this.docker.renameContainer(slot.id, slot.name);
  }
}

/** By what was told of the slot's endpoint, or by the cache where it has none; images are not asked for there. */
function nameOf(world: World, { id, name, endpoint, plain }: World["slots"][number]): string | undefined {
  if (endpoint !== undefined) return world.endpoints.get(endpoint)?.container?.name;
  if (!plain) return name;
  const known = world.identity.known(name);
  return known?.id === id ? known.name : undefined;
}

test("whatever happens, once the engine is well every endpoint is its container's, and none was another's", async () => {
  const property = fc.asyncProperty(steps, fc.constantFrom(0, 1, 2), async (taken, latencyMs) => {
    const world = new World();
    world.docker.latencyMs = latencyMs;
    try {
      for (const each of taken) await world.take(each);
      world.finish();
      await expect.poll(() => [...world.unattributed()].length, { interval: 2 }).toBe(0);
      await expect.poll(() => world.doubtful, { interval: 2 }).toEqual([]);
      expect(world.wrong).toEqual([]);
      // The next survey sees the renames that were missed.
      const names = () => world.slots.map((slot) => nameOf(world, slot));
      await expect.poll(names, { interval: 2 }).toEqual(world.slots.map(({ name }) => name));
    } finally {
      world.identity.stop();
    }
  });
  await fc.assert(property, { numRuns: 100 });
}, 60_000);
