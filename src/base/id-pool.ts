/** Hands out the integers of a range, each to one holder at a time, oldest release last. */
export class IdPool {
  readonly #first: number;
  readonly #last: number;
  readonly #taken = new Set<number>();
  #cursor: number;

  /** @param first smallest id, @param last largest id, both inclusive. */
  constructor(first: number, last: number) {
    this.#first = first;
    this.#last = last;
    this.#cursor = first;
  }

  get size(): number {
    return this.#taken.size;
  }

  get capacity(): number {
    return this.#last - this.#first + 1;
  }

  /** The next free id, or undefined when all are taken. Ids rotate, so a released one rests longest. */
  allocate(): number | undefined {
    if (this.#taken.size >= this.capacity) return undefined;
    while (this.#taken.has(this.#cursor)) this.#advance();
    const id = this.#cursor;
    this.#taken.add(id);
    this.#advance();
    return id;
  }

  /** Takes a particular id, as read back from a record. False when it is out of range or taken. */
  claim(id: number): boolean {
    if (id < this.#first || id > this.#last || this.#taken.has(id)) return false;
    this.#taken.add(id);
    return true;
  }

  release(id: number): void {
    this.#taken.delete(id);
  }

  #advance(): void {
    this.#cursor = this.#cursor === this.#last ? this.#first : this.#cursor + 1;
  }
}
