/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef HYPERION_WALK_COUNT_H
#define HYPERION_WALK_COUNT_H

#include "parse.h"

static __always_inline void add(struct hyp_count *count, __u64 packets, __u64 bytes)
{
	count->packets += packets;
	count->bytes += bytes;
}

/* Counts what is handed to a receiver. A segment yet to be cut counts as the packets it becomes. */
static __always_inline void count_delivery(struct hyp_frame *frame, const struct packet *packet)
{
	__u32 sender = packet->sender;
	__u32 receiver = packet->receiver;
	__u32 segments = frame_packets(frame);
	struct hyp_traffic *traffic;

	traffic = traffic_of(sender);
	if (traffic) {
		traffic->sent_packets += segments;
		traffic->sent_bytes += packet->bytes;
	}
	traffic = traffic_of(receiver);
	if (traffic) {
		traffic->received_packets += segments;
		traffic->received_bytes += packet->bytes;
	}
}

static __always_inline void count_drop(__u32 endpoint, __u32 reason, __u32 bytes)
{
	struct hyp_drop_key key = { .endpoint = endpoint, .reason = reason };
	struct hyp_count first = { .packets = 1, .bytes = bytes };
	struct hyp_count *count = drop_count(&key);

	if (count) {
		add(count, 1, bytes);
		return;
	}
	if (new_drop_count(&key, &first) == 0)
		return;
	/* Another CPU made the row meanwhile, or there is no room for it. */
	count = drop_count(&key);
	if (!count) {
		key.endpoint = 0;
		count = drop_count(&key);
	}
	if (count)
		add(count, 1, bytes);
}

static __always_inline void count_rule(__u32 policy, __u32 rule, __u32 direction, __u32 bytes)
{
	struct hyp_rule_key key = { .policy = policy, .rule = rule, .direction = direction };
	struct hyp_count first = { .packets = 1, .bytes = bytes };
	struct hyp_count *count = rule_count(&key);

	if (!count && new_rule_count(&key, &first) != 0)
		count = rule_count(&key);
	if (count)
		add(count, 1, bytes);
}

#endif
