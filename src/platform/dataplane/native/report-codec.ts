import { type DropReason, dropReason } from "../../../model/drop-reason.ts";
import { HyperionError } from "../../../model/errors.ts";
import { macFromBytes } from "../../../model/mac.ts";
import type { Layout } from "../../native/layout.ts";
import { DROP_COUNTER, ENDPOINT_COUNTER, EVENT, NIC_COUNTER, RULE_COUNTER } from "../../native/layouts.ts";
import { StructView } from "../../native/struct-view.ts";
import type { DropCounter, EndpointCounter, NicCounters, PacketEvent, RuleCounter } from "../dataplane.ts";
import { DIRECTIONS, nameOf } from "./names.ts";
import { readIp } from "./row-codec.ts";

/** What the data plane reports as an array of structs: counters and events. */
export interface ReportCodec<T> {
  readonly bytes: number;
  read(memory: Uint8Array, base: number): T;
}

function codec<T, Name extends string>(
  layout: Layout<Name>,
  read: (view: StructView<Name>) => T,
): ReportCodec<T> {
  return {
    bytes: layout.bytes,
    read: (memory, base) => read(new StructView(layout, memory, base)),
  };
}

function reasonOfCode(code: number): DropReason {
  const reason = dropReason(code);
  if (reason !== undefined) return reason;
  throw new HyperionError("E501", { operation: "reading it", reason: `drop reason ${code} is unknown` });
}

export const endpointCounter: ReportCodec<EndpointCounter> = codec(ENDPOINT_COUNTER, (view) => ({
  endpoint: view.get("endpoint"),
  sentPackets: view.get("sent_packets"),
  sentBytes: view.get("sent_bytes"),
  receivedPackets: view.get("received_packets"),
  receivedBytes: view.get("received_bytes"),
}));

export const dropCounter: ReportCodec<DropCounter> = codec(DROP_COUNTER, (view) => ({
  endpoint: view.get("endpoint"),
  reason: reasonOfCode(view.get("reason")),
  packets: view.get("packets"),
  bytes: view.get("bytes"),
}));

export const ruleCounter: ReportCodec<RuleCounter> = codec(RULE_COUNTER, (view) => ({
  policy: view.get("policy"),
  rule: view.get("rule"),
  direction: nameOf(DIRECTIONS, view.get("direction"), "direction"),
  packets: view.get("packets"),
  bytes: view.get("bytes"),
}));

export const nicCounters: ReportCodec<NicCounters> = codec(NIC_COUNTER, (view) => ({
  entries: view.get("entries"),
  connections: view.get("connections"),
  added: view.get("added"),
  updated: view.get("updated"),
  removed: view.get("removed"),
  failed: view.get("failed"),
  connectionsAdded: view.get("connections_added"),
  connectionsRefused: view.get("connections_refused"),
  carried: view.get("carried"),
  punted: view.get("punted"),
  lost: view.get("lost"),
}));

/** enum hyp_event_type. */
const EVENT_TYPES: ReadonlyMap<PacketEvent["type"], number> = new Map([
  ["drop", 1],
  ["audit", 2],
  ["log", 3],
  ["flow", 4],
]);

export const packetEvent: ReportCodec<PacketEvent> = codec(EVENT, (view) => ({
  type: nameOf(EVENT_TYPES, view.get("type"), "event type"),
  timeNs: view.big("time_ns"),
  reason: reasonOfCode(view.get("reason")),
  network: view.get("network"),
  endpoint: view.get("endpoint"),
  peer: view.get("peer"),
  policy: view.get("policy"),
  rule: view.get("rule"),
  bytes: view.get("bytes"),
  etherType: view.get("ethertype"),
  protocol: view.get("protocol"),
  direction: nameOf(DIRECTIONS, view.get("direction"), "direction"),
  source: readIp(view.bytes("source")),
  destination: readIp(view.bytes("destination")),
  sourcePort: view.get("source_port"),
  destinationPort: view.get("destination_port"),
  sourceMac: macFromBytes(view.bytes("source_mac")),
}));
