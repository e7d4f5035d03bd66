/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The walk through a gateway port in user space: port 21 is governed by endpoint 1, port 22 by 2. Hosts
 * that are no endpoints are outside. What packets do there in all detail is in test/packets.
 */
#include "../src/backend/doca/instance.h"
#include "walk_node.h"

#define OUTSIDE 77
#define OTHER 78

static uint32_t through(struct node *node, uint32_t port, enum hyp_direction direction,
			struct frame frame)
{
	walk_gateway(node->tables, port, direction, frame.bytes, frame.length, &node->verdict);
	CHECK_EQUAL(node->verdict.what, node->verdict.reason == HYP_REASON_NONE ? WALK_PASSED
										: WALK_DROPPED);
	CHECK(!node->verdict.connection);
	return node->verdict.reason;
}

static uint32_t out(struct node *node, uint32_t port, struct frame frame)
{
	return through(node, port, HYP_EGRESS, frame);
}

static uint32_t in(struct node *node, uint32_t port, struct frame frame)
{
	return through(node, port, HYP_INGRESS, frame);
}

static void put_rule(struct node *node, uint32_t policy, uint32_t identity,
		     enum hyp_direction direction, uint8_t verdict)
{
	const struct hyp_policy_key key = { .policy = policy, .identity = identity,
					    .direction = (uint8_t)direction, .protocol = 6 };
	const struct hyp_policy_value value = { .rule = 9, .verdict = verdict };

	put(node->tables, HYP_TABLE_POLICY, &key, &value);
}

static void put_identity(struct node *node, uint8_t host, uint32_t identity)
{
	const union hyp_address address = address4(host);
	const struct hyp_prefix_value value = { .identity = identity };
	struct hyp_prefix_key key = { .length = 128 };

	memcpy(key.address, &address, sizeof(address));
	put(node->tables, HYP_TABLE_PREFIX, &key, identity != 0 ? &value : NULL);
}

static void finds_the_longest_prefix(void)
{
	const union hyp_address four = address4(OUTSIDE), other = address4(OTHER);
	const union hyp_address far4 = { .bytes = { [10] = 0xff, 0xff, 192, 0, 2, 1 } };
	const union hyp_address six = address6(OUTSIDE), far6 = { .bytes = { 0x20, 1 } };
	const struct hyp_prefix_value value = { .identity = 600 };
	struct hyp_prefix_key all = { 0 };
	struct node node;

	open_node(&node, 0, false);
	CHECK_EQUAL(tables_identity_of(node.tables, true, &four), 202);
	CHECK_EQUAL(tables_identity_of(node.tables, true, &other), 201);
	CHECK_EQUAL(tables_identity_of(node.tables, true, &far4), HYP_IDENTITY_ANY);
	CHECK_EQUAL(tables_identity_of(node.tables, false, &six), 203);
	CHECK_EQUAL(tables_identity_of(node.tables, false, &far6), HYP_IDENTITY_ANY);
	/* Whatever is all IPv6 addresses is no IPv4 address, and the other way about. */
	put(node.tables, HYP_TABLE_PREFIX, &all, &value);
	CHECK_EQUAL(tables_identity_of(node.tables, false, &far6), 600);
	CHECK_EQUAL(tables_identity_of(node.tables, true, &far4), HYP_IDENTITY_ANY);
	CHECK_EQUAL(tables_identity_of(node.tables, false, &four), 600);
	put(node.tables, HYP_TABLE_PREFIX, &all, NULL);
	put(node.tables, HYP_TABLE_PREFIX, &all, NULL);
	put_identity(&node, OUTSIDE, 0);
	CHECK_EQUAL(tables_identity_of(node.tables, true, &four), 201);
	CHECK_EQUAL(tables_identity_of(node.tables, false, &far6), HYP_IDENTITY_ANY);
	close_node(&node);
}

