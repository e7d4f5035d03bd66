/**
 * Keeps one value per key for as long as every round asks for it.
 *
 * A round is the {@link get} calls between two {@link sweep}s; what a round did not ask for is
 * forgotten. So values can be compared by reference, and nothing is kept that nobody uses.
 */
export class Interner<T> {
  #kept: ReadonlyMap<string, T> = new Map();
  #round = new Map<string, T>();

  /** The value of `key`, made at first sight. */
  get(key: string, make: () => T): T {
    const seen = this.#round.get(key);
    if (seen !== undefined) return seen;
    const value = this.#kept.get(key) ?? make();
    this.#round.set(key, value);
    return value;
  }

  /** Ends the round; returns what is forgotten. */
  sweep(): readonly T[] {
    const forgotten: T[] = [];
    for (const [key, value] of this.#kept) if (!this.#round.has(key)) forgotten.push(value);
    this.#kept = this.#round;
    this.#round = new Map();
    return forgotten;
  }
}
