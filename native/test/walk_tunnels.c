/* SPDX-License-Identifier: Apache-2.0 */
/* The walk of a packet in user space, into tunnels and out of them. */
#include "walk_node.h"

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
	put_tunnels(node.tables);
	CHECK_EQUAL(send_from(&node, 12, tcp(2, 9, 40000, 5432, ACK)), HYP_REASON_NONE);
	/* Nor without a VNI, nor without an uplink. */
	put(node.tables, HYP_TABLE_NETWORK, &(struct hyp_network_key){ NETWORK },
	    &(struct hyp_network_value){ .mtu = 1500 });
	CHECK_EQUAL(send_from(&node, 12, tcp(2, 9, 40000, 5432, ACK)), HYP_REASON_NO_ROUTE);
	CHECK_EQUAL(receive_from(&node, VTEP, NETWORK, tcp(9, 2, 5432, 40000, ACK)),
		    HYP_REASON_UNKNOWN_VNI);
	put(node.tables, HYP_TABLE_NETWORK, &(struct hyp_network_key){ NETWORK },
	    &(struct hyp_network_value){ .mtu = 1500, .vni = 100 });
	CHECK_EQUAL(send_from(&node, 12, tcp(2, 9, 40000, 5432, ACK)), HYP_REASON_NONE);
	put(node.tables, HYP_TABLE_UPLINK, &(struct hyp_uplink_key){ UPLINK_PORT }, NULL);
	CHECK_EQUAL(send_from(&node, 12, tcp(2, 9, 40000, 5432, ACK)), HYP_REASON_NO_ROUTE);
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
	CHECK_EQUAL(receive_from(&node, VTEP, NETWORK, tcp(9, 1, 80, 40000, ACK)),
		    HYP_REASON_POLICY_EGRESS);
	CHECK_EQUAL(node.forgotten, 0);
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
	union hyp_address mapped;
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
	/* The mapped form of its IPv4 address in an IPv6 header. */
	frame = tcp6(9, 2, 40000, 80, SYN);
	mapped = address4(REMOTE_HOST);
	memcpy(frame.bytes + 14 + 8, &mapped, sizeof(mapped));
	CHECK_EQUAL(receive_from(&node, VTEP, NETWORK, frame), HYP_REASON_SPOOFED_TUNNEL_SOURCE);
	CHECK_EQUAL(node.verdict.culprit, 0);
	CHECK_EQUAL(drops(&node, 0, HYP_REASON_SPOOFED_TUNNEL_SOURCE), 6);
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

int main(void)
{
	sends_into_a_tunnel();
	asks_egress_policy_about_a_remote();
	takes_from_a_tunnel();
	believes_no_source();
	copies_multicast();
	looks_at_outer_headers();
	follows_through_tunnels();
	return 0;
}
