/* SPDX-License-Identifier: Apache-2.0 */
/* Changing bytes of headers without making a checksum wrong that was right, or right that was wrong. */
#include "field.h"

#include "bytes.h"
#include "checksum.h"
#include "field_base.h"
#include "ip6_chain.h"
#include "stack.h"
#include "tunnel.h"

/* Where a change is, as far as checksums care. */
struct place {
	uint32_t at;
	const struct layout *stack; /* NULL: in the tunnel's header */
	uint32_t shift;             /* of the stack's bits in packet->layers */
	bool in_ip, in_transport;
	bool in_pseudo_header;
	bool in_envelope; /* in what the outer UDP or GRE header carries */
};

/* The checksum at `check`, over bytes from `from` on, as it is after a change that is yet to be made. */
static void correct(const struct packet *packet, uint32_t check, uint32_t from, uint32_t at,
		    const uint8_t *bytes, uint32_t length, bool is_udp, uint8_t corrected[2])
{
	uint16_t value = load16(packet->data + check);

	if (!is_udp || value != 0) {
		value = checksum_update(value, packet->data + at, bytes, length, (at - from) & 1);
		if (is_udp && value == 0)
			value = 0xffff; /* 0 says that there is none */
	}
	memcpy(corrected, &value, sizeof(value));
}

/* The bytes, and the checksum of the header that carries them in a tunnel. */
static void put(struct packet *packet, const struct place *place, uint32_t at, const uint8_t *bytes,
		uint32_t length)
{
	bool is_udp = (packet->layers & LAYER_UDP) != 0;
	uint8_t corrected[2];

	if (place->in_envelope && is_udp) {
		uint32_t check = packet->outer.l4 + 6u;

		correct(packet, check, packet->outer.l4, at, bytes, length, true, corrected);
		memcpy(packet->data + check, corrected, 2);
	} else if (place->in_envelope && (packet->layers & LAYER_GRE) &&
		   (get16(packet->data + packet->tunnel) & GRE_FLAG_CHECKSUM)) {
		uint32_t check = packet->tunnel + GRE_HEADER;

		correct(packet, check, packet->tunnel, at, bytes, length, false, corrected);
		memcpy(packet->data + check, corrected, 2);
	}
	memcpy(packet->data + at, bytes, length);
}

static void correct_transport(struct packet *packet, const struct place *place, const uint8_t *bytes,
			      uint32_t length)
{
	uint32_t layers = packet->layers >> place->shift;
	/* A pseudo header is even, wherever it is. */
	uint32_t l4 = place->stack->l4, from = place->in_pseudo_header ? place->at : l4;
	uint32_t check;
	uint8_t corrected[2];

	if (layers & LAYER_TCP)
		check = l4 + 16;
	else if (layers & LAYER_UDP)
		check = l4 + 6;
	else if ((layers & LAYER_ICMP6) || ((layers & LAYER_ICMP) && !place->in_pseudo_header))
		check = l4 + 2;
	else
		return;
	correct(packet, check, from, place->at, bytes, length, (layers & LAYER_UDP) != 0, corrected);
	put(packet, place, check, corrected, 2);
}

static void change(struct packet *packet, const struct place *place, const uint8_t *bytes,
		   uint32_t length)
{
	if (place->in_transport || place->in_pseudo_header)
		correct_transport(packet, place, bytes, length);
	if (place->in_ip && ((packet->layers >> place->shift) & LAYER_IP4)) {
		uint32_t l3 = place->stack->l3;
		uint8_t corrected[2];

		correct(packet, l3 + 10, l3, place->at, bytes, length, false, corrected);
		put(packet, place, l3 + 10, corrected, 2);
	}
	put(packet, place, place->at, bytes, length);
}

/* An address of the pseudo header? The destination of IPv6 is not while there is a route to go. */
static bool in_pseudo_header(const struct field *field, const struct packet *packet,
			     const struct place *place)
{
	struct ip6_chain chain;

	if ((packet->layers >> place->shift) & LAYER_IP4)
		return field->at >= 12;
	if (field->at < 8)
		return false;
	if (field->at == 8)
		return true;
	ip6_chain_read(packet->data, place->stack->l3, packet->length, &chain);
	return chain.destination == place->at;
}

