import { prefixContains, prefixesOverlap } from "../model/prefix.ts";
import { type Alternative, type Atom, sideOf, type Term } from "./ast.ts";
import { refuse } from "./cursor.ts";
import { printAtom } from "./print.ts";
import { quote } from "./problem.ts";

/**
 * Refuses (E133) a conjunction that no peer can ever satisfy: whoever wrote it meant something else.
 * Finds what contradicts itself whatever containers there are; it is no solver.
 */
export function checkSatisfiable(alternative: Alternative): void {
  for (const [i, term] of alternative.terms.entries()) {
    if (term.negated && (term.atom.kind === "any" || term.atom.kind === "containers")) {
      throw refuse("E133", term.span, `${quote(`!${printAtom(term.atom)}`)} can match nothing`);
    }
    for (const earlier of alternative.terms.slice(0, i)) {
      if (contradict(earlier, term)) {
        const both = `${printTerm(earlier)} & ${printTerm(term)}`;
        throw refuse("E133", alternative.span, `${quote(both)} can match nothing`);
      }
    }
  }
}

function printTerm(term: Term): string {
  return (term.negated ? "!" : "") + printAtom(term.atom);
}

function contradict(a: Term, b: Term): boolean {
  const sides = new Set([sideOf(a.atom), sideOf(b.atom)]);
  if (sides.has("containers") && sides.has("outside")) return true;
  if (a.negated !== b.negated) return printAtom(a.atom) === printAtom(b.atom);
  return !a.negated && exclude(a.atom, b.atom);
}

/** True when nothing can be both. */
function exclude(a: Atom, b: Atom): boolean {
  if (a.kind === "container" && b.kind === "container") return a.name !== b.name;
  if (a.kind === "project-named" && b.kind === "project-named") return a.project !== b.project;
  if (a.kind === "label-is" && b.kind === "label-is") return a.key === b.key && a.value !== b.value;
  if (a.kind === "prefix" && b.kind === "prefix") return !prefixesOverlap(a.prefix, b.prefix);
  if (a.kind === "address" && b.kind === "address") return a.address !== b.address;
  if (a.kind === "prefix" && b.kind === "address") return !prefixContains(a.prefix, b.address);
  if (a.kind === "address" && b.kind === "prefix") return !prefixContains(b.prefix, a.address);
  return (a.kind === "world" && b.kind === "host") || (a.kind === "host" && b.kind === "world");
}
