/* SPDX-License-Identifier: Apache-2.0 */
#include "field.h"

#include <string.h>

#include "field_base.h"

enum arm {
	ARM_ALWAYS,
	ARM_IP4,
	ARM_IP6,
	ARM_TCP,
	ARM_UDP,
	ARM_TRANSPORT,
	ARM_ICMP,
	ARM_ICMP6,
	ARM_INNER, /* added to the ones before, it makes them the inner stack's */
	ARM_VXLAN = 2 * ARM_INNER,
	ARM_VXLAN_GPE,
	ARM_VXLAN_GBP,
	ARM_GRE,
	ARM_GRE_STANDARD,
	ARM_NVGRE,
	ARM_GTPU,
	ARM_ESP,
	ARM_MPLS,
	ARM_GENEVE,
};

#define VIEW(member)                                                                               \
	.offset = offsetof(struct doca_flow_match, member),                                        \
	.size = sizeof(((struct doca_flow_match *)0)->member)

/* One that an action may write, and one that it may not. */
#define FIELD(title, member, of_layers, of_arm, of_base, of_at)                                    \
	{ .name = title, VIEW(member), .layers = (of_layers), .arm = (of_arm), .writable = true,   \
	  .base = (of_base), .at = (of_at) }
#define FIXED(title, member, of_layers, of_arm)                                                    \
	{ .name = title, VIEW(member), .layers = (of_layers), .arm = (of_arm) }

#define META(i) FIELD("meta.u32[" #i "]", meta.u32[i], 0, ARM_ALWAYS, BASE_NONE, 0)
#define PARSED(member) FIXED("parser_meta." #member, parser_meta.member, 0, ARM_ALWAYS)

/*
 * A stack: its name, a function of layers, what to add to arms, and to bases. Lengths, and what says
 * where the next header begins inside one, are not for actions to write.
 */
