import type { Ip } from "../model/ip.ts";
import type { Direction, Verdict } from "../model/posture.ts";
import { type Prefix, parsePrefix, prefixFamily, prefixIncludes, prefixRange } from "../model/prefix.ts";
import type { Protocol } from "../model/rows.ts";
import { applicableRules, decidePosture, type Owner } from "./decide.ts";
import { type End, isParty, nameOf, onlyAudits, remoteOf } from "./explain.ts";
import { type Outside, prefixOfAddress } from "./outside.ts";
import type { PopulatedNetwork, Population } from "./population.ts";
import { PORT_LAST, type PortInterval } from "./port-prefix.ts";
import { printRule } from "./print.ts";
import { coveredPorts, PROTOCOLS } from "./protocol-space.ts";
import { matches, mentionedPrefixes } from "./selector.ts";

/** Probes of one protocol: ports, or ICMP type << 8 | code, both inclusive; `other` has 0 alone. */
export interface ProbeRange extends PortInterval {
  readonly protocol: Protocol;
}

/** What passes, and nothing else does. Ascending, in the order of {@link PROTOCOLS}; no two touch. */
export type Reach = readonly ProbeRange[];

/**
 * Everything that one end may open to the other, over all probes and exactly: between two neighbouring
 * boundaries of the rules of both sides nothing changes. A denial that only audits passes. That the
 * two can meet is not asked.
 */
export function reach(from: End, to: End): Reach {
  const egress = sideOf(from, "egress", to);
  const ingress = sideOf(to, "ingress", from);
  return PROTOCOLS.filter((protocol) => canCarry(protocol, from, to)).flatMap((protocol) =>
    passing(protocol, [egress, ingress]),
  );
}

/** ICMP is IPv4's and ICMPv6 is IPv6's; of containers no family is known. */
function canCarry(protocol: Protocol, from: End, to: End): boolean {
  const outside = isParty(from) ? to : from;
  if (isParty(outside) || (protocol !== "icmp" && protocol !== "icmp6")) return true;
  return (prefixFamily(outside.prefix) === 4) === (protocol === "icmp");
}

/** One end's rules about the other, first decides first, with what comes of them; and what is left for the rest. */
interface DecidedSide {
  readonly rules: readonly {
    readonly covers: (protocol: Protocol) => readonly PortInterval[];
    readonly passes: boolean;
  }[];
  readonly otherwise: boolean;
}

const EVERYTHING: DecidedSide = { rules: [], otherwise: true };

function sideOf(end: End, direction: Direction, other: End): DecidedSide {
  if (!isParty(end)) return EVERYTHING;
  const { owner } = end;
  const remote = remoteOf(other);
  return {
    rules: applicableRules(owner, direction)
      .filter(({ rule }) => matches(rule.peer, owner.subject, remote))
      .map(({ rule }) => ({
        covers: (protocol) => coveredPorts(rule, protocol),
        passes: rule.action === "allow" || onlyAudits(owner, rule),
      })),
    otherwise: passesByPosture(owner, decidePosture(owner, direction).verdict),
  };
}

function passesByPosture(owner: Owner, verdict: Verdict): boolean {
  return verdict === "allow" || onlyAudits(owner, undefined);
}

function passing(protocol: Protocol, sides: readonly DecidedSide[]): readonly ProbeRange[] {
  const covered = sides.map(({ rules, otherwise }) => ({
    rules: rules.map(({ covers, passes }) => ({ intervals: covers(protocol), passes })),
    otherwise,
  }));
  const last = protocol === "other" ? 0 : PORT_LAST;
  const intervals = covered.flatMap(({ rules }) => rules.flatMap((rule) => rule.intervals));
  const starts = boundaries(intervals).filter((start) => start <= last);
  return merged(protocol, starts, last, (port) =>
    covered.every(({ rules, otherwise }) => {
      const rule = rules.find(({ intervals }) =>
        intervals.some(({ first, last }) => first <= port && port <= last),
      );
      return rule?.passes ?? otherwise;
    }),
  );
}

