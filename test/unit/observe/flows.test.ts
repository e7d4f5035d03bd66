import { beforeEach, describe, expect, test } from "vitest";
import { parseIp } from "../../../src/model/ip.ts";
import { parseMac } from "../../../src/model/mac.ts";
import { FlowBook } from "../../../src/observe/flow-book.ts";
import { type FlowNames, seenFlow } from "../../../src/observe/seen-flow.ts";
import type { PacketEvent } from "../../../src/platform/dataplane/dataplane.ts";
import { MemoryDisk, MemoryStore } from "../../../src/platform/store/memory/store.ts";
import type { SeenContainer, SeenFlow } from "../../../src/policy/index.ts";
import { FaultyStore } from "../../faults/faulty-store.ts";
import { recordingLog } from "../../protocol/recording-drivers.ts";

const NOBODY: SeenContainer = { container: null, project: null, service: null, groups: [] };
const WEB: SeenContainer = { container: "shop-web-1", project: "shop", service: "web", groups: ["edge"] };
const TOOL: SeenContainer = { ...NOBODY, container: "tool" };

const names: FlowNames = {
  seen: (index) => (index === 1 ? WEB : index === 2 ? TOOL : undefined),
  isHost: (address) => address === parseIp("192.0.2.1"),
};

const packet = (over: Partial<PacketEvent> = {}): PacketEvent => ({
  type: "flow",
  timeNs: 0n,
  reason: "NONE",
  network: 1,
  endpoint: 1,
  peer: 2,
  policy: 3,
  rule: 0,
  bytes: 74,
  etherType: 0x0800,
  protocol: 6,
  direction: "ingress",
  source: parseIp("203.0.113.9"),
  destination: parseIp("10.1.0.3"),
  sourcePort: 40000,
  destinationPort: 5432,
  sourceMac: parseMac("02:42:0a:01:00:02"),
  ...over,
});

describe("seenFlow", () => {
  test("has who they are for numbers, a service for its replicas", () => {
    expect(seenFlow(packet(), names)).toEqual({
      owner: { ...WEB, container: null },
      direction: "ingress",
      peer: TOOL,
      protocol: "tcp",
      port: 5432,
      packets: 1,
    });
  });

  test.each([
    ["ingress", "203.0.113.9", false],
    ["egress", "10.1.0.3", false],
  ] as const)("has the far address where there is no peer (%s)", (direction, address, host) => {
    expect(seenFlow(packet({ peer: 0, direction }), names)?.peer).toEqual({ address, host });
  });

  test("knows the addresses of the host", () => {
    const source = parseIp("192.0.2.1");
    expect(seenFlow(packet({ peer: 0, source }), names)?.peer).toEqual({ address: "192.0.2.1", host: true });
  });

  test("has ICMP's type and code for a port, and none for what has none", () => {
    const icmp = { protocol: 58, sourcePort: 0x8000, destinationPort: 0 };
    expect(seenFlow(packet(icmp), names)).toMatchObject({ protocol: "icmp6", port: 0x8000 });
    expect(seenFlow(packet({ protocol: 47 }), names)).toMatchObject({ protocol: "other", port: 0 });
  });

  test.each([
    [130, undefined],
    [133, undefined],
    [136, undefined],
    [143, undefined],
    [1, "icmp6"],
    [128, "icmp6"],
  ])("leaves out what is of the link alone: ICMPv6 type %i", (type, protocol) => {
    const message = packet({ protocol: 58, sourcePort: type << 8, destinationPort: 0 });
    expect(seenFlow(message, names)?.protocol).toBe(protocol);
  });

  test("is nothing where one of the two is not known any more", () => {
    expect(seenFlow(packet({ endpoint: 9 }), names)).toBeUndefined();
    expect(seenFlow(packet({ peer: 9 }), names)).toBeUndefined();
    expect(seenFlow(packet({ peer: 0, source: undefined }), names)).toBeUndefined();
  });
});

