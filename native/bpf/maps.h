/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The maps. Names are those of their pins. Sizes come from tables.h. */
#ifndef HYPERION_BPF_MAPS_H
#define HYPERION_BPF_MAPS_H

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "state.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct hyp_meta);
} hyp_meta SEC(".maps");

/* Ports below HYP_NEAR_PORTS: HYP_NEAR_PORT() by index. Mapped into user space. A kernel
 * numbers its devices from 1 on, and a hash is a fifth of what an established packet costs. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, HYP_NEAR_PORTS);
	__type(key, __u32);
	__type(value, __u64);
} hyp_near_port SEC(".maps");

/* All others. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, HYP_PORTS_MAX);
	__type(key, struct hyp_port_key);
	__type(value, struct hyp_port_value);
} hyp_port SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, HYP_NETWORKS_MAX);
	__type(key, struct hyp_network_key);
	__type(value, struct hyp_network_value);
} hyp_network SEC(".maps");

/* Mapped into user space: a row is published by one store, which bpf(2) does not promise. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, HYP_ENDPOINTS_MAX);
	__type(key, __u32);
	__type(value, __u64);
} hyp_current SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, HYP_ENDPOINTS_MAX * HYP_ENDPOINT_SLOTS);
	__type(key, __u32);
	__type(value, struct hyp_endpoint_value);
} hyp_endpoint SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, HYP_NEIGHBOURS_MAX);
	__type(key, struct hyp_neighbour_key);
	__type(value, struct hyp_neighbour_value);
} hyp_neighbour SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, HYP_MEMBERS_MAX);
	__type(key, struct hyp_member_key);
	__type(value, struct hyp_member_value);
} hyp_member SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, HYP_POLICY_ENTRIES_MAX);
	__type(key, struct hyp_policy_key);
	__type(value, struct hyp_policy_value);
} hyp_policy SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, HYP_PREFIXES_MAX);
	__type(key, struct hyp_prefix_trie_key);
	__type(value, struct hyp_prefix_value);
} hyp_prefix SEC(".maps");

/* How often the prefix table changed. Mapped into user space, which counts. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} hyp_epoch SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, HYP_CONNECTIONS_DEFAULT);
	__type(key, struct hyp_connection_key);
	__type(value, struct hyp_connection);
} hyp_connection SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, HYP_FRAGMENTS_MAX);
	__type(key, struct hyp_fragment_key);
	__type(value, struct hyp_fragment);
} hyp_fragment SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, HYP_ENDPOINTS_MAX * 2);
	__type(key, __u32);
	__type(value, struct hyp_bucket);
} hyp_bucket SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, HYP_ENDPOINTS_MAX);
	__type(key, __u32);
	__type(value, struct hyp_traffic);
} hyp_traffic SEC(".maps");

/* Room for eight reasons per endpoint on average; what finds none is counted for endpoint 0. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, HYP_ENDPOINTS_MAX * 8);
	__type(key, struct hyp_drop_key);
	__type(value, struct hyp_count);
} hyp_drop SEC(".maps");

/* LRU: the counters of policy sets that are gone make room for new ones. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_PERCPU_HASH);
	__uint(max_entries, HYP_RULES_MAX);
	__type(key, struct hyp_rule_key);
	__type(value, struct hyp_count);
} hyp_rule SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, HYP_EVENT_RING_BYTES);
} hyp_event SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} hyp_lost SEC(".maps");

/* The endpoint of a port of that kind; 0: none. */
static __always_inline __u32 endpoint_of_port(__u32 port, __u32 kind)
{
	struct hyp_port_key key = { .port = port };
	const struct hyp_port_value *value;
	const __u64 *near;
	__u64 row;

	near = bpf_map_lookup_elem(&hyp_near_port, &port);
	if (near) {
		row = *(const volatile __u64 *)near;
		return row >> 32 == kind ? (__u32)row : 0;
	}
	value = bpf_map_lookup_elem(&hyp_port, &key);
	return value && value->kind == kind ? value->endpoint : 0;
}

/* The row of an endpoint as it is now, or NULL. Never changes while a program holds it. */
static __always_inline const struct hyp_endpoint_value *endpoint_row(__u32 endpoint)
{
	const __u64 *current = bpf_map_lookup_elem(&hyp_current, &endpoint);
	__u64 slot;
	__u32 index;

	if (!current)
		return NULL;
	slot = *(const volatile __u64 *)current;
	if (slot == 0 || slot > HYP_ENDPOINT_SLOTS)
		return NULL;
	index = endpoint * HYP_ENDPOINT_SLOTS + (__u32)slot - 1;
	return bpf_map_lookup_elem(&hyp_endpoint, &index);
}

static __always_inline const struct hyp_network_value *network_row(const struct hyp_network_key *key)
{
	return bpf_map_lookup_elem(&hyp_network, key);
}

