/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes in front of a frame and behind it. Whoever moves its ends parses it again. */
#ifndef SOFTNIC_ROOM_H
#define SOFTNIC_ROOM_H

#include "packet.h"

static inline void room_take_front(struct packet *packet, uint32_t bytes)
{
	packet->data += bytes;
	packet->headroom += bytes;
	packet->length -= bytes;
}

/* Does the frame with `bytes` more in front of it fit, once `taken` are off it? */
static inline bool room_fits_front(const struct packet *packet, uint32_t bytes, uint32_t taken)
{
	return packet->headroom + taken >= bytes &&
	       packet->length - taken + bytes <= PACKET_LENGTH_MAX;
}

static inline void room_give_front(struct packet *packet, uint32_t bytes)
{
	packet->data -= bytes;
	packet->headroom -= bytes;
	packet->length += bytes;
}

/* The frame ends at `length`, unless it is shorter anyway. */
static inline void room_end_at(struct packet *packet, uint32_t length)
{
	if (packet->length > length) {
		packet->tailroom += packet->length - length;
		packet->length = length;
	}
}

#endif
