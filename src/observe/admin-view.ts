import type { DropReason } from "../model/drop-reason.ts";
import type { GatewayMode } from "../model/facts.ts";
import type { ContainerId, EndpointId, NetworkId } from "../model/ids.ts";
import type { Ip } from "../model/ip.ts";
import type { MacAddress } from "../model/mac.ts";
import type { Direction, Posture, Verdict } from "../model/posture.ts";
import type { Prefix } from "../model/prefix.ts";
import type { Mode } from "../model/rows.ts";
import type { NicCounters } from "../platform/dataplane/dataplane.ts";
import type { Offload, Remedy, SeenFlow, Tier } from "../policy/index.ts";

/**
 * What the admin API shows of a running daemon. Documents go out as they are, as JSON: a field that
 * is not known is null, never left out.
 */
export interface AdminView {
  status(): Promise<StatusDocument>;
  networks(): Promise<readonly NetworkDocument[]>;
  endpoints(): Promise<readonly EndpointDocument[]>;
  drops(): Promise<readonly DropDocument[]>;
  /** @param of whose rules: a container, a service …; undefined: everybody's. Throws E190, E191. */
  rules(of: string | undefined): Promise<readonly RuleDocument[]>;
  /** Throws E181, E190 to E192, E205. */
  why(question: WhyQuestion): Promise<WhyDocument>;
  /** The one that was seen last comes first. */
  flows(): readonly FlowDocument[];
  /** Throws E709. */
  clearFlows(): Promise<void>;
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
  /** Admin policies in force. */
  readonly policies: number;
  /** Those that are remembered, and those that found no room since the start. */
  readonly flows: { readonly known: number; readonly forgotten: number };
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
  /** `shop/web`; null outside compose and Swarm. */
  readonly service: string | null;
  readonly mode: Mode;
  /** Why it is quarantined: a sentence, or a message of several lines with a caret, each. */
  readonly problems: readonly string[];
  /** Labels that were ignored (W401); as above. */
  readonly warnings: readonly string[];
  /** `hyperion.offload`; null in quarantine. */
  readonly offload: Offload | null;
  /**
   * The host's end of the container's link to what is outside, and whether this endpoint's policy
   * governs it; null: there is none.
   */
  readonly wayOut: { readonly port: number; readonly governs: boolean } | null;
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

/** A rule, or the posture, of endpoints whose rules are the same. */
export interface RuleDocument {
  /** All that share the rule and its counts. */
  readonly sharers: readonly RuleSharer[];
  readonly direction: Direction;
  /** Null, as `rule` and `text`: the posture, what decides where no rule does. */
  readonly tier: Tier | null;
  readonly rule: string | null;
  /** The rule in its canonical form. */
  readonly text: string | null;
  /** What the posture is, and what made it so; null for a rule. */
  readonly posture: string | null;
  /** Packets that it decided: one for each connection. */
  readonly packets: number;
  readonly bytes: number;
}

export interface RuleSharer {
  readonly container: string;
  readonly service: string | null;
  readonly network: string;
}

export interface WhyQuestion {
  /** A container's name or ID, a service, an address, `world:ADDRESS` or `host`. */
  readonly from: string;
  readonly to: string;
  /** `tcp/80`. */
  readonly probe: string;
  /** Of several that both are on; undefined: all. */
  readonly network: string | undefined;
}

export interface WhyDocument {
  readonly from: string;
  readonly to: string;
  readonly probe: string;
  /** One for each pair of containers and each network that both are on. Empty: they meet nowhere. */
  readonly answers: readonly WhyAnswer[];
  /** Pairs beyond those. */
  readonly more: number;
  /** Why some, or all, meet nowhere. */
  readonly notes: readonly string[];
  /** False: the data plane was refused rows, which are tried again; a mismatch may be due to that. */
  readonly settled: boolean;
}

/** What the data plane decides about a new connection, by its tables as they were read back. */
export interface WhyAnswer {
  readonly network: string;
  readonly from: string;
  readonly to: string;
  readonly verdict: Verdict;
  /** True when it passes only because a denial audits. */
  readonly audit: boolean;
  /** Of the one that opens the connection. */
  readonly egress: WhySide;
  readonly ingress: WhySide;
  /** What the policies say and the label that would change it, for people; null where one is in quarantine. */
  readonly explanation: string | null;
  /** Why one of the two passes nothing. */
  readonly quarantine: readonly string[];
  /** Where the tables do not say what the policies do; there should be none. */
  readonly mismatches: readonly string[];
}

export interface WhySide {
  /** What comes of it: allow for a denial that only audits. */
  readonly verdict: Verdict;
  readonly audit: boolean;
  /** `rule:sql`, `admin:no-telnet`, `baseline:quiet` or `posture`; null: outside, or quarantined. */
  readonly by: string | null;
  /** The rule in its canonical form, or the posture and what made it so. */
  readonly text: string | null;
  /** The label that would turn this side round; null where none can, or the end is outside or quarantined. */
  readonly remedy: Remedy | null;
  /** Packets that this rule or posture decided so far, for all that share it: one for each connection. */
  readonly packets: number;
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
