import type { Log, LogFields } from "../base/log.ts";
import { type HyperionError, isHyperionError, reasonOf } from "../model/errors.ts";
import type { Dataplane, PacketEvent } from "../platform/dataplane/dataplane.ts";
import type { SeenFlow } from "../policy/index.ts";
import type { EventDocument } from "./admin-view.ts";
import type { EventHub } from "./event-hub.ts";
import { type EventNames, packetDocument, packetSentence } from "./packet-document.ts";
import { type FlowNames, seenFlow } from "./seen-flow.ts";

/** How often the data plane's ring is emptied, in milliseconds: what a person who follows does not notice. */
const POLL_MS = 100;
/** Events per call, and calls per poll: a flood cannot keep the event loop for itself. */
const BATCH_MAX = 512;
const BATCHES_PER_POLL_MAX = 16;
/** Packets that rules ask to log, and audited ones, written to the log in one second. The rest are counted. */
const LOG_LINES_PER_SECOND_MAX = 20;

export interface PacketFeedParts {
  readonly dataplane: Pick<Dataplane, "events">;
  readonly hub: EventHub;
  /** Asked once for each batch. */
  readonly names: () => EventNames & FlowNames;
  /** Gets the connections that containers in mode `learn` were seen to have; they go into no log. */
  readonly learn: (flow: SeenFlow) => void;
  /** Gets packets that a rule logs or audits. The hub has them already: this log must not feed it. */
  readonly log: Log;
  /** Told when the data plane was lost (E511): nobody else asks it for something all the time. */
  readonly lost: (error: HyperionError) => void;
  readonly nowMs?: () => number;
  /** CLOCK_MONOTONIC, which events are stamped with. */
  readonly monotonicNs?: () => bigint;
}

/**
 * Empties the data plane's event ring, whether somebody follows or not: what a rule asks to log has
 * to reach the log, and an event that waits in a full ring hides later ones.
 */
export class PacketFeed {
  readonly #parts: Required<PacketFeedParts>;
  #timer: NodeJS.Timeout | undefined;
  #polling: Promise<void> = Promise.resolve();
  #closed = false;
  #failing = false;
  #second = 0;
  #lines = 0;
  #unlogged = 0;

  constructor(parts: PacketFeedParts) {
    this.#parts = { nowMs: Date.now, monotonicNs: process.hrtime.bigint, ...parts };
  }

  start(): void {
    this.#schedule();
  }

  /** Stops, and waits for the poll that is under way. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#polling;
  }

  /** Takes what there is now. Never rejects: trouble is logged once, and again when it is over. */
  async poll(): Promise<void> {
    const { dataplane, log } = this.#parts;
    try {
      for (let i = 0; i < BATCHES_PER_POLL_MAX; i++) {
        const { events, lost } = await dataplane.events(BATCH_MAX);
        if (events.length > 0) this.#publish(events);
        this.#parts.hub.publishLost(lost, this.#parts.nowMs());
        if (events.length < BATCH_MAX) break;
      }
      if (this.#failing) log.info("events.back", "the data plane's events can be read again");
      this.#failing = false;
    } catch (error) {
      if (isHyperionError(error, "E511")) this.#parts.lost(error);
      if (!this.#failing)
        log.error("events.failed", `the data plane's events cannot be read: ${reasonOf(error)}`);
      this.#failing = true;
    }
  }

  #schedule(): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => {
      this.#polling = this.poll().finally(() => this.#schedule());
    }, POLL_MS);
    this.#timer.unref();
  }

  #publish(events: readonly PacketEvent[]): void {
    const { hub, names, nowMs, monotonicNs } = this.#parts;
    const bootMs = nowMs() - Number(monotonicNs() / 1_000_000n);
    const now = names();
    for (const event of events) {
      const document = packetDocument(event, now, bootMs + Number(event.timeNs / 1_000_000n));
      hub.publish(document);
      if (event.type === "flow") this.#learn(event, now);
      else if (event.type !== "drop") this.#log(document);
    }
  }

  #learn(event: PacketEvent, names: FlowNames): void {
    const flow = seenFlow(event, names);
    if (flow !== undefined) this.#parts.learn(flow);
  }

  #log(document: EventDocument): void {
    const second = Math.floor(this.#parts.nowMs() / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#lines = 0;
    }
    if (this.#lines === LOG_LINES_PER_SECOND_MAX) {
      this.#unlogged += 1;
      return;
    }
    this.#lines += 1;
    if (this.#unlogged > 0) {
      this.#parts.log.warn(
        "packet.unlogged",
        `${this.#unlogged} packets were not logged: too many in a second`,
      );
      this.#unlogged = 0;
    }
    const { event, timeMs: _, ...fields } = document;
    const known = Object.entries(fields).filter(([, value]) => value !== null);
    this.#parts.log.info(`packet.${event}`, packetSentence(document), Object.fromEntries(known) as LogFields);
  }
}
