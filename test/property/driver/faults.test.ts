import { constants } from "node:os";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { isHyperionError, MESSAGE_LENGTH_MAX } from "../../../src/model/errors.ts";
import type { ContainerId, EndpointId, NetworkId } from "../../../src/model/ids.ts";
import { idOf, World } from "../../world.ts";

const NET = idOf<NetworkId>("n1");
const PEOPLE = [
  {
    container: idOf<ContainerId>("c1"),
    name: "web",
    address: "10.1.0.2",
    labels: { "hyperion.group": "web" },
  },
  {
    container: idOf<ContainerId>("c2"),
    name: "db",
    address: "10.1.0.3",
    labels: { "hyperion.policy": "default-deny", "hyperion.ingress.sql": "allow tcp/5432 from group:web" },
  },
] as const;
const POOL = { AddressSpace: "hyperion-local", Pool: "10.1.0.0/24", SubPool: "", V6: false, Options: {} };

interface Fault {
  /** The n-th from now on. */
  readonly fail: (world: World, n: number) => void;
  readonly seen: (world: World) => number;
}

/** What can fail, and how to let the n-th one do so. */
const FAULTS: Readonly<Record<string, Fault>> = {
  "transaction, nothing written": {
    fail: ({ life }, n) => life.store.failNth(n),
    seen: ({ life }) => life.store.calls,
  },
  "transaction, written but not confirmed": {
    fail: ({ life }, n) => life.store.failNth(n, "everything"),
    seen: ({ life }) => life.store.calls,
  },
  "host call, nothing done": {
    fail: ({ life }, n) => life.host.failNth(n),
    seen: ({ life }) => life.host.calls,
  },
  "host call, done but not confirmed": {
    fail: ({ life }, n) => life.host.failNth(n, "everything"),
    seen: ({ life }) => life.host.calls,
  },
  "data plane call, nothing done": {
    fail: ({ life }, n) => life.dataplane.failNth(n),
    seen: ({ life }) => life.dataplane.calls,
  },
  "data plane call, done but not confirmed": {
    fail: ({ life }, n) => life.dataplane.failNth(n, "everything"),
    seen: ({ life }) => life.dataplane.calls,
  },
  "row, its table full": {
    fail: ({ life }, n) => life.operations.failNth(n),
    seen: ({ life }) => life.operations.operations,
  },
  "row, out of memory": {
    fail: ({ life }, n) => life.operations.failNth(n, constants.errno.ENOMEM),
    seen: ({ life }) => life.operations.operations,
  },
};

/** No more room than the two containers need, so that whatever leaks is missed in the second round. */
const newWorld = (warm: number) =>
  World.open({ networksMax: 1, endpointsMax: 2, config: { vfPool: warm, vfLimit: 2 + warm } });

const eventually = (check: () => Promise<void> | void) => vi.waitFor(check, { timeout: 5_000, interval: 2 });

/** As Docker and its user do: what is refused, clearly, is asked for again. */
class User {
  readonly #world: World;
  /** What CreateEndpoint was last asked to make, by container. */
  readonly #endpoints = new Map<string, EndpointId>();
  readonly #freshIds: boolean;
  #attempts = 0;

  /** @param freshIds true: a new attempt to start a container comes with a new endpoint ID, as from Docker. */
  constructor(world: World, freshIds: boolean) {
    this.#world = world;
    this.#freshIds = freshIds;
  }

  async #insist<T>(work: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await work();
      } catch (error) {
        if (!isHyperionError(error)) throw error;
        expect(error.message).not.toMatch(/[\n{}]/);
        expect(error.message.length).toBeLessThanOrEqual(MESSAGE_LENGTH_MAX);
        if (attempt === 3) throw error;
      }
    }
  }

  #call(method: string, body: object): Promise<Record<string, unknown>> {
    return this.#insist(() => this.#world.call(method, body));
  }

  async up(): Promise<void> {
    const world = this.#world;
    const { PoolID } = await this.#call("IpamDriver.RequestPool", POOL);
    await this.#insist(() => world.createNetwork(NET, ["10.1.0.0/24"]));
    for (const { container, name, address, labels } of PEOPLE) {
      world.docker?.addContainer({ id: container, name, labels });
      await this.#call("IpamDriver.RequestAddress", { PoolID, Address: address, Options: {} });
      await this.#insist(async () => {
        const id = idOf<EndpointId>(this.#freshIds ? `e${name}.${this.#attempts++}.` : `e${name}`);
        this.#endpoints.set(name, id);
        await world.createEndpoint(NET, id, { Address: `${address}/24` });
      });
      await this.#insist(() =>
        world.joinContainer(NET, this.#endpoints.get(name) ?? idOf("none"), container),
      );
    }
  }

  async down(): Promise<void> {
    const world = this.#world;
    for (const { container, name, address } of PEOPLE) {
      const id = this.#endpoints.get(name) ?? idOf<EndpointId>("none");
      const ref = { NetworkID: NET, EndpointID: id };
      await this.#call("NetworkDriver.Leave", ref);
      await this.#call("NetworkDriver.DeleteEndpoint", ref);
      await this.#call("IpamDriver.ReleaseAddress", {
        PoolID: "hyperion-local/10.1.0.0/24",
        Address: address,
      });
      world.docker?.disconnectEndpoint(NET, id);
      world.docker?.removeContainer(container);
    }
    await this.#call("NetworkDriver.DeleteNetwork", { NetworkID: NET });
    world.docker?.removeNetwork(NET);
    await this.#call("IpamDriver.ReleasePool", { PoolID: "hyperion-local/10.1.0.0/24" });
  }
}

