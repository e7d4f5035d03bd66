/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) AND Apache-2.0 */
/*
 * The tables of the data plane: fixed-size keys and values, shared by user space, eBPF programs and
 * the TypeScript binding. Integers are in host byte order unless the field's comment says "wire
 * order". Padding is explicit and must be zero: keys are compared byte by byte.
 */
#ifndef HYPERION_TABLES_H
#define HYPERION_TABLES_H

#include <linux/types.h>

#define HYP_ABI_VERSION 3u

/* Limits, the same for every backend so that a fleet behaves alike. Index 0 is never used. */
#define HYP_NETWORKS_MAX 1024u     /* network indices 1 … 1023 */
#define HYP_ENDPOINTS_MAX 8192u    /* endpoint indices 1 … 8191 */
#define HYP_PORTS_MAX 16384u
#define HYP_NEIGHBOURS_MAX 65536u
#define HYP_MEMBERS_MAX 65536u     /* all members of all multicast networks */
#define HYP_FANOUT_MAX 128u        /* receivers of one multicast packet */
#define HYP_POLICY_ENTRIES_MAX 524288u
#define HYP_RULES_MAX 65536u       /* rule counters */
#define HYP_CONNECTIONS_DEFAULT 131072u
#define HYP_FRAGMENTS_MAX 4096u
#define HYP_VTEPS_MAX 4096u        /* VTEP indices 1 … 4095 */
#define HYP_UPLINKS_MAX 16u
#define HYP_PREFIXES_MAX 65536u
#define HYP_EVENT_RING_BYTES (1u << 20)

enum hyp_table {
	HYP_TABLE_PORT = 0,
	HYP_TABLE_NETWORK = 1,
	HYP_TABLE_ENDPOINT = 2,
	HYP_TABLE_NEIGHBOUR = 3,
	HYP_TABLE_MEMBER = 4,
	HYP_TABLE_POLICY = 5,
	HYP_TABLE_VTEP = 6,
	HYP_TABLE_UPLINK = 7,
	HYP_TABLE_PREFIX = 8,
	HYP_TABLES = 9,
};

enum hyp_port_kind {
	HYP_PORT_VF = 0,
	/* The host's end of the veth that leads a container out of its networks: to the host and to the
	 * world. What passes goes on through the host's stack. */
	HYP_PORT_GATEWAY = 1,
};

/* port: which endpoint sends through a port, or governs a gateway port, where policy, rates, counters
 * and events are this endpoint's. The port id is the kernel index of the representor, or of the veth. */
struct hyp_port_key {
	__u32 port;
};
struct hyp_port_value {
	__u32 endpoint;
	__u32 kind; /* enum hyp_port_kind */
};

/* network */
#define HYP_VNI_MAX 0xffffffu
#define HYP_NETWORK_MULTICAST (1u << 0) /* broadcast and multicast reach the members, policy permitting */

struct hyp_network_key {
	__u32 network;
};
struct hyp_network_value {
	__u32 flags;   /* HYP_NETWORK_* */
	__u32 mtu;     /* bytes, of the inner packet */
	__u32 members; /* slots 0 … members-1 of the member table are in use; 0 unless multicast */
	__u32 vni;     /* of its tunnel, 1 … HYP_VNI_MAX; 0: the network has none. No two networks share one */
};

/* endpoint */
enum hyp_mode {
	HYP_MODE_QUARANTINE = 0, /* nothing passes in either direction */
	HYP_MODE_ENFORCE = 1,
	HYP_MODE_AUDIT = 2, /* this endpoint's own denials pass, counted and reported */
	HYP_MODE_LEARN = 3, /* the same, and each new connection that it decides is reported */
};

enum hyp_direction {
	HYP_EGRESS = 0,
	HYP_INGRESS = 1,
};

#define HYP_ENDPOINT_EGRESS_DENY (1u << 0)  /* posture: egress that no entry decides is denied */
#define HYP_ENDPOINT_INGRESS_DENY (1u << 1) /* posture: ingress that no entry decides is denied */
#define HYP_ENDPOINT_SOFTWARE (1u << 2)     /* its connections never become entries of a NIC */

