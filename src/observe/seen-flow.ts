import type { EndpointIndex } from "../model/ids.ts";
import type { Ip } from "../model/ip.ts";
import type { Protocol } from "../model/rows.ts";
import type { PacketEvent } from "../platform/dataplane/dataplane.ts";
import type { SeenAddress, SeenContainer, SeenFlow } from "../policy/index.ts";

/** What the numbers and addresses of a flow event stood for when it was read. */
export interface FlowNames {
  /** As policies see it; undefined: nobody knows any more who that was. */
  seen(index: EndpointIndex): SeenContainer | undefined;
  /** Whether it is an address of this machine. */
  isHost(address: Ip): boolean;
}

/** By IANA protocol number. */
const PROTOCOLS = new Map<number, Protocol>([
  [1, "icmp"],
  [6, "tcp"],
  [17, "udp"],
  [58, "icmp6"],
  [132, "sctp"],
]);

/**
 * ICMPv6 types by which a link keeps itself going: listeners (RFC 2710 §3, RFC 3810 §5), routers and
 * neighbours (RFC 4861 §4). Kernels send them by themselves; no application needs a rule for them.
 */
const LINK_TYPES = new Set([130, 131, 132, 133, 134, 135, 136, 137, 143]);

/**
 * A flow event as one connection of its kind; undefined where one of the two ends is not known, and
 * for what is of the link alone.
 */
export function seenFlow(event: PacketEvent, names: FlowNames): SeenFlow | undefined {
  const owner = names.seen(event.endpoint);
  const peer = peerOf(event, names);
  if (owner === undefined || peer === undefined) return undefined;
  const protocol = PROTOCOLS.get(event.protocol) ?? "other";
  if (protocol === "icmp6" && LINK_TYPES.has(event.sourcePort >> 8)) return undefined;
  return {
    owner: shared(owner),
    direction: event.direction,
    peer: "address" in peer ? peer : shared(peer),
    protocol,
    port: portOf(event, protocol),
    packets: 1,
  };
}

/** Without a peer in the tables it is the address at the far end: outside. */
function peerOf(event: PacketEvent, names: FlowNames): SeenContainer | SeenAddress | undefined {
  if (event.peer !== 0) return names.seen(event.peer);
  const address = event.direction === "egress" ? event.destination : event.source;
  return address === undefined ? undefined : { address, host: names.isHost(address) };
}

/** Replicas are one: which of them it was says nothing about the next. */
function shared(seen: SeenContainer): SeenContainer {
  return seen.service === null ? seen : { ...seen, container: null };
}

/** ICMP has its type and code where others have the source port. */
function portOf({ sourcePort, destinationPort }: PacketEvent, protocol: Protocol): number {
  if (protocol === "other") return 0;
  return protocol === "icmp" || protocol === "icmp6" ? sourcePort : destinationPort;
}
