import { sameItems } from "../base/same-items.ts";
import type { PolicyFacts } from "../model/facts.ts";
import { type AdminPolicy, namesInApplies, type Problem, readAdminPolicy } from "../policy/index.ts";

/** The admin policies in force, read. One object for as long as they are the same. */
export interface PolicyShelf {
  /** By name. */
  readonly facts: readonly PolicyFacts[];
  readonly policies: readonly AdminPolicy[];
  /** Not empty: nobody knows what these policies want of whom. */
  readonly problems: readonly Problem[];
  /** Container names by which they choose whom they apply to. */
  readonly names: ReadonlySet<string>;
}

export const EMPTY_SHELF: PolicyShelf = { facts: [], policies: [], problems: [], names: new Set() };

/** The shelf with these policies: `before` itself when they are the same objects. */
export function shelfAfter(before: PolicyShelf, facts: Iterable<PolicyFacts>): PolicyShelf {
  const sorted = [...facts].sort((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name)));
  if (sameItems(before.facts, sorted)) return before;
  const read = sorted.map((one) => readAdminPolicy(one));
  const policies = read.map(({ policy }) => policy);
  // Whoever reads them asked about an endpoint: they must say which policy it is.
  const problems = read.flatMap((one) =>
    one.problems.map((problem) => ({ ...problem, label: `${one.policy.name}: ${problem.label}` })),
  );
  return { facts: sorted, policies, problems, names: namesInApplies(policies) };
}
