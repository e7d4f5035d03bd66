/* SPDX-License-Identifier: Apache-2.0 */
#include "ct_fixture.h"

#include <time.h>

struct doca_flow_ct_cfg *ct_cfg(void)
{
	struct doca_flow_ct_cfg *cfg;

	OK(doca_flow_ct_cfg_create(&cfg));
	OK(doca_flow_ct_cfg_set_connections(cfg, 3, 2, 0));
	OK(doca_flow_ct_cfg_set_queues(cfg, 2));
	OK(doca_flow_ct_cfg_set_queue_depth(cfg, CT_DEPTH));
	OK(doca_flow_ct_cfg_set_user_actions(cfg, 3));
	return cfg;
}

void ct_up(struct doca_flow_ct_cfg *cfg)
{
	struct doca_flow_cfg *nic = nic_cfg();

	memset(&heard, 0, sizeof(heard));
	OK(doca_flow_init(nic));
	OK(doca_flow_ct_init(cfg));
	OK(doca_flow_cfg_destroy(nic));
	OK(doca_flow_ct_cfg_destroy(cfg));
	ports_up();
}

void ct_down(void)
{
	ports_down();
	doca_flow_ct_destroy();
	doca_flow_destroy();
}

struct doca_flow_pipe *exit_pipe(uint16_t port)
{
	struct doca_flow_fwd fwd = port < PORTS ? fwd_port(port) : fwd_drop();
	struct doca_flow_pipe *pipe = pipe_up(pipe_cfg("exit", DOCA_FLOW_PIPE_BASIC, false), &fwd, NULL);

	OK(doca_flow_pipe_basic_add_entry(0, pipe, NULL, 0, NULL, NULL, NULL, 0, NULL, NULL));
	process();
	heard.added = 0;
	return pipe;
}

struct doca_flow_pipe *ct_pipe(struct doca_flow_actions *const *actions,
			       struct doca_flow_actions *const *masks, size_t nr_actions)
{
	const struct doca_flow_match match = { 0 };
	struct doca_flow_fwd fwd = fwd_pipe(exit_pipe(UPLINK)), miss = fwd_pipe(exit_pipe(PORTS)), on;
	struct doca_flow_pipe_cfg *cfg = pipe_cfg("ct", DOCA_FLOW_PIPE_CT, false);
	struct doca_flow_pipe *pipe;

	OK(doca_flow_pipe_cfg_set_match(cfg, &match, NULL));
	OK(doca_flow_pipe_cfg_set_miss_counter(cfg, true));
	if (nr_actions > 0)
		OK(doca_flow_pipe_cfg_set_actions(cfg, actions, masks, NULL, nr_actions));
	pipe = pipe_up(cfg, &fwd, &miss);
	on = fwd_pipe(pipe);
	cfg = pipe_cfg("root", DOCA_FLOW_PIPE_BASIC, true);
	OK(doca_flow_pipe_cfg_set_nr_entries(cfg, 0));
	pipe_up(cfg, NULL, &on);
	return pipe;
}

struct flow flow_to_server(bool is_ip6, uint8_t protocol, uint16_t number)
{
	struct flow flow = {
		.from = { .address = { IP(10, 0, 0, 9) }, .port = (uint16_t)(1000 + number) },
		.to = { .address = { IP(10, 0, 0, 1) }, .port = 80 },
		.is_ip6 = is_ip6,
		.protocol = protocol,
	};

	if (is_ip6) {
		flow.from.address[0] = flow.to.address[0] = 0xfd000000;
		flow.from.address[3] = 9;
		flow.to.address[3] = 1;
	}
	return flow;
}

struct flow flow_back(struct flow flow)
{
	struct end from = flow.from;

	flow.from = flow.to;
	flow.to = from;
	return flow;
}

static void put_address(doca_be32_t *to, const struct end *end)
{
	for (unsigned int i = 0; i < 4; i++)
		to[i] = htobe32(end->address[i]);
}

struct doca_flow_ct_match match_of(const struct flow *flow)
{
	const struct doca_flow_header_l4_port l4_port = { htobe16(flow->from.port), htobe16(flow->to.port) };
	struct doca_flow_ct_match match = { 0 };

	if (flow->is_ip6) {
		match.ipv6.l4_port = l4_port;
		put_address(match.ipv6.src_ip, &flow->from);
		put_address(match.ipv6.dst_ip, &flow->to);
		match.ipv6.next_proto = flow->protocol;
	} else {
		match.ipv4.l4_port = l4_port;
		match.ipv4.src_ip = htobe32(flow->from.address[0]);
		match.ipv4.dst_ip = htobe32(flow->to.address[0]);
		match.ipv4.next_proto = flow->protocol;
	}
	return match;
}

#define PAYLOAD 11u /* odd, so that sums have a last byte */

static uint32_t sum(const uint8_t *bytes, uint32_t length, uint32_t before)
{
	for (uint32_t at = 0; at < length; at++)
		before += at % 2 == 0 ? (uint32_t)bytes[at] << 8 : bytes[at];
	return before;
}

static uint16_t folded(uint32_t value)
{
	while (value >> 16 != 0)
		value = (value & 0xffff) + (value >> 16);
	return (uint16_t)value;
}

