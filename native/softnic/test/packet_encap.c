/* SPDX-License-Identifier: Apache-2.0 */
/* Encapsulations byte by byte, and decapsulations that undo them. */
#include <arpa/inet.h>

#include "packet_frame.h"

#define MACS "112233445566aabbccddeeff"
#define ADDRESSES4 "0b151f2951515151"
#define ADDRESSES6 "11115555222266663333777744448888aaaaeeeebbbbffffcccc0000dddd9999"
#define GIVEN4                                                                                     \
	.eth = { .src_mac = { 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff },                                \
		 .dst_mac = { 0x11, 0x22, 0x33, 0x44, 0x55, 0x66 } },                              \
	.l3_type = DOCA_FLOW_L3_TYPE_IP4,                                                          \
	.ip4 = { .src_ip = BE32(0x0b151f29), .dst_ip = BE32(0x51515151), .ttl = 17 }
#define GIVEN6                                                                                     \
	.eth = { .src_mac = { 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff },                                \
		 .dst_mac = { 0x11, 0x22, 0x33, 0x44, 0x55, 0x66 } },                              \
	.l3_type = DOCA_FLOW_L3_TYPE_IP6,                                                          \
	.ip6 = { .src_ip = { BE32(0x11115555), BE32(0x22226666), BE32(0x33337777),                 \
			     BE32(0x44448888) },                                                   \
		 .dst_ip = { BE32(0xaaaaeeee), BE32(0xbbbbffff), BE32(0xcccc0000),                 \
			     BE32(0xdddd9999) },                                                   \
		 .traffic_class = 0xdb, .flow_label = BE32(0x54321), .hop_limit = 64 }
#define BE16(value) ((doca_be16_t)__builtin_bswap16(value))
#define BE32(value) ((doca_be32_t)__builtin_bswap32(value))

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "BE16, BE32");

struct encapsulation {
	enum sample sample;
	const char *headers; /* in front of what was there, or of its datagram */
	struct doca_flow_resource_encap_cfg cfg;
};

