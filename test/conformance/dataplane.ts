import { constants } from "node:os";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseIp } from "../../src/model/ip.ts";
import { parseMac } from "../../src/model/mac.ts";
import { parsePrefix } from "../../src/model/prefix.ts";
import type { Dataplane, EndpointRow, PolicyRow, Row } from "../../src/platform/dataplane/dataplane.ts";

/** Opens on what the one before left, as a daemon does at start. */
export interface DataplaneFixture {
  open(): Promise<Dataplane>;
  /** Two ports that exist, and one that does not. */
  readonly ports: readonly [number, number];
  readonly noPort: number;
  /** Whether packets go through a NIC, which says what it does. */
  readonly nic: boolean;
  /** Whether it decides about the outside, at gateway ports. */
  readonly gateways: boolean;
  discard(): Promise<void>;
}

const endpoint: EndpointRow = {
  table: "endpoint",
  endpoint: 1,
  generation: 1,
  network: 1,
  port: 0,
  identity: 1,
  policy: 1,
  egressDeny: false,
  ingressDeny: true,
  egressPrefixLengths: 0,
  ingressPrefixLengths: 1 << 16,
  mode: "enforce",
  software: true,
  mac: parseMac("02:42:0a:01:00:02"),
  ipv4: parseIp("10.1.0.2"),
  ipv6: parseIp("fd00::2"),
  egressRate: 0,
  ingressRate: 125_000_000,
  egressBurst: 0,
  ingressBurst: 65_536,
};

const entry: PolicyRow = {
  table: "policy",
  policy: 1,
  direction: "ingress",
  identity: 2,
  protocol: "tcp",
  port: 80,
  prefixLength: 16,
  verdict: "allow",
  rule: 1,
  log: false,
  audit: false,
};

const neighbour = {
  table: "neighbour",
  network: 1,
  endpoint: 1,
  identity: 0,
  vtep: 0,
  mac: endpoint.mac,
} as const;

/** Of the tables that every data plane has; the rows of tunnels are for those with some. */
function oneOfEach(port: number): readonly Row[] {
  return [
    { table: "network", network: 1, multicast: true, mtuBytes: 1500, members: 1, vni: 4242 },
    { ...endpoint, port },
    { table: "port", port, endpoint: 1, kind: "vf" },
    { ...neighbour, address: parseIp("10.1.0.2") },
    { ...neighbour, address: parseIp("fd00::2") },
    { table: "member", network: 1, slot: 0, endpoint: 1 },
    entry,
  ];
}

/** What is about the outside: a gateway port, and who is there. */
function outside(port: number): readonly Row[] {
  const prefixes = ["0.0.0.0/0", "10.0.0.0/8", "10.0.0.1/32", "::/0", "2001:db8::/33", "2001:db8::1/128"];
  return [
    { table: "port", port, endpoint: 1, kind: "gateway" },
    ...prefixes.map((prefix, i): Row => ({ table: "prefix", prefix: parsePrefix(prefix), identity: i + 1 })),
  ];
}

const upserts = (rows: readonly Row[]) => rows.map((row) => ({ verb: "upsert" as const, row }));
const deletes = (rows: readonly Row[]) => rows.map((row) => ({ verb: "delete" as const, row }));
const sorted = (rows: readonly Row[]) =>
  rows.map((row) => JSON.stringify(row, Object.keys(row).toSorted())).toSorted();

