import type { EndpointFacts } from "../model/facts.ts";
import { shortId } from "../model/ids.ts";
import type { Subject } from "../policy/index.ts";

/** `shop/web`; undefined outside compose and Swarm. */
export function serviceName({ project, service }: Subject): string | undefined {
  return project === undefined || service === undefined ? service : `${project}/${service}`;
}

/** What people call an endpoint: its container's name, where that is known. */
export function endpointName({ container, id }: EndpointFacts): string {
  return container?.name ?? shortId(id);
}
