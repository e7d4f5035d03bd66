/* SPDX-License-Identifier: Apache-2.0 */
/* What the parser sees of Ethernet, IP and transport, of tags, and of frames that are cut short. */
#include <arpa/inet.h>

#include "packet_frame.h"

static const uint8_t address6[2][16] = {
	{ 0x20, 0x01, 0x0d, 0xb8, [15] = 1 },
	{ 0x20, 0x01, 0x0d, 0xb8, [15] = 2 },
};

static void check_ok(const struct packet *packet, int l3, int ip4, int l4, int checksum)
{
	const struct doca_flow_parser_meta *meta = &packet->view.parser_meta;

	CHECK_EQUAL(meta->outer_l3_ok, l3);
	CHECK_EQUAL(meta->outer_ip4_checksum_ok, ip4);
	CHECK_EQUAL(meta->outer_l4_ok, l4);
	CHECK_EQUAL(meta->outer_l4_checksum_ok, checksum);
}

static void test_tcp4(void)
{
	struct packet packet;

	packet_make(&packet, samples[SAMPLE_TCP4]);
	CHECK_EQUAL(packet.layers, LAYER_ETH | LAYER_IP4 | LAYER_TCP);
	CHECK_EQUAL(packet.outer.eth, 0);
	CHECK_EQUAL(packet.outer.l3, 14);
	CHECK_EQUAL(packet.outer.l4, 34);
	CHECK_EQUAL(packet.outer.end, 54);
	CHECK_EQUAL(packet.inner.l3, PACKET_ABSENT);
	CHECK_EQUAL(packet.tunnel, PACKET_ABSENT);
	CHECK_EQUAL(packet.view.outer.eth.dst_mac[5], 2);
	CHECK_EQUAL(packet.view.outer.eth.src_mac[5], 1);
	CHECK_EQUAL(packet.view.outer.eth.type, htons(0x0800));
	CHECK_EQUAL(packet.view.outer.l2_valid_headers, 0);
	CHECK_EQUAL(packet.view.outer.l3_type, DOCA_FLOW_L3_TYPE_IP4);
	CHECK_EQUAL(packet.view.outer.ip4.src_ip, htonl(0x0a000001));
	CHECK_EQUAL(packet.view.outer.ip4.dst_ip, htonl(0x0a000002));
	CHECK_EQUAL(packet.view.outer.ip4.version_ihl, 0x45);
	CHECK_EQUAL(packet.view.outer.ip4.total_len, htons(45));
	CHECK_EQUAL(packet.view.outer.ip4.identification, htons(0x1234));
	CHECK_EQUAL(packet.view.outer.ip4.flags_fragment_offset, htons(0x4000));
	CHECK_EQUAL(packet.view.outer.ip4.next_proto, 6);
	CHECK_EQUAL(packet.view.outer.ip4.ttl, 64);
	CHECK_EQUAL(packet.view.outer.l4_type_ext, DOCA_FLOW_L4_TYPE_EXT_TCP);
	CHECK_EQUAL(packet.view.outer.tcp.l4_port.src_port, htons(1234));
	CHECK_EQUAL(packet.view.outer.transport.dst_port, htons(80));
	CHECK_EQUAL(packet.view.outer.tcp.flags, 0x18);
	CHECK_EQUAL(packet.view.outer.tcp.data_offset, 0x50);
	CHECK_EQUAL(packet.view.outer.tcp.seq_num, htonl(0x01020304));
	CHECK_EQUAL(packet.view.outer.tcp.ack_num, htonl(0x05060708));
	CHECK_EQUAL(packet.view.tun.type, DOCA_FLOW_TUN_NONE);
	CHECK_EQUAL(packet.view.parser_meta.outer_l2_type, DOCA_FLOW_L2_META_NO_VLAN);
	CHECK_EQUAL(packet.view.parser_meta.outer_l3_type, DOCA_FLOW_L3_META_IPV4);
	CHECK_EQUAL(packet.view.parser_meta.outer_l4_type, DOCA_FLOW_L4_META_TCP);
	CHECK_EQUAL(packet.view.parser_meta.outer_ip_fragmented, 0);
	check_ok(&packet, 1, 1, 1, 1);

	/* Padding behind the datagram is none of the checksum's business. */
	packet_drop(&packet);
	packet_make(&packet,
		    "0200000000020200000000010800 4500001c12344000401114"
		    "9b0a0000010a000002 15b3003500080000 0102030405060708090a0b0c0d0e0f101112");
	CHECK_EQUAL(packet.layers, LAYER_ETH | LAYER_IP4 | LAYER_UDP);
	check_ok(&packet, 1, 1, 1, 1);
	packet_drop(&packet);
}

