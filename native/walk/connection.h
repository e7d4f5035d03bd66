/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What was decided is remembered for both directions of a connection, under the generations of both
 * endpoints. A new generation of either asks again on the next packet, always for the direction in
 * which the connection was opened. Times without a packet after which it is forgotten are those of
 * Linux' nf_conntrack; a packet after that is new, in its own direction.
 */
#ifndef HYPERION_WALK_CONNECTION_H
#define HYPERION_WALK_CONNECTION_H

#include "guard.h"
#include "parse.h"
#include "policy.h"
#include "remote.h"

/* Seconds. */
#define HYP_TIMEOUT_TCP_OPENING 120 /* nf_conntrack_tcp_timeout_syn_sent */
#define HYP_TIMEOUT_TCP 432000      /* …_tcp_timeout_established */
#define HYP_TIMEOUT_TCP_FIN 120     /* …_tcp_timeout_fin_wait, …_time_wait */
#define HYP_TIMEOUT_TCP_RESET 10    /* …_tcp_timeout_close */
#define HYP_TIMEOUT_UDP 30          /* …_udp_timeout */
#define HYP_TIMEOUT_UDP_REPLIED 120 /* …_udp_timeout_stream */
#define HYP_TIMEOUT_SCTP 210        /* …_sctp_timeout_established */
#define HYP_TIMEOUT_ICMP 30         /* …_icmp_timeout */
#define HYP_TIMEOUT_OTHER 600       /* …_generic_timeout */

/* Seconds. */
static __always_inline __u32 timeout_of(__u8 protocol, int replied)
{
	switch (protocol) {
	case IPPROTO_TCP:
		return replied ? HYP_TIMEOUT_TCP : HYP_TIMEOUT_TCP_OPENING;
	case IPPROTO_UDP:
		return replied ? HYP_TIMEOUT_UDP_REPLIED : HYP_TIMEOUT_UDP;
	case IPPROTO_SCTP:
		return HYP_TIMEOUT_SCTP;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return HYP_TIMEOUT_ICMP;
	default:
		return HYP_TIMEOUT_OTHER;
	}
}

/* Any total order does, as long as both directions agree. */
static __always_inline int is_low(const struct packet *packet)
{
	if (packet->source.halves[1] != packet->destination.halves[1])
		return packet->source.halves[1] < packet->destination.halves[1];
	if (packet->source.halves[0] != packet->destination.halves[0])
		return packet->source.halves[0] < packet->destination.halves[0];
	return packet->source_port <= packet->destination_port;
}

static __always_inline void connection_key(const struct packet *packet, int low,
					   struct hyp_connection_key *key)
{
	if (low) {
		key->low = packet->source;
		key->high = packet->destination;
		key->low_port = packet->source_port;
		key->high_port = packet->destination_port;
	} else {
		key->low = packet->destination;
		key->high = packet->source;
		key->low_port = packet->destination_port;
		key->high_port = packet->source_port;
	}
	key->network = packet->network;
	key->protocol = packet->protocol;
	key->reserved = 0;
}

static __always_inline int from_initiator(const struct hyp_connection *connection, int low)
{
	return !!(connection->flags & HYP_CONNECTION_INITIATOR_LOW) == low;
}

/* Whether this packet may follow what was decided, as far as its kind goes. */
static __always_inline int may_follow(const struct packet *packet, int initiator)
{
	switch (packet->kind) {
	case KIND_FLOW:
		return 1;
	case KIND_REQUEST:
		return initiator;
	case KIND_REPLY:
		return !initiator;
	default:
		return 0;
	}
}

/* A passed packet's mark on its connection. Fields are written when they change, not per packet. */
static __always_inline void touch(struct hyp_connection *connection, const struct packet *packet,
				  int initiator, __u32 now)
{
	__u32 flags = connection->flags;

	if (!initiator && !(flags & HYP_CONNECTION_REPLIED)) {
		connection->flags = flags | HYP_CONNECTION_REPLIED;
		if (!(flags & HYP_CONNECTION_CLOSING))
			connection->timeout = timeout_of(packet->protocol, 1) * hyp_hz;
	}
	if (packet->tcp_flags & (HYP_TCP_FIN | HYP_TCP_RST)) {
		connection->flags |= HYP_CONNECTION_CLOSING;
		connection->timeout = (packet->tcp_flags & HYP_TCP_RST ? HYP_TIMEOUT_TCP_RESET
								       : HYP_TIMEOUT_TCP_FIN) *
				      hyp_hz;
	}
	if (now - connection->seen > hyp_hz)
		connection->seen = now;
}

/* What policy matches, seen from the side that opened the connection. */
static __always_inline __u16 opening_service(const struct packet *packet, int initiator)
{
	switch (packet->kind) {
	case KIND_REQUEST:
	case KIND_REPLY:
		return (is_ipv4(packet) ? HYP_ICMP_ECHO : HYP_ICMP6_ECHO) << 8;
	default:
		return initiator ? packet->destination_port : packet->source_port;
	}
}

/*
 * Decides again under the present generations. `initiator`: the packet is of the end that opened it, which
 * an endpoint that talks to itself does not tell. NONE or a reason; then the connection stays as it was,
 * so that the next packet of either end is decided again, too. Forgotten, it would be opened anew by
 * whatever the other end still sends, and go on.
 */
