/* SPDX-License-Identifier: Apache-2.0 */
/* What the parser sees of tunnels and behind them. */
#include <arpa/inet.h>

#include "packet_frame.h"

#define INNER_FLOW4 (INNER(LAYER_IP4) | INNER(LAYER_TCP))

static void check_inner4(const struct packet *packet, bool has_ethernet)
{
	const struct doca_flow_header_format *inner = &packet->view.inner;

	CHECK_EQUAL((packet->layers & INNER(LAYER_ETH)) != 0, has_ethernet);
	if (has_ethernet) {
		CHECK_EQUAL(inner->eth.src_mac[0], 6);
		CHECK_EQUAL(inner->eth.dst_mac[5], 2);
		CHECK_EQUAL(inner->eth.type, htons(0x0800));
	}
	CHECK(packet->layers & INNER(LAYER_IP4));
	CHECK_EQUAL(inner->l3_type, DOCA_FLOW_L3_TYPE_IP4);
	CHECK_EQUAL(inner->ip4.src_ip, htonl(0xc0a80001));
	CHECK_EQUAL(inner->ip4.dst_ip, htonl(0xc0a80002));
	CHECK_EQUAL(packet->view.parser_meta.inner_l3_type, DOCA_FLOW_L3_META_IPV4);
	CHECK_EQUAL(packet->view.parser_meta.inner_l3_ok, 1);
	CHECK_EQUAL(packet->view.parser_meta.inner_ip4_checksum_ok, 1);
	CHECK_EQUAL(packet->view.parser_meta.inner_l4_ok, 1);
	CHECK_EQUAL(packet->view.parser_meta.inner_l4_checksum_ok, 1);
	if (packet->layers & INNER(LAYER_TCP))
		CHECK_EQUAL(inner->tcp.l4_port.dst_port, htons(80));
	else
		CHECK_EQUAL(inner->udp.l4_port.dst_port, htons(53));
	CHECK_EQUAL(packet->view.parser_meta.outer_l3_ok, 1);
}

static void check_inner6(const struct packet *packet)
{
	CHECK(packet->layers & INNER(LAYER_IP6));
	CHECK_EQUAL(packet->view.parser_meta.inner_l3_type, DOCA_FLOW_L3_META_IPV6);
	CHECK_EQUAL(packet->view.inner.ip6.flow_label, htonl(0x12345));
	CHECK_EQUAL(packet->view.parser_meta.inner_l3_ok, 1);
	CHECK_EQUAL(packet->view.parser_meta.inner_l4_ok, 1);
	CHECK_EQUAL(packet->view.parser_meta.inner_l4_checksum_ok, 1);
}

static void test_vxlan(void)
{
	struct packet packet;

	packet_make(&packet, samples[SAMPLE_VXLAN]);
	CHECK_EQUAL(packet.layers, LAYER_ETH | LAYER_IP4 | LAYER_UDP | LAYER_VXLAN | INNER(LAYER_ETH) |
					   INNER_FLOW4);
	CHECK_EQUAL(packet.tunnel, 42);
	CHECK_EQUAL(packet.outer.end, 50);
	CHECK_EQUAL(packet.inner.eth, 50);
	CHECK_EQUAL(packet.view.tun.type, DOCA_FLOW_TUN_VXLAN);
	CHECK_EQUAL(packet.view.tun.vxlan_type, DOCA_FLOW_TUN_EXT_VXLAN_STANDARD);
	CHECK_EQUAL(packet.view.tun.vxlan_tun_id, htonl(0xab0c));
	CHECK_EQUAL(packet.view.tun.vxlan_tun_rsvd1, 0x64);
	CHECK_EQUAL(packet.view.parser_meta.outer_l4_checksum_ok, 1);
	check_inner4(&packet, true);
	/* Without a VNI it is no VXLAN. */
	packet.data[packet.tunnel] = 0;
	packet_parse(&packet);
	CHECK_EQUAL(packet.layers, LAYER_ETH | LAYER_IP4 | LAYER_UDP);
	packet_drop(&packet);

	packet_make(&packet, samples[SAMPLE_VXLAN6]);
	CHECK_EQUAL(packet.view.parser_meta.outer_l4_checksum_ok, 1);
	check_inner6(&packet);
	packet_drop(&packet);
	packet_make(&packet, samples[SAMPLE_VXLAN6_BARE]);
	CHECK_EQUAL(packet.view.parser_meta.outer_l4_checksum_ok, 1);
	check_inner6(&packet);
	packet_drop(&packet);

	packet_make(&packet, samples[SAMPLE_VXLAN_GBP]);
	CHECK(packet.layers & LAYER_VXLAN_GBP);
	CHECK_EQUAL(packet.view.tun.vxlan_type, DOCA_FLOW_TUN_EXT_VXLAN_GBP);
	CHECK_EQUAL(packet.view.tun.vxlan_gbp_group_policy_id, htons(0x1234));
	CHECK_EQUAL(packet.view.tun.vxlan_tun_id, htonl(42));
	check_inner4(&packet, true);
	packet_drop(&packet);

	packet_make(&packet, samples[SAMPLE_VXLAN_GPE]);
	CHECK(packet.layers & LAYER_VXLAN_GPE);
	CHECK_EQUAL(packet.view.tun.vxlan_type, DOCA_FLOW_TUN_EXT_VXLAN_GPE);
	CHECK_EQUAL(packet.view.tun.vxlan_gpe_flags, 0x0c);
	CHECK_EQUAL(packet.view.tun.vxlan_gpe_next_protocol, DOCA_FLOW_VXLAN_GPE_TYPE_IPV4);
	CHECK_EQUAL(packet.view.tun.vxlan_tun_id, htonl(42));
	check_inner4(&packet, false);
	packet_drop(&packet);
}

