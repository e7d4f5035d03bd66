import type { HyperionError } from "../../src/model/errors.ts";

/** What a failing call leaves behind: `nothing`, or `everything`, when only its answer was lost. */
export type CallLeaves = "nothing" | "everything";

/**
 * Stands before any door. Counts the calls, lets the n-th fail, and can be cut off as by `kill -9`:
 * from then on no call reaches what is behind, and none comes back.
 */
export class Door<T extends object> {
  /** The door as callers see it. */
  readonly front: T;
  /** Calls of the methods that may fail, since construction. */
  calls = 0;
  #fate: (call: number) => CallLeaves | undefined = () => undefined;
  #isCut = false;

  /** @param mayFail the methods that are counted and may fail. */
  constructor(behind: T, mayFail: readonly (keyof T)[], failure: () => HyperionError) {
    this.front = new Proxy(behind, {
      get: (_, property) => {
        const value = Reflect.get(behind, property, behind) as unknown;
        if (typeof value !== "function") return value;
        const fallible = mayFail.includes(property as keyof T);
        return (...args: unknown[]) => this.#call(fallible, failure, () => value.apply(behind, args));
      },
    });
  }

  /** The n-th fallible call from now on (1: the next) fails. */
  failNth(n: number, leaves: CallLeaves = "nothing"): void {
    const failing = this.calls + n;
    this.#fate = (call) => (call === failing ? leaves : undefined);
  }

  /** Every fallible call fails until {@link heal}. */
  failAlways(leaves: CallLeaves = "nothing"): void {
    this.#fate = () => leaves;
  }

  /** Each fallible call has the fate that `draw` gives it; undefined: it succeeds. */
  failBy(draw: () => CallLeaves | undefined): void {
    this.#fate = draw;
  }

  heal(): void {
    this.#fate = () => undefined;
  }

  cut(): void {
    this.#isCut = true;
  }

  async #call(fallible: boolean, failure: () => HyperionError, call: () => unknown): Promise<unknown> {
    if (this.#isCut) return new Promise(() => {});
    const leaves = fallible ? this.#fate(++this.calls) : undefined;
    if (leaves === "everything") await call();
    if (leaves !== undefined) throw failure();
    const result = await call();
    return this.#isCut ? new Promise(() => {}) : result;
  }
}
