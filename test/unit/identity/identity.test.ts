import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Log } from "../../../src/base/log.ts";
import { IDENTITY_TIMING, Identity, type IdentityTiming } from "../../../src/identity/identity.ts";
import type { ContainerFacts } from "../../../src/model/facts.ts";
import type { ContainerId, EndpointId, NetworkId } from "../../../src/model/ids.ts";
import { MemoryDocker } from "../../../src/platform/docker/memory/memory.ts";
import { MemoryDirectory } from "./memory-directory.ts";

const NETWORK = "n1" as NetworkId;
const OTHER = "n2" as NetworkId;

class MemoryLog implements Log {
  readonly events: string[] = [];
  info(event: string): void {
    this.events.push(event);
  }
  warn(event: string): void {
    this.events.push(event);
  }
  error(event: string): void {
    this.events.push(event);
  }
}

/** Quick to fail and to come back; the periodic searches are out of the way unless a test wants them. */
const TIMING: IdentityTiming = {
  ...IDENTITY_TIMING,
  reconnectFirstMs: 2,
  reconnectLastMs: 10,
  verifyFirstMs: 10,
  surveyRetryMs: 10,
};
const SEARCHING: Partial<IdentityTiming> = { overduePeriodMs: 10, overdueAfterMs: 0 };

let docker: MemoryDocker;
let directory: MemoryDirectory;
let log: MemoryLog;
let identity: Identity;

const container = (id: string, name = id, labels: Record<string, string> = { of: id }): ContainerFacts => ({
  id: id as ContainerId,
  name,
  labels,
  inherited: undefined,
});

const begin = (timing: Partial<IdentityTiming> = {}) => {
  const isOurs = ({ driver }: { readonly driver: string }) => driver === "hyperion";
  const parts = { docker, log, directory, isOurs, identityLabels: ["role"] };
  identity = new Identity(parts, { ...TIMING, ...timing });
  identity.start();
};

const settled = () => expect.poll(() => directory.observations.length).toBeGreaterThan(0);
const attributed = (id: string) => expect.poll(() => directory.of(id), { interval: 2 });

/** `docker run`, as far as the endpoint goes, with everything going well. */
const start = (n: string) => {
  docker.addContainer(container(`c${n}`));
  const endpoint = directory.add(`e${n}`);
  docker.createEndpoint(NETWORK, endpoint.id, `c${n}`);
  identity.joined(endpoint);
  return endpoint;
};

beforeEach(() => {
  docker = new MemoryDocker(30);
  directory = new MemoryDirectory();
  log = new MemoryLog();
  const compose = { project: "shop", key: "front" };
  docker.addNetwork({ id: NETWORK, name: "front", compose, driver: "hyperion", ipamDriver: "default" });
  docker.addNetwork({ id: OTHER, name: "bridge", driver: "bridge", ipamDriver: "default" });
});

afterEach(() => identity.stop());

