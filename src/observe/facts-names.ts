import type { EndpointFacts, Facts } from "../model/facts.ts";
import { shortId } from "../model/ids.ts";
import type { Desired } from "../pipeline/index.ts";
import { formatPosture, type SeenContainer, type Subject } from "../policy/index.ts";
import type { EventNames } from "./packet-document.ts";
import type { FlowNames } from "./seen-flow.ts";

/** Names as they are now. Made anew for each batch of events: an index into the facts, good for a moment. */
export function factsNames(facts: Facts, desired: Desired): EventNames & FlowNames {
  const endpoints = new Map([...facts.endpoints.values()].map((endpoint) => [endpoint.index, endpoint]));
  const networks = new Map(
    [...facts.networks.values()].map(({ index, id, name }) => [index, name ?? shortId(id)]),
  );
  const policies = new Map([...desired.endpoints.values()].map(({ policy, rules }) => [policy, rules]));
  const viewOf = (index: number) => {
    const endpoint = endpoints.get(index);
    return endpoint && desired.endpoints.get(endpoint.id);
  };
  return {
    endpoint: (index) => {
      const endpoint = endpoints.get(index);
      return endpoint && { id: endpoint.id, container: endpoint.container?.name };
    },
    network: (index) => networks.get(index),
    rule: (policy, rule) => policies.get(policy)?.get(rule),
    posture: (index, direction) => {
      const posture = viewOf(index)?.posture?.[direction];
      return posture && formatPosture(posture);
    },
    seen: (index) => {
      const endpoint = endpoints.get(index);
      const subject = viewOf(index)?.owner?.subject;
      return endpoint && subject && seenContainer(endpoint, subject);
    },
    isHost: (address) => facts.hostAddresses.has(address),
  };
}

function seenContainer({ container }: EndpointFacts, { project, service, groups }: Subject): SeenContainer {
  return {
    container: container?.name ?? null,
    project: project ?? null,
    service: service ?? null,
    groups: [...groups].sort(),
  };
}
