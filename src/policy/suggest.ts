import type { Direction } from "../model/posture.ts";
import type { Protocol } from "../model/rows.ts";

/**
 * Connections of one kind that an endpoint opened or was asked for: what `hyperion flows --json` lists,
 * one object each. Replies are no flows of their own.
 */
export interface SeenFlow {
  /** Whose side decided it: the sender of an egress flow, the receiver of an ingress flow. */
  readonly owner: SeenContainer;
  readonly direction: Direction;
  readonly peer: SeenContainer | SeenAddress;
  readonly protocol: Protocol;
  /** The destination port, or ICMP type << 8 | code, or 0 for `other`. */
  readonly port: number;
  /** How many were seen. */
  readonly packets: number;
}

/** A container as selectors see it. Null: it has none. */
export interface SeenContainer {
  readonly container: string | null;
  readonly project: string | null;
  readonly service: string | null;
  /** `hyperion.group`; empty: none. */
  readonly groups: readonly string[];
}

/** A remote that is no container of Hyperion. */
export interface SeenAddress {
  readonly address: string;
  /** True for an address of the machine that the owner runs on. */
  readonly host: boolean;
}
