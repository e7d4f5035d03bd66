import type { EndpointFacts, Facts } from "../model/facts.ts";
import {
  type Desired,
  endpointName,
  governingEndpoints,
  placeOf,
  quarantineTexts,
  serviceName,
} from "../pipeline/index.ts";
import type { EndpointCounter } from "../platform/dataplane/dataplane.ts";
import { formatWarning } from "../policy/index.ts";
import type { EndpointDocument } from "./admin-view.ts";

/** Every endpoint with its container, its policy and what it has sent and received. */
export function endpointDocuments(
  facts: Facts,
  desired: Desired,
  counters: readonly EndpointCounter[],
): readonly EndpointDocument[] {
  const byIndex = new Map(counters.map((counter) => [counter.endpoint, counter]));
  const governing = new Set([...governingEndpoints(facts).values()].map(({ id }) => id));
  return [...facts.endpoints.values()].map((endpoint) => {
    const view = desired.endpoints.get(endpoint.id);
    const { container } = endpoint;
    const counter = byIndex.get(endpoint.index);
    const who = endpointName(endpoint);
    return {
      id: endpoint.id,
      networkId: endpoint.networkId,
      networkName: facts.networks.get(endpoint.networkId)?.name ?? null,
      container: container === undefined ? null : { id: container.id, name: container.name },
      service: serviceName(placeOf(endpoint, view)) ?? null,
      mode: view?.mode ?? "quarantine",
      problems: view === undefined ? [] : quarantineTexts(view, who),
      warnings: view?.warnings.map((warning) => formatWarning(warning, who)) ?? [],
      offload: view?.owner?.policy.offload ?? null,
      wayOut: wayOutOf(endpoint, facts, governing),
      mac: endpoint.mac,
      ipv4: endpoint.ipv4?.ip ?? null,
      ipv6: endpoint.ipv6?.ip ?? null,
      vf: endpoint.vf,
      representor: endpoint.representor,
      identity: view?.identity ?? null,
      sentPackets: counter?.sentPackets ?? 0,
      sentBytes: counter?.sentBytes ?? 0,
      receivedPackets: counter?.receivedPackets ?? 0,
      receivedBytes: counter?.receivedBytes ?? 0,
    };
  });
}

function wayOutOf(
  { id }: EndpointFacts,
  facts: Facts,
  governing: ReadonlySet<string>,
): EndpointDocument["wayOut"] {
  const port = facts.gateways.get(id);
  return port === undefined ? null : { port, governs: governing.has(id) };
}
