/* SPDX-License-Identifier: Apache-2.0 */
/* Frames as senders leave them to their device, cut: every header of every segment must be right. */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "../src/packet/bytes.h"
#include "../src/packet/packet.h"
#include "../src/port/segment.h"

#ifndef VIRTIO_NET_HDR_GSO_UDP_L4
#define VIRTIO_NET_HDR_GSO_UDP_L4 5
#endif

#define FRAME_BYTES 70000u

/* A frame that is put together from its front. */
struct build {
	uint8_t *bytes;
	uint32_t length;
	uint32_t l4; /* of the last transport header */
};

static uint8_t *put(struct build *build, uint32_t length)
{
	uint8_t *at = build->bytes + build->length;

	memset(at, 0, length);
	build->length += length;
	return at;
}

static void ethernet(struct build *build, uint16_t type, bool tagged)
{
	uint8_t *at = put(build, tagged ? 18 : 14);

	at[0] = 2;
	at[6] = 2;
	if (tagged) {
		put16(at + 12, 0x8100);
		put16(at + 14, 0x2005);
		at += 4;
	}
	put16(at + 12, type);
}

/* `behind`: bytes after the header. */
static void ip4(struct build *build, uint8_t protocol, uint32_t behind)
{
	uint8_t *at = put(build, 24);

	at[0] = 0x46; /* with options */
	put16(at + 2, (uint16_t)(behind + 24));
	put16(at + 4, 0xfffe);
	at[8] = 64;
	at[9] = protocol;
	put32(at + 12, 0x0a000001);
	put32(at + 16, 0x0a000002);
	at[20] = 1; /* no operation */
}

static void ip6(struct build *build, uint8_t protocol, uint32_t behind)
{
	uint8_t *at = put(build, 48);

	at[0] = 0x60;
	put16(at + 4, (uint16_t)(behind + 8));
	at[6] = 60; /* destination options, 8 bytes of padding */
	at[7] = 64;
	at[8] = 0xfd;
	at[23] = 1;
	at[24] = 0xfd;
	at[39] = 2;
	at[40] = protocol;
	at[42] = 1;
	at[43] = 4;
}

static void tcp(struct build *build, uint8_t flags)
{
	uint8_t *at = put(build, 32);

	build->l4 = build->length - 32;
	put16(at, 40000);
	put16(at + 2, 80);
	put32(at + 4, 0xfffffff0); /* wraps */
	at[12] = 0x80;
	at[13] = flags;
	memset(at + 20, 1, 12);
}

static void udp(struct build *build, uint16_t port, uint32_t behind, uint16_t check)
{
	uint8_t *at = put(build, 8);

	build->l4 = build->length - 8;
	put16(at, 40000);
	put16(at + 2, port);
	put16(at + 4, (uint16_t)(behind + 8));
	put16(at + 6, check);
}

static void payload(struct build *build, uint32_t length)
{
	uint8_t *at = put(build, length);

	for (uint32_t i = 0; i < length; i++)
		at[i] = (uint8_t)(i * 7 + i / 251);
}

struct expectation {
	uint32_t payload, size;
	uint8_t flags; /* TCP's as they were */
	uint8_t gso;
	bool inner, udp;
};

