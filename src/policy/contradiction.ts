import { prefixRange } from "../model/prefix.ts";
import { type Alternative, type Atom, isOutsideAtom, type LabelAtom, sideOf, type Term } from "./ast.ts";
import { refuse } from "./cursor.ts";
import { prefixOfAddress } from "./outside.ts";
import { printAlternative, printAtom } from "./print.ts";
import { quote } from "./problem.ts";

/**
 * Refuses (E133) a conjunction that no peer can ever satisfy: whoever wrote it meant something else.
 * Exact where addresses are concerned; of containers it finds what contradicts itself whatever there
 * are, and is no solver. Costs n·log n of the number of terms.
 */
export function checkSatisfiable(alternative: Alternative): void {
  const { terms, span } = alternative;
  const nobody = terms.find(
    ({ negated, atom }) => negated && (atom.kind === "any" || atom.kind === "containers"),
  );
  if (nobody !== undefined) {
    throw refuse("E133", nobody.span, `${quote(`!${printAtom(nobody.atom)}`)} can match nothing`);
  }
  const sides = new Set(terms.map(({ atom }) => sideOf(atom)));
  const both = sides.has("containers") && sides.has("outside");
  if (both || isNowhere(terms) || isNoContainer(terms)) {
    throw refuse("E133", span, `${quote(printAlternative(alternative))} can match nothing`);
  }
}

interface Range {
  readonly negated: boolean;
  readonly family: 4 | 6;
  readonly first: bigint;
  readonly last: bigint;
}

const ADDRESS_LAST = { 4: 2n ** 32n - 1n, 6: 2n ** 128n - 1n } as const;

/** True when the outside atoms leave neither the host nor the world, or no address of either family. */
function isNowhere(terms: readonly Term[]): boolean {
  const outside = terms.filter(({ atom }) => isOutsideAtom(atom));
  const ruledOut = new Set(
    outside.flatMap(({ negated, atom }) => {
      if (atom.kind !== "world" && atom.kind !== "host") return [];
      return (atom.kind === "host") === negated ? ["host"] : ["world"];
    }),
  );
  const ranges = outside.flatMap(rangeOf);
  return ruledOut.size === 2 || (isCoveredUp(ranges, 4) && isCoveredUp(ranges, 6));
}

function rangeOf({ negated, atom }: Term): readonly Range[] {
  if (atom.kind !== "prefix" && atom.kind !== "address") return [];
  const prefix = atom.kind === "prefix" ? atom.prefix : prefixOfAddress(atom.address);
  return [{ negated, family: prefix.includes(":") ? 6 : 4, ...prefixRange(prefix) }];
}

/** True when no address is in all the ranges and in none of the negated ones. */
function isCoveredUp(ranges: readonly Range[], family: 4 | 6): boolean {
  let first = 0n;
  let last: bigint = ADDRESS_LAST[family];
  for (const range of ranges) {
    if (range.negated) continue;
    if (range.family !== family) return true;
    if (range.first > first) first = range.first;
    if (range.last < last) last = range.last;
  }
  const holes = ranges.filter((range) => range.negated && range.family === family);
  for (const hole of holes.sort((a, b) => Number(a.first > b.first) - Number(a.first < b.first))) {
    if (hole.first > first) break;
    if (hole.last >= first) first = hole.last + 1n;
  }
  return first > last;
}

/** True when the container atoms contradict each other. */
function isNoContainer(terms: readonly Term[]): boolean {
  const said = new Map<string, boolean>();
  const names = new Set<string>();
  const projects = new Set<string>();
  const labels = new Map<string, LabelDemand>();
  for (const { negated, atom } of terms) {
    const text = printAtom(atom);
    if (said.get(text) === !negated) return true;
    said.set(text, negated);
    if (isLabelAtom(atom)) demand(labels, atom, negated);
    if (negated) continue;
    if (atom.kind === "container") names.add(atom.name);
    if (atom.kind === "project-named") projects.add(atom.project);
    if (atom.kind === "service-named" && atom.project !== undefined) projects.add(atom.project);
  }
  return names.size > 1 || projects.size > 1 || [...labels.values()].some(isImpossible);
}

/** What a conjunction asks of one label. */
interface LabelDemand {
  present: boolean;
  absent: boolean;
  /** Undefined: any value, and none. */
  allowed: ReadonlySet<string> | undefined;
  readonly forbidden: Set<string>;
}

function isLabelAtom(atom: Atom): atom is LabelAtom {
  return "key" in atom;
}

function demand(labels: Map<string, LabelDemand>, atom: LabelAtom, negated: boolean): void {
  const of = labels.get(atom.key) ?? {
    present: false,
    absent: false,
    allowed: undefined,
    forbidden: new Set(),
  };
  labels.set(atom.key, of);
  if (atom.kind === "label-has") {
    if (negated) of.absent = true;
    else of.present = true;
    return;
  }
  const values = atom.kind === "label-in" ? atom.values : [atom.value];
  if (negated !== (atom.kind === "label-is-not")) for (const value of values) of.forbidden.add(value);
  else of.allowed = new Set(values.filter((value) => of.allowed?.has(value) ?? true));
}

function isImpossible({ present, absent, allowed, forbidden }: LabelDemand): boolean {
  if (absent && (present || allowed !== undefined)) return true;
  return allowed !== undefined && [...allowed].every((value) => forbidden.has(value));
}
