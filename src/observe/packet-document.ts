import { type EndpointIndex, type NetworkIndex, shortId } from "../model/ids.ts";
import type { Direction } from "../model/posture.ts";
import type { PacketEvent } from "../platform/dataplane/dataplane.ts";
import type { Tier } from "../policy/index.ts";
import type { EventDocument } from "./admin-view.ts";

/** What the numbers of an event stood for when it was read. */
export interface EventNames {
  endpoint(index: EndpointIndex): { readonly id: string; readonly container: string | undefined } | undefined;
  network(index: NetworkIndex): string | undefined;
  rule(policy: number, rule: number): { readonly tier: Tier; readonly name: string } | undefined;
  /** What decides where no rule does, and what made it so. */
  posture(index: EndpointIndex, direction: Direction): string | undefined;
}

/** IANA protocol numbers that have ports, or in ICMP's case a type and a code in their place. */
const PROTOCOLS = new Map([
  [1, "icmp"],
  [6, "tcp"],
  [17, "udp"],
  [58, "icmp6"],
  [132, "sctp"],
]);

/**
 * A packet event with names for numbers, ICMP's type and code as labels write them. Where policy
 * decided, it says by which rule or by what posture. What is lacking is null.
 */
export function packetDocument(event: PacketEvent, names: EventNames, timeMs: number): EventDocument {
  const endpoint = names.endpoint(event.endpoint);
  const rule = event.rule === 0 ? undefined : names.rule(event.policy, event.rule);
  const isDecided = isPolicy(event);
  return {
    event: event.type,
    timeMs,
    reason: event.reason === "NONE" ? null : event.reason,
    network: names.network(event.network) ?? null,
    endpoint: endpoint ? shortId(endpoint.id) : null,
    container: endpoint?.container ?? null,
    peer: peerOf(event, names),
    direction: isDecided ? event.direction : null,
    rule: rule?.name ?? null,
    tier: rule?.tier ?? null,
    posture: isDecided && event.rule === 0 ? (names.posture(event.endpoint, event.direction) ?? null) : null,
    bytes: event.bytes,
    sourceMac: event.sourceMac,
    ...addresses(event),
  };
}

/** One sentence about a packet document. */
export function packetSentence(document: EventDocument): string {
  const { container, endpoint, source, destination, protocol, destinationPort, icmpType } = document;
  const port = destinationPort ?? icmpType;
  const what = protocol === null ? "packet" : port === null ? protocol : `${protocol}/${port}`;
  const route = source === null ? `from ${document.sourceMac}` : `from ${source} to ${destination}`;
  return `${container ?? endpoint ?? "nobody"}: ${what} ${route} ${outcome(document)}`;
}

/** By name; whoever is outside, by the address at the far end. */
function peerOf(event: PacketEvent, names: EventNames): string | null {
  const peer = names.endpoint(event.peer);
  if (peer !== undefined) return peer.container ?? shortId(peer.id);
  if (event.peer !== 0 || !isPolicy(event)) return null;
  return (event.direction === "egress" ? event.destination : event.source) ?? null;
}

function outcome(document: EventDocument): string {
  const { event, reason, direction } = document;
  const by = decider(document);
  if (event === "log") return `${reason === null ? "passed" : `dropped as ${reason}`} ${direction}${by}`;
  return `${event === "audit" ? "would be" : "was"} dropped as ${reason}${by}`;
}

function decider({ rule, tier, posture }: EventDocument): string {
  if (rule !== null) return ` by ${tier === "container" ? "" : `${tier} `}rule ${rule}`;
  return posture === null ? "" : ` by ${posture}`;
}

/** Direction and rule mean something only where policy decided. */
function isPolicy({ reason }: PacketEvent): boolean {
  return reason === "NONE" || reason === "POLICY_EGRESS" || reason === "POLICY_INGRESS";
}

function addresses(event: PacketEvent): Omit<EventDocument, "event" | "timeMs"> {
  const { source, destination, sourcePort, destinationPort } = event;
  const protocol = PROTOCOLS.get(event.protocol);
  const isIcmp = protocol === "icmp" || protocol === "icmp6";
  const hasPorts = protocol !== undefined && !isIcmp;
  return {
    etherType: `0x${event.etherType.toString(16).padStart(4, "0")}`,
    protocol: source === undefined ? null : (protocol ?? String(event.protocol)),
    source: source ?? null,
    destination: destination ?? null,
    sourcePort: hasPorts ? sourcePort : null,
    destinationPort: hasPorts ? destinationPort : null,
    icmpType: isIcmp ? `${sourcePort >> 8}:${sourcePort & 0xff}` : null,
  };
}