static void check_segment(const struct expectation *expected, uint8_t *frame, uint32_t length, uint32_t l4,
			  uint32_t index, uint32_t at)
{
	struct packet packet = { .data = frame, .length = length };
	const struct doca_flow_parser_meta *meta = &packet.view.parser_meta;
	uint32_t header = l4 + (expected->udp ? 8 : 32);
	bool last = length - header + at == expected->payload;

	packet_parse(&packet);
	CHECK(meta->outer_l3_ok && meta->outer_l4_ok);
	CHECK(meta->outer_l4_checksum_ok);
	CHECK(!(packet.layers & LAYER_IP4) || meta->outer_ip4_checksum_ok);
	if (expected->inner) {
		CHECK(meta->inner_l3_ok && meta->inner_l4_ok);
		CHECK(meta->inner_l4_checksum_ok);
		CHECK(!(packet.layers & INNER(LAYER_IP4)) || meta->inner_ip4_checksum_ok);
	}
	CHECK_EQUAL(expected->inner ? packet.inner.l4 : packet.outer.l4, l4);
	CHECK(last || length - header == expected->size);
	if (packet.layers & LAYER_IP4)
		CHECK_EQUAL(get16(frame + packet.outer.l3 + 4), (uint16_t)(0xfffe + index));
	if (!expected->udp) {
		uint8_t flags = expected->flags;

		if (!last)
			flags &= 0xf6;
		if (index > 0)
			flags &= 0x7f;
		CHECK_EQUAL(frame[l4 + 13], flags);
		CHECK_EQUAL(get32(frame + l4 + 4), 0xfffffff0u + at);
	}
}

static void check_cut(const struct build *build, const struct expectation *expected)
{
	struct virtio_net_hdr offload = {
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.gso_type = expected->gso,
		.gso_size = (uint16_t)expected->size,
		.csum_start = (uint16_t)build->l4,
		.csum_offset = expected->udp ? 6 : 16,
	};
	uint32_t header = build->l4 + (expected->udp ? 8 : 32), at = 0, index = 0, length;
	uint8_t *segment = malloc(build->length);
	struct segments segments;

	CHECK(segment != NULL);
	CHECK(segments_begin(&segments, build->bytes, build->length, &offload));
	while ((length = segments_next(&segments, segment)) > 0) {
		CHECK(length > header && length <= build->length);
		CHECK(memcmp(segment + header, build->bytes + header + at, length - header) == 0);
		check_segment(expected, segment, length, build->l4, index, at);
		at += length - header;
		index++;
	}
	CHECK_EQUAL(at, expected->payload);
	CHECK_EQUAL(index, (expected->payload + expected->size - 1) / expected->size);
	/* Without being told where the checksum is, all the same. */
	offload.flags = 0;
	CHECK(segments_begin(&segments, build->bytes, build->length, &offload));
	CHECK_EQUAL(segments.headers, header);
	free(segment);
}

static struct build start(void)
{
	struct build build = { .bytes = malloc(FRAME_BYTES) };

	CHECK(build.bytes != NULL);
	return build;
}

static void tcp_is_cut(void)
{
	static const uint32_t sizes[] = { 1, 1447, 1448, 1449, 2896, 14480, 64000 };

	for (unsigned int i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		for (unsigned int variant = 0; variant < 4; variant++) {
			struct build build = start();
			struct expectation expected = {
				.payload = sizes[i], .size = 1448, .flags = 0x99, /* CWR ACK PSH FIN */
				.gso = variant & 1 ? VIRTIO_NET_HDR_GSO_TCPV6 | VIRTIO_NET_HDR_GSO_ECN
						   : VIRTIO_NET_HDR_GSO_TCPV4,
			};

			ethernet(&build, variant & 1 ? 0x86dd : 0x0800, variant & 2);
			if (variant & 1)
				ip6(&build, IPPROTO_TCP, sizes[i] + 32);
			else
				ip4(&build, IPPROTO_TCP, sizes[i] + 32);
			tcp(&build, expected.flags);
			payload(&build, sizes[i]);
			check_cut(&build, &expected);
			free(build.bytes);
		}
	}
}

static void udp_is_cut(void)
{
	for (unsigned int six = 0; six < 2; six++) {
		struct build build = start();
		struct expectation expected = { .payload = 10500, .size = 1000, .udp = true,
						.gso = VIRTIO_NET_HDR_GSO_UDP_L4 };

		ethernet(&build, six ? 0x86dd : 0x0800, false);
		if (six)
			ip6(&build, IPPROTO_UDP, 10508);
		else
			ip4(&build, IPPROTO_UDP, 10508);
		udp(&build, 9, 10500, 0);
		payload(&build, 10500);
		check_cut(&build, &expected);
		free(build.bytes);
	}
}

