/* SPDX-License-Identifier: Apache-2.0 */
#include "packet.h"

#include "bytes.h"
#include "checksum.h"
#include "ethernet.h"
#include "ip6_chain.h"
#include "room.h"
#include "tunnel.h"

#define IP4_VERSION_IHL 0x45u
#define SOURCE_PORT_FIRST 49152u /* the dynamic ports, which RFC 7348 §5 recommends */
#define OPTIONS_MAX (DOCA_FLOW_GENEVE_DATA_OPTION_LEN_MAX * 4u)

/* The headers before they go in front of the payload. */
struct headers {
	uint8_t bytes[ETHERNET_MAX + IP6_HEADER + UDP_HEADER + GENEVE_HEADER + OPTIONS_MAX];
	uint32_t length;
	uint32_t payload; /* bytes behind them */
};

static uint8_t *append(struct headers *headers, uint32_t bytes)
{
	uint8_t *at = headers->bytes + headers->length;

	headers->length += bytes;
	memset(at, 0, bytes);
	return at;
}

/* What is encapsulated, as the type of Ethernet's and GRE's that says so. */
static uint16_t payload_type(const struct packet *packet, bool is_l2)
{
	if (is_l2)
		return DOCA_FLOW_ETHER_TYPE_TEB;
	return packet->layers & LAYER_IP4 ? DOCA_FLOW_ETHER_TYPE_IPV4 : DOCA_FLOW_ETHER_TYPE_IPV6;
}

/* A type that the entry gives goes before what the payload is. */
static void put_type(uint8_t *at, doca_be16_t given, uint16_t type)
{
	if (given != 0)
		memcpy(at, &given, 2);
	else
		put16(at, type);
}

static doca_error_t append_vxlan(struct headers *headers, const struct doca_flow_tun *tun,
				 uint16_t type)
{
	uint8_t *vxlan;

	if (tun->vxlan_type != DOCA_FLOW_TUN_EXT_VXLAN_GPE && type != DOCA_FLOW_ETHER_TYPE_TEB)
		return DOCA_ERROR_INVALID_VALUE;
	vxlan = append(headers, VXLAN_HEADER);
	vxlan[0] = VXLAN_FLAG_VNI;
	if (tun->vxlan_type == DOCA_FLOW_TUN_EXT_VXLAN_GBP) {
		vxlan[0] |= VXLAN_FLAG_GROUP;
		memcpy(vxlan + 2, &tun->vxlan_gbp_group_policy_id, 2);
	} else if (tun->vxlan_type == DOCA_FLOW_TUN_EXT_VXLAN_GPE) {
		vxlan[0] |= VXLAN_FLAG_NEXT_PROTOCOL | tun->vxlan_gpe_flags;
		vxlan[3] = tun->vxlan_gpe_next_protocol;
		if (vxlan[3] == 0)
			vxlan[3] = type == DOCA_FLOW_ETHER_TYPE_IPV4 ? DOCA_FLOW_VXLAN_GPE_TYPE_IPV4 :
				   type == DOCA_FLOW_ETHER_TYPE_IPV6 ? DOCA_FLOW_VXLAN_GPE_TYPE_IPV6 :
								       DOCA_FLOW_VXLAN_GPE_TYPE_ETH;
	}
	memcpy(vxlan + 4, (const uint8_t *)&tun->vxlan_tun_id + 1, 3);
	vxlan[7] = tun->vxlan_tun_rsvd1;
	return DOCA_SUCCESS;
}

static doca_error_t append_geneve(struct headers *headers, const struct doca_flow_tun *tun,
				  uint16_t type)
{
	uint32_t options = (tun->geneve.ver_opt_len & 0x3fu) * 4;
	uint8_t *geneve = append(headers, GENEVE_HEADER + options);

	geneve[0] = tun->geneve.ver_opt_len & 0x3fu;
	geneve[1] = tun->geneve.o_c;
	put_type(geneve + 2, tun->geneve.next_proto, type);
	memcpy(geneve + 4, &tun->geneve.vni, 4);
	memcpy(geneve + GENEVE_HEADER, tun->geneve_options, options);
	return DOCA_SUCCESS;
}

