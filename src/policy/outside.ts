import { bitsOf, familyOf, type Ip } from "../model/ip.ts";
import { type Prefix, prefixIncludes, prefixOf } from "../model/prefix.ts";
import type { OutsideAtom } from "./ast.ts";

/**
 * A remote that is no container of Hyperion, by where it is: an address, or all the addresses of a
 * prefix that no rule in question tells apart.
 */
export interface Outside {
  readonly prefix: Prefix;
  /** True for the addresses of the machine that the rule's owner runs on. */
  readonly host: boolean;
}

/** One address outside, as the machine with these addresses sees it. */
export function outsideAt(address: Ip, hostAddresses: ReadonlySet<Ip>): Outside {
  return { prefix: prefixOfAddress(address), host: hostAddresses.has(address) };
}

/** The prefix that one address makes. */
export function prefixOfAddress(address: Ip): Prefix {
  return prefixOf(address, bitsOf(familyOf(address)));
}

/** True when an atom holds of all addresses that `outside` stands for. */
export function isWhere(atom: OutsideAtom, outside: Outside): boolean {
  switch (atom.kind) {
    case "world":
      return !outside.host;
    case "host":
      return outside.host;
    case "prefix":
      return prefixIncludes(atom.prefix, outside.prefix);
    case "address":
      return atom.address === addressOf(outside.prefix);
  }
}

/** The one address of a prefix that has no more. */
function addressOf(prefix: Prefix): Ip | undefined {
  const [base, bits] = prefix.split("/") as [Ip, string];
  return Number(bits) === bitsOf(familyOf(base)) ? base : undefined;
}
