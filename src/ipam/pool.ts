import { bitsOf, type Ip, ipToBigInt } from "../model/ip.ts";
import {
  type Prefix,
  prefixBase,
  prefixBits,
  prefixContains,
  prefixFamily,
  prefixRange,
} from "../model/prefix.ts";

/** Addresses as integers, both ends inclusive; empty when `last` is below `first`. */
export interface AddressRange {
  readonly first: bigint;
  readonly last: bigint;
}

export type ReservedRole = "network" | "broadcast" | "subnet-router anycast";

/**
 * The role that keeps an address of the pool from being assigned. Prefixes of one or two addresses
 * have none: RFC 3021 for IPv4 /31, RFC 6164 for IPv6 /127. IPv6 has no broadcast; its first address
 * means "any router of this subnet" (RFC 4291 §2.6.1).
 */
export function reservedRole(pool: Prefix, ip: Ip): ReservedRole | undefined {
  const family = prefixFamily(pool);
  if (prefixBits(pool) >= bitsOf(family) - 1) return undefined;
  const { first, last } = prefixRange(pool);
  const value = ipToBigInt(ip);
  if (value === first) return family === 4 ? "network" : "subnet-router anycast";
  return family === 4 && value === last ? "broadcast" : undefined;
}

/**
 * Where addresses come from that nobody asked for by name: the `--ip-range` or the whole pool,
 * without the pool's reserved ones. The ends of an `--ip-range` inside the pool are ordinary addresses.
 */
export function assignableRange(pool: Prefix, subPool: Prefix | undefined): AddressRange {
  const whole = prefixRange(pool);
  const part = subPool === undefined ? whole : prefixRange(subPool);
  const family = prefixFamily(pool);
  if (prefixBits(pool) >= bitsOf(family) - 1) return part;
  return {
    first: part.first === whole.first ? part.first + 1n : part.first,
    last: family === 4 && part.last === whole.last ? part.last - 1n : part.last,
  };
}

/** True when every address of `part` is one of `whole`. */
export function prefixWithin(whole: Prefix, part: Prefix): boolean {
  return prefixBits(part) >= prefixBits(whole) && prefixContains(whole, prefixBase(part));
}

/**
 * The first free address at or behind `cursor`, going round once. `used` is how many addresses
 * `isFree` may deny at most: looking at one more than that decides, so a /64 costs no more than a /24.
 */
export function pickAddress(
  range: AddressRange,
  cursor: bigint,
  used: number,
  isFree: (value: bigint) => boolean,
): bigint | undefined {
  const size = range.last - range.first + 1n;
  if (size <= 0n) return undefined;
  const tries = size < BigInt(used) + 1n ? Number(size) : used + 1;
  let value = range.first <= cursor && cursor <= range.last ? cursor : range.first;
  for (let i = 0; i < tries; i++) {
    if (isFree(value)) return value;
    value = value === range.last ? range.first : value + 1n;
  }
  return undefined;
}
