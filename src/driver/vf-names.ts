import { IdPool } from "../base/id-pool.ts";

/** The two names of a soft VF: what goes into the container, and what stays. */
export interface VfNames {
  readonly vf: string;
  readonly representor: string;
}

/** Both ends' names begin so; nobody else's devices may. */
export const VF_NAME_PREFIX = "hy";

/** Names of representors begin so. */
export const REPRESENTOR_PREFIX = "hyr";

const NAME = /^hy[vr](\d{1,6})$/;

/** The number in the name of either end; undefined for a device that is not ours. */
export function vfNumber(name: string): number | undefined {
  const digits = NAME.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

export function vfNames(number: number): VfNames {
  return { vf: `hyv${number}`, representor: `hyr${number}` };
}

/** Names `hyv1`/`hyr1` to `hyv<limit>`/`hyr<limit>`, each pair for one VF at a time. */
export class VfNamePool {
  readonly #numbers: IdPool;

  constructor(limit: number) {
    this.#numbers = new IdPool(1, limit);
  }

  get capacity(): number {
    return this.#numbers.capacity;
  }

  get free(): number {
    return this.#numbers.capacity - this.#numbers.size;
  }

  /** The next free names; undefined when all are taken. */
  allocate(): VfNames | undefined {
    const number = this.#numbers.allocate();
    return number === undefined ? undefined : vfNames(number);
  }

  /** Takes the names that a device already has. Names above the limit have no number to take. */
  claim(name: string): void {
    const number = vfNumber(name);
    if (number !== undefined) this.#numbers.claim(number);
  }

  release(name: string): void {
    const number = vfNumber(name);
    if (number !== undefined) this.#numbers.release(number);
  }
}
