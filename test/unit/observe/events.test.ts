import { beforeEach, describe, expect, test } from "vitest";
import { HyperionError } from "../../../src/model/errors.ts";
import type { EndpointId, NetworkId } from "../../../src/model/ids.ts";
import { parseIp } from "../../../src/model/ip.ts";
import { parseMac } from "../../../src/model/mac.ts";
import type { EventDocument } from "../../../src/observe/admin-view.ts";
import { EventHub } from "../../../src/observe/event-hub.ts";
import { EventLog } from "../../../src/observe/event-log.ts";
import { factsNames } from "../../../src/observe/facts-names.ts";
import type { LogEntry } from "../../../src/observe/log-entry.ts";
import { type EventNames, packetDocument, packetSentence } from "../../../src/observe/packet-document.ts";
import { PacketFeed } from "../../../src/observe/packet-feed.ts";
import type { FlowNames } from "../../../src/observe/seen-flow.ts";
import type { Desired } from "../../../src/pipeline/index.ts";
import type { EventBatch, PacketEvent } from "../../../src/platform/dataplane/dataplane.ts";
import { type SeenFlow, STRANGER } from "../../../src/policy/index.ts";
import { container, endpoint, facts, network } from "../pipeline/facts.ts";

const ID = "0123456789abcdef".repeat(4);

const names: EventNames & FlowNames = {
  endpoint: (index) =>
    index === 1 ? { id: ID, container: "db" } : index === 2 ? { id: ID, container: undefined } : undefined,
  network: (index) => (index === 1 ? "shop" : undefined),
  rule: (policy, rule) =>
    policy === 3 && rule === 4
      ? { tier: "container", name: "web" }
      : policy === 3 && rule === 5
        ? { tier: "admin", name: "no-telnet" }
        : undefined,
  posture: (index, direction) => (index === 1 ? `closed for ${direction}` : undefined),
  seen: (index) =>
    index === 1 || index === 2
      ? { container: `c${index}`, project: null, service: null, groups: [] }
      : undefined,
  isHost: () => false,
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
      tier: "container",
      posture: null,
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
      tier: null,
      posture: null,
      direction: null,
      protocol: null,
      source: null,
      destination: null,
      etherType: "0x88cc",
    });
  });

  test("says what made the posture so that decided", () => {
    const posture = "closed for ingress";
    expect(document({ rule: 0 })).toMatchObject({ rule: null, tier: null, posture });
    expect(document({ rule: 0, endpoint: 2 })).toMatchObject({ posture: null });
    expect(document({ rule: 0, reason: "NO_ROUTE" })).toMatchObject({ posture: null, direction: null });
  });

  test("has the address at the far end for who is outside", () => {
    expect(document({ peer: 0 })).toMatchObject({ peer: "10.1.0.2" });
    const egress = { peer: 0, direction: "egress", reason: "POLICY_EGRESS" } as const;
    expect(document(egress)).toMatchObject({ peer: "10.1.0.3" });
    expect(document({ peer: 9 })).toMatchObject({ peer: null });
    expect(document({ peer: 0, reason: "SPOOFED_MAC" })).toMatchObject({ peer: null });
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
  [
    { rule: 5 },
    "db: tcp/5432 from 10.1.0.2 to 10.1.0.3 was dropped as POLICY_INGRESS by admin rule no-telnet",
  ],
  [
    { type: "audit", rule: 0 },
    "db: tcp/5432 from 10.1.0.2 to 10.1.0.3 would be dropped as POLICY_INGRESS by closed for ingress",
  ],
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
  let learned: SeenFlow[];

  beforeEach(() => {
    batches = [];
    hub = new EventHub();
    logged = [];
    nowMs = 1_000_000;
    losses = [];
    learned = [];
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
      learn: (flow) => learned.push(flow),
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

  test("learns flows, shows them as events, and keeps them from the log", async () => {
    const flow = { type: "flow", reason: "NONE", rule: 0 } as const;
    batches = [{ events: [packet(flow), packet({ ...flow, peer: 9 })], lost: 0 }];
    await feed.poll();
    expect(hub.recent().map(({ event, peer }) => [event, peer])).toEqual([
      ["flow", "0123456789ab"],
      ["flow", null],
    ]);
    expect(learned.map(({ owner, peer, port }) => [owner, peer, port])).toEqual([
      [expect.objectContaining({ container: "c1" }), expect.objectContaining({ container: "c2" }), 5432],
    ]);
    expect(logged).toEqual([]);
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

describe("factsNames", () => {
  const shop = { ...network("shop"), id: "n" as NetworkId, index: 1 };
  const other = { ...network("m"), id: "m".repeat(64) as NetworkId, index: 2, name: undefined };
  const db = { ...endpoint(7, shop, container("db")), id: ID as EndpointId };
  const unknown = endpoint(8, shop, undefined);
  const known = { ...facts([shop, other], [db, unknown]), hostAddresses: new Set([parseIp("192.0.2.1")]) };
  const rule = { tier: "container", name: "web" };
  const posture = { verdict: "deny", by: "label" };
  const subject = { ...STRANGER, project: "p", service: "s", groups: new Set(["b", "a"]) };
  const view = {
    policy: 3,
    rules: new Map([[4, rule]]),
    posture: { ingress: posture, egress: posture },
    owner: { subject },
  };
  const desired = { endpoints: new Map([[ID, view]]) } as unknown as Desired;
  const found = factsNames(known, desired);

  test("finds names by the numbers of the data plane", () => {
    expect([found.network(1), found.network(2), found.network(3)]).toEqual([
      "shop",
      "m".repeat(12),
      undefined,
    ]);
    expect([found.endpoint(7), found.endpoint(8), found.endpoint(9)]).toEqual([
      { id: ID, container: "db" },
      { id: unknown.id, container: undefined },
      undefined,
    ]);
    expect([found.rule(3, 4), found.rule(3, 5), found.rule(9, 4)]).toEqual([rule, undefined, undefined]);
  });

  test("knows what made a posture so", () => {
    expect(found.posture(7, "ingress")).toBe("default-deny (label hyperion.policy)");
    expect([found.posture(8, "ingress"), found.posture(9, "egress")]).toEqual([undefined, undefined]);
  });

  test("knows containers as policies see them, and the host", () => {
    expect(found.seen(7)).toEqual({ container: "db", project: "p", service: "s", groups: ["a", "b"] });
    expect([found.seen(8), found.seen(9)]).toEqual([undefined, undefined]);
    expect(["192.0.2.1", "192.0.2.2"].map((ip) => found.isHost(parseIp(ip)))).toEqual([true, false]);
  });
});
