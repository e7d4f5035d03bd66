/* SPDX-License-Identifier: Apache-2.0 */
#include "stack.h"

#include "bytes.h"
#include "checksum.h"
#include "ip6_chain.h"

#define FRAGMENT_OFFSET 0x1fffu

void stack_read_ip4(struct stack *stack)
{
	const uint8_t *ip = stack->packet->data + stack->at;
	struct doca_flow_header_ip4 *view = &stack->view->ip4;
	uint32_t rest = stack->limit - stack->at;
	uint32_t header, total;
	uint16_t fragment;

	if (rest < IP4_HEADER || ip[0] >> 4 != 4)
		return;
	header = (ip[0] & 0xfu) * 4;
	if (header < IP4_HEADER || header > rest)
		return;
	view->version_ihl = ip[0];
	view->dscp_ecn = ip[1];
	view->total_len = load16(ip + 2);
	view->identification = load16(ip + 4);
	view->flags_fragment_offset = load16(ip + 6);
	view->ttl = ip[8];
	view->next_proto = ip[9];
	view->src_ip = load32(ip + 12);
	view->dst_ip = load32(ip + 16);
	stack->view->l3_type = DOCA_FLOW_L3_TYPE_IP4;
	stack->l3 = DOCA_FLOW_L3_META_IPV4;
	stack->layout->l3 = (uint16_t)stack->at;
	stack_has(stack, LAYER_IP4);
	stack->ip4_checksum_ok = checksum_right(checksum_fold(checksum_add(0, ip, header)));

	total = get16(ip + 2);
	fragment = get16(ip + 6);
	stack->fragmented = (fragment & (DOCA_FLOW_IP4_FLAG_MORE_FRAGMENTS | FRAGMENT_OFFSET)) != 0;
	stack->later_fragment = (fragment & FRAGMENT_OFFSET) != 0;
	stack->protocol = ip[9];
	stack->at += header;
	stack->layout->end = (uint16_t)stack->at;
	if (total < header)
		return;
	stack->l3_ok = total <= rest;
	if (stack->l3_ok)
		stack->limit = stack->at - header + total;
	stack_read_transport(stack);
}

void stack_read_ip6(struct stack *stack)
{
	const uint8_t *ip = stack->packet->data + stack->at;
	struct doca_flow_header_ip6 *view = &stack->view->ip6;
	uint32_t rest = stack->limit - stack->at;
	struct ip6_chain chain;
	uint32_t total;

	if (rest < IP6_HEADER || ip[0] >> 4 != 6)
		return;
	memcpy(view->src_ip, ip + 8, 16);
	memcpy(view->dst_ip, ip + 24, 16);
	view->traffic_class = (uint8_t)(get16(ip) >> 4);
	view->flow_label = load32(ip);
	((uint8_t *)&view->flow_label)[0] = 0;
	((uint8_t *)&view->flow_label)[1] &= 0x0f;
	view->payload_len = load16(ip + 4);
	view->next_proto = ip[6];
	view->hop_limit = ip[7];
	stack->view->l3_type = DOCA_FLOW_L3_TYPE_IP6;
	stack->l3 = DOCA_FLOW_L3_META_IPV6;
	stack->layout->l3 = (uint16_t)stack->at;
	stack_has(stack, LAYER_IP6);

	total = IP6_HEADER + get16(ip + 4);
	if (total <= rest)
		stack->limit = stack->at + total;
	ip6_chain_read(stack->packet->data, stack->at, stack->limit, &chain);
	stack->l3_ok = total <= rest && chain.whole;
	stack->fragmented = chain.fragmented;
	stack->later_fragment = chain.later_fragment;
	stack->destination = chain.destination;
	stack->protocol = chain.next;
	stack->at = chain.whole ? chain.end : stack->at + IP6_HEADER;
	stack->layout->end = (uint16_t)stack->at;
	if (chain.whole)
		stack_read_transport(stack);
}
