/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The walk of a packet that a tunnel brought, without its outer headers. The node that sent it has
 * asked its endpoint's egress policy; who that endpoint is, is not believed but looked up.
 */
#ifndef HYPERION_WALK_FROM_TUNNEL_H
#define HYPERION_WALK_FROM_TUNNEL_H

#include "guard.h"
#include "neighbour.h"
#include "pass.h"
#include "remote.h"

/* The neighbour that the packet is from, if it is behind packet->sender, or NULL. */
static __always_inline const struct hyp_neighbour_value *
guard_tunnel_source(const struct packet *packet)
{
	const struct hyp_neighbour_value *neighbour;

	if (!is_ipv4(packet) && is_mapped(&packet->source))
		return NULL;
	neighbour = find_neighbour(packet->network, &packet->source);
	if (!neighbour || index_of(neighbour) != packet->sender ||
	    !same_mac(packet->source_mac, neighbour->mac))
		return NULL;
	return neighbour;
}

/* Walks the inner frame of a packet from a VTEP; *packet is all zero before. */
static __always_inline int from_tunnel(struct hyp_frame *frame, struct packet *packet, __u32 vtep,
				       __u32 network)
{
	int reason = parse(frame, packet);
	const struct hyp_neighbour_value *neighbour;
	struct hyp_endpoint_value sender;

	packet->sender = HYP_REMOTE(vtep);
	packet->network = network;
	if (reason != HYP_REASON_NONE)
		return refuse(frame, packet, packet->sender, reason);
	/* Every node answers its own endpoints. */
	if (packet->ethertype == ETH_P_ARP || is_nd(packet))
		return refuse(frame, packet, packet->sender, HYP_REASON_NEIGHBOUR_CONSUMED);
	neighbour = guard_tunnel_source(packet);
	if (!neighbour)
		return refuse(frame, packet, packet->sender, HYP_REASON_SPOOFED_TUNNEL_SOURCE);
	stand_in(&sender, network, &packet->source, neighbour);
	reason = guard_message(packet);
	if (reason != HYP_REASON_NONE)
		return refuse(frame, packet, packet->sender, reason);
	return pass_any(frame, packet, &sender);
}

#endif