static void asks_one_side(void)
{
	struct hyp_endpoint_value changed = endpoint_of(2);
	struct node node;

	open_node(&node, 0, false);
	CHECK_EQUAL(out(&node, 20, arp(1, OUTSIDE)), HYP_REASON_NO_ENDPOINT);
	CHECK_EQUAL(out(&node, 11, arp(1, OUTSIDE)), HYP_REASON_NO_ENDPOINT);
	CHECK_EQUAL(send_from(&node, 21, arp(1, OUTSIDE)), HYP_REASON_NO_ENDPOINT);
	CHECK_EQUAL(out(&node, 22, arp(2, OUTSIDE)), HYP_REASON_NONE);
	CHECK_EQUAL(out(&node, 22, tcp(2, OUTSIDE, 40000, 443, SYN)), HYP_REASON_NONE);
	CHECK_EQUAL(in(&node, 22, tcp(OUTSIDE, 2, 443, 40000, SYN | ACK)), HYP_REASON_NONE);
	CHECK_EQUAL(in(&node, 22, tcp(OUTSIDE, 2, 40000, 80, SYN)), HYP_REASON_POLICY_INGRESS);
	CHECK_EQUAL(node.verdict.culprit, 2);
	put_web_policy(node.tables, 202);
	CHECK_EQUAL(in(&node, 22, tcp(OUTSIDE, 2, 40000, 80, SYN)), HYP_REASON_NONE);
	CHECK_EQUAL(in(&node, 22, tcp(OTHER, 2, 40000, 80, SYN)), HYP_REASON_POLICY_INGRESS);
	/* The same addresses at another gateway are another connection. */
	CHECK_EQUAL(doca_tables_connections(node.tables), 2);
	CHECK_EQUAL(out(&node, 21, tcp(2, OUTSIDE, 40000, 443, ACK)), HYP_REASON_NONE);
	CHECK_EQUAL(doca_tables_connections(node.tables), 3);
	/* A new generation cuts what it does not allow. */
	changed.generation = 2000;
	changed.flags |= HYP_ENDPOINT_EGRESS_DENY;
	put_endpoint(node.tables, 2, changed);
	CHECK_EQUAL(in(&node, 22, tcp(OUTSIDE, 2, 443, 40000, ACK)), HYP_REASON_POLICY_EGRESS);
	CHECK_EQUAL(out(&node, 22, tcp(2, OUTSIDE, 80, 40000, SYN | ACK)), HYP_REASON_NONE);
	changed.generation = 2001;
	changed.mode = HYP_MODE_QUARANTINE;
	put_endpoint(node.tables, 2, changed);
	CHECK_EQUAL(out(&node, 22, arp(2, OUTSIDE)), HYP_REASON_QUARANTINED);
	CHECK_EQUAL(in(&node, 22, tcp6(OUTSIDE, 2, 1, 80, SYN)), HYP_REASON_QUARANTINED);
	close_node(&node);
}

static void follows_identity_and_governor(void)
{
	const struct hyp_port_key port = { .port = 21 };
	const struct hyp_port_value other = { .endpoint = 2, .kind = HYP_PORT_GATEWAY };
	struct hyp_endpoint_value changed = endpoint_of(1);
	struct node node;

	open_node(&node, 0, false);
	changed.prefix_lengths[HYP_EGRESS] = 1;
	put_endpoint(node.tables, 1, changed);
	put_rule(&node, 1, 300, HYP_EGRESS, HYP_VERDICT_DENY);
	CHECK_EQUAL(out(&node, 21, tcp(1, OUTSIDE, 1, 80, SYN)), HYP_REASON_NONE);
	put_identity(&node, OTHER, 300);
	CHECK_EQUAL(in(&node, 21, tcp(OUTSIDE, 1, 80, 1, SYN | ACK)), HYP_REASON_NONE);
	CHECK_EQUAL(out(&node, 21, tcp(1, OTHER, 1, 80, SYN)), HYP_REASON_POLICY_EGRESS);
	put_identity(&node, OUTSIDE, 300);
	CHECK_EQUAL(in(&node, 21, tcp(OUTSIDE, 1, 80, 1, ACK)), HYP_REASON_POLICY_EGRESS);
	/* Cut, and not to be opened by what the other end still sends. */
	CHECK_EQUAL(in(&node, 21, tcp(OUTSIDE, 1, 80, 1, ACK)), HYP_REASON_POLICY_EGRESS);
	CHECK_EQUAL(doca_tables_connections(node.tables), 1);
	put_identity(&node, OUTSIDE, 0);
	/* Endpoint 2 lets nobody in but to port 80 of some: an answer is one still. */
	CHECK_EQUAL(out(&node, 21, tcp(1, OUTSIDE, 2, 80, SYN)), HYP_REASON_NONE);
	CHECK_EQUAL(in(&node, 21, tcp(OUTSIDE, 1, 5, 6, SYN)), HYP_REASON_NONE);
	put(node.tables, HYP_TABLE_PORT, &port, &other);
	CHECK_EQUAL(in(&node, 21, tcp(OUTSIDE, 1, 80, 2, SYN | ACK)), HYP_REASON_NONE);
	CHECK_EQUAL(out(&node, 21, tcp(1, OUTSIDE, 6, 5, SYN | ACK)), HYP_REASON_POLICY_INGRESS);
	CHECK_EQUAL(node.verdict.culprit, 2);
	close_node(&node);
}

