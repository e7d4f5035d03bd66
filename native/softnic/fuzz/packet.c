/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer: arbitrary bytes as a frame, and operations on it that the input chooses. After each of them
 * what is known of the packet must be what a parser says who sees the frame for the first time: that is
 * also how checksums are checked, for a write must not change whether they are right.
 *
 * Input: a byte with the number of operations; 20 bytes for each of them, from which they take what they
 * need one after the other; the rest is the frame.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../src/packet/field.h"

#define OPERATIONS_MAX 8
#define OPERATION_BYTES 20

#define DEMAND(condition)                                                                          \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);    \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *data;
	size_t size;
};

static uint8_t take(struct input *input)
{
	if (input->size == 0)
		return 0;
	input->size--;
	return *input->data++;
}

static void take_bytes(struct input *input, void *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		((uint8_t *)bytes)[i] = take(input);
}

static void check_layout(const struct layout *layout, const struct packet *packet)
{
	if (layout->end == PACKET_ABSENT) {
		DEMAND(layout->eth == PACKET_ABSENT && layout->l3 == PACKET_ABSENT &&
		       layout->l4 == PACKET_ABSENT);
		return;
	}
	DEMAND(layout->end <= packet->length);
	DEMAND(layout->eth == PACKET_ABSENT || layout->eth + 14u <= layout->end);
	DEMAND(layout->l3 == PACKET_ABSENT || layout->l3 + 20u <= layout->end);
	DEMAND(layout->l4 == PACKET_ABSENT || layout->l4 + 8u <= layout->end);
}

/* A copy in memory of exactly its size, so that reading behind it is seen. */
static void check(const struct packet *packet)
{
	struct packet fresh;
	uint8_t *bytes = malloc(packet->length + (packet->length == 0));

	DEMAND(bytes != NULL);
	memcpy(bytes, packet->data, packet->length);
	memset(&fresh, 0, sizeof(fresh));
	fresh.data = bytes;
	fresh.length = packet->length;
	fresh.view.meta = packet->view.meta;
	packet_parse(&fresh);
	DEMAND(fresh.layers == packet->layers);
	DEMAND(fresh.tunnel == packet->tunnel);
	DEMAND(memcmp(&fresh.outer, &packet->outer, sizeof(fresh.outer)) == 0);
	DEMAND(memcmp(&fresh.inner, &packet->inner, sizeof(fresh.inner)) == 0);
	DEMAND(memcmp(&fresh.view, &packet->view, sizeof(fresh.view)) == 0);
	DEMAND(packet_flow_hash(&fresh) == packet_flow_hash(packet));
	check_layout(&packet->outer, packet);
	check_layout(&packet->inner, packet);
	free(bytes);
}

static void write_field(struct packet *packet, struct input *input)
{
	const struct field *field = &fields[take(input) % fields_count];
	uint8_t value[FIELD_SIZE_MAX], mask[FIELD_SIZE_MAX];
	uint8_t before[FIELD_SIZE_MAX];
	bool present = field_present(field, packet);

	take_bytes(input, value, field->size);
	memset(mask, take(input), sizeof(mask));
	memcpy(before, field_bytes(field, packet), field->size);
	field_write(field, packet, value, mask);
	if (!present || !field->writable)
		DEMAND(memcmp(before, field_bytes(field, packet), field->size) == 0);
}

static void read_encap(struct doca_flow_resource_encap_cfg *encap, struct input *input)
{
	struct doca_flow_header_format *outer = &encap->encap.outer;
	struct doca_flow_tun *tun = &encap->encap.tun;
	uint8_t choice = take(input);

	memset(encap, 0, sizeof(*encap));
	encap->is_l2 = choice & 1;
	outer->l3_type = choice & 2 ? DOCA_FLOW_L3_TYPE_IP6 : DOCA_FLOW_L3_TYPE_IP4;
	outer->l2_valid_headers = choice >> 2 & 3;
	outer->udp.l4_port.src_port = choice & 0x10 ? 0x1234 : 0;
	take_bytes(input, &outer->ip6, 8);
	tun->type = take(input) % 10;
	choice = take(input);
	switch (tun->type) {
	case DOCA_FLOW_TUN_VXLAN:
		tun->vxlan_type = choice % 3;
		take_bytes(input, &tun->vxlan_gpe_flags, 2);
		take_bytes(input, &tun->vxlan_tun_id, 4);
		tun->vxlan_tun_rsvd1 = take(input);
		break;
	case DOCA_FLOW_TUN_GRE:
		tun->gre_type = choice & 1;
		if (choice & 2)
			take_bytes(input, &tun->protocol, 2);
		if (tun->gre_type == DOCA_FLOW_TUN_EXT_GRE_NVGRE) {
			take_bytes(input, &tun->nvgre_vs_id, 4);
			tun->nvgre_flow_id = take(input);
		} else {
			tun->key_present = choice & 4;
			take_bytes(input, &tun->gre_key, 4);
		}
		break;
	case DOCA_FLOW_TUN_GTPU:
		take_bytes(input, &tun->gtp_teid, 4);
		tun->gtp_next_ext_hdr_type = choice & 1 ? 0x85 : choice;
		tun->gtp_ext_psc_qfi = take(input);
		break;
	case DOCA_FLOW_TUN_MPLS_O_UDP:
		take_bytes(input, tun->mpls, 4u * (choice % 6));
		break;
	case DOCA_FLOW_TUN_GENEVE:
		tun->geneve.ver_opt_len = choice;
		take_bytes(input, &tun->geneve.o_c, 1);
		if (choice & 0x80)
			take_bytes(input, &tun->geneve.next_proto, 2);
		take_bytes(input, tun->geneve_options, 8);
		break;
	default:
		break;
	}
}

