/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef HYPERION_WALK_DELIVER_H
#define HYPERION_WALK_DELIVER_H

#include "count.h"
#include "event.h"
#include "guard.h"
#include "rate.h"
#include "remote.h"

/* The receiver's rate, the last that may stop a packet. NONE or a reason. */
static __always_inline int admit(const struct packet *packet,
				 const struct hyp_endpoint_value *receiver)
{
	if (receiver->rate[HYP_INGRESS] == 0 ||
	    take_tokens(packet->receiver, HYP_INGRESS, receiver->rate[HYP_INGRESS],
			receiver->burst[HYP_INGRESS], packet->bytes))
		return HYP_REASON_NONE;
	return HYP_REASON_RATE_INGRESS;
}

/* Hands the packet to packet->receiver, whose row is `receiver`. */
static __always_inline int deliver(struct hyp_frame *frame, const struct packet *packet,
				   const struct hyp_endpoint_value *receiver)
{
	int reason = admit(packet, receiver);

	if (reason != HYP_REASON_NONE)
		return refuse(frame, packet, packet->receiver, reason);
	/* An address that moved to another MAC is still in the sender's ARP cache. */
	if (!same_mac(packet->destination_mac, receiver->mac) &&
	    store_bytes(frame, 0, receiver->mac, 6) != 0)
		return refuse(frame, packet, packet->receiver, HYP_REASON_MALFORMED);
	count_delivery(frame, packet);
#if HYP_WALK_TUNNELS
	if (is_remote(packet->receiver))
		return send_through_tunnel(frame, vtep_of(packet->receiver), packet->network);
#endif
	return hand_over(frame, receiver->port);
}

#endif
