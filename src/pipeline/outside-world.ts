import { sameItems } from "../base/same-items.ts";
import type { Ip } from "../model/ip.ts";
import type { Prefix } from "../model/prefix.ts";
import type { PrefixRow } from "../model/rows.ts";
import type { Outside } from "../policy/index.ts";
import type { Numbering } from "./desired.ts";
import { type IdentityClass, outsideKey } from "./identity-class.ts";
import { classifyOutside } from "./outside-classes.ts";
import type { PolicySet } from "./policy-set.ts";
import { NOBODY, type Population, populationAfter } from "./population.ts";
import type { SelectorIndex } from "./selector-index.ts";

/**
 * What is outside, as far as rules tell it apart: the classes, and the prefixes by which the data
 * plane finds them. Where no rule of a way out does, there is neither, and whoever is outside is
 * identity 0.
 */
export class OutsideWorld {
  readonly #index: SelectorIndex;
  #policySets: readonly PolicySet[] = [];
  #hostAddresses: ReadonlySet<Ip> = new Set();
  #prefixes: ReadonlySet<Prefix> = new Set();
  #classes: ReadonlyMap<string, IdentityClass> = new Map();
  #population: Population = NOBODY;
  #rows: readonly PrefixRow[] = [];

  constructor(index: SelectorIndex) {
    this.#index = index;
  }

  /** One object for as long as the classes are the same. */
  get population(): Population {
    return this.#population;
  }

  /** One array for as long as the rows are the same. */
  get rows(): readonly PrefixRow[] {
    return this.#rows;
  }

  /** @param policySets of the ways out, those whose rules tell apart who is outside. */
  update(policySets: readonly PolicySet[], hostAddresses: ReadonlySet<Ip>, numbering: Numbering): void {
    const sameSets = sameItems(this.#policySets, policySets);
    if (sameSets && sameSet(this.#hostAddresses, hostAddresses)) return;
    const prefixes = sameSets ? this.#prefixes : new Set(policySets.flatMap((set) => set.prefixes));
    const same =
      sameSet(this.#prefixes, prefixes) &&
      sameSet(this.#hostAddresses, hostAddresses) &&
      (this.#policySets.length === 0) === (policySets.length === 0);
    this.#policySets = policySets;
    this.#hostAddresses = hostAddresses;
    this.#prefixes = prefixes;
    if (!same) this.#classify(numbering);
  }

  #classify(numbering: Numbering): void {
    const needed = this.#policySets.length > 0;
    const classed = needed ? classifyOutside(this.#prefixes, this.#hostAddresses) : [];
    const classes = new Map<string, IdentityClass>();
    const rows = classed.map(({ prefix, outside }): PrefixRow => {
      const key = outsideKey(outside);
      const identity = classes.get(key) ?? this.#classes.get(key) ?? this.#add(key, outside, numbering);
      classes.set(key, identity);
      return { table: "prefix", prefix, identity: identity.number };
    });
    if (!sameRows(this.#rows, rows)) this.#rows = rows;
    for (const [key, gone] of this.#classes) if (!classes.has(key)) this.#index.removeClass(gone);
    this.#classes = classes;
    this.#population = populationAfter(this.#population, new Set(classes.values()));
  }

  #add(key: string, remote: Outside, numbering: Numbering): IdentityClass {
    const added = { number: numbering.identity(key), remote };
    this.#index.addClass(added);
    return added;
  }
}

function sameRows(a: readonly PrefixRow[], b: readonly PrefixRow[]): boolean {
  return (
    a.length === b.length &&
    a.every(({ prefix, identity }, i) => prefix === b[i]?.prefix && identity === b[i]?.identity)
  );
}

function sameSet<T>(a: ReadonlySet<T>, b: ReadonlySet<T>): boolean {
  return a === b || (a.size === b.size && [...a].every((one) => b.has(one)));
}
