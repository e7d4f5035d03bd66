import type { EventDocument } from "./admin-view.ts";
import type { EventSource } from "./daemon-view.ts";
import type { LogEntry } from "./log-entry.ts";

/** Events that are remembered for those who look later. */
export const RECENT_EVENTS_MAX = 1_000;

/** Hands every event to whoever follows, and remembers the latest ones. */
export class EventHub implements EventSource {
  readonly #recentMax: number;
  readonly #listeners = new Set<(event: EventDocument) => void>();
  /** A ring once it is full: the oldest is at `#next`. */
  readonly #recent: EventDocument[] = [];
  #next = 0;
  /** Undefined until first told: tables that an earlier process made come with its losses. */
  #lost: number | undefined;

  constructor(recentMax = RECENT_EVENTS_MAX) {
    this.#recentMax = recentMax;
  }

  /** Packet events that found no room between data plane and daemon. */
  get lost(): number {
    return this.#lost ?? 0;
  }

  publish(event: EventDocument): void {
    this.#recent[this.#next] = event;
    this.#next = (this.#next + 1) % this.#recentMax;
    for (const listener of this.#listeners) listener(event);
  }

  /** The data plane's own count of lost events, which only grows; followers are told of the difference. */
  publishLost(total: number, timeMs: number): void {
    const count = total - (this.#lost ?? total);
    this.#lost = total;
    if (count > 0) this.publish({ event: "lost", timeMs, count });
  }

  /** A log entry as an event: a sink of the log. */
  readonly logSink = ({ timeMs, level, event, message, fields }: LogEntry): void => {
    const known = Object.entries(fields).map(([name, value]) => [name, value ?? null]);
    this.publish({ ...Object.fromEntries(known), event, timeMs, level, message });
  };

  recent(): readonly EventDocument[] {
    return [...this.#recent.slice(this.#next), ...this.#recent.slice(0, this.#next)];
  }

  /** Each call is a subscription of its own, even of the same listener. */
  follow(listener: (event: EventDocument) => void): () => void {
    const own = (event: EventDocument) => listener(event);
    this.#listeners.add(own);
    return () => {
      this.#listeners.delete(own);
    };
  }
}
