/* SPDX-License-Identifier: Apache-2.0 */
#include "segment.h"

#include <netinet/in.h>
#include <string.h>

#include "../packet/bytes.h"
#include "../packet/checksum.h"
#include "../packet/ip6_chain.h"
#include "../packet/packet.h"

#ifndef VIRTIO_NET_HDR_GSO_UDP_L4 /* Linux 6.2 */
#define VIRTIO_NET_HDR_GSO_UDP_L4 5
#endif

#define ETHERNET_HEADER 14u
#define IP4_HEADER 20u
#define TCP_HEADER 20u
#define UDP_HEADER 8u
#define GRE_HEADER 4u
#define GRE_HAS_CHECKSUM 0x80

/* Headers without a tunnel are within so many bytes. */
#define HEADERS_MAX 512u

#define TCP_FIN 0x01
#define TCP_PSH 0x08
#define TCP_CWR 0x80

#define UDP_CHECKSUM 6u /* offsets of the fields in their headers */
#define SCTP_CHECKSUM 8u
#define TCP_CHECKSUM 16u

/* CRC-32C, bit by bit: SCTP is rare and its packets are short. */
static uint32_t crc32c(const uint8_t *bytes, uint32_t length)
{
	uint32_t crc = UINT32_MAX;

	while (length-- > 0) {
		crc ^= *bytes++;
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
	}
	return ~crc;
}

static void complete_sctp(uint8_t *header, uint32_t length)
{
	uint32_t crc;

	memset(header + SCTP_CHECKSUM, 0, sizeof(crc));
	crc = crc32c(header, length);
	for (unsigned int i = 0; i < sizeof(crc); i++) /* least significant byte first, RFC 9260 A */
		header[SCTP_CHECKSUM + i] = (uint8_t)(crc >> 8 * i);
}

static void store(uint8_t *field, uint16_t checksum)
{
	memcpy(field, &checksum, sizeof(checksum));
}

/* UDP: 0 says that there is none, so the other zero stands for it. */
static void store_udp(uint8_t *field, uint16_t checksum)
{
	store(field, checksum == 0 ? UINT16_MAX : checksum);
}

bool checksum_complete(uint8_t *frame, uint32_t length, const struct virtio_net_hdr *offload)
{
	uint32_t start = offload->csum_start, offset = offload->csum_offset;
	uint16_t checksum;

	if (start < ETHERNET_HEADER || start + offset + sizeof(checksum) > length)
		return false;
	/* No other protocol has its checksum there. */
	if (offset == SCTP_CHECKSUM) {
		if (start + SCTP_CHECKSUM + sizeof(uint32_t) > length)
			return false;
		complete_sctp(frame + start, length - start);
		return true;
	}
	/* The field holds the pseudo header's sum already. */
	checksum = (uint16_t)~checksum_fold(checksum_add(0, frame + start, length - start));
	if (offset == UDP_CHECKSUM)
		store_udp(frame + start + offset, checksum);
	else
		store(frame + start + offset, checksum);
	return true;
}

static void add_stack(struct segments *segments, const struct layout *layout)
{
	segments->stacks[segments->stack_count].l3 = layout->l3;
	segments->stacks[segments->stack_count].l4 = layout->l4;
	segments->stack_count++;
}

static bool is_ip6(const uint8_t *l3)
{
	return *l3 >> 4 == 6;
}

/* Finds the headers in the frame's first `length` bytes; l4 is where the transport header must be, 0:
 * anywhere. */
static bool lay_out(struct segments *segments, uint32_t length, uint32_t l4)
{
	/* The parser writes only into the packet, not through it. */
	struct packet packet = { .data = (uint8_t *)segments->frame, .length = length };
	uint32_t transport = segments->udp ? LAYER_UDP : LAYER_TCP;
	const struct layout *last = &packet.outer;

	segments->stack_count = 0;
	packet_parse(&packet);
	if (packet.layers & (INNER(LAYER_TCP) | INNER(LAYER_UDP)) &&
	    (l4 == 0 || packet.inner.l4 == l4)) {
		if (packet.outer.l3 == PACKET_ABSENT)
			return false;
		add_stack(segments, &packet.outer);
		last = &packet.inner;
		transport = INNER(transport);
		if (packet.layers & LAYER_GRE && segments->frame[packet.tunnel] & GRE_HAS_CHECKSUM)
			segments->gre = packet.tunnel;
	}
	add_stack(segments, last);
	return packet.layers & transport && last->l3 != PACKET_ABSENT && (l4 == 0 || last->l4 == l4);
}

/* The parser sums up all that it is shown. Where the kernel says that the headers end soon it is shown
 * just those, unless it then finds a tunnel missing, which it takes for one only when it is whole. */
static bool find_headers(struct segments *segments, const struct virtio_net_hdr *offload)
{
	uint32_t l4 = offload->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM ? offload->csum_start : 0;

	if (l4 != 0 && segments->length > HEADERS_MAX && lay_out(segments, HEADERS_MAX, l4))
		return true;
	return lay_out(segments, segments->length, l4);
}

