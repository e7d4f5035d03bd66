import type { Ip } from "../model/ip.ts";
import { familyOf } from "../model/ip.ts";
import { type Prefix, prefixContains } from "../model/prefix.ts";
import { mentionedPrefixes, type Population } from "../policy/index.ts";

/** Every prefix that rules of these populations name. */
export function namedPrefixes(populations: readonly Population[]): readonly Prefix[] {
  const rules = new Set(
    populations.flatMap(({ networks }) =>
      networks.flatMap(({ parties }) => parties.flatMap(({ owner }) => owner.policy.rules)),
    ),
  );
  return [...new Set([...rules].flatMap(({ rule }) => mentionedPrefixes(rule.peer)))];
}

/** Of addresses that no rule tells apart, one: a machine can have hundreds. */
export function distinctAddresses(addresses: Iterable<Ip>, prefixes: readonly Prefix[]): readonly Ip[] {
  const distinct = new Map<string, Ip>();
  for (const ip of [...addresses].sort()) {
    const key = [familyOf(ip), ...prefixes.filter((prefix) => prefixContains(prefix, ip))].join(" ");
    if (!distinct.has(key)) distinct.set(key, ip);
  }
  return [...distinct.values()];
}
