interface Flight<T> {
  readonly running: Promise<T>;
  next: Promise<T> | undefined;
}

/**
 * Runs a task per key, one run at a time, and shares runs: whoever asks while one is under way gets the
 * outcome of the next, which begins when this one ends. So every answer is newer than its question, and a
 * burst of questions costs two runs.
 */
export class SingleFlight<Key, T> {
  readonly #task: (key: Key) => Promise<T>;
  readonly #flights = new Map<Key, Flight<T>>();

  constructor(task: (key: Key) => Promise<T>) {
    this.#task = task;
  }

  /** Number of keys with a run under way. */
  get size(): number {
    return this.#flights.size;
  }

  /** The outcome of a run that begins no earlier than this call. */
  request(key: Key): Promise<T> {
    const flight = this.#flights.get(key);
    if (flight === undefined) return this.#start(key);
    const after = (): Promise<T> => this.#start(key);
    flight.next ??= flight.running.then(after, after);
    return flight.next;
  }

  #start(key: Key): Promise<T> {
    const flight: Flight<T> = { running: this.#task(key), next: undefined };
    this.#flights.set(key, flight);
    const land = (): void => {
      // With a next one waiting, the key stays taken: that run replaces this record.
      if (flight.next === undefined) this.#flights.delete(key);
    };
    flight.running.then(land, land);
    return flight.running;
  }
}
