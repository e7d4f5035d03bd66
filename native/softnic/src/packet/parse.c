/* SPDX-License-Identifier: Apache-2.0 */
#include "packet.h"

#include "bytes.h"
#include "stack.h"

/* What any tunnel but GENEVE fills of view.tun. */
#define TUNNEL_PLAIN                                                                               \
	(offsetof(struct doca_flow_tun, mpls) + sizeof(((struct doca_flow_tun *)0)->mpls))

_Static_assert(offsetof(struct doca_flow_tun, vxlan_tun_rsvd1) < TUNNEL_PLAIN &&
		       offsetof(struct doca_flow_tun, gre_key) + 4 <= TUNNEL_PLAIN &&
		       offsetof(struct doca_flow_tun, nvgre_flow_id) < TUNNEL_PLAIN &&
		       offsetof(struct doca_flow_tun, gtp_ext_psc_qfi) < TUNNEL_PLAIN &&
		       offsetof(struct doca_flow_tun, esp_sn) + 4 <= TUNNEL_PLAIN,
	       "MPLS has the longest header but for GENEVE's options");

static void clear_tunnel(struct doca_flow_tun *tun)
{
	size_t filled = TUNNEL_PLAIN;

	if (tun->type == DOCA_FLOW_TUN_NONE)
		return;
	if (tun->type == DOCA_FLOW_TUN_GENEVE) {
		size_t options = tun->geneve.ver_opt_len & 0x3fu;
		size_t end = offsetof(struct doca_flow_tun, geneve_options) +
			     options * sizeof(tun->geneve_options[0]);

		if (end > filled)
			filled = end;
	}
	memset(tun, 0, filled);
}

static void begin(struct stack *stack, struct packet *packet, bool is_inner)
{
	memset(stack, 0, sizeof(*stack));
	stack->packet = packet;
	stack->view = is_inner ? &packet->view.inner : &packet->view.outer;
	stack->layout = is_inner ? &packet->inner : &packet->outer;
	stack->shift = is_inner ? 10 : 0;
	memset(stack->view, 0, sizeof(*stack->view));
	*stack->layout = (struct layout){ PACKET_ABSENT, PACKET_ABSENT, PACKET_ABSENT, PACKET_ABSENT };
}

static enum payload read_ethernet(struct stack *stack)
{
	struct doca_flow_header_format *view = stack->view;
	const uint8_t *data = stack->packet->data;
	uint32_t at = stack->at;
	uint32_t tags = 0;
	uint16_t type;

	if (stack->limit - at < ETHERNET_HEADER)
		return PAYLOAD_NONE;
	memcpy(view->eth.dst_mac, data + at, 6);
	memcpy(view->eth.src_mac, data + at + 6, 6);
	stack->layout->eth = (uint16_t)at;
	stack_has(stack, LAYER_ETH);
	at += ETHERNET_HEADER;
	type = get16(data + at - 2);
	while (is_tag(type) && tags < DOCA_FLOW_VLAN_MAX && stack->limit - at >= VLAN_TAG) {
		view->eth_vlan[tags].tci = load16(data + at);
		tags++;
		at += VLAN_TAG;
		type = get16(data + at - 2);
	}
	view->eth.type = load16(data + at - 2);
	if (tags > 0) {
		view->l2_valid_headers = DOCA_FLOW_L2_VALID_HEADER_VLAN_0;
		stack->l2 = DOCA_FLOW_L2_META_SINGLE_VLAN;
		stack_has(stack, LAYER_VLAN0);
	}
	if (tags > 1) {
		view->l2_valid_headers |= DOCA_FLOW_L2_VALID_HEADER_VLAN_1;
		stack->l2 = DOCA_FLOW_L2_META_MULTI_VLAN;
		stack_has(stack, LAYER_VLAN1);
	}
	stack->at = at;
	stack->layout->end = (uint16_t)at;
	/* Transparent bridging is a type of GRE's, not of Ethernet's. */
	return type == DOCA_FLOW_ETHER_TYPE_TEB ? PAYLOAD_NONE : payload_of_type(type);
}

static void read_stack(struct stack *stack, enum payload payload)
{
	if (payload == PAYLOAD_ETHERNET)
		payload = read_ethernet(stack);
	if (payload == PAYLOAD_IP4)
		stack_read_ip4(stack);
	else if (payload == PAYLOAD_IP6)
		stack_read_ip6(stack);
}

void packet_parse(struct packet *packet)
{
	struct doca_flow_parser_meta *meta = &packet->view.parser_meta;
	struct stack outer, inner;
	enum payload payload;

	packet->layers = 0;
	packet->tunnel = PACKET_ABSENT;
	clear_tunnel(&packet->view.tun);
	begin(&outer, packet, false);
	begin(&inner, packet, true);

	outer.limit = packet->length < PACKET_LENGTH_MAX ? packet->length : PACKET_LENGTH_MAX;
	read_stack(&outer, PAYLOAD_ETHERNET);
	payload = stack_read_tunnel(&outer);
	if (payload != PAYLOAD_NONE) {
		inner.at = outer.at;
		inner.limit = outer.limit;
		read_stack(&inner, payload);
	}
	if (outer.no_checksum && packet->view.tun.type != DOCA_FLOW_TUN_NONE)
		outer.l4_checksum_ok = 1;

	meta->outer_l2_type = outer.l2;
	meta->outer_l3_type = outer.l3;
	meta->outer_l4_type = outer.l4;
	meta->inner_l2_type = inner.l2;
	meta->inner_l3_type = inner.l3;
	meta->inner_l4_type = inner.l4;
	meta->outer_ip_fragmented = outer.fragmented;
	meta->inner_ip_fragmented = inner.fragmented;
	meta->outer_l3_ok = outer.l3_ok;
	meta->outer_ip4_checksum_ok = outer.ip4_checksum_ok;
	meta->outer_l4_ok = outer.l4_ok;
	meta->outer_l4_checksum_ok = outer.l4_checksum_ok;
	meta->inner_l3_ok = inner.l3_ok;
	meta->inner_ip4_checksum_ok = inner.ip4_checksum_ok;
	meta->inner_l4_ok = inner.l4_ok;
	meta->inner_l4_checksum_ok = inner.l4_checksum_ok;
}