static doca_error_t append_gre(struct headers *headers, const struct doca_flow_tun *tun, uint16_t type)
{
	uint8_t *gre;

	if (tun->gre_type == DOCA_FLOW_TUN_EXT_GRE_NVGRE) {
		if (type != DOCA_FLOW_ETHER_TYPE_TEB)
			return DOCA_ERROR_INVALID_VALUE;
		gre = append(headers, GRE_HEADER + 4);
		put16(gre, GRE_FLAG_KEY);
		memcpy(gre + GRE_HEADER, &tun->nvgre_vs_id, 3);
		gre[GRE_HEADER + 3] = tun->nvgre_flow_id;
	} else if (tun->key_present) {
		gre = append(headers, GRE_HEADER + 4);
		put16(gre, GRE_FLAG_KEY);
		memcpy(gre + GRE_HEADER, &tun->gre_key, 4);
	} else {
		gre = append(headers, GRE_HEADER);
	}
	put_type(gre + 2, tun->protocol, type);
	return DOCA_SUCCESS;
}

/* Labels up to the one that is the bottom of the stack, or up to the last that is not 0, made the bottom. */
static doca_error_t append_mpls(struct headers *headers, const struct doca_flow_tun *tun, uint16_t type)
{
	uint32_t count = 1;
	uint8_t *mpls;

	if (type == DOCA_FLOW_ETHER_TYPE_TEB)
		return DOCA_ERROR_INVALID_VALUE;
	for (uint32_t i = 0; i < DOCA_FLOW_MPLS_LABELS_MAX; i++) {
		if (tun->mpls[i].label != 0)
			count = i + 1;
		if (((const uint8_t *)&tun->mpls[i].label)[2] & MPLS_BOTTOM)
			break;
	}
	mpls = append(headers, count * MPLS_LABEL);
	memcpy(mpls, tun->mpls, count * MPLS_LABEL);
	mpls[count * MPLS_LABEL - 2] |= MPLS_BOTTOM;
	return DOCA_SUCCESS;
}

static doca_error_t append_gtpu(struct headers *headers, const struct doca_flow_tun *tun, uint16_t type)
{
	bool has_session = tun->gtp_next_ext_hdr_type == DOCA_FLOW_GTP_EXT_PSC;
	uint32_t behind = headers->payload;
	uint8_t *gtpu;

	if (type == DOCA_FLOW_ETHER_TYPE_TEB || (tun->gtp_next_ext_hdr_type != 0 && !has_session))
		return DOCA_ERROR_INVALID_VALUE;
	if (has_session)
		behind += GTPU_OPTIONAL + 4;
	if (behind > UINT16_MAX)
		return DOCA_ERROR_TOO_BIG;
	gtpu = append(headers, GTPU_HEADER);
	gtpu[0] = GTPU_VERSION_1;
	gtpu[1] = GTPU_MESSAGE_PDU;
	put16(gtpu + 2, (uint16_t)behind);
	memcpy(gtpu + 4, &tun->gtp_teid, 4);
	if (has_session) {
		gtpu[0] |= GTPU_FLAG_EXTENSION;
		gtpu = append(headers, GTPU_OPTIONAL + 4);
		gtpu[3] = DOCA_FLOW_GTP_EXT_PSC;
		gtpu[4] = 1; /* length in words; then a downlink PDU, the flow, and no next extension */
		gtpu[6] = tun->gtp_ext_psc_qfi & GTPU_QFI;
	}
	return DOCA_SUCCESS;
}

