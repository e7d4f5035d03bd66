/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef HYPERION_BPF_EVENT_H
#define HYPERION_BPF_EVENT_H

#include "count.h"
#include "maps.h"
#include "parse.h"

/* Drops may fill the ring up to here: a flood of them must not hide what policy asked to see. */
#define HYP_EVENT_DROP_BYTES_MAX (HYP_EVENT_RING_BYTES / 4 * 3)

static __always_inline void count_lost(void)
{
	__u32 zero = 0;
	__u64 *lost = bpf_map_lookup_elem(&hyp_lost, &zero);

	if (lost)
		*lost += 1;
}

/* Reports a packet. Never wakes the reader, who comes by himself: a flood costs him nothing more. */
__noinline int report(const struct packet *packet, __u32 type, __u32 reason, __u32 endpoint,
		      __u32 peer)
{
	struct hyp_event *event = NULL;

	if (!packet)
		return 0;
	if (type != HYP_EVENT_DROP ||
	    bpf_ringbuf_query(&hyp_event, BPF_RB_AVAIL_DATA) < HYP_EVENT_DROP_BYTES_MAX)
		event = bpf_ringbuf_reserve(&hyp_event, sizeof(*event), 0);
	if (!event) {
		count_lost();
		return 0;
	}
	event->time_ns = bpf_ktime_get_ns();
	event->type = type;
	event->reason = reason;
	event->network = packet->network;
	event->endpoint = endpoint;
	event->peer = peer;
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
	bpf_ringbuf_submit(event, BPF_RB_NO_WAKEUP);
	return 0;
}

/* Counts and reports a drop for an endpoint: whose packet it was, or whose policy or rate. */
__noinline int drop(const struct packet *packet, __u32 endpoint, __u32 reason)
{
	if (!packet)
		return 0;
	count_drop(endpoint, reason, packet->bytes);
	report(packet, packet->logged ? HYP_EVENT_LOG : HYP_EVENT_DROP, reason, endpoint,
	       endpoint == packet->sender ? packet->receiver : packet->sender);
	return 0;
}

#endif
