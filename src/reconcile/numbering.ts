import { IdPool } from "../base/id-pool.ts";
import { HyperionError } from "../model/errors.ts";

/** Largest identity and policy set number: 24 bits leave a tag's room in a packet mark or register. */
export const IDENTITY_MAX = 0xff_ffff;
export const POLICY_MAX = 0xff_ffff;

/** Gives each canonical key a number and keeps it for as long as the key is in use. */
export class Numbers {
  readonly #what: string;
  readonly #pool: IdPool;
  readonly #numbers = new Map<string, number>();
  readonly #keys = new Map<number, string>();

  constructor(what: string, last: number) {
    this.#what = what;
    this.#pool = new IdPool(1, last);
  }

  /** The number of `key`, allocated at first sight. Throws E321. */
  of(key: string): number {
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const number = this.#pool.allocate();
    if (number === undefined) {
      throw new HyperionError("E321", { what: this.#what, limit: this.#pool.capacity });
    }
    this.#note(key, number);
    return number;
  }

  /** Gives `key` a number that the data plane already uses for it; false when either is spoken for. */
  adopt(key: string, number: number): boolean {
    if (this.#numbers.has(key) || !this.#pool.claim(number)) return false;
    this.#note(key, number);
    return true;
  }

  /** Frees the numbers for which `stillUsed` is false. */
  retain(stillUsed: (number: number) => boolean): void {
    for (const [key, number] of this.#numbers) {
      if (stillUsed(number)) continue;
      this.#numbers.delete(key);
      this.#keys.delete(number);
      this.#pool.release(number);
    }
  }

  /** The key behind a number, undefined when it is free. */
  keyOf(number: number): string | undefined {
    return this.#keys.get(number);
  }

  #note(key: string, number: number): void {
    this.#numbers.set(key, number);
    this.#keys.set(number, key);
  }
}
