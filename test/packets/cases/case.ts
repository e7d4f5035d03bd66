import type { DropReason } from "../../../src/model/drop-reason.ts";
import type { Row } from "../../../src/model/rows.ts";
import type { Operation } from "../../../src/platform/dataplane/dataplane.ts";

/**
 * One behaviour of a data plane: tables, what is put in, and what must come of it. Nothing here knows
 * which backend runs it. Ports, networks, endpoints and generations are small numbers of the case's
 * own; the lab gives them real ones that no other case has.
 */
export interface PacketCase {
  readonly name: string;
  readonly rows: readonly Row[];
  readonly steps: readonly Step[];
}

export type Step = SendStep | ApplyStep | WaitStep;

export interface SendStep {
  /** What an endpoint sends: a whole frame, into the far side of a port. */
  readonly send: Uint8Array;
  readonly port: number;
  /** Copies of it that reach other ports, in any order; exactly these. */
  readonly delivered?: readonly Emission[];
  /** What the data plane itself answers on the same port. */
  readonly answered?: Uint8Array;
  /** Drops counted, in any order; exactly these, each of one packet of the frame's length. */
  readonly drops?: readonly Drop[];
  /** Whom it counts for, where that is not the endpoints of the ports that it passes through. */
  readonly traffic?: readonly Carried[];
  /** Length that a drop is counted with, where it is not the frame's. */
  readonly countedBytes?: number;
  /** Where given, the events reported, in order; drops are reported for themselves and not listed. */
  readonly events?: readonly Reported[];
  /** Where given, what rules counted: exactly these, in any order. */
  readonly rules?: readonly Decided[];
}

export interface ApplyStep {
  readonly apply: readonly Operation[];
}

export interface WaitStep {
  readonly waitMs: number;
}

export interface Emission {
  readonly port: number;
  readonly frame: Uint8Array;
}

export interface Drop {
  /** 0 when the sender is no endpoint. */
  readonly endpoint: number;
  readonly reason: DropReason;
}

/** Packets, each of the frame's length. */
export interface Carried {
  readonly endpoint: number;
  readonly sent?: number;
  readonly received?: number;
}

export interface Reported {
  readonly type: "audit" | "log" | "flow";
  readonly reason: DropReason;
  readonly endpoint: number;
  readonly peer: number;
  readonly policy: number;
  readonly rule: number;
  readonly direction: "egress" | "ingress";
}

export interface Decided {
  readonly policy: number;
  readonly rule: number;
  readonly direction: "egress" | "ingress";
}
