/** Runs tasks one after another, first come first served, until it is closed. */
export class CallQueue {
  readonly #refusal: () => Error;
  #tail: Promise<unknown> = Promise.resolve();
  #closed = false;

  /** @param refusal what calls after {@link close} reject with. */
  constructor(refusal: () => Error) {
    this.#refusal = refusal;
  }

  run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#closed) return Promise.reject(this.#refusal());
    return this.#append(task);
  }

  /** Refuses further tasks, and runs `last` after those that were accepted. The second time does nothing. */
  close(last: () => void): Promise<void> {
    if (this.#closed) return this.#tail.then(() => {});
    this.#closed = true;
    return this.#append(async () => last());
  }

  #append<T>(task: () => Promise<T>): Promise<T> {
    const mine = this.#tail.then(task);
    // The next in line waits for the end of this task, not for its success.
    this.#tail = mine.catch(() => {});
    return mine;
  }
}
