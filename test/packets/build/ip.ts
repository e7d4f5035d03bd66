import { bitsOf, familyOf, type Ip, ipToBigInt } from "../../../src/model/ip.ts";
import { type MacAddress, macToBytes } from "../../../src/model/mac.ts";
import { concat, pack, patch } from "./bytes.ts";
import { checksum } from "./checksum.ts";

export const PROTOCOL = {
  hopByHop: 0,
  icmp: 1,
  tcp: 6,
  udp: 17,
  routing: 43,
  fragment: 44,
  gre: 47,
  icmp6: 58,
  destination: 60,
  sctp: 132,
} as const;
export const ETHERTYPE = { ipv4: 0x0800, arp: 0x0806, vlan: 0x8100, ipv6: 0x86dd } as const;

/** The 4 or 16 bytes of an address. */
export function addressBytes(ip: Ip): Uint8Array {
  const bytes = bitsOf(familyOf(ip)) / 8;
  const value = ipToBigInt(ip);
  return Uint8Array.from({ length: bytes }, (_, i) => Number((value >> BigInt(8 * (bytes - 1 - i))) & 0xffn));
}

export function ethernet(
  from: MacAddress,
  to: MacAddress,
  etherType: number,
  payload: Uint8Array,
): Uint8Array {
  return concat(macToBytes(to), macToBytes(from), pack([2, etherType]), payload);
}

export interface Ipv4Fields {
  readonly id?: number;
  readonly ttl?: number;
  readonly dontFragment?: boolean;
  readonly moreFragments?: boolean;
  /** In units of 8 bytes. */
  readonly fragmentOffset?: number;
  /** A multiple of 4 bytes. */
  readonly options?: Uint8Array;
}

export function ipv4(
  from: Ip,
  to: Ip,
  protocol: number,
  payload: Uint8Array,
  fields: Ipv4Fields = {},
): Uint8Array {
  const options = fields.options ?? new Uint8Array();
  const length = 20 + options.length;
  const flags =
    (fields.dontFragment ? 0x4000 : 0) | (fields.moreFragments ? 0x2000 : 0) | (fields.fragmentOffset ?? 0);
  const header = concat(
    pack([1, 0x40 | (length / 4)], [1, 0], [2, length + payload.length], [2, fields.id ?? 1], [2, flags]),
    pack([1, fields.ttl ?? 64], [1, protocol], [2, 0]),
    addressBytes(from),
    addressBytes(to),
    options,
  );
  return concat(patch(header, 10, pack([2, checksum(header)])), payload);
}

export function ipv6(from: Ip, to: Ip, nextHeader: number, payload: Uint8Array, hopLimit = 64): Uint8Array {
  return concat(
    pack([4, 0x60000000], [2, payload.length], [1, nextHeader], [1, hopLimit]),
    addressBytes(from),
    addressBytes(to),
    payload,
  );
}

/** The pseudo header of RFC 9293 §3.1 and RFC 8200 §8.1. */
export function pseudoHeader(from: Ip, to: Ip, protocol: number, length: number): Uint8Array {
  const rest =
    familyOf(from) === 4 ? pack([1, 0], [1, protocol], [2, length]) : pack([4, length], [4, protocol]);
  return concat(addressBytes(from), addressBytes(to), rest);
}
