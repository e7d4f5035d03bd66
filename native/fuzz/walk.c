/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arbitrary frames through the walk in user space, over the tables of neighbourhood.h.
 *
 * An input is a series of steps: what to do (1 byte), with which frame (1), a seed of its fields (1),
 * how many bytes of it to change (1), and for each where (2) and to what (1).
 */
#include <stddef.h>

#include "../src/backend/doca/walk.h"
#include "../test/frame.h"

#define CHANGES_MAX 32u
#define STEPS_MAX 64

struct input {
	const uint8_t *bytes;
	size_t left;
};

static uint8_t take(struct input *input)
{
	if (input->left == 0)
		return 0;
	input->left--;
	return *input->bytes++;
}

/* What a walk hands out must be whole: touches every byte of it. */
static void read_frame(const uint8_t *frame, uint32_t length)
{
	static volatile uint8_t sum;

	for (uint32_t i = 0; i < length; i++)
		sum = (uint8_t)(sum + frame[i]);
}

static void to_port(void *context, uint32_t port, const uint8_t *frame, uint32_t length)
{
	CHECK(port >= 11 && port <= 15);
	++*(int *)context;
	read_frame(frame, length);
}

static void to_tunnel(void *context, uint32_t vtep, uint32_t network, const uint8_t *frame,
		      uint32_t length)
{
	CHECK(vtep == VTEP && (network == NETWORK || network == MULTICAST_NETWORK));
	++*(int *)context;
	read_frame(frame, length);
}

static uint64_t clock_ms;

static uint64_t milliseconds(void *context)
{
	(void)context;
	return clock_ms;
}

static struct frame solicitation(uint8_t from, uint8_t wanted)
{
	const uint8_t header[8] = { 0x60, [5] = 32, [6] = 58, [7] = 255 };
	const uint8_t message[8] = { 135 }, option[2] = { 1, 1 };
	const union hyp_address addresses[3] = { address6(from), address6(wanted), address6(wanted) };
	struct frame frame = ethernet(from, wanted, 0x86dd);

	append(&frame, header, sizeof(header));
	append(&frame, addresses, 32);
	append(&frame, message, sizeof(message));
	append(&frame, &addresses[2], 16);
	append(&frame, option, sizeof(option));
	append(&frame, frame.bytes + 6, 6);
	return frame;
}

static struct frame extended(uint8_t from, uint8_t to)
{
	const uint8_t header[8] = { 0x60, [5] = 36, [7] = 64 };
	const union hyp_address addresses[2] = { address6(from), address6(to) };
	const uint8_t extensions[16] = { 44, 0, [8] = 6, [11] = 1 };
	struct frame frame = ethernet(from, to, 0x86dd);

	append(&frame, header, sizeof(header));
	append(&frame, addresses, sizeof(addresses));
	append(&frame, extensions, sizeof(extensions));
	append_tcp(&frame, 40000, 80, SYN);
	return frame;
}

static struct frame frame_of(uint8_t kind, uint8_t seed)
{
	static const uint8_t hosts[8] = { 1, 2, 9, 3, 4, 5, 9, 77 };
	uint8_t from = hosts[seed & 7], to = hosts[seed >> 3 & 7];
	uint16_t port = seed & 0x40 ? 80 : 5000;
	struct frame quoted;

	switch (kind % 10) {
	case 0:
		return tcp(from, to, 40000, port, SYN);
	case 1:
		return tcp(from, to, port, 40000, SYN | ACK);
	case 2:
		return tcp6(from, to, 40000, port, seed & 0x80 ? ACK : SYN);
	case 3:
		return udp(from, to, 5000, port, 0);
	case 4:
		return udp(from, to, 5000, port, 0x2000);
	case 5:
		return udp(from, to, 5000, port, 0x0010);
	case 6:
		return arp(from, to);
	case 7:
		return solicitation(from, to);
	case 8:
		return extended(from, to);
	default:
		quoted = udp(to, from, 5000, port, 0);
		return port_unreachable(from, to, &quoted);
	}
}

