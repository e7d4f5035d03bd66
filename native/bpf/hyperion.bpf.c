/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The walk of a packet that an endpoint sends. Runs where the representor of its VF receives (tc,
 * direct action), and hands what passes to the receiver's VF.
 *
 * Stages, each of which may end the walk with one reason: port and endpoint; neighbours; source
 * guard; egress rate; connection; destination and policy; the receiver's rate; delivery.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_helpers.h>

#include "connection.h"
#include "deliver.h"
#include "event.h"
#include "fragment.h"
#include "guard.h"
#include "maps.h"
#include "multicast.h"
#include "neighbour.h"
#include "parse.h"
#include "policy.h"
#include "rate.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

static __always_inline int refuse(const struct packet *packet, __u32 endpoint, __u32 reason)
{
	drop(packet, endpoint, reason);
	return TC_ACT_SHOT;
}

/* Delivers what has passed; a first fragment lets the others follow. */
static __always_inline int pass(struct __sk_buff *skb, struct packet *packet,
				const struct hyp_endpoint_value *sender,
				const struct hyp_endpoint_value *receiver)
{
	if (packet->fragment == FIRST_FRAGMENT) {
		int reason = remember_fragment(packet, sender, receiver);

		if (reason != HYP_REASON_NONE)
			return refuse(packet, packet->sender, reason);
	}
	return deliver(skb, packet, receiver);
}

/* A packet that nothing remembered decides: finds its receiver and asks policy. */
static __noinline int pass_new(struct __sk_buff *skb, struct packet *packet,
			       const struct hyp_connection_key *key,
			       const struct hyp_endpoint_value *sender)
{
	const struct hyp_neighbour_value *neighbour;
	const struct hyp_endpoint_value *receiver;
	int reason;

	neighbour = find_neighbour(packet->network, &packet->destination);
	if (!neighbour)
		return refuse(packet, packet->sender, HYP_REASON_NO_ROUTE);
	packet->receiver = neighbour->endpoint;
	receiver = endpoint_row(neighbour->endpoint);
	if (!receiver || receiver->network != packet->network)
		return refuse(packet, packet->sender, HYP_REASON_NO_ROUTE);
	if (receiver->mode == HYP_MODE_QUARANTINE)
		return refuse(packet, packet->receiver, HYP_REASON_QUARANTINED);
	reason = decide(packet, sender, receiver, 0);
	if (reason != HYP_REASON_NONE)
		return refuse(packet, packet->culprit, reason);
	reason = open_connection(packet, key, sender, receiver);
	if (reason != HYP_REASON_NONE)
		return refuse(packet, packet->sender, reason);
	return pass(skb, packet, sender, receiver);
}

/* A packet of a connection, or the first of one. */
static __always_inline int pass_flow(struct __sk_buff *skb, struct packet *packet,
				     const struct hyp_endpoint_value *sender)
{
	int low = is_low(packet);
	const struct hyp_endpoint_value *receiver;
	struct hyp_connection *connection;
	struct hyp_connection_key key;
	int initiator, reason;
	__u32 now, remembered;

	connection_key(packet, low, &key);
	connection = bpf_map_lookup_elem(&hyp_connection, &key);
	if (!connection)
		return pass_new(skb, packet, &key, sender);
	now = now_jiffies();
	initiator = from_initiator(connection, low);
	if (!may_follow(packet, initiator) || now - connection->seen > connection->timeout)
		return pass_new(skb, packet, &key, sender);
	/* The kernel may give an entry to another connection while it is read, and indices are used
	 * again: what is remembered counts only if it is about this sender and this destination. */
	remembered = initiator ? connection->endpoint[0] : connection->endpoint[1];
	packet->receiver = initiator ? connection->endpoint[1] : connection->endpoint[0];
	receiver = endpoint_row(packet->receiver);
	if (remembered != packet->sender || !receiver || receiver->network != packet->network ||
	    !owns(receiver, packet, &packet->destination))
		return pass_new(skb, packet, &key, sender);
	if (receiver->mode == HYP_MODE_QUARANTINE)
		return refuse(packet, packet->receiver, HYP_REASON_QUARANTINED);
	if ((initiator ? sender : receiver)->generation != connection->generation[0] ||
	    (initiator ? receiver : sender)->generation != connection->generation[1]) {
		reason = decide_again(packet, &key, connection, sender, receiver);
		if (reason != HYP_REASON_NONE)
			return refuse(packet, packet->culprit, reason);
	}
	touch(connection, packet, initiator, now);
	return pass(skb, packet, sender, receiver);
}

