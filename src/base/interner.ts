interface Kept<T> {
  readonly value: T;
  /** The last one that asked for it. */
  round: number;
}

/**
 * Keeps one value per key for as long as every round asks for it.
 *
 * A round is the {@link get} calls between two {@link sweep}s; what a round did not ask for is
 * forgotten. So values can be compared by reference, and nothing is kept that nobody uses.
 */
export class Interner<T> {
  readonly #kept = new Map<string, Kept<T>>();
  #round = 1;
  /** Keys that this round asked for. */
  #asked = 0;

  /** The value of `key`, made at first sight. */
  get(key: string, make: () => T): T {
    let kept = this.#kept.get(key);
    if (kept === undefined) {
      kept = { value: make(), round: 0 };
      this.#kept.set(key, kept);
    }
    if (kept.round !== this.#round) {
      kept.round = this.#round;
      this.#asked += 1;
    }
    return kept.value;
  }

  /** Ends the round; returns what is forgotten. */
  sweep(): readonly T[] {
    const forgotten: T[] = [];
    if (this.#asked < this.#kept.size) {
      for (const [key, { value, round }] of this.#kept) {
        if (round === this.#round) continue;
        this.#kept.delete(key);
        forgotten.push(value);
      }
    }
    this.#round += 1;
    this.#asked = 0;
    return forgotten;
  }
}