static const struct encapsulation encapsulations[] = {
	{
		.sample = SAMPLE_TCP4,
		.headers = MACS "0800 4500005f0000400011119cae" ADDRESSES4 "000012b5004b0000"
				"08000000adadad64",
		.cfg = {
			.is_l2 = true,
			.encap.outer = {
				GIVEN4,
				.ip4.flags_fragment_offset = BE16(0x4000),
				.l4_type_ext = DOCA_FLOW_L4_TYPE_EXT_UDP,
				.udp.l4_port.dst_port = BE16(4789),
			},
			.encap.tun = {
				.type = DOCA_FLOW_TUN_VXLAN,
				.vxlan_tun_id = BE32(0xadadad),
				.vxlan_tun_rsvd1 = 100,
			},
		},
	},
	{
		.sample = SAMPLE_TCP4,
		.headers = MACS "0800 4500005f000000001111dcae" ADDRESSES4 "000012b5004b0000"
				"88001234adadad64",
		.cfg = {
			.is_l2 = true,
			.encap.outer = { GIVEN4 },
			.encap.tun = {
				.type = DOCA_FLOW_TUN_VXLAN,
				.vxlan_type = DOCA_FLOW_TUN_EXT_VXLAN_GBP,
				.vxlan_gbp_group_policy_id = BE16(0x1234),
				.vxlan_tun_id = BE32(0xffadadad), /* the upper byte has no place */
				.vxlan_tun_rsvd1 = 100,
			},
		},
	},
	{
		.sample = SAMPLE_TCP4,
		.headers = MACS "81000064 86dd 6db54321004b1140" ADDRESSES6 "000012b6004b0000"
				"0c000003adadad00",
		.cfg = {
			.is_l2 = true,
			.encap.outer = {
				GIVEN6,
				.l2_valid_headers = DOCA_FLOW_L2_VALID_HEADER_VLAN_0,
				.eth_vlan[0].tci = BE16(0x64),
			},
			.encap.tun = {
				.type = DOCA_FLOW_TUN_VXLAN,
				.vxlan_type = DOCA_FLOW_TUN_EXT_VXLAN_GPE,
				.vxlan_tun_id = BE32(0xadadad),
			},
		},
	},
	{
		.sample = SAMPLE_TCP4,
		.headers = MACS "0800 45000051000000001111dcbc" ADDRESSES4 "000012b6003d0000"
				"0c000001adadad00",
		.cfg = {
			.encap.outer = { GIVEN4 },
			.encap.tun = {
				.type = DOCA_FLOW_TUN_VXLAN,
				.vxlan_type = DOCA_FLOW_TUN_EXT_VXLAN_GPE,
				.vxlan_gpe_next_protocol = DOCA_FLOW_VXLAN_GPE_TYPE_IPV4,
				.vxlan_tun_id = BE32(0xadadad),
			},
		},
	},
	{
		.sample = SAMPLE_TCP4,
		.headers = MACS "0800 45000073000000001111dc9a" ADDRESSES4 "000017c1005f0000"
				"0500655812345600 01070304112233445566778899aabbccddeeff00",
		.cfg = {
			.is_l2 = true,
			.encap.outer = { GIVEN4 },
			.encap.tun = {
				.type = DOCA_FLOW_TUN_GENEVE,
				.geneve = { .ver_opt_len = 5, .vni = BE32(0x123456u << 8) },
				.geneve_options = {
					{ { .class_id = BE16(0x0107), .type = 3, .length = 4 } },
					{ .data = BE32(0x11223344) },
					{ .data = BE32(0x55667788) },
					{ .data = BE32(0x99aabbcc) },
					{ .data = BE32(0xddeeff00) },
				},
			},
		},
	},
	{
		.sample = SAMPLE_TCP4,
		.headers = MACS "0800 45000051000000001111dcbc" ADDRESSES4 "000017c1003d0000"
				"00000800adadad00",
		.cfg = {
			.encap.outer = { GIVEN4 },
			.encap.tun = {
				.type = DOCA_FLOW_TUN_GENEVE,
				.geneve = { .vni = BE32(0xadadadu << 8), .next_proto = BE16(0x0800) },
			},
		},
	},
	{
		.sample = SAMPLE_TCP4,
		.headers = MACS "0800 4500004500000000112fdcaa" ADDRESSES4 "00000800",
		.cfg = { .encap.outer = { GIVEN4 }, .encap.tun = { .type = DOCA_FLOW_TUN_GRE } },
	},
	{
		.sample = SAMPLE_UDP6,
		.headers = MACS "0800 4500005100000000112fdc9e" ADDRESSES4 "200086dd00000384",
		.cfg = {
			.encap.outer = { GIVEN4 },
			.encap.tun = {
				.type = DOCA_FLOW_TUN_GRE,
				.key_present = true,
				.gre_key = BE32(900),
			},
		},
	},
	{
		.sample = SAMPLE_TCP4,
		.headers = MACS "0800 4500005700000000112fdc98" ADDRESSES4 "2000655812345678",
		.cfg = {
			.is_l2 = true,
			.encap.outer = { GIVEN4 },
			.encap.tun = {
				.type = DOCA_FLOW_TUN_GRE,
				.gre_type = DOCA_FLOW_TUN_EXT_GRE_NVGRE,
				.nvgre_vs_id = BE32(0x123456u << 8),
				.nvgre_flow_id = 0x78,
			},
		},
	},
	{
		.sample = SAMPLE_TCP4,
		.headers = MACS "86dd 6db5432100411140" ADDRESSES6 "000019eb00410000"
				"12345000 6789a000 bcdef100",
		.cfg = {
			.encap.outer = { GIVEN6 },
			.encap.tun = {
				.type = DOCA_FLOW_TUN_MPLS_O_UDP,
				.mpls = { { BE32(0x12345000) }, { BE32(0x6789a000) },
					  { BE32(0xbcdef100) }, { BE32(0xfffff000) } },
			},
		},
	},
	{
		.sample = SAMPLE_TCP4,
		.headers = MACS "86dd 6db5432100391140" ADDRESSES6 "000019eb00390000" "12345140",
		.cfg = {
			.encap.outer = { GIVEN6 },
			.encap.tun = {
				.type = DOCA_FLOW_TUN_MPLS_O_UDP,
				.mpls = { { BE32(0x12345040) } }, /* the bottom of the stack */
			},
		},
	},
	{
		.sample = SAMPLE_TCP4,
		.headers = MACS "0800 450000590000400011119cb4" ADDRESSES4 "0000086800450000"
				"34ff0035deadbeef 00000085 01002600",
		.cfg = {
			.encap.outer = { GIVEN4, .ip4.flags_fragment_offset = BE16(0x7fff) },
			.encap.tun = {
				.type = DOCA_FLOW_TUN_GTPU,
				.gtp_teid = BE32(0xdeadbeef),
				.gtp_next_ext_hdr_type = 0x85,
				.gtp_ext_psc_qfi = 0x26,
			},
		},
	},
	{
		.sample = SAMPLE_TCP4,
		.headers = MACS "0800 450000510000400011119cbc" ADDRESSES4 "00000868003d0000"
				"30ff002ddeadbeef",
		.cfg = {
			.encap.outer = { GIVEN4, .ip4.flags_fragment_offset = BE16(0x4000) },
			.encap.tun = { .type = DOCA_FLOW_TUN_GTPU, .gtp_teid = BE32(0xdeadbeef) },
		},
	},
	{
		.sample = SAMPLE_TCP4,
		.headers = MACS "0800 45000041000000001104dcd9" ADDRESSES4,
		.cfg = { .encap.outer = { GIVEN4 }, .encap.tun = { .type = DOCA_FLOW_TUN_IP_IN_IP } },
	},
	{
		.sample = SAMPLE_UDP6,
		.headers = MACS "0800 45000049000000001129dcac" ADDRESSES4,
		.cfg = { .encap.outer = { GIVEN4 }, .encap.tun = { .type = DOCA_FLOW_TUN_IP_IN_IP } },
	},
	{
		.sample = SAMPLE_TCP4,
		.headers = MACS "86dd 6db54321002d0440" ADDRESSES6,
		.cfg = { .encap.outer = { GIVEN6 }, .encap.tun = { .type = DOCA_FLOW_TUN_IP_IN_IP } },
	},
	{
		.sample = SAMPLE_TCP4,
		.headers = MACS "88a80064 81000065 0800 45000041000000001104dcd9" ADDRESSES4,
		.cfg = {
			.encap.outer = {
				GIVEN4,
				.l2_valid_headers = DOCA_FLOW_L2_VALID_HEADER_VLAN_0 |
						    DOCA_FLOW_L2_VALID_HEADER_VLAN_1,
				.eth_vlan = { { BE16(0x64) }, { BE16(0x65) } },
			},
			.encap.tun = { .type = DOCA_FLOW_TUN_IP_IN_IP },
		},
	},
};

