import type { Row } from "../../../src/model/rows.ts";
import type { Operation } from "../../../src/platform/dataplane/dataplane.ts";

/**
 * Many packets of few connections. A case asks of each packet what became of it; a flow how many
 * arrived, and what the NIC had to do for it.
 */
export interface Flow {
  readonly rows: readonly Row[];
  readonly steps: readonly FlowStep[];
}

export type FlowStep = TrafficStep | { readonly apply: readonly Operation[] };

export interface TrafficStep {
  /** Sent in turn, over and over. */
  readonly frames: readonly FlowFrame[];
  /** How many packets in all. */
  readonly packets: number;
  /** Without it, each packet waits until the one before has arrived. */
  readonly packetsPerSecond?: number;
  /** Applied meanwhile, one after the other, evenly spread. Only with a rate. */
  readonly changes?: readonly (readonly Operation[])[];
}

export interface FlowFrame {
  readonly frame: Uint8Array;
  readonly port: number;
  /** The port that it is to arrive at, unchanged. */
  readonly to: number;
}

/** What came of one step of traffic. */
export interface FlowOutcome {
  readonly sent: number;
  /** Of these, what arrived where it was to. */
  readonly received: number;
  /** Whatever else arrived. */
  readonly others: number;
  /** What the NIC did meanwhile; undefined where there is none. */
  readonly nic: NicGrowth | undefined;
}

export interface NicGrowth {
  readonly carried: number;
  readonly punted: number;
  readonly lost: number;
  readonly connectionsAdded: number;
  readonly connectionsRefused: number;
}