struct hyp_endpoint_key {
	__u32 endpoint;
};
struct hyp_endpoint_value {
	/* Never reused for another content: connections remember the generations they were decided
	 * under. A change of any field that decides packets comes with a new generation. */
	__u32 generation;
	__u32 network;
	__u32 port;     /* where packets to this endpoint are delivered */
	__u32 identity; /* ≥ 1 */
	__u32 policy;   /* policy set, ≥ 1; endpoints with equal rules share one */
	__u32 flags;    /* HYP_ENDPOINT_* */
	/* Bit n is set when the policy set has entries with port prefixes of n bits (0 … 16), per
	 * direction. 0: no entries, the posture decides at once. */
	__u32 prefix_lengths[2];
	__u32 ipv4;      /* wire order; 0: none */
	__u8 mode;       /* enum hyp_mode */
	__u8 reserved[3];
	__u8 ipv6[16];   /* all zero: none. The link-local address of the MAC (RFC 4291 A) is implied */
	__u8 mac[6];
	__u8 reserved2[2];
	__u64 rate[2];   /* bytes per second per direction; 0: unlimited */
	__u64 burst[2];  /* bytes */
};

/* neighbour: who has an address. Answers ARP and ND, finds the destination, and says who may send
 * through a tunnel. */
struct hyp_neighbour_key {
	__u32 network;
	__u8 address[16]; /* IPv4 as ::ffff:a.b.c.d */
};
struct hyp_neighbour_value {
	__u32 endpoint; /* local, ≥ 1; 0: behind a VTEP */
	__u32 identity; /* of the remote, ≥ 1, the same number on every node; 0 when local */
	__u32 vtep;     /* ≥ 1: behind this VTEP; 0: local */
	__u8 mac[6];
	__u8 reserved[2];
};

/* member: the endpoints that a multicast packet of a network is copied to, in slots from 0. */
struct hyp_member_key {
	__u32 network;
	__u32 slot;
};
struct hyp_member_value {
	__u32 endpoint;
};

/*
 * policy: flattened, so that a backend needs no priorities. Entries of one (policy, direction,
 * identity, protocol) have disjoint port prefixes. A packet is decided by the entry of the remote
 * identity; else by that of identity 0, "anyone not listed"; else by the posture.
 */
#define HYP_IDENTITY_ANY 0u
#define HYP_PROTOCOL_OTHER 0u /* neither TCP, UDP, SCTP, ICMP nor ICMPv6 */
#define HYP_RULE_POSTURE 0u   /* rule number of what the posture decided */

enum hyp_verdict {
	HYP_VERDICT_ALLOW = 1,
	HYP_VERDICT_DENY = 2,
};

#define HYP_POLICY_LOG (1u << 0)   /* report the packet that this entry decides */
#define HYP_POLICY_AUDIT (1u << 1) /* with DENY: pass, count and report */

struct hyp_policy_key {
	__u32 policy;
	__u32 identity;
	__u16 port;       /* upper prefix_length bits of the destination port, or of ICMP type << 8 | code */
	__u8 prefix_length; /* 0 … 16 */
	__u8 protocol;    /* IANA number: 1, 6, 17, 58, 132 or HYP_PROTOCOL_OTHER */
	__u8 direction;   /* enum hyp_direction */
	__u8 reserved[3];
};
struct hyp_policy_value {
	__u32 rule;  /* number within the policy set, ≥ 1, or HYP_RULE_POSTURE */
	__u8 verdict; /* enum hyp_verdict */
	__u8 flags;   /* HYP_POLICY_* */
	__u8 reserved[2];
};

/*
 * Tunnels: VXLAN (RFC 7348) over an IPv4 underlay, the only one there is. A packet to a neighbour
 * behind a VTEP goes out with the network's VNI; the ingress policy of the remote is asked there.
 * From a VTEP only packets of neighbours behind it are taken.
 */

/* vtep: the other ends. No two have one address. */
struct hyp_vtep_key {
	__u32 vtep;
};
struct hyp_vtep_value {
	__u32 ipv4;  /* wire order */
	__u8 mac[6]; /* of the next hop towards it */
	__u8 reserved[2];
};

/* uplink: our ends, by the kernel index of the port to the underlay. */
struct hyp_uplink_key {
	__u32 port;
};
struct hyp_uplink_value {
	__u32 ipv4;  /* wire order */
	__u8 mac[6]; /* of the port */
	__u8 reserved[2];
	__u32 mtu;   /* bytes, of the outer packet */
};

/*
 * prefix: who is outside, at gateway ports: the identity of the longest prefix that contains the
 * address; HYP_IDENTITY_ANY where none does. IPv4 prefixes contain IPv4 addresses only and IPv6
 * prefixes IPv6 addresses only, whatever the mapped form would say.
 */
struct hyp_prefix_key {
	__u32 length;     /* bits, 0 … 128; of an IPv4 prefix 96 more, 96 … 128 */
	__u8 address[16]; /* IPv4 as ::ffff:a.b.c.d; zero behind the prefix */
};
struct hyp_prefix_value {
	__u32 identity;
};