#define ENCAPSULATIONS (sizeof(encapsulations) / sizeof(encapsulations[0]))

static void expected_frame(const struct encapsulation *encapsulation, char hex[static 2 * FRAME_MAX])
{
	const char *frame = samples[encapsulation->sample];

	if (!encapsulation->cfg.is_l2)
		frame += 2 * 14;
	CHECK(snprintf(hex, 2 * FRAME_MAX, "%s%s", encapsulation->headers, frame) < (int)(2 * FRAME_MAX));
}

static void test_bytes(void)
{
	for (size_t i = 0; i < ENCAPSULATIONS; i++) {
		const struct encapsulation *encapsulation = &encapsulations[i];
		struct doca_flow_resource_decap_cfg decap = {
			.is_l2 = encapsulation->cfg.is_l2,
			.eth = { .src_mac = { 2, [5] = 1 }, .dst_mac = { 2, [5] = 2 } },
		};
		struct packet packet;
		char hex[2 * FRAME_MAX];

		expected_frame(encapsulation, hex);
		packet_make(&packet, samples[encapsulation->sample]);
		CHECK_EQUAL(packet_encap(&packet, &encapsulation->cfg, SOURCE_PORT_ZERO), DOCA_SUCCESS);
		check_frame(&packet, hex);
		CHECK_EQUAL(packet.view.tun.type, encapsulation->cfg.encap.tun.type);
		CHECK_EQUAL(packet.view.parser_meta.outer_l3_ok, 1);
		CHECK_EQUAL(packet.view.parser_meta.inner_l4_checksum_ok, 1);
		CHECK_EQUAL(packet_decap(&packet, &decap), DOCA_SUCCESS);
		check_frame(&packet, samples[encapsulation->sample]);
		CHECK_EQUAL(packet.headroom, PACKET_HEADROOM);
		packet_drop(&packet);
	}
}

/* Two around each other, and off again. */
static void test_twice(void)
{
	struct doca_flow_resource_decap_cfg decap = { .is_l2 = true };
	struct packet packet;

	packet_make(&packet, samples[SAMPLE_VXLAN]);
	CHECK_EQUAL(packet_encap(&packet, &encapsulations[4].cfg, SOURCE_PORT_HASH), DOCA_SUCCESS);
	CHECK_EQUAL(packet_encap(&packet, &encapsulations[0].cfg, SOURCE_PORT_HASH), DOCA_SUCCESS);
	CHECK_EQUAL(packet.view.tun.type, DOCA_FLOW_TUN_VXLAN);
	CHECK_EQUAL(packet_decap(&packet, &decap), DOCA_SUCCESS);
	CHECK_EQUAL(packet.view.tun.type, DOCA_FLOW_TUN_GENEVE);
	CHECK_EQUAL(packet_decap(&packet, &decap), DOCA_SUCCESS);
	check_frame(&packet, samples[SAMPLE_VXLAN]);
	CHECK_EQUAL(packet_decap(&packet, &decap), DOCA_SUCCESS);
	CHECK_EQUAL(packet.view.tun.type, DOCA_FLOW_TUN_NONE);
	CHECK_EQUAL(packet.view.outer.ip4.src_ip, BE32(0xc0a80001));
	CHECK_EQUAL(packet_decap(&packet, &decap), DOCA_ERROR_NOT_FOUND);
	packet_drop(&packet);
}