static void test_options(void)
{
	struct packet packet;

	packet_make(&packet, samples[SAMPLE_TCP4_OPTIONS]);
	CHECK_EQUAL(packet.outer.l4, 14 + 24);
	CHECK_EQUAL(packet.outer.end, 14 + 24 + 24);
	CHECK_EQUAL(packet.view.outer.ip4.version_ihl, 0x46);
	CHECK_EQUAL(packet.view.outer.tcp.l4_port.dst_port, htons(80));
	check_ok(&packet, 1, 1, 1, 1);
	packet_drop(&packet);
}

static void test_udp(void)
{
	struct packet packet;

	packet_make(&packet, samples[SAMPLE_UDP4]);
	CHECK_EQUAL(packet.layers, LAYER_ETH | LAYER_IP4 | LAYER_UDP);
	CHECK_EQUAL(packet.view.outer.l4_type_ext, DOCA_FLOW_L4_TYPE_EXT_UDP);
	CHECK_EQUAL(packet.view.outer.udp.l4_port.src_port, htons(5555));
	CHECK_EQUAL(packet.view.outer.udp.l4_port.dst_port, htons(53));
	CHECK_EQUAL(packet.view.parser_meta.outer_l4_type, DOCA_FLOW_L4_META_UDP);
	check_ok(&packet, 1, 1, 1, 1);
	packet.data[packet.length - 1] ^= 1;
	packet_parse(&packet);
	check_ok(&packet, 1, 1, 1, 0);
	packet.data[22]--; /* TTL */
	packet_parse(&packet);
	check_ok(&packet, 1, 0, 1, 0);
	packet_drop(&packet);

	packet_make(&packet, samples[SAMPLE_UDP4_BARE]);
	check_ok(&packet, 1, 1, 1, 1);
	packet_drop(&packet);

	packet_make(&packet, samples[SAMPLE_UDP6]);
	CHECK_EQUAL(packet.layers, LAYER_ETH | LAYER_IP6 | LAYER_UDP);
	check_ok(&packet, 1, 0, 1, 1);
	memset(packet.data + packet.outer.l4 + 6, 0, 2); /* IPv6 demands one */
	packet_parse(&packet);
	check_ok(&packet, 1, 0, 1, 0);
	packet_drop(&packet);
}

static void test_icmp(void)
{
	struct packet packet;

	packet_make(&packet, samples[SAMPLE_ICMP4]);
	CHECK_EQUAL(packet.layers, LAYER_ETH | LAYER_IP4 | LAYER_ICMP);
	CHECK_EQUAL(packet.view.outer.l4_type_ext, DOCA_FLOW_L4_TYPE_EXT_ICMP);
	CHECK_EQUAL(packet.view.outer.icmp.type, 8);
	CHECK_EQUAL(packet.view.outer.icmp.ident, htons(0x4242));
	CHECK_EQUAL(packet.view.parser_meta.outer_l4_type, DOCA_FLOW_L4_META_ICMP);
	check_ok(&packet, 1, 1, 1, 1);
	packet_drop(&packet);

	packet_make(&packet, samples[SAMPLE_ICMP6]);
	CHECK_EQUAL(packet.layers, LAYER_ETH | LAYER_IP6 | LAYER_ICMP6);
	CHECK_EQUAL(packet.view.outer.l4_type_ext, DOCA_FLOW_L4_TYPE_EXT_ICMP6);
	CHECK_EQUAL(packet.view.outer.icmp.type, 135);
	CHECK_EQUAL(packet.view.outer.ip6.hop_limit, 255);
	CHECK_EQUAL(packet.view.parser_meta.outer_l4_type, DOCA_FLOW_L4_META_ICMP);
	check_ok(&packet, 1, 0, 1, 1);
	packet_drop(&packet);
}

