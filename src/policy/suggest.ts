import { parseIp } from "../model/ip.ts";
import type { Direction } from "../model/posture.ts";
import { parsePrefix } from "../model/prefix.ts";
import type { Protocol } from "../model/rows.ts";
import type { Alternative, PortRange, ProtocolMatch } from "./ast.ts";
import type { Probe } from "./decide.ts";
import {
  type Nameable,
  NOWHERE,
  nameContainer,
  nameOutside,
  newRule,
  ruleNameFor,
  shortNameOf,
} from "./naming.ts";
import { prefixOfAddress } from "./outside.ts";
import { printAlternative, printRule } from "./print.ts";
import { hasName, protocolsOf } from "./probe.ts";
import { PROTOCOLS } from "./protocol-space.ts";

/**
 * Connections of one kind that an endpoint opened or was asked for: what `hyperion flows --json` lists,
 * one object each. Replies are no flows of their own.
 */
export interface SeenFlow {
  /** Whose side decided it: the sender of an egress flow, the receiver of an ingress flow. */
  readonly owner: SeenContainer;
  readonly direction: Direction;
  readonly peer: SeenContainer | SeenAddress;
  readonly protocol: Protocol;
  /** The destination port, or ICMP type << 8 | code, or 0 for `other`. */
  readonly port: number;
  /** How many were seen. */
  readonly packets: number;
}

/** A container as selectors see it. Null: it has none. */
export interface SeenContainer {
  readonly container: string | null;
  readonly project: string | null;
  readonly service: string | null;
  /** `hyperion.group`; empty: none. */
  readonly groups: readonly string[];
}

/** A remote that is no container of Hyperion. */
export interface SeenAddress {
  readonly address: string;
  /** True for an address of the machine that the owner runs on. */
  readonly host: boolean;
}

/** Labels to paste, for one service or for a container without one. */
export interface Suggestion {
  /** `shop/db`, or the container's name. */
  readonly on: string;
  readonly labels: Readonly<Record<string, string>>;
  /** What the labels cannot say, or say wider than was seen; one sentence each. */
  readonly notes: readonly string[];
}

/** More addresses than these with one service are no list that anybody keeps: it is open to the world. */
const ADDRESSES_MAX = 4;

/**
 * The fewest rules that allow what was seen and, as far as rules can say it, nothing else: by service,
 * else by group, else by name; outside by address, or as a whole where there are many. Both directions
 * are closed for the rest. The order of the flows does not matter.
 */
export function suggest(flows: readonly SeenFlow[]): readonly Suggestion[] {
  const owners = new Map<string, SeenFlow[]>();
  for (const flow of flows) {
    const name = ownerName(flow.owner);
    if (name === undefined) continue;
    const known = owners.get(name);
    if (known === undefined) owners.set(name, [flow]);
    else known.push(flow);
  }
  return [...owners]
    .sort(([a], [b]) => (a < b ? -1 : Number(a > b)))
    .map(([on, seen]) => suggestFor(on, seen));
}

/** Replicas are one service. Undefined: a container that was gone before anybody asked whose it was. */
function ownerName({ project, service, container }: SeenContainer): string | undefined {
  return project !== null && service !== null ? `${project}/${service}` : (container ?? undefined);
}

function suggestFor(on: string, flows: readonly SeenFlow[]): Suggestion {
  const notes = new Set<string>();
  const rules = (["ingress", "egress"] as const).flatMap((direction) => {
    const accesses = accessesOf(
      flows.filter((flow) => flow.direction === direction),
      notes,
    );
    const taken = new Set<string>();
    return fewestRectangles(accesses).map(({ peers, probes }) => {
      const name = nameRule(peers, probes, taken);
      taken.add(name);
      return [`hyperion.${direction}.${name}`, ruleText(direction, peers, probes)] as const;
    });
  });
  return {
    on,
    labels: Object.fromEntries([["hyperion.policy", "default-deny"], ...rules]),
    notes: [...notes].sort(),
  };
}

