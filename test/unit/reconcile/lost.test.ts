import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ContainerId, EndpointId, NetworkId } from "../../../src/model/ids.ts";
import type { Row } from "../../../src/model/rows.ts";
import { idOf, World } from "../../world.ts";

const N1 = idOf<NetworkId>("n1");
const WEB = idOf<EndpointId>("e1");
const DB = idOf<EndpointId>("e2");
const DENY = { "hyperion.ingress.no": "deny tcp/5432 from group:web" };

let world: World;

beforeEach(async () => {
  world = await World.open();
  await world.createNetwork(N1, ["10.1.0.0/24"]);
  await start(WEB, "web", "10.1.0.2/24", { "hyperion.group": "web" });
  await start(DB, "db", "10.1.0.3/24", DENY);
  await vi.waitFor(() => {
    expect(world.rows("endpoint").map(({ mode }) => mode)).toEqual(["enforce", "enforce"]);
    expect(world.rows("policy")).toHaveLength(1);
    expect(world.tables.attached.size).toBe(4); // two in use, two warm
  });
});

afterEach(() => world.stop());

async function start(id: EndpointId, name: string, address: string, labels: Record<string, string>) {
  const container = idOf<ContainerId>(`c${name}`);
  world.docker?.addContainer({ id: container, name, labels });
  await world.createEndpoint(N1, id, { Address: address });
  await world.joinContainer(N1, id, container);
}

/** What is held, but for the generations, which only grow. */
const held = () =>
  world
    .allRows()
    .map((row: Row) => JSON.stringify(row.table === "endpoint" ? { ...row, generation: 0 } : row))
    .toSorted();
const generation = () => Math.max(...world.rows("endpoint").map((row) => row.generation));
const logged = (event: string) => world.log.filter((entry) => entry.event === event);
const untilBack = () =>
  vi.waitFor(async () => {
    expect(logged("dataplane.back")).toHaveLength(1);
    expect((await world.status()).reconciled).toBe(true);
  }, 3_000);

describe("a data plane that is lost", () => {
  it("is filled again though nothing happens, ports attached, under generations of their own", async () => {
    const before = { rows: held(), ports: new Map(world.tables.attached), generation: generation() };
    world.loseDataplane();
    await untilBack();
    expect(held()).toEqual(before.rows);
    expect(world.tables.attached).toEqual(before.ports);
    expect(generation()).toBeGreaterThan(before.generation);
    expect(logged("dataplane.lost")).toMatchObject([
      {
        message: "the data plane was lost and what it held with it: lost hyperion-agent (pid 1): Broken pipe",
      },
    ]);
  });

  it("refuses what comes at that moment, and takes it afterwards", async () => {
    const late = idOf<EndpointId>("e3");
    world.loseDataplane();
    const work = world.createEndpoint(N1, late, { Address: "10.1.0.4/24" });
    await expect(work).rejects.toMatchObject({ code: "E511" });
    await untilBack();
    await start(late, "late", "10.1.0.4/24", {});
    await vi.waitFor(() =>
      expect(world.rows("endpoint").map(({ mode }) => mode)).toEqual(["enforce", "enforce", "enforce"]),
    );
  });

  it("is tried again for as long as it takes, and said to be lost once", async () => {
    const rows = held();
    world.loseDataplane(4);
    await vi.waitFor(() => expect(logged("dataplane.lost")).toHaveLength(1));
    expect((await world.status()).reconciled).toBe(false);
    await untilBack();
    expect(held()).toEqual(rows);
    expect(logged("dataplane.lost")).toHaveLength(1);
    expect(logged("vf.attach-failed")).toEqual([]);
  });

  it("may be lost again while it is being filled", async () => {
    const rows = held();
    world.loseDataplane();
    await vi.waitFor(() => expect(logged("dataplane.back")).toHaveLength(1));
    world.loseDataplane();
    await vi.waitFor(async () => {
      expect(held()).toEqual(rows);
      expect(world.tables.attached.size).toBe(4);
      expect((await world.status()).reconciled).toBe(true);
    }, 3_000);
  });

  it("is filled again though a question was the first to meet it empty", async () => {
    const before = { rows: held(), ports: new Map(world.tables.attached) };
    world.loseDataplane();
    // As when nobody has looked for events yet: the dump brings it back, and no call fails.
    world.life.operations.heal();
    await world.life.dataplane.front.dump();
    const answer = await world.life.engine.view.why({
      from: "web",
      to: "db",
      probe: "tcp/80",
      network: undefined,
    });
    expect(answer.answers[0]?.mismatches).toHaveLength(2);
    await vi.waitFor(() => {
      expect(held()).toEqual(before.rows);
      expect(world.tables.attached).toEqual(before.ports);
    });
    expect([logged("dataplane.differs").length, logged("dataplane.lost").length]).toEqual([1, 0]);
  });

  it("answers questions once it is back", async () => {
    world.loseDataplane(2);
    await vi.waitFor(() => expect(logged("dataplane.lost")).toHaveLength(1));
    const ask = () =>
      world.life.engine.view.why({ from: "web", to: "db", probe: "tcp/5432", network: undefined });
    await expect(ask()).rejects.toMatchObject({ code: "E511" });
    await untilBack();
    expect((await ask()).answers[0]).toMatchObject({ verdict: "deny", mismatches: [] });
  });
});
