import type { Facts } from "../model/facts.ts";
import type { Ip } from "../model/ip.ts";
import type { Desired } from "../pipeline/index.ts";
import { type AccessChange, accessChanges, type Population, wayOut } from "../policy/index.ts";
import { livePopulations } from "./live-population.ts";
import { distinctAddresses, namedPrefixes } from "./outside-ends.ts";
import { type AccessDocument, PAIRS_LISTED_MAX, type PairDocument } from "./policy-documents.ts";
import { formatReach } from "./reach-text.ts";

/**
 * Ordered pairs that are compared, over all networks, small networks first. More would keep the daemon
 * from its other work for longer than those can wait: these take it half a second.
 */
export const PAIRS_COMPARED_MAX = 40_000;
/** Prefixes that rules may tell apart outside; where they name more, what is outside is not compared. */
export const PREFIXES_COMPARED_MAX = 200;
/** What stands for that among the networks that are left out. */
const OUTSIDE = "world and host";
const WORLD = "world:";

/** Who gains and who loses access when `after` takes the place of `before`, both made of the same facts. */
export function accessBetween(facts: Facts, before: Desired, after: Desired): AccessDocument {
  const populations = livePopulations(facts, before, after);
  const prefixes = namedPrefixes([populations.before, populations.after]);
  const withOutside = prefixes.length <= PREFIXES_COMPARED_MAX;
  const addresses = withOutside ? distinctAddresses(facts.hostAddresses, prefixes) : [];
  const skipped = tooMany(populations.before, withOutside ? prefixes.length + addresses.length : 0);
  const limited = (population: Population) => limit(population, new Set(skipped), withOutside);
  const changes = accessChanges(limited(populations.before), limited(populations.after), addresses)
    .filter((change) => isGoverned(change, populations.before) && isReal(change, facts))
    .flatMap(pairsOf);
  return {
    lost: changes.filter(({ change }) => change === "loses").length,
    gained: changes.filter(({ change }) => change === "gains").length,
    pairs: changes.slice(0, PAIRS_LISTED_MAX),
    skipped: withOutside ? skipped : [...skipped, OUTSIDE],
  };
}

/** Names of the networks that are left out, sorted; `outside` is how many ends each has there. */
function tooMany({ networks }: Population, outside: number): readonly string[] {
  let pairs = 0;
  return networks
    .toSorted((a, b) => a.parties.length - b.parties.length)
    .filter(({ parties, hasWayOut }) => {
      pairs += parties.length * (parties.length + (hasWayOut ? 2 * outside : 0));
      return pairs > PAIRS_COMPARED_MAX;
    })
    .map(({ name }) => name)
    .sort();
}

function limit({ networks }: Population, skipped: ReadonlySet<string>, withOutside: boolean): Population {
  return {
    networks: networks
      .filter(({ name }) => !skipped.has(name))
      .map((network) => (withOutside ? network : { ...network, hasWayOut: false })),
  };
}

/** What is outside is reached by one network of a container alone, and what the others say of it is idle. */
function isGoverned({ network, from, to }: AccessChange, population: Population): boolean {
  if (!isOutside(from) && !isOutside(to)) return true;
  return wayOut(population, isOutside(from) ? to : from)?.name === network;
}

function isOutside(name: string): boolean {
  return name === "host" || name === "world" || name.startsWith(WORLD);
}

/** An address that a rule names is not the world's when it is the machine's. */
function isReal({ from, to }: AccessChange, { hostAddresses }: Facts): boolean {
  return [from, to].every(
    (name) => !name.startsWith(WORLD) || !hostAddresses.has(name.slice(WORLD.length) as Ip),
  );
}

function pairsOf({ network, from, to, lost, gained }: AccessChange): readonly PairDocument[] {
  const pairs: PairDocument[] = [];
  if (lost.length > 0) pairs.push({ network, from, to, change: "loses", what: formatReach(lost) });
  if (gained.length > 0) pairs.push({ network, from, to, change: "gains", what: formatReach(gained) });
  return pairs;
}
