import { nearest } from "../base/nearest.ts";
import { HyperionError } from "../model/errors.ts";
import type { EndpointFacts, Facts, NetworkFacts } from "../model/facts.ts";
import { shortId } from "../model/ids.ts";
import { type Desired, endpointName, placeOf, serviceName } from "../pipeline/index.ts";

/** Shortest beginning of an ID that is taken for one. */
const ID_LENGTH_MIN = 4;

/**
 * The endpoints that a person means: all those of one container by its name, of the containers of a
 * service by `web`, `shop/web` or `shop_web`, of one by an address, or of one by the beginning of the
 * container's or endpoint's ID; the first of these that anything has. Throws E190 when nothing has, E191 when
 * it may be several.
 */
export function endpointsCalled(text: string, facts: Facts, desired: Desired): readonly EndpointFacts[] {
  const endpoints = [...facts.endpoints.values()];
  const places = endpoints.map((endpoint) => {
    const subject = placeOf(endpoint, desired.endpoints.get(endpoint.id));
    return { endpoint, subject, service: serviceName(subject) };
  });
  const named = endpoints.filter(({ container }) => container?.name === text);
  if (named.length > 0) return named;
  const wholly = places.filter(({ service, subject }) => service === text || subject.swarmService === text);
  if (wholly.length > 0) return wholly.map(({ endpoint }) => endpoint);
  const shortly = places.filter(({ subject }) => subject.service === text);
  if (shortly.length > 0)
    return oneOf(text, shortly, ({ service }) => service ?? "").map(({ endpoint }) => endpoint);
  const addressed = endpoints.filter(({ ipv4, ipv6 }) => ipv4?.ip === text || ipv6?.ip === text);
  if (addressed.length > 0) return addressed;
  const known = text.length < ID_LENGTH_MIN ? [] : endpoints.filter((endpoint) => hasId(endpoint, text));
  if (known.length > 0) return oneOf(text, known, endpointName);
  const names = [...endpoints.map(endpointName), ...places.flatMap(({ service }) => service ?? [])];
  const meant = nearest(text, names);
  const guess = meant === undefined ? "see: hyperion endpoints" : `did you mean ${meant}?`;
  const hint = `${guess} (only what runs is known)`;
  throw new HyperionError("E190", { name: JSON.stringify(text), hint });
}

function hasId({ id, container }: EndpointFacts, beginning: string): boolean {
  return id.startsWith(beginning) || container?.id.startsWith(beginning) === true;
}

/** All of them, if they are of one; throws E191 otherwise. */
function oneOf<T>(text: string, found: readonly T[], nameOf: (one: T) => string): readonly T[] {
  const names = [...new Set(found.map(nameOf))].sort();
  if (names.length === 1) return found;
  throw new HyperionError("E191", { name: JSON.stringify(text), names: names.slice(0, 5).join(", ") });
}

/** A network by the name that Docker shows, or by the beginning of its ID. Throws E190, E191. */
export function networkCalled(text: string, { networks }: Facts): NetworkFacts {
  const all = [...networks.values()];
  const named = all.filter(({ name }) => name === text);
  const found =
    named.length > 0 || text.length < ID_LENGTH_MIN ? named : all.filter(({ id }) => id.startsWith(text));
  if (found.length === 0) {
    throw new HyperionError("E190", { name: JSON.stringify(text), hint: "see: hyperion networks" });
  }
  return oneOf(text, found, ({ id }) => shortId(id))[0] as NetworkFacts;
}
