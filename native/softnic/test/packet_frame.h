/* SPDX-License-Identifier: Apache-2.0 */
/* Packets for tests: from hexadecimal, in memory of exactly their size, and compared. */
#ifndef TEST_PACKET_FRAME_H
#define TEST_PACKET_FRAME_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../test/check.h"
#include "../src/packet/field.h"
#include "packet_samples.h"

#define FRAME_MAX 2048u

static inline uint32_t hex_bytes(const char *hex, uint8_t bytes[static FRAME_MAX])
{
	uint32_t length = 0;

	for (; *hex; hex += 2) {
		unsigned int byte;

		while (*hex == ' ')
			hex++;
		CHECK(sscanf(hex, "%2x", &byte) == 1 && length < FRAME_MAX);
		bytes[length++] = (uint8_t)byte;
	}
	return length;
}

/* A parsed packet with headroom, and not a byte behind it: free with packet_drop. */
static inline void packet_make_with(struct packet *packet, const uint8_t *bytes, uint32_t length,
				    uint32_t headroom)
{
	uint8_t *memory = malloc(headroom + length + (headroom + length == 0));

	CHECK(memory != NULL);
	memset(packet, 0, sizeof(*packet));
	packet->data = memory + headroom;
	packet->headroom = headroom;
	packet->length = length;
	if (length > 0)
		memcpy(packet->data, bytes, length);
	packet_parse(packet);
}

static inline void packet_make(struct packet *packet, const char *hex)
{
	uint8_t bytes[FRAME_MAX];
	uint32_t length = hex_bytes(hex, bytes);

	packet_make_with(packet, bytes, length, PACKET_HEADROOM);
}

static inline void packet_drop(struct packet *packet)
{
	free(packet->data - packet->headroom);
	packet->data = NULL;
}

/* What is known of the packet is what its bytes say. */
static inline void check_true_to_frame(const struct packet *packet)
{
	struct packet fresh;

	packet_make_with(&fresh, packet->data, packet->length, 0);
	fresh.view.meta = packet->view.meta;
	fresh.view.parser_meta.port_id = packet->view.parser_meta.port_id;
	fresh.view.parser_meta.random = packet->view.parser_meta.random;
	fresh.view.parser_meta.meter_color = packet->view.parser_meta.meter_color;
	CHECK_EQUAL(packet->layers, fresh.layers);
	CHECK_EQUAL(packet->tunnel, fresh.tunnel);
	CHECK(memcmp(&packet->outer, &fresh.outer, sizeof(fresh.outer)) == 0);
	CHECK(memcmp(&packet->inner, &fresh.inner, sizeof(fresh.inner)) == 0);
	CHECK(memcmp(&packet->view, &fresh.view, sizeof(fresh.view)) == 0);
	packet_drop(&fresh);
}

static inline void check_frame(const struct packet *packet, const char *hex)
{
	uint8_t bytes[FRAME_MAX];
	uint32_t length = hex_bytes(hex, bytes);

	if (packet->length != length || memcmp(packet->data, bytes, length) != 0) {
		for (uint32_t i = 0; i < packet->length; i++)
			fprintf(stderr, "%02x", packet->data[i]);
		fprintf(stderr, "\nis not\n%s\n", hex);
		exit(1);
	}
	check_true_to_frame(packet);
}

#endif
