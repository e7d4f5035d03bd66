import type { Log } from "../base/log.ts";
import { reasonOf } from "../model/errors.ts";
import type { Store, StoreOperation } from "../platform/store/store.ts";
import type { SeenFlow } from "../policy/index.ts";
import type { FlowDocument } from "./admin-view.ts";
import { decodeFlow, encodeFlow, FLOW_KEYS, flowKey } from "./flow-record.ts";

/** Flows that are remembered; of the one that was seen longest ago nothing remains. */
export const FLOWS_MAX = 10_000;
/** How long a flow that is known waits to be written again: how often it was seen is no great matter. */
const WRITE_INTERVAL_MS = 60_000;
/** Flows in one transaction: a flood of new ones must not keep others from the store. */
const WRITE_MAX = 1_000;

export interface FlowBookParts {
  readonly store: Store;
  readonly log: Log;
  readonly nowMs: () => number;
  readonly flowsMax?: number;
}

/**
 * What containers in mode `learn` were seen to do: the one writer of `flows/` in the store. A new flow is
 * written at once, a known one at most once a minute. A disk that refuses costs what was not yet
 * written, and is said once.
 */
export class FlowBook {
  readonly #parts: Required<FlowBookParts>;
  /** By key, the one that was seen longest ago first. */
  readonly #flows = new Map<string, FlowDocument>();
  /** Keys to be written, or deleted where the flow is forgotten: now, and at the next minute. */
  readonly #due = new Set<string>();
  readonly #changed = new Set<string>();
  #forgotten = 0;
  #writing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #failing = false;

  private constructor(parts: FlowBookParts) {
    this.#parts = { flowsMax: FLOWS_MAX, ...parts };
  }

  /** Reads everything back. A record that makes no sense is passed over, and said. */
  static async open(parts: FlowBookParts): Promise<FlowBook> {
    const book = new FlowBook(parts);
    const known: (readonly [string, FlowDocument])[] = [];
    for (const { key, value } of await parts.store.list(FLOW_KEYS)) {
      try {
        known.push([key, decodeFlow(value)]);
      } catch (error) {
        parts.log.warn("flows.unreadable", `${key} is passed over: ${reasonOf(error)}`);
        book.#due.add(key);
      }
    }
    known.sort(([, a], [, b]) => a.lastSeenMs - b.lastSeenMs);
    for (const [key, flow] of known) book.#flows.set(key, flow);
    book.#forget();
    return book;
  }

  /** The one that was seen last comes first. */
  get flows(): readonly FlowDocument[] {
    return [...this.#flows.values()].reverse();
  }

  /** Flows that found no room, since the start. */
  get forgotten(): number {
    return this.#forgotten;
  }

  /** Begins to write what changed once a minute. */
  start(): void {
    this.#timer = setInterval(() => void this.flush(), WRITE_INTERVAL_MS);
    this.#timer.unref();
  }

  /** Writes what is left. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.flush();
  }

  /** Counts one connection. */
  add(seen: SeenFlow): void {
    const nowMs = this.#parts.nowMs();
    const key = flowKey(seen);
    const known = this.#flows.get(key);
    if (known === undefined) {
      this.#flows.set(key, { ...seen, firstSeenMs: nowMs, lastSeenMs: nowMs });
      this.#due.add(key);
      this.#forget();
      void this.#write();
    } else {
      this.#flows.delete(key);
      this.#flows.set(key, { ...known, packets: known.packets + seen.packets, lastSeenMs: nowMs });
      this.#changed.add(key);
    }
  }

  /** Forgets all of them. Throws E709, and then they are still there. */
  async clear(): Promise<void> {
    const flows = new Map(this.#flows);
    const keys = new Set([...flows.keys(), ...this.#due]);
    this.#flows.clear();
    this.#due.clear();
    this.#changed.clear();
    try {
      await this.#parts.store.transaction(
        [],
        [...keys].map((key) => ({ verb: "delete", key }) as const),
      );
    } catch (error) {
      this.#bringBack(flows);
      throw error;
    }
    this.#forgotten = 0;
  }

  /** Writes everything that changed. Never rejects. */
  async flush(): Promise<void> {
    for (const key of this.#changed) this.#due.add(key);
    this.#changed.clear();
    await this.#write();
  }

  /** What was seen meanwhile comes last, as it was seen last. */
  #bringBack(flows: ReadonlyMap<string, FlowDocument>): void {
    const since = new Map(this.#flows);
    this.#flows.clear();
    for (const [key, flow] of [...flows, ...since]) {
      this.#flows.set(key, flow);
      this.#changed.add(key);
    }
    this.#forget();
  }

  #forget(): void {
    for (const [key] of this.#flows) {
      if (this.#flows.size <= this.#parts.flowsMax) return;
      this.#flows.delete(key);
      this.#changed.delete(key);
      this.#due.add(key);
      this.#forgotten += 1;
    }
  }

  /** One write at a time; what comes up meanwhile goes with the next. */
  #write(): Promise<void> {
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = undefined;
      if (this.#due.size > 0 && !this.#failing) void this.#write();
    });
    return this.#writing;
  }

  async #writeAll(): Promise<void> {
    // What arrives with one batch of events is one transaction.
    await Promise.resolve();
    while (this.#due.size > 0) {
      const keys = [...this.#due].slice(0, WRITE_MAX);
      for (const key of keys) this.#due.delete(key);
      try {
        await this.#parts.store.transaction(
          [],
          keys.map((key) => this.#operationFor(key)),
        );
        this.#failing = false;
      } catch (error) {
        // Known flows are tried again at the next minute; of those forgotten, whoever reads them back forgets them.
        for (const key of keys) if (this.#flows.has(key)) this.#changed.add(key);
        if (!this.#failing) this.#parts.log.error("flows.unwritten", reasonOf(error));
        this.#failing = true;
        return;
      }
    }
  }

  #operationFor(key: string): StoreOperation {
    const flow = this.#flows.get(key);
    return flow === undefined ? { verb: "delete", key } : { verb: "put", key, value: encodeFlow(flow) };
  }
}