/** Both containers have what they asked for, in memory, in the tables and on the host. */
async function expectUp(world: World): Promise<void> {
  await eventually(async () => {
    const documents = await world.life.engine.view.endpoints();
    expect(documents.map(({ container, mode }) => [container?.name, mode])).toEqual([
      ["web", "enforce"],
      ["db", "enforce"],
    ]);
    expect(await world.status()).toMatchObject({ reconciled: true, endpoints: 2, quarantined: 0 });
    const [web, db] = documents;
    expect(world.rows("policy")).toMatchObject([
      {
        identity: web?.identity,
        policy: world.rows("endpoint").find(({ identity }) => identity === db?.identity)?.policy,
        verdict: "allow",
        port: 5432,
      },
    ]);
    expect(
      world
        .rows("neighbour")
        .map(({ address }) => address)
        .sort(),
    ).toEqual(["10.1.0.2", "10.1.0.3"]);
    expect(world.rows("endpoint").map(({ mode }) => mode)).toEqual(["enforce", "enforce"]);
    for (const { port } of world.rows("port")) expect(world.tables.attached.has(port)).toBe(true);
    for (const { representor } of documents) expect(await world.host.link(representor)).toBeDefined();
  });
}

/** Nothing is left over, anywhere. */
async function expectEmpty(world: World, warm: number): Promise<void> {
  await eventually(async () => {
    expect(world.allRows()).toEqual([]);
    expect(await world.status()).toMatchObject({ reconciled: true, vfs: { used: 0, warm } });
    expect(await world.devices()).toHaveLength(2 * warm);
    expect(world.tables.attached.size).toBe(warm);
  });
  expect(world.keys("")).toEqual([]);
}

/** Whatever happened before: there is room for both containers, and nothing stays behind them. */
async function expectSound(world: World, warm: number): Promise<void> {
  const { store, host, dataplane, operations } = world.life;
  for (const door of [store, host, dataplane, operations]) door.heal();
  // A second life of the same containers finds room for everything, and writes what is still owed.
  const user = new User(world, true);
  await user.up();
  await expectUp(world);
  await user.down();
  await expectEmpty(world, warm);
  world.kill();
  await world.start();
  expect(world.life.operations.operations).toBe(0);
  await expectEmpty(world, warm);
  await world.stop();
}

/** One run with the n-th failing; returns how many could have failed. */
async function run(fault: Fault, n: number, warm: number, freshIds: boolean): Promise<number> {
  const world = await newWorld(warm);
  await eventually(async () => expect((await world.status()).vfs.warm).toBe(warm));
  const before = fault.seen(world);
  fault.fail(world, n);
  const user = new User(world, freshIds);
  await user.up();
  await expectUp(world);
  await user.down();
  const seen = fault.seen(world) - before;
  await expectSound(world, warm);
  return seen;
}

describe.each(Object.entries(FAULTS))("with a failing %s", (_, fault) => {
  it.each([
    { warm: 1, freshIds: false },
    { warm: 0, freshIds: true },
  ])("the n-th, for every n: nothing leaks, nothing is lost (%j)", async ({ warm, freshIds }) => {
    let n = 1;
    while ((await run(fault, n, warm, freshIds)) >= n) n++;
    expect(n).toBeGreaterThan(4);
  });
});

describe("with all doors failing as luck has it", () => {
  const fate = fc.oneof(
    { weight: 2, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.constantFrom("nothing" as const, "everything" as const) },
  );

  it("what a user gave up in the middle leaves nothing behind either", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.infiniteStream(fate),
        fc.boolean(),
        fc.boolean(),
        async (luck, keepsWarm, freshIds) => {
          const warm = keepsWarm ? 1 : 0;
          const world = await newWorld(warm);
          const user = new User(world, freshIds);
          const { store, host, dataplane, operations } = world.life;
          for (const door of [store, host, dataplane]) door.failBy(() => luck.next().value);
          operations.failRows(() => luck.next().value !== undefined);
          await user.up().catch((error) => {
            if (!isHyperionError(error)) throw error;
          });
          for (const door of [store, host, dataplane, operations]) door.heal();
          await user.down();
          await expectSound(world, warm);
        },
      ),
      { numRuns: 150 },
    );
  });
});