static void relates(void)
{
	struct frame opened = udp(1, OUTSIDE, 5000, 53, 0), other = udp(1, OUTSIDE, 5001, 53, 0);
	struct hyp_endpoint_value changed = endpoint_of(1);
	struct node node;

	open_node(&node, 0, false);
	changed.flags |= HYP_ENDPOINT_INGRESS_DENY;
	changed.generation = 2000;
	put_endpoint(node.tables, 1, changed);
	CHECK_EQUAL(out(&node, 21, opened), HYP_REASON_NONE);
	CHECK_EQUAL(in(&node, 21, port_unreachable(OTHER, 1, &opened)), HYP_REASON_NONE);
	CHECK_EQUAL(in(&node, 21, port_unreachable(OTHER, 1, &other)), HYP_REASON_UNRELATED_ICMP_ERROR);
	CHECK_EQUAL(out(&node, 21, port_unreachable(1, OUTSIDE, &opened)),
		    HYP_REASON_UNRELATED_ICMP_ERROR);
	CHECK_EQUAL(in(&node, 22, port_unreachable(OTHER, 1, &opened)), HYP_REASON_UNRELATED_ICMP_ERROR);
	/* A change of who is outside counts where it is about the connection. */
	put_identity(&node, OTHER, 300);
	CHECK_EQUAL(in(&node, 21, port_unreachable(OTHER, 1, &opened)), HYP_REASON_NONE);
	put_identity(&node, OUTSIDE, 300);
	CHECK_EQUAL(in(&node, 21, port_unreachable(OTHER, 1, &opened)), HYP_REASON_UNRELATED_ICMP_ERROR);
	/* Fragments: flags and offset as on the wire. */
	CHECK_EQUAL(out(&node, 21, udp(1, OUTSIDE, 1, 2, 0x0010)), HYP_REASON_FRAGMENT_UNKNOWN);
	CHECK_EQUAL(out(&node, 21, udp(1, OUTSIDE, 1, 2, 0x2000)), HYP_REASON_NONE);
	CHECK_EQUAL(out(&node, 21, udp(1, OUTSIDE, 1, 2, 0x0010)), HYP_REASON_NONE);
	CHECK_EQUAL(out(&node, 22, udp(1, OUTSIDE, 1, 2, 0x0010)), HYP_REASON_FRAGMENT_UNKNOWN);
	CHECK_EQUAL(in(&node, 21, udp(OUTSIDE, 1, 2, 1, 0x2000)), HYP_REASON_NONE);
	CHECK_EQUAL(in(&node, 21, udp(OUTSIDE, 1, 2, 1, 0x0010)), HYP_REASON_NONE);
	node.milliseconds += 31000;
	CHECK_EQUAL(in(&node, 21, udp(OUTSIDE, 1, 2, 1, 0x0010)), HYP_REASON_FRAGMENT_UNKNOWN);
	close_node(&node);
}

/* Flows take no more of the ring than drops: the rest is for what policy asked to see. */
static void reports_what_it_learns(void)
{
	static struct hyp_event events[16384];
	struct hyp_endpoint_value learning = endpoint_of(2);
	struct node node;
	uint64_t lost;

	open_node(&node, 0, false);
	learning.mode = HYP_MODE_LEARN;
	put_endpoint(node.tables, 2, learning);
	CHECK_EQUAL(in(&node, 22, tcp(OUTSIDE, 2, 40000, 22, SYN)), HYP_REASON_NONE);
	CHECK_EQUAL(doca_tables_events(node.tables, events, 16384, &lost), 2);
	CHECK_EQUAL(events[0].type, HYP_EVENT_FLOW);
	CHECK_EQUAL(events[0].reason, HYP_REASON_POLICY_INGRESS);
	CHECK_EQUAL(events[0].network, NETWORK);
	CHECK_EQUAL(events[0].endpoint, 2);
	CHECK_EQUAL(events[0].peer, 0);
	CHECK_EQUAL(events[0].destination_port, 22);
	CHECK_EQUAL(events[1].type, HYP_EVENT_AUDIT);
	CHECK_EQUAL(out(&node, 22, tcp(2, OUTSIDE, 22, 40000, SYN | ACK)), HYP_REASON_NONE);
	CHECK_EQUAL(doca_tables_events(node.tables, events, 16384, &lost), 0);
	for (uint16_t port = 0; port < 10000; port++)
		CHECK_EQUAL(out(&node, 22, tcp(2, OUTSIDE, port, 443, SYN)), HYP_REASON_NONE);
	CHECK_EQUAL(doca_tables_events(node.tables, events, 16384, &lost), 8192);
	CHECK_EQUAL(lost, 10000 - 8192);
	close_node(&node);
}

int main(void)
{
	finds_the_longest_prefix();
	asks_one_side();
	follows_identity_and_governor();
	relates();
	reports_what_it_learns();
	return 0;
}
