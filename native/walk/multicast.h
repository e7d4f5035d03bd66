/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Broadcast and multicast, on networks that have it: a copy to each member whose policy, and the
 * sender's, allows it. No connection is remembered; an answer is a new connection of its sender's.
 */
#ifndef HYPERION_WALK_MULTICAST_H
#define HYPERION_WALK_MULTICAST_H

#include "deliver.h"
#include "policy.h"

static __always_inline int network_has_multicast(__u32 network, __u32 *members)
{
	struct hyp_network_key key = { .network = network };
	const struct hyp_network_value *value = network_row(&key);

	if (!value || !(value->flags & HYP_NETWORK_MULTICAST))
		return 0;
	*members = value->members;
	return 1;
}

/* One member's copy. */
HYP_VERIFIED_ALONE int copy_to_member(struct hyp_frame *frame, struct packet *packet, __u32 slot)
{
	const struct hyp_endpoint_value *sender, *receiver;
	const struct hyp_member_value *member;
	struct hyp_endpoint_value remote;
	struct hyp_member_key key = {};
	int reason;

	if (!packet)
		return 0;
	key.network = packet->network;
	key.slot = slot;
	member = member_row(&key);
	if (!member || member->endpoint == packet->sender)
		return 0;
	sender = row_of(packet->network, packet->sender, &packet->source, &remote);
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
	if (copy_to_port(frame, receiver->port) == 0)
		count_delivery(frame, packet);
	return 0;
}

static __noinline int copy_to_members(struct hyp_frame *frame, struct packet *packet, __u32 members)
{
	for (__u32 slot = 0; slot < HYP_FANOUT_MAX; slot++) {
		if (slot >= members)
			break;
		copy_to_member(frame, packet, slot);
	}
	return 0;
}

#endif
