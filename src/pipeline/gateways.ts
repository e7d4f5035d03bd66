import type { EndpointFacts, Facts, NetworkFacts } from "../model/facts.ts";

/**
 * Who governs each way out: of the endpoints of a container, those on networks whose gateway is
 * Docker's and that are not internal, the one whose network's name (else id) comes first in
 * code-unit order. A way out that nobody governs has no entry.
 *
 * @returns endpoints by the port of their way out.
 */
export function governingEndpoints(facts: Facts): ReadonlyMap<number, EndpointFacts> {
  const governing = new Map<number, Candidate>();
  for (const [id, port] of facts.gateways) {
    const endpoint = facts.endpoints.get(id);
    const network = endpoint && facts.networks.get(endpoint.networkId);
    if (endpoint === undefined || network === undefined || !hasWayOut(network)) continue;
    const name = network.name ?? network.id;
    const rival = governing.get(port);
    const candidate = { endpoint, name };
    if (rival === undefined || comesBefore(candidate, rival)) governing.set(port, candidate);
  }
  return new Map([...governing].map(([port, { endpoint }]) => [port, endpoint]));
}

interface Candidate {
  readonly endpoint: EndpointFacts;
  /** Of its network. */
  readonly name: string;
}

/** Whether Docker connects containers on this network to what is outside. */
export function hasWayOut({ options, internal }: NetworkFacts): boolean {
  return options.gateway === "docker" && !internal;
}

/** Two networks may have one name: then ids decide, so that the order of facts does not. */
function comesBefore(a: Candidate, b: Candidate): boolean {
  if (a.name !== b.name) return a.name < b.name;
  if (a.endpoint.networkId !== b.endpoint.networkId) return a.endpoint.networkId < b.endpoint.networkId;
  return a.endpoint.id < b.endpoint.id;
}
