/** Growing waits between attempts: `firstMs`, doubled each time, never above `lastMs`. */
export class Backoff {
  readonly #firstMs: number;
  readonly #lastMs: number;
  #nextMs: number;

  constructor(firstMs: number, lastMs: number) {
    this.#firstMs = firstMs;
    this.#lastMs = lastMs;
    this.#nextMs = firstMs;
  }

  /** The wait before the next attempt, in milliseconds. */
  next(): number {
    const wait = this.#nextMs;
    this.#nextMs = Math.min(wait * 2, this.#lastMs);
    return wait;
  }

  /** After a success. */
  reset(): void {
    this.#nextMs = this.#firstMs;
  }
}
