/* SPDX-License-Identifier: Apache-2.0 */
/* The walk of a packet in user space. What it has in common with the kernel's is in test/packets. */
#include <errno.h>

#include "../src/backend/doca/walk.h"
#include "frame.h"

#define SENT_MAX 8

struct sent {
	uint32_t port; /* 0: through a tunnel */
	uint32_t vtep;
	uint32_t network;
	uint8_t receiver_mac;
	uint32_t length;
};

/* One test's node. */
struct node {
	struct doca_tables *tables;
	uint64_t milliseconds;
	int forgotten;
	struct sent sent[SENT_MAX];
	int count; /* of sent */
	struct walk_verdict verdict;
};

static void to_port(void *context, uint32_t port, const uint8_t *frame, uint32_t length)
{
	struct node *node = context;

	CHECK(node->count < SENT_MAX);
	node->sent[node->count++] =
		(struct sent){ .port = port, .receiver_mac = frame[5], .length = length };
}

static void to_tunnel(void *context, uint32_t vtep, uint32_t network, const uint8_t *frame,
		      uint32_t length)
{
	struct node *node = context;

	CHECK(node->count < SENT_MAX);
	node->sent[node->count++] = (struct sent){
		.vtep = vtep, .network = network, .receiver_mac = frame[5], .length = length
	};
}

static uint64_t milliseconds(void *context)
{
	const struct node *node = context;

	return node->milliseconds;
}

static void forgotten(void *context, const struct hyp_connection_key *key,
		      const struct hyp_connection *connection)
{
	struct node *node = context;

	CHECK(key->network != 0 && connection->timeout != 0);
	node->forgotten++;
}

static void open_node(struct node *node, uint32_t connections_max, bool rates_elsewhere)
{
	const struct doca_tables_options options = {
		.connections_max = connections_max,
		.rates_elsewhere = rates_elsewhere,
		.milliseconds = milliseconds,
		.forgotten = forgotten,
		.context = node,
	};

	memset(node, 0, sizeof(*node));
	node->milliseconds = 1;
	CHECK_EQUAL(doca_tables_new(&options, &node->tables), 0);
	put_neighbourhood(node->tables);
}

static void close_node(struct node *node)
{
	doca_tables_free(node->tables);
}

static struct walk_outlet outlet_of(struct node *node)
{
	return (struct walk_outlet){ .port = to_port, .tunnel = to_tunnel, .context = node };
}

/* The walk of a frame from a host's port. Returns the reason of its drop. */
static uint32_t send_from(struct node *node, uint32_t port, struct frame frame)
{
	const struct walk_outlet outlet = outlet_of(node);

	node->count = 0;
	walk_from_port(node->tables, port, frame.bytes, frame.length, FRAME_ROOM, &outlet,
		       &node->verdict);
	CHECK_EQUAL(node->verdict.what == WALK_DROPPED, node->verdict.reason != HYP_REASON_NONE);
	return node->verdict.reason;
}

static uint32_t receive_from(struct node *node, uint32_t vtep, uint32_t network, struct frame frame)
{
	const struct walk_outlet outlet = outlet_of(node);

	node->count = 0;
	walk_from_tunnel(node->tables, vtep, network, frame.bytes, frame.length, &outlet,
			 &node->verdict);
	return node->verdict.reason;
}

static uint32_t receive(struct node *node, struct frame frame)
{
	const struct walk_outlet outlet = outlet_of(node);

	node->count = 0;
	walk_from_wire(node->tables, frame.bytes, frame.length, &outlet, &node->verdict);
	return node->verdict.reason;
}

static uint64_t drops(struct node *node, uint32_t endpoint, uint32_t reason)
{
	struct hyp_drop_counter rows[64];
	uint64_t bytes;
	int64_t count = doca_tables_counters(node->tables, HYP_COUNTERS_DROP, rows, sizeof(rows),
					     &bytes, NULL);

	for (int64_t i = 0; i < count; i++) {
		if (rows[i].endpoint == endpoint && rows[i].reason == reason)
			return rows[i].packets;
	}
	return 0;
}

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

