/* SPDX-License-Identifier: Apache-2.0 */
#include "stack.h"

#include "bytes.h"
#include "tunnel.h"

/* Labels looked at for the bottom of the stack; the view has the first five. */
#define MPLS_DEPTH_MAX 16
#define GTPU_EXTENSIONS_MAX 8

static void found(struct stack *outer, uint32_t layers, enum doca_flow_tun_type type, uint32_t end)
{
	outer->packet->view.tun.type = type;
	outer->packet->tunnel = (uint16_t)outer->at;
	outer->packet->layers |= layers;
	outer->at = end;
	outer->layout->end = (uint16_t)end;
}

/* IP without anything that would say which. */
static enum payload payload_of_version(const struct stack *outer)
{
	if (outer->at >= outer->limit)
		return PAYLOAD_NONE;
	switch (outer->packet->data[outer->at] >> 4) {
	case 4:
		return PAYLOAD_IP4;
	case 6:
		return PAYLOAD_IP6;
	default:
		return PAYLOAD_NONE;
	}
}

static enum payload read_vxlan(struct stack *outer, bool is_gpe)
{
	const uint8_t *vxlan = outer->packet->data + outer->at;
	struct doca_flow_tun *tun = &outer->packet->view.tun;
	uint32_t layers = LAYER_VXLAN;
	enum payload payload = PAYLOAD_ETHERNET;

	if (outer->limit - outer->at < VXLAN_HEADER || !(vxlan[0] & VXLAN_FLAG_VNI))
		return PAYLOAD_NONE;
	if (is_gpe) {
		layers |= LAYER_VXLAN_GPE;
		tun->vxlan_type = DOCA_FLOW_TUN_EXT_VXLAN_GPE;
		tun->vxlan_gpe_flags = vxlan[0];
		tun->vxlan_gpe_next_protocol = vxlan[3];
		if (vxlan[0] & VXLAN_FLAG_NEXT_PROTOCOL) {
			if (vxlan[3] == DOCA_FLOW_VXLAN_GPE_TYPE_IPV4)
				payload = PAYLOAD_IP4;
			else if (vxlan[3] == DOCA_FLOW_VXLAN_GPE_TYPE_IPV6)
				payload = PAYLOAD_IP6;
			else if (vxlan[3] != DOCA_FLOW_VXLAN_GPE_TYPE_ETH)
				payload = PAYLOAD_NONE;
		}
	} else if (vxlan[0] & VXLAN_FLAG_GROUP) {
		layers |= LAYER_VXLAN_GBP;
		tun->vxlan_type = DOCA_FLOW_TUN_EXT_VXLAN_GBP;
		tun->vxlan_gbp_group_policy_id = load16(vxlan + 2);
	}
	memcpy((uint8_t *)&tun->vxlan_tun_id + 1, vxlan + 4, 3);
	tun->vxlan_tun_rsvd1 = vxlan[7];
	found(outer, layers, DOCA_FLOW_TUN_VXLAN, outer->at + VXLAN_HEADER);
	return payload;
}

static enum payload read_geneve(struct stack *outer)
{
	const uint8_t *geneve = outer->packet->data + outer->at;
	struct doca_flow_tun *tun = &outer->packet->view.tun;
	uint32_t rest = outer->limit - outer->at;
	uint32_t options;

	if (rest < GENEVE_HEADER || geneve[0] >> 6 != 0)
		return PAYLOAD_NONE;
	options = (geneve[0] & 0x3fu) * 4;
	if (GENEVE_HEADER + options > rest)
		return PAYLOAD_NONE;
	tun->geneve.ver_opt_len = geneve[0];
	tun->geneve.o_c = geneve[1];
	tun->geneve.next_proto = load16(geneve + 2);
	tun->geneve.vni = load32(geneve + 4);
	memcpy(tun->geneve_options, geneve + GENEVE_HEADER, options);
	found(outer, LAYER_GENEVE, DOCA_FLOW_TUN_GENEVE, outer->at + GENEVE_HEADER + options);
	return payload_of_type(get16(geneve + 2));
}

static enum payload read_gtpu(struct stack *outer)
{
	const uint8_t *gtpu = outer->packet->data + outer->at;
	struct doca_flow_tun *tun = &outer->packet->view.tun;
	uint32_t rest = outer->limit - outer->at;
	uint32_t header = GTPU_HEADER, length;
	uint8_t first = 0, next, qfi = 0;

	if (rest < GTPU_HEADER || (gtpu[0] & 0xf0) != GTPU_VERSION_1)
		return PAYLOAD_NONE;
	length = GTPU_HEADER + get16(gtpu + 2);
	if (length > rest)
		return PAYLOAD_NONE;
	if (gtpu[0] & GTPU_FLAGS_OPTIONAL) {
		header += GTPU_OPTIONAL;
		if (header > length)
			return PAYLOAD_NONE;
		if (gtpu[0] & GTPU_FLAG_EXTENSION)
			first = gtpu[header - 1];
	}
	next = first;
	for (int i = 0; next != 0; i++) {
		uint32_t extension;

		if (i == GTPU_EXTENSIONS_MAX || header >= length)
			return PAYLOAD_NONE;
		extension = gtpu[header] * 4u;
		if (extension == 0 || header + extension > length)
			return PAYLOAD_NONE;
		if (next == DOCA_FLOW_GTP_EXT_PSC)
			qfi = gtpu[header + 2] & GTPU_QFI;
		header += extension;
		next = gtpu[header - 1];
	}
	tun->gtp_teid = load32(gtpu + 4);
	tun->gtp_next_ext_hdr_type = first;
	tun->gtp_ext_psc_qfi = qfi;
	outer->limit = outer->at + length;
	found(outer, LAYER_GTPU, DOCA_FLOW_TUN_GTPU, outer->at + header);
	return gtpu[1] == GTPU_MESSAGE_PDU ? payload_of_version(outer) : PAYLOAD_NONE;
}

