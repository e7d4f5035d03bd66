/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The walk of a packet that an endpoint sends.
 *
 * Stages, each of which may end the walk with one reason: port and endpoint; neighbours; source
 * guard; egress rate; connection; destination and policy; the receiver's rate; delivery.
 */
#ifndef HYPERION_WALK_FROM_PORT_H
#define HYPERION_WALK_FROM_PORT_H

#include "guard.h"
#include "neighbour.h"
#include "pass.h"
#include "rate.h"

/* Walks a frame that its port received; *packet is all zero before. */
static __always_inline int from_port(struct hyp_frame *frame, struct packet *packet)
{
	const struct hyp_endpoint_value *sender;
	int malformed, reason;
	__u32 endpoint;

	malformed = parse(frame, packet);
	endpoint = endpoint_of_port(frame_port(frame), HYP_PORT_VF);
	sender = endpoint_row(endpoint);
	if (!sender)
		return refuse(frame, packet, 0, HYP_REASON_NO_ENDPOINT);
	packet->sender = endpoint;
	packet->network = sender->network;
	if (sender->mode == HYP_MODE_QUARANTINE)
		return refuse(frame, packet, packet->sender, HYP_REASON_QUARANTINED);
	if (malformed != HYP_REASON_NONE)
		return refuse(frame, packet, packet->sender, malformed);
	if (!same_mac(packet->source_mac, sender->mac))
		return refuse(frame, packet, packet->sender, HYP_REASON_SPOOFED_MAC);

	if (packet->ethertype == ETH_P_ARP || is_nd(packet)) {
		reason = packet->ethertype == ETH_P_ARP ? receive_arp(frame, packet, sender)
						       : receive_nd(frame, packet, sender);
		return reason == HYP_REASON_NONE ? send_back(frame)
						 : refuse(frame, packet, packet->sender, reason);
	}
	reason = guard_source(packet, sender);
	if (reason != HYP_REASON_NONE)
		return refuse(frame, packet, packet->sender, reason);
	if (sender->rate[HYP_EGRESS] != 0 &&
	    !take_tokens(packet->sender, HYP_EGRESS, sender->rate[HYP_EGRESS],
			 sender->burst[HYP_EGRESS], packet->bytes))
		return refuse(frame, packet, packet->sender, HYP_REASON_RATE_EGRESS);

	return pass_any(frame, packet, sender);
}

#endif
