import type { DropReason } from "../../../src/model/drop-reason.ts";
import type { PacketCase } from "../cases/case.ts";
import type { Flow, FlowOutcome } from "./flow.ts";
import type { Received } from "./wire.ts";

/** Data planes that the cases run on. */
export const BACKENDS = ["ebpf", "doca"] as const;
export type Backend = (typeof BACKENDS)[number];

/** What a test asks of the agent. */
export type Request = { readonly id: number } & (
  | { readonly packetCase: PacketCase }
  | { readonly flow: Flow }
);

export interface Answer {
  readonly id: number;
  /** Of a case: one for each packet. */
  readonly outcomes?: readonly Outcome[];
  /** Of a flow: one for each step of traffic. */
  readonly flowed?: readonly FlowOutcome[];
  readonly error?: string;
}

/** What one packet did. Numbers are those of the case. Counters say by how much they grew. */
export interface Outcome {
  readonly received: readonly Received[];
  readonly drops: readonly { endpoint: number; reason: DropReason; packets: number; bytes: number }[];
  readonly traffic: readonly Traffic[];
  readonly rules: readonly { policy: number; rule: number; direction: string; packets: number }[];
  readonly events: readonly SeenEvent[];
}

export interface Traffic {
  readonly endpoint: number;
  readonly sentPackets: number;
  readonly sentBytes: number;
  readonly receivedPackets: number;
  readonly receivedBytes: number;
}

export interface SeenEvent {
  readonly type: "drop" | "audit" | "log" | "flow";
  readonly reason: DropReason;
  readonly endpoint: number;
  readonly peer: number;
  readonly policy: number;
  readonly rule: number;
  readonly direction: "egress" | "ingress";
  readonly bytes: number;
}