/** The stretches between `starts` in which their first holds, neighbours joined; `last` is the end of all. */
function merged(
  protocol: Protocol,
  starts: readonly number[],
  last: number,
  holds: (start: number) => boolean,
): Reach {
  const ranges: ProbeRange[] = [];
  for (const [i, first] of starts.entries()) {
    if (!holds(first)) continue;
    const end = (starts[i + 1] ?? last + 1) - 1;
    const before = ranges.at(-1);
    if (before?.last === first - 1) ranges[ranges.length - 1] = { ...before, last: end };
    else ranges.push({ protocol, first, last: end });
  }
  return ranges;
}

/** Where something may change, ascending; 0 is the first. */
function boundaries(intervals: readonly PortInterval[]): readonly number[] {
  const starts = new Set([0]);
  for (const { first, last } of intervals) starts.add(first).add(last + 1);
  return [...starts].filter((start) => start <= PORT_LAST).sort((a, b) => a - b);
}

/** What is in `reach` and not in `other`. */
export function without(reach: Reach, other: Reach): Reach {
  return combine(reach, other, (one, two) => one && !two);
}

function union(reach: Reach, other: Reach): Reach {
  return combine(reach, other, (one, two) => one || two);
}

function combine(a: Reach, b: Reach, keep: (inA: boolean, inB: boolean) => boolean): Reach {
  return PROTOCOLS.flatMap((protocol) => {
    const [ofA, ofB] = [a, b].map((reach) => reach.filter((range) => range.protocol === protocol));
    const within = (ranges: Reach | undefined, port: number) =>
      ranges?.some(({ first, last }) => first <= port && port <= last) === true;
    const starts = boundaries([...(ofA ?? []), ...(ofB ?? [])]);
    return merged(protocol, starts, PORT_LAST, (port) => keep(within(ofA, port), within(ofB, port)));
  });
}

/** What changes for one ordered pair on one network; at least one of the two is not empty. */
export interface AccessChange {
  readonly network: string;
  readonly from: string;
  readonly to: string;
  readonly lost: Reach;
  readonly gained: Reach;
}

/**
 * Who loses and who gains access between two populations, exactly, over all probes: ordered pairs of
 * parties of a network by their names, and what is outside with each party of a network that has a way
 * out. Who is in one population alone has no access in the other.
 *
 * @param hostAddresses of the machine, where they are known.
 */
export function accessChanges(
  before: Population,
  after: Population,
  hostAddresses: readonly Ip[] = [],
): readonly AccessChange[] {
  const outside = outsideOf([before, after], hostAddresses);
  const names = [...new Set([...before.networks, ...after.networks].map(({ name }) => name))].sort();
  return names.flatMap((name) =>
    changesOn(name, networkNamed(before, name), networkNamed(after, name), outside),
  );
}

function networkNamed(population: Population, name: string): PopulatedNetwork {
  const found = population.networks.find((network) => network.name === name);
  return found ?? { name, hasWayOut: false, parties: [] };
}

function changesOn(
  network: string,
  before: PopulatedNetwork,
  after: PopulatedNetwork,
  outside: readonly Outside[],
): readonly AccessChange[] {
  const [earlier, later] = [endsOf(before, outside), endsOf(after, outside)];
  const keys = [...new Set([...earlier.keys(), ...later.keys()])];
  const same = new Set(keys.filter((key) => sameEnd(earlier.get(key), later.get(key))));
  const changes = new Map<string, AccessChange>();
  for (const from of keys) {
    for (const to of keys) {
      // Most of a population does not change, and what two of them say to each other cannot either.
      if (from === to || (same.has(from) && same.has(to))) continue;
      const was = reachOf(earlier.get(from), earlier.get(to));
      const is = reachOf(later.get(from), later.get(to));
      const [lost, gained] = [without(was, is), without(is, was)];
      if (lost.length + gained.length === 0) continue;
      const [a, b] = [from, to].map((key) => displayName(earlier.get(key) ?? later.get(key)));
      const known = changes.get(`${a} ${b}`);
      changes.set(`${a} ${b}`, {
        network,
        from: a ?? from,
        to: b ?? to,
        lost: union(known?.lost ?? [], lost),
        gained: union(known?.gained ?? [], gained),
      });
    }
  }
  return [...changes.values()];
}

