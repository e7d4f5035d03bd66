/* SPDX-License-Identifier: Apache-2.0 */
#include <endian.h>

#include "nic.h"

/* As packet_encap chooses it: the dynamic ports, by the upper bits of the flow's hash. */
#define SOURCE_PORT_FIRST 49152u
#define SOURCE_PORT_SHIFT 18

static bool has_ports(const struct doca_flow_entropy_format *header)
{
	switch (header->l4_type_ext) {
	case DOCA_FLOW_L4_TYPE_EXT_TCP:
	case DOCA_FLOW_L4_TYPE_EXT_UDP:
	case DOCA_FLOW_L4_TYPE_EXT_TRANSPORT:
		return true;
	default:
		return header->is_transport;
	}
}

static uint8_t next_protocol(const struct doca_flow_entropy_format *header)
{
	return header->l3_type == DOCA_FLOW_L3_TYPE_IP4 ? header->ip4.next_proto : header->ip6.next_proto;
}

/* A packet with these headers, as far as its hash looks at them. */
static struct packet packet_with(const struct doca_flow_entropy_format *header)
{
	struct packet packet = { .tunnel = PACKET_ABSENT };
	struct doca_flow_header_format *outer = &packet.view.outer;
	bool is_tcp = header->l4_type_ext == DOCA_FLOW_L4_TYPE_EXT_TCP ||
		      (header->l4_type_ext != DOCA_FLOW_L4_TYPE_EXT_UDP &&
		       next_protocol(header) == DOCA_FLOW_PROTO_TCP);

	packet.layers = LAYER_ETH;
	outer->l3_type = header->l3_type;
	if (header->l3_type == DOCA_FLOW_L3_TYPE_IP4) {
		packet.layers |= LAYER_IP4;
		outer->ip4 = header->ip4;
	} else {
		packet.layers |= LAYER_IP6;
		outer->ip6 = header->ip6;
	}
	if (!has_ports(header))
		return packet;
	packet.layers |= is_tcp ? LAYER_TCP : LAYER_UDP;
	outer->l4_type_ext = is_tcp ? DOCA_FLOW_L4_TYPE_EXT_TCP : DOCA_FLOW_L4_TYPE_EXT_UDP;
	outer->transport = header->transport;
	if (header->l3_type == DOCA_FLOW_L3_TYPE_IP4)
		outer->ip4.next_proto = is_tcp ? DOCA_FLOW_PROTO_TCP : DOCA_FLOW_PROTO_UDP;
	return packet;
}

doca_error_t doca_flow_port_calc_entropy(struct doca_flow_port *port,
					 struct doca_flow_entropy_format *header, uint16_t *entropy)
{
	struct packet packet;

	if (port == NULL || header == NULL || entropy == NULL ||
	    (header->l3_type != DOCA_FLOW_L3_TYPE_IP4 && header->l3_type != DOCA_FLOW_L3_TYPE_IP6))
		return DOCA_ERROR_INVALID_VALUE;
	packet = packet_with(header);
	*entropy = htobe16(
		(uint16_t)(SOURCE_PORT_FIRST | packet_flow_hash(&packet) >> SOURCE_PORT_SHIFT));
	return DOCA_SUCCESS;
}
