/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The walk of a packet through a gateway port, the host's end of the veth that leads a container out
 * of its networks. What passes goes on as it is: bridges, routes and NAT are the host's.
 *
 * One endpoint of the container governs the port, and only that side is asked: who is outside has no
 * policy here, and an identity by the longest prefix of its address. The policy belongs to the port,
 * whatever address the container uses there; so do connections and fragments, by HYP_GATEWAY(port) in
 * the place of a network. When another endpoint comes to govern the port, what is open is decided
 * again, in the direction in which it was opened.
 */
#ifndef HYPERION_WALK_GATEWAY_H
#define HYPERION_WALK_GATEWAY_H

#include "connection.h"
#include "deliver.h"
#include "fragment.h"
#include "multicast.h"
#include "rate.h"

#define HYP_HOP_LIMIT_OFFSET (ETH_HLEN + 7)

/* From the container. */
static __always_inline int is_outgoing(const struct packet *packet)
{
	return packet->sender != HYP_OUTSIDE;
}

/* The governing endpoint. */
static __always_inline __u32 governor_of(const struct packet *packet)
{
	return is_outgoing(packet) ? packet->sender : packet->receiver;
}

static __always_inline __u32 outside_identity(const struct packet *packet)
{
	return identity_of_address(is_ipv4(packet), is_outgoing(packet) ? &packet->destination
									: &packet->source);
}

/* What keeps the next hop reachable (RFC 4861 §6.1, §7.1, §8.1). A container is nobody's router. */
static __always_inline int is_of_link(struct hyp_frame *frame, const struct packet *packet)
{
	__u8 hop_limit = 0;

	if (packet->ethertype == ETH_P_ARP)
		return 1;
	return packet->ethertype == ETH_P_IPV6 && packet->protocol == IPPROTO_ICMPV6 &&
	       packet->fragment == WHOLE &&
	       icmp_type(packet) >= HYP_ICMP6_ROUTER_SOLICITATION &&
	       icmp_type(packet) <= HYP_ICMP6_REDIRECT &&
	       !(is_outgoing(packet) && guard_icmp(packet) != HYP_REASON_NONE) &&
	       load_bytes(frame, HYP_HOP_LIMIT_OFFSET, &hop_limit, 1) == 0 && hop_limit == 255;
}

/* Asks the governing endpoint about a connection that it opens (HYP_EGRESS) or that is opened to it.
 * NONE or the reason. */
HYP_VERIFIED_ALONE int decide_outside(struct packet *packet, const struct hyp_endpoint_value *governor,
				      __u32 direction, __u32 identity)
{
	__u32 who[2];

	if (!packet || !governor)
		return HYP_REASON_MALFORMED;
	who[0] = governor_of(packet);
	who[1] = HYP_OUTSIDE;
	if (!side_allows(packet, direction, governor, identity, who))
		return direction == HYP_EGRESS ? HYP_REASON_POLICY_EGRESS
					       : HYP_REASON_POLICY_INGRESS;
	packet->direction = 0;
	packet->policy = 0;
	packet->rule = 0;
	return HYP_REASON_NONE;
}

static __always_inline void count_passage(struct hyp_frame *frame, const struct packet *packet)
{
	struct hyp_traffic *traffic = traffic_of(governor_of(packet));
	__u32 segments = frame_packets(frame);

	if (!traffic)
		return;
	if (is_outgoing(packet)) {
		traffic->sent_packets += segments;
		traffic->sent_bytes += packet->bytes;
	} else {
		traffic->received_packets += segments;
		traffic->received_bytes += packet->bytes;
	}
}

/* Lets go on what policy has passed. */
static __noinline int let_through(struct hyp_frame *frame, struct packet *packet,
				  const struct hyp_endpoint_value *governor)
{
	__u32 generation = governor->generation;
	int outgoing = is_outgoing(packet);
	int reason = HYP_REASON_NONE;

	if (packet->fragment == FIRST_FRAGMENT)
		reason = remember_fragment(packet, HYP_GATEWAY(frame_port(frame)),
					   outgoing ? generation : 0, outgoing ? 0 : generation);
	if (reason == HYP_REASON_NONE && !outgoing)
		reason = admit(packet, governor);
	if (reason != HYP_REASON_NONE)
		return refuse(frame, packet, governor_of(packet), reason);
	count_passage(frame, packet);
	return HYP_PASSED;
}

/*
 * What may open nothing: an IPv6 packet with an IPv4 address is told from IPv4's own by no key, and who
 * is outside would be looked up among IPv6's; what only a router says; and, as within a network, what
 * is for a group, which the bridge would copy to the ways out of all other containers. NONE or a reason.
 */
