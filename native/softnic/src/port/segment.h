/* SPDX-License-Identifier: Apache-2.0 */
/* What a sender leaves to its device: open checksums, and TCP and UDP cut to segments of MTU size. */
#ifndef SOFTNIC_SEGMENT_H
#define SOFTNIC_SEGMENT_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/virtio_net.h>

/* Fills the checksum that `offload` says is open. false: it is none that can be. */
bool checksum_complete(uint8_t *frame, uint32_t length, const struct virtio_net_hdr *offload);

/* A frame that is being cut. Only read, and by nobody else until the last segment is taken. */
struct segments {
	const uint8_t *frame;
	uint32_t length;
	uint32_t headers; /* bytes of headers in front of each segment */
	uint32_t size;    /* payload of each but the last */
	uint32_t at;      /* payload that is cut off already */
	uint32_t index;   /* of the next */
	bool udp;
	uint16_t gre; /* offset of a GRE header with a checksum; 0: none */
	/* Network and transport headers: of the tunnel, if there is one, then of what is cut. */
	struct {
		uint16_t l3, l4;
	} stacks[2];
	uint32_t stack_count;
};

/* false: not a frame that can be cut. */
bool segments_begin(struct segments *segments, const uint8_t *frame, uint32_t length,
		    const struct virtio_net_hdr *offload);
/* Writes the next segment, which is not longer than the frame, and returns its length; 0: it was the
 * last before. */
uint32_t segments_next(struct segments *segments, uint8_t *to);

#endif