static void a_tunnel_is_cut(void)
{
	for (unsigned int variant = 0; variant < 4; variant++) {
		uint32_t inside = 14 + 48 + 32 + 20000;
		struct build build = start();
		struct expectation expected = { .payload = 20000, .size = 1300, .flags = 0x18, .inner = true,
						.gso = VIRTIO_NET_HDR_GSO_TCPV6 };

		ethernet(&build, variant & 1 ? 0x86dd : 0x0800, false);
		if (variant & 1)
			ip6(&build, IPPROTO_UDP, inside + 16);
		else
			ip4(&build, IPPROTO_UDP, inside + 16);
		udp(&build, 4789, inside + 8, variant & 2 ? 0x1234 : 0);
		put32(put(&build, 8), 0x08000000);
		ethernet(&build, 0x86dd, false);
		ip6(&build, IPPROTO_TCP, 20032);
		tcp(&build, expected.flags);
		payload(&build, 20000);
		check_cut(&build, &expected);
		free(build.bytes);
	}
}

static void gre_with_a_checksum_is_cut(void)
{
	struct virtio_net_hdr offload = { .gso_type = VIRTIO_NET_HDR_GSO_TCPV4, .gso_size = 1000 };
	struct build build = start();
	uint8_t segment[2000], *gre;
	struct segments segments;
	uint32_t length;

	ethernet(&build, 0x0800, false);
	ip4(&build, IPPROTO_GRE, 8 + 24 + 32 + 5000);
	gre = put(&build, 8);
	put16(gre, 0x8000);
	put16(gre + 2, 0x0800);
	ip4(&build, IPPROTO_TCP, 32 + 5000);
	tcp(&build, 0x10);
	payload(&build, 5000);
	CHECK(segments_begin(&segments, build.bytes, build.length, &offload));
	while ((length = segments_next(&segments, segment)) > 0) {
		uint32_t sum = 0;

		for (uint32_t at = 38; at < length; at += 2)
			sum += (uint32_t)segment[at] << 8 | (at + 1 < length ? segment[at + 1] : 0);
		CHECK_EQUAL((sum + (sum >> 16)) & 0xffff, 0xffff);
	}
	free(build.bytes);
}

static void what_cannot_be_cut_is_refused(void)
{
	struct virtio_net_hdr offload = { .gso_type = VIRTIO_NET_HDR_GSO_TCPV4, .gso_size = 1000 };
	struct build build = start();
	struct segments segments;

	ethernet(&build, 0x0800, false);
	ip4(&build, IPPROTO_TCP, 32 + 3000);
	tcp(&build, 0x10);
	payload(&build, 3000);
	CHECK(segments_begin(&segments, build.bytes, build.length, &offload));
	for (uint32_t length = 0; length < 14 + 24 + 32; length++)
		CHECK(!segments_begin(&segments, build.bytes, length, &offload));
	offload.gso_type = VIRTIO_NET_HDR_GSO_UDP;
	CHECK(!segments_begin(&segments, build.bytes, build.length, &offload));
	offload.gso_type = VIRTIO_NET_HDR_GSO_UDP_L4;
	CHECK(!segments_begin(&segments, build.bytes, build.length, &offload));
	offload.gso_type = VIRTIO_NET_HDR_GSO_TCPV4;
	offload.gso_size = 0;
	CHECK(!segments_begin(&segments, build.bytes, build.length, &offload));
	offload.gso_size = 1000;
	offload.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	offload.csum_start = (uint16_t)build.l4 + 2;
	CHECK(!segments_begin(&segments, build.bytes, build.length, &offload));
	offload.csum_start = (uint16_t)build.l4;
	build.bytes[build.l4 + 12] = 0x40; /* a header of 16 bytes */
	CHECK(!segments_begin(&segments, build.bytes, build.length, &offload));
	free(build.bytes);
}

