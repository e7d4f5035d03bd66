import { familyOf, type Ip } from "../../../src/model/ip.ts";
import { concat, pack, patch } from "./bytes.ts";
import { checksum } from "./checksum.ts";
import { PROTOCOL, pseudoHeader } from "./ip.ts";

export const TCP = { fin: 0x01, syn: 0x02, rst: 0x04, psh: 0x08, ack: 0x10 } as const;

function summed(from: Ip, to: Ip, protocol: number, segment: Uint8Array, at: number): Uint8Array {
  return patch(segment, at, pack([2, checksum(pseudoHeader(from, to, protocol, segment.length), segment)]));
}

export function tcp(
  from: Ip,
  to: Ip,
  ports: readonly [number, number],
  flags: number,
  data: Uint8Array,
): Uint8Array {
  const segment = concat(
    pack(
      [2, ports[0]],
      [2, ports[1]],
      [4, 1000],
      [4, flags & TCP.ack ? 2000 : 0],
      [1, 0x50],
      [1, flags],
      [2, 65535],
      [4, 0],
    ),
    data,
  );
  return summed(from, to, PROTOCOL.tcp, segment, 16);
}

export function udp(from: Ip, to: Ip, ports: readonly [number, number], data: Uint8Array): Uint8Array {
  const datagram = concat(pack([2, ports[0]], [2, ports[1]], [2, 8 + data.length], [2, 0]), data);
  return summed(from, to, PROTOCOL.udp, datagram, 6);
}

/** The common header only, without chunks: a data plane reads no further. Its checksum stays zero. */
export function sctp(ports: readonly [number, number], data: Uint8Array): Uint8Array {
  return concat(pack([2, ports[0]], [2, ports[1]], [4, 1], [4, 0]), data);
}

/** An ICMP or ICMPv6 message, by the family of the addresses. `rest`: the second four bytes. */
export function icmp(
  from: Ip,
  to: Ip,
  type: number,
  code: number,
  rest: number,
  data: Uint8Array,
): Uint8Array {
  const message = concat(pack([1, type], [1, code], [2, 0], [4, rest]), data);
  if (familyOf(from) === 6) return summed(from, to, PROTOCOL.icmp6, message, 2);
  return patch(message, 2, pack([2, checksum(message)]));
}
