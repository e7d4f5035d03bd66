/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef HYPERION_WALK_EVENT_H
#define HYPERION_WALK_EVENT_H

#include "count.h"
#include "parse.h"
#include "remote.h"

/* Drops and flows may fill the ring up to here: a flood of them must not hide what policy asked to see. */
#define HYP_EVENT_DROP_BYTES_MAX (HYP_EVENT_RING_BYTES / 4 * 3)

/* Reports a packet. */
HYP_VERIFIED_ALONE int report(const struct packet *packet, __u32 type, __u32 reason, __u32 endpoint,
		      __u32 peer)
{
	struct hyp_event *event = NULL;

	if (!packet)
		return 0;
	if ((type != HYP_EVENT_DROP && type != HYP_EVENT_FLOW) ||
	    event_bytes_waiting() < HYP_EVENT_DROP_BYTES_MAX)
		event = reserve_event();
	if (!event) {
		count_lost_event();
		return 0;
	}
	event->time_ns = now_ns();
	event->type = type;
	event->reason = reason;
	event->network = packet->network;
	event->endpoint = known_index(endpoint);
	event->peer = known_index(peer);
	event->policy = packet->policy;
	event->rule = packet->rule;
	event->bytes = packet->bytes;
	event->ethertype = packet->ethertype;
	event->source_port = is_icmp(packet) ? packet->service : packet->source_port;
	event->destination_port = is_icmp(packet) ? 0 : packet->destination_port;
	event->protocol = packet->protocol;
	event->direction = packet->direction;
	__builtin_memcpy(event->source, &packet->source, 16);
	__builtin_memcpy(event->destination, &packet->destination, 16);
	__builtin_memcpy(event->source_mac, packet->source_mac, 6);
	event->reserved[0] = 0;
	event->reserved[1] = 0;
	submit_event(event);
	return 0;
}

/* Counts and reports a drop for an endpoint: whose packet it was, or whose policy or rate. */
HYP_VERIFIED_ALONE int drop(const struct packet *packet, __u32 endpoint, __u32 reason)
{
	if (!packet)
		return 0;
	count_drop(known_index(endpoint), reason, packet->bytes);
	report(packet, packet->logged ? HYP_EVENT_LOG : HYP_EVENT_DROP, reason, endpoint,
	       endpoint == packet->sender ? packet->receiver : packet->sender);
	return 0;
}

/* Ends the walk of a packet with a reason. */
static __always_inline int refuse(struct hyp_frame *frame, const struct packet *packet,
				  __u32 endpoint, __u32 reason)
{
	drop(packet, endpoint, reason);
	note_drop(frame, known_index(endpoint), reason);
	return HYP_DROPPED;
}

#endif
