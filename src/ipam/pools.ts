import { bitsOf, type IpFamily, ipFromBigInt } from "../model/ip.ts";
import {
  type Prefix,
  prefixBits,
  prefixesOverlap,
  prefixFamily,
  prefixOf,
  prefixRange,
} from "../model/prefix.ts";

/** Where subnets come from that nobody asked for: the prefixes of `bits` bits inside `base`. */
export interface DefaultPool {
  readonly base: Prefix;
  readonly bits: number;
}

/** The first of `others` that shares an address with `pool`. */
export function findOverlap(pool: Prefix, others: Iterable<Prefix>): Prefix | undefined {
  for (const other of others) if (prefixesOverlap(pool, other)) return other;
  return undefined;
}

/** The lowest prefix of the family that the default pools hold and that overlaps none of `taken`. */
export function chooseDefaultPool(
  defaults: readonly DefaultPool[],
  family: IpFamily,
  taken: readonly Prefix[],
): Prefix | undefined {
  for (const { base, bits } of defaults) {
    if (prefixFamily(base) !== family || bits < prefixBits(base) || bits > bitsOf(family)) continue;
    const found = lowestFree(base, bits, taken);
    if (found !== undefined) return found;
  }
  return undefined;
}

function lowestFree(base: Prefix, bits: number, taken: readonly Prefix[]): Prefix | undefined {
  const family = prefixFamily(base);
  const size = 1n << BigInt(bitsOf(family) - bits);
  const { first, last } = prefixRange(base);
  for (let at = first; at <= last; ) {
    const candidate = prefixOf(ipFromBigInt(at, family), bits);
    const other = findOverlap(candidate, taken);
    if (other === undefined) return candidate;
    // Behind the other prefix at once: it may be so large that stepping through it would never end.
    const behind = prefixRange(other).last + 1n;
    at = behind > at + size ? behind : at + size;
  }
  return undefined;
}