static __always_inline int guard_passage(const struct packet *packet)
{
	__u32 members = 0;

	if (!is_ipv4(packet) && (is_mapped(&packet->source) || is_mapped(&packet->destination)))
		return HYP_REASON_MALFORMED;
	if (!is_outgoing(packet))
		return HYP_REASON_NONE;
	if (is_multicast(packet) && !network_has_multicast(packet->network, &members))
		return HYP_REASON_MULTICAST_OFF;
	return is_icmp(packet) ? guard_icmp(packet) : HYP_REASON_NONE;
}

static __noinline int let_new_through(struct hyp_frame *frame, struct packet *packet,
				      const struct hyp_connection_key *key,
				      const struct hyp_endpoint_value *governor)
{
	__u32 epoch = prefix_epoch(), identity = outside_identity(packet);
	int outgoing = is_outgoing(packet);
	int reason = guard_passage(packet);

	if (reason == HYP_REASON_NONE)
		reason = decide_outside(packet, governor, outgoing ? HYP_EGRESS : HYP_INGRESS,
					identity);
	if (reason == HYP_REASON_NONE)
		reason = open_connection(packet, key, outgoing ? governor->generation : identity,
					 outgoing ? identity : governor->generation, epoch);
	if (reason != HYP_REASON_NONE)
		return refuse(frame, packet, governor_of(packet), reason);
	return let_through(frame, packet, governor);
}

/*
 * Brings a connection up to date. `opened`: the direction in which it was. NONE or a reason; then it
 * stays as it was, as in decide_again().
 */
static __noinline int keep_up(struct packet *packet, struct hyp_connection *connection,
			      const struct hyp_endpoint_value *governor, __u32 opened)
{
	__u32 endpoint = governor_of(packet), generation = governor->generation;
	__u32 epoch = prefix_epoch(), identity = outside_identity(packet);
	__u16 service = packet->service;
	int reason = guard_passage(packet);

	if (reason != HYP_REASON_NONE)
		return reason;
	if (opened == HYP_EGRESS
		    ? connection->endpoint[0] != endpoint || connection->generation[0] != generation ||
			      connection->generation[1] != identity
		    : connection->endpoint[1] != endpoint || connection->generation[1] != generation ||
			      connection->generation[0] != identity) {
		packet->service = opening_service(packet, is_outgoing(packet) == (opened == HYP_EGRESS));
		packet->again = 1;
		reason = decide_outside(packet, governor, opened, identity);
		packet->service = service;
		if (reason != HYP_REASON_NONE)
			return reason;
		if (opened == HYP_EGRESS) {
			connection->endpoint[0] = endpoint;
			connection->generation[0] = generation;
			connection->generation[1] = identity;
		} else {
			connection->endpoint[1] = endpoint;
			connection->generation[1] = generation;
			connection->generation[0] = identity;
		}
	}
	connection->epoch = epoch;
	return HYP_REASON_NONE;
}

/* A packet of a connection, or the first of one. */
static __always_inline int let_flow_through(struct hyp_frame *frame, struct packet *packet,
					    const struct hyp_endpoint_value *governor)
{
	struct hyp_connection *connection;
	struct hyp_connection_key key;
	__u32 now, endpoint, generation, other;
	int low = is_low(packet);
	int initiator, opens, reason;

	connection_key(packet, low, &key);
	key.network = HYP_GATEWAY(frame_port(frame));
	connection = find_connection(&key);
	if (!connection)
		return let_new_through(frame, packet, &key, governor);
	now = now_jiffies();
	initiator = from_initiator(connection, low);
	opens = initiator == is_outgoing(packet); /* the container opened it */
	endpoint = opens ? connection->endpoint[0] : connection->endpoint[1];
	generation = opens ? connection->generation[0] : connection->generation[1];
	other = opens ? connection->endpoint[1] : connection->endpoint[0];
	/* The kernel may give an entry to another connection while it is read. */
	if (!may_follow(packet, initiator) || now - connection->seen > connection->timeout ||
	    other != HYP_OUTSIDE)
		return let_new_through(frame, packet, &key, governor);
	if (endpoint != governor_of(packet) || generation != governor->generation ||
	    connection->epoch != prefix_epoch()) {
		reason = keep_up(packet, connection, governor, opens ? HYP_EGRESS : HYP_INGRESS);
		if (reason != HYP_REASON_NONE)
			return refuse(frame, packet, governor_of(packet), reason);
	}
	touch(connection, packet, initiator, now);
	return let_through(frame, packet, governor);
}

