import type { Facts } from "../model/facts.ts";
import type { Desired } from "../pipeline/index.ts";
import { type AccessChange, accessChanges, type Population, wayOut } from "../policy/index.ts";
import { type LivePopulations, livePopulations } from "./live-population.ts";
import { type AccessDocument, PAIRS_LISTED_MAX, type PairDocument } from "./policy-documents.ts";
import { formatReach } from "./reach-text.ts";

/**
 * Ordered pairs that are compared, over all networks, small networks first. More would keep the daemon
 * from its other work for longer than those can wait: these take it half a second.
 */
export const PAIRS_COMPARED_MAX = 40_000;

/** Who gains and who loses access when `after` takes the place of `before`, both made of the same facts. */
export function accessBetween(facts: Facts, before: Desired, after: Desired): AccessDocument {
  const populations = livePopulations(facts, before, after);
  const skipped = tooMany(populations.before);
  const compared = without(populations, new Set(skipped));
  const changes = accessChanges(compared.before, compared.after, [...facts.hostAddresses])
    .filter((change) => isGoverned(change, populations.before))
    .flatMap(pairsOf);
  return {
    lost: changes.filter(({ change }) => change === "loses").length,
    gained: changes.filter(({ change }) => change === "gains").length,
    pairs: changes.slice(0, PAIRS_LISTED_MAX),
    skipped,
  };
}

/** Names of the networks that are left out, sorted. */
function tooMany({ networks }: Population): readonly string[] {
  let pairs = 0;
  return networks
    .toSorted((a, b) => a.parties.length - b.parties.length)
    .filter(({ parties }) => {
      pairs += parties.length ** 2;
      return pairs > PAIRS_COMPARED_MAX;
    })
    .map(({ name }) => name)
    .sort();
}

function without({ before, after }: LivePopulations, skipped: ReadonlySet<string>): LivePopulations {
  const keep = ({ networks }: Population) => ({
    networks: networks.filter(({ name }) => !skipped.has(name)),
  });
  return { before: keep(before), after: keep(after) };
}

/** What is outside is reached by one network of a container alone, and what the others say of it is idle. */
function isGoverned({ network, from, to }: AccessChange, population: Population): boolean {
  if (!isOutside(from) && !isOutside(to)) return true;
  return wayOut(population, isOutside(from) ? to : from)?.name === network;
}

function isOutside(name: string): boolean {
  return name === "host" || name === "world" || name.startsWith("world:");
}

function pairsOf({ network, from, to, lost, gained }: AccessChange): readonly PairDocument[] {
  const pairs: PairDocument[] = [];
  if (lost.length > 0) pairs.push({ network, from, to, change: "loses", what: formatReach(lost) });
  if (gained.length > 0) pairs.push({ network, from, to, change: "gains", what: formatReach(gained) });
  return pairs;
}