/* In and out again: a frame in an Ethernet tunnel comes out as it went in. */
static void encap(struct packet *packet, struct input *input)
{
	struct doca_flow_resource_decap_cfg decap = { .is_l2 = true };
	struct doca_flow_resource_encap_cfg cfg;
	uint32_t length = packet->length;
	uint8_t *bytes = malloc(length + (length == 0));

	DEMAND(bytes != NULL);
	memcpy(bytes, packet->data, length);
	read_encap(&cfg, input);
	if (packet_encap(packet, &cfg, take(input) & 1) != DOCA_SUCCESS) {
		DEMAND(packet->length == length && memcmp(packet->data, bytes, length) == 0);
	} else {
		check(packet);
		DEMAND(packet->view.parser_meta.outer_l3_ok);
		DEMAND(cfg.encap.outer.l3_type == DOCA_FLOW_L3_TYPE_IP6 ||
		       packet->view.parser_meta.outer_ip4_checksum_ok);
		DEMAND(packet->view.tun.type == cfg.encap.tun.type);
		if (cfg.is_l2 && packet->inner.eth != PACKET_ABSENT && take(input) & 1) {
			DEMAND(packet_decap(packet, &decap) == DOCA_SUCCESS);
			DEMAND(packet->length == length && memcmp(packet->data, bytes, length) == 0);
		}
	}
	free(bytes);
}

static void decap(struct packet *packet, struct input *input)
{
	struct doca_flow_resource_decap_cfg cfg = { 0 };
	uint8_t choice = take(input);

	cfg.is_l2 = choice & 1;
	cfg.l2_valid_headers = choice >> 1 & 3;
	if (choice & 8)
		take_bytes(input, &cfg.eth.type, 2);
	packet_decap(packet, &cfg);
}

static void push(struct packet *packet, struct input *input)
{
	doca_be16_t type = 0, tci;

	if (take(input) & 1)
		take_bytes(input, &type, 2);
	take_bytes(input, &tci, 2);
	packet_push_vlan(packet, type, tci);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size }, operations;
	struct packet packet;
	uint8_t *memory;
	int count = take(&input) % (OPERATIONS_MAX + 1);

	operations = input;
	for (int i = 0; i < count * OPERATION_BYTES; i++)
		take(&input);
	operations.size -= input.size;
	if (input.size > PACKET_LENGTH_MAX)
		return 0;
	memory = malloc(PACKET_HEADROOM + input.size);
	DEMAND(memory != NULL);
	memset(&packet, 0, sizeof(packet));
	packet.data = memory + PACKET_HEADROOM;
	packet.headroom = PACKET_HEADROOM;
	packet.length = (uint32_t)input.size;
	memcpy(packet.data, input.data, input.size);
	packet_parse(&packet);
	check(&packet);
	for (int i = 0; i < count; i++) {
		switch (take(&operations) % 8) {
		case 0:
			encap(&packet, &operations);
			break;
		case 1:
			decap(&packet, &operations);
			break;
		case 2:
			push(&packet, &operations);
			break;
		case 3:
			packet_pop_vlan(&packet);
			break;
		default:
			write_field(&packet, &operations);
			break;
		}
		check(&packet);
		DEMAND(packet.data - packet.headroom == memory);
		DEMAND(packet.headroom + packet.length + packet.tailroom ==
		       PACKET_HEADROOM + input.size);
	}
	free(memory);
	return 0;
}
