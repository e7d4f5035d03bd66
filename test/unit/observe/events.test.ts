import { beforeEach, describe, expect, test } from "vitest";
import { HyperionError } from "../../../src/model/errors.ts";
import type { Facts } from "../../../src/model/facts.ts";
import { parseIp } from "../../../src/model/ip.ts";
import { parseMac } from "../../../src/model/mac.ts";
import type { EventDocument } from "../../../src/observe/admin-view.ts";
import { EventHub } from "../../../src/observe/event-hub.ts";
import { EventLog } from "../../../src/observe/event-log.ts";
import { factsNames } from "../../../src/observe/facts-names.ts";
import type { LogEntry } from "../../../src/observe/log-entry.ts";
import { type EventNames, packetDocument, packetSentence } from "../../../src/observe/packet-document.ts";
import { PacketFeed } from "../../../src/observe/packet-feed.ts";
import type { Desired } from "../../../src/pipeline/index.ts";
import type { EventBatch, PacketEvent } from "../../../src/platform/dataplane/dataplane.ts";

const ID = "0123456789abcdef".repeat(4);

const names: EventNames = {
  endpoint: (index) =>
    index === 1 ? { id: ID, container: "db" } : index === 2 ? { id: ID, container: undefined } : undefined,
  network: (index) => (index === 1 ? "shop" : undefined),
  rule: (policy, rule) => (policy === 3 && rule === 4 ? "web" : undefined),
};

const packet = (over: Partial<PacketEvent> = {}): PacketEvent => ({
  type: "drop",
  timeNs: 5_000_000_000n,
  reason: "POLICY_INGRESS",
  network: 1,
  endpoint: 1,
  peer: 2,
  policy: 3,
  rule: 4,
  bytes: 74,
  etherType: 0x0800,
  protocol: 6,
  direction: "ingress",
  source: parseIp("10.1.0.2"),
  destination: parseIp("10.1.0.3"),
  sourcePort: 40000,
  destinationPort: 5432,
  sourceMac: parseMac("02:42:0a:01:00:02"),
  ...over,
});

const document = (over: Partial<PacketEvent> = {}) => packetDocument(packet(over), names, 7);

describe("packetDocument", () => {
  test("has names for numbers", () => {
    expect(document()).toEqual({
      event: "drop",
      timeMs: 7,
      reason: "POLICY_INGRESS",
      network: "shop",
      endpoint: "0123456789ab",
      container: "db",
      peer: "0123456789ab",
      direction: "ingress",
      rule: "web",
      bytes: 74,
      sourceMac: "02:42:0a:01:00:02",
      etherType: "0x0800",
      protocol: "tcp",
      source: "10.1.0.2",
      destination: "10.1.0.3",
      sourcePort: 40000,
      destinationPort: 5432,
      icmpType: null,
    });
  });

  test("has null for what is not known or means nothing", () => {
    const unknown = { endpoint: 9, peer: 0, network: 9, rule: 0, reason: "SPOOFED_MAC" } as const;
    expect(
      document({ ...unknown, source: undefined, destination: undefined, etherType: 0x88cc }),
    ).toMatchObject({
      endpoint: null,
      container: null,
      peer: null,
      network: null,
      rule: null,
      direction: null,
      protocol: null,
      source: null,
      destination: null,
      etherType: "0x88cc",
    });
  });

  test("has type and code for ICMP, and a number for other protocols", () => {
    const icmp = document({ protocol: 1, sourcePort: 0x0800, destinationPort: 0 });
    expect(icmp).toMatchObject({
      protocol: "icmp",
      icmpType: "8:0",
      sourcePort: null,
      destinationPort: null,
    });
    expect(document({ protocol: 47 })).toMatchObject({ protocol: "47", sourcePort: null, icmpType: null });
  });
});

