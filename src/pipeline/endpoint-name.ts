import type { EndpointFacts } from "../model/facts.ts";
import { shortId } from "../model/ids.ts";
import { type Subject, subjectOf } from "../policy/index.ts";
import type { EndpointView } from "./desired.ts";

/** `shop/web`; undefined outside compose and Swarm. */
export function serviceName({ project, service }: Subject): string | undefined {
  return project === undefined || service === undefined ? service : `${project}/${service}`;
}

/** What people call an endpoint: its container's name, where that is known. */
export function endpointName({ container, id }: EndpointFacts): string {
  return container?.name ?? shortId(id);
}

/**
 * The place that people know a container by. In quarantine it is what the labels say, whoever wrote
 * them: good to find it by, and for nothing else.
 */
export function placeOf(endpoint: EndpointFacts, view: EndpointView | undefined): Subject {
  const { container } = endpoint;
  const nothing = { groups: [], identity: new Map<string, string>() };
  return view?.owner?.subject ?? subjectOf(container?.name, container?.labels ?? {}, nothing, []);
}