#define STACK(s, OF, A, B)                                                                         \
	FIELD(#s ".eth.src_mac", s.eth.src_mac, OF(LAYER_ETH), ARM_ALWAYS, (B) + BASE_ETH, 6),     \
	FIELD(#s ".eth.dst_mac", s.eth.dst_mac, OF(LAYER_ETH), ARM_ALWAYS, (B) + BASE_ETH, 0),     \
	FIELD(#s ".eth.type", s.eth.type, OF(LAYER_ETH), ARM_ALWAYS, (B) + BASE_ETH_TYPE, 0),      \
	FIXED(#s ".l2_valid_headers", s.l2_valid_headers, 0, ARM_ALWAYS),                          \
	FIELD(#s ".eth_vlan0.tci", s.eth_vlan[0].tci, OF(LAYER_VLAN0), ARM_ALWAYS,                 \
	      (B) + BASE_ETH, 14),                                                                 \
	FIELD(#s ".eth_vlan1.tci", s.eth_vlan[1].tci, OF(LAYER_VLAN1), ARM_ALWAYS,                 \
	      (B) + BASE_ETH, 18),                                                                 \
	FIELD(#s ".ipv4.src_ip", s.ip4.src_ip, OF(LAYER_IP4), (A) + ARM_IP4, (B) + BASE_L3, 12),   \
	FIELD(#s ".ipv4.dst_ip", s.ip4.dst_ip, OF(LAYER_IP4), (A) + ARM_IP4, (B) + BASE_L3, 16),   \
	FIXED(#s ".ipv4.version_ihl", s.ip4.version_ihl, OF(LAYER_IP4), (A) + ARM_IP4),            \
	FIELD(#s ".ipv4.dscp_ecn", s.ip4.dscp_ecn, OF(LAYER_IP4), (A) + ARM_IP4,                   \
	      (B) + BASE_L3, 1),                                                                   \
	FIXED(#s ".ipv4.total_len", s.ip4.total_len, OF(LAYER_IP4), (A) + ARM_IP4),                \
	FIELD(#s ".ipv4.identification", s.ip4.identification, OF(LAYER_IP4), (A) + ARM_IP4,       \
	      (B) + BASE_L3, 4),                                                                   \
	FIELD(#s ".ipv4.flags_fragment_offset", s.ip4.flags_fragment_offset, OF(LAYER_IP4),        \
	      (A) + ARM_IP4, (B) + BASE_L3, 6),                                                    \
	FIELD(#s ".ipv4.next_proto", s.ip4.next_proto, OF(LAYER_IP4), (A) + ARM_IP4,               \
	      (B) + BASE_L3, 9),                                                                   \
	FIELD(#s ".ipv4.ttl", s.ip4.ttl, OF(LAYER_IP4), (A) + ARM_IP4, (B) + BASE_L3, 8),          \
	FIELD(#s ".ipv6.src_ip", s.ip6.src_ip, OF(LAYER_IP6), (A) + ARM_IP6, (B) + BASE_L3, 8),    \
	FIELD(#s ".ipv6.dst_ip", s.ip6.dst_ip, OF(LAYER_IP6), (A) + ARM_IP6, (B) + BASE_L3, 24),   \
	FIELD(#s ".ipv6.traffic_class", s.ip6.traffic_class, OF(LAYER_IP6), (A) + ARM_IP6,         \
	      (B) + BASE_L3, 0),                                                                   \
	FIELD(#s ".ipv6.flow_label", s.ip6.flow_label, OF(LAYER_IP6), (A) + ARM_IP6,               \
	      (B) + BASE_L3, 0),                                                                   \
	FIXED(#s ".ipv6.payload_len", s.ip6.payload_len, OF(LAYER_IP6), (A) + ARM_IP6),            \
	FIELD(#s ".ipv6.next_proto", s.ip6.next_proto, OF(LAYER_IP6), (A) + ARM_IP6,               \
	      (B) + BASE_L3, 6),                                                                   \
	FIELD(#s ".ipv6.hop_limit", s.ip6.hop_limit, OF(LAYER_IP6), (A) + ARM_IP6,                 \
	      (B) + BASE_L3, 7),                                                                   \
	FIELD(#s ".tcp.src_port", s.tcp.l4_port.src_port, OF(LAYER_TCP), (A) + ARM_TCP,            \
	      (B) + BASE_L4, 0),                                                                   \
	FIELD(#s ".tcp.dst_port", s.tcp.l4_port.dst_port, OF(LAYER_TCP), (A) + ARM_TCP,            \
	      (B) + BASE_L4, 2),                                                                   \
	FIXED(#s ".tcp.data_offset", s.tcp.data_offset, OF(LAYER_TCP), (A) + ARM_TCP),             \
	FIELD(#s ".tcp.flags", s.tcp.flags, OF(LAYER_TCP), (A) + ARM_TCP, (B) + BASE_L4, 13),      \
	FIELD(#s ".tcp.seq_num", s.tcp.seq_num, OF(LAYER_TCP), (A) + ARM_TCP, (B) + BASE_L4, 4),   \
	FIELD(#s ".tcp.ack_num", s.tcp.ack_num, OF(LAYER_TCP), (A) + ARM_TCP, (B) + BASE_L4, 8),   \
	FIELD(#s ".udp.src_port", s.udp.l4_port.src_port, OF(LAYER_UDP), (A) + ARM_UDP,            \
	      (B) + BASE_L4, 0),                                                                   \
	FIELD(#s ".udp.dst_port", s.udp.l4_port.dst_port, OF(LAYER_UDP), (A) + ARM_UDP,            \
	      (B) + BASE_L4, 2),                                                                   \
	FIELD(#s ".transport.src_port", s.transport.src_port, OF(LAYER_TCP | LAYER_UDP),           \
	      (A) + ARM_TRANSPORT, (B) + BASE_L4, 0),                                              \
	FIELD(#s ".transport.dst_port", s.transport.dst_port, OF(LAYER_TCP | LAYER_UDP),           \
	      (A) + ARM_TRANSPORT, (B) + BASE_L4, 2),                                              \
	FIELD(#s ".icmp.type", s.icmp.type, OF(LAYER_ICMP), (A) + ARM_ICMP, (B) + BASE_L4, 0),     \
	FIELD(#s ".icmp.code", s.icmp.code, OF(LAYER_ICMP), (A) + ARM_ICMP, (B) + BASE_L4, 1),     \
	FIELD(#s ".icmp.ident", s.icmp.ident, OF(LAYER_ICMP), (A) + ARM_ICMP, (B) + BASE_L4, 4),   \
	FIELD(#s ".icmp6.type", s.icmp.type, OF(LAYER_ICMP6), (A) + ARM_ICMP6, (B) + BASE_L4, 0),  \
	FIELD(#s ".icmp6.code", s.icmp.code, OF(LAYER_ICMP6), (A) + ARM_ICMP6, (B) + BASE_L4, 1),  \
	FIELD(#s ".icmp6.ident", s.icmp.ident, OF(LAYER_ICMP6), (A) + ARM_ICMP6, (B) + BASE_L4, 4)

#define OUTER(layers) (layers)

#define LABEL(i)                                                                                   \
	FIELD("tunnel.mpls[" #i "].label", tun.mpls[i].label, LAYER_MPLS, ARM_MPLS, BASE_TUNNEL, 4 * (i))
#define OPTION(i)                                                                                  \
	FIELD("tunnel.geneve_opt[" #i "].data", tun.geneve_options[i].data, LAYER_GENEVE,          \
	      ARM_GENEVE, BASE_TUNNEL, 8 + 4 * (i))
#define OPTIONS(a, b, c, d, e, f, g)                                                               \
	OPTION(a), OPTION(b), OPTION(c), OPTION(d), OPTION(e), OPTION(f), OPTION(g)

const struct field fields[] = {
	FIELD("meta.data", meta.pkt_meta, 0, ARM_ALWAYS, BASE_NONE, 0),
	META(0), META(1), META(2), META(3), META(4), META(5), META(6), META(7), META(8), META(9),

	PARSED(port_id),
	PARSED(random),
	PARSED(ipsec_syndrome),
	PARSED(ipsec_ar_syndrome),
	PARSED(psp_syndrome),
	PARSED(meter_color),
	PARSED(outer_l2_type),
	PARSED(outer_l3_type),
	PARSED(outer_l4_type),
	PARSED(inner_l2_type),
	PARSED(inner_l3_type),
	PARSED(inner_l4_type),
	PARSED(outer_ip_fragmented),
	PARSED(inner_ip_fragmented),
	PARSED(outer_l3_ok),
	PARSED(outer_ip4_checksum_ok),
	PARSED(outer_l4_ok),
	PARSED(outer_l4_checksum_ok),
	PARSED(inner_l3_ok),
	PARSED(inner_ip4_checksum_ok),
	PARSED(inner_l4_ok),
	PARSED(inner_l4_checksum_ok),

	STACK(outer, OUTER, 0, 0),
	STACK(inner, INNER, ARM_INNER, BASE_INNER_ETH - BASE_ETH),

	FIELD("tunnel.vxlan.vni", tun.vxlan_tun_id, LAYER_VXLAN, ARM_VXLAN, BASE_TUNNEL, 3),
	FIELD("tunnel.vxlan.rsvd1", tun.vxlan_tun_rsvd1, LAYER_VXLAN, ARM_VXLAN, BASE_TUNNEL, 7),
	FIELD("tunnel.vxlan_gpe.flags", tun.vxlan_gpe_flags, LAYER_VXLAN_GPE, ARM_VXLAN_GPE,
	      BASE_TUNNEL, 0),
	FIELD("tunnel.vxlan_gpe.next_proto", tun.vxlan_gpe_next_protocol, LAYER_VXLAN_GPE,
	      ARM_VXLAN_GPE, BASE_TUNNEL, 3),
	FIELD("tunnel.vxlan_gbp.policy_id", tun.vxlan_gbp_group_policy_id, LAYER_VXLAN_GBP,
	      ARM_VXLAN_GBP, BASE_TUNNEL, 2),
	FIELD("tunnel.gre.protocol", tun.protocol, LAYER_GRE, ARM_GRE, BASE_TUNNEL, 2),
	FIXED("tunnel.gre.key_present", tun.key_present, LAYER_GRE, ARM_GRE_STANDARD),
	FIELD("tunnel.gre.key", tun.gre_key, LAYER_GRE_KEY, ARM_GRE_STANDARD, BASE_GRE_KEY, 0),
	FIELD("tunnel.nvgre.vs_id", tun.nvgre_vs_id, LAYER_NVGRE, ARM_NVGRE, BASE_GRE_KEY, 0),
	FIELD("tunnel.nvgre.flow_id", tun.nvgre_flow_id, LAYER_NVGRE, ARM_NVGRE, BASE_GRE_KEY, 3),
	FIELD("tunnel.gtp.teid", tun.gtp_teid, LAYER_GTPU, ARM_GTPU, BASE_TUNNEL, 4),
	FIXED("tunnel.gtp.next_ext_hdr_type", tun.gtp_next_ext_hdr_type, LAYER_GTPU, ARM_GTPU),
	FIXED("tunnel.gtp.psc_qfi", tun.gtp_ext_psc_qfi, LAYER_GTPU, ARM_GTPU),
	FIELD("tunnel.esp.spi", tun.esp_spi, LAYER_ESP, ARM_ESP, BASE_TUNNEL, 0),
	FIELD("tunnel.esp.sn", tun.esp_sn, LAYER_ESP, ARM_ESP, BASE_TUNNEL, 4),
	LABEL(0), LABEL(1), LABEL(2), LABEL(3), LABEL(4),
	FIXED("tunnel.geneve.ver_opt_len", tun.geneve.ver_opt_len, LAYER_GENEVE, ARM_GENEVE),
	FIELD("tunnel.geneve.o_c", tun.geneve.o_c, LAYER_GENEVE, ARM_GENEVE, BASE_TUNNEL, 1),
	FIELD("tunnel.geneve.next_proto", tun.geneve.next_proto, LAYER_GENEVE, ARM_GENEVE,
	      BASE_TUNNEL, 2),
	FIELD("tunnel.geneve.vni", tun.geneve.vni, LAYER_GENEVE, ARM_GENEVE, BASE_TUNNEL, 4),
	OPTIONS(0, 1, 2, 3, 4, 5, 6),
	OPTIONS(7, 8, 9, 10, 11, 12, 13),
	OPTIONS(14, 15, 16, 17, 18, 19, 20),
	OPTIONS(21, 22, 23, 24, 25, 26, 27),
	OPTIONS(28, 29, 30, 31, 32, 33, 34),
	OPTIONS(35, 36, 37, 38, 39, 40, 41),
	OPTIONS(42, 43, 44, 45, 46, 47, 48),
	OPTIONS(49, 50, 51, 52, 53, 54, 55),
	OPTIONS(56, 57, 58, 59, 60, 61, 62),
};

const size_t fields_count = sizeof(fields) / sizeof(fields[0]);

static const struct field hash_result = {
	.name = "parser_meta.hash.result",
	.offset = offsetof(struct packet, hash) - offsetof(struct packet, view),
	.size = sizeof(((struct packet *)0)->hash),
};

/* Other names of fields; samples of the SDK use the first. */
static const struct {
	const char *alias;
	const char *name;
} aliases[] = {
	{ "parser_meta.random.value", "parser_meta.random" },
	{ "meta.pkt_meta", "meta.data" },
	{ "outer.icmp4.type", "outer.icmp.type" },
	{ "outer.icmp4.code", "outer.icmp.code" },
	{ "outer.icmp4.ident", "outer.icmp.ident" },
	{ "inner.icmp4.type", "inner.icmp.type" },
	{ "inner.icmp4.code", "inner.icmp.code" },
	{ "inner.icmp4.ident", "inner.icmp.ident" },
	{ "tunnel.vxlan_gpe.vni", "tunnel.vxlan.vni" },
	{ "tunnel.vxlan_gbp.vni", "tunnel.vxlan.vni" },
	{ "tunnel.gre_key.value", "tunnel.gre.key" },
	{ "tunnel.nvgre.nvgre_vs_id", "tunnel.nvgre.vs_id" },
	{ "tunnel.nvgre.nvgre_flow_id", "tunnel.nvgre.flow_id" },
	{ "tunnel.nvgre.protocol", "tunnel.gre.protocol" },
};

static bool stack_selected(enum arm arm, const struct doca_flow_header_format *stack)
{
	switch (arm) {
	case ARM_IP4:
		return stack->l3_type == DOCA_FLOW_L3_TYPE_IP4;
	case ARM_IP6:
		return stack->l3_type == DOCA_FLOW_L3_TYPE_IP6;
	case ARM_TCP:
		return stack->l4_type_ext == DOCA_FLOW_L4_TYPE_EXT_TCP;
	case ARM_UDP:
		return stack->l4_type_ext == DOCA_FLOW_L4_TYPE_EXT_UDP;
	case ARM_TRANSPORT:
		return stack->l4_type_ext == DOCA_FLOW_L4_TYPE_EXT_TRANSPORT;
	case ARM_ICMP:
		return stack->l4_type_ext == DOCA_FLOW_L4_TYPE_EXT_ICMP;
	case ARM_ICMP6:
		return stack->l4_type_ext == DOCA_FLOW_L4_TYPE_EXT_ICMP6;
	default:
		return true;
	}
}

static bool tunnel_selected(enum arm arm, const struct doca_flow_tun *tun)
{
	switch (arm) {
	case ARM_VXLAN:
		return tun->type == DOCA_FLOW_TUN_VXLAN;
	case ARM_VXLAN_GPE:
		return tun->type == DOCA_FLOW_TUN_VXLAN &&
		       tun->vxlan_type == DOCA_FLOW_TUN_EXT_VXLAN_GPE;
	case ARM_VXLAN_GBP:
		return tun->type == DOCA_FLOW_TUN_VXLAN &&
		       tun->vxlan_type == DOCA_FLOW_TUN_EXT_VXLAN_GBP;
	case ARM_GRE:
		return tun->type == DOCA_FLOW_TUN_GRE;
	case ARM_GRE_STANDARD:
		return tun->type == DOCA_FLOW_TUN_GRE &&
		       tun->gre_type == DOCA_FLOW_TUN_EXT_GRE_STANDARD;
	case ARM_NVGRE:
		return tun->type == DOCA_FLOW_TUN_GRE &&
		       tun->gre_type == DOCA_FLOW_TUN_EXT_GRE_NVGRE;
	case ARM_GTPU:
		return tun->type == DOCA_FLOW_TUN_GTPU;
	case ARM_ESP:
		return tun->type == DOCA_FLOW_TUN_ESP;
	case ARM_MPLS:
		return tun->type == DOCA_FLOW_TUN_MPLS_O_UDP;
	case ARM_GENEVE:
		return tun->type == DOCA_FLOW_TUN_GENEVE;
	default:
		return false;
	}
}

bool field_selected(const struct field *field, const struct doca_flow_match *match)
{
	if (field == &hash_result)
		return false;
	if (field->arm >= ARM_VXLAN)
		return tunnel_selected(field->arm, &match->tun);
	if (field->arm >= ARM_INNER)
		return stack_selected(field->arm - ARM_INNER, &match->inner);
	return stack_selected(field->arm, &match->outer);
}

const struct field *field_find(const char *name)
{
	for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++) {
		if (strcmp(aliases[i].alias, name) == 0) {
			name = aliases[i].name;
			break;
		}
	}
	for (size_t i = 0; i < fields_count; i++) {
		if (strcmp(fields[i].name, name) == 0)
			return &fields[i];
	}
	return strcmp(hash_result.name, name) == 0 ? &hash_result : NULL;
}
