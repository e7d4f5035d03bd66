import { sameItems } from "../base/same-items.ts";
import type { Direction } from "../model/posture.ts";
import type { Prefix } from "../model/prefix.ts";
import type { PolicyRow } from "../model/rows.ts";
import {
  type FlatEntry,
  Flattening,
  matches,
  mentionedPrefixes,
  type NumberedRule,
  namesOutside,
  type PolicyRule,
  peerKey,
  printRule,
  type Subject,
  usesOwner,
} from "../policy/index.ts";
import type { IdentityClass } from "./identity-class.ts";
import type { Population } from "./population.ts";
import type { SelectorIndex } from "./selector-index.ts";

const DIRECTIONS = ["ingress", "egress"] as const satisfies Direction[];

/** The rules of one direction, and whom those match that do not match just anyone. */
interface Side {
  readonly direction: Direction;
  readonly flattening: Flattening;
  readonly selective: readonly SelectiveRule[];
}

interface SelectiveRule {
  readonly place: number;
  readonly key: string;
  readonly matching: ReadonlySet<IdentityClass>;
}

/** What a policy set is made from: the rules that apply, and the owner that they speak of. */
export interface PolicySetSource {
  /** Per direction, first decides first. */
  readonly rules: Readonly<Record<Direction, readonly PolicyRule[]>>;
  readonly owner: Subject;
}

/** Canonical text of a source: equal texts, equal rows. What the rules do not ask of the owner is left out. */
export function policyKey({ rules, owner }: PolicySetSource): string {
  const texts = DIRECTIONS.map((direction) =>
    rules[direction].map(({ tier, name, rule }) => [tier, name, printRule(rule, direction)]),
  );
  const uses = usesOwner(
    DIRECTIONS.flatMap((direction) => rules[direction].flatMap(({ rule }) => rule.peer)),
  );
  const project = uses.project ? (owner.project ?? null) : null;
  const service = uses.service ? (owner.service ?? null) : null;
  return JSON.stringify([...texts, project, service]);
}

/** Endpoints with equal rules share one policy set: its rows decide for all of them. */
export class PolicySet {
  readonly number: number;
  readonly rules: ReadonlyMap<number, PolicyRule>;
  /** Bit n: rows may have port prefixes of n bits. */
  readonly prefixLengths: Readonly<Record<Direction, number>>;
  /** True when a rule tells apart who is outside. */
  readonly namesOutside: boolean;
  /** By which prefixes it does. */
  readonly prefixes: readonly Prefix[];
  readonly #index: SelectorIndex;
  readonly #sides: readonly Side[];
  readonly #unknownRows: readonly PolicyRow[];
  #populations: readonly ReadonlySet<IdentityClass>[] = [];
  #rowsOfEach: readonly (readonly PolicyRow[])[] = [];
  #rowsByClass = new Map<IdentityClass, readonly PolicyRow[]>();
  #rows: readonly PolicyRow[];

  constructor(number: number, source: PolicySetSource, index: SelectorIndex) {
    this.number = number;
    this.#index = index;
    const rules = DIRECTIONS.flatMap((direction) => source.rules[direction]);
    const numbered = rules.map((rule, i) => ({ number: i + 1, rule }));
    const peers = rules.map(({ rule }) => rule.peer);
    this.namesOutside = peers.some(namesOutside);
    this.prefixes = peers.flatMap(mentionedPrefixes);
    this.rules = new Map(numbered.map(({ number, rule }) => [number, rule]));
    this.#sides = DIRECTIONS.map((direction) => {
      const own = numbered.filter(({ rule }) => rule.direction === direction);
      return sideOf(direction, own, source.owner, index);
    });
    const [ingress, egress] = this.#sides;
    this.prefixLengths = {
      ingress: ingress?.flattening.prefixLengths ?? 0,
      egress: egress?.flattening.prefixLengths ?? 0,
    };
    this.#unknownRows = this.#sides.flatMap(({ direction, flattening }) =>
      flattening.unknown().map((entry) => this.#row(direction, 0, entry)),
    );
    this.#rows = this.#unknownRows;
  }

  /** The rows for the classes that live in `populations`; the same array while nothing changes. */
  rows(populations: readonly Population[]): readonly PolicyRow[] {
    const concerned = this.#isConcerned(populations);
    this.#populations = populations.map(({ classes }) => classes);
    if (!concerned) return this.#rows;
    const singledOut = this.#classesIn(this.#populations);
    this.#rowsByClass = new Map(singledOut.map((c) => [c, this.#rowsByClass.get(c) ?? this.#rowsFor(c)]));
    // Whom a rule singles out may still be decided as anyone is, and then comes and goes without a trace.
    const rowsOfEach = [...this.#rowsByClass.values()].filter((rows) => rows.length > 0);
    if (sameItems(this.#rowsOfEach, rowsOfEach)) return this.#rows;
    this.#rowsOfEach = rowsOfEach;
    this.#rows = [...this.#unknownRows, ...rowsOfEach.flat()];
    return this.#rows;
  }

  /** When no endpoint has this policy any more. */
  dispose(): void {
    for (const { selective } of this.#sides) for (const { key } of selective) this.#index.release(key);
  }

  /** False when whoever came or went since the last time is nobody that a rule singles out. */
  #isConcerned(populations: readonly Population[]): boolean {
    if (populations.length !== this.#populations.length) return true;
    return populations.some(({ classes, change }, i) => {
      const known = this.#populations[i];
      if (known === classes) return false;
      if (change === undefined || known !== change.from) return true;
      return change.classes.some((one) => this.#rowsByClass.has(one) || this.#singlesOut(one));
    });
  }

  #singlesOut(candidate: IdentityClass): boolean {
    return this.#sides.some(({ selective }) => selective.some(({ matching }) => matching.has(candidate)));
  }

  /** The classes that some rule singles out, by number. */
  #classesIn(populations: readonly ReadonlySet<IdentityClass>[]): readonly IdentityClass[] {
    const found = new Set<IdentityClass>();
    for (const { selective } of this.#sides) {
      for (const { matching } of selective) {
        for (const candidate of matching) {
          if (populations.some((population) => population.has(candidate))) found.add(candidate);
        }
      }
    }
    return [...found].sort((a, b) => a.number - b.number);
  }

  #rowsFor(remote: IdentityClass): readonly PolicyRow[] {
    return this.#sides.flatMap(({ direction, flattening, selective }) => {
      const places = selective.filter(({ matching }) => matching.has(remote)).map(({ place }) => place);
      return flattening.exceptions(places).map((entry) => this.#row(direction, remote.number, entry));
    });
  }

  #row(direction: Direction, identity: number, entry: FlatEntry): PolicyRow {
    return { table: "policy", policy: this.number, direction, identity, ...entry };
  }
}

function sideOf(
  direction: Direction,
  numbered: readonly NumberedRule[],
  owner: Subject,
  index: SelectorIndex,
): Side {
  const matchesUnknown = numbered.map(({ rule }) => matches(rule.rule.peer, owner, undefined));
  const selective = numbered.flatMap(({ rule }, place): SelectiveRule[] => {
    if (matchesUnknown[place] === true) return [];
    const { peer } = rule.rule;
    const key = peerKey(peer, owner);
    return [{ place, key, matching: index.acquire(key, peer, owner) }];
  });
  return { direction, flattening: new Flattening(numbered, matchesUnknown), selective };
}
