import type { Verdict } from "../model/posture.ts";
import type { Protocol } from "../model/rows.ts";
import type { PolicyRule } from "./carriers.ts";
import { type Deciders, firstDeciders } from "./deciders.ts";
import { type ProtocolSpace, protocolSpaces } from "./protocol-space.ts";

/** A rule with the number under which the data plane counts it, ≥ 1. */
export interface NumberedRule {
  readonly number: number;
  readonly rule: PolicyRule;
}

/** What the data plane looks up for one remote: no two entries of a list overlap. */
export interface FlatEntry {
  readonly protocol: Protocol;
  readonly port: number;
  readonly prefixLength: number;
  readonly verdict: Verdict;
  readonly rule: number;
  readonly log: boolean;
  readonly audit: boolean;
}

/** Different answers of {@link Flattening.exceptions} that are remembered. */
const EXCEPTIONS_KEPT_MAX = 256;

/**
 * The rules of one direction, turned from "the first that matches decides" into entries that need no
 * order.
 *
 * The data plane looks for an entry of the remote's identity, then for one of identity 0, then falls
 * to the posture. What matches the unknown matches everyone, so every remote is decided as the unknown
 * is, except where a rule that matches it, and not the unknown, comes earlier. Only these exceptions
 * need entries of its own, and none is ever needed to lead back to the posture.
 */
export class Flattening {
  /** Bit n: entries may have port prefixes of n bits. A function of the rules alone. */
  readonly prefixLengths: number;
  readonly #rules: readonly NumberedRule[];
  readonly #spaces: readonly ProtocolSpace[];
  /** Per space, who decides for the unknown. */
  readonly #unknown: readonly Deciders[];
  /** By places: many remotes are singled out by the same rules. */
  readonly #exceptions = new Map<string, readonly FlatEntry[]>();

  /**
   * @param rules of one direction, first decides first.
   * @param matchesUnknown per rule: whether its peer matches a remote of whom nothing is known.
   */
  constructor(rules: readonly NumberedRule[], matchesUnknown: readonly boolean[]) {
    this.#rules = rules;
    this.#spaces = protocolSpaces(rules.map(({ rule }) => rule.rule));
    const places = matchesUnknown.flatMap((match, place) => (match ? [place] : []));
    this.#unknown = this.#spaces.map(({ coverage }) => firstDeciders(coverage, places, new Map()));
    this.prefixLengths = this.#spaces
      .flatMap(({ prefixes }) => prefixes.flat())
      .reduce((mask, { length }) => mask | (1 << length), 0);
  }

  /** The entries of identity 0. */
  unknown(): readonly FlatEntry[] {
    const entries: FlatEntry[] = [];
    for (const [s, space] of this.#spaces.entries()) this.#write(entries, space, this.#unknown[s] ?? NOBODY);
    return entries;
  }

  /**
   * The entries that set a remote apart from the unknown.
   *
   * @param places of the rules that match the remote but not the unknown, ascending.
   */
  exceptions(places: readonly number[]): readonly FlatEntry[] {
    if (places.length === 0) return [];
    const key = places.join();
    const known = this.#exceptions.get(key);
    if (known !== undefined) return known;
    const entries: FlatEntry[] = [];
    for (const [s, space] of this.#spaces.entries()) {
      const deciders = firstDeciders(space.coverage, places, this.#unknown[s] ?? NOBODY);
      if (deciders.size > 0) this.#write(entries, space, deciders);
    }
    if (this.#exceptions.size >= EXCEPTIONS_KEPT_MAX) this.#exceptions.clear();
    this.#exceptions.set(key, entries);
    return entries;
  }

  /** Loops, as this is where a compilation spends its time: there are hundreds of entries per rule. */
  #write(entries: FlatEntry[], { protocol, prefixes }: ProtocolSpace, deciders: Deciders): void {
    for (const interval of [...deciders.keys()].sort((a, b) => a - b)) {
      const decided = this.#rules[deciders.get(interval) ?? -1];
      if (decided === undefined) continue;
      const { action, log, audit } = decided.rule.rule;
      for (const { port, length } of prefixes[interval] ?? []) {
        entries.push({
          protocol,
          port,
          prefixLength: length,
          verdict: action,
          rule: decided.number,
          log,
          // Only denials audit: on an allow the flag would mean nothing and tell rows apart for nothing.
          audit: audit && action === "deny",
        });
      }
    }
  }
}

const NOBODY: Deciders = new Map();
