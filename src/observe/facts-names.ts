import type { Facts } from "../model/facts.ts";
import { shortId } from "../model/ids.ts";
import type { Desired } from "../pipeline/index.ts";
import type { EventNames } from "./packet-document.ts";

/** Names as they are now. Made anew for each batch of events: an index into the facts, good for a moment. */
export function factsNames(facts: Facts, desired: Desired): EventNames {
  const endpoints = new Map(
    [...facts.endpoints.values()].map(({ index, id, container }) => [
      index,
      { id, container: container?.name },
    ]),
  );
  const networks = new Map(
    [...facts.networks.values()].map(({ index, id, name }) => [index, name ?? shortId(id)]),
  );
  const policies = new Map([...desired.endpoints.values()].map(({ policy, rules }) => [policy, rules]));
  return {
    endpoint: (index) => endpoints.get(index),
    network: (index) => networks.get(index),
    rule: (policy, rule) => policies.get(policy)?.get(rule)?.name,
  };
}
