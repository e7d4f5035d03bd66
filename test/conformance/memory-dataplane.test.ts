import { expect, it } from "vitest";
import { parseMac } from "../../src/model/mac.ts";
import type { PacketEvent } from "../../src/platform/dataplane/dataplane.ts";
import { MemoryDataplane, MemoryTables } from "../../src/platform/dataplane/memory/memory-dataplane.ts";
import { describeDataplane } from "./dataplane.ts";

describeDataplane("MemoryDataplane", async () => {
  const tables = new MemoryTables();
  return {
    open: async () => new MemoryDataplane(tables, { portExists: (port) => port < 100 }),
    ports: [3, 5],
    noPort: 100,
    nic: false,
    gateways: true,
    discard: async () => {},
  };
});

const drop: PacketEvent = {
  type: "drop",
  timeNs: 1n,
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
  sourceMac: parseMac("02:00:00:00:00:01"),
};

it("refuses what a full table has no room for, and takes what is there already", async () => {
  const dataplane = new MemoryDataplane(new MemoryTables(), { policyEntriesMax: 1 });
  const row = (identity: number) => ({
    verb: "upsert" as const,
    row: {
      table: "policy" as const,
      policy: 1,
      direction: "ingress" as const,
      identity,
      protocol: "tcp" as const,
      port: 0,
      prefixLength: 0,
      verdict: "allow" as const,
      rule: 1,
      log: false,
      audit: false,
    },
  });
  const failures = await dataplane.apply([row(1), row(2), row(1)]);
  expect(failures).toEqual([{ operation: row(2), errno: 7 }]);
});

it("counts events that find no room", async () => {
  const dataplane = new MemoryDataplane(new MemoryTables(), { eventsMax: 2 });
  dataplane.report(drop, { ...drop, timeNs: 2n }, { ...drop, timeNs: 3n });
  expect(await dataplane.events(1)).toEqual({ events: [drop], lost: 1 });
  expect((await dataplane.events(10)).events.map(({ timeNs }) => timeNs)).toEqual([2n]);
});

it("forgets an endpoint's counters with the endpoint", async () => {
  const dataplane = new MemoryDataplane();
  dataplane.count({
    endpoints: [{ endpoint: 1, sentPackets: 1, sentBytes: 60, receivedPackets: 0, receivedBytes: 0 }],
    drops: [
      { endpoint: 1, reason: "QUARANTINED", packets: 1, bytes: 60 },
      { endpoint: 2, reason: "QUARANTINED", packets: 1, bytes: 60 },
    ],
  });
  const row = {
    table: "endpoint" as const,
    endpoint: 1,
    generation: 1,
    network: 1,
    port: 1,
    identity: 1,
    policy: 1,
    egressDeny: false,
    ingressDeny: false,
    egressPrefixLengths: 0,
    ingressPrefixLengths: 0,
    mode: "enforce" as const,
    software: false,
    mac: drop.sourceMac,
    ipv4: undefined,
    ipv6: undefined,
    egressRate: 0,
    ingressRate: 0,
    egressBurst: 0,
    ingressBurst: 0,
  };
  await dataplane.apply([{ verb: "delete", row }]);
  expect(await dataplane.endpointCounters()).toEqual([]);
  expect((await dataplane.dropCounters()).map(({ endpoint }) => endpoint)).toEqual([2]);
});
