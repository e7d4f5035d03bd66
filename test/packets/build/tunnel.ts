import type { Ip } from "../../../src/model/ip.ts";
import type { MacAddress } from "../../../src/model/mac.ts";
import { concat, pack, patch } from "./bytes.ts";
import { ETHERTYPE, ethernet, ipv4, PROTOCOL } from "./ip.ts";

const VXLAN_PORT = 4789;

/** First of the range that RFC 7348 §5 advises for the source port. */
export const SOURCE_PORT_FIRST = 49_152;
const SOURCE_PORT_AT = 14 + 20;
export const OUTER_BYTES = 14 + 20 + 8 + 8;

/** One end of a tunnel, as the underlay sees it. */
export interface TunnelEnd {
  readonly mac: MacAddress;
  readonly ipv4: Ip;
}

export interface OuterFields {
  readonly port?: number;
  /** VXLAN header flags. */
  readonly flags?: number;
}

/** A frame in VXLAN (RFC 7348): no UDP checksum, not to be fragmented. */
export function vxlan(
  from: TunnelEnd,
  to: TunnelEnd,
  vni: number,
  frame: Uint8Array,
  { port = VXLAN_PORT, flags = 8 }: OuterFields = {},
): Uint8Array {
  const header = pack([1, flags], [3, 0], [3, vni], [1, 0]);
  const length = 8 + header.length + frame.length;
  const datagram = concat(pack([2, SOURCE_PORT_FIRST], [2, port], [2, length], [2, 0]), header, frame);
  const packet = ipv4(from.ipv4, to.ipv4, PROTOCOL.udp, datagram, { id: 0, dontFragment: true });
  return ethernet(from.mac, to.mac, ETHERTYPE.ipv4, packet);
}

/** The frame with the UDP source port, which is a hash of the inner flow, put to the first of its range. */
export function withoutEntropy(frame: Uint8Array): Uint8Array {
  const port = (frame[SOURCE_PORT_AT] ?? 0) * 256 + (frame[SOURCE_PORT_AT + 1] ?? 0);
  if (frame.length < OUTER_BYTES || port < SOURCE_PORT_FIRST) return frame;
  return patch(frame, SOURCE_PORT_AT, pack([2, SOURCE_PORT_FIRST]));
}