static __noinline int decide_again(struct packet *packet, struct hyp_connection *connection,
				   const struct hyp_endpoint_value *sender,
				   const struct hyp_endpoint_value *receiver, int initiator)
{
	__u32 generation[2] = { initiator ? sender->generation : receiver->generation,
				initiator ? receiver->generation : sender->generation };
	__u16 service = packet->service;
	int reason;

	packet->service = opening_service(packet, initiator);
	packet->again = 1;
	reason = initiator ? decide(packet, sender, receiver, 0)
			   : decide(packet, receiver, sender, 1);
	packet->service = service;
	if (reason != HYP_REASON_NONE)
		return reason;
	connection->generation[0] = generation[0];
	connection->generation[1] = generation[1];
	return HYP_REASON_NONE;
}

/* Remembers what was decided for this packet as the first of its connection, under the generations
 * of sender and receiver. */
static __noinline int open_connection(const struct packet *packet,
				      const struct hyp_connection_key *key, __u32 sender,
				      __u32 receiver, __u32 epoch)
{
	struct hyp_connection connection = {
		.endpoint = { packet->sender, packet->receiver },
		.generation = { sender, receiver },
		.epoch = epoch,
		.seen = now_jiffies(),
		.timeout = timeout_of(packet->protocol, 0) * hyp_hz,
		.flags = is_low(packet) ? HYP_CONNECTION_INITIATOR_LOW : 0,
	};

	/* A reset with no connection opens none. */
	if (packet->kind == KIND_REPLY || packet->kind == KIND_STATELESS ||
	    packet->tcp_flags & HYP_TCP_RST)
		return HYP_REASON_NONE;
	if (packet->tcp_flags & HYP_TCP_FIN) {
		connection.timeout = HYP_TIMEOUT_TCP_FIN * hyp_hz;
		connection.flags |= HYP_CONNECTION_CLOSING;
	}
	return write_connection(key, &connection) == 0
		       ? HYP_REASON_NONE
		       : HYP_REASON_TABLE_FULL;
}

/* The start of a packet that an ICMP error quotes; enough for the ports. NONE or a reason. */
static __always_inline int parse_quoted(struct hyp_frame *frame, const struct packet *packet,
					struct packet *quoted)
{
	__u32 offset = packet->transport + 8u;
	__u8 header[8];

	quoted->ethertype = packet->ethertype;
	quoted->network = packet->network;
	if (is_ipv4(packet)) {
		struct iphdr ip;

		if (load_bytes(frame, offset, &ip, sizeof(ip)) || ip.version != 4 || ip.ihl < 5)
			return HYP_REASON_MALFORMED;
		quoted->source.words[2] = cpu_to_be32(0xffff);
		quoted->source.words[3] = ip.saddr;
		quoted->destination.words[2] = cpu_to_be32(0xffff);
		quoted->destination.words[3] = ip.daddr;
		quoted->protocol = ip.protocol;
		offset += ip.ihl * 4u;
	} else {
		struct ipv6hdr ip;

		if (load_bytes(frame, offset, &ip, sizeof(ip)) || ip.version != 6)
			return HYP_REASON_MALFORMED;
		__builtin_memcpy(&quoted->source, &ip.saddr, 16);
		__builtin_memcpy(&quoted->destination, &ip.daddr, 16);
		quoted->protocol = ip.nexthdr;
		offset += sizeof(ip);
	}
	if (policy_protocol(quoted) == HYP_PROTOCOL_OTHER)
		return HYP_REASON_NONE;
	if (load_bytes(frame, offset, header, sizeof(header)))
		return HYP_REASON_MALFORMED;
	if (is_icmp(quoted)) {
		parse_icmp(quoted, header);
		return HYP_REASON_NONE;
	}
	quoted->source_port = read16(header);
	quoted->destination_port = read16(header + 2);
	return HYP_REASON_NONE;
}

/*
 * Finds the connection that an ICMP error is about: one between its sender and its receiver, decided
 * under their present generations. Sets packet->receiver. NONE or a reason.
 */
static __noinline int relate(struct hyp_frame *frame, struct packet *packet)
{
	const struct hyp_endpoint_value *initiator, *responder;
	const struct hyp_connection *connection;
	struct hyp_endpoint_value remote; /* at most one of the two */
	struct packet quoted = {};
	struct hyp_connection_key key;
	int reason = parse_quoted(frame, packet, &quoted);
	__u32 receiver;
	int opened;

	if (reason != HYP_REASON_NONE)
		return reason;
	if (!same_address(&quoted.source, &packet->destination))
		return HYP_REASON_UNRELATED_ICMP_ERROR;
	connection_key(&quoted, is_low(&quoted), &key);
	connection = find_connection(&key);
	if (!connection || now_jiffies() - connection->seen > connection->timeout)
		return HYP_REASON_UNRELATED_ICMP_ERROR;
	/* The quoted packet went to the sender of the error. */
	opened = from_initiator(connection, is_low(&quoted));
	if (opened) {
		if (connection->endpoint[1] != packet->sender)
			return HYP_REASON_UNRELATED_ICMP_ERROR;
		receiver = connection->endpoint[0];
	} else {
		if (connection->endpoint[0] != packet->sender)
			return HYP_REASON_UNRELATED_ICMP_ERROR;
		receiver = connection->endpoint[1];
	}
	initiator = row_of(packet->network, connection->endpoint[0],
			   opened ? &quoted.source : &quoted.destination, &remote);
	responder = row_of(packet->network, connection->endpoint[1],
			   opened ? &quoted.destination : &quoted.source, &remote);
	if (!initiator || !responder || initiator->generation != connection->generation[0] ||
	    responder->generation != connection->generation[1])
		return HYP_REASON_UNRELATED_ICMP_ERROR;
	packet->receiver = receiver;
	return HYP_REASON_NONE;
}

#endif
