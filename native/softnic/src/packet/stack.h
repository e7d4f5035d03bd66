/* SPDX-License-Identifier: Apache-2.0 */
/* One stack of headers, Ethernet to transport, while packet_parse reads it. */
#ifndef SOFTNIC_STACK_H
#define SOFTNIC_STACK_H

#include "packet.h"

#define ETHERNET_HEADER 14u
#define VLAN_TAG 4u
#define IP4_HEADER 20u
#define TCP_HEADER 20u
#define UDP_HEADER 8u
#define ICMP_HEADER 8u
#define ESP_HEADER 8u

/* What comes next in the frame. */
enum payload { PAYLOAD_NONE, PAYLOAD_ETHERNET, PAYLOAD_IP4, PAYLOAD_IP6 };

struct stack {
	struct packet *packet;
	struct doca_flow_header_format *view;
	struct layout *layout;
	uint32_t shift; /* of its bits in packet->layers */
	uint32_t at;    /* offset of what is read next */
	uint32_t limit; /* offset behind its last byte: the frame's, then the datagram's */

	uint32_t destination; /* IPv6: offset of the pseudo header's */
	uint8_t protocol;
	bool later_fragment;
	bool no_checksum; /* UDP over IPv6 without one: right if there is a tunnel behind it */

	/* As parser_meta has them. */
	enum doca_flow_l2_meta l2;
	enum doca_flow_l3_meta l3;
	enum doca_flow_l4_meta l4;
	uint8_t fragmented, l3_ok, ip4_checksum_ok, l4_ok, l4_checksum_ok;
};

static inline void stack_has(struct stack *stack, uint32_t layers)
{
	stack->packet->layers |= layers << stack->shift;
}

/* Network layer and above of a stack that is at the network header. */
void stack_read_ip4(struct stack *stack);
void stack_read_ip6(struct stack *stack);
void stack_read_transport(struct stack *stack);

/* Reads the tunnel that the outer stack is at, if there is one: view.tun, packet->tunnel, layers; the
 * outer layout's end moves behind its headers. What it carries. */
enum payload stack_read_tunnel(struct stack *outer);

/* Of payload that an Ethernet type or a tunnel's next protocol announces. */
static inline enum payload payload_of_type(uint16_t type)
{
	switch (type) {
	case DOCA_FLOW_ETHER_TYPE_IPV4:
		return PAYLOAD_IP4;
	case DOCA_FLOW_ETHER_TYPE_IPV6:
		return PAYLOAD_IP6;
	case DOCA_FLOW_ETHER_TYPE_TEB:
		return PAYLOAD_ETHERNET;
	default:
		return PAYLOAD_NONE;
	}
}

static inline bool is_tag(uint16_t type)
{
	return type == DOCA_FLOW_ETHER_TYPE_VLAN || type == DOCA_FLOW_ETHER_TYPE_QINQ;
}

#endif
