/**
 * Why a packet was not delivered. One list for C, eBPF, TypeScript, metrics and documents:
 * `native/include/hyperion/reasons.h` holds the same rows, and the binding compares them at load.
 * The position is the number on the ABI; rows are only ever appended.
 */
export const DROP_REASONS = [
  ["NONE", "Not a drop."],
  ["NO_ENDPOINT", "The port belongs to no endpoint."],
  [
    "QUARANTINED",
    "The sender or the receiver is not attributed to a container yet, or its policy is invalid.",
  ],
  ["VLAN_TAGGED", "The endpoint sent a VLAN tag."],
  ["MALFORMED", "A header is cut short or contradicts itself."],
  ["UNSUPPORTED_PROTOCOL", "Neither ARP, IPv4 nor IPv6, or an IPv6 extension header that is not walked."],
  ["UNKNOWN_NEIGHBOUR", "ARP or ND asked for an address that no endpoint of the network has."],
  ["SPOOFED_NEIGHBOUR", "ARP or ND claimed somebody else's address."],
  [
    "NEIGHBOUR_CONSUMED",
    "An endpoint announced or probed its own address; peers are answered from the table, so nobody else needs to hear it.",
  ],
  ["SPOOFED_MAC", "The source MAC is not the endpoint's."],
  ["SPOOFED_IPV4", "The IPv4 source is not the endpoint's."],
  ["SPOOFED_IPV6", "The IPv6 source is not the endpoint's."],
  ["ROGUE_DHCP", "The endpoint sent a DHCP server message."],
  ["ROGUE_ROUTER_ADVERTISEMENT", "The endpoint sent a router advertisement or a redirect."],
  ["RATE_EGRESS", "The sender's egress rate is used up."],
  ["RATE_INGRESS", "The receiver's ingress rate is used up."],
  ["POLICY_EGRESS", "The sender's egress policy denies it."],
  ["POLICY_INGRESS", "The receiver's ingress policy denies it."],
  ["UNRELATED_ICMP_ERROR", "An ICMP error that belongs to no known connection."],
  ["FRAGMENT_UNKNOWN", "A later fragment whose first fragment was not passed."],
  ["NO_ROUTE", "No endpoint of the network has the destination address."],
  ["MULTICAST_OFF", "Broadcast or multicast on a network without hyperion.multicast."],
  ["TABLE_FULL", "The connection table took no new connection."],
  ["UNKNOWN_VTEP", "A tunnel packet from an address that is no other node's."],
  ["UNKNOWN_VNI", "A tunnel packet with a VNI that is no network's."],
  [
    "SPOOFED_TUNNEL_SOURCE",
    "The source inside a tunnel packet, MAC or address, is nobody's behind the node that sent it.",
  ],
  ["PUNT_LIMIT", "More new packets than the software behind the NIC may decide."],
] as const satisfies readonly (readonly [string, string])[];

export type DropReason = (typeof DROP_REASONS)[number][0];

/** The reason behind a number of the ABI; undefined for one that this build does not know. */
export function dropReason(code: number): DropReason | undefined {
  return DROP_REASONS[code]?.[0];
}