static void test_gre(void)
{
	struct packet packet;

	packet_make(&packet, samples[SAMPLE_GRE]);
	CHECK_EQUAL(packet.layers, LAYER_ETH | LAYER_IP4 | LAYER_GRE | INNER(LAYER_IP4) |
					   INNER(LAYER_UDP));
	CHECK_EQUAL(packet.outer.l4, PACKET_ABSENT);
	CHECK_EQUAL(packet.tunnel, 34);
	CHECK_EQUAL(packet.inner.l3, 38);
	CHECK_EQUAL(packet.view.tun.gre_type, DOCA_FLOW_TUN_EXT_GRE_STANDARD);
	CHECK_EQUAL(packet.view.tun.protocol, htons(0x0800));
	CHECK_EQUAL(packet.view.tun.key_present, false);
	check_inner4(&packet, false);
	packet.data[packet.tunnel + 1] = 1; /* PPTP's */
	packet_parse(&packet);
	CHECK_EQUAL(packet.layers, LAYER_ETH | LAYER_IP4);
	packet_drop(&packet);

	packet_make(&packet, samples[SAMPLE_GRE_KEY]);
	CHECK(packet.layers & LAYER_GRE_KEY);
	CHECK_EQUAL(packet.view.tun.key_present, true);
	CHECK_EQUAL(packet.view.tun.gre_key, htonl(900));
	CHECK_EQUAL(packet.inner.l3, 34 + 12);
	check_inner6(&packet);
	packet_drop(&packet);

	packet_make(&packet, samples[SAMPLE_GRE_CHECKSUM]);
	CHECK_EQUAL(packet.view.tun.gre_key, htonl(900));
	CHECK_EQUAL(packet.inner.l3, 34 + 12);
	check_inner4(&packet, false);
	packet_drop(&packet);

	packet_make(&packet, samples[SAMPLE_NVGRE]);
	CHECK_EQUAL(packet.layers & (LAYER_GRE | LAYER_NVGRE | LAYER_GRE_KEY), LAYER_GRE | LAYER_NVGRE);
	CHECK_EQUAL(packet.view.tun.gre_type, DOCA_FLOW_TUN_EXT_GRE_NVGRE);
	CHECK_EQUAL(packet.view.tun.protocol, htons(0x6558));
	CHECK_EQUAL(packet.view.tun.nvgre_vs_id, htonl(0x123456 << 8));
	CHECK_EQUAL(packet.view.tun.nvgre_flow_id, 0x78);
	check_inner4(&packet, true);
	packet_drop(&packet);
}

static void test_mpls(void)
{
	struct packet packet;

	packet_make(&packet, samples[SAMPLE_MPLS]);
	CHECK(packet.layers & LAYER_MPLS);
	CHECK_EQUAL(packet.view.tun.type, DOCA_FLOW_TUN_MPLS_O_UDP);
	CHECK_EQUAL(packet.view.tun.mpls[0].label, htonl(0x12345000));
	CHECK_EQUAL(packet.view.tun.mpls[2].label, htonl(0xbcdef140));
	CHECK_EQUAL(packet.view.tun.mpls[3].label, 0);
	CHECK_EQUAL(packet.inner.l3, 42 + 12);
	check_inner4(&packet, false);
	packet_drop(&packet);
}

