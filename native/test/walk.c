/* SPDX-License-Identifier: Apache-2.0 */
/* The walk of a packet in user space. What it has in common with the kernel's is in test/packets. */
#include "walk_node.h"

static void answers_arp(void)
{
	struct node node;

	open_node(&node, 0, false);
	CHECK_EQUAL(send_from(&node, 11, arp(1, 2)), HYP_REASON_NONE);
	CHECK_EQUAL(node.verdict.what, WALK_ANSWERED);
	CHECK_EQUAL(node.count, 1);
	CHECK_EQUAL(node.sent[0].port, 11);
	CHECK_EQUAL(node.sent[0].receiver_mac, 1);
	/* Who is behind a tunnel is answered for, too. */
	CHECK_EQUAL(send_from(&node, 11, arp(1, REMOTE_HOST)), HYP_REASON_NONE);
	CHECK_EQUAL(node.verdict.what, WALK_ANSWERED);
	CHECK_EQUAL(send_from(&node, 11, arp(1, 77)), HYP_REASON_UNKNOWN_NEIGHBOUR);
	close_node(&node);
}

static void passes_a_local_connection(void)
{
	struct node node;

	open_node(&node, 0, false);
	CHECK_EQUAL(send_from(&node, 11, tcp(1, 2, 40000, 80, SYN)), HYP_REASON_NONE);
	CHECK_EQUAL(node.verdict.what, WALK_DELIVERED);
	CHECK_EQUAL(node.sent[0].port, 12);
	CHECK(node.verdict.connection && node.verdict.from_initiator && !node.verdict.offloadable);
	CHECK_EQUAL(send_from(&node, 12, tcp(2, 1, 80, 40000, SYN | ACK)), HYP_REASON_NONE);
	CHECK(node.verdict.connection && !node.verdict.from_initiator && !node.verdict.offloadable);
	CHECK_EQUAL(send_from(&node, 11, tcp(1, 2, 40000, 80, ACK)), HYP_REASON_NONE);
	CHECK(node.verdict.from_initiator && node.verdict.offloadable);
	CHECK_EQUAL(node.verdict.sender, 1);
	CHECK_EQUAL(node.verdict.receiver, 2);
	CHECK_EQUAL(node.verdict.vtep, 0);
	CHECK_EQUAL(node.verdict.receiver_mac[5], 2);
	CHECK_EQUAL(send_from(&node, 12, tcp(2, 1, 80, 40000, ACK)), HYP_REASON_NONE);
	CHECK(!node.verdict.from_initiator && node.verdict.offloadable);
	CHECK_EQUAL(send_from(&node, 12, tcp(2, 1, 80, 40000, ACK | FIN)), HYP_REASON_NONE);
	CHECK(node.verdict.connection && !node.verdict.offloadable);
	CHECK(doca_tables_connection_current(node.tables, &node.verdict.key,
					     node.verdict.connection));
	CHECK_EQUAL(doca_tables_connections(node.tables), 1);
	/* Over IPv6 it is another one. */
	CHECK_EQUAL(send_from(&node, 11, tcp6(1, 2, 40000, 80, SYN)), HYP_REASON_NONE);
	CHECK_EQUAL(doca_tables_connections(node.tables), 2);
	close_node(&node);
}