describe("attribution", () => {
  test("by the event, with the labels of the container", async () => {
    begin();
    await settled();
    docker.addContainer(container("c1", "web", { image: "hidden in the event", app: "x" }));
    directory.add("e1");
    docker.connectEndpoint(NETWORK, "e1" as EndpointId, "c1" as ContainerId);
    await attributed("e1").toEqual(container("c1", "web", { image: "hidden in the event", app: "x" }));
  });

  test("from Join on, by name, long before the event; the ID confirms it", async () => {
    begin();
    await settled();
    const endpoint = start("1");
    await attributed("e1").toMatchObject({ id: "c1", labels: { of: "c1" } });
    docker.connectEndpoint(NETWORK, endpoint.id, "c1" as ContainerId, true);
    await sleep(60);
    expect(directory.history).toEqual(["e1=c1"]);
    expect(log.events).toEqual([]);
  });

  test("from CreateEndpoint on, by name, before the Join", async () => {
    begin();
    await settled();
    docker.addContainer(container("c1"));
    const endpoint = directory.add("e1");
    identity.created(endpoint);
    // The engine lists the endpoint after it has the reply.
    await sleep(5);
    expect(directory.of("e1")).toBeUndefined();
    docker.createEndpoint(NETWORK, endpoint.id, "c1");
    await attributed("e1").toMatchObject({ id: "c1" });
    docker.connectEndpoint(NETWORK, endpoint.id, "c1" as ContainerId, true);
    await sleep(60);
    expect(directory.history).toEqual(["e1=c1"]);
    expect(log.events).toEqual([]);
  });

  test("a name that turns out to be another's is corrected and told", async () => {
    begin();
    await settled();
    docker.addContainer(container("c2"));
    const endpoint = start("1");
    await attributed("e1").toMatchObject({ id: "c1" });
    docker.connectEndpoint(NETWORK, endpoint.id, "c2" as ContainerId, true);
    await attributed("e1").toMatchObject({ id: "c2" });
    expect(log.events).toEqual(["identity.contradiction"]);
  });

  test("a container without a sandbox that nobody called about is nobody's", async () => {
    docker.addContainer(container("c1"));
    directory.add("e1");
    docker.createEndpoint(NETWORK, "e1" as EndpointId, "c1");
    begin(SEARCHING);
    await settled();
    await sleep(40);
    expect(directory.of("e1")).toBeUndefined();
    expect(log.events).toEqual(["identity.unattributed"]);
  });

  test("64 at once, events in reverse order: each gets its own", async () => {
    begin();
    await settled();
    docker.latencyMs = 3;
    const ids = Array.from({ length: 64 }, (_, i) => `${i}`);
    for (const n of ids) {
      docker.addContainer(container(`c${n}`));
      directory.add(`e${n}`);
    }
    for (const n of ids.toReversed()) {
      docker.connectEndpoint(NETWORK, `e${n}` as EndpointId, `c${n}` as ContainerId);
    }
    await expect.poll(() => directory.history.length).toBe(64);
    for (const n of ids) expect(directory.of(`e${n}`)?.labels).toEqual({ of: `c${n}` });
  });

  test("64 at once from Join on, without any event", async () => {
    begin();
    await settled();
    docker.latencyMs = 3;
    docker.muted = true;
    const ids = Array.from({ length: 64 }, (_, i) => `${i}`);
    for (const n of ids) start(n);
    await expect.poll(() => directory.history.length).toBe(64);
    for (const n of ids) expect(directory.of(`e${n}`)?.labels).toEqual({ of: `c${n}` });
  });

  test("an event before Docker lists the endpoint is not the last chance", async () => {
    begin();
    await settled();
    docker.addContainer(container("c1"));
    const endpoint = directory.add("e1");
    identity.joined(endpoint);
    docker.emit({ type: "connect", networkId: NETWORK, containerId: "c1" as ContainerId });
    await sleep(20);
    expect(directory.of("e1")).toBeUndefined();
    docker.connectEndpoint(NETWORK, endpoint.id, "c1" as ContainerId, true);
    await attributed("e1").toMatchObject({ id: "c1" });
  });

  test("`network connect` to a running container, whose start nobody saw", async () => {
    docker.muted = true;
    begin();
    await settled();
    docker.addContainer(container("c1", "old"));
    docker.muted = false;
    directory.add("e1");
    docker.connectEndpoint(NETWORK, "e1" as EndpointId, "c1" as ContainerId);
    await attributed("e1").toMatchObject({ name: "old" });
  });

  test("a network without unattributed endpoints is not inspected for an event", async () => {
    begin();
    await settled();
    docker.addContainer(container("c1"));
    docker.connectEndpoint(OTHER, "e9" as EndpointId, "c1" as ContainerId);
    await sleep(20);
    expect(directory.networkNames.has(OTHER)).toBe(false); // an inspection tells the name
    directory.add("e9", OTHER);
    docker.connectEndpoint(OTHER, "e9" as EndpointId, "c1" as ContainerId);
    await attributed("e9").toMatchObject({ id: "c1" });
    expect(directory.networkNames.has(OTHER)).toBe(true);
  });
});

describe("the name from IPAM", () => {
  test("attributes before expect() returns, and the list verifies it", async () => {
    docker.addContainer(container("c1", "web"));
    begin();
    await settled();
    const endpoint = directory.add("e1");
    identity.expect(endpoint, "web");
    expect(directory.of("e1")).toEqual(container("c1", "web"));
    expect(identity.known("web")).toEqual(container("c1", "web"));
    expect(identity.known("we")).toBeUndefined();
    docker.connectEndpoint(NETWORK, endpoint.id, "c1" as ContainerId);
    await sleep(30);
    expect(directory.history).toEqual(["e1=c1"]);
  });

  test("waits for a container that is not known yet, with all its labels", async () => {
    docker.muted = true;
    begin();
    await settled();
    docker.addContainer(container("c1", "web", { image: "label" }));
    identity.expect(directory.add("e1"), "web");
    expect(directory.of("e1")).toBeUndefined();
    await attributed("e1").toEqual(container("c1", "web", { image: "label" }));
  });

  test("is forgotten with its endpoint", async () => {
    begin();
    await settled();
    const endpoint = directory.add("e1");
    identity.expect(endpoint, "web");
    identity.forget(endpoint.id);
    docker.addContainer(container("c1", "web"));
    await sleep(20);
    expect(directory.history).toEqual([]);
  });
});