static enum payload read_mpls(struct stack *outer)
{
	const uint8_t *mpls = outer->packet->data + outer->at;
	struct doca_flow_tun *tun = &outer->packet->view.tun;
	uint32_t rest = outer->limit - outer->at;
	uint32_t depth = 0;

	do {
		depth++;
		if (depth > MPLS_DEPTH_MAX || depth * MPLS_LABEL > rest)
			return PAYLOAD_NONE;
	} while (!(mpls[depth * MPLS_LABEL - 2] & MPLS_BOTTOM));
	memcpy(tun->mpls, mpls,
	       MPLS_LABEL * (depth < DOCA_FLOW_MPLS_LABELS_MAX ? depth : DOCA_FLOW_MPLS_LABELS_MAX));
	found(outer, LAYER_MPLS, DOCA_FLOW_TUN_MPLS_O_UDP, outer->at + depth * MPLS_LABEL);
	return payload_of_version(outer);
}

static enum payload read_gre(struct stack *outer)
{
	const uint8_t *gre = outer->packet->data + outer->at;
	struct doca_flow_tun *tun = &outer->packet->view.tun;
	uint32_t rest = outer->limit - outer->at;
	uint32_t layers = LAYER_GRE, header = GRE_HEADER, key;
	uint16_t flags;

	if (rest < GRE_HEADER)
		return PAYLOAD_NONE;
	flags = get16(gre);
	if (flags & GRE_FLAGS_UNKNOWN)
		return PAYLOAD_NONE;
	if (flags & GRE_FLAG_CHECKSUM)
		header += 4;
	key = header;
	if (flags & GRE_FLAG_KEY)
		header += 4;
	if (flags & GRE_FLAG_SEQUENCE)
		header += 4;
	if (header > rest)
		return PAYLOAD_NONE;
	tun->protocol = load16(gre + 2);
	if ((flags & GRE_FLAGS_OPTIONAL) == GRE_FLAG_KEY &&
	    get16(gre + 2) == DOCA_FLOW_ETHER_TYPE_TEB) {
		layers |= LAYER_NVGRE;
		tun->gre_type = DOCA_FLOW_TUN_EXT_GRE_NVGRE;
		memcpy(&tun->nvgre_vs_id, gre + key, 3);
		tun->nvgre_flow_id = gre[key + 3];
	} else if (flags & GRE_FLAG_KEY) {
		layers |= LAYER_GRE_KEY;
		tun->key_present = true;
		tun->gre_key = load32(gre + key);
	}
	found(outer, layers, DOCA_FLOW_TUN_GRE, outer->at + header);
	return payload_of_type(get16(gre + 2));
}

static enum payload read_esp(struct stack *outer)
{
	const uint8_t *esp = outer->packet->data + outer->at;
	struct doca_flow_tun *tun = &outer->packet->view.tun;

	if (outer->limit - outer->at < ESP_HEADER)
		return PAYLOAD_NONE;
	tun->esp_spi = load32(esp);
	tun->esp_sn = load32(esp + 4);
	found(outer, LAYER_ESP, DOCA_FLOW_TUN_ESP, outer->at + ESP_HEADER);
	return PAYLOAD_NONE;
}

static enum payload read_in_udp(struct stack *outer)
{
	switch (get16(outer->packet->data + outer->layout->l4 + 2)) {
	case DOCA_FLOW_VXLAN_DEFAULT_PORT:
		return read_vxlan(outer, false);
	case DOCA_FLOW_VXLAN_GPE_DEFAULT_PORT:
		return read_vxlan(outer, true);
	case DOCA_FLOW_GENEVE_DEFAULT_PORT:
		return read_geneve(outer);
	case DOCA_FLOW_GTPU_DEFAULT_PORT:
		return read_gtpu(outer);
	case DOCA_FLOW_MPLS_DEFAULT_PORT:
		return read_mpls(outer);
	default:
		return PAYLOAD_NONE;
	}
}

enum payload stack_read_tunnel(struct stack *outer)
{
	enum payload payload;

	/* Inside a part of a datagram nothing can be told, and nothing may be stripped. */
	if (!outer->l3_ok || outer->fragmented)
		return PAYLOAD_NONE;
	switch (outer->protocol) {
	case DOCA_FLOW_PROTO_UDP:
		return outer->l4_ok ? read_in_udp(outer) : PAYLOAD_NONE;
	case DOCA_FLOW_PROTO_GRE:
		return read_gre(outer);
	case DOCA_FLOW_PROTO_ESP:
		return read_esp(outer);
	case DOCA_FLOW_PROTO_IPV4:
	case DOCA_FLOW_PROTO_IPV6:
		payload = payload_of_version(outer);
		if (payload == (outer->protocol == DOCA_FLOW_PROTO_IPV4 ? PAYLOAD_IP4 : PAYLOAD_IP6)) {
			found(outer, LAYER_IP_IN_IP, DOCA_FLOW_TUN_IP_IN_IP, outer->at);
			return payload;
		}
		return PAYLOAD_NONE;
	default:
		return PAYLOAD_NONE;
	}
}
