import type { EndpointFacts, Facts, NetworkFacts } from "../model/facts.ts";
import { shortId } from "../model/ids.ts";
import type { Desired, EndpointView } from "../pipeline/index.ts";
import { endpointName, serviceName } from "../pipeline/index.ts";
import type { Party, PopulatedNetwork, Population } from "../policy/index.ts";

/** Who is there, twice: under what is in force, and under something else. Parties have the same names in both. */
export interface LivePopulations {
  readonly before: Population;
  readonly after: Population;
}

/**
 * The running containers by the names that people know: a service where all of its containers on the
 * network are decided alike, else each container. What is in quarantine talks to nobody and is left out.
 */
export function livePopulations(facts: Facts, before: Desired, after: Desired): LivePopulations {
  const networks = [...facts.networks.values()].map((network) => {
    const endpoints = [...facts.endpoints.values()].filter(({ networkId }) => networkId === network.id);
    const named = nameAll(endpoints, [before, after]);
    return { network, named };
  });
  const population = (desired: Desired): Population => ({
    networks: networks.map(({ network, named }) => populated(network, partiesOf(named, desired))),
  });
  return { before: population(before), after: population(after) };
}

function populated(network: NetworkFacts, parties: readonly Party[]): PopulatedNetwork {
  return {
    name: network.name ?? shortId(network.id),
    hasWayOut: !network.internal && network.options.gateway === "docker",
    parties,
  };
}

function partiesOf(named: ReadonlyMap<string, EndpointFacts>, desired: Desired): readonly Party[] {
  return [...named].flatMap(([name, { id }]) => {
    const owner = desired.endpoints.get(id)?.owner;
    return owner === undefined ? [] : [{ name, owner }];
  });
}

/** One endpoint for each name: all that share it would say the same. */
function nameAll(
  endpoints: readonly EndpointFacts[],
  compilations: readonly Desired[],
): ReadonlyMap<string, EndpointFacts> {
  const services = new Map<string, EndpointFacts[]>();
  for (const endpoint of endpoints) {
    const subject = compilations[0]?.endpoints.get(endpoint.id)?.owner?.subject;
    const name = (subject && serviceName(subject)) ?? endpointName(endpoint);
    const known = services.get(name);
    if (known === undefined) services.set(name, [endpoint]);
    else known.push(endpoint);
  }
  const named = new Map<string, EndpointFacts>();
  for (const [name, members] of services) {
    const alike = compilations.every(
      ({ endpoints }) => new Set(members.map(({ id }) => decisive(endpoints.get(id)))).size === 1,
    );
    for (const member of members) named.set(alike ? name : endpointName(member), member);
  }
  return named;
}

/** Equal for endpoints that no connection tells apart. */
function decisive(view: EndpointView | undefined): string {
  if (view?.owner === undefined) return "quarantine";
  return `${view.identity} ${view.policy} ${view.mode}`;
}
