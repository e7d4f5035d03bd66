import type { DropReason } from "../model/drop-reason.ts";
import type { GatewayMode } from "../model/facts.ts";
import type { ContainerId, EndpointId, NetworkId } from "../model/ids.ts";
import type { Ip } from "../model/ip.ts";
import type { MacAddress } from "../model/mac.ts";
import type { Posture } from "../model/posture.ts";
import type { Prefix } from "../model/prefix.ts";
import type { NicCounters } from "../platform/dataplane/dataplane.ts";
import type { SeenFlow } from "../policy/index.ts";

/**
 * What the admin API shows of a running daemon. Documents go out as they are, as JSON: a field that
 * is not known is null, never left out.
 */
export interface AdminView {
  status(): Promise<StatusDocument>;
  networks(): Promise<readonly NetworkDocument[]>;
  endpoints(): Promise<readonly EndpointDocument[]>;
  drops(): Promise<readonly DropDocument[]>;
  /** The latest events that are still remembered, oldest first. */
  recentEvents(): readonly EventDocument[];
  /** Calls `listener` for every event from now on; it must not throw or wait. Returns how to end that. */
  follow(listener: (event: EventDocument) => void): () => void;
}

export interface StatusDocument {
  readonly version: string;
  readonly pid: number;
  readonly startedAtMs: number;
  readonly dataplane: {
    readonly backend: string;
    /** True when it went on with the tables of an earlier process. */
    readonly adopted: boolean;
    readonly connections: number;
    readonly connectionsMax: number;
    /** Events that found no room between data plane and daemon. */
    readonly eventsLost: number;
    /** Null: there is no NIC. */
    readonly nic: NicDocument | null;
  };
  readonly docker: {
    /** Null: Hyperion was told to do without Docker's API. */
    readonly host: string | null;
    readonly connected: boolean;
    readonly version: string | null;
  };
  readonly networks: number;
  readonly endpoints: number;
  /** Endpoints that pass nothing: not attributed, or with a wrong policy. */
  readonly quarantined: number;
  readonly vfs: { readonly used: number; readonly warm: number; readonly limit: number };
  /** True when the data plane holds what it should. */
  readonly reconciled: boolean;
  /** Counted since the start of the daemon, except `rows`: what the data plane holds now. */
  readonly reconcile: {
    readonly passes: number;
    readonly steps: number;
    readonly failures: number;
    readonly rows: number;
  };
}

/** As the data plane counts. */
export type NicDocument = NicCounters;

export interface NetworkDocument {
  readonly id: NetworkId;
  /** As Docker shows it. */
  readonly name: string | null;
  readonly subnets: readonly { readonly prefix: Prefix; readonly gateway: Ip | null }[];
  readonly internal: boolean;
  readonly gateway: GatewayMode;
  readonly mtuBytes: number;
  readonly posture: Posture | null;
  readonly multicast: boolean;
  readonly endpoints: number;
}

export interface EndpointDocument {
  readonly id: EndpointId;
  readonly networkId: NetworkId;
  readonly networkName: string | null;
  readonly container: { readonly id: ContainerId; readonly name: string } | null;
  readonly mode: "quarantine" | "enforce" | "audit" | "learn";
  /** Why it is quarantined; one sentence each. */
  readonly problems: readonly string[];
  readonly mac: MacAddress;
  readonly ipv4: Ip | null;
  readonly ipv6: Ip | null;
  readonly vf: string;
  readonly representor: string;
  readonly identity: number | null;
  readonly sentPackets: number;
  readonly sentBytes: number;
  readonly receivedPackets: number;
  readonly receivedBytes: number;
}

export interface DropDocument {
  /** Null: the packet belonged to no endpoint, or to one that is gone. */
  readonly endpointId: EndpointId | null;
  readonly containerName: string | null;
  readonly reason: DropReason;
  readonly packets: number;
  readonly bytes: number;
}

/** Connections of one kind that a container in mode `learn` was seen to open or to be asked for. */
export interface FlowDocument extends SeenFlow {
  readonly firstSeenMs: number;
  readonly lastSeenMs: number;
}

/** One line of the event stream. `event` is a stable name: `drop`, `audit`, `endpoint.attributed`. */
export interface EventDocument {
  readonly event: string;
  readonly timeMs: number;
  readonly [field: string]: string | number | boolean | null;
}
