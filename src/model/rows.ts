import type { Ip } from "./ip.ts";
import type { MacAddress } from "./mac.ts";
import type { Direction, Verdict } from "./posture.ts";
import type { Prefix } from "./prefix.ts";

/*
 * The rows of the data plane's tables, those of `native/include/hyperion/tables.h` in TypeScript's
 * terms. They are words of the whole project: the pipeline makes them, the reconciler compares them,
 * and the implementations of the data plane's door turn them into bytes.
 */

export type Mode = "quarantine" | "enforce" | "audit" | "learn";

/** What is behind a port: a container's interface on a network, or its way out, to host and world. */
export type PortKind = "vf" | "gateway";

/** Protocols that policy tells apart; everything else is `other`. */
export type Protocol = "icmp" | "tcp" | "udp" | "icmp6" | "sctp" | "other";

export interface PortRow {
  readonly table: "port";
  readonly port: number;
  /** Who sends through it, or governs the way out. */
  readonly endpoint: number;
  readonly kind: PortKind;
}

export interface NetworkRow {
  readonly table: "network";
  readonly network: number;
  readonly multicast: boolean;
  readonly mtuBytes: number;
  readonly members: number;
  /** Of its tunnel to other nodes; 0: it has none. */
  readonly vni: number;
}

export interface EndpointRow {
  readonly table: "endpoint";
  readonly endpoint: number;
  /** New whenever any other field changes. */
  readonly generation: number;
  readonly network: number;
  readonly port: number;
  readonly identity: number;
  readonly policy: number;
  readonly egressDeny: boolean;
  readonly ingressDeny: boolean;
  /** Bit n: the policy set has entries with port prefixes of n bits. */
  readonly egressPrefixLengths: number;
  readonly ingressPrefixLengths: number;
  readonly mode: Mode;
  /** Its connections never become entries of a NIC. */
  readonly software: boolean;
  readonly mac: MacAddress;
  readonly ipv4: Ip | undefined;
  readonly ipv6: Ip | undefined;
  /** Bytes per second and bytes; 0: unlimited. */
  readonly egressRate: number;
  readonly ingressRate: number;
  readonly egressBurst: number;
  readonly ingressBurst: number;
}

export interface NeighbourRow {
  readonly table: "neighbour";
  readonly network: number;
  readonly address: Ip;
  /** 0: behind a VTEP. */
  readonly endpoint: number;
  /** Of a remote neighbour, the same number on every node; 0: local. */
  readonly identity: number;
  /** The VTEP that it is behind; 0: local. */
  readonly vtep: number;
  readonly mac: MacAddress;
}

export interface MemberRow {
  readonly table: "member";
  readonly network: number;
  readonly slot: number;
  readonly endpoint: number;
}

export interface PolicyRow {
  readonly table: "policy";
  readonly policy: number;
  readonly direction: Direction;
  /** 0: anyone not listed. */
  readonly identity: number;
  readonly protocol: Protocol;
  /** The upper `prefixLength` bits of a destination port, or of ICMP type << 8 | code. */
  readonly port: number;
  readonly prefixLength: number;
  readonly verdict: Verdict;
  /** Number of the rule in its policy set; 0: the posture. */
  readonly rule: number;
  readonly log: boolean;
  readonly audit: boolean;
}

/** The far end of tunnels: another node. */
export interface VtepRow {
  readonly table: "vtep";
  readonly vtep: number;
  /** On the underlay, which is IPv4. */
  readonly ipv4: Ip;
  /** Of the next hop towards it. */
  readonly mac: MacAddress;
}

/** Our end of tunnels: the port to the underlay. */
export interface UplinkRow {
  readonly table: "uplink";
  readonly port: number;
  readonly ipv4: Ip;
  readonly mac: MacAddress;
  /** Of the outer packet. */
  readonly mtuBytes: number;
}

/** Who is outside: the identity of the longest prefix that contains an address; 0 where none does. */
export interface PrefixRow {
  readonly table: "prefix";
  readonly prefix: Prefix;
  readonly identity: number;
}

export type Row =
  | PortRow
  | NetworkRow
  | EndpointRow
  | NeighbourRow
  | MemberRow
  | PolicyRow
  | VtepRow
  | UplinkRow
  | PrefixRow;
export type Table = Row["table"];