static void sends_into_a_tunnel(void)
{
	struct node node;

	open_node(&node, 0, false);
	CHECK_EQUAL(send_from(&node, 12, tcp(2, 9, 40000, 5432, SYN)), HYP_REASON_NONE);
	CHECK_EQUAL(node.count, 1);
	CHECK_EQUAL(node.sent[0].vtep, VTEP);
	CHECK_EQUAL(node.sent[0].network, NETWORK);
	CHECK_EQUAL(node.sent[0].receiver_mac, REMOTE_HOST);
	CHECK_EQUAL(node.verdict.sender, 2);
	CHECK_EQUAL(node.verdict.receiver, 0);
	CHECK_EQUAL(node.verdict.vtep, VTEP);
	CHECK(node.verdict.connection);
	CHECK_EQUAL(node.verdict.connection->endpoint[1], HYP_REMOTE(VTEP));
	CHECK_EQUAL(node.verdict.connection->generation[1], REMOTE_IDENTITY);
	/* Its ingress policy lets nothing of the kind in, but this is an answer. */
	CHECK_EQUAL(receive_from(&node, VTEP, NETWORK, tcp(9, 2, 5432, 40000, SYN | ACK)),
		    HYP_REASON_NONE);
	CHECK_EQUAL(node.sent[0].port, 12);
	CHECK(node.verdict.connection && !node.verdict.from_initiator);
	CHECK_EQUAL(send_from(&node, 12, tcp(2, 9, 40000, 5432, ACK)), HYP_REASON_NONE);
	CHECK(node.verdict.offloadable);
	CHECK_EQUAL(receive_from(&node, VTEP, NETWORK, tcp(9, 2, 5432, 40000, ACK)),
		    HYP_REASON_NONE);
	CHECK(node.verdict.offloadable && node.verdict.receiver == 2 && node.verdict.sender == 0);
	/* Without the VTEP there is no way there. */
	put(node.tables, HYP_TABLE_VTEP, &(struct hyp_vtep_key){ VTEP }, NULL);
	CHECK(!doca_tables_connection_current(node.tables, &node.verdict.key,
					      node.verdict.connection));
	CHECK_EQUAL(send_from(&node, 12, tcp(2, 9, 40000, 5432, ACK)), HYP_REASON_NO_ROUTE);
	CHECK_EQUAL(receive_from(&node, VTEP, NETWORK, tcp(9, 2, 5432, 40000, ACK)),
		    HYP_REASON_UNKNOWN_VTEP);
	close_node(&node);
}

/* The egress policy asks for the identity that the neighbour's row gives the remote. */
static void asks_egress_policy_about_a_remote(void)
{
	struct hyp_endpoint_value closed = endpoint_of(1);
	struct hyp_policy_key key = { .policy = 3,
				      .identity = REMOTE_IDENTITY,
				      .port = 80,
				      .prefix_length = 16,
				      .protocol = 6,
				      .direction = HYP_EGRESS };
	const struct hyp_policy_value value = { .rule = 1, .verdict = HYP_VERDICT_ALLOW };
	struct hyp_rule_counter rules[8];
	uint64_t bytes;
	struct node node;

	open_node(&node, 0, false);
	closed.generation++;
	closed.policy = 3;
	closed.flags = HYP_ENDPOINT_EGRESS_DENY;
	closed.prefix_lengths[HYP_EGRESS] = 1u << 16;
	put_endpoint(node.tables, 1, closed);
	CHECK_EQUAL(send_from(&node, 11, tcp(1, 9, 40000, 80, SYN)), HYP_REASON_POLICY_EGRESS);
	CHECK_EQUAL(node.verdict.culprit, 1);
	put(node.tables, HYP_TABLE_POLICY, &key, &value);
	CHECK_EQUAL(send_from(&node, 11, tcp(1, 9, 40000, 80, SYN)), HYP_REASON_NONE);
	/* The remote's own policy is not asked here: no rule of it is counted. */
	CHECK_EQUAL(doca_tables_counters(node.tables, HYP_COUNTERS_RULE, rules, sizeof(rules), &bytes,
					 NULL),
		    2);
	CHECK(rules[0].policy == 3 && rules[1].policy == 3);
	/* Another identity of the same remote is decided again. */
	CHECK_EQUAL(receive_from(&node, VTEP, NETWORK, tcp(9, 1, 80, 40000, SYN | ACK)),
		    HYP_REASON_NONE);
	put_remote(node.tables, NETWORK, 104, VTEP);
	CHECK_EQUAL(send_from(&node, 11, tcp(1, 9, 40000, 80, ACK)), HYP_REASON_POLICY_EGRESS);
	CHECK_EQUAL(node.forgotten, 1);
	CHECK_EQUAL(doca_tables_connections(node.tables), 0);
	close_node(&node);
}

