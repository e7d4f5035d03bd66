/* SPDX-License-Identifier: Apache-2.0 */
#include "stack.h"

#include "bytes.h"
#include "checksum.h"

/* Over `length` bytes at the stack's place, with the pseudo header if the protocol has one. */
static bool sum_right(const struct stack *stack, uint32_t length, bool pseudo)
{
	const uint8_t *data = stack->packet->data;
	uint64_t sum = 0;

	if (pseudo) {
		uint8_t tail[4] = { 0, stack->protocol, (uint8_t)(length >> 8), (uint8_t)length };

		sum = checksum_add(sum, tail, sizeof(tail));
		if (stack->l3 == DOCA_FLOW_L3_META_IPV4) {
			sum = checksum_add(sum, data + stack->layout->l3 + 12, 8);
		} else {
			sum = checksum_add(sum, data + stack->layout->l3 + 8, 16);
			sum = checksum_add(sum, data + stack->destination, 16);
		}
	}
	return checksum_right(checksum_fold(checksum_add(sum, data + stack->at, length)));
}

/* Of which nothing is missing: what the checksum needs is all here. */
static bool is_whole(const struct stack *stack)
{
	return stack->l3_ok && !stack->fragmented;
}

static void passed(struct stack *stack, uint32_t layer, uint32_t header)
{
	stack->layout->l4 = (uint16_t)stack->at;
	stack->at += header;
	stack->layout->end = (uint16_t)stack->at;
	stack_has(stack, layer);
}

static void read_tcp(struct stack *stack)
{
	const uint8_t *tcp = stack->packet->data + stack->at;
	struct doca_flow_header_tcp *view = &stack->view->tcp;
	uint32_t rest = stack->limit - stack->at;
	uint32_t header;

	if (rest < TCP_HEADER)
		return;
	header = (tcp[12] >> 4) * 4u;
	if (header < TCP_HEADER || header > rest)
		return;
	view->l4_port.src_port = load16(tcp);
	view->l4_port.dst_port = load16(tcp + 2);
	view->seq_num = load32(tcp + 4);
	view->ack_num = load32(tcp + 8);
	view->data_offset = tcp[12];
	view->flags = tcp[13];
	stack->view->l4_type_ext = DOCA_FLOW_L4_TYPE_EXT_TCP;
	stack->l4 = DOCA_FLOW_L4_META_TCP;
	stack->l4_ok = stack->l3_ok;
	stack->l4_checksum_ok = is_whole(stack) && sum_right(stack, rest, true);
	passed(stack, LAYER_TCP, header);
}

static void read_udp(struct stack *stack)
{
	const uint8_t *udp = stack->packet->data + stack->at;
	struct doca_flow_header_udp *view = &stack->view->udp;
	uint32_t rest = stack->limit - stack->at;
	uint32_t length;

	if (rest < UDP_HEADER)
		return;
	view->l4_port.src_port = load16(udp);
	view->l4_port.dst_port = load16(udp + 2);
	stack->view->l4_type_ext = DOCA_FLOW_L4_TYPE_EXT_UDP;
	stack->l4 = DOCA_FLOW_L4_META_UDP;
	length = get16(udp + 4);
	/* The first fragment has the length of the whole datagram. */
	stack->l4_ok = stack->l3_ok && length >= UDP_HEADER && (length <= rest || stack->fragmented);
	if (load16(udp + 6) == 0) {
		stack->l4_checksum_ok = stack->l4_ok && stack->l3 == DOCA_FLOW_L3_META_IPV4;
		stack->no_checksum = stack->l4_ok;
	} else {
		stack->l4_checksum_ok = stack->l4_ok && is_whole(stack) &&
					sum_right(stack, length, true);
	}
	if (stack->l4_ok && !stack->fragmented)
		stack->limit = stack->at + length;
	passed(stack, LAYER_UDP, UDP_HEADER);
}

static void read_icmp(struct stack *stack, bool is_six)
{
	const uint8_t *icmp = stack->packet->data + stack->at;
	struct doca_flow_header_icmp *view = &stack->view->icmp;
	uint32_t rest = stack->limit - stack->at;

	if (rest < ICMP_HEADER)
		return;
	view->type = icmp[0];
	view->code = icmp[1];
	view->ident = load16(icmp + 4);
	stack->view->l4_type_ext = is_six ? DOCA_FLOW_L4_TYPE_EXT_ICMP6 : DOCA_FLOW_L4_TYPE_EXT_ICMP;
	stack->l4 = DOCA_FLOW_L4_META_ICMP;
	stack->l4_ok = stack->l3_ok;
	stack->l4_checksum_ok = is_whole(stack) && sum_right(stack, rest, is_six);
	passed(stack, is_six ? LAYER_ICMP6 : LAYER_ICMP, ICMP_HEADER);
}

void stack_read_transport(struct stack *stack)
{
	bool is_six = stack->l3 == DOCA_FLOW_L3_META_IPV6;

	if (stack->later_fragment)
		return;
	switch (stack->protocol) {
	case DOCA_FLOW_PROTO_TCP:
		read_tcp(stack);
		break;
	case DOCA_FLOW_PROTO_UDP:
		read_udp(stack);
		break;
	case DOCA_FLOW_PROTO_ICMP:
		if (!is_six)
			read_icmp(stack, false);
		break;
	case DOCA_FLOW_PROTO_ICMP6:
		if (is_six)
			read_icmp(stack, true);
		break;
	case DOCA_FLOW_PROTO_ESP:
		/* Only its type: the header itself is a tunnel's. */
		if (stack->limit - stack->at >= ESP_HEADER) {
			stack->l4 = DOCA_FLOW_L4_META_ESP;
			stack->l4_ok = stack->l3_ok;
		}
		break;
	default:
		break;
	}
}