static void check_verdict(struct doca_tables *tables, const struct walk_verdict *verdict, int sent)
{
	CHECK_EQUAL(verdict->what == WALK_DROPPED, verdict->reason != HYP_REASON_NONE);
	CHECK(verdict->reason < HYP_REASON_COUNT);
	CHECK(verdict->sender < HYP_ENDPOINTS_MAX && verdict->receiver < HYP_ENDPOINTS_MAX);
	CHECK(verdict->vtep < HYP_VTEPS_MAX && verdict->culprit < HYP_ENDPOINTS_MAX);
	if (verdict->what == WALK_DROPPED || verdict->what == WALK_FOREIGN ||
	    verdict->what == WALK_PASSED)
		CHECK_EQUAL(sent, 0);
	if (verdict->what == WALK_ANSWERED)
		CHECK_EQUAL(sent, 1);
	if (verdict->connection) {
		CHECK_EQUAL(verdict->what, WALK_DELIVERED);
		CHECK_EQUAL(sent, 1);
		CHECK(doca_tables_connection(tables, &verdict->key) == verdict->connection);
		CHECK(doca_tables_connection_current(tables, &verdict->key, verdict->connection));
	}
	if (verdict->offloadable)
		CHECK(verdict->connection != NULL);
}

/* The frame in memory of just its size, or of the least that a port's frame has. */
static void walk(struct doca_tables *tables, uint8_t what, const struct frame *frame)
{
	int sent = 0;
	const struct walk_outlet outlet = { .port = to_port, .tunnel = to_tunnel, .context = &sent };
	uint32_t capacity = frame->length;
	struct walk_verdict verdict = { 0 };
	uint8_t *bytes;

	if (what % 5 < 2 && capacity < WALK_CAPACITY_MIN)
		capacity = WALK_CAPACITY_MIN;
	bytes = malloc(capacity + !capacity);
	CHECK(bytes);
	memcpy(bytes, frame->bytes, frame->length);
	switch (what % 5) {
	case 0:
	case 1:
		walk_from_port(tables, 10u + (what >> 3) % 6, bytes, frame->length, capacity, &outlet,
			       &verdict);
		break;
	case 2:
		walk_from_tunnel(tables, 7u + (what >> 3) % 3, (what >> 5) % 4, bytes, frame->length,
				 &outlet, &verdict);
		break;
	case 3:
		walk_gateway(tables, 20u + (what >> 4) % 4, what & 8 ? HYP_INGRESS : HYP_EGRESS, bytes,
			     frame->length, &verdict);
		break;
	default:
		walk_from_wire(tables, bytes, frame->length, &outlet, &verdict);
		break;
	}
	check_verdict(tables, &verdict, sent);
	free(bytes);
}

static void change_outside(struct doca_tables *tables, uint8_t how)
{
	const struct hyp_port_key port = { .port = 21 };
	const struct hyp_port_value way = { .endpoint = 1u + how % 5, .kind = HYP_PORT_GATEWAY };

	if (how & 1)
		put(tables, HYP_TABLE_PORT, &port, &way);
	else
		put_prefix(tables, how & 2 ? address6(77) : address4(77), how & 4 ? 120 : 128, how);
}

static void step(struct doca_tables *tables, struct input *input)
{
	uint8_t what = take(input), kind = take(input), seed = take(input), changes = take(input);
	struct frame frame = frame_of(kind, seed);

	/* From the wire mostly in a tunnel. */
	if (what % 5 == 4 && kind < 240) {
		struct frame inner = frame;

		frame = tunnelled(what & 8 ? 7 : 8, 1, 8, what & 16 ? 200 : 100, &inner);
	}
	if (changes & 0x80) /* cut */
		frame.length = frame.length * take(input) / 256;
	if (changes & 0x40)
		clock_ms += (uint64_t)take(input) * 1000;
	if (changes & 0x20)
		put_remote(tables, NETWORK, 103u + take(input) % 2, VTEP);
	if (changes % 3 == 0) /* who is outside, and whose the way out is */
		change_outside(tables, take(input));
	for (uint32_t i = 0; i < changes % CHANGES_MAX && frame.length > 0; i++) {
		uint32_t at = (uint32_t)take(input) << 8 | take(input);

		frame.bytes[at % frame.length] = take(input);
	}
	walk(tables, what, &frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct doca_tables_options options = { .connections_max = 2,
						     .milliseconds = milliseconds };
	struct input input = { .bytes = data, .left = size };
	struct doca_tables *tables;

	clock_ms = 1;
	CHECK_EQUAL(doca_tables_new(&options, &tables), 0);
	put_neighbourhood(tables);
	for (int i = 0; i < STEPS_MAX && input.left > 0; i++)
		step(tables, &input);
	doca_tables_free(tables);
	return 0;
}