bool segments_begin(struct segments *segments, const uint8_t *frame, uint32_t length,
		    const struct virtio_net_hdr *offload)
{
	uint32_t l4;

	memset(segments, 0, sizeof(*segments));
	segments->frame = frame;
	segments->length = length;
	segments->size = offload->gso_size;
	switch (offload->gso_type & ~VIRTIO_NET_HDR_GSO_ECN) {
	case VIRTIO_NET_HDR_GSO_TCPV4:
	case VIRTIO_NET_HDR_GSO_TCPV6:
		break;
	case VIRTIO_NET_HDR_GSO_UDP_L4:
		segments->udp = true;
		break;
	default:
		return false;
	}
	if (segments->size == 0 || !find_headers(segments, offload))
		return false;
	l4 = segments->stacks[segments->stack_count - 1].l4;
	if (segments->udp)
		segments->headers = l4 + UDP_HEADER;
	else
		segments->headers = l4 + (frame[l4 + 12] >> 4) * 4u;
	return segments->headers < length && segments->headers >= l4 + UDP_HEADER;
}

/* Of the transport's pseudo header (RFC 9293 §3.1, RFC 8200 §8.1). */
static uint64_t pseudo_header(const uint8_t *frame, uint32_t l3, uint32_t l4, uint32_t length,
			      uint8_t protocol)
{
	uint8_t tail[8] = { 0 };
	uint64_t sum;

	if (is_ip6(frame + l3)) {
		struct ip6_chain chain;

		ip6_chain_read(frame, l3, l4, &chain);
		sum = checksum_add(0, frame + l3 + 8, 16);
		sum = checksum_add(sum, frame + (chain.whole ? chain.destination : l3 + 24), 16);
	} else {
		sum = checksum_add(0, frame + l3 + 12, 8);
	}
	put32(tail, length);
	tail[7] = protocol;
	return checksum_add(sum, tail, sizeof(tail));
}

static uint16_t transport_checksum(const uint8_t *frame, uint32_t length, uint32_t l3, uint32_t l4,
				   uint8_t protocol)
{
	uint64_t sum = pseudo_header(frame, l3, l4, length - l4, protocol);

	return (uint16_t)~checksum_fold(checksum_add(sum, frame + l4, length - l4));
}

static void finish_ip(uint8_t *frame, uint32_t length, uint32_t l3, uint32_t index)
{
	uint8_t *ip = frame + l3;

	if (is_ip6(ip)) {
		put16(ip + 4, (uint16_t)(length - l3 - IP6_HEADER));
		return;
	}
	put16(ip + 2, (uint16_t)(length - l3));
	put16(ip + 4, (uint16_t)(get16(ip + 4) + index)); /* identification */
	store(ip + 10, 0);
	store(ip + 10, (uint16_t)~checksum_fold(checksum_add(0, ip, (*ip & 15) * 4u)));
}

static void finish_udp(uint8_t *frame, uint32_t length, uint32_t l3, uint32_t l4)
{
	put16(frame + l4 + 4, (uint16_t)(length - l4));
	store(frame + l4 + UDP_CHECKSUM, 0);
	store_udp(frame + l4 + UDP_CHECKSUM, transport_checksum(frame, length, l3, l4, IPPROTO_UDP));
}

static void finish_tcp(const struct segments *segments, uint8_t *frame, uint32_t length, uint32_t l3,
		       uint32_t l4, bool last)
{
	uint8_t *tcp = frame + l4;

	put32(tcp + 4, get32(tcp + 4) + segments->at); /* sequence number */
	if (!last)
		tcp[13] &= (uint8_t)~(TCP_FIN | TCP_PSH);
	if (segments->index > 0) /* said once is enough, RFC 3168 §6.1.2 */
		tcp[13] &= (uint8_t)~TCP_CWR;
	store(tcp + TCP_CHECKSUM, 0);
	store(tcp + TCP_CHECKSUM, transport_checksum(frame, length, l3, l4, IPPROTO_TCP));
}

/* The tunnel's headers, whose checksums cover all of the inside. */
static void finish_tunnel(const struct segments *segments, uint8_t *frame, uint32_t length)
{
	uint32_t l3 = segments->stacks[0].l3, l4 = segments->stacks[0].l4;

	if (segments->gre) {
		uint8_t *gre = frame + segments->gre;

		store(gre + GRE_HEADER, 0);
		store(gre + GRE_HEADER,
		      (uint16_t)~checksum_fold(checksum_add(0, gre, length - segments->gre)));
	}
	finish_ip(frame, length, l3, segments->index);
	if (l4 == PACKET_ABSENT) /* GRE and IP in IP have none */
		return;
	if (load16(frame + l4 + UDP_CHECKSUM) != 0)
		finish_udp(frame, length, l3, l4);
	else
		put16(frame + l4 + 4, (uint16_t)(length - l4));
}

uint32_t segments_next(struct segments *segments, uint8_t *to)
{
	uint32_t inside = segments->stack_count - 1;
	uint32_t l3 = segments->stacks[inside].l3, l4 = segments->stacks[inside].l4;
	uint32_t left = segments->length - segments->headers - segments->at;
	uint32_t payload = left < segments->size ? left : segments->size;
	uint32_t length = segments->headers + payload;

	if (left == 0)
		return 0;
	memcpy(to, segments->frame, segments->headers);
	memcpy(to + segments->headers, segments->frame + segments->headers + segments->at, payload);
	finish_ip(to, length, l3, segments->index);
	if (segments->udp)
		finish_udp(to, length, l3, l4);
	else
		finish_tcp(segments, to, length, l3, l4, payload == left);
	if (inside > 0)
		finish_tunnel(segments, to, length);
	segments->at += payload;
	segments->index++;
	return length;
}