static void refuses_and_says_why(void)
{
	struct hyp_event event;
	uint64_t lost;
	struct node node;
	struct frame frame;

	open_node(&node, 0, false);
	CHECK_EQUAL(send_from(&node, 99, tcp(1, 2, 40000, 80, SYN)), HYP_REASON_NO_ENDPOINT);
	CHECK_EQUAL(node.verdict.culprit, 0);
	CHECK_EQUAL(send_from(&node, 15, tcp(5, 2, 40000, 80, SYN)), HYP_REASON_QUARANTINED);
	CHECK_EQUAL(send_from(&node, 11, tcp(1, 5, 40000, 80, SYN)), HYP_REASON_QUARANTINED);
	CHECK_EQUAL(node.verdict.culprit, 5);
	CHECK_EQUAL(send_from(&node, 11, tcp(2, 1, 40000, 80, SYN)), HYP_REASON_SPOOFED_MAC);
	frame = tcp(2, 1, 40000, 80, SYN);
	mac_of(1, frame.bytes + 6);
	CHECK_EQUAL(send_from(&node, 11, frame), HYP_REASON_SPOOFED_IPV4);
	CHECK_EQUAL(send_from(&node, 11, tcp(1, 77, 40000, 80, SYN)), HYP_REASON_NO_ROUTE);
	frame = ethernet(1, 2, 0x8100);
	append(&frame, tcp(1, 2, 40000, 80, SYN).bytes + 10, 44);
	CHECK_EQUAL(send_from(&node, 11, frame), HYP_REASON_VLAN_TAGGED);
	CHECK_EQUAL(drop_bytes(&node, 1, HYP_REASON_VLAN_TAGGED), 58);
	frame = tcp(1, 2, 40000, 80, SYN);
	frame.length -= 1;
	CHECK_EQUAL(send_from(&node, 11, frame), HYP_REASON_MALFORMED);
	CHECK_EQUAL(doca_tables_events(node.tables, &event, 1, &lost), 1);
	CHECK_EQUAL(event.reason, HYP_REASON_NO_ENDPOINT);
	while (doca_tables_events(node.tables, &event, 1, &lost) == 1)
		;
	CHECK_EQUAL(send_from(&node, 11, tcp(1, 2, 40000, 81, SYN)), HYP_REASON_POLICY_INGRESS);
	CHECK_EQUAL(node.verdict.culprit, 2);
	CHECK_EQUAL(drops(&node, 2, HYP_REASON_POLICY_INGRESS), 1);
	CHECK_EQUAL(doca_tables_events(node.tables, &event, 1, &lost), 1);
	CHECK_EQUAL(event.endpoint, 2);
	CHECK_EQUAL(event.peer, 1);
	CHECK_EQUAL(event.destination_port, 81);
	CHECK_EQUAL(doca_tables_connections(node.tables), 0);
	close_node(&node);
}

static void forgets(void)
{
	struct hyp_endpoint_value changed = endpoint_of(2);
	struct node node;

	open_node(&node, 2, false);
	for (uint16_t port = 1; port <= 3; port++)
		CHECK_EQUAL(send_from(&node, 11, tcp(1, 2, port, 80, SYN)), HYP_REASON_NONE);
	CHECK_EQUAL(doca_tables_connections(node.tables), 2);
	CHECK_EQUAL(node.forgotten, 1);
	/* The least recently used went: an answer on its connection is not one any more. */
	CHECK_EQUAL(send_from(&node, 12, tcp(2, 1, 80, 3, SYN | ACK)), HYP_REASON_NONE);
	CHECK(!node.verdict.from_initiator && node.verdict.connection);
	/* Opened anew, the connection before is forgotten. */
	CHECK_EQUAL(send_from(&node, 11, tcp(1, 2, 3, 80, SYN)), HYP_REASON_NONE);
	CHECK_EQUAL(node.forgotten, 2);
	/* A new generation that still allows it, and one that does not. */
	changed.generation = 2000;
	put_endpoint(node.tables, 2, changed);
	CHECK(!doca_tables_connection_current(node.tables, &node.verdict.key,
					      node.verdict.connection));
	CHECK_EQUAL(send_from(&node, 11, tcp(1, 2, 3, 80, ACK)), HYP_REASON_NONE);
	CHECK(doca_tables_connection_current(node.tables, &node.verdict.key,
					     node.verdict.connection));
	changed.generation = 2001;
	changed.prefix_lengths[HYP_INGRESS] = 0;
	put_endpoint(node.tables, 2, changed);
	CHECK_EQUAL(send_from(&node, 11, tcp(1, 2, 3, 80, ACK)), HYP_REASON_POLICY_INGRESS);
	/* What the other end still sends opens nothing. */
	CHECK_EQUAL(send_from(&node, 12, tcp(2, 1, 80, 3, ACK)), HYP_REASON_POLICY_INGRESS);
	CHECK_EQUAL(node.forgotten, 2);
	/* Time: UDP without an answer lasts 30 seconds, or longer when somebody else sees packets. */
	CHECK_EQUAL(send_from(&node, 12, udp(2, 9, 5000, 53, 0)), HYP_REASON_NONE);
	CHECK_EQUAL(doca_tables_seconds(node.verdict.connection->timeout), 30);
	node.milliseconds += 29000;
	doca_tables_touch(node.tables, &node.verdict.key);
	node.milliseconds += 29000;
	CHECK_EQUAL(receive_from(&node, VTEP, NETWORK, udp(9, 2, 53, 5000, 0)), HYP_REASON_NONE);
	node.milliseconds += 121000;
	CHECK_EQUAL(receive_from(&node, VTEP, NETWORK, udp(9, 2, 53, 5000, 0)),
		    HYP_REASON_POLICY_INGRESS);
	close_node(&node);
}