static uint16_t default_port(const struct doca_flow_tun *tun)
{
	switch (tun->type) {
	case DOCA_FLOW_TUN_VXLAN:
		return tun->vxlan_type == DOCA_FLOW_TUN_EXT_VXLAN_GPE ?
			       DOCA_FLOW_VXLAN_GPE_DEFAULT_PORT :
			       DOCA_FLOW_VXLAN_DEFAULT_PORT;
	case DOCA_FLOW_TUN_GENEVE:
		return DOCA_FLOW_GENEVE_DEFAULT_PORT;
	case DOCA_FLOW_TUN_MPLS_O_UDP:
		return DOCA_FLOW_MPLS_DEFAULT_PORT;
	case DOCA_FLOW_TUN_GTPU:
		return DOCA_FLOW_GTPU_DEFAULT_PORT;
	default:
		return 0;
	}
}

/* The ports; length and checksum stay 0. */
static void append_udp(struct headers *headers, const struct packet *packet,
		       const struct doca_flow_encap_action *encap, enum source_port source_port)
{
	const struct doca_flow_header_l4_port *given = &encap->outer.udp.l4_port;
	uint8_t *udp = append(headers, UDP_HEADER);

	memcpy(udp, &given->src_port, 2);
	if (given->src_port == 0 && source_port == SOURCE_PORT_HASH &&
	    encap->tun.type != DOCA_FLOW_TUN_GTPU)
		put16(udp, (uint16_t)(SOURCE_PORT_FIRST | (packet_flow_hash(packet) >> 18)));
	put_type(udp + 2, given->dst_port, default_port(&encap->tun));
}

static uint8_t protocol_of(const struct doca_flow_tun *tun, uint16_t type)
{
	if (tun->type == DOCA_FLOW_TUN_GRE)
		return DOCA_FLOW_PROTO_GRE;
	if (tun->type != DOCA_FLOW_TUN_IP_IN_IP)
		return DOCA_FLOW_PROTO_UDP;
	return type == DOCA_FLOW_ETHER_TYPE_IPV4 ? DOCA_FLOW_PROTO_IPV4 : DOCA_FLOW_PROTO_IPV6;
}

static doca_error_t append_tunnel(struct headers *headers, const struct doca_flow_tun *tun,
				  uint16_t type)
{
	switch (tun->type) {
	case DOCA_FLOW_TUN_VXLAN:
		return append_vxlan(headers, tun, type);
	case DOCA_FLOW_TUN_GENEVE:
		return append_geneve(headers, tun, type);
	case DOCA_FLOW_TUN_GRE:
		return append_gre(headers, tun, type);
	case DOCA_FLOW_TUN_MPLS_O_UDP:
		return append_mpls(headers, tun, type);
	case DOCA_FLOW_TUN_GTPU:
		return append_gtpu(headers, tun, type);
	case DOCA_FLOW_TUN_IP_IN_IP:
		return type == DOCA_FLOW_ETHER_TYPE_TEB ? DOCA_ERROR_INVALID_VALUE : DOCA_SUCCESS;
	case DOCA_FLOW_TUN_ESP:
	case DOCA_FLOW_TUN_PSP:
		return DOCA_ERROR_NOT_SUPPORTED;
	default:
		return DOCA_ERROR_INVALID_VALUE;
	}
}

static void finish_ip4(uint8_t *ip, const struct doca_flow_header_ip4 *given, uint8_t protocol,
		       uint32_t total)
{
	uint16_t check;

	ip[0] = IP4_VERSION_IHL;
	ip[1] = given->dscp_ecn;
	put16(ip + 2, (uint16_t)total);
	memcpy(ip + 4, &given->identification, 2);
	put16(ip + 6,
	      get16((const uint8_t *)&given->flags_fragment_offset) & DOCA_FLOW_IP4_FLAG_DONT_FRAGMENT);
	ip[8] = given->ttl;
	ip[9] = protocol;
	memcpy(ip + 12, &given->src_ip, 4);
	memcpy(ip + 16, &given->dst_ip, 4);
	check = (uint16_t)~checksum_fold(checksum_add(0, ip, IP4_HEADER));
	memcpy(ip + 10, &check, 2);
}