/** By a key that tells apart what is shown under one name: both families of `world`, addresses of the host. */
function endsOf(
  { parties, hasWayOut }: PopulatedNetwork,
  outside: readonly Outside[],
): ReadonlyMap<string, End> {
  return new Map([
    ...parties.map((party): [string, End] => [party.name, party]),
    ...(hasWayOut ? outside : []).map((end): [string, End] => [`${end.host} ${end.prefix}`, end]),
  ]);
}

function displayName(end: End | undefined): string {
  return end === undefined ? "" : nameOf(end);
}

function reachOf(from: End | undefined, to: End | undefined): Reach {
  if (from === undefined || to === undefined || !(isParty(from) || isParty(to))) return [];
  return reach(from, to);
}

/** True when nothing that decides is different. */
function sameEnd(a: End | undefined, b: End | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  if (!isParty(a) || !isParty(b)) return !isParty(a) && !isParty(b);
  return a.owner === b.owner || decisiveText(a.owner) === decisiveText(b.owner);
}

function decisiveText({ subject, policy, network, defaultPosture }: Owner): string {
  const { groups, labels, ...place } = subject;
  const rules = policy.rules.map(({ tier, direction, name, rule }) => [
    tier,
    direction,
    name,
    printRule(rule, direction),
  ]);
  const said = [policy.postures, policy.mode, rules, network, defaultPosture];
  return JSON.stringify([place, [...groups].sort(), [...labels].sort(), ...said]);
}

/** Whom rules tell apart outside, as few as possible: what each prefix holds and no longer one does. */
function outsideOf(populations: readonly Population[], hostAddresses: readonly Ip[]): readonly Outside[] {
  const owners = populations.flatMap(({ networks }) =>
    networks.flatMap(({ parties }) => parties.map(({ owner }) => owner)),
  );
  const prefixes = distinguishedPrefixes(owners);
  const host = hostAddresses.length === 0 ? EVERYWHERE : hostAddresses.map(prefixOfAddress);
  return [
    ...prefixes.filter((prefix) => !isUsedUp(prefix, prefixes)).map((prefix) => ({ prefix, host: false })),
    ...host.map((prefix) => ({ prefix, host: true })),
  ];
}

const EVERYWHERE: readonly Prefix[] = [parsePrefix("0.0.0.0/0"), parsePrefix("::/0")];

/** Every prefix that a rule of these owners names, addresses included, and the two that hold all. */
export function distinguishedPrefixes(owners: readonly Owner[]): readonly Prefix[] {
  const named = owners.flatMap(({ policy }) =>
    policy.rules.flatMap(({ rule }) => mentionedPrefixes(rule.peer)),
  );
  return [...new Set([...EVERYWHERE, ...named])].sort();
}

/** True when longer ones of `prefixes` hold every address of it. */
function isUsedUp(prefix: Prefix, prefixes: readonly Prefix[]): boolean {
  const inner = prefixes.filter((other) => other !== prefix && prefixIncludes(prefix, other));
  const largest = inner.filter((one) => !inner.some((other) => other !== one && prefixIncludes(other, one)));
  return largest.reduce((sum, one) => sum + sizeOf(one), 0n) === sizeOf(prefix);
}

function sizeOf(prefix: Prefix): bigint {
  const { first, last } = prefixRange(prefix);
  return last - first + 1n;
}