static uint16_t source_port(enum sample sample, size_t encapsulation, doca_be16_t given)
{
	struct doca_flow_resource_encap_cfg cfg = encapsulations[encapsulation].cfg;
	struct packet packet;
	uint16_t port;

	cfg.encap.outer.udp.l4_port.src_port = given;
	packet_make(&packet, samples[sample]);
	CHECK_EQUAL(packet_encap(&packet, &cfg, SOURCE_PORT_HASH), DOCA_SUCCESS);
	check_true_to_frame(&packet);
	port = ntohs(packet.view.outer.udp.l4_port.src_port);
	packet_drop(&packet);
	return port;
}

static void test_source_port(void)
{
	uint16_t port = source_port(SAMPLE_TCP4, 0, 0);

	CHECK(port >= 49152);
	CHECK_EQUAL(source_port(SAMPLE_TCP4, 0, 0), port);
	CHECK(source_port(SAMPLE_TCP6, 0, 0) != port);
	CHECK(source_port(SAMPLE_TCP4, 4, 0) >= 49152);
	CHECK(source_port(SAMPLE_TCP4, 9, 0) >= 49152);
	CHECK_EQUAL(source_port(SAMPLE_TCP4, 11, 0), 0);
	CHECK_EQUAL(source_port(SAMPLE_TCP4, 0, BE16(5)), 5);
}

/* Padding of Ethernet goes into a tunnel only with the frame that has it, and never comes out of one. */
static void test_padding(void)
{
	struct doca_flow_resource_decap_cfg decap = {
		.eth = { .src_mac = { 2, [5] = 1 }, .dst_mac = { 2, [5] = 2 } },
	};
	char padded[2 * FRAME_MAX], hex[2 * FRAME_MAX];
	struct packet packet;

	snprintf(padded, sizeof(padded), "%s%s", samples[SAMPLE_UDP4], "00000000000000000000000000");
	packet_make(&packet, padded);
	CHECK_EQUAL(packet_encap(&packet, &encapsulations[13].cfg, SOURCE_PORT_ZERO), DOCA_SUCCESS);
	CHECK_EQUAL(packet.length, 14 + 20 + 33);
	CHECK_EQUAL(packet.tailroom, 13);
	packet_drop(&packet);

	snprintf(hex, sizeof(hex), "%s%s", samples[SAMPLE_IP4_IN_IP4], "0000000000");
	packet_make(&packet, hex);
	CHECK_EQUAL(packet_decap(&packet, &decap), DOCA_SUCCESS);
	CHECK_EQUAL(packet.length, 14 + 33);
	check_true_to_frame(&packet);
	packet_drop(&packet);

	packet_make(&packet, padded);
	CHECK_EQUAL(packet_encap(&packet, &encapsulations[0].cfg, SOURCE_PORT_ZERO), DOCA_SUCCESS);
	decap.is_l2 = true;
	CHECK_EQUAL(packet_decap(&packet, &decap), DOCA_SUCCESS);
	check_frame(&packet, padded);
	packet_drop(&packet);
}

/* is_l2 = false: also out of a tunnel of Ethernet, with a header of the entry's in front. */
static void test_decap_to_ip(void)
{
	struct doca_flow_resource_decap_cfg decap = {
		.eth = { .src_mac = { 1 }, .dst_mac = { 2 } },
		.l2_valid_headers = DOCA_FLOW_L2_VALID_HEADER_VLAN_0,
		.eth_vlan[0].tci = BE16(7),
	};
	struct packet packet;

	packet_make(&packet, samples[SAMPLE_VXLAN]);
	CHECK_EQUAL(packet_decap(&packet, &decap), DOCA_SUCCESS);
	check_true_to_frame(&packet);
	CHECK_EQUAL(packet.layers, LAYER_ETH | LAYER_VLAN0 | LAYER_IP4 | LAYER_TCP);
	CHECK_EQUAL(packet.view.outer.eth.src_mac[0], 1);
	CHECK_EQUAL(packet.view.outer.eth.dst_mac[0], 2);
	CHECK_EQUAL(packet.view.outer.eth_vlan[0].tci, BE16(7));
	packet_drop(&packet);

	decap.eth.type = BE16(0x1234); /* the entry's word counts */
	packet_make(&packet, samples[SAMPLE_GRE]);
	CHECK_EQUAL(packet_decap(&packet, &decap), DOCA_SUCCESS);
	CHECK_EQUAL(packet.layers, LAYER_ETH | LAYER_VLAN0);
	CHECK_EQUAL(packet.view.outer.eth.type, BE16(0x1234));
	packet_drop(&packet);

	decap.is_l2 = true;
	packet_make(&packet, samples[SAMPLE_GRE]);
	CHECK_EQUAL(packet_decap(&packet, &decap), DOCA_ERROR_INVALID_VALUE);
	check_frame(&packet, samples[SAMPLE_GRE]);
	packet_drop(&packet);
}