static void takes_from_a_tunnel(void)
{
	struct frame frame;
	struct node node;

	open_node(&node, 0, false);
	CHECK_EQUAL(receive_from(&node, VTEP, NETWORK, tcp(9, 2, 40000, 80, SYN)), HYP_REASON_NONE);
	CHECK_EQUAL(node.sent[0].port, 12);
	CHECK(node.verdict.connection && node.verdict.from_initiator);
	CHECK_EQUAL(node.verdict.connection->endpoint[0], HYP_REMOTE(VTEP));
	CHECK_EQUAL(send_from(&node, 12, tcp(2, 9, 80, 40000, SYN | ACK)), HYP_REASON_NONE);
	CHECK_EQUAL(node.sent[0].vtep, VTEP);
	CHECK_EQUAL(receive_from(&node, VTEP, NETWORK, tcp6(9, 2, 40000, 80, SYN)),
		    HYP_REASON_NONE);
	CHECK_EQUAL(receive_from(&node, VTEP, NETWORK, tcp(9, 2, 40000, 81, SYN)),
		    HYP_REASON_POLICY_INGRESS);
	CHECK_EQUAL(node.verdict.culprit, 2);
	CHECK_EQUAL(receive_from(&node, VTEP, NETWORK, tcp(9, 5, 40000, 80, SYN)),
		    HYP_REASON_QUARANTINED);
	CHECK_EQUAL(receive_from(&node, VTEP, NETWORK, tcp(9, 77, 40000, 80, SYN)),
		    HYP_REASON_NO_ROUTE);
	CHECK_EQUAL(node.verdict.culprit, 0);
	/* Nobody's packets go from one tunnel into another. */
	CHECK_EQUAL(receive_from(&node, VTEP, NETWORK, tcp(9, 9, 40000, 80, SYN)),
		    HYP_REASON_NO_ROUTE);
	CHECK_EQUAL(receive_from(&node, VTEP, NETWORK, arp(9, 2)), HYP_REASON_NEIGHBOUR_CONSUMED);
	frame = tcp(9, 2, 40000, 80, SYN);
	frame.bytes[12] = 0x81;
	frame.bytes[13] = 0x00;
	CHECK_EQUAL(receive_from(&node, VTEP, NETWORK, frame), HYP_REASON_VLAN_TAGGED);
	CHECK_EQUAL(receive_from(&node, VTEP, NETWORK, udp(9, 2, 67, 68, 0)),
		    HYP_REASON_ROGUE_DHCP);
	CHECK_EQUAL(node.count, 0);
	close_node(&node);
}

static void believes_no_source(void)
{
	struct frame frame;
	struct node node;

	open_node(&node, 0, false);
	/* Not behind that VTEP; local; nobody's; of another network; with another MAC. */
	CHECK_EQUAL(receive_from(&node, OTHER_VTEP, NETWORK, tcp(9, 2, 40000, 80, SYN)),
		    HYP_REASON_SPOOFED_TUNNEL_SOURCE);
	CHECK_EQUAL(receive_from(&node, VTEP, NETWORK, tcp(1, 2, 40000, 80, SYN)),
		    HYP_REASON_SPOOFED_TUNNEL_SOURCE);
	CHECK_EQUAL(receive_from(&node, VTEP, NETWORK, tcp(77, 2, 40000, 80, SYN)),
		    HYP_REASON_SPOOFED_TUNNEL_SOURCE);
	CHECK_EQUAL(receive_from(&node, VTEP, MULTICAST_NETWORK, tcp(1, 2, 40000, 80, SYN)),
		    HYP_REASON_SPOOFED_TUNNEL_SOURCE);
	frame = tcp(9, 2, 40000, 80, SYN);
	frame.bytes[11] = 8;
	CHECK_EQUAL(receive_from(&node, VTEP, NETWORK, frame), HYP_REASON_SPOOFED_TUNNEL_SOURCE);
	CHECK_EQUAL(node.verdict.culprit, 0);
	CHECK_EQUAL(drops(&node, 0, HYP_REASON_SPOOFED_TUNNEL_SOURCE), 5);
	close_node(&node);
}

static void copies_multicast(void)
{
	struct node node;
	struct frame frame = udp(9, 3, 5000, 5353, 0);

	open_node(&node, 0, false);
	memset(frame.bytes, 0xff, 6);
	CHECK_EQUAL(receive_from(&node, VTEP, NETWORK, frame), HYP_REASON_MULTICAST_OFF);
	/* Endpoint 4 takes no UDP. */
	CHECK_EQUAL(receive_from(&node, VTEP, MULTICAST_NETWORK, frame), HYP_REASON_NONE);
	CHECK_EQUAL(node.verdict.what, WALK_DELIVERED);
	CHECK_EQUAL(node.count, 1);
	CHECK_EQUAL(node.sent[0].port, 13);
	CHECK(!node.verdict.connection && node.verdict.receiver == 0);
	CHECK_EQUAL(drops(&node, 4, HYP_REASON_POLICY_INGRESS), 1);
	close_node(&node);
}

