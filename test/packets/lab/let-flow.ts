import { setTimeout as sleep } from "node:timers/promises";
import type { Dataplane, NicCounters, Operation } from "../../../src/platform/dataplane/dataplane.ts";
import type { FlowFrame, FlowOutcome, NicGrowth, TrafficStep } from "./flow.ts";
import type { Received, Wire } from "./wire.ts";

/** Packets go through in microseconds; a busy machine may keep its processes waiting. */
const PATIENCE_MS = 2000;
/** What should not come is waited for this long, after all that should has. */
const SILENCE_MS = 20;

interface Site {
  readonly dataplane: Dataplane;
  readonly wire: Wire;
  readonly apply: (operations: readonly Operation[]) => Promise<void>;
}

/** Sends the packets of a step, and counts. */
export async function letFlow(step: TrafficStep, site: Site): Promise<FlowOutcome> {
  const before = await site.dataplane.nicCounters();
  site.wire.take();
  await (step.packetsPerSecond === undefined
    ? oneByOne(step, site.wire)
    : Promise.all([
        paced(step, step.packetsPerSecond, site.wire),
        change(step, step.packetsPerSecond, site),
      ]));
  await arrived(site.wire, step.packets);
  await sleep(SILENCE_MS);
  const frames = site.wire.take();
  const received = frames.filter((frame) => isOf(step.frames, frame)).length;
  return {
    sent: step.packets,
    received,
    others: frames.length - received,
    nic: growth(before, await site.dataplane.nicCounters()),
  };
}

function isOf(frames: readonly FlowFrame[], { port, frame }: Received): boolean {
  return frames.some((sent) => sent.to === port && Buffer.compare(sent.frame, frame) === 0);
}

function send({ frames }: TrafficStep, nth: number, wire: Wire): void {
  const next = frames[nth % frames.length];
  if (next === undefined) throw new RangeError("a flow without frames");
  wire.send(next.port, next.frame);
}

async function arrived(wire: Wire, packets: number): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (wire.pending < packets && performance.now() < deadline) await sleep(1);
}

async function oneByOne(step: TrafficStep, wire: Wire): Promise<void> {
  for (let nth = 0; nth < step.packets; nth++) {
    send(step, nth, wire);
    await arrived(wire, nth + 1);
  }
}

async function paced(step: TrafficStep, packetsPerSecond: number, wire: Wire): Promise<void> {
  const start = performance.now();
  for (let nth = 0; nth < step.packets; await sleep(1)) {
    const due = Math.min(step.packets, ((performance.now() - start) / 1000) * packetsPerSecond);
    while (nth < due) send(step, nth++, wire);
  }
}

async function change(step: TrafficStep, packetsPerSecond: number, { apply }: Site): Promise<void> {
  const changes = step.changes ?? [];
  const start = performance.now();
  const intervalMs = ((step.packets / packetsPerSecond) * 1000) / (changes.length + 1);
  for (const [nth, operations] of changes.entries()) {
    await sleep(Math.max(0, start + (nth + 1) * intervalMs - performance.now()));
    await apply(operations);
  }
}

function growth(before: NicCounters | undefined, now: NicCounters | undefined): NicGrowth | undefined {
  if (before === undefined || now === undefined) return undefined;
  return {
    carried: now.carried - before.carried,
    punted: now.punted - before.punted,
    lost: now.lost - before.lost,
    connectionsAdded: now.connectionsAdded - before.connectionsAdded,
    connectionsRefused: now.connectionsRefused - before.connectionsRefused,
  };
}
