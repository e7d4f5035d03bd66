import { filler } from "../build/bytes.ts";
import { ETHERTYPE, ethernet, ipv4, ipv6, PROTOCOL } from "../build/ip.ts";
import { icmp, sctp, TCP, tcp, udp } from "../build/transport.ts";
import type { SendStep } from "./case.ts";
import type { Host } from "./world.ts";

/** The address families, for cases that are the same in both. */
export const FAMILIES = ["ipv4", "ipv6"] as const;
export type Family = (typeof FAMILIES)[number];

const DATA = filler(32);

/** One IP packet in a frame; the family is the addresses'. */
export function packet(
  from: Host,
  to: Host,
  family: Family,
  protocol: number,
  payload: Uint8Array,
): Uint8Array {
  return family === "ipv4"
    ? ethernet(from.mac, to.mac, ETHERTYPE.ipv4, ipv4(from.ipv4, to.ipv4, protocol, payload))
    : ethernet(from.mac, to.mac, ETHERTYPE.ipv6, ipv6(from.ipv6, to.ipv6, protocol, payload));
}

export function tcpFrame(
  from: Host,
  to: Host,
  ports: readonly [number, number],
  flags: number = TCP.syn,
  family: Family = "ipv4",
): Uint8Array {
  return packet(
    from,
    to,
    family,
    PROTOCOL.tcp,
    tcp(from[family], to[family], ports, flags, flags & TCP.syn ? filler(0) : DATA),
  );
}

export function udpFrame(
  from: Host,
  to: Host,
  ports: readonly [number, number],
  family: Family = "ipv4",
): Uint8Array {
  return packet(from, to, family, PROTOCOL.udp, udp(from[family], to[family], ports, DATA));
}

export function sctpFrame(
  from: Host,
  to: Host,
  ports: readonly [number, number],
  family: Family = "ipv4",
): Uint8Array {
  return packet(from, to, family, PROTOCOL.sctp, sctp(ports, DATA));
}

const ECHO = {
  ipv4: { request: 8, reply: 0, protocol: PROTOCOL.icmp },
  ipv6: { request: 128, reply: 129, protocol: PROTOCOL.icmp6 },
} as const;

export function echoFrame(
  from: Host,
  to: Host,
  what: "request" | "reply",
  id: number,
  family: Family = "ipv4",
): Uint8Array {
  const { protocol, [what]: type } = ECHO[family];
  return packet(from, to, family, protocol, icmp(from[family], to[family], type, 0, id * 65536 + 1, DATA));
}

export function icmpFrame(
  from: Host,
  to: Host,
  type: number,
  code: number,
  data: Uint8Array,
  family: Family,
): Uint8Array {
  const message = icmp(from[family], to[family], type, code, 0, data);
  return packet(from, to, family, ECHO[family].protocol, message);
}

/** A step in which the frame reaches the other host unchanged. */
export function passes(from: Host, to: Host, frame: Uint8Array, more: Partial<SendStep> = {}): SendStep {
  return { send: frame, port: from.port, delivered: [{ port: to.port, frame }], ...more };
}

/** A step in which the frame is dropped, on the account of `endpoint`: the sender's unless said. */
export function dropped(
  from: Host,
  frame: Uint8Array,
  reason: NonNullable<SendStep["drops"]>[number]["reason"],
  endpoint: number = from.endpoint,
  more: Partial<SendStep> = {},
): SendStep {
  return { send: frame, port: from.port, drops: [{ endpoint, reason }], ...more };
}

/** The packet inside a frame: what an ICMP error quotes. */
export function quoted(frame: Uint8Array): Uint8Array {
  return frame.subarray(14);
}
