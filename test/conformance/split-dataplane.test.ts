import { describe, expect, it } from "vitest";
import { parseIp } from "../../src/model/ip.ts";
import { parseMac } from "../../src/model/mac.ts";
import { parsePrefix } from "../../src/model/prefix.ts";
import type {
  EndpointRow,
  Operation,
  PacketEvent,
  PolicyRow,
  Row,
} from "../../src/platform/dataplane/dataplane.ts";
import {
  MemoryDataplane,
  type MemoryDataplaneOptions,
  MemoryTables,
} from "../../src/platform/dataplane/memory/memory-dataplane.ts";
import { SplitDataplane } from "../../src/platform/dataplane/split/split-dataplane.ts";
import { FaultyDataplane } from "../faults/faulty-dataplane.ts";
import { describeDataplane } from "./dataplane.ts";

describeDataplane("SplitDataplane", async () => {
  const [fabric, gateway] = [new MemoryTables(), new MemoryTables()];
  const options = { portExists: (port: number) => port < 100 };
  return {
    open: async () =>
      new SplitDataplane(new MemoryDataplane(fabric, options), new MemoryDataplane(gateway, options)),
    ports: [3, 5],
    noPort: 100,
    nic: false,
    gateways: true,
    discard: async () => {},
  };
});

const mac = parseMac("02:42:0a:01:00:02");
const endpoint: EndpointRow = {
  table: "endpoint",
  endpoint: 1,
  generation: 1,
  network: 1,
  port: 3,
  identity: 1,
  policy: 1,
  egressDeny: false,
  ingressDeny: true,
  egressPrefixLengths: 0,
  ingressPrefixLengths: 0,
  mode: "enforce",
  software: false,
  mac,
  ipv4: parseIp("10.1.0.2"),
  ipv6: undefined,
  egressRate: 0,
  ingressRate: 0,
  egressBurst: 0,
  ingressBurst: 0,
};
const rule: PolicyRow = {
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
const vfPort: Row = { table: "port", port: 3, endpoint: 1, kind: "vf" };
const gatewayPort: Row = { table: "port", port: 5, endpoint: 1, kind: "gateway" };
const prefix: Row = { table: "prefix", prefix: parsePrefix("10.0.0.0/8"), identity: 2 };
const neighbour: Row = {
  table: "neighbour",
  network: 1,
  address: parseIp("10.1.0.2"),
  endpoint: 1,
  identity: 0,
  vtep: 0,
  mac,
};
const all = [rule, endpoint, neighbour, vfPort, prefix, gatewayPort];

const upsert = (row: Row): Operation => ({ verb: "upsert", row });
const remove = (row: Row): Operation => ({ verb: "delete", row });

function split(gatewayOptions: MemoryDataplaneOptions = {}) {
  const fabric = new MemoryDataplane();
  const gateway = new MemoryDataplane(new MemoryTables(), gatewayOptions);
  const [brokenFabric, brokenGateway] = [new FaultyDataplane(fabric), new FaultyDataplane(gateway)];
  return {
    fabric,
    gateway,
    brokenFabric,
    brokenGateway,
    both: new SplitDataplane(brokenFabric, brokenGateway),
  };
}

const event = (timeNs: bigint): PacketEvent => ({
  type: "drop",
  timeNs,
  reason: "QUARANTINED",
  network: 1,
  endpoint: 1,
  peer: 0,
  policy: 0,
  rule: 0,
  bytes: 60,
  etherType: 0x0800,
  protocol: 6,
  direction: "egress",
  source: undefined,
  destination: undefined,
  sourcePort: 0,
  destinationPort: 0,
  sourceMac: mac,
});

describe("a data plane in two parts", () => {
  it("gives each what is its own, and both what they share", async () => {
    const { fabric, gateway, both } = split();
    expect(await both.apply(all.map(upsert))).toEqual([]);
    expect(new Set(await fabric.dump())).toEqual(new Set([rule, endpoint, neighbour, vfPort]));
    expect(new Set(await gateway.dump())).toEqual(new Set([rule, endpoint, prefix, gatewayPort]));
    expect(new Set(await both.dump())).toEqual(new Set(all));
    expect(await both.apply(all.map(remove))).toEqual([]);
    expect([...(await fabric.dump()), ...(await gateway.dump())]).toEqual([]);
  });

  it("attaches by kind, and detaches whatever it is", async () => {
    const { fabric, gateway, both } = split();
    await both.attach(3, "vf");
    await both.attach(5, "gateway");
    expect([...fabric.attached]).toEqual([[3, "vf"]]);
    expect([...gateway.attached]).toEqual([[5, "gateway"]]);
    await both.attach(3, "gateway");
    expect([...fabric.attached]).toEqual([]);
    await both.attach(5, "vf");
    expect([[...fabric.attached], [...gateway.attached]]).toEqual([[[5, "vf"]], [[3, "gateway"]]]);
    await both.detach(3);
    await both.detach(5);
    expect([...fabric.attached, ...gateway.attached]).toEqual([]);
  });

  it("fails an operation that one of them refuses, once, and spares the gateway what the fabric refused", async () => {
    const { gateway, brokenFabric, brokenGateway, both } = split();
    const operations = all.map(upsert);
    brokenFabric.failRows(({ row }) => row === rule, 28);
    brokenGateway.failRows(({ row }) => row === prefix || row === rule, 7);
    const failures = await both.apply(operations);
    expect(failures).toEqual([
      { operation: operations[0], errno: 28 },
      { operation: operations[4], errno: 7 },
    ]);
    expect(await gateway.dump()).not.toContainEqual(rule);
    brokenFabric.heal();
    expect(await both.apply([operations[0] ?? upsert(rule)])).toEqual([
      { operation: operations[0], errno: 7 },
    ]);
  });

  it("is lost with its fabric", async () => {
    const { gateway, brokenFabric, both } = split();
    await both.apply(all.map(upsert));
    brokenFabric.lose();
    await expect(both.apply([upsert(endpoint)])).rejects.toMatchObject({ code: "E511" });
    await expect(both.events(1)).rejects.toMatchObject({ code: "E511" });
    await both.attach(5, "gateway");
    expect([...gateway.attached.keys()]).toEqual([5]);
  });

  it("makes the gateway agree with the fabric when it is read back", async () => {
    const { fabric, gateway, both } = split();
    await fabric.apply([rule, endpoint, neighbour, vfPort].map(upsert));
    const stale = { ...endpoint, generation: 7, endpoint: 2 };
    const other = { ...endpoint, mode: "quarantine" as const };
    const extra = { ...rule, port: 81 };
    await gateway.apply([other, stale, extra, neighbour, prefix, gatewayPort].map(upsert));
    expect(new Set(await both.dump())).toEqual(new Set(all));
    expect(new Set(await gateway.dump())).toEqual(new Set([rule, endpoint, prefix, gatewayPort]));
  });

  it("writes nothing where they agree, in whatever order the fields are", async () => {
    const { gateway, brokenGateway, both } = split();
    await both.apply(all.map(upsert));
    const reversed = Object.fromEntries(Object.entries(endpoint).reverse()) as unknown as EndpointRow;
    await gateway.apply([upsert(reversed)]);
    const before = brokenGateway.operations;
    await both.dump();
    expect(brokenGateway.operations).toBe(before);
  });

  it("says when they cannot be made to agree", async () => {
    const { fabric, both } = split({ policyEntriesMax: 0 });
    await fabric.apply([upsert(rule)]);
    await expect(both.dump()).rejects.toMatchObject({
      code: "E501",
      message: expect.stringContaining("a row of table policy to the gateways: errno 7"),
    });
  });

  it("adds up what both have counted", async () => {
    const { fabric, gateway, both } = split();
    const endpoints = [
      { endpoint: 1, sentPackets: 1, sentBytes: 60, receivedPackets: 2, receivedBytes: 120 },
    ];
    const drops = [{ endpoint: 1, reason: "QUARANTINED" as const, packets: 1, bytes: 60 }];
    const rules = [{ policy: 1, rule: 1, direction: "egress" as const, packets: 3, bytes: 180 }];
    fabric.count({ endpoints, drops, rules });
    gateway.count({
      endpoints,
      drops: [...drops, { endpoint: 0, reason: "NO_ENDPOINT", packets: 4, bytes: 240 }],
      rules: [...rules, { policy: 1, rule: 1, direction: "ingress", packets: 1, bytes: 60 }],
    });
    expect(await both.endpointCounters()).toEqual([
      { endpoint: 1, sentPackets: 2, sentBytes: 120, receivedPackets: 4, receivedBytes: 240 },
    ]);
    expect(await both.dropCounters()).toEqual([
      { endpoint: 1, reason: "QUARANTINED", packets: 2, bytes: 120 },
      { endpoint: 0, reason: "NO_ENDPOINT", packets: 4, bytes: 240 },
    ]);
    expect(await both.ruleCounters()).toEqual([
      { policy: 1, rule: 1, direction: "egress", packets: 6, bytes: 360 },
      { policy: 1, rule: 1, direction: "ingress", packets: 1, bytes: 60 },
    ]);
    expect(await both.nicCounters()).toBeUndefined();
  });

  it("tells the events of both, by their time, never more than asked for", async () => {
    const { fabric, gateway, both } = split({ eventsMax: 4 });
    const times = async (max: number) => (await both.events(max)).events.map(({ timeNs }) => timeNs);
    fabric.report(...[1n, 3n, 5n, 7n, 9n].map(event));
    gateway.report(...[2n, 4n, 6n, 8n, 10n].map(event));
    expect(await times(4)).toEqual([1n, 2n, 3n, 4n]);
    expect(await times(5)).toEqual([5n, 6n, 7n, 8n, 9n]);
    fabric.report(...[11n, 12n, 13n].map(event));
    expect(await both.events(3)).toEqual({ events: [11n, 12n, 13n].map(event), lost: 1 });
    fabric.report(event(14n));
    expect(await times(1)).toEqual([14n]);
    gateway.report(event(15n));
    expect(await times(1)).toEqual([15n]);
  });

  it("can do what both can, and is called what its fabric is", () => {
    const { both } = split({ policyEntriesMax: 7 });
    expect(both.capabilities).toMatchObject({ backend: "memory", policyEntriesMax: 7, adopted: false });
  });
});