static void polices_rates_or_not(void)
{
	struct hyp_endpoint_value slow = endpoint_of(1);
	struct node node;

	slow.rate[HYP_EGRESS] = 1;
	slow.burst[HYP_EGRESS] = 60;
	for (int elsewhere = 0; elsewhere < 2; elsewhere++) {
		open_node(&node, 0, elsewhere);
		put_endpoint(node.tables, 1, slow);
		for (int i = 0; i < 2; i++)
			CHECK_EQUAL(send_from(&node, 11, tcp(1, 2, 40000, 80, SYN)), 0);
		CHECK_EQUAL(send_from(&node, 11, tcp(1, 2, 40000, 80, SYN)),
			    elsewhere ? HYP_REASON_NONE : HYP_REASON_RATE_EGRESS);
		close_node(&node);
	}
}

/* Drops fill three quarters of the ring; the rest is for what policy asked to see. */
static void leaves_room_for_what_is_logged(void)
{
	static struct hyp_event events[16384];
	const struct hyp_policy_key key = { .policy = 2, .identity = 101, .port = 81, .prefix_length = 16,
					    .protocol = 6, .direction = HYP_INGRESS };
	const struct hyp_policy_value logged = { .rule = 2, .verdict = HYP_VERDICT_ALLOW,
						 .flags = HYP_POLICY_LOG };
	struct node node;
	uint64_t lost;

	open_node(&node, 0, false);
	put(node.tables, HYP_TABLE_POLICY, &key, &logged);
	for (int i = 0; i < 10000; i++)
		CHECK_EQUAL(send_from(&node, 11, tcp(1, 2, 40000, 82, SYN)),
			    HYP_REASON_POLICY_INGRESS);
	CHECK_EQUAL(send_from(&node, 11, tcp(1, 2, 40000, 81, SYN)), HYP_REASON_NONE);
	CHECK_EQUAL(doca_tables_events(node.tables, events, 16384, &lost), 8193);
	CHECK_EQUAL(events[8192].type, HYP_EVENT_LOG);
	CHECK_EQUAL(lost, 10000 - 8192);
	CHECK_EQUAL(doca_tables_events(node.tables, events, 16384, &lost), 0);
	close_node(&node);
}

static void refuses_for_others(void)
{
	struct frame frame = tcp(1, 2, 40000, 80, SYN);
	struct hyp_event event;
	uint64_t lost;
	struct node node;

	open_node(&node, 0, false);
	walk_refuse_from_port(node.tables, 11, frame.bytes, frame.length, HYP_REASON_PUNT_LIMIT);
	walk_refuse_from_wire(node.tables, frame.bytes, frame.length, HYP_REASON_PUNT_LIMIT);
	CHECK_EQUAL(drops(&node, 1, HYP_REASON_PUNT_LIMIT), 1);
	CHECK_EQUAL(drops(&node, 0, HYP_REASON_PUNT_LIMIT), 1);
	CHECK_EQUAL(doca_tables_events(node.tables, &event, 1, &lost), 1);
	CHECK_EQUAL(event.endpoint, 1);
	CHECK_EQUAL(event.network, NETWORK);
	CHECK_EQUAL(event.destination_port, 80);
	close_node(&node);
}

int main(void)
{
	answers_arp();
	passes_a_local_connection();
	refuses_and_says_why();
	forgets();
	polices_rates_or_not();
	leaves_room_for_what_is_logged();
	refuses_for_others();
	return 0;
}
