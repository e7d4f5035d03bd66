import { nearest } from "../base/nearest.ts";
import { HyperionError, isHyperionError } from "../model/errors.ts";
import { type Ip, parseIp } from "../model/ip.ts";
import { parsePrefix } from "../model/prefix.ts";
import { type End, isParty } from "./explain.ts";
import { type Outside, outsideAt } from "./outside.ts";
import type { Party, PopulatedNetwork, Population } from "./population.ts";

/** Two ends where they meet: on a network that both are on, or on the one by which the one reaches outside. */
export interface Meeting {
  readonly network: string;
  readonly from: End;
  readonly to: End;
}

/** An end by its name; a party stands for itself on all of its networks. */
export type NamedEnd = { readonly party: string } | { readonly outside: Outside };

/** The machine, of whose addresses nothing is known. */
const HOST: Outside = { prefix: parsePrefix("0.0.0.0/0"), host: true };
const WORLD = "world:";
/** Most names that a message lists. */
const NAMES_SHOWN_MAX = 6;

/**
 * Who is meant by `shop/web`, `web`, `world:203.0.113.7` or `host`. Throws E182 when nobody is, or when
 * a short name fits several; E205 when an address is none.
 */
export function findEnd(population: Population, text: string): NamedEnd {
  if (text === "host") return { outside: HOST };
  const address = text.startsWith(WORLD) ? parseIp(text.slice(WORLD.length)) : addressIn(text);
  if (address !== undefined) return { outside: outsideAt(address, new Set()) };
  const names = partyNames(population);
  if (names.includes(text)) return { party: text };
  const fitting = names.filter((name) => name.endsWith(`/${text}`));
  const [only] = fitting;
  if (only !== undefined && fitting.length === 1) return { party: only };
  const [, why] = [...(population.elsewhere ?? [])].find(([name]) => isCalled(name, text)) ?? [];
  if (why !== undefined && fitting.length === 0) {
    throw new HyperionError("E182", { what: "endpoint of service", name: JSON.stringify(text), hint: why });
  }
  throw new HyperionError("E182", {
    what: fitting.length > 1 ? "one service" : "service",
    name: JSON.stringify(text),
    hint: hintFor(text, fitting.length > 1 ? fitting : names, fitting.length > 1),
  });
}

/** By its whole name, or by what comes after the project's. */
function isCalled(name: string, text: string): boolean {
  return name === text || name.endsWith(`/${text}`);
}

function addressIn(text: string): Ip | undefined {
  try {
    return parseIp(text);
  } catch (error) {
    if (isHyperionError(error, "E205")) return undefined;
    throw error;
  }
}

function hintFor(text: string, names: readonly string[], isAmbiguous: boolean): string {
  if (text === "world") return "name an address of it, like world:203.0.113.7";
  if (isAmbiguous) return `it may be ${names.join(" or ")}`;
  const meant = nearest(text, [...names, ...names.map((name) => name.slice(name.indexOf("/") + 1))]);
  if (meant !== undefined) return `did you mean ${meant}?`;
  const more = names.length > NAMES_SHOWN_MAX ? " …" : "";
  return names.length === 0
    ? "no service is on a network of Hyperion"
    : `there are ${names.slice(0, NAMES_SHOWN_MAX).join(", ")}${more}`;
}

/** In code-unit order. */
function partyNames({ networks }: Population): readonly string[] {
  return [...new Set(networks.flatMap(({ parties }) => parties.map(({ name }) => name)))].sort();
}

/** Where two ends meet; empty when nowhere, and then nothing passes between them. */
export function meetings(population: Population, from: NamedEnd, to: NamedEnd): readonly Meeting[] {
  if ("party" in from && "party" in to) {
    return inOrder(population).flatMap((network) => {
      const [a, b] = [partyOn(network, from.party), partyOn(network, to.party)];
      return a === undefined || b === undefined ? [] : [{ network: network.name, from: a, to: b }];
    });
  }
  const name = "party" in from ? from.party : "party" in to ? to.party : undefined;
  const way = name === undefined ? undefined : wayOut(population, name);
  const party = name === undefined || way === undefined ? undefined : partyOn(way, name);
  if (party === undefined || way === undefined) return [];
  const endOf = (end: NamedEnd): End => ("party" in end ? party : end.outside);
  return [{ network: way.name, from: endOf(from), to: endOf(to) }];
}

/**
 * The network whose endpoint governs what a party says to the outside: of those with a way out, the
 * first by name. A container has one way out, however many networks it is on.
 */
export function wayOut(population: Population, party: string): PopulatedNetwork | undefined {
  return inOrder(population).find((network) => network.hasWayOut && partyOn(network, party) !== undefined);
}

function inOrder({ networks }: Population): readonly PopulatedNetwork[] {
  return networks.toSorted((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name)));
}

function partyOn({ parties }: PopulatedNetwork, name: string): Party | undefined {
  return parties.find((party) => party.name === name);
}

/** The outside end of a meeting, if it has one. */
export function outsideOf({ from, to }: Meeting): Outside | undefined {
  if (!isParty(from)) return from;
  return isParty(to) ? undefined : to;
}