/* Counters, summed over CPUs when read. */
struct hyp_endpoint_counter {
	__u32 endpoint;
	__u32 reserved;
	__u64 sent_packets; /* by the endpoint, delivered */
	__u64 sent_bytes;
	__u64 received_packets; /* delivered to the endpoint */
	__u64 received_bytes;
};
struct hyp_drop_counter {
	__u32 endpoint; /* whose packet or whose policy; 0 when no endpoint is known */
	__u32 reason;   /* enum hyp_reason */
	__u64 packets;
	__u64 bytes;
};
struct hyp_rule_counter {
	__u32 policy;
	__u32 rule;
	__u32 direction;
	__u32 reserved;
	__u64 packets; /* packets that the rule decided: one per connection, not each of its packets */
	__u64 bytes;
};

/* Of a data plane on a NIC. An entry is a row of one of its flow tables; those that are there from the
 * start and never change are not counted. Counted since the data plane was opened. */
struct hyp_nic_counter {
	__u64 entries;     /* on the NIC now */
	__u64 connections; /* of these: an established connection has one for each direction */
	__u64 added;
	__u64 updated; /* in place */
	__u64 removed;
	__u64 failed;  /* operations that the NIC refused, connections' not included */
	__u64 connections_added; /* of `added` */
	__u64 connections_refused; /* directions without an entry for want of room: software goes on with them */
	__u64 carried; /* packets that met an entry of a connection, and not software */
	__u64 punted;  /* packets given to software to decide */
	__u64 lost;    /* packets that were lost on the way there: no room in the queue, or too long */
};

/* Events, in a bounded ring; what finds no room is counted as lost. */
enum hyp_event_type {
	HYP_EVENT_DROP = 1,
	HYP_EVENT_AUDIT = 2, /* passed, would have been dropped for `reason` */
	HYP_EVENT_LOG = 3,   /* decided by a rule with `log` */
	/* A new connection that an endpoint in HYP_MODE_LEARN decided; `reason`: why it would have been
	 * dropped, or 0. Said besides what else there is to say. */
	HYP_EVENT_FLOW = 4,
};

struct hyp_event {
	__u64 time_ns; /* CLOCK_MONOTONIC */
	__u32 type;    /* enum hyp_event_type */
	__u32 reason;  /* enum hyp_reason; 0 for a logged pass */
	__u32 network;
	__u32 endpoint; /* as in hyp_drop_counter */
	__u32 peer;     /* the other endpoint, 0 when unknown or behind a VTEP */
	__u32 policy;
	__u32 rule;
	__u32 bytes;    /* of the packet, with its Ethernet header */
	__u16 ethertype; /* host order */
	__u16 source_port;      /* host order; ICMP: type << 8 | code */
	__u16 destination_port; /* host order */
	__u8 protocol;
	__u8 direction; /* enum hyp_direction, for policy reasons */
	__u8 source[16];      /* IPv4 mapped; zero when not IP */
	__u8 destination[16];
	__u8 source_mac[6];
	__u8 reserved[2];
};

/* Every size is part of the ABI. */
_Static_assert(sizeof(struct hyp_port_value) == 8, "port value");
_Static_assert(sizeof(struct hyp_network_value) == 16, "network value");
_Static_assert(sizeof(struct hyp_endpoint_value) == 96, "endpoint value");
_Static_assert(sizeof(struct hyp_neighbour_key) == 20, "neighbour key");
_Static_assert(sizeof(struct hyp_neighbour_value) == 20, "neighbour value");
_Static_assert(sizeof(struct hyp_member_key) == 8, "member key");
_Static_assert(sizeof(struct hyp_policy_key) == 16, "policy key");
_Static_assert(sizeof(struct hyp_policy_value) == 8, "policy value");
_Static_assert(sizeof(struct hyp_vtep_value) == 12, "vtep value");
_Static_assert(sizeof(struct hyp_uplink_value) == 16, "uplink value");
_Static_assert(sizeof(struct hyp_prefix_key) == 20, "prefix key");
_Static_assert(sizeof(struct hyp_endpoint_counter) == 40, "endpoint counter");
_Static_assert(sizeof(struct hyp_drop_counter) == 24, "drop counter");
_Static_assert(sizeof(struct hyp_rule_counter) == 32, "rule counter");
_Static_assert(sizeof(struct hyp_nic_counter) == 88, "NIC counter");
_Static_assert(sizeof(struct hyp_event) == 88, "event");

#endif
