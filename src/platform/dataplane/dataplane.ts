import type { DropReason } from "../../model/drop-reason.ts";
import type { Ip } from "../../model/ip.ts";
import type { MacAddress } from "../../model/mac.ts";
import type { PortKind, Row } from "../../model/rows.ts";

export type {
  EndpointRow,
  MemberRow,
  Mode,
  NeighbourRow,
  NetworkRow,
  PolicyRow,
  PortKind,
  PortRow,
  PrefixRow,
  Protocol,
  Row,
  Table,
  UplinkRow,
  VtepRow,
} from "../../model/rows.ts";

/**
 * The door to the data plane. Rows are those of `native/include/hyperion/tables.h`, in TypeScript's
 * terms; implementations turn them into bytes.
 *
 * One that lives in a process of its own can be lost, and comes back empty. Then calls throw E511;
 * `events` and `apply` until the rows have been dumped, so that nobody misses it. Ports are attached
 * no more.
 */
export interface Dataplane {
  readonly capabilities: Capabilities;

  /**
   * Puts the programs on a port: kernel index of a representor, or of the host's end of a gateway's
   * veth. Idempotent; replaces programs of the other kind. Throws E501, E509, E602.
   */
  attach(port: number, kind: PortKind): Promise<void>;

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
  /** Undefined where there is no NIC. */
  nicCounters(): Promise<NicCounters | undefined>;

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

/** For `delete`, only the key fields of the row count. */
export interface Operation {
  readonly verb: "upsert" | "delete";
  readonly row: Row;
}

export interface Failure {
  readonly operation: Operation;
  /** Positive errno. */
  readonly errno: number;
  /** What the data plane said of one failure of the batch, this one or another. */
  readonly reason?: string;
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

/**
 * What a NIC holds and has done since the data plane was opened. An entry is a row of one of its flow
 * tables; those that are there from the start are not counted.
 */
export interface NicCounters {
  /** On the NIC now. */
  readonly entries: number;
  /** Of these: an established connection has one for each direction. */
  readonly connections: number;
  readonly added: number;
  /** In place. */
  readonly updated: number;
  readonly removed: number;
  /** Operations that the NIC refused, connections' not included. */
  readonly failed: number;
  /** Of `added`. */
  readonly connectionsAdded: number;
  /** Directions of connections without an entry, for want of room: software goes on with them. */
  readonly connectionsRefused: number;
  /** Packets that met an entry of a connection, and not software. */
  readonly carried: number;
  /** Packets given to software to decide. */
  readonly punted: number;
  /** Packets that were lost on the way there. */
  readonly lost: number;
}

export interface PacketEvent {
  /** `flow`: a new connection that an endpoint in learn mode decided; `reason` is why it would have been dropped. */
  readonly type: "drop" | "audit" | "log" | "flow";
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
