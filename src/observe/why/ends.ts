import { HyperionError, isHyperionError } from "../../model/errors.ts";
import type { EndpointFacts, Facts } from "../../model/facts.ts";
import { familyOf, type Ip, parseIp } from "../../model/ip.ts";
import type { Desired } from "../../pipeline/index.ts";
import { endpointsCalled } from "../endpoint-search.ts";

/** Whom a person asks about: endpoints of containers, or one address outside. */
export type AskedEnd =
  | { readonly endpoints: readonly EndpointFacts[]; readonly outside?: undefined }
  | { readonly endpoints?: undefined; readonly outside: Ip };

const WORLD = "world:";

/**
 * Who is meant: `host`, `world:ADDRESS`, an address, or what {@link endpointsCalled} finds. An address is
 * outside when no endpoint has it. Throws E190 to E192, E205.
 */
export function askedEnd(text: string, facts: Facts, desired: Desired): AskedEnd {
  if (text === "host") return { outside: hostAddress(facts) };
  if (text === "world") {
    throw new HyperionError("E192", {
      text: "the world is large; name one address of it, as in world:203.0.113.7",
    });
  }
  if (text.startsWith(WORLD)) {
    const outside = parseIp(text.slice(WORLD.length));
    const holder = holdersOf(outside, facts)[0];
    if (holder === undefined) return { outside };
    throw new HyperionError("E192", {
      text: `${outside} is not outside: ${holder.container?.name ?? "an endpoint"} has it`,
    });
  }
  const address = addressIn(text);
  if (address === undefined) return { endpoints: endpointsCalled(text, facts, desired) };
  const endpoints = holdersOf(address, facts);
  return endpoints.length > 0 ? { endpoints } : { outside: address };
}

function addressIn(text: string): Ip | undefined {
  try {
    return parseIp(text);
  } catch (error) {
    if (isHyperionError(error, "E205")) return undefined;
    throw error;
  }
}

function holdersOf(address: Ip, { endpoints }: Facts): readonly EndpointFacts[] {
  return [...endpoints.values()].filter(({ ipv4, ipv6 }) => ipv4?.ip === address || ipv6?.ip === address);
}

/** One for all of them: no rule tells them apart unless it names one, and then one can ask about that. */
function hostAddress({ hostAddresses }: Facts): Ip {
  const addresses = [...hostAddresses].sort();
  const address =
    addresses.find((ip) => familyOf(ip) === 4 && !isLoopback(ip)) ?? addresses.find((ip) => !isLoopback(ip));
  if (address !== undefined) return address;
  throw new HyperionError("E192", { text: "no address of this machine is known yet" });
}

function isLoopback(ip: Ip): boolean {
  return ip === "::1" || ip.startsWith("127.");
}