static void open_checksums_are_filled(void)
{
	struct virtio_net_hdr offload = { .csum_start = 14, .csum_offset = 6 };
	uint8_t udp_frame[14 + 12] = { 0 };
	/* CRC-32C of "123456789" is e3069283; SCTP's covers its own place as zeros. */
	uint8_t sctp_frame[14 + 32] = { 0 };
	static const uint8_t zeros_crc[4] = { 0xaa, 0x36, 0x91, 0x8a }; /* of 32 zeros: RFC 3720 B.4 */

	udp_frame[14] = 0xff;
	udp_frame[15] = 0xff;
	CHECK(checksum_complete(udp_frame, sizeof(udp_frame), &offload));
	CHECK_EQUAL(get16(udp_frame + 20), 0xffff); /* not 0, which would say that there is none */
	udp_frame[20] = 0;
	udp_frame[21] = 0;
	offload.csum_offset = 10;
	CHECK(checksum_complete(udp_frame, sizeof(udp_frame), &offload));
	CHECK_EQUAL(get16(udp_frame + 24), 0);
	offload.csum_offset = 11;
	CHECK(!checksum_complete(udp_frame, sizeof(udp_frame), &offload));
	offload.csum_offset = 8;
	memset(sctp_frame + 22, 0xa5, 4);
	CHECK(checksum_complete(sctp_frame, sizeof(sctp_frame), &offload));
	CHECK(memcmp(sctp_frame + 22, zeros_crc, 4) == 0);
	CHECK(!checksum_complete(sctp_frame, 14 + 11, &offload));
	offload.csum_start = 13;
	CHECK(!checksum_complete(sctp_frame, sizeof(sctp_frame), &offload));
}

/* Whoever sends to a tap device says what he likes, in the frame and about it. */
static void what_is_garbled_stays_in_bounds(void)
{
	uint32_t random = 1;
	struct build build = start();

	ethernet(&build, 0x0800, true);
	ip4(&build, IPPROTO_UDP, 8 + 8 + 14 + 48 + 32 + 900);
	udp(&build, 4789, 8 + 14 + 48 + 32 + 900, 1);
	put32(put(&build, 8), 0x08000000);
	ethernet(&build, 0x86dd, false);
	ip6(&build, IPPROTO_TCP, 32 + 900);
	tcp(&build, 0x10);
	payload(&build, 900);
	for (unsigned int round = 0; round < 100000; round++) {
		struct virtio_net_hdr offload = {
			.flags = round & 1, .gso_type = VIRTIO_NET_HDR_GSO_TCPV6, .gso_size = 100,
			.csum_start = (uint16_t)build.l4, .csum_offset = 16,
		};
		uint32_t length = build.length;
		struct segments segments;
		uint8_t *frame, *segment;

		random = random * 1664525 + 1013904223;
		if (random >> 30 == 0)
			length = (random >> 8) % (build.length + 1);
		/* Of their very sizes, for a sanitizer to see. */
		frame = malloc(length);
		segment = malloc(length);
		CHECK(length == 0 || (frame != NULL && segment != NULL));
		memcpy(frame, build.bytes, length);
		for (unsigned int i = 0; i < round % 4 && length > 0; i++) {
			random = random * 1664525 + 1013904223;
			frame[(random >> 8) % (length < 220 ? length : 220)] = (uint8_t)(random >> 24);
		}
		if (random >> 28 == 1)
			offload.csum_start = (uint16_t)random;
		if (random >> 28 == 2)
			offload.csum_offset = (uint16_t)random;
		if (random >> 28 == 3)
			offload.gso_type = VIRTIO_NET_HDR_GSO_UDP_L4;
		if (segments_begin(&segments, frame, length, &offload))
			while (segments_next(&segments, segment) > 0)
				;
		(void)checksum_complete(frame, length, &offload);
		free(frame);
		free(segment);
	}
	free(build.bytes);
}

int main(void)
{
	tcp_is_cut();
	udp_is_cut();
	a_tunnel_is_cut();
	gre_with_a_checksum_is_cut();
	what_cannot_be_cut_is_refused();
	open_checksums_are_filled();
	what_is_garbled_stays_in_bounds();
	return 0;
}
