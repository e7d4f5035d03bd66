/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) AND Apache-2.0 */
/*
 * Why a packet was not delivered: one list for every backend. src/model/drop-reason.ts holds the
 * same rows and says what each means; the binding compares the two at load. Append only.
 */
#ifndef HYPERION_REASONS_H
#define HYPERION_REASONS_H

#define HYP_REASONS(X) \
	X(NONE) \
	X(NO_ENDPOINT) \
	X(QUARANTINED) \
	X(VLAN_TAGGED) \
	X(MALFORMED) \
	X(UNSUPPORTED_PROTOCOL) \
	X(UNKNOWN_NEIGHBOUR) \
	X(SPOOFED_NEIGHBOUR) \
	X(NEIGHBOUR_CONSUMED) \
	X(SPOOFED_MAC) \
	X(SPOOFED_IPV4) \
	X(SPOOFED_IPV6) \
	X(ROGUE_DHCP) \
	X(ROGUE_ROUTER_ADVERTISEMENT) \
	X(RATE_EGRESS) \
	X(RATE_INGRESS) \
	X(POLICY_EGRESS) \
	X(POLICY_INGRESS) \
	X(UNRELATED_ICMP_ERROR) \
	X(FRAGMENT_UNKNOWN) \
	X(NO_ROUTE) \
	X(MULTICAST_OFF) \
	X(TABLE_FULL) \
	X(UNKNOWN_VTEP) \
	X(UNKNOWN_VNI) \
	X(SPOOFED_TUNNEL_SOURCE) \
	X(PUNT_LIMIT)

enum hyp_reason {
#define HYP_REASON_ROW(name) HYP_REASON_##name,
	HYP_REASONS(HYP_REASON_ROW)
#undef HYP_REASON_ROW
	HYP_REASON_COUNT
};

#endif
