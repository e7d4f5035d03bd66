/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef HYPERION_BPF_DELIVER_H
#define HYPERION_BPF_DELIVER_H

#include <linux/if_packet.h>
#include <linux/pkt_cls.h>

#include "count.h"
#include "event.h"
#include "guard.h"
#include "rate.h"

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
static __always_inline int deliver(struct __sk_buff *skb, const struct packet *packet,
				   const struct hyp_endpoint_value *receiver)
{
	int reason = admit(packet, receiver);

	if (reason != HYP_REASON_NONE) {
		drop(packet, packet->receiver, reason);
		return TC_ACT_SHOT;
	}
	/* An address that moved to another MAC is still in the sender's ARP cache. */
	if (!same_mac(packet->destination_mac, receiver->mac) &&
	    bpf_skb_store_bytes(skb, 0, receiver->mac, 6, 0) != 0) {
		drop(packet, packet->receiver, HYP_REASON_MALFORMED);
		return TC_ACT_SHOT;
	}
	/* The representor took it for somebody else's, and the receiver's stack would believe that. (From
	 * 6.16 on bpf_redirect_peer does away with it.) */
	if (skb->pkt_type != PACKET_HOST)
		bpf_skb_change_type(skb, PACKET_HOST);
	count_delivery(skb, packet);
	return bpf_redirect_peer(receiver->port, 0);
}

#endif
