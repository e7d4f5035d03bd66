/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Only the first fragment of a packet has ports. It is decided; the others follow it, under the same
 * generations, for as long as a receiver would wait for them. Those that overtake it are dropped.
 */
#ifndef HYPERION_WALK_FRAGMENT_H
#define HYPERION_WALK_FRAGMENT_H

#include "connection.h"
#include "parse.h"

#define HYP_TIMEOUT_FRAGMENT 30 /* seconds: net.ipv4.ipfrag_time */

static __always_inline void fragment_key(const struct packet *packet, __u32 network,
					 struct hyp_fragment_key *key)
{
	key->source = packet->source;
	key->destination = packet->destination;
	key->network = network;
	key->id = packet->fragment_id;
	key->protocol = packet->protocol;
	key->reserved = 0;
}

/* The first one passed, under the generations of sender and receiver: lets the others follow. NONE or
 * a reason. */
static __noinline int remember_fragment(const struct packet *packet, __u32 network, __u32 sender,
					__u32 receiver)
{
	struct hyp_fragment fragment = {
		.receiver = packet->receiver,
		.generation = { sender, receiver },
		.seen = now_jiffies(),
	};
	struct hyp_fragment_key key;

	fragment_key(packet, network, &key);
	return write_fragment(&key, &fragment) == 0
		       ? HYP_REASON_NONE
		       : HYP_REASON_TABLE_FULL;
}

/* Finds the receiver of a later fragment. NONE with packet->receiver set, or a reason. */
static __noinline int follow_fragment(struct packet *packet, const struct hyp_endpoint_value *sender)
{
	const struct hyp_endpoint_value *receiver;
	const struct hyp_fragment *fragment;
	struct hyp_endpoint_value remote;
	struct hyp_fragment_key key;

	fragment_key(packet, packet->network, &key);
	fragment = find_fragment(&key);
	if (!fragment || now_jiffies() - fragment->seen > HYP_TIMEOUT_FRAGMENT * hyp_hz ||
	    fragment->generation[0] != sender->generation)
		return HYP_REASON_FRAGMENT_UNKNOWN;
	receiver = row_of(packet->network, fragment->receiver, &packet->destination, &remote);
	if (!receiver || fragment->generation[1] != receiver->generation)
		return HYP_REASON_FRAGMENT_UNKNOWN;
	packet->receiver = fragment->receiver;
	return HYP_REASON_NONE;
}

#endif
