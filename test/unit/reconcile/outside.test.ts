import { describe, expect, it, vi } from "vitest";
import type { EndpointFacts, Facts } from "../../../src/model/facts.ts";
import { parseIp } from "../../../src/model/ip.ts";
import type { EndpointRow, PrefixRow, Row } from "../../../src/model/rows.ts";
import { Compiler } from "../../../src/pipeline/index.ts";
import { MemoryDataplane, MemoryTables } from "../../../src/platform/dataplane/memory/memory-dataplane.ts";
import { Reconciler } from "../../../src/reconcile/reconciler.ts";
import { FaultyDataplane } from "../../faults/faulty-dataplane.ts";
import { recordingLog } from "../../protocol/recording-drivers.ts";
import { container, endpoint, facts, network, SETTINGS } from "../pipeline/facts.ts";

const NET = network("shop_default");
const WEB = endpoint(
  1,
  NET,
  container("web", { "hyperion.ingress.a": "allow tcp/80 from 10.0.0.0/8, host" }),
);

/** A machine on which each endpoint has a way out. */
function world(...endpoints: readonly EndpointFacts[]): Facts {
  return {
    ...facts([NET], endpoints),
    gateways: new Map(endpoints.map(({ id, index }) => [id, 1000 + index])),
    hostAddresses: new Set([parseIp("192.0.2.1")]),
  };
}

async function reconcilerOn(tables: MemoryTables, current: { facts: Facts }) {
  const dataplane = new FaultyDataplane(new MemoryDataplane(tables));
  const reconciler = await Reconciler.open({
    dataplane,
    newCompile: () => {
      const compiler = new Compiler(SETTINGS);
      return (now, numbering) => compiler.compile(now, numbering);
    },
    facts: () => current.facts,
    reattach: async () => undefined,
    log: recordingLog(),
  });
  return { reconciler, dataplane };
}

const rowsOf = <T extends Row["table"]>(tables: MemoryTables, table: T) =>
  [...tables.rows[table].values()] as Extract<Row, { table: T }>[];
const identitiesOf = (tables: MemoryTables) =>
  Object.fromEntries(rowsOf(tables, "prefix").map(({ prefix, identity }: PrefixRow) => [prefix, identity]));

describe("identities of what is outside", () => {
  it("keep their numbers while they are in use, although no endpoint has them", async () => {
    const tables = new MemoryTables();
    const current = { facts: world(WEB) };
    const { reconciler } = await reconcilerOn(tables, current);
    await reconciler.settle();
    const before = identitiesOf(tables);
    expect(Object.keys(before)).toEqual(["0.0.0.0/0", "10.0.0.0/8", "192.0.2.1/32", "::/0"]);
    const other = endpoint(2, NET, container("api", { "hyperion.group": "api" }));
    current.facts = world(WEB, other);
    await reconciler.settle();
    expect(identitiesOf(tables)).toEqual(before);
    const endpoints = rowsOf(tables, "endpoint").map(({ identity }: EndpointRow) => identity);
    expect(endpoints.filter((identity) => Object.values(before).includes(identity))).toEqual([]);
    await reconciler.stop();
  });

  it("are taken over from the data plane at start, so that nothing changes", async () => {
    const tables = new MemoryTables();
    const first = await reconcilerOn(tables, { facts: world(WEB) });
    await first.reconciler.settle();
    await first.reconciler.stop();
    const held = [...rowsOf(tables, "prefix"), ...rowsOf(tables, "policy")];
    // The newcomer comes first, and would be given the numbers that are in use.
    const early = endpoint(2, NET, container("api", { "hyperion.group": "api" }));
    const { reconciler, dataplane } = await reconcilerOn(tables, { facts: world(early, WEB) });
    await reconciler.settle();
    expect(rowsOf(tables, "prefix")).toEqual(held.filter(({ table }) => table === "prefix"));
    expect(rowsOf(tables, "policy")).toEqual(held.filter(({ table }) => table === "policy"));
    // Endpoint, port, way out and neighbour of the newcomer.
    expect(dataplane.operations).toBe(4);
    await reconciler.stop();
  });
});

describe("a prefix that could not be taken away", () => {
  it("keeps its identity to itself until it is gone", async () => {
    const tables = new MemoryTables();
    const current = { facts: world(WEB) };
    const { reconciler, dataplane } = await reconcilerOn(tables, current);
    await reconciler.settle();
    const before = identitiesOf(tables);
    dataplane.failRows(({ verb, row }) => verb === "delete" && row.table === "prefix");
    current.facts = world();
    await reconciler.settle();
    current.facts = world(WEB);
    await reconciler.settle();
    expect(identitiesOf(tables)).toEqual(before);
    dataplane.heal();
    current.facts = world();
    await reconciler.settle();
    current.facts = world(WEB);
    await reconciler.settle();
    expect(identitiesOf(tables)).not.toEqual(before);
    await reconciler.stop();
  });
});

describe("where there is no room for what is outside", () => {
  it("keeps a prefix back whose rules are missing", async () => {
    const tables = new MemoryTables();
    const current = { facts: world() };
    const { reconciler, dataplane } = await reconcilerOn(tables, current);
    await reconciler.settle();
    dataplane.failRows(({ verb, row }) => verb === "upsert" && row.table === "policy");
    current.facts = world(WEB);
    await expect(reconciler.settle("prefixes")).rejects.toMatchObject({ code: "E510" });
    expect(Object.keys(identitiesOf(tables))).not.toContain("10.0.0.0/8");
    expect(rowsOf(tables, "endpoint")).toEqual([]);
    dataplane.heal();
    await vi.waitFor(() => expect(reconciler.isSettled).toBe(true));
    expect(Object.keys(identitiesOf(tables))).toContain("10.0.0.0/8");
    await reconciler.stop();
  });

  it("lets no endpoint in that could take one for another", async () => {
    const tables = new MemoryTables();
    const current = { facts: world() };
    const { reconciler, dataplane } = await reconcilerOn(tables, current);
    await reconciler.settle();
    dataplane.failRows(({ verb, row }) => verb === "upsert" && row.table === "prefix");
    current.facts = world(WEB);
    await expect(reconciler.settle(`endpoint:${WEB.id}`)).rejects.toMatchObject({ code: "E510" });
    expect(rowsOf(tables, "endpoint")).toEqual([]);
    dataplane.heal();
    await vi.waitFor(() => expect(rowsOf(tables, "endpoint")).toHaveLength(1));
    await reconciler.stop();
  });
});
