import type { IdentityClass } from "./identity-class.ts";

/** The identity classes that live on one network, or outside. One object for as long as they are the same. */
export interface Population {
  readonly classes: ReadonlySet<IdentityClass>;
  /** How it came out of the population before, so that nobody has to compare the two again. */
  readonly change: PopulationChange | undefined;
}

export interface PopulationChange {
  readonly from: ReadonlySet<IdentityClass>;
  /** Who came and who went. */
  readonly classes: readonly IdentityClass[];
}

export const NOBODY: Population = { classes: new Set(), change: undefined };

/** The population of `classes`: `before` itself when they are the same. */
export function populationAfter(before: Population, classes: ReadonlySet<IdentityClass>): Population {
  const changed: IdentityClass[] = [];
  for (const one of classes) if (!before.classes.has(one)) changed.push(one);
  for (const one of before.classes) if (!classes.has(one)) changed.push(one);
  if (changed.length === 0) return before;
  return { classes, change: { from: before.classes, classes: changed } };
}
