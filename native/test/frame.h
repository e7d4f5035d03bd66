/* SPDX-License-Identifier: Apache-2.0 */
/* Frames of the hosts of neighbourhood.h, byte by byte. */
#ifndef TEST_FRAME_H
#define TEST_FRAME_H

#include "neighbourhood.h"

#define FRAME_ROOM 512u

struct frame {
	uint32_t length;
	uint8_t bytes[FRAME_ROOM];
};

static inline void append(struct frame *frame, const void *bytes, uint32_t length)
{
	CHECK(frame->length + length <= FRAME_ROOM);
	memcpy(frame->bytes + frame->length, bytes, length);
	frame->length += length;
}

static inline void append16(struct frame *frame, uint16_t value)
{
	const uint8_t bytes[2] = { (uint8_t)(value >> 8), (uint8_t)value };

	append(frame, bytes, sizeof(bytes));
}

static inline struct frame ethernet(uint8_t from, uint8_t to, uint16_t type)
{
	struct frame frame = { 0 };

	mac_of(to, frame.bytes);
	mac_of(from, frame.bytes + 6);
	frame.length = 12;
	append16(&frame, type);
	return frame;
}

static inline void append_ipv4(struct frame *frame, uint32_t from, uint32_t to, uint8_t protocol,
			       uint16_t fragment, uint16_t payload)
{
	uint8_t header[20] = { 0x45, [8] = 64, [9] = protocol };
	uint16_t total = (uint16_t)(sizeof(header) + payload);

	header[2] = (uint8_t)(total >> 8);
	header[3] = (uint8_t)total;
	header[5] = 77; /* identification */
	header[6] = (uint8_t)(fragment >> 8);
	header[7] = (uint8_t)fragment;
	memcpy(header + 12, &from, 4);
	memcpy(header + 16, &to, 4);
	append(frame, header, sizeof(header));
}

#define SYN 0x02
#define ACK 0x10
#define FIN 0x01

static inline void append_tcp(struct frame *frame, uint16_t source, uint16_t destination,
			      uint8_t flags)
{
	const uint8_t rest[16] = { [8] = 0x50, [9] = flags };

	append16(frame, source);
	append16(frame, destination);
	append(frame, rest, sizeof(rest));
}

static inline struct frame tcp(uint8_t from, uint8_t to, uint16_t source, uint16_t destination,
			       uint8_t flags)
{
	struct frame frame = ethernet(from, to, 0x0800);

	append_ipv4(&frame, ipv4_of(from), ipv4_of(to), 6, 0, 20);
	append_tcp(&frame, source, destination, flags);
	return frame;
}

static inline struct frame tcp6(uint8_t from, uint8_t to, uint16_t source, uint16_t destination,
				uint8_t flags)
{
	const uint8_t header[8] = { 0x60, [5] = 20, [6] = 6, [7] = 64 };
	const union hyp_address addresses[2] = { address6(from), address6(to) };
	struct frame frame = ethernet(from, to, 0x86dd);

	append(&frame, header, sizeof(header));
	append(&frame, addresses, sizeof(addresses));
	append_tcp(&frame, source, destination, flags);
	return frame;
}

/* `fragment`: flags and offset, as on the wire. A later one has payload where ports were. */
static inline struct frame udp(uint8_t from, uint8_t to, uint16_t source, uint16_t destination,
			       uint16_t fragment)
{
	struct frame frame = ethernet(from, to, 0x0800);

	append_ipv4(&frame, ipv4_of(from), ipv4_of(to), 17, fragment, 8);
	append16(&frame, source);
	append16(&frame, destination);
	append16(&frame, 8);
	append16(&frame, 0);
	return frame;
}

static inline struct frame arp(uint8_t from, uint8_t wanted)
{
	const uint8_t start[8] = { 0, 1, 8, 0, 6, 4, 0, 1 };
	const uint8_t nobody[6] = { 0 };
	uint32_t sender = ipv4_of(from), target = ipv4_of(wanted);
	struct frame frame = ethernet(from, 0, 0x0806);

	memset(frame.bytes, 0xff, 6);
	append(&frame, start, sizeof(start));
	append(&frame, frame.bytes + 6, 6);
	append(&frame, &sender, 4);
	append(&frame, nobody, 6);
	append(&frame, &target, 4);
	return frame;
}

/* `from` tells the sender of `quoted`, a frame over IPv4, that its port cannot be reached. */
static inline struct frame port_unreachable(uint8_t from, uint8_t to, const struct frame *quoted)
{
	const uint8_t header[8] = { 3, 3 };
	struct frame frame = ethernet(from, to, 0x0800);

	append_ipv4(&frame, ipv4_of(from), ipv4_of(to), 1, 0, 8 + 28);
	append(&frame, header, sizeof(header));
	append(&frame, quoted->bytes + 14, 28);
	return frame;
}

/* VXLAN around it, from one underlay address to another. */
static inline struct frame tunnelled(uint8_t from, uint8_t to, uint8_t flags, uint32_t vni,
				     const struct frame *inner)
{
	const uint8_t header[8] = { flags, 0, 0, 0, (uint8_t)(vni >> 16), (uint8_t)(vni >> 8),
				    (uint8_t)vni, 0 };
	uint16_t payload = (uint16_t)(inner->length + 16);
	struct frame frame = ethernet(from, to, 0x0800);

	append_ipv4(&frame, underlay_of(from), underlay_of(to), 17, 0, payload);
	append16(&frame, 50000);
	append16(&frame, 4789);
	append16(&frame, payload);
	append16(&frame, 0);
	append(&frame, header, sizeof(header));
	append(&frame, inner->bytes, inner->length);
	return frame;
}

#endif