/* Whether the first fragment of this packet passed, under the present rules. NONE or a reason. */
static __always_inline int follow_outside(struct hyp_frame *frame, const struct packet *packet,
					  const struct hyp_endpoint_value *governor)
{
	const struct hyp_fragment *fragment;
	struct hyp_fragment_key key;
	__u32 generation;

	fragment_key(packet, HYP_GATEWAY(frame_port(frame)), &key);
	fragment = find_fragment(&key);
	if (!fragment || now_jiffies() - fragment->seen > HYP_TIMEOUT_FRAGMENT * hyp_hz)
		return HYP_REASON_FRAGMENT_UNKNOWN;
	generation = is_outgoing(packet) ? fragment->generation[0] : fragment->generation[1];
	return fragment->receiver == packet->receiver && generation == governor->generation
		       ? HYP_REASON_NONE
		       : HYP_REASON_FRAGMENT_UNKNOWN;
}

/*
 * Whether an ICMP error is about a connection that was decided under the present rules: from the
 * container about a packet to it, or to the container about a packet of its own, from whatever router.
 * NONE or a reason.
 */
static __always_inline int relate_outside(struct hyp_frame *frame, const struct packet *packet,
					  const struct hyp_endpoint_value *governor)
{
	const struct hyp_connection *connection;
	struct packet quoted = {};
	struct hyp_connection_key key;
	__u32 endpoint, generation, other, identity;
	int opens;
	int reason = parse_quoted(frame, packet, &quoted);

	if (reason != HYP_REASON_NONE)
		return reason;
	if (!same_address(&quoted.source, &packet->destination))
		return HYP_REASON_UNRELATED_ICMP_ERROR;
	connection_key(&quoted, is_low(&quoted), &key);
	key.network = HYP_GATEWAY(frame_port(frame));
	connection = find_connection(&key);
	if (!connection || now_jiffies() - connection->seen > connection->timeout)
		return HYP_REASON_UNRELATED_ICMP_ERROR;
	/* The quoted packet was the container's if this one is not. */
	opens = from_initiator(connection, is_low(&quoted)) != is_outgoing(packet);
	endpoint = opens ? connection->endpoint[0] : connection->endpoint[1];
	generation = opens ? connection->generation[0] : connection->generation[1];
	other = opens ? connection->endpoint[1] : connection->endpoint[0];
	identity = opens ? connection->generation[1] : connection->generation[0];
	if (endpoint != governor_of(packet) || generation != governor->generation ||
	    other != HYP_OUTSIDE)
		return HYP_REASON_UNRELATED_ICMP_ERROR;
	if (connection->epoch != prefix_epoch() &&
	    identity != identity_of_address(is_ipv4(packet), is_outgoing(packet) ? &quoted.source
										 : &quoted.destination))
		return HYP_REASON_UNRELATED_ICMP_ERROR;
	return HYP_REASON_NONE;
}

/* A packet that another one decided: a later fragment, or an ICMP error. */
static __noinline int let_related_through(struct hyp_frame *frame, struct packet *packet,
					  const struct hyp_endpoint_value *governor)
{
	int reason = packet->fragment == LATER_FRAGMENT ? follow_outside(frame, packet, governor)
							: relate_outside(frame, packet, governor);

	if (reason != HYP_REASON_NONE)
		return refuse(frame, packet, governor_of(packet), reason);
	return let_through(frame, packet, governor);
}

/*
 * Walks a frame that a gateway port receives, from its container (HYP_EGRESS), or sends to it
 * (HYP_INGRESS); *packet is all zero before.
 */
static __always_inline int through_gateway(struct hyp_frame *frame, struct packet *packet,
					   __u32 direction)
{
	int malformed = parse(frame, packet);
	__u32 endpoint = endpoint_of_port(frame_port(frame), HYP_PORT_GATEWAY);
	const struct hyp_endpoint_value *governor = endpoint_row(endpoint);

	if (!governor)
		return refuse(frame, packet, 0, HYP_REASON_NO_ENDPOINT);
	packet->sender = direction == HYP_EGRESS ? endpoint : HYP_OUTSIDE;
	packet->receiver = direction == HYP_EGRESS ? HYP_OUTSIDE : endpoint;
	packet->network = governor->network;
	if (governor->mode == HYP_MODE_QUARANTINE)
		return refuse(frame, packet, endpoint, HYP_REASON_QUARANTINED);
	if (malformed != HYP_REASON_NONE)
		return refuse(frame, packet, endpoint, malformed);
	if (is_of_link(frame, packet))
		return HYP_PASSED;
	if (direction == HYP_EGRESS && governor->rate[HYP_EGRESS] != 0 &&
	    !take_tokens(endpoint, HYP_EGRESS, governor->rate[HYP_EGRESS],
			 governor->burst[HYP_EGRESS], packet->bytes))
		return refuse(frame, packet, endpoint, HYP_REASON_RATE_EGRESS);
	if (packet->fragment == LATER_FRAGMENT || packet->kind == KIND_ERROR)
		return let_related_through(frame, packet, governor);
	return let_flow_through(frame, packet, governor);
}

#endif