static void finish_ip6(uint8_t *ip, const struct doca_flow_header_ip6 *given, uint8_t protocol,
		       uint32_t payload)
{
	uint32_t label = get32((const uint8_t *)&given->flow_label) & 0xfffff;

	put32(ip, 6u << 28 | (uint32_t)given->traffic_class << 20 | label);
	put16(ip + 4, (uint16_t)payload);
	ip[6] = protocol;
	ip[7] = given->hop_limit;
	memcpy(ip + 8, given->src_ip, 16);
	memcpy(ip + 24, given->dst_ip, 16);
}

/* All headers, for a payload of headers->payload bytes. */
static doca_error_t build(struct headers *headers, const struct packet *packet,
			  const struct doca_flow_resource_encap_cfg *cfg, enum source_port source_port)
{
	const struct doca_flow_header_format *outer = &cfg->encap.outer;
	bool is_six = outer->l3_type == DOCA_FLOW_L3_TYPE_IP6;
	uint16_t type = payload_type(packet, cfg->is_l2);
	uint8_t protocol = protocol_of(&cfg->encap.tun, type);
	uint32_t l3, l4, total;
	doca_be16_t eth_type;
	doca_error_t result;

	put16((uint8_t *)&eth_type, is_six ? DOCA_FLOW_ETHER_TYPE_IPV6 : DOCA_FLOW_ETHER_TYPE_IPV4);
	headers->length = ethernet_write(headers->bytes, &outer->eth, outer->l2_valid_headers,
					 outer->eth_vlan, eth_type);
	l3 = headers->length;
	append(headers, is_six ? IP6_HEADER : IP4_HEADER);
	l4 = headers->length;
	if (protocol == DOCA_FLOW_PROTO_UDP)
		append_udp(headers, packet, &cfg->encap, source_port);
	result = append_tunnel(headers, &cfg->encap.tun, type);
	if (result != DOCA_SUCCESS)
		return result;
	total = headers->length - l3 + headers->payload;
	if (total > UINT16_MAX)
		return DOCA_ERROR_TOO_BIG;
	if (protocol == DOCA_FLOW_PROTO_UDP)
		put16(headers->bytes + l4 + 4, (uint16_t)(total - (l4 - l3)));
	if (is_six)
		finish_ip6(headers->bytes + l3, &outer->ip6, protocol, total - IP6_HEADER);
	else
		finish_ip4(headers->bytes + l3, &outer->ip4, protocol, total);
	return DOCA_SUCCESS;
}

/* Where the datagram ends that is to be encapsulated without its Ethernet header and padding. */
static uint32_t datagram_end(const struct packet *packet)
{
	const uint8_t *ip = packet->data + packet->outer.l3;

	if (!packet->view.parser_meta.outer_l3_ok)
		return packet->length;
	return packet->outer.l3 +
	       (packet->layers & LAYER_IP4 ? get16(ip + 2) : IP6_HEADER + get16(ip + 4));
}

doca_error_t packet_encap(struct packet *packet, const struct doca_flow_resource_encap_cfg *encap,
			  enum source_port source_port)
{
	enum doca_flow_l3_type l3_type = encap->encap.outer.l3_type;
	uint32_t strip = 0, end = packet->length;
	struct headers headers;
	doca_error_t result;

	if (l3_type != DOCA_FLOW_L3_TYPE_IP4 && l3_type != DOCA_FLOW_L3_TYPE_IP6)
		return DOCA_ERROR_INVALID_VALUE;
	if (!(packet->layers & (encap->is_l2 ? LAYER_ETH : LAYER_IP4 | LAYER_IP6)))
		return DOCA_ERROR_INVALID_VALUE;
	if (!encap->is_l2) {
		strip = packet->outer.l3;
		end = datagram_end(packet);
	}
	headers.payload = end - strip;
	result = build(&headers, packet, encap, source_port);
	if (result != DOCA_SUCCESS)
		return result;
	if (!room_fits_front(packet, headers.length, strip))
		return DOCA_ERROR_TOO_BIG;
	room_end_at(packet, end);
	room_take_front(packet, strip);
	room_give_front(packet, headers.length);
	memcpy(packet->data, headers.bytes, headers.length);
	packet_parse(packet);
	return DOCA_SUCCESS;
}