static void put16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static uint32_t l4_length(const struct flow *flow)
{
	return (flow->protocol == DOCA_FLOW_PROTO_TCP ? 20 : 8) + PAYLOAD;
}

/* Of pseudo header and segment: 0xffff when the checksum in it is right. */
static uint16_t transport_sum(const uint8_t *ip, const struct flow *flow)
{
	uint32_t addresses = flow->is_ip6 ? 32 : 8, header = flow->is_ip6 ? 40 : 20;
	uint32_t value = sum(ip + header - addresses, addresses, flow->protocol + l4_length(flow));

	return folded(sum(ip + header, l4_length(flow), value));
}

static void put_ip(uint8_t *ip, const struct flow *flow)
{
	doca_be32_t addresses[8];

	put_address(addresses, &flow->from);
	put_address(addresses + 4, &flow->to);
	if (flow->is_ip6) {
		ip[0] = 0x60;
		put16(ip + 4, (uint16_t)l4_length(flow));
		ip[6] = flow->protocol;
		ip[7] = 64;
		memcpy(ip + 8, addresses, sizeof(addresses));
		return;
	}
	ip[0] = 0x45;
	put16(ip + 2, (uint16_t)(20 + l4_length(flow)));
	ip[8] = 64;
	ip[9] = flow->protocol;
	memcpy(ip + 12, &addresses[0], 4);
	memcpy(ip + 16, &addresses[4], 4);
	put16(ip + 10, (uint16_t)~folded(sum(ip, 20, 0)));
}

struct frame frame_of(const struct flow *flow)
{
	static const uint8_t macs[12] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1 };
	uint32_t header = flow->is_ip6 ? 40 : 20;
	bool is_tcp = flow->protocol == DOCA_FLOW_PROTO_TCP;
	struct frame frame = { .length = 14 + header + l4_length(flow) };
	uint8_t *ip = frame.bytes + 14, *l4 = ip + header;

	memcpy(frame.bytes, macs, sizeof(macs));
	put16(frame.bytes + 12, flow->is_ip6 ? 0x86dd : 0x0800);
	put_ip(ip, flow);
	put16(l4, flow->from.port);
	put16(l4 + 2, flow->to.port);
	if (is_tcp) {
		l4[12] = 0x50;
		l4[13] = 0x10;
	} else {
		put16(l4 + 4, (uint16_t)l4_length(flow));
	}
	for (uint32_t at = 0; at < PAYLOAD; at++)
		l4[l4_length(flow) - PAYLOAD + at] = (uint8_t)(at + 1);
	put16(l4 + (is_tcp ? 16 : 6), (uint16_t)~transport_sum(ip, flow));
	return frame;
}

void check_frame_is(const struct frame *frame, const struct flow *flow)
{
	const struct frame expected = frame_of(flow);

	CHECK_EQUAL(frame->length, expected.length);
	/* The checksums, too: what they were computed from is the same. */
	CHECK_EQUAL(memcmp(frame->bytes, expected.bytes, expected.length), 0);
	CHECK_EQUAL(transport_sum(frame->bytes + 14, flow), 0xffff);
}

void expect_flow(struct flow flow, uint16_t port)
{
	expect(frame_of(&flow), port);
}

struct doca_flow_pipe_entry *prepare(struct doca_flow_pipe *pipe, uint32_t flags, const struct flow *flow)
{
	const struct flow back = flow_back(*flow);
	const struct doca_flow_ct_match origin = match_of(flow), reply = match_of(&back);
	struct doca_flow_pipe_entry *entry = NULL;
	bool found = true;

	OK(doca_flow_ct_entry_prepare(CT_QUEUE, pipe,
				      flags | FAMILY_FLAGS(flow->is_ip6) |
					      DOCA_FLOW_CT_ENTRY_FLAGS_ALLOC_ON_MISS,
				      &origin, 11, &reply, 22, &entry, &found));
	CHECK(!found);
	return entry;
}

struct doca_flow_pipe_entry *connect_flow(struct doca_flow_pipe *pipe, const struct flow *flow, uint32_t flags,
					  const struct doca_flow_ct_actions *actions_origin,
					  const struct doca_flow_ct_actions *actions_reply, uint32_t timeout_s)
{
	const struct flow back = flow_back(*flow);
	const struct doca_flow_ct_match origin = match_of(flow), reply = match_of(&back);
	struct doca_flow_pipe_entry *entry = prepare(pipe, 0, flow);
	unsigned int before = heard.added;

	OK(doca_flow_ct_add_entry(CT_QUEUE, pipe, flags | NOW | FAMILY_FLAGS(flow->is_ip6), &origin, &reply,
				  actions_origin, actions_reply, 0, 0, timeout_s, NULL, entry));
	ct_process();
	CHECK_EQUAL(heard.added, before + 1);
	return entry;
}

void ct_process(void)
{
	OK(doca_flow_ct_entries_process(ports[UPLINK], CT_QUEUE, 0, 0, NULL));
}

void sleep_ms(unsigned int ms)
{
	const struct timespec time = { .tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000 };

	nanosleep(&time, NULL);
}
