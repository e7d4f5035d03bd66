/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fields of struct doca_flow_match: where each is, which headers a packet must have for it to
 * mean anything, and how the documentation calls it in descriptors ("outer.eth.src_mac",
 * "tunnel.vxlan.vni", "meta.data", "parser_meta.port_id"). Actions have the same header formats at
 * other places: copy them into a match (meta, parser_meta, outer, tun) and use these.
 */
#ifndef SOFTNIC_FIELD_H
#define SOFTNIC_FIELD_H

#include "packet.h"

struct field {
	const char *name;
	uint16_t offset; /* in struct doca_flow_match */
	uint16_t size;   /* bytes, ≤ FIELD_SIZE_MAX */
	/* Layers of which the packet must have at least one; 0: always there. */
	uint32_t layers;
	/* Index of this field's own selector test; see field_selected(). */
	uint16_t arm;
	/* May be written by an action: its bytes in the frame are found from the layouts, or it is meta. */
	bool writable;
	/* Where field_write finds it in the frame. */
	uint8_t base;
	uint16_t at;
};

#define FIELD_SIZE_MAX 16u

extern const struct field fields[];
extern const size_t fields_count;

/* Whether this match means the field: l3_type, l4_type_ext and tun.type of the stack select the arms
 * of their unions; fields outside unions are always meant. l4_type_ext TRANSPORT selects the ports of
 * TCP or UDP alike (field "….transport.src_port": layers TCP | UDP). */
bool field_selected(const struct field *field, const struct doca_flow_match *match);

/*
 * By its name in descriptors; NULL when there is none. bit offsets count from the least significant bit
 * of the field's big-endian value. "meta.data" is pkt_meta at bit 0 followed by u32[0] at 32, 64, …: the
 * fields behind it in the table are u32[0], u32[1], …, so bit b is bit b % 32 of field + b / 32.
 * "parser_meta.hash.result" is found, but is not in the table, for it is in no match: field_bytes gives
 * packet.hash.
 */
const struct field *field_find(const char *name);

/* The field's bytes in the view. */
static inline const uint8_t *field_bytes(const struct field *field, const struct packet *packet)
{
	return (const uint8_t *)&packet->view + field->offset;
}
static inline bool field_present(const struct field *field, const struct packet *packet)
{
	return field->layers == 0 || (packet->layers & field->layers) != 0;
}

/*
 * Writes the bits of `mask` (field->size bytes) in frame and view, and corrects the IPv4 and transport
 * checksums by RFC 1624 (a UDP checksum of 0 stays 0). A field that the packet lacks stays unwritten.
 */
void field_write(const struct field *field, struct packet *packet, const uint8_t *value,
		 const uint8_t *mask);

#endif
