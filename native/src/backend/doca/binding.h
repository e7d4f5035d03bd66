/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the walk (native/walk) asks of the world it runs in: here user space, and the tables of one
 * instance. bpf/binding.h offers the same in the kernel. For walk.c alone.
 */
#ifndef HYPERION_DOCA_BINDING_H
#define HYPERION_DOCA_BINDING_H

#include <linux/if_ether.h>
#include <string.h>
#include <time.h>

#include "../../../walk/order.h"
#include "instance.h"
#include "walk.h"

#define HYP_WALK_TUNNELS 1
#define HYP_VERIFIED_ALONE static

#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif
#define __noinline __attribute__((noinline))

/* The tables that a walk asks; set for its time by the calls of walk.h. The kernel's are global. */
static _Thread_local struct doca_tables *walking;

#define HYP_HEAD_MAX 64u

/* A frame on its walk. */
struct hyp_frame {
	uint8_t *bytes;
	uint32_t length;
	uint32_t capacity;
	uint32_t port; /* 0: from a tunnel */
	const struct walk_outlet *outlet;
	uint32_t reason;  /* of the last drop */
	uint32_t culprit;
	/* A copy of its first bytes, so that what follows the 14 of Ethernet is aligned. */
	uint8_t head[2 + HYP_HEAD_MAX] __attribute__((aligned(8)));
};

#define HYP_DROPPED WALK_DROPPED
#define HYP_COPIED WALK_DELIVERED
#define HYP_PASSED WALK_PASSED

/* Milliseconds here. */
#define hyp_hz 1000u

static inline __u32 now_jiffies(void)
{
	return tables_milliseconds(walking);
}

static inline __u64 now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail with this clock and a valid pointer */
	return (__u64)now.tv_sec * 1000000000u + (__u64)now.tv_nsec;
}

static inline __u32 frame_port(const struct hyp_frame *frame)
{
	return frame->port;
}

static inline __u32 frame_length(const struct hyp_frame *frame)
{
	return frame->length;
}

/* Tags are in the frame's bytes. */
static inline int has_vlan(const struct hyp_frame *frame)
{
	(void)frame;
	return 0;
}

/* Frames are as they are on the wire. */
static inline int is_segmented(const struct hyp_frame *frame)
{
	(void)frame;
	return 0;
}

static inline __u32 frame_packets(const struct hyp_frame *frame)
{
	(void)frame;
	return 1;
}

static inline void load_head(struct hyp_frame *frame, __u32 wanted, const void **data,
			     const void **end)
{
	__u32 length = frame->length < HYP_HEAD_MAX ? frame->length : HYP_HEAD_MAX;

	(void)wanted; /* always less than HYP_HEAD_MAX */
	memcpy(frame->head + 2, frame->bytes, length);
	*data = frame->head + 2;
	*end = frame->head + 2 + length;
}

static inline int load_bytes(const struct hyp_frame *frame, __u32 offset, void *to, __u32 length)
{
	if (offset > frame->length || length > frame->length - offset)
		return -1;
	memcpy(to, frame->bytes + offset, length);
	return 0;
}

static inline int store_bytes(struct hyp_frame *frame, __u32 offset, const void *from,
			      __u32 length)
{
	if (offset > frame->length || length > frame->length - offset)
		return -1;
	memcpy(frame->bytes + offset, from, length);
	return 0;
}

static inline int resize(struct hyp_frame *frame, __u32 length)
{
	if (length > frame->capacity)
		return -1;
	if (length > frame->length)
		memset(frame->bytes + frame->length, 0, length - frame->length);
	frame->length = length;
	return 0;
}

static inline __s64 add_to_sum(const void *words, __u32 size, __s64 sum)
{
	const __u8 *bytes = words;

	for (__u32 at = 0; at + 4 <= size; at += 4) {
		__u32 word;

		memcpy(&word, bytes + at, sizeof(word));
		sum += word;
		sum = (sum & 0xffffffff) + (sum >> 32);
	}
	return sum;
}

static inline int hand_over(struct hyp_frame *frame, __u32 port)
{
	frame->outlet->port(frame->outlet->context, port, frame->bytes, frame->length);
	return WALK_DELIVERED;
}

static inline int send_through_tunnel(struct hyp_frame *frame, __u32 vtep, __u32 network)
{
	frame->outlet->tunnel(frame->outlet->context, vtep, network, frame->bytes, frame->length);
	return WALK_DELIVERED;
}

