import type { Ip } from "../../../src/model/ip.ts";
import { type MacAddress, macToBytes, parseMac } from "../../../src/model/mac.ts";
import { concat, pack } from "./bytes.ts";
import { addressBytes, ETHERTYPE, ethernet, ipv6, PROTOCOL } from "./ip.ts";
import { icmp } from "./transport.ts";

export const BROADCAST = parseMac("ff:ff:ff:ff:ff:ff");
const NOBODY = parseMac("00:00:00:00:00:00");

export interface ArpFields {
  readonly operation: "request" | "reply";
  readonly senderMac: MacAddress;
  readonly senderIp: Ip;
  readonly targetMac?: MacAddress;
  readonly targetIp: Ip;
}

export function arp(from: MacAddress, to: MacAddress, fields: ArpFields): Uint8Array {
  const packet = concat(
    pack([2, 1], [2, ETHERTYPE.ipv4], [1, 6], [1, 4], [2, fields.operation === "request" ? 1 : 2]),
    macToBytes(fields.senderMac),
    addressBytes(fields.senderIp),
    macToBytes(fields.targetMac ?? NOBODY),
    addressBytes(fields.targetIp),
  );
  return ethernet(from, to, ETHERTYPE.arp, packet);
}

/** An option of neighbour discovery that holds a MAC: 1 source, 2 target. */
export function linkLayerOption(type: 1 | 2, mac: MacAddress): Uint8Array {
  return concat(pack([1, type], [1, 1]), macToBytes(mac));
}

export interface NdFields {
  readonly target: Ip;
  /** Router, solicited, override: the upper three bits of the first of four bytes. */
  readonly flags?: number;
  readonly options?: Uint8Array;
  readonly hopLimit?: number;
  readonly code?: number;
}

/** A neighbour solicitation (135) or advertisement (136). */
export function nd(
  type: 135 | 136,
  macs: readonly [MacAddress, MacAddress],
  ips: readonly [Ip, Ip],
  fields: NdFields,
): Uint8Array {
  const data = concat(addressBytes(fields.target), fields.options ?? new Uint8Array());
  const message = icmp(ips[0], ips[1], type, fields.code ?? 0, (fields.flags ?? 0) * 2 ** 24, data);
  return ethernet(
    macs[0],
    macs[1],
    ETHERTYPE.ipv6,
    ipv6(ips[0], ips[1], PROTOCOL.icmp6, message, fields.hopLimit ?? 255),
  );
}

/** The group that a solicitation for an address goes to (RFC 4291 §2.7.1). */
export function solicitedNode(target: Ip): { readonly ip: Ip; readonly mac: MacAddress } {
  const [a = 0, b = 0, c = 0] = addressBytes(target).subarray(13);
  const byte = (value: number): string => value.toString(16).padStart(2, "0");
  const ip = `ff02::1:ff${byte(a)}:${((b << 8) | c).toString(16)}` as Ip;
  return { ip, mac: parseMac(`33:33:ff:${byte(a)}:${byte(b)}:${byte(c)}`) };
}
