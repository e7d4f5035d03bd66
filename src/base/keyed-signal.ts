/** Lets some wait, each for its key and for a limited time, until others say that what they wait for has come. */
export class KeyedSignal<Key> {
  readonly #waiting = new Map<Key, Set<() => void>>();

  /** Number of keys that somebody waits for. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Resolves at the next raise for the key, or when `timeoutMs` have passed. */
  wait(key: Key, timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(key) ?? new Set();
      this.#waiting.set(key, waiting);
      const end = () => {
        clearTimeout(timer);
        waiting.delete(end);
        if (waiting.size === 0 && this.#waiting.get(key) === waiting) this.#waiting.delete(key);
        resolve();
      };
      const timer = setTimeout(end, timeoutMs);
      waiting.add(end);
    });
  }

  raise(key: Key): void {
    for (const end of [...(this.#waiting.get(key) ?? [])]) end();
  }

  raiseAll(): void {
    for (const key of [...this.#waiting.keys()]) this.raise(key);
  }
}
