import IpCidr from "ip-cidr";
import type { Brand } from "./brand.ts";
import { HyperionError } from "./errors.ts";
import { bitsOf, familyOf, type Ip, type IpFamily, ipToBigInt, parseIp, undotted } from "./ip.ts";

/** A CIDR prefix with its host bits zero: `10.1.0.0/16`, `fd00:1::/64`. */
export type Prefix = Brand<"Prefix">;

/** Bits of `::ffff:0:0/96`, in which IPv6 writes IPv4 addresses (RFC 4291 §2.5.5.2). */
const MAPPED_BITS = 96;

/** Reads CIDR notation; host bits are cleared, and a prefix of IPv4-mapped addresses becomes IPv4. Throws E205. */
export function parsePrefix(text: string): Prefix {
  const cidr = undotted(text);
  // IpCidr alone takes texts like `::/0::1.2.3.4`.
  if (!/^[^/]+\/\d{1,3}$/.test(text) || !IpCidr.isValidCIDR(cidr)) {
    throw new HyperionError("E205", { text: JSON.stringify(text), expected: "a subnet, like 10.1.0.0/16" });
  }
  const bits = Number(text.slice(text.indexOf("/") + 1));
  const base = parseIp(new IpCidr(cidr).start<string>());
  const mapped = text.includes(":") && familyOf(base) === 4;
  return `${base}/${mapped ? bits - MAPPED_BITS : bits}` as Prefix;
}

export function prefixOf(ip: Ip, bits: number): Prefix {
  return parsePrefix(`${ip}/${bits}`);
}

/** The first address of the prefix: the network address. */
export function prefixBase(prefix: Prefix): Ip {
  return prefix.slice(0, prefix.indexOf("/")) as Ip;
}

export function prefixBits(prefix: Prefix): number {
  return Number(prefix.slice(prefix.indexOf("/") + 1));
}

export function prefixFamily(prefix: Prefix): IpFamily {
  return familyOf(prefixBase(prefix));
}

/** First and last address as integers, both inclusive. */
export function prefixRange(prefix: Prefix): { readonly first: bigint; readonly last: bigint } {
  const first = ipToBigInt(prefixBase(prefix));
  const hostBits = BigInt(bitsOf(prefixFamily(prefix)) - prefixBits(prefix));
  return { first, last: first + (1n << hostBits) - 1n };
}

export function prefixContains(prefix: Prefix, ip: Ip): boolean {
  if (prefixFamily(prefix) !== familyOf(ip)) return false;
  const { first, last } = prefixRange(prefix);
  const value = ipToBigInt(ip);
  return first <= value && value <= last;
}

/** True when every address of `inner` is one of `outer`. */
export function prefixIncludes(outer: Prefix, inner: Prefix): boolean {
  return prefixBits(outer) <= prefixBits(inner) && prefixContains(outer, prefixBase(inner));
}

export function prefixesOverlap(a: Prefix, b: Prefix): boolean {
  return prefixContains(a, prefixBase(b)) || prefixContains(b, prefixBase(a));
}