static void test_ip6(void)
{
	struct packet packet;

	packet_make(&packet, samples[SAMPLE_TCP6]);
	CHECK_EQUAL(packet.layers, LAYER_ETH | LAYER_IP6 | LAYER_TCP);
	CHECK_EQUAL(packet.view.outer.l3_type, DOCA_FLOW_L3_TYPE_IP6);
	CHECK(memcmp(packet.view.outer.ip6.src_ip, address6[0], 16) == 0);
	CHECK(memcmp(packet.view.outer.ip6.dst_ip, address6[1], 16) == 0);
	CHECK_EQUAL(packet.view.outer.ip6.traffic_class, 0xb8);
	CHECK_EQUAL(packet.view.outer.ip6.flow_label, htonl(0x12345));
	CHECK_EQUAL(packet.view.outer.ip6.payload_len, htons(25));
	CHECK_EQUAL(packet.view.outer.ip6.next_proto, 6);
	CHECK_EQUAL(packet.view.outer.ip6.hop_limit, 64);
	CHECK_EQUAL(packet.view.parser_meta.outer_l3_type, DOCA_FLOW_L3_META_IPV6);
	check_ok(&packet, 1, 0, 1, 1);
	packet_drop(&packet);

	packet_make(&packet, samples[SAMPLE_EXTENDED_TCP6]);
	CHECK_EQUAL(packet.layers, LAYER_ETH | LAYER_IP6 | LAYER_TCP);
	CHECK_EQUAL(packet.outer.l4, 14 + 40 + 24);
	CHECK_EQUAL(packet.view.outer.ip6.next_proto, 0);
	CHECK_EQUAL(packet.view.parser_meta.outer_ip_fragmented, 0);
	check_ok(&packet, 1, 0, 1, 1);
	packet_drop(&packet);

	/* The checksum is over the last address of the route. */
	packet_make(&packet, samples[SAMPLE_ROUTED_TCP6]);
	check_ok(&packet, 1, 0, 1, 1);
	packet_drop(&packet);
}

/* A chain of more headers than are followed hides what is behind it. */
static void test_long_chain(void)
{
	uint8_t bytes[14 + 40 + 8 * 20] = { [12] = 0x86, [13] = 0xdd, [14] = 0x60, [14 + 5] = 8 * 20,
					    [14 + 6] = 60 };
	struct packet packet;

	for (int i = 0; i < 19; i++)
		bytes[14 + 40 + 8 * i] = i == 18 ? 17 : 60;
	packet_make_with(&packet, bytes, sizeof(bytes), 0);
	CHECK_EQUAL(packet.layers, LAYER_ETH | LAYER_IP6);
	check_ok(&packet, 0, 0, 0, 0);
	packet_drop(&packet);
}

