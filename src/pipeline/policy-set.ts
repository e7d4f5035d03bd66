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
import { Exceptions } from "./exceptions.ts";
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
  /** False: it matches containers alone. */
  readonly namesOutside: boolean;
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
  readonly #inside: Exceptions;
  readonly #outside: Exceptions;

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
    const unknown = this.#sides.flatMap(({ direction, flattening }) =>
      flattening.unknown().map((entry) => this.#row(direction, 0, entry)),
    );
    const selective = this.#sides.flatMap((side) => side.selective);
    const rowsFor = (remote: IdentityClass) => this.#rowsFor(remote);
    const all = selective.map(({ matching }) => matching);
    const outside = selective.filter((rule) => rule.namesOutside).map(({ matching }) => matching);
    this.#inside = new Exceptions(all, rowsFor, unknown);
    this.#outside = new Exceptions(outside, rowsFor);
  }

  /** The rows about anyone, and about the containers in `populations`. One array while nothing changes. */
  rows(populations: readonly Population[]): readonly PolicyRow[] {
    return this.#inside.rows(populations);
  }

  /** The rows about who is outside: apart, so that a new prefix leaves alone what concerns containers. */
  outsideRows(outside: Population): readonly PolicyRow[] {
    return this.#outside.rows([outside]);
  }

  /** When no endpoint has this policy any more. */
  dispose(): void {
    for (const { selective } of this.#sides) for (const { key } of selective) this.#index.release(key);
  }

  #rowsFor(remote: IdentityClass): readonly PolicyRow[] {
    const rows: PolicyRow[] = [];
    for (const { direction, flattening, selective } of this.#sides) {
      const places: number[] = [];
      for (const { place, matching } of selective) if (matching.has(remote)) places.push(place);
      for (const entry of flattening.exceptions(places))
        rows.push(this.#row(direction, remote.number, entry));
    }
    return rows;
  }

  /** Field by field: a spread takes several times as long, and there are hundreds of thousands of rows. */
  #row(direction: Direction, identity: number, entry: FlatEntry): PolicyRow {
    return {
      table: "policy",
      policy: this.number,
      direction,
      identity,
      protocol: entry.protocol,
      port: entry.port,
      prefixLength: entry.prefixLength,
      verdict: entry.verdict,
      rule: entry.rule,
      log: entry.log,
      audit: entry.audit,
    };
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
    return [{ place, key, namesOutside: namesOutside(peer), matching: index.acquire(key, peer, owner) }];
  });
  return { direction, flattening: new Flattening(numbered, matchesUnknown), selective };
}