/** One peer and what it was seen to use, in terms of rules. */
interface Access {
  readonly peer: Alternative;
  readonly probe: Probe;
}

function accessesOf(flows: readonly SeenFlow[], notes: Set<string>): readonly Access[] {
  const addresses = new Map<string, Set<string>>();
  for (const { peer, protocol, port } of flows) {
    if (!("address" in peer) || peer.host) continue;
    const key = probeKey({ protocol, port });
    addresses.set(key, (addresses.get(key) ?? new Set()).add(peer.address));
  }
  return flows.flatMap(({ owner, peer, protocol, port, direction }): Access[] => {
    const probe = { protocol, port };
    if (!hasName(probe)) {
      notes.add(`${direction}: something was seen that rules have no name for; its rule allows any protocol`);
    }
    if ("address" in peer) {
      const count = addresses.get(probeKey(probe))?.size ?? 0;
      const isCrowd = !peer.host && count > ADDRESSES_MAX;
      if (isCrowd)
        notes.add(
          `${direction}: ${count} addresses were seen of one protocol and port; the rule for it means all of the world`,
        );
      const prefix = isCrowd ? EVERYWHERE : prefixOfAddress(parseIp(peer.address));
      return [{ peer: nameOutside({ prefix, host: peer.host }), probe }];
    }
    const named = nameContainer(nameable(owner), nameable(peer));
    if (named !== undefined) return [{ peer: named, probe }];
    notes.add(`${direction}: a container was seen that has no name any more; no rule allows it`);
    return [];
  });
}

const EVERYWHERE = parsePrefix("0.0.0.0/0");

function nameable({ project, service, container, groups }: SeenContainer): Nameable {
  return {
    project: project ?? undefined,
    service: service ?? undefined,
    containerName: container ?? undefined,
    groups: new Set(groups),
  };
}

/** Peers of which each uses all of the probes: what one rule can say. */
interface Rectangle {
  readonly peers: readonly Alternative[];
  readonly probes: readonly Probe[];
}

/**
 * Few rules that allow exactly the accesses. The fewest is a hard problem (a biclique cover): this takes
 * what covers most of the rest each time, of all that one rule can say, of peers alone, and of probes alone.
 */
function fewestRectangles(accesses: readonly Access[]): readonly Rectangle[] {
  const peers = new Map(accesses.map(({ peer }) => [printAlternative(peer), peer]));
  const probes = new Map(accesses.map(({ probe }) => [probeKey(probe), probe]));
  const probesOf = new Map<string, Set<string>>();
  const peersOf = new Map<string, Set<string>>();
  for (const { peer, probe } of accesses) {
    const [peerText, probeText] = [printAlternative(peer), probeKey(probe)];
    probesOf.set(peerText, (probesOf.get(peerText) ?? new Set()).add(probeText));
    peersOf.set(probeText, (peersOf.get(probeText) ?? new Set()).add(peerText));
  }
  const byPeer = distinct(probesOf).map((set) => ({
    peers: havingAll(probesOf, set),
    probes: [...set].sort(),
  }));
  const byProbe = distinct(peersOf).map((set) => ({
    peers: [...set].sort(),
    probes: havingAll(peersOf, set),
  }));
  // What covered most at first may be covered by the later ones, too. By peers alone or by probes alone there
  // are never more rules than there are of these.
  const covers = [[...byPeer, ...byProbe], byPeer, byProbe].map((candidates) =>
    coverBy(candidates, probesOf),
  );
  const fewest = covers.reduce((best, cover) => (cover.length < best.length ? cover : best));
  return fewest.map((one) => ({
    peers: one.peers.flatMap((text) => peers.get(text) ?? []),
    probes: one.probes.flatMap((text) => probes.get(text) ?? []),
  }));
}

/** A rectangle by the texts of its peers and probes. */
interface Candidate {
  readonly peers: readonly string[];
  readonly probes: readonly string[];
}