static void refuse(enum sample sample, const struct doca_flow_resource_encap_cfg *cfg,
		   doca_error_t expected)
{
	struct packet packet;

	packet_make(&packet, samples[sample]);
	CHECK_EQUAL(packet_encap(&packet, cfg, SOURCE_PORT_HASH), expected);
	check_frame(&packet, samples[sample]);
	packet_drop(&packet);
}

static void test_refused(void)
{
	struct doca_flow_resource_encap_cfg cfg = encapsulations[0].cfg;
	uint8_t *bytes = calloc(1, PACKET_LENGTH_MAX);
	struct packet packet;

	cfg.is_l2 = false; /* VXLAN carries Ethernet */
	refuse(SAMPLE_TCP4, &cfg, DOCA_ERROR_INVALID_VALUE);
	cfg.encap.outer.l3_type = DOCA_FLOW_L3_TYPE_NONE;
	refuse(SAMPLE_TCP4, &cfg, DOCA_ERROR_INVALID_VALUE);
	refuse(SAMPLE_ARP, &encapsulations[6].cfg, DOCA_ERROR_INVALID_VALUE); /* no IP */
	for (size_t i = 0; i < ENCAPSULATIONS; i++) {
		enum doca_flow_tun_type type = encapsulations[i].cfg.encap.tun.type;

		cfg = encapsulations[i].cfg;
		cfg.is_l2 = true;
		if (type == DOCA_FLOW_TUN_MPLS_O_UDP || type == DOCA_FLOW_TUN_GTPU ||
		    type == DOCA_FLOW_TUN_IP_IN_IP)
			refuse(SAMPLE_TCP4, &cfg, DOCA_ERROR_INVALID_VALUE);
	}
	cfg = encapsulations[0].cfg;
	cfg.encap.tun.type = DOCA_FLOW_TUN_NONE;
	refuse(SAMPLE_TCP4, &cfg, DOCA_ERROR_INVALID_VALUE);
	cfg.encap.tun.type = DOCA_FLOW_TUN_ESP;
	refuse(SAMPLE_TCP4, &cfg, DOCA_ERROR_NOT_SUPPORTED);
	cfg.encap.tun.type = DOCA_FLOW_TUN_PSP;
	refuse(SAMPLE_TCP4, &cfg, DOCA_ERROR_NOT_SUPPORTED);

	packet_make(&packet, samples[SAMPLE_TCP4]);
	packet.headroom = 49;
	CHECK_EQUAL(packet_encap(&packet, &encapsulations[0].cfg, SOURCE_PORT_ZERO), DOCA_ERROR_TOO_BIG);
	packet.headroom = PACKET_HEADROOM;
	check_frame(&packet, samples[SAMPLE_TCP4]);
	packet_drop(&packet);

	CHECK(bytes != NULL);
	packet_make_with(&packet, bytes, PACKET_LENGTH_MAX - 49, PACKET_HEADROOM);
	CHECK_EQUAL(packet_encap(&packet, &encapsulations[0].cfg, SOURCE_PORT_ZERO), DOCA_ERROR_TOO_BIG);
	packet_drop(&packet);
	packet_make_with(&packet, bytes, PACKET_LENGTH_MAX - 50, PACKET_HEADROOM);
	CHECK_EQUAL(packet_encap(&packet, &encapsulations[0].cfg, SOURCE_PORT_ZERO), DOCA_SUCCESS);
	CHECK_EQUAL(packet.length, PACKET_LENGTH_MAX);
	check_true_to_frame(&packet);
	CHECK_EQUAL(packet_push_vlan(&packet, 0, 0), DOCA_ERROR_TOO_BIG);
	packet_drop(&packet);
	free(bytes);
}

int main(void)
{
	test_bytes();
	test_twice();
	test_source_port();
	test_padding();
	test_decap_to_ip();
	test_refused();
	return 0;
}