static inline int copy_to_port(struct hyp_frame *frame, __u32 port)
{
	frame->outlet->port(frame->outlet->context, port, frame->bytes, frame->length);
	return 0;
}

static inline int send_back(struct hyp_frame *frame)
{
	frame->outlet->port(frame->outlet->context, frame->port, frame->bytes, frame->length);
	return WALK_ANSWERED;
}

static inline void note_drop(struct hyp_frame *frame, __u32 endpoint, __u32 reason)
{
	frame->culprit = endpoint;
	frame->reason = reason;
}

static inline int polices_rates(void)
{
	return !walking->options.rates_elsewhere;
}

static inline __u32 endpoint_of_port(__u32 port, __u32 kind)
{
	return doca_tables_endpoint_of_port(walking, port, kind);
}

static inline const struct hyp_endpoint_value *endpoint_row(__u32 endpoint)
{
	return doca_tables_endpoint(walking, endpoint);
}

static inline const struct hyp_network_value *network_row(const struct hyp_network_key *key)
{
	return doca_tables_network(walking, key->network);
}

static inline const struct hyp_neighbour_value *neighbour_row(const struct hyp_neighbour_key *key)
{
	return hash_find(&walking->neighbours, key);
}

static inline const struct hyp_member_value *member_row(const struct hyp_member_key *key)
{
	return hash_find(&walking->members, key);
}

static inline const struct hyp_policy_value *policy_row(const struct hyp_policy_key *key)
{
	return hash_find(&walking->policies, key);
}

static inline __u32 identity_of_address(int ipv4, const union hyp_address *address)
{
	return tables_identity_of(walking, ipv4, address);
}

static inline __u32 prefix_epoch(void)
{
	return walking->prefixes.epoch;
}

static inline int has_tunnel(__u32 network, __u32 vtep)
{
	const struct hyp_network_value *value = doca_tables_network(walking, network);

	return value && value->vni != 0 && doca_tables_vtep(walking, vtep) &&
	       walking->uplinks.count != 0;
}

static inline struct hyp_connection *find_connection(const struct hyp_connection_key *key)
{
	return hash_use(&walking->connections, key);
}

static inline int write_connection(const struct hyp_connection_key *key,
				   const struct hyp_connection *connection)
{
	const struct hyp_connection *present = hash_find(&walking->connections, key);

	if (present && walking->options.forgotten)
		walking->options.forgotten(walking->options.context, key, present);
	return hash_put(&walking->connections, key, connection);
}

static inline const struct hyp_fragment *find_fragment(const struct hyp_fragment_key *key)
{
	return hash_use(&walking->fragments, key);
}

static inline int write_fragment(const struct hyp_fragment_key *key,
				 const struct hyp_fragment *fragment)
{
	return hash_put(&walking->fragments, key, fragment);
}

static inline struct hyp_bucket *find_bucket(__u32 index)
{
	return index < HYP_ENDPOINTS_MAX * 2 ? &walking->buckets[index] : NULL;
}

/* An instance is one thread's at a time. */
static inline void lock_bucket(struct hyp_bucket *bucket)
{
	(void)bucket;
}

static inline void unlock_bucket(struct hyp_bucket *bucket)
{
	(void)bucket;
}

static inline struct hyp_traffic *traffic_of(__u32 endpoint)
{
	return endpoint < HYP_ENDPOINTS_MAX ? &walking->traffic[endpoint] : NULL;
}

static inline struct hyp_count *drop_count(const struct hyp_drop_key *key)
{
	return hash_find(&walking->drops, key);
}

static inline int new_drop_count(const struct hyp_drop_key *key, const struct hyp_count *first)
{
	return hash_put(&walking->drops, key, first);
}

static inline struct hyp_count *rule_count(const struct hyp_rule_key *key)
{
	return hash_use(&walking->rules, key);
}

static inline int new_rule_count(const struct hyp_rule_key *key, const struct hyp_count *first)
{
	return hash_put(&walking->rules, key, first);
}

static inline __u64 event_bytes_waiting(void)
{
	return (__u64)walking->events.count * EVENT_BYTES;
}

static inline struct hyp_event *reserve_event(void)
{
	struct events *events = &walking->events;

	if (events->count == EVENTS_MAX)
		return NULL;
	return &events->ring[(events->first + events->count) % EVENTS_MAX];
}

static inline void submit_event(struct hyp_event *event)
{
	(void)event; /* the one behind the newest */
	walking->events.count++;
}

static inline void count_lost_event(void)
{
	walking->events.lost++;
}

#endif