/** Candidates that together hold all accesses: each time the one that holds most of the rest. */
function coverBy(
  candidates: readonly Candidate[],
  probesOf: ReadonlyMap<string, ReadonlySet<string>>,
): readonly Candidate[] {
  const left = new Map([...probesOf].map(([peer, set]) => [peer, new Set(set)]));
  const gain = (one: Candidate) =>
    one.peers.reduce((sum, peer) => sum + one.probes.filter((probe) => left.get(peer)?.has(probe)).length, 0);
  const ranked = candidates.map((candidate) => ({ candidate, size: gain(candidate) })).sort(largestFirst);
  const chosen: Candidate[] = [];
  for (let best = ranked.shift(); best !== undefined; best = ranked.shift()) {
    // What a candidate adds only shrinks: the one that is still largest when counted anew is the largest.
    const size = gain(best.candidate);
    if (size === 0) continue;
    if (size < (ranked[0]?.size ?? 0)) {
      const later = ranked.findIndex((other) => other.size < size);
      ranked.splice(later < 0 ? ranked.length : later, 0, { ...best, size });
      continue;
    }
    for (const peer of best.candidate.peers) {
      for (const probe of best.candidate.probes) left.get(peer)?.delete(probe);
    }
    chosen.push(best.candidate);
  }
  return chosen;
}

function largestFirst(a: { readonly size: number }, b: { readonly size: number }): number {
  return b.size - a.size;
}

/** The different sets among the values, in an order that depends on them alone. */
function distinct(sets: ReadonlyMap<string, ReadonlySet<string>>): readonly ReadonlySet<string>[] {
  const byText = new Map([...sets.values()].map((set) => [[...set].sort().join(" "), set]));
  return [...byText].sort(([a], [b]) => (a < b ? -1 : Number(a > b))).map(([, set]) => set);
}

/** The keys whose sets contain all of `wanted`. */
function havingAll(
  sets: ReadonlyMap<string, ReadonlySet<string>>,
  wanted: ReadonlySet<string>,
): readonly string[] {
  return [...sets].flatMap(([key, set]) => ([...wanted].every((one) => set.has(one)) ? [key] : [])).sort();
}

function probeKey({ protocol, port }: Probe): string {
  return `${protocol}/${port}`;
}

function ruleText(direction: Direction, peers: readonly Alternative[], probes: readonly Probe[]): string {
  const protocols = probes.some((probe) => !hasName(probe)) ? [] : mergeProbes(probes);
  return printRule(newRule("allow", protocols, peers), direction);
}

/** The probes as few protocol terms: neighbouring ports as ranges, ICMP by type. */
function mergeProbes(probes: readonly Probe[]): readonly ProtocolMatch[] {
  return PROTOCOLS.flatMap((protocol): readonly ProtocolMatch[] => {
    const ofThis = probes.filter((probe) => probe.protocol === protocol).sort((a, b) => a.port - b.port);
    if (protocol !== "tcp" && protocol !== "udp" && protocol !== "sctp") return ofThis.flatMap(protocolsOf);
    const ports: PortRange[] = [];
    for (const { port } of ofThis) {
      const last = ports.at(-1);
      if (last?.last === port - 1) ports[ports.length - 1] = { ...last, last: port };
      else ports.push({ first: port, last: port, span: NOWHERE });
    }
    return ports.length === 0 ? [] : [{ protocol, ports, span: NOWHERE }];
  });
}

/** `api` for one peer, `tcp-5432` for one port of several, else both protocols' names. */
function nameRule(
  peers: readonly Alternative[],
  probes: readonly Probe[],
  taken: ReadonlySet<string>,
): string {
  const [peer] = peers;
  if (peer !== undefined && peers.length === 1) return ruleNameFor(shortNameOf(peer), taken);
  const [probe] = probes;
  if (probe !== undefined && probes.length === 1) return ruleNameFor(probeKey(probe), taken);
  return ruleNameFor([...new Set(probes.map(({ protocol }) => protocol))].join("-"), taken);
}