static void test_geneve(void)
{
	struct packet packet;

	packet_make(&packet, samples[SAMPLE_GENEVE]);
	CHECK(packet.layers & LAYER_GENEVE);
	CHECK_EQUAL(packet.view.tun.type, DOCA_FLOW_TUN_GENEVE);
	CHECK_EQUAL(packet.view.tun.geneve.ver_opt_len, 5);
	CHECK_EQUAL(packet.view.tun.geneve.next_proto, htons(0x6558));
	CHECK_EQUAL(packet.view.tun.geneve.vni, htonl(42 << 8));
	CHECK_EQUAL(packet.view.tun.geneve_options[0].class_id, htons(0x0107));
	CHECK_EQUAL(packet.view.tun.geneve_options[0].type, 1);
	CHECK_EQUAL(packet.view.tun.geneve_options[0].length, 2);
	CHECK_EQUAL(packet.view.tun.geneve_options[4].data, htonl(0xabbadeba));
	CHECK_EQUAL(packet.view.tun.geneve_options[5].data, 0);
	CHECK_EQUAL(packet.inner.eth, 42 + 8 + 20);
	check_inner6(&packet);
	packet_drop(&packet);
}

static void test_gtpu(void)
{
	struct packet packet;

	packet_make(&packet, samples[SAMPLE_GTPU]);
	CHECK(packet.layers & LAYER_GTPU);
	CHECK_EQUAL(packet.view.tun.type, DOCA_FLOW_TUN_GTPU);
	CHECK_EQUAL(packet.view.tun.gtp_teid, htonl(0xdeadbeef));
	CHECK_EQUAL(packet.view.tun.gtp_next_ext_hdr_type, 0x85);
	CHECK_EQUAL(packet.view.tun.gtp_ext_psc_qfi, 0x26);
	CHECK_EQUAL(packet.inner.l3, 42 + 16);
	check_inner4(&packet, false);
	/* An echo request carries nobody's packet. */
	packet.data[packet.tunnel + 1] = 1;
	packet_parse(&packet);
	CHECK(packet.layers & LAYER_GTPU);
	CHECK_EQUAL(packet.inner.l3, PACKET_ABSENT);
	packet_drop(&packet);
}

static void test_ip_in_ip(void)
{
	struct packet packet;

	packet_make(&packet, samples[SAMPLE_IP4_IN_IP4]);
	CHECK(packet.layers & LAYER_IP_IN_IP);
	CHECK_EQUAL(packet.view.tun.type, DOCA_FLOW_TUN_IP_IN_IP);
	CHECK_EQUAL(packet.inner.l3, 34);
	CHECK_EQUAL(packet.tunnel, 34);
	check_inner4(&packet, false);
	packet_drop(&packet);
	packet_make(&packet, samples[SAMPLE_IP6_IN_IP4]);
	CHECK(packet.layers & LAYER_IP_IN_IP);
	check_inner6(&packet);
	packet_drop(&packet);
	packet_make(&packet, samples[SAMPLE_IP4_IN_IP6]);
	CHECK(packet.layers & LAYER_IP_IN_IP);
	check_inner4(&packet, false);
	packet_drop(&packet);
}

static void test_esp(void)
{
	struct doca_flow_resource_decap_cfg decap = { .is_l2 = true };
	struct packet packet;

	packet_make(&packet, samples[SAMPLE_ESP]);
	CHECK_EQUAL(packet.layers, LAYER_ETH | LAYER_IP4 | LAYER_ESP);
	CHECK_EQUAL(packet.view.tun.type, DOCA_FLOW_TUN_ESP);
	CHECK_EQUAL(packet.view.tun.esp_spi, htonl(0x1001));
	CHECK_EQUAL(packet.view.tun.esp_sn, htonl(2));
	CHECK_EQUAL(packet.view.parser_meta.outer_l4_type, DOCA_FLOW_L4_META_ESP);
	CHECK_EQUAL(packet.view.parser_meta.outer_l4_ok, 1);
	CHECK_EQUAL(packet_decap(&packet, &decap), DOCA_ERROR_NOT_SUPPORTED);
	check_frame(&packet, samples[SAMPLE_ESP]);
	packet_drop(&packet);
}

/* A part of a datagram is no tunnel packet. */
static void test_fragment(void)
{
	struct packet packet;

	packet_make(&packet, samples[SAMPLE_VXLAN]);
	packet.data[packet.outer.l3 + 6] = 0x20;
	packet_parse(&packet);
	CHECK_EQUAL(packet.layers, LAYER_ETH | LAYER_IP4 | LAYER_UDP);
	CHECK_EQUAL(packet.view.tun.type, DOCA_FLOW_TUN_NONE);
	packet_drop(&packet);
}

int main(void)
{
	test_vxlan();
	test_gre();
	test_mpls();
	test_geneve();
	test_gtpu();
	test_ip_in_ip();
	test_esp();
	test_fragment();
	return 0;
}
