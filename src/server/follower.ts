import type { Writable } from "node:stream";
import type { EventDocument } from "../observe/admin-view.ts";

/** Events that wait for a slow reader; later ones are lost to it. */
export const FOLLOWER_QUEUE_MAX = 1_024;

/**
 * Writes events to one reader as JSON lines. A reader that does not keep up costs a bounded queue:
 * when that is full events are counted instead, and the reader finds a line
 * `{"event":"lost","count":n}` where they would have been.
 */
export class Follower {
  readonly #output: Writable;
  readonly #queueMax: number;
  readonly #queue: EventDocument[] = [];
  #lost = 0;
  #blocked = false;

  constructor(output: Writable, queueMax = FOLLOWER_QUEUE_MAX) {
    this.#output = output;
    this.#queueMax = queueMax;
    output.on("drain", () => this.#drain());
  }

  push(event: EventDocument): void {
    if (!this.#blocked) this.#write(event);
    // Once an event is lost, the later ones are too, until the reader has been told.
    else if (this.#lost === 0 && this.#queue.length < this.#queueMax) this.#queue.push(event);
    else this.#lost += 1;
  }

  #drain(): void {
    this.#blocked = false;
    while (!this.#blocked) {
      const event = this.#queue.shift() ?? this.#takeLost();
      if (event === undefined) return;
      this.#write(event);
    }
  }

  #takeLost(): EventDocument | undefined {
    if (this.#lost === 0) return undefined;
    const notice = { event: "lost", timeMs: Date.now(), count: this.#lost };
    this.#lost = 0;
    return notice;
  }

  #write(event: EventDocument): void {
    this.#blocked = !this.#output.write(`${JSON.stringify(event)}\n`);
  }
}
