/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Tables that only this backend knows: shared by its programs and its user side. What they mean may
 * change with HYP_STATE_VERSION, which the pinned `hyp_meta` carries; tables.h is the contract.
 */
#ifndef HYPERION_BPF_STATE_H
#define HYPERION_BPF_STATE_H

#include <linux/bpf.h>
#include <linux/types.h>

#include "../include/hyperion/tables.h"

/* To be raised when a structure below, or its use, changes without changing its size. */
#define HYP_STATE_VERSION 1u

/* One entry, written last when the tables are made: what is pinned and complete. */
struct hyp_meta {
	__u32 abi;    /* HYP_ABI_VERSION */
	__u32 state;  /* HYP_STATE_VERSION */
	__u64 object; /* hash of the object that the pinned program came from */
};

#define HYP_NEAR_PORTS 65536u

/*
 * An endpoint's row is never written where a program may be reading it. It has four slots in
 * `hyp_endpoint`; `hyp_current` says which one counts: 0 none, n: slot n - 1. User space fills a slot
 * that no program can be reading any more and publishes it with a single store.
 */
#define HYP_ENDPOINT_SLOTS 4u

/* Packets and bytes of one endpoint, per CPU. */
struct hyp_traffic {
	__u64 sent_packets;
	__u64 sent_bytes;
	__u64 received_packets;
	__u64 received_bytes;
};

struct hyp_count {
	__u64 packets;
	__u64 bytes;
};

struct hyp_drop_key {
	__u32 endpoint;
	__u32 reason;
};

struct hyp_rule_key {
	__u32 policy;
	__u32 rule;
	__u32 direction;
};

union hyp_address {
	__u8 bytes[16]; /* IPv4 as ::ffff:a.b.c.d */
	__u32 words[4];
	__u64 halves[2];
};

/* Both directions of a connection have one key: `low` and `high` are ordered, not source and
 * destination. Ports in host order; those of an ICMP echo are the identifier on the asking side. */
struct hyp_connection_key {
	union hyp_address low;
	union hyp_address high;
	__u16 low_port;
	__u16 high_port;
	__u32 network;
	__u32 protocol;
	__u32 reserved;
};

#define HYP_CONNECTION_INITIATOR_LOW (1u << 0)
#define HYP_CONNECTION_REPLIED (1u << 1)
#define HYP_CONNECTION_CLOSING (1u << 2)

struct hyp_connection {
	__u32 endpoint[2];   /* [0] the initiator, [1] the responder */
	__u32 generation[2]; /* of the endpoints when this was decided */
	__u32 seen;          /* jiffies when a packet last passed, to the second */
	__u32 timeout;       /* jiffies without a packet after which this is forgotten */
	__u32 flags;         /* HYP_CONNECTION_* */
	__u32 reserved;
};

struct hyp_fragment_key {
	union hyp_address source;
	union hyp_address destination;
	__u32 network;
	__u32 id;
	__u32 protocol;
	__u32 reserved;
};

struct hyp_fragment {
	__u32 receiver;
	__u32 generation[2]; /* sender's, receiver's */
	__u32 seen; /* jiffies */
};

/* Token bucket of one endpoint and direction; index endpoint * 2 + direction. */
struct hyp_bucket {
	struct bpf_spin_lock lock;
	__u32 reserved;
	__s64 tokens;  /* bytes; negative: in debt */
	__u64 time_ns; /* until when tokens were credited */
};

#define HYP_PROGRAM_NAME "hyp_from_vf"

#endif
