import type { DropReason } from "../../model/drop-reason.ts";
import type { Ip } from "../../model/ip.ts";
import type { MacAddress } from "../../model/mac.ts";

/**
 * The door to the data plane. Rows are those of `native/include/hyperion/tables.h`, in TypeScript's
 * terms; implementations turn them into bytes.
 */
export interface Dataplane {
  readonly capabilities: Capabilities;

  /** Puts the programs on a port (kernel index of a representor). Idempotent. Throws E501, E509. */
  attach(port: number): Promise<void>;

  /** Takes them off; a port that is gone is fine. */
  detach(port: number): Promise<void>;

  /**
   * Applies operations in order. One that fails does not stop the rest; the failures are returned,
   * none meaning that all was applied.
   */
  apply(operations: readonly Operation[]): Promise<readonly Failure[]>;

  /** Every row that the data plane holds, read back from it. */
  dump(): Promise<readonly Row[]>;

  endpointCounters(): Promise<readonly EndpointCounter[]>;
  dropCounters(): Promise<readonly DropCounter[]>;
  ruleCounters(): Promise<readonly RuleCounter[]>;

  /** Takes what events there are, oldest first, at most `max`, without waiting. */
  events(max: number): Promise<EventBatch>;

  /** Number of connections being tracked. */
  connections(): Promise<number>;

  /** Lets go of the handle; forwarding goes on. Later calls reject. */
  close(): Promise<void>;
}

export interface Capabilities {
  readonly backend: string;
  readonly networksMax: number;
  readonly endpointsMax: number;
  readonly policyEntriesMax: number;
  readonly connectionsMax: number;
  /** True when tables of an earlier process were found and kept. */
  readonly adopted: boolean;
}

export type Mode = "quarantine" | "enforce" | "audit";

/** Protocols that policy tells apart; everything else is `other`. */
export type Protocol = "icmp" | "tcp" | "udp" | "icmp6" | "sctp" | "other";

export interface PortRow {
  readonly table: "port";
  readonly port: number;
  readonly endpoint: number;
}

export interface NetworkRow {
  readonly table: "network";
  readonly network: number;
  readonly multicast: boolean;
  readonly mtuBytes: number;
  readonly members: number;
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
  readonly endpoint: number;
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
  readonly direction: "egress" | "ingress";
  /** 0: anyone not listed. */
  readonly identity: number;
  readonly protocol: Protocol;
  /** The upper `prefixLength` bits of a destination port, or of ICMP type << 8 | code. */
  readonly port: number;
  readonly prefixLength: number;
  readonly verdict: "allow" | "deny";
  /** Number of the rule in its policy set; 0: the posture. */
  readonly rule: number;
  readonly log: boolean;
  readonly audit: boolean;
}

export type Row = PortRow | NetworkRow | EndpointRow | NeighbourRow | MemberRow | PolicyRow;
export type Table = Row["table"];

/** For `delete`, only the key fields of the row count. */
export interface Operation {
  readonly verb: "upsert" | "delete";
  readonly row: Row;
}

export interface Failure {
  readonly operation: Operation;
  /** Positive errno. */
  readonly errno: number;
}

export interface EndpointCounter {
  readonly endpoint: number;
  readonly sentPackets: number;
  readonly sentBytes: number;
  readonly receivedPackets: number;
  readonly receivedBytes: number;
}

export interface DropCounter {
  /** 0 when no endpoint is known. */
  readonly endpoint: number;
  readonly reason: DropReason;
  readonly packets: number;
  readonly bytes: number;
}

export interface RuleCounter {
  readonly policy: number;
  readonly rule: number;
  readonly direction: "egress" | "ingress";
  /** Packets that the rule decided: one per connection. */
  readonly packets: number;
  readonly bytes: number;
}

export interface PacketEvent {
  readonly type: "drop" | "audit" | "log";
  /** CLOCK_MONOTONIC. */
  readonly timeNs: bigint;
  readonly reason: DropReason;
  readonly network: number;
  readonly endpoint: number;
  readonly peer: number;
  readonly policy: number;
  readonly rule: number;
  readonly bytes: number;
  readonly etherType: number;
  /** IANA protocol number. */
  readonly protocol: number;
  readonly direction: "egress" | "ingress";
  readonly source: Ip | undefined;
  readonly destination: Ip | undefined;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly sourceMac: MacAddress;
}

export interface EventBatch {
  readonly events: readonly PacketEvent[];
  /** Events that found no room in the ring since the tables were created. */
  readonly lost: number;
}