static __always_inline const struct hyp_neighbour_value *
neighbour_row(const struct hyp_neighbour_key *key)
{
	return bpf_map_lookup_elem(&hyp_neighbour, key);
}

static __always_inline const struct hyp_member_value *member_row(const struct hyp_member_key *key)
{
	return bpf_map_lookup_elem(&hyp_member, key);
}

static __always_inline const struct hyp_policy_value *policy_row(const struct hyp_policy_key *key)
{
	return bpf_map_lookup_elem(&hyp_policy, key);
}

/* The identity of the longest prefix that contains an address. */
static __always_inline __u32 identity_of_address(int ipv4, const union hyp_address *address)
{
	struct hyp_prefix_trie_key key = {
		.length = HYP_FAMILY_BITS + 128,
		.family = ipv4 ? HYP_FAMILY_IPV4 : HYP_FAMILY_IPV6,
	};
	const struct hyp_prefix_value *value;

	__builtin_memcpy(key.address, address, 16);
	value = bpf_map_lookup_elem(&hyp_prefix, &key);
	return value ? value->identity : HYP_IDENTITY_ANY;
}

/* Grows after each change of the prefix table. To be read before what it stands for. */
static __always_inline __u32 prefix_epoch(void)
{
	__u32 zero = 0;
	const __u64 *epoch = bpf_map_lookup_elem(&hyp_epoch, &zero);

	return epoch ? (__u32)*(const volatile __u64 *)epoch : 0;
}

static __always_inline struct hyp_connection *find_connection(const struct hyp_connection_key *key)
{
	return bpf_map_lookup_elem(&hyp_connection, key);
}

/* 0, or not when there is no room. So for fragments. */
static __always_inline int write_connection(const struct hyp_connection_key *key,
					    const struct hyp_connection *connection)
{
	return bpf_map_update_elem(&hyp_connection, key, connection, BPF_ANY);
}

static __always_inline const struct hyp_fragment *find_fragment(const struct hyp_fragment_key *key)
{
	return bpf_map_lookup_elem(&hyp_fragment, key);
}

static __always_inline int write_fragment(const struct hyp_fragment_key *key,
					  const struct hyp_fragment *fragment)
{
	return bpf_map_update_elem(&hyp_fragment, key, fragment, BPF_ANY);
}

static __always_inline struct hyp_bucket *find_bucket(__u32 index)
{
	return bpf_map_lookup_elem(&hyp_bucket, &index);
}

static __always_inline void lock_bucket(struct hyp_bucket *bucket)
{
	bpf_spin_lock(&bucket->lock);
}

static __always_inline void unlock_bucket(struct hyp_bucket *bucket)
{
	bpf_spin_unlock(&bucket->lock);
}

/* Counters are this CPU's. NULL for an endpoint that there cannot be. */
static __always_inline struct hyp_traffic *traffic_of(__u32 endpoint)
{
	return bpf_map_lookup_elem(&hyp_traffic, &endpoint);
}

static __always_inline struct hyp_count *drop_count(const struct hyp_drop_key *key)
{
	return bpf_map_lookup_elem(&hyp_drop, key);
}

/* 0, or not when somebody else made the row meanwhile or there is no room. So for rules. */
static __always_inline int new_drop_count(const struct hyp_drop_key *key,
					  const struct hyp_count *first)
{
	return bpf_map_update_elem(&hyp_drop, key, first, BPF_NOEXIST);
}

static __always_inline struct hyp_count *rule_count(const struct hyp_rule_key *key)
{
	return bpf_map_lookup_elem(&hyp_rule, key);
}

static __always_inline int new_rule_count(const struct hyp_rule_key *key,
					  const struct hyp_count *first)
{
	return bpf_map_update_elem(&hyp_rule, key, first, BPF_NOEXIST);
}

/* Bytes of the event ring that nobody has taken yet. */
static __always_inline __u64 event_bytes_waiting(void)
{
	return bpf_ringbuf_query(&hyp_event, BPF_RB_AVAIL_DATA);
}

/* Room for an event, to be filled and submitted, or NULL. */
static __always_inline struct hyp_event *reserve_event(void)
{
	return bpf_ringbuf_reserve(&hyp_event, sizeof(struct hyp_event), 0);
}

/* Never wakes the reader, who comes by himself: a flood costs him nothing more. */
static __always_inline void submit_event(struct hyp_event *event)
{
	bpf_ringbuf_submit(event, BPF_RB_NO_WAKEUP);
}

static __always_inline void count_lost_event(void)
{
	__u32 zero = 0;
	__u64 *lost = bpf_map_lookup_elem(&hyp_lost, &zero);

	if (lost)
		*lost += 1;
}

#endif
