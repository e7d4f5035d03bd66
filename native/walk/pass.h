/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What is done with a packet whose sender is known and may send from its source: finding its
 * receiver, asking policy, handing it over. Each of these ends the walk.
 */
#ifndef HYPERION_WALK_PASS_H
#define HYPERION_WALK_PASS_H

#include "connection.h"
#include "deliver.h"
#include "event.h"
#include "fragment.h"
#include "multicast.h"
#include "remote.h"

/* Delivers what has passed; a first fragment lets the others follow. */
static __always_inline int pass(struct hyp_frame *frame, struct packet *packet,
				const struct hyp_endpoint_value *sender,
				const struct hyp_endpoint_value *receiver)
{
	if (packet->fragment == FIRST_FRAGMENT) {
		int reason = remember_fragment(packet, packet->network, sender->generation,
						receiver->generation);

		if (reason != HYP_REASON_NONE)
			return refuse(frame, packet, packet->sender, reason);
	}
	return deliver(frame, packet, receiver);
}

/* A packet that nothing remembered decides: finds its receiver and asks policy. */
static __noinline int pass_new(struct hyp_frame *frame, struct packet *packet,
			       const struct hyp_connection_key *key,
			       const struct hyp_endpoint_value *sender)
{
	const struct hyp_neighbour_value *neighbour;
	const struct hyp_endpoint_value *receiver;
	struct hyp_endpoint_value remote;
	int reason;

	neighbour = find_neighbour(packet->network, &packet->destination);
	if (!neighbour)
		return refuse(frame, packet, packet->sender, HYP_REASON_NO_ROUTE);
	packet->receiver = index_of(neighbour);
	if (is_remote(packet->sender) && is_remote(packet->receiver))
		return refuse(frame, packet, packet->sender, HYP_REASON_NO_ROUTE);
	receiver = row_of(packet->network, packet->receiver, &packet->destination, &remote);
	if (!receiver || receiver->network != packet->network)
		return refuse(frame, packet, packet->sender, HYP_REASON_NO_ROUTE);
	if (receiver->mode == HYP_MODE_QUARANTINE)
		return refuse(frame, packet, packet->receiver, HYP_REASON_QUARANTINED);
	reason = decide(packet, sender, receiver, 0);
	if (reason != HYP_REASON_NONE)
		return refuse(frame, packet, packet->culprit, reason);
	reason = open_connection(packet, key, sender->generation, receiver->generation, 0);
	if (reason != HYP_REASON_NONE)
		return refuse(frame, packet, packet->sender, reason);
	return pass(frame, packet, sender, receiver);
}

/* A packet of a connection, or the first of one. */
static __always_inline int pass_flow(struct hyp_frame *frame, struct packet *packet,
				     const struct hyp_endpoint_value *sender)
{
	int low = is_low(packet);
	const struct hyp_endpoint_value *receiver;
	struct hyp_endpoint_value remote;
	struct hyp_connection *connection;
	struct hyp_connection_key key;
	int initiator, reason;
	__u32 now, remembered;

	connection_key(packet, low, &key);
	connection = find_connection(&key);
	if (!connection)
		return pass_new(frame, packet, &key, sender);
	now = now_jiffies();
	initiator = from_initiator(connection, low);
	if (!may_follow(packet, initiator) || now - connection->seen > connection->timeout)
		return pass_new(frame, packet, &key, sender);
	/* The kernel may give an entry to another connection while it is read, and indices are used
	 * again: what is remembered counts only if it is about this sender and this destination. */
	remembered = initiator ? connection->endpoint[0] : connection->endpoint[1];
	packet->receiver = initiator ? connection->endpoint[1] : connection->endpoint[0];
	receiver = row_of(packet->network, packet->receiver, &packet->destination, &remote);
	if (remembered != packet->sender || !receiver || receiver->network != packet->network ||
	    !owns(receiver, packet, &packet->destination))
		return pass_new(frame, packet, &key, sender);
	if (receiver->mode == HYP_MODE_QUARANTINE)
		return refuse(frame, packet, packet->receiver, HYP_REASON_QUARANTINED);
	if ((initiator ? sender : receiver)->generation != connection->generation[0] ||
	    (initiator ? receiver : sender)->generation != connection->generation[1]) {
		reason = decide_again(packet, connection, sender, receiver, initiator);
		if (reason != HYP_REASON_NONE)
			return refuse(frame, packet, packet->culprit, reason);
	}
	touch(connection, packet, initiator, now);
	return pass(frame, packet, sender, receiver);
}

/* A packet whose receiver another packet decided: a later fragment, or an ICMP error. */
static __noinline int pass_related(struct hyp_frame *frame, struct packet *packet,
				   const struct hyp_endpoint_value *sender)
{
	const struct hyp_endpoint_value *receiver;
	struct hyp_endpoint_value remote;
	int reason = packet->fragment == LATER_FRAGMENT ? follow_fragment(packet, sender)
							: relate(frame, packet);

	if (reason != HYP_REASON_NONE)
		return refuse(frame, packet, packet->sender, reason);
	receiver = row_of(packet->network, packet->receiver, &packet->destination, &remote);
	if (!receiver)
		return refuse(frame, packet, packet->sender, HYP_REASON_NO_ROUTE);
	if (receiver->mode == HYP_MODE_QUARANTINE)
		return refuse(frame, packet, packet->receiver, HYP_REASON_QUARANTINED);
	return pass(frame, packet, sender, receiver);
}

static __noinline int pass_multicast(struct hyp_frame *frame, struct packet *packet)
{
	__u32 members = 0;

	if (!network_has_multicast(packet->network, &members))
		return refuse(frame, packet, packet->sender, HYP_REASON_MULTICAST_OFF);
	/* Later fragments have no ports, and nothing remembers which members the first one reached. */
	if (packet->fragment != WHOLE)
		return refuse(frame, packet, packet->sender, HYP_REASON_FRAGMENT_UNKNOWN);
	copy_to_members(frame, packet, members);
	return HYP_COPIED;
}

/* By what the packet is: to several, following another, or of a connection. */
static __always_inline int pass_any(struct hyp_frame *frame, struct packet *packet,
				    const struct hyp_endpoint_value *sender)
{
	if (is_multicast(packet))
		return pass_multicast(frame, packet);
	if (packet->fragment == LATER_FRAGMENT || packet->kind == KIND_ERROR)
		return pass_related(frame, packet, sender);
	return pass_flow(frame, packet, sender);
}

#endif
