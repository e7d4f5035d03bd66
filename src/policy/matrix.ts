import type { Verdict } from "../model/posture.ts";
import { prefixFamily } from "../model/prefix.ts";
import type { Probe } from "./decide.ts";
import { type End, isParty, type JudgedSide, judge, nameOf } from "./explain.ts";
import type { Outside } from "./outside.ts";
import type { PopulatedNetwork, Population } from "./population.ts";
import type { NamedProbe } from "./probe.ts";

/** What `hyperion policy matrix --format json` prints. */
export interface MatrixDocument {
  readonly version: 1;
  readonly verdicts: readonly MatrixVerdict[];
}

export interface MatrixVerdict {
  /** As Docker shows it. */
  readonly network: string;
  /** `project/service`, or `world:<address>`. */
  readonly from: string;
  readonly to: string;
  readonly probe: string;
  readonly verdict: Verdict;
  /** Present where it passes only because a denial audits. */
  readonly audit?: true;
  readonly egress: SideDocument;
  readonly ingress: SideDocument;
}

export interface SideDocument {
  readonly verdict: Verdict;
  /** `rule:<name>`, `admin:<name>`, `baseline:<name>` or `posture`. */
  readonly by: string;
  /** Present where the side denies and the denial only audits. */
  readonly audit?: true;
}

/**
 * Every verdict there is: per network, per ordered pair of different parties on it, per probe. What is
 * outside meets the parties of every network that has a way out, in both directions.
 *
 * The order depends on names alone: networks, then from, then to, then the probes as they are given;
 * what is outside comes after the parties, as it is given.
 */
export function matrix(
  population: Population,
  probes: readonly NamedProbe[],
  outside: readonly Outside[],
): MatrixDocument {
  const networks = population.networks.toSorted(byName);
  return {
    version: 1,
    verdicts: networks.flatMap((network) =>
      pairsOn(network, outside).flatMap(([from, to]) =>
        probes.map((probe) => verdictOf(network.name, from, to, probe)),
      ),
    ),
  };
}

/** Who can meet on a network, in both directions. Outside and outside do not meet on one of ours. */
function pairsOn(
  { parties, hasWayOut }: PopulatedNetwork,
  outside: readonly Outside[],
): readonly (readonly [End, End])[] {
  const ends: readonly End[] = [...parties.toSorted(byName), ...(hasWayOut ? outside : [])];
  return ends.flatMap((from) =>
    ends
      .filter((to) => to !== from && (isParty(from) || isParty(to)))
      .map((to): readonly [End, End] => [from, to]),
  );
}

function verdictOf(network: string, from: End, to: End, named: NamedProbe): MatrixVerdict {
  const { verdict, audit, egress, ingress } = judge(from, to, probeBetween(named, from, to));
  return {
    network,
    from: nameOf(from),
    to: nameOf(to),
    probe: named.text,
    verdict,
    ...(audit && { audit }),
    egress: sideDocument(egress),
    ingress: sideDocument(ingress),
  };
}

/** One side as every document has it. */
export function sideDocument({ verdict, by, audit }: JudgedSide): SideDocument {
  return { verdict, by, ...(audit && { audit }) };
}

/** A probe that has no address family of its own takes that of what is outside; containers have IPv4. */
export function probeBetween(probe: NamedProbe, from: End, to: End): Probe {
  const outside = isParty(from) ? to : from;
  return probe.in(isParty(outside) ? 4 : prefixFamily(outside.prefix));
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : Number(a.name > b.name);
}