static bool find_place(const struct field *field, const struct packet *packet, struct place *place)
{
	uint32_t tags = LAYER_VLAN0 | LAYER_VLAN1;
	uint8_t base = field->base;

	memset(place, 0, sizeof(*place));
	if (base >= BASE_TUNNEL) {
		place->at = packet->tunnel + (uint32_t)field->at;
		place->in_envelope = true;
		if (base == BASE_GRE_KEY)
			place->at += get16(packet->data + packet->tunnel) & GRE_FLAG_CHECKSUM ?
					     GRE_HEADER + 4 :
					     GRE_HEADER;
		/* GENEVE options and labels that it does not have. */
		return place->at + field->size <= packet->outer.end;
	}
	place->stack = &packet->outer;
	if (base >= BASE_INNER_ETH) {
		place->stack = &packet->inner;
		place->shift = 10;
		place->in_envelope = true;
		base -= BASE_INNER_ETH - BASE_ETH;
	}
	switch (base) {
	case BASE_ETH:
		place->at = place->stack->eth + (uint32_t)field->at;
		break;
	case BASE_ETH_TYPE:
		tags &= packet->layers >> place->shift;
		place->at = place->stack->eth + 12u;
		place->at += VLAN_TAG * (!!(tags & LAYER_VLAN0) + !!(tags & LAYER_VLAN1));
		break;
	case BASE_L3:
		place->at = place->stack->l3 + (uint32_t)field->at;
		place->in_ip = true;
		place->in_pseudo_header = in_pseudo_header(field, packet, place);
		break;
	case BASE_L4:
		place->at = place->stack->l4 + (uint32_t)field->at;
		place->in_transport = true;
		break;
	default:
		return false;
	}
	return true;
}

static bool is_tunnel_port(const uint8_t *at)
{
	switch (get16(at)) {
	case DOCA_FLOW_VXLAN_DEFAULT_PORT:
	case DOCA_FLOW_VXLAN_GPE_DEFAULT_PORT:
	case DOCA_FLOW_GENEVE_DEFAULT_PORT:
	case DOCA_FLOW_GTPU_DEFAULT_PORT:
	case DOCA_FLOW_MPLS_DEFAULT_PORT:
		return true;
	default:
		return false;
	}
}

/* Whether headers behind the field are others, or none, once it is `bytes`. */
static bool restructures(const struct field *field, const struct packet *packet,
			 const struct place *place, const uint8_t *bytes)
{
	switch (field->base) {
	case BASE_ETH_TYPE:
	case BASE_INNER_ETH_TYPE:
		return true;
	case BASE_L3:
	case BASE_INNER_L3:
		if ((packet->layers >> place->shift) & LAYER_IP4)
			return field->at == 6 || field->at == 9;
		return field->at == 6;
	case BASE_L4:
		return field->at == 2 && (packet->layers & LAYER_UDP) &&
		       (is_tunnel_port(packet->data + place->at) || is_tunnel_port(bytes));
	case BASE_TUNNEL:
		if (packet->layers & (LAYER_MPLS | LAYER_VXLAN_GPE))
			return true;
		return (packet->layers & (LAYER_GRE | LAYER_GENEVE)) && field->at == 2;
	default:
		return false;
	}
}

static bool is_first_of_ip6(const struct field *field)
{
	return (field->base == BASE_L3 || field->base == BASE_INNER_L3) && field->at == 0;
}

/* The bits of a field's byte that the frame has room for: some values are wider in the view. */
static uint8_t kept_bits(const struct field *field, uint32_t i)
{
	if (is_first_of_ip6(field) && field->size == 4) /* flow label */
		return i == 0 ? 0 : i == 1 ? 0x0f : 0xff;
	if (field->layers == LAYER_VXLAN && field->at == 3) /* VNI */
		return i == 0 ? 0 : 0xff;
	if (field->layers == LAYER_NVGRE && field->at == 0) /* virtual subnet */
		return i == 3 ? 0 : 0xff;
	return 0xff;
}

/* The traffic class straddles two bytes of the frame. */
static bool is_traffic_class(const struct field *field)
{
	return is_first_of_ip6(field) && field->size == 1;
}

void field_write(const struct field *field, struct packet *packet, const uint8_t *value,
		 const uint8_t *mask)
{
	uint8_t *view = (uint8_t *)&packet->view + field->offset;
	uint8_t bytes[FIELD_SIZE_MAX];
	uint32_t length = field->size;
	struct place place;
	bool parse;

	if (!field->writable || !field_present(field, packet))
		return;
	if (field->base == BASE_NONE) {
		for (uint32_t i = 0; i < length; i++)
			view[i] = (uint8_t)((view[i] & ~mask[i]) | (value[i] & mask[i]));
		return;
	}
	if (!find_place(field, packet, &place))
		return;
	if (is_traffic_class(field)) {
		uint16_t word = get16(packet->data + place.at);

		length = 2;
		word &= (uint16_t)~(mask[0] << 4);
		put16(bytes, (uint16_t)(word | (value[0] & mask[0]) << 4));
	} else {
		for (uint32_t i = 0; i < length; i++) {
			uint8_t old = packet->data[place.at + i];
			uint8_t bits = mask[i] & kept_bits(field, i);

			bytes[i] = (uint8_t)((old & ~bits) | (value[i] & bits));
		}
	}
	if (memcmp(packet->data + place.at, bytes, length) == 0)
		return;
	parse = restructures(field, packet, &place, bytes);
	change(packet, &place, bytes, length);
	if (parse) {
		packet_parse(packet);
		return;
	}
	for (uint32_t i = 0; i < field->size; i++) {
		uint8_t bits = mask[i] & kept_bits(field, i);

		view[i] = (uint8_t)((view[i] & ~bits) | (value[i] & bits));
	}
}