static void test_tags(void)
{
	struct packet packet;

	packet_make(&packet, samples[SAMPLE_VLAN_TCP4]);
	CHECK_EQUAL(packet.layers, LAYER_ETH | LAYER_VLAN0 | LAYER_IP4 | LAYER_TCP);
	CHECK_EQUAL(packet.view.outer.eth.type, htons(0x0800));
	CHECK_EQUAL(packet.view.outer.l2_valid_headers, DOCA_FLOW_L2_VALID_HEADER_VLAN_0);
	CHECK_EQUAL(packet.view.outer.eth_vlan[0].tci, htons(0x6064));
	CHECK_EQUAL(packet.view.parser_meta.outer_l2_type, DOCA_FLOW_L2_META_SINGLE_VLAN);
	check_ok(&packet, 1, 1, 1, 1);

	packet_pop_vlan(&packet);
	check_frame(&packet, samples[SAMPLE_TCP4]);
	packet_pop_vlan(&packet);
	check_frame(&packet, samples[SAMPLE_TCP4]);
	CHECK_EQUAL(packet_push_vlan(&packet, 0, htons(0x6064)), DOCA_SUCCESS);
	check_frame(&packet, samples[SAMPLE_VLAN_TCP4]);
	packet_drop(&packet);

	packet_make(&packet, samples[SAMPLE_QINQ_UDP6]);
	CHECK_EQUAL(packet.layers, LAYER_ETH | LAYER_VLAN0 | LAYER_VLAN1 | LAYER_IP6 | LAYER_UDP);
	CHECK_EQUAL(packet.view.outer.eth_vlan[0].tci, htons(0x65));
	CHECK_EQUAL(packet.view.outer.eth_vlan[1].tci, htons(0x66));
	CHECK_EQUAL(packet.view.outer.l2_valid_headers, 3);
	CHECK_EQUAL(packet.view.parser_meta.outer_l2_type, DOCA_FLOW_L2_META_MULTI_VLAN);
	packet_pop_vlan(&packet);
	CHECK_EQUAL(packet.view.outer.eth_vlan[0].tci, htons(0x66));
	packet_pop_vlan(&packet);
	check_frame(&packet, samples[SAMPLE_UDP6]);
	CHECK_EQUAL(packet_push_vlan(&packet, htons(0x8100), htons(0x66)), DOCA_SUCCESS);
	CHECK_EQUAL(packet_push_vlan(&packet, htons(0x88a8), htons(0x65)), DOCA_SUCCESS);
	check_frame(&packet, samples[SAMPLE_QINQ_UDP6]);
	packet.headroom = 3;
	CHECK_EQUAL(packet_push_vlan(&packet, 0, 0), DOCA_ERROR_TOO_BIG);
	packet.headroom = PACKET_HEADROOM;
	check_frame(&packet, samples[SAMPLE_QINQ_UDP6]);
	packet_drop(&packet);

	packet_make(&packet, "020000000002020000000001");
	CHECK_EQUAL(packet_push_vlan(&packet, 0, 0), DOCA_ERROR_INVALID_VALUE);
	packet_drop(&packet);
}

static void test_fragments(void)
{
	struct packet packet;

	/* The first one has ports; a checksum over what is elsewhere cannot be right. */
	packet_make(&packet, samples[SAMPLE_FIRST_FRAGMENT4]);
	CHECK_EQUAL(packet.layers, LAYER_ETH | LAYER_IP4 | LAYER_UDP);
	CHECK_EQUAL(packet.view.parser_meta.outer_ip_fragmented, 1);
	CHECK_EQUAL(packet.view.outer.udp.l4_port.dst_port, htons(53));
	check_ok(&packet, 1, 1, 1, 0);
	packet_drop(&packet);

	packet_make(&packet, samples[SAMPLE_LATER_FRAGMENT4]);
	CHECK_EQUAL(packet.layers, LAYER_ETH | LAYER_IP4);
	CHECK_EQUAL(packet.view.parser_meta.outer_ip_fragmented, 1);
	CHECK_EQUAL(packet.view.parser_meta.outer_l4_type, DOCA_FLOW_L4_META_NONE);
	check_ok(&packet, 1, 1, 0, 0);
	packet_drop(&packet);

	packet_make(&packet, samples[SAMPLE_LATER_FRAGMENT6]);
	CHECK_EQUAL(packet.layers, LAYER_ETH | LAYER_IP6);
	CHECK_EQUAL(packet.view.parser_meta.outer_ip_fragmented, 1);
	check_ok(&packet, 1, 0, 0, 0);
	packet_drop(&packet);
}

static void test_other(void)
{
	struct packet packet;

	packet_make(&packet, samples[SAMPLE_ARP]);
	CHECK_EQUAL(packet.layers, LAYER_ETH);
	CHECK_EQUAL(packet.view.outer.eth.type, htons(0x0806));
	CHECK_EQUAL(packet.view.parser_meta.outer_l3_type, DOCA_FLOW_L3_META_NONE);
	check_ok(&packet, 0, 0, 0, 0);
	packet_drop(&packet);
}

