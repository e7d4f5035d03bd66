import type { Stretch } from "./protocol-space.ts";

/** Per elementary interval that is decided: the place of the rule that decides it. */
export type Deciders = ReadonlyMap<number, number>;

/**
 * Lets each interval be decided by the first rule that covers it.
 *
 * Every interval is visited once, however many rules cover it: ten thousand wide rules must not cost
 * ten thousand times ten thousand steps.
 *
 * @param coverage per rule, the intervals that it covers.
 * @param places of the rules that take part, ascending.
 * @param rivals who decides otherwise: only what comes before the rival is in the outcome.
 */
export function firstDeciders(
  coverage: readonly (readonly Stretch[])[],
  places: readonly number[],
  rivals: Deciders,
): Deciders {
  const deciding = new Map<number, number>();
  const open = new OpenIntervals();
  for (const place of places) {
    for (const { start, end } of coverage[place] ?? []) {
      for (let i = open.from(start); i < end; i = open.from(i + 1)) {
        // What does not come before the rival now never will: the places ahead are later still.
        open.close(i);
        if (place < (rivals.get(i) ?? Number.POSITIVE_INFINITY)) deciding.set(i, place);
      }
    }
  }
  return deciding;
}

/** Finds the next interval that is not closed, stepping over closed stretches at once (disjoint-set forest). */
class OpenIntervals {
  readonly #next = new Map<number, number>();

  close(interval: number): void {
    this.#next.set(interval, interval + 1);
  }

  /** The first open interval at or after `start`. */
  from(start: number): number {
    let end = start;
    for (let next = this.#next.get(end); next !== undefined; next = this.#next.get(end)) end = next;
    for (let at = start; at < end; ) {
      const next = this.#next.get(at) ?? end;
      this.#next.set(at, end);
      at = next;
    }
    return end;
  }
}
