import fc from "fast-check";
import type { EndpointRow, PolicyRow, Protocol } from "../../../src/model/rows.ts";
import { filler } from "../build/bytes.ts";
import { PROTOCOL } from "../build/ip.ts";
import { TCP } from "../build/transport.ts";
import {
  echoFrame,
  FAMILIES,
  type Family,
  icmpFrame,
  packet,
  sctpFrame,
  tcpFrame,
  udpFrame,
} from "../cases/frames.ts";
import { A, ABSENT, B, C, entry, type Host, STRANGER } from "../cases/world.ts";
import type { Packet } from "./interpreter.ts";

/** A packet in both of its forms. */
export interface Sample {
  readonly packet: Packet;
  readonly frame: Uint8Array;
}

const HOSTS: readonly Host[] = [A, B, C, STRANGER];
const NOWHERE: Host = { ...B, ...ABSENT };
/** Few, so that packets meet the connections and the entries of others. */
const PORTS = [80, 81, 40000] as const;
const IDS = [0, 7] as const;
const FLAGS = {
  syn: TCP.syn,
  "syn-ack": TCP.syn | TCP.ack,
  ack: TCP.ack,
  fin: TCP.fin | TCP.ack,
  rst: TCP.rst,
} as const;
const KINDS = ["tcp", "udp", "sctp", "other", "request", "reply", "timestamp"] as const;

interface Draw {
  readonly from: Host;
  readonly to: Host;
  readonly spoof: "no" | "mac" | "address";
  readonly family: Family;
  readonly kind: (typeof KINDS)[number];
  readonly ports: readonly [number, number];
  readonly tcp: keyof typeof FLAGS;
  readonly id: number;
}

function sampleOf({ from, to, spoof, family, kind, ports, tcp, id }: Draw): Sample {
  const mac = spoof === "mac" ? C.mac : from.mac;
  const claimed: Host = spoof === "address" ? { ...from, ipv4: C.ipv4, ipv6: C.ipv6, mac } : { ...from, mac };
  const base = {
    port: from.port,
    sourceMac: mac,
    source: claimed[family],
    destination: to[family],
    sourcePort: 0,
    destinationPort: 0,
  };
  const withPorts = { ...base, sourcePort: ports[0], destinationPort: ports[1] };
  const icmpProtocol: Protocol = family === "ipv4" ? "icmp" : "icmp6";
  switch (kind) {
    case "tcp":
      return {
        packet: { ...withPorts, protocol: "tcp", tcp },
        frame: tcpFrame(claimed, to, ports, FLAGS[tcp], family),
      };
    case "udp":
      return { packet: { ...withPorts, protocol: "udp" }, frame: udpFrame(claimed, to, ports, family) };
    case "sctp":
      return { packet: { ...withPorts, protocol: "sctp" }, frame: sctpFrame(claimed, to, ports, family) };
    case "other":
      return {
        packet: { ...base, protocol: "other" },
        frame: packet(claimed, to, family, PROTOCOL.gre, filler(16)),
      };
    case "timestamp": {
      const type = family === "ipv4" ? 13 : 139;
      const icmp = { type, code: 0, id: 0 };
      return {
        packet: { ...base, protocol: icmpProtocol, icmp },
        frame: icmpFrame(claimed, to, type, 0, filler(12), family),
      };
    }
    default: {
      const type = kind === "request" ? (family === "ipv4" ? 8 : 128) : family === "ipv4" ? 0 : 129;
      const icmp = { type, code: 0, echo: kind, id };
      return {
        packet: { ...base, protocol: icmpProtocol, icmp },
        frame: echoFrame(claimed, to, kind, id, family),
      };
    }
  }
}

const often = <T>(value: T, weight: number) => ({ arbitrary: fc.constant(value), weight });

/** What a packet is, whoever sends it. */
const contents = {
  family: fc.constantFrom(...FAMILIES),
  kind: fc.oneof(often("tcp" as const, 6), fc.constantFrom(...KINDS)),
  ports: fc.tuple(fc.constantFrom(...PORTS), fc.constantFrom(...PORTS)),
  tcp: fc.constantFrom(...(Object.keys(FLAGS) as (keyof typeof FLAGS)[])),
  id: fc.constantFrom(...IDS),
};

/** Between two that are who they say. */
export function between(from: Host, to: Host): fc.Arbitrary<Sample> {
  return fc.record(contents).map((draw) => sampleOf({ from, to, spoof: "no", ...draw }));
}

export const samples: fc.Arbitrary<Sample> = fc
  .record({
    from: fc.constantFrom(...HOSTS),
    to: fc.oneof(often(A, 4), often(B, 4), often(C, 4), often(STRANGER, 1), often(NOWHERE, 1)),
    spoof: fc.oneof(often("no" as const, 18), often("mac" as const, 1), often("address" as const, 1)),
    ...contents,
  })
  .map(sampleOf);

const PROTOCOLS: readonly Protocol[] = ["tcp", "udp", "sctp", "icmp", "icmp6", "other"];

/** Sets of disjoint prefixes that separate what the samples use. */
const PREFIXES: readonly (readonly (readonly [port: number, length: number])[])[] = [
  [[0, 0]],
  [[80, 16]],
  [
    [80, 16],
    [81, 16],
  ],
  [[80, 15]],
  [
    [0, 1],
    [0x8000, 1],
  ],
  [
    [0x0800, 16],
    [0x8000, 16],
  ],
  [[0x8000, 4]],
];

/** Entries of one policy set: for some identities and protocols a set of prefixes each. */
export function policySets(
  policy: number,
  identities: readonly number[] = [0, 10, 20, 30],
): fc.Arbitrary<readonly PolicyRow[]> {
  const group = fc.record({
    direction: fc.constantFrom("egress" as const, "ingress" as const),
    identity: fc.constantFrom(...identities),
    protocol: fc.constantFrom(...PROTOCOLS),
    prefixes: fc.constantFrom(...PREFIXES),
    verdict: fc.constantFrom("allow" as const, "deny" as const),
    audit: fc.boolean(),
  });
  return fc
    .uniqueArray(group, {
      maxLength: 8,
      selector: ({ direction, identity, protocol }) => `${direction} ${identity} ${protocol}`,
    })
    .map((groups) =>
      groups.flatMap(({ prefixes, verdict, audit, ...rest }, rule) =>
        prefixes.map(([port, prefixLength]) =>
          entry({
            ...rest,
            policy,
            port,
            prefixLength,
            verdict,
            rule: rule + 1,
            audit: audit && verdict === "deny",
          }),
        ),
      ),
    );
}

/** What an endpoint's row must say of a policy set. */
export function masksOf(
  entries: readonly PolicyRow[],
): Pick<EndpointRow, "egressPrefixLengths" | "ingressPrefixLengths"> {
  const mask = (direction: "egress" | "ingress"): number =>
    entries
      .filter((row) => row.direction === direction)
      .reduce((bits, row) => bits | (1 << row.prefixLength), 0);
  return { egressPrefixLengths: mask("egress"), ingressPrefixLengths: mask("ingress") };
}

export const settings = fc.record({
  egressDeny: fc.boolean(),
  ingressDeny: fc.boolean(),
  mode: fc.oneof(
    often("enforce" as const, 8),
    often("audit" as const, 1),
    often("learn" as const, 1),
    often("quarantine" as const, 1),
  ),
});
