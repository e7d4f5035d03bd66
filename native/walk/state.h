/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the walk of a packet keeps for itself: what it remembers and what it counts. tables.h is what
 * it is told. The same in the kernel and in user space.
 */
#ifndef HYPERION_WALK_STATE_H
#define HYPERION_WALK_STATE_H

#include <linux/bpf.h>
#include <linux/types.h>

#include "../include/hyperion/tables.h"

/* The index of whoever is behind a VTEP, where the walk remembers the endpoints of a connection. */
#define HYP_REMOTE_FLAG 0x80000000u
#define HYP_REMOTE(vtep) (HYP_REMOTE_FLAG | (vtep))

/* Where an endpoint's index would be: whoever is outside, beyond a gateway port. */
#define HYP_OUTSIDE 0u
/* Where a connection's or a fragment's network would be: the gateway port that it goes through. */
#define HYP_GATEWAY(port) (0x80000000u | (port))

/* Packets and bytes of one endpoint. */
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
	__u32 network; /* or HYP_GATEWAY() */
	__u32 protocol;
	__u32 reserved;
};

#define HYP_CONNECTION_INITIATOR_LOW (1u << 0)
#define HYP_CONNECTION_REPLIED (1u << 1)
#define HYP_CONNECTION_CLOSING (1u << 2)

struct hyp_connection {
	/* [0] the initiator, [1] the responder; HYP_REMOTE() behind a tunnel, HYP_OUTSIDE */
	__u32 endpoint[2];
	/* of the endpoints when this was decided; of a remote and of the outside: its identity */
	__u32 generation[2];
	__u32 seen;          /* jiffies when a packet last passed, to the second */
	__u32 timeout;       /* jiffies without a packet after which this is forgotten */
	__u32 flags;         /* HYP_CONNECTION_* */
	union {
		__u32 epoch; /* with the outside: of the prefix table, when its identity was looked up */
		__u32 mark;  /* else the backend's own; 0 at first */
	};
};

struct hyp_fragment_key {
	union hyp_address source;
	union hyp_address destination;
	__u32 network; /* or HYP_GATEWAY() */
	__u32 id;
	__u32 protocol;
	__u32 reserved;
};

struct hyp_fragment {
	__u32 receiver;
	__u32 generation[2]; /* sender's, receiver's; 0 of the outside */
	__u32 seen; /* jiffies */
};

/* Token bucket of one endpoint and direction; index endpoint * 2 + direction. */
struct hyp_bucket {
	struct bpf_spin_lock lock;
	__u32 reserved;
	__s64 tokens;  /* bytes; negative: in debt */
	__u64 time_ns; /* until when tokens were credited */
};

#endif