describe("the flow book", () => {
  let disk: MemoryDisk;
  let store: FaultyStore;
  let log: ReturnType<typeof recordingLog>;
  let nowMs: number;
  let book: FlowBook;

  const flow = (port: number, over: Partial<SeenFlow> = {}): SeenFlow => ({
    owner: { ...WEB, container: null },
    direction: "ingress",
    peer: TOOL,
    protocol: "tcp",
    port,
    packets: 1,
    ...over,
  });
  const ports = () => book.flows.map(({ port }) => port);

  async function open(flowsMax?: number): Promise<void> {
    store = new FaultyStore(new MemoryStore(disk));
    log = recordingLog();
    const parts = { store, log, nowMs: () => ++nowMs };
    book = await FlowBook.open(flowsMax === undefined ? parts : { ...parts, flowsMax });
  }

  /** What is under way is on the disk. */
  async function written(): Promise<void> {
    for (let i = 0; i < 5; i++) await new Promise(setImmediate);
  }

  beforeEach(async () => {
    disk = new MemoryDisk();
    nowMs = 0;
    await open();
  });

  test("adds up what is the same, and tells apart what is not", () => {
    const others: readonly Partial<SeenFlow>[] = [
      { direction: "egress" },
      { protocol: "udp" },
      { peer: { address: "192.0.2.1", host: true } },
      { peer: { address: "192.0.2.1", host: false } },
      { owner: TOOL },
      { owner: { ...WEB, container: null, groups: [] } },
    ];
    for (const other of [{}, ...others, {}]) book.add(flow(80, other));
    expect(book.flows).toHaveLength(others.length + 1);
    expect(book.flows[0]).toEqual({ ...flow(80), packets: 2, firstSeenMs: 1, lastSeenMs: 8 });
  });

  test("writes a new flow at once, a known one when it is time, and reads them back", async () => {
    book.add(flow(80));
    book.add(flow(81, { peer: { address: "192.0.2.1", host: true } }));
    await written();
    expect(store.transactions).toBe(1);
    book.add(flow(80));
    await written();
    expect(store.transactions).toBe(1);
    await book.flush();
    expect(store.transactions).toBe(2);
    const before = book.flows;
    await open();
    expect(book.flows).toEqual(before);
    expect(before.map(({ port, packets }) => [port, packets])).toEqual([
      [80, 2],
      [81, 1],
    ]);
  });

  test("writes what is left when it is closed", async () => {
    book.add(flow(80));
    await written();
    book.add(flow(80));
    await book.close();
    await open();
    expect(book.flows[0]?.packets).toBe(2);
  });

  test("forgets what was seen longest ago, on the disk too, and counts it", async () => {
    await open(3);
    for (const port of [1, 2, 3, 1, 4, 5]) book.add(flow(port));
    expect([ports(), book.forgotten]).toEqual([[5, 4, 1], 2]);
    await book.flush();
    expect(disk.rows.size).toBe(3);
    await open(2);
    expect(ports()).toEqual([5, 4]);
    await book.flush();
    expect(disk.rows.size).toBe(2);
  });

  test("can be cleared", async () => {
    for (const port of [1, 2]) book.add(flow(port));
    await book.clear();
    expect(book.flows).toEqual([]);
    book.add(flow(3));
    await written();
    await open();
    expect(ports()).toEqual([3]);
  });

  test("keeps what could not be cleared", async () => {
    for (const port of [1, 2]) book.add(flow(port));
    await written();
    store.failNth(1);
    const clearing = book.clear();
    book.add(flow(3));
    await expect(clearing).rejects.toMatchObject({ code: "E709" });
    expect(ports()).toEqual([3, 2, 1]);
    await book.flush();
    await open();
    expect(ports()).toEqual([3, 2, 1]);
  });

  test("goes on without the disk, says so once, and writes when it is back", async () => {
    store.failAlways();
    book.add(flow(1));
    await written();
    book.add(flow(2));
    await written();
    await book.flush();
    expect([ports(), log.entries.map(({ event }) => event)]).toEqual([[2, 1], ["flows.unwritten"]]);
    store.heal();
    await book.flush();
    await open();
    expect(ports()).toEqual([2, 1]);
  });

  test("passes over a record that makes no sense", async () => {
    book.add(flow(1));
    await written();
    const good = [...disk.rows.values()].map(({ text }) => JSON.parse(text) as Record<string, unknown>)[0];
    for (const bad of [7, { ...good, direction: "up" }, { ...good, owner: { groups: "web" } }]) {
      await store.transaction([], [{ verb: "put", key: "flows/bad", value: bad as never }]);
      await open();
      expect([ports(), log.entries.map(({ event }) => event)]).toEqual([[1], ["flows.unreadable"]]);
    }
    await book.flush();
    expect(disk.rows.size).toBe(1);
  });
});