test.each([
  [{}, "db: tcp/5432 from 10.1.0.2 to 10.1.0.3 was dropped as POLICY_INGRESS by rule web"],
  [{ type: "audit", rule: 0 }, "db: tcp/5432 from 10.1.0.2 to 10.1.0.3 would be dropped as POLICY_INGRESS"],
  [{ type: "log", reason: "NONE" }, "db: tcp/5432 from 10.1.0.2 to 10.1.0.3 passed ingress by rule web"],
  [
    { protocol: 1, sourcePort: 0x0800 },
    "db: icmp/8:0 from 10.1.0.2 to 10.1.0.3 was dropped as POLICY_INGRESS by rule web",
  ],
  [
    { source: undefined, destination: undefined, endpoint: 0, reason: "VLAN_TAGGED", rule: 0 },
    "nobody: packet from 02:42:0a:01:00:02 was dropped as VLAN_TAGGED",
  ],
] as const)("packetSentence of %j", (over, sentence) => {
  expect(packetSentence(document(over))).toBe(sentence);
});

describe("EventHub", () => {
  const event = (n: number): EventDocument => ({ event: "drop", timeMs: n });

  test("hands events to those who follow, until they stop", () => {
    const hub = new EventHub();
    const seen: [string, number][] = [];
    const listener = (each: EventDocument) => seen.push(["a", each.timeMs]);
    hub.publish(event(1));
    const end = hub.follow(listener);
    const endOther = hub.follow(listener);
    hub.publish(event(2));
    end();
    end();
    hub.publish(event(3));
    endOther();
    hub.publish(event(4));
    expect(seen.map(([, n]) => n)).toEqual([2, 2, 3]);
  });

  test("remembers the latest, oldest first", () => {
    const hub = new EventHub(3);
    expect(hub.recent()).toEqual([]);
    for (const n of [1, 2]) hub.publish(event(n));
    expect(hub.recent().map(({ timeMs }) => timeMs)).toEqual([1, 2]);
    for (const n of [3, 4, 5, 6, 7]) hub.publish(event(n));
    expect(hub.recent().map(({ timeMs }) => timeMs)).toEqual([5, 6, 7]);
  });

  test("tells how many events were lost since it last did", () => {
    const hub = new EventHub();
    for (const [i, total] of [3, 8, 8, 10].entries()) hub.publishLost(total, i);
    expect(hub.recent()).toEqual([
      { event: "lost", timeMs: 1, count: 5 },
      { event: "lost", timeMs: 3, count: 2 },
    ]);
    expect(hub.lost).toBe(10);
  });

  test("shows log entries as events", () => {
    const hub = new EventHub();
    new EventLog([hub.logSink], () => 9).warn("docker.lost", "gone", {
      host: "h",
      event: "x",
      peer: undefined,
    });
    expect(hub.recent()).toEqual([
      { event: "docker.lost", timeMs: 9, level: "warn", message: "gone", host: "h", peer: null },
    ]);
  });
});