/* A packet that the parser saw before leaves nothing behind, and the walk's fields stay. */
static void test_reuse(void)
{
	struct packet packet;
	uint8_t *memory = malloc(FRAME_MAX);

	CHECK(memory != NULL);
	memset(&packet, 0, sizeof(packet));
	packet.view.meta.pkt_meta = 7;
	packet.view.meta.u32[9] = 8;
	packet.view.parser_meta.port_id = 9;
	packet.view.parser_meta.meter_color = DOCA_FLOW_METER_COLOR_GREEN;
	packet.view.parser_meta.random = 10;
	for (int first = 0; first < SAMPLES; first++) {
		for (int second = 0; second < SAMPLES; second++) {
			packet.data = memory;
			packet.length = hex_bytes(samples[first], memory);
			packet_parse(&packet);
			packet.length = hex_bytes(samples[second], memory);
			packet_parse(&packet);
			check_true_to_frame(&packet);
		}
	}
	CHECK_EQUAL(packet.view.meta.pkt_meta, 7);
	CHECK_EQUAL(packet.view.meta.u32[9], 8);
	CHECK_EQUAL(packet.view.parser_meta.port_id, 9);
	CHECK_EQUAL(packet.view.parser_meta.meter_color, DOCA_FLOW_METER_COLOR_GREEN);
	CHECK_EQUAL(packet.view.parser_meta.random, 10);
	free(memory);
}

/* Each sample cut at each length: nothing is read behind it, no header is claimed that is not there, and
 * the lengths do not agree. */
static void test_truncated(void)
{
	for (int sample = 0; sample < SAMPLES; sample++) {
		uint8_t bytes[FRAME_MAX];
		uint32_t whole = hex_bytes(samples[sample], bytes);

		for (uint32_t length = 0; length <= whole; length++) {
			struct packet packet;

			packet_make_with(&packet, bytes, length, 0);
			CHECK(packet.outer.end == PACKET_ABSENT || packet.outer.end <= length);
			CHECK(packet.inner.end == PACKET_ABSENT || packet.inner.end <= length);
			CHECK_EQUAL((packet.layers & LAYER_ETH) != 0, length >= 14);
			if (length < whole) {
				check_ok(&packet, 0, packet.view.parser_meta.outer_ip4_checksum_ok, 0, 0);
				CHECK_EQUAL(packet.view.tun.type, DOCA_FLOW_TUN_NONE);
				CHECK_EQUAL(packet.layers >> 10, 0);
			}
			packet_drop(&packet);
		}
	}
}

static void test_flow_hash(void)
{
	struct packet packet, other;
	uint32_t hash;

	packet_make(&packet, samples[SAMPLE_TCP4]);
	hash = packet_flow_hash(&packet);
	packet.data[packet.outer.l4 + 7]++; /* the next segment */
	packet.data[packet.outer.l3 + 8]--;
	packet_parse(&packet);
	CHECK_EQUAL(packet_flow_hash(&packet), hash);
	packet.data[packet.outer.l4 + 1]++; /* another connection */
	packet_parse(&packet);
	CHECK(packet_flow_hash(&packet) != hash);
	packet_drop(&packet);

	/* Of the flow inside, whatever is around it. */
	packet_make(&packet, samples[SAMPLE_VXLAN]);
	packet_make(&other, samples[SAMPLE_VXLAN_GBP]);
	CHECK_EQUAL(packet_flow_hash(&packet), packet_flow_hash(&other));
	packet_drop(&packet);
	packet_drop(&other);

	/* Fragments of one datagram go one way. */
	packet_make(&packet, samples[SAMPLE_FIRST_FRAGMENT4]);
	packet_make(&other, samples[SAMPLE_LATER_FRAGMENT4]);
	CHECK_EQUAL(packet_flow_hash(&packet), packet_flow_hash(&other));
	packet_drop(&packet);
	packet_drop(&other);
}

int main(void)
{
	test_tcp4();
	test_options();
	test_udp();
	test_icmp();
	test_ip6();
	test_long_chain();
	test_tags();
	test_fragments();
	test_other();
	test_reuse();
	test_truncated();
	test_flow_hash();
	return 0;
}