static void looks_at_outer_headers(void)
{
	const struct frame inner = tcp(9, 2, 40000, 80, SYN);
	struct frame frame;
	struct node node;

	open_node(&node, 0, false);
	CHECK_EQUAL(receive(&node, tunnelled(7, 1, 8, 100, &inner)), HYP_REASON_NONE);
	CHECK_EQUAL(node.verdict.what, WALK_DELIVERED);
	CHECK_EQUAL(node.sent[0].length, inner.length);
	CHECK_EQUAL(receive(&node, tunnelled(6, 1, 8, 100, &inner)), HYP_REASON_UNKNOWN_VTEP);
	CHECK_EQUAL(receive(&node, tunnelled(7, 1, 8, 101, &inner)), HYP_REASON_UNKNOWN_VNI);
	CHECK_EQUAL(node.verdict.vtep, VTEP);
	CHECK_EQUAL(receive(&node, tunnelled(7, 1, 0, 100, &inner)), HYP_REASON_MALFORMED);
	CHECK_EQUAL(drops(&node, 0, HYP_REASON_UNKNOWN_VTEP), 1);
	CHECK_EQUAL(drops(&node, 0, HYP_REASON_UNKNOWN_VNI), 1);
	/* To another address, or another port: the host's. */
	CHECK_EQUAL(receive(&node, tunnelled(7, 2, 8, 100, &inner)), HYP_REASON_NONE);
	CHECK_EQUAL(node.verdict.what, WALK_FOREIGN);
	frame = tunnelled(7, 1, 8, 100, &inner);
	frame.bytes[37] ^= 1;
	CHECK_EQUAL(receive(&node, frame), HYP_REASON_NONE);
	CHECK_EQUAL(node.verdict.what, WALK_FOREIGN);
	/* Cut at every byte, it is either foreign or dropped. */
	for (uint32_t length = 0; length < tunnelled(7, 1, 8, 100, &inner).length; length++) {
		frame = tunnelled(7, 1, 8, 100, &inner);
		frame.length = length;
		receive(&node, frame);
		CHECK_EQUAL(node.verdict.what, WALK_FOREIGN);
	}
	close_node(&node);
}

static void follows_through_tunnels(void)
{
	struct frame asked = udp(2, 9, 5000, 53, 0), error = port_unreachable(9, 2, &asked);
	struct node node;

	open_node(&node, 0, false);
	/* An error about nothing, then one about a packet that was sent. */
	CHECK_EQUAL(receive_from(&node, VTEP, NETWORK, error), HYP_REASON_UNRELATED_ICMP_ERROR);
	CHECK_EQUAL(send_from(&node, 12, asked), HYP_REASON_NONE);
	CHECK_EQUAL(receive_from(&node, VTEP, NETWORK, error), HYP_REASON_NONE);
	CHECK_EQUAL(node.sent[0].port, 12);
	CHECK(!node.verdict.connection);
	/* And the other way round. */
	asked = udp(9, 1, 5000, 53, 0);
	error = port_unreachable(1, 9, &asked);
	CHECK_EQUAL(send_from(&node, 11, error), HYP_REASON_UNRELATED_ICMP_ERROR);
	CHECK_EQUAL(receive_from(&node, VTEP, NETWORK, asked), HYP_REASON_NONE);
	CHECK_EQUAL(send_from(&node, 11, error), HYP_REASON_NONE);
	CHECK_EQUAL(node.sent[0].vtep, VTEP);
	/* Fragments follow the first one. */
	CHECK_EQUAL(receive_from(&node, VTEP, NETWORK, udp(9, 1, 6000, 53, 0x0010)),
		    HYP_REASON_FRAGMENT_UNKNOWN);
	CHECK_EQUAL(receive_from(&node, VTEP, NETWORK, udp(9, 1, 6000, 53, 0x2000)),
		    HYP_REASON_NONE);
	CHECK(node.verdict.connection && !node.verdict.offloadable);
	CHECK_EQUAL(receive_from(&node, VTEP, NETWORK, udp(9, 1, 6000, 53, 0x0010)),
		    HYP_REASON_NONE);
	CHECK_EQUAL(node.sent[0].port, 11);
	CHECK_EQUAL(send_from(&node, 11, udp(1, 9, 6000, 53, 0x2000)), HYP_REASON_NONE);
	CHECK_EQUAL(send_from(&node, 11, udp(1, 9, 6000, 53, 0x0010)), HYP_REASON_NONE);
	CHECK_EQUAL(node.sent[0].vtep, VTEP);
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
	CHECK_EQUAL(node.forgotten, 3);
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
	doca_tables_forget(node.tables, &node.verdict.key);
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
	sends_into_a_tunnel();
	asks_egress_policy_about_a_remote();
	takes_from_a_tunnel();
	believes_no_source();
	copies_multicast();
	looks_at_outer_headers();
	follows_through_tunnels();
	forgets();
	polices_rates_or_not();
	refuses_for_others();
	return 0;
}