describe("bad days", () => {
  test("daemon boot: what ran before is attributed by the first survey", async () => {
    docker.addContainer(container("c1"));
    directory.add("e1");
    docker.connectEndpoint(NETWORK, "e1" as EndpointId, "c1" as ContainerId, true);
    begin();
    await attributed("e1").toMatchObject({ id: "c1" });
  });

  test("an API that hangs at boot: attributed once it answers", async () => {
    docker.hang();
    begin();
    docker.addContainer(container("c1"));
    const endpoint = directory.add("e1");
    identity.joined(endpoint);
    docker.connectEndpoint(NETWORK, endpoint.id, "c1" as ContainerId);
    await sleep(100); // several deadlines
    expect(log.events).toEqual(["docker.lost"]);
    docker.revive();
    await attributed("e1").toMatchObject({ id: "c1" });
    await settled();
    expect(log.events).toEqual(["docker.lost", "docker.connected"]);
  });

  test("an engine that dies in mid-stream and comes back; renames, starts and removals meanwhile", async () => {
    docker.addContainer(container("c1", "web"));
    docker.addContainer(container("c2"));
    begin();
    await settled();
    docker.die();
    docker.renameContainer("c1" as ContainerId, "www");
    docker.removeContainer("c2" as ContainerId);
    docker.addContainer(container("c3"));
    directory.add("e3");
    docker.connectEndpoint(NETWORK, "e3" as EndpointId, "c3" as ContainerId);
    await sleep(40);
    expect(identity.connected).toBe(false);
    expect(directory.of("e3")).toBeUndefined();
    docker.revive();
    await attributed("e3").toMatchObject({ id: "c3" });
    await expect.poll(() => directory.names.get("c1" as ContainerId)).toBe("www");
    expect(directory.removed).toEqual(["c2"]);
    expect(identity.known("www")).toMatchObject({ id: "c1" });
    expect(identity.known("web")).toBeUndefined();
  });

  test.each(["from the network", "from IPAM"])(
    "a name %s that went over to another container while no events came",
    async (source) => {
      docker.addContainer(container("c1", "web"));
      begin({ reconnectFirstMs: 200, reconnectLastMs: 200 });
      await settled();
      docker.die();
      await expect.poll(() => identity.connected).toBe(false);
      docker.removeContainer("c1" as ContainerId);
      docker.addContainer(container("c2", "web"));
      docker.revive();
      const endpoint = directory.add("e1");
      docker.createEndpoint(NETWORK, endpoint.id, "web");
      if (source === "from IPAM") identity.expect(endpoint, "web");
      identity.joined(endpoint);
      await attributed("e1").toMatchObject({ id: "c2" });
      expect(identity.connected).toBe(false);
      expect(directory.history).toEqual(["e1=c2"]);
    },
  );

  test("a hang in the middle of an attribution", async () => {
    begin(SEARCHING);
    await settled();
    docker.hang();
    const endpoint = start("1");
    docker.connectEndpoint(NETWORK, endpoint.id, "c1" as ContainerId);
    await sleep(80);
    expect(directory.of("e1")).toBeUndefined();
    docker.revive();
    await attributed("e1").toMatchObject({ id: "c1" });
  });

  test("lost events: the search finds the endpoint, and says once that it waits", async () => {
    begin(SEARCHING);
    await settled();
    docker.muted = true;
    docker.addContainer(container("c1"));
    directory.add("e1");
    await sleep(60);
    expect(log.events).toEqual(["identity.unattributed"]);
    docker.connectEndpoint(NETWORK, "e1" as EndpointId, "c1" as ContainerId);
    await attributed("e1").toMatchObject({ id: "c1" });
  });

  test("stop() ends it, also while the engine hangs", async () => {
    docker.hang();
    begin();
    identity.stop();
    docker.revive();
    await sleep(20);
    expect(directory.observations).toEqual([]);
    expect(identity.connected).toBe(false);
  });
});

describe("what is told besides", () => {
  test("renames and removals as they happen", async () => {
    begin();
    await settled();
    docker.addContainer(container("c1", "web"));
    docker.renameContainer("c1" as ContainerId, "www");
    expect(directory.names.get("c1" as ContainerId)).toBe("www");
    await expect.poll(() => identity.known("www")).toMatchObject({ id: "c1", name: "www" });
    docker.removeContainer("c1" as ContainerId);
    expect(directory.removed).toEqual(["c1"]);
    expect(identity.known("www")).toBeUndefined();
  });

  test("our networks with their attachments and names, at the start and again", async () => {
    begin({ surveyPeriodMs: 20 });
    docker.addContainer(container("c1"));
    docker.connectEndpoint(NETWORK, "e1" as EndpointId, "c1" as ContainerId);
    await expect.poll(() => directory.observations.length).toBeGreaterThan(2);
    const [observation] = directory.observations;
    expect(observation?.startedAtMs).toBeLessThanOrEqual(Date.now());
    expect(observation?.networks.map(({ name }) => name)).toEqual(["front"]);
    expect(observation?.networks[0]?.attachments).toMatchObject([{ endpointId: "e1", containerId: "c1" }]);
    expect([...directory.networkNames]).toEqual([[NETWORK, "front"]]);
    expect(directory.composeNetworks.get(NETWORK)).toEqual({ project: "shop", key: "front" });
  });

  test("nothing, when a part of the survey fails", async () => {
    begin({ surveyPeriodMs: 10 });
    await settled();
    docker.hang();
    await sleep(30);
    const before = directory.observations.length;
    await sleep(90);
    expect(directory.observations.length).toBe(before);
    expect(log.events).toEqual(["docker.survey"]);
    docker.revive();
    await expect.poll(() => directory.observations.length).toBeGreaterThan(before);
  });
});
