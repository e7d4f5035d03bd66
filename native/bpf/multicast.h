/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Broadcast and multicast, on networks that have it: a copy to each member whose policy, and the
 * sender's, allows it. No connection is remembered; an answer is a new connection of its sender's.
 */
#ifndef HYPERION_BPF_MULTICAST_H
#define HYPERION_BPF_MULTICAST_H

#include "deliver.h"
#include "maps.h"
#include "policy.h"

static __always_inline int network_has_multicast(__u32 network, __u32 *members)
{
	struct hyp_network_key key = { .network = network };
	const struct hyp_network_value *value = bpf_map_lookup_elem(&hyp_network, &key);

	if (!value || !(value->flags & HYP_NETWORK_MULTICAST))
		return 0;
	*members = value->members;
	return 1;
}

/* One member's copy. */
__noinline int copy_to_member(struct __sk_buff *skb, struct packet *packet, __u32 slot)
{
	const struct hyp_endpoint_value *sender, *receiver;
	const struct hyp_member_value *member;
	struct hyp_member_key key = {};
	int reason;

	if (!packet)
		return 0;
	key.network = packet->network;
	key.slot = slot;
	member = bpf_map_lookup_elem(&hyp_member, &key);
	if (!member || member->endpoint == packet->sender)
		return 0;
	sender = endpoint_row(packet->sender);
	receiver = endpoint_row(member->endpoint);
	if (!sender || !receiver || receiver->network != packet->network)
		return 0;
	packet->receiver = member->endpoint;
	if (receiver->mode == HYP_MODE_QUARANTINE) {
		drop(packet, packet->receiver, HYP_REASON_QUARANTINED);
		return 0;
	}
	reason = decide(packet, sender, receiver, 0);
	if (reason != HYP_REASON_NONE) {
		drop(packet, packet->culprit, reason);
		return 0;
	}
	reason = admit(packet, receiver);
	if (reason != HYP_REASON_NONE) {
		drop(packet, packet->receiver, reason);
		return 0;
	}
	if (bpf_clone_redirect(skb, receiver->port, 0) == 0)
		count_delivery(skb, packet);
	return 0;
}

static __noinline int copy_to_members(struct __sk_buff *skb, struct packet *packet, __u32 members)
{
	for (__u32 slot = 0; slot < HYP_FANOUT_MAX; slot++) {
		if (slot >= members)
			break;
		copy_to_member(skb, packet, slot);
	}
	return 0;
}

#endif