/** What every data plane must do with its tables. What it does with packets is test/packets' matter. */
export function describeDataplane(name: string, make: () => Promise<DataplaneFixture>): void {
  describe(name, () => {
    let fixture: DataplaneFixture;
    let dataplane: Dataplane;
    let rows: readonly Row[];

    beforeAll(async () => {
      fixture = await make();
      dataplane = await fixture.open();
      rows = oneOfEach(fixture.ports[0]);
    });
    afterAll(async () => {
      await dataplane.close();
      await fixture.discard();
    });

    it("begins empty", async () => {
      expect(dataplane.capabilities.adopted).toBe(false);
      expect(await dataplane.dump()).toEqual([]);
      expect(await dataplane.connections()).toBe(0);
      expect(await dataplane.events(10)).toEqual({ events: [], lost: 0 });
      expect(await dataplane.ruleCounters()).toEqual([]);
    });

    it("counts what a NIC does if there is one", async () => {
      const counters = await dataplane.nicCounters();
      expect(counters !== undefined).toBe(fixture.nic);
      if (counters === undefined) return;
      expect(Object.values(counters)).toSatisfy((numbers: readonly number[]) =>
        numbers.every((number) => Number.isInteger(number) && number >= 0),
      );
      expect(counters).toMatchObject({ connections: 0, connectionsAdded: 0, carried: 0, failed: 0 });
      expect(counters.entries).toBe(counters.added - counters.removed);
    });

    it("reads back what was applied", async () => {
      expect(await dataplane.apply(upserts(rows))).toEqual([]);
      expect(sorted(await dataplane.dump())).toEqual(sorted(rows));
      expect(await dataplane.apply([])).toEqual([]);
    });

    it("replaces a row of the same key", async () => {
      const denied = { ...entry, verdict: "deny" as const, audit: true, log: true, rule: 3 };
      expect(await dataplane.apply(upserts([denied]))).toEqual([]);
      const policy = (await dataplane.dump()).filter(({ table }) => table === "policy");
      expect(policy).toEqual([denied]);
      await dataplane.apply(upserts([entry]));
    });

    it("keeps everything for the next to open, attachments included", async () => {
      await dataplane.attach(fixture.ports[0], "vf");
      await dataplane.close();
      await expect(dataplane.dump()).rejects.toMatchObject({ code: "E501" });
      await expect(dataplane.apply(upserts(rows))).rejects.toMatchObject({ code: "E501" });
      await expect(dataplane.attach(fixture.ports[0], "vf")).rejects.toMatchObject({ code: "E501" });
      await expect(dataplane.nicCounters()).rejects.toMatchObject({ code: "E501" });
      await dataplane.close();
      dataplane = await fixture.open();
      expect(dataplane.capabilities.adopted).toBe(true);
      expect(sorted(await dataplane.dump())).toEqual(sorted(rows));
    });

    it("attaches again, detaches twice, and says which port does not exist", async () => {
      await dataplane.attach(fixture.ports[1], "vf");
      await dataplane.attach(fixture.ports[1], "vf");
      await dataplane.detach(fixture.ports[1]);
      await dataplane.detach(fixture.ports[1]);
      await dataplane.detach(fixture.noPort);
      await expect(dataplane.attach(fixture.noPort, "vf")).rejects.toMatchObject({ code: "E602" });
    });

    it("holds who is outside, or says that it decides nothing about them", async () => {
      const more = outside(fixture.ports[1]);
      const failures = await dataplane.apply(upserts(more));
      if (!fixture.gateways) {
        expect(failures.map(({ errno }) => errno)).toEqual(more.map(() => constants.errno.EOPNOTSUPP));
        await expect(dataplane.attach(fixture.ports[1], "gateway")).rejects.toMatchObject({ code: "E501" });
        expect(await dataplane.apply(deletes(more))).toEqual([]);
        return;
      }
      expect(failures).toEqual([]);
      expect(sorted(await dataplane.dump())).toEqual(sorted([...rows, ...more]));
      const changed = more.map((row) => (row.table === "prefix" ? { ...row, identity: 9 } : row));
      expect(await dataplane.apply(upserts(changed))).toEqual([]);
      expect(sorted(await dataplane.dump())).toEqual(sorted([...rows, ...changed]));
      expect(await dataplane.apply([...deletes(more), ...deletes(more)])).toEqual([]);
      expect(sorted(await dataplane.dump())).toEqual(sorted(rows));
    });

    it("attaches a gateway where there was a VF, and back", async () => {
      const [, port] = fixture.ports;
      if (!fixture.gateways) return;
      await dataplane.attach(port, "vf");
      await dataplane.attach(port, "gateway");
      await dataplane.attach(port, "gateway");
      await dataplane.attach(port, "vf");
      await dataplane.detach(port);
      await dataplane.attach(port, "gateway");
      await dataplane.detach(port);
      await expect(dataplane.attach(fixture.noPort, "gateway")).rejects.toMatchObject({ code: "E602" });
    });

    it("holds tables larger than its first guess", async () => {
      const many: Row[] = Array.from({ length: 20_000 }, (_, i) => ({
        ...entry,
        policy: 2,
        identity: (i >> 8) + 1,
        port: (i & 0xff) << 8,
        prefixLength: 8,
      }));
      expect(await dataplane.apply(upserts(many))).toEqual([]);
      expect(sorted(await dataplane.dump())).toEqual(sorted([...rows, ...many]));
      expect(await dataplane.apply(deletes(many))).toEqual([]);
      expect(sorted(await dataplane.dump())).toEqual(sorted(rows));
    });

    it("takes calls side by side", async () => {
      const dumps = await Promise.all([
        dataplane.dump(),
        dataplane.apply(upserts(rows)),
        dataplane.dump(),
        dataplane.events(4),
        dataplane.connections(),
      ]);
      expect(sorted(dumps[0])).toEqual(sorted(rows));
      expect(sorted(dumps[2])).toEqual(sorted(rows));
    });

    it("deletes by key, a row that is not there included", async () => {
      expect(await dataplane.apply([...deletes(rows), ...deletes(rows)])).toEqual([]);
      expect(await dataplane.dump()).toEqual([]);
    });
  });
}
