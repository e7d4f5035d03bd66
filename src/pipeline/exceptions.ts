import { sameItems } from "../base/same-items.ts";
import type { PolicyRow } from "../model/rows.ts";
import type { IdentityClass } from "./identity-class.ts";
import type { Population } from "./population.ts";

/** The rows by which a policy set decides about those that its rules single out, as these come and go. */
export class Exceptions {
  readonly #singledOut: readonly ReadonlySet<IdentityClass>[];
  readonly #rowsFor: (remote: IdentityClass) => readonly PolicyRow[];
  readonly #before: readonly PolicyRow[];
  #populations: readonly ReadonlySet<IdentityClass>[] = [];
  #rowsOfEach: readonly (readonly PolicyRow[])[] = [];
  #rowsByClass = new Map<IdentityClass, readonly PolicyRow[]>();
  #rows: readonly PolicyRow[];

  /**
   * @param singledOut per rule, whom it matches that it does not match as anyone: live sets.
   * @param rowsFor one of them; empty where it is decided about as about anyone.
   * @param before rows that stand before these, whoever there is.
   */
  constructor(
    singledOut: readonly ReadonlySet<IdentityClass>[],
    rowsFor: (remote: IdentityClass) => readonly PolicyRow[],
    before: readonly PolicyRow[] = [],
  ) {
    this.#singledOut = singledOut;
    this.#rowsFor = rowsFor;
    this.#before = before;
    this.#rows = before;
  }

  /** The rows for the classes that live in `populations`; the same array while nothing changes. */
  rows(populations: readonly Population[]): readonly PolicyRow[] {
    const concerned = this.#isConcerned(populations);
    this.#populations = populations.map(({ classes }) => classes);
    if (!concerned) return this.#rows;
    const present = this.#classesIn(this.#populations);
    this.#rowsByClass = new Map(present.map((c) => [c, this.#rowsByClass.get(c) ?? this.#rowsFor(c)]));
    // Whom a rule singles out may still be decided as anyone is, and then comes and goes without a trace.
    const rowsOfEach = [...this.#rowsByClass.values()].filter((rows) => rows.length > 0);
    if (sameItems(this.#rowsOfEach, rowsOfEach)) return this.#rows;
    this.#rowsOfEach = rowsOfEach;
    this.#rows = [...this.#before, ...rowsOfEach.flat()];
    return this.#rows;
  }

  /** False when whoever came or went since the last time is nobody that a rule singles out. */
  #isConcerned(populations: readonly Population[]): boolean {
    if (populations.length !== this.#populations.length) return true;
    return populations.some(({ classes, change }, i) => {
      const known = this.#populations[i];
      if (known === classes) return false;
      if (change === undefined || known !== change.from) return true;
      return change.classes.some((one) => this.#rowsByClass.has(one) || this.#isSingledOut(one));
    });
  }

  #isSingledOut(candidate: IdentityClass): boolean {
    return this.#singledOut.some((matching) => matching.has(candidate));
  }

  /** The classes that some rule singles out, by number. */
  #classesIn(populations: readonly ReadonlySet<IdentityClass>[]): readonly IdentityClass[] {
    const found = new Set<IdentityClass>();
    for (const population of populations) {
      for (const matching of this.#singledOut) {
        for (const candidate of matching) if (population.has(candidate)) found.add(candidate);
      }
    }
    return [...found].sort((a, b) => a.number - b.number);
  }
}