/* A packet whose receiver another packet decided: a later fragment, or an ICMP error. */
static __noinline int pass_related(struct __sk_buff *skb, struct packet *packet,
				   const struct hyp_endpoint_value *sender)
{
	const struct hyp_endpoint_value *receiver;
	int reason = packet->fragment == LATER_FRAGMENT ? follow_fragment(packet, sender)
							: relate(skb, packet);

	if (reason != HYP_REASON_NONE)
		return refuse(packet, packet->sender, reason);
	receiver = endpoint_row(packet->receiver);
	if (!receiver)
		return refuse(packet, packet->sender, HYP_REASON_NO_ROUTE);
	if (receiver->mode == HYP_MODE_QUARANTINE)
		return refuse(packet, packet->receiver, HYP_REASON_QUARANTINED);
	return pass(skb, packet, sender, receiver);
}

static __noinline int pass_multicast(struct __sk_buff *skb, struct packet *packet)
{
	__u32 members = 0;

	if (!network_has_multicast(packet->network, &members))
		return refuse(packet, packet->sender, HYP_REASON_MULTICAST_OFF);
	/* Later fragments have no ports, and nothing remembers which members the first one reached. */
	if (packet->fragment != WHOLE)
		return refuse(packet, packet->sender, HYP_REASON_FRAGMENT_UNKNOWN);
	copy_to_members(skb, packet, members);
	return TC_ACT_SHOT; /* the original; the copies are on their way */
}

SEC("tc")
int hyp_from_vf(struct __sk_buff *skb)
{
	struct packet packet = {};
	const struct hyp_endpoint_value *sender;
	int malformed, reason;
	__u32 endpoint;

	malformed = parse(skb, &packet);
	endpoint = endpoint_of_port(skb->ifindex);
	sender = endpoint_row(endpoint);
	if (!sender)
		return refuse(&packet, 0, HYP_REASON_NO_ENDPOINT);
	packet.sender = endpoint;
	packet.network = sender->network;
	if (sender->mode == HYP_MODE_QUARANTINE)
		return refuse(&packet, packet.sender, HYP_REASON_QUARANTINED);
	if (malformed != HYP_REASON_NONE)
		return refuse(&packet, packet.sender, malformed);
	if (!same_mac(packet.source_mac, sender->mac))
		return refuse(&packet, packet.sender, HYP_REASON_SPOOFED_MAC);

	if (packet.ethertype == ETH_P_ARP || is_nd(&packet)) {
		reason = packet.ethertype == ETH_P_ARP ? receive_arp(skb, &packet, sender)
						       : receive_nd(skb, &packet, sender);
		return reason == HYP_REASON_NONE ? send_back(skb)
						 : refuse(&packet, packet.sender, reason);
	}
	reason = guard_source(&packet, sender);
	if (reason != HYP_REASON_NONE)
		return refuse(&packet, packet.sender, reason);
	if (sender->rate[HYP_EGRESS] != 0 &&
	    !take_tokens(packet.sender, HYP_EGRESS, sender->rate[HYP_EGRESS],
			 sender->burst[HYP_EGRESS], packet.bytes))
		return refuse(&packet, packet.sender, HYP_REASON_RATE_EGRESS);

	if (is_multicast(&packet))
		return pass_multicast(skb, &packet);
	if (packet.fragment == LATER_FRAGMENT || packet.kind == KIND_ERROR)
		return pass_related(skb, &packet, sender);
	return pass_flow(skb, &packet, sender);
}