describe("PacketFeed", () => {
  let batches: (EventBatch | Error)[];
  let hub: EventHub;
  let logged: LogEntry[];
  let nowMs: number;
  let feed: PacketFeed;
  let losses: HyperionError[];

  beforeEach(() => {
    batches = [];
    hub = new EventHub();
    logged = [];
    nowMs = 1_000_000;
    losses = [];
    feed = new PacketFeed({
      dataplane: {
        events: async () => {
          const batch = batches.shift() ?? { events: [], lost: hub.lost };
          if (batch instanceof Error) throw batch;
          return batch;
        },
      },
      hub,
      names: () => names,
      log: new EventLog([(each) => logged.push(each)], () => nowMs),
      lost: (error) => losses.push(error),
      nowMs: () => nowMs,
      monotonicNs: () => 7_000_000_000n,
    });
  });

  test("tells of a data plane that was lost, and of no other failure", async () => {
    batches = [new Error("no"), new HyperionError("E511", { reason: "gone" })];
    await feed.poll();
    expect(losses).toEqual([]);
    await feed.poll();
    expect(losses).toMatchObject([{ code: "E511" }]);
  });

  test("publishes packets at the time they were seen, and logs only what rules ask for", async () => {
    await feed.poll();
    batches = [
      { events: [packet(), packet({ type: "log", reason: "NONE" }), packet({ type: "audit" })], lost: 2 },
    ];
    await feed.poll();
    expect(hub.recent().map(({ event, timeMs }) => [event, timeMs])).toEqual([
      ["drop", 998_000],
      ["log", 998_000],
      ["audit", 998_000],
      ["lost", 1_000_000],
    ]);
    expect(logged.map(({ event }) => event)).toEqual(["packet.log", "packet.audit"]);
    expect(logged[0]).toMatchObject({
      message: expect.stringContaining("passed ingress by rule web"),
      fields: { rule: "web" },
    });
    expect(logged[0]?.fields).not.toHaveProperty("reason");
  });

  test("goes on while batches are full, and leaves a flood for later", async () => {
    const full = { events: Array.from({ length: 512 }, () => packet()), lost: 0 };
    batches = [full, full, { events: [packet()], lost: 0 }, full];
    await feed.poll();
    expect(batches).toHaveLength(1);
    batches = Array.from({ length: 50 }, () => full);
    await feed.poll();
    expect(batches.length).toBeGreaterThan(0);
    expect(batches.length).toBeLessThan(50);
  });

  test("logs so many packets a second, and says how many it left out", async () => {
    const many = { events: Array.from({ length: 100 }, () => packet({ type: "log" })), lost: 0 };
    batches = [many];
    await feed.poll();
    expect(logged).toHaveLength(20);
    nowMs += 1_000;
    batches = [{ events: [packet({ type: "log" })], lost: 0 }];
    await feed.poll();
    expect(logged.slice(20).map(({ message }) => message)).toEqual([
      "80 packets were not logged: too many in a second",
      expect.stringContaining("db: tcp/5432"),
    ]);
    expect(hub.recent()).toHaveLength(101);
  });

  test("says once that events cannot be read, and once that they can", async () => {
    batches = [new Error("ring gone"), new Error("ring gone")];
    for (let i = 0; i < 4; i++) await feed.poll();
    expect(logged.map(({ event }) => event)).toEqual(["events.failed", "events.back"]);
  });

  test("polls by itself until it is closed", async () => {
    batches = [{ events: [packet()], lost: 0 }];
    const seen = new Promise<EventDocument>((resolve) => hub.follow(resolve));
    feed.start();
    expect((await seen).event).toBe("drop");
    await feed.close();
    batches = [{ events: [packet()], lost: 0 }];
    await new Promise((resolve) => setTimeout(resolve, 250));
    expect(batches).toHaveLength(1);
  });
});

test("factsNames finds names by the numbers of the data plane", () => {
  const endpoint = { id: ID, index: 7, networkId: "n", container: { id: "c", name: "db", labels: {} } };
  const facts = {
    networks: new Map([
      ["n", { id: "n".repeat(64), index: 1, name: "shop" }],
      ["m", { id: "m".repeat(64), index: 2, name: undefined }],
    ]),
    endpoints: new Map<string, object>([
      [ID, endpoint],
      ["other", { id: "other", index: 8, networkId: "n", container: undefined }],
    ]),
  };
  const desired = { endpoints: new Map([[ID, { policy: 3, rules: new Map([[4, { name: "web" }]]) }]]) };
  const found = factsNames(facts as unknown as Facts, desired as unknown as Desired);
  expect([found.network(1), found.network(2), found.network(3)]).toEqual(["shop", "m".repeat(12), undefined]);
  expect([found.endpoint(7), found.endpoint(8), found.endpoint(9)]).toEqual([
    { id: ID, container: "db" },
    { id: "other", container: undefined },
    undefined,
  ]);
  expect([found.rule(3, 4), found.rule(3, 5), found.rule(9, 4)]).toEqual(["web", undefined, undefined]);
});
