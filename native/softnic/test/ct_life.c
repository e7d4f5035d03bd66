/* SPDX-License-Identifier: Apache-2.0 */
/* How connections come and go: order of calls, limits, filters, queues, updates, faults. */
#include "ct_fixture.h"

static const uint32_t alloc = DOCA_FLOW_CT_ENTRY_FLAGS_ALLOC_ON_MISS;
static const uint32_t filters = DOCA_FLOW_CT_ENTRY_FLAGS_DUP_FILTER_ORIGIN |
				DOCA_FLOW_CT_ENTRY_FLAGS_DUP_FILTER_REPLY;

static struct flow udp(uint16_t number)
{
	return flow_to_server(false, DOCA_FLOW_PROTO_UDP, number);
}

/* ---- Set-up. */

static void calls_have_an_order(void)
{
	const struct doca_flow_fwd fwd = fwd_drop();
	struct doca_flow_ct_cfg *cfg = ct_cfg();
	struct doca_flow_cfg *nic = nic_cfg();
	uint32_t handles[2];

	CHECK_EQUAL(doca_flow_ct_init(cfg), DOCA_ERROR_BAD_STATE);
	CHECK_EQUAL(doca_flow_ct_init(NULL), DOCA_ERROR_INVALID_VALUE);
	doca_flow_ct_destroy();
	OK(doca_flow_init(nic));
	ports_up();
	CHECK_EQUAL(doca_flow_ct_init(cfg), DOCA_ERROR_BAD_STATE);
	CHECK_EQUAL(doca_flow_ct_fwd_register(ports[UPLINK], 1, &fwd, handles), DOCA_ERROR_BAD_STATE);
	ports_down();
	OK(doca_flow_ct_init(cfg));
	CHECK_EQUAL(doca_flow_ct_init(cfg), DOCA_ERROR_ALREADY_EXIST);
	ports_up();
	doca_flow_ct_destroy(); /* too early: it goes with the library */
	ct_pipe(NULL, NULL, 0);
	ports_down();
	doca_flow_destroy();
	OK(doca_flow_cfg_destroy(nic));
	OK(doca_flow_ct_cfg_destroy(cfg));
}

static void configurations_are_checked(void)
{
	struct doca_flow_ct_cfg *cfg;

	CHECK_EQUAL(doca_flow_ct_cfg_create(NULL), DOCA_ERROR_INVALID_VALUE);
	CHECK_EQUAL(doca_flow_ct_cfg_destroy(NULL), DOCA_ERROR_INVALID_VALUE);
	OK(doca_flow_ct_cfg_create(&cfg));
	CHECK_EQUAL(doca_flow_ct_cfg_set_flags(cfg, 1u << 7), DOCA_ERROR_INVALID_VALUE);
	CHECK_EQUAL(doca_flow_ct_cfg_set_queues(cfg, 0), DOCA_ERROR_INVALID_VALUE);
	CHECK_EQUAL(doca_flow_ct_cfg_set_queue_depth(cfg, 0), DOCA_ERROR_INVALID_VALUE);
	CHECK_EQUAL(doca_flow_ct_cfg_set_direction(cfg, false, false, NULL, NULL), DOCA_ERROR_INVALID_VALUE);
	CHECK_EQUAL(doca_flow_ct_cfg_set_aging_plugin_ops(cfg, (void *)cfg), DOCA_ERROR_NOT_SUPPORTED);
	OK(doca_flow_ct_cfg_set_aging_plugin_ops(cfg, NULL));
	OK(doca_flow_ct_cfg_set_entry_finalize_cb(cfg, NULL));
	OK(doca_flow_ct_cfg_set_status_update_cb(cfg, NULL));
	OK(doca_flow_ct_cfg_set_ctrl_queues(cfg, 1));
	OK(doca_flow_ct_cfg_set_aging_core(cfg, 1));
	OK(doca_flow_ct_cfg_set_dup_filter_size(cfg, 512));
	OK(doca_flow_ct_cfg_set_counter_asymmetric(cfg, 0));
	OK(doca_flow_ct_cfg_set_max_connections_per_zone(cfg, 8192));
	OK(doca_flow_ct_cfg_destroy(cfg));
	CHECK_EQUAL(doca_flow_ct_cap_is_dev_supported(NULL), DOCA_ERROR_INVALID_VALUE);
	OK(doca_flow_ct_cap_is_dev_supported(doca_dev_as_devinfo(device)));
}

static doca_error_t try_pipe(struct doca_flow_pipe_cfg *cfg, const struct doca_flow_fwd *fwd,
			     const struct doca_flow_fwd *miss)
{
	struct doca_flow_pipe *pipe;
	doca_error_t result = doca_flow_pipe_create(cfg, fwd, miss, &pipe);

	OK(doca_flow_pipe_cfg_destroy(cfg));
	return result;
}

/* A CT pipe is no root, matches nothing of its own, and leads to pipes. */
static void pipes_are_checked(void)
{
	struct doca_flow_match match = { .outer = { .l3_type = DOCA_FLOW_L3_TYPE_IP4, .ip4.dst_ip = UINT32_MAX } };
	struct doca_flow_monitor monitor = { .counter_type = DOCA_FLOW_RESOURCE_TYPE_NON_SHARED };
	struct doca_flow_fwd port = fwd_port(UPLINK), drop = fwd_drop(), on;
	struct doca_flow_pipe_cfg *cfg;

	nic_up();
	on = fwd_pipe(exit_pipe(UPLINK));
	CHECK_EQUAL(try_pipe(pipe_cfg("ct", DOCA_FLOW_PIPE_CT, false), &on, &on), DOCA_ERROR_NOT_SUPPORTED);
	nic_down();
	ct_up(ct_cfg());
	on = fwd_pipe(exit_pipe(UPLINK));
	CHECK_EQUAL(try_pipe(pipe_cfg("ct", DOCA_FLOW_PIPE_CT, true), &on, &on), DOCA_ERROR_INVALID_VALUE);
	CHECK_EQUAL(try_pipe(pipe_cfg("ct", DOCA_FLOW_PIPE_CT, false), &port, &on), DOCA_ERROR_NOT_SUPPORTED);
	CHECK_EQUAL(try_pipe(pipe_cfg("ct", DOCA_FLOW_PIPE_CT, false), &on, &drop), DOCA_ERROR_NOT_SUPPORTED);
	cfg = pipe_cfg("ct", DOCA_FLOW_PIPE_CT, false);
	OK(doca_flow_pipe_cfg_set_match(cfg, &match, NULL));
	CHECK_EQUAL(try_pipe(cfg, &on, &on), DOCA_ERROR_NOT_SUPPORTED);
	cfg = pipe_cfg("ct", DOCA_FLOW_PIPE_CT, false);
	OK(doca_flow_pipe_cfg_set_monitor(cfg, &monitor));
	CHECK_EQUAL(try_pipe(cfg, &on, &on), DOCA_ERROR_NOT_SUPPORTED);
	OK(try_pipe(pipe_cfg("ct", DOCA_FLOW_PIPE_CT, false), &on, NULL));
	ct_down();
}

/* What connections are not made, changed or removed by, and queues that are not theirs. */
static void calls_are_checked(void)
{
	const struct flow flow = udp(0);
	const struct doca_flow_ct_match match = match_of(&flow);
	struct doca_flow_ct_match icmp = match;
	struct doca_flow_pipe_entry *entry, *other;
	struct doca_flow_pipe *pipe, *basic;

	ct_up(ct_cfg());
	pipe = ct_pipe(NULL, NULL, 0);
	basic = exit_pipe(UPLINK);
	for (uint16_t queue = 0; queue < 6; queue++) {
		bool is_theirs = queue == CT_QUEUE || queue == CT_QUEUE + 1;

		CHECK_EQUAL(doca_flow_ct_entry_prepare(queue, pipe, 0, &match, 0, NULL, 0, &entry, NULL),
			    is_theirs ? DOCA_ERROR_NOT_FOUND : DOCA_ERROR_INVALID_VALUE);
		CHECK_EQUAL(doca_flow_ct_entries_process(ports[UPLINK], queue, 0, 0, NULL),
			    is_theirs ? DOCA_SUCCESS : DOCA_ERROR_INVALID_VALUE);
		CHECK_EQUAL(doca_flow_entries_process(ports[UPLINK], queue, 0, 0),
			    queue < CT_QUEUE ? DOCA_SUCCESS : DOCA_ERROR_INVALID_VALUE);
	}
	CHECK_EQUAL(doca_flow_ct_entry_prepare(CT_QUEUE, basic, alloc, &match, 0, NULL, 0, &entry, NULL),
		    DOCA_ERROR_INVALID_VALUE);
	CHECK_EQUAL(doca_flow_ct_entry_prepare(CT_QUEUE, pipe, alloc, NULL, 0, NULL, 0, &entry, NULL),
		    DOCA_ERROR_INVALID_VALUE);
	CHECK_EQUAL(doca_flow_ct_entry_prepare(CT_QUEUE, pipe, 1u << 13, &match, 0, NULL, 0, &entry, NULL),
		    DOCA_ERROR_INVALID_VALUE);
	CHECK_EQUAL(doca_flow_pipe_basic_add_entry(0, pipe, NULL, 0, NULL, NULL, NULL, 0, NULL, &entry),
		    DOCA_ERROR_NOT_SUPPORTED);
	entry = prepare(pipe, 0, &flow);
	CHECK_EQUAL(doca_flow_ct_add_entry(CT_QUEUE, pipe, NOW, &match, NULL, NULL, NULL, 0, 0, 0, NULL, entry),
		    DOCA_ERROR_INVALID_VALUE);
	CHECK_EQUAL(doca_flow_ct_add_entry(CT_QUEUE, pipe, TO_SERVER, NULL, &match, NULL, NULL, 0, 0, 0, NULL, entry),
		    DOCA_ERROR_INVALID_VALUE);
	CHECK_EQUAL(doca_flow_ct_add_entry(CT_QUEUE, pipe, TO_SERVER, &match, NULL, NULL, NULL, 1, 0, 0, NULL, entry),
		    DOCA_ERROR_INVALID_VALUE);
	icmp.ipv4.next_proto = DOCA_FLOW_PROTO_ICMP;
	CHECK_EQUAL(doca_flow_ct_add_entry(CT_QUEUE, pipe, TO_SERVER, &icmp, NULL, NULL, NULL, 0, 0, 0, NULL, entry),
		    DOCA_ERROR_INVALID_VALUE);
	CHECK_EQUAL(doca_flow_ct_rm_entry(CT_QUEUE, pipe, NOW, entry), DOCA_ERROR_NOT_FOUND);
	CHECK_EQUAL(doca_flow_ct_update_entry(CT_QUEUE, pipe, NOW, entry, NULL, NULL, 0, 0, 1), DOCA_ERROR_NOT_FOUND);
	CHECK_EQUAL(doca_flow_ct_entry_add_dir(CT_QUEUE, pipe, NOW | TO_CLIENT, &match, NULL, 0, entry),
		    DOCA_ERROR_NOT_FOUND);
	OK(doca_flow_ct_add_entry(CT_QUEUE, pipe, TO_SERVER | NOW, &match, NULL, NULL, NULL, 0, 0, 0, NULL, entry));
	CHECK_EQUAL(doca_flow_ct_add_entry(CT_QUEUE, pipe, TO_SERVER | NOW, &match, NULL, NULL, NULL, 0, 0, 0, NULL,
					   entry),
		    DOCA_ERROR_BAD_STATE);
	CHECK_EQUAL(doca_flow_ct_entry_prepare_rollback(CT_QUEUE, pipe, entry), DOCA_ERROR_BAD_STATE);
	CHECK_EQUAL(doca_flow_ct_rm_entry(CT_QUEUE, pipe, NOW, entry), DOCA_ERROR_IN_PROGRESS);
	CHECK_EQUAL(doca_flow_ct_update_entry(CT_QUEUE, pipe, NOW, entry, NULL, NULL, 0, 0, 1),
		    DOCA_ERROR_IN_PROGRESS);
	ct_process();
	CHECK_EQUAL(doca_flow_pipe_remove_entry(0, 0, entry), DOCA_ERROR_NOT_SUPPORTED);
	CHECK_EQUAL(doca_flow_ct_entry_add_dir(CT_QUEUE, pipe, NOW | BOTH, &match, NULL, 0, entry),
		    DOCA_ERROR_INVALID_VALUE);
	CHECK_EQUAL(doca_flow_ct_update_entry(CT_QUEUE, pipe, TO_CLIENT | NOW, entry, NULL, NULL, 0, 0, 0),
		    DOCA_ERROR_INVALID_VALUE);
	CHECK_EQUAL(doca_flow_ct_update_entry(CT_QUEUE, pipe, NOW, entry, &(struct doca_flow_ct_actions){ 0 }, NULL,
					      0, 0, 0),
		    DOCA_ERROR_INVALID_VALUE);
	CHECK(doca_flow_ct_entry_get_priv_data(CT_QUEUE, pipe, entry) == NULL);
	OK(doca_flow_ct_rm_entry(CT_QUEUE, pipe, NOW, entry));
	CHECK_EQUAL(doca_flow_ct_rm_entry(CT_QUEUE, pipe, NOW, entry), DOCA_ERROR_NOT_FOUND);
	OK(doca_flow_ct_entry_prepare(CT_QUEUE, pipe, alloc, &match, 0, NULL, 0, &other, NULL));
	ct_process();
	CHECK_EQUAL(heard.removed, 1);
	ct_down();
}

/* ---- Preparation. */

static doca_error_t look(struct doca_flow_pipe *pipe, uint32_t flags, const struct flow *flow,
			 struct doca_flow_pipe_entry **entry)
{
	const struct doca_flow_ct_match match = match_of(flow);

	return doca_flow_ct_entry_prepare(CT_QUEUE, pipe, flags | FAMILY_FLAGS(flow->is_ip6), &match, 0, NULL, 0,
					  entry, NULL);
}

static void numbers_are_limited(void)
{
	const struct flow flows[] = { udp(0), udp(1), udp(2), udp(3) };
	const struct flow sixth = flow_to_server(true, DOCA_FLOW_PROTO_TCP, 0);
	struct doca_flow_pipe_entry *entries[3], *other;
	struct doca_flow_ct_cfg *cfg = ct_cfg();
	struct doca_flow_pipe *pipe;

	OK(doca_flow_ct_cfg_set_connections(cfg, 3, 2, 4));
	ct_up(cfg);
	pipe = ct_pipe(NULL, NULL, 0);
	for (unsigned int i = 0; i < 3; i++)
		entries[i] = prepare(pipe, 0, &flows[i]);
	CHECK_EQUAL(look(pipe, alloc, &flows[3], &other), DOCA_ERROR_FULL);
	prepare(pipe, 0, &sixth);
	CHECK_EQUAL(look(pipe, alloc, &sixth, &other), DOCA_ERROR_FULL); /* 4 in total */
	OK(doca_flow_ct_entry_prepare_rollback(CT_QUEUE, pipe, entries[0]));
	OK(look(pipe, alloc, &sixth, &other));
	OK(doca_flow_ct_entry_prepare_rollback(CT_QUEUE, pipe, entries[1]));
	CHECK_EQUAL(look(pipe, alloc, &sixth, &other), DOCA_ERROR_FULL); /* 2 of IPv6 */
	OK(look(pipe, alloc, &flows[3], &entries[0]));
	ct_down();
}

/* A program need not say the family before it adds. */
static void families_are_known_when_added(void)
{
	const struct flow flow = flow_to_server(true, DOCA_FLOW_PROTO_TCP, 0);
	const uint32_t flags = TO_SERVER | NOW | FAMILY_FLAGS(true);
	struct doca_flow_ct_match match = match_of(&flow);
	struct doca_flow_pipe_entry *entries[3];
	struct doca_flow_pipe *pipe;

	ct_up(ct_cfg());
	pipe = ct_pipe(NULL, NULL, 0);
	for (unsigned int i = 0; i < 3; i++) {
		OK(doca_flow_ct_entry_prepare(CT_QUEUE, pipe, alloc, &match, 0, NULL, 0, &entries[i], NULL));
		match.ipv6.l4_port.src_port++;
	}
	for (unsigned int i = 0; i < 3; i++) {
		match.ipv6.l4_port.src_port--;
		CHECK_EQUAL(doca_flow_ct_add_entry(CT_QUEUE, pipe, flags, &match, NULL, NULL, NULL, 0, 0, 0, NULL,
						   entries[i]),
			    i < 2 ? DOCA_SUCCESS : DOCA_ERROR_FULL);
	}
	ct_process();
	CHECK_EQUAL(heard.added, 2);
	OK(doca_flow_ct_entry_prepare_rollback(CT_QUEUE, pipe, entries[2]));
	ct_down();
}

/* Packets of one flow that come before its connection is there do not make it twice. */
static void filters_find_what_is_on_its_way(void)
{
	const struct flow flow = udp(0), tcp = flow_to_server(false, DOCA_FLOW_PROTO_TCP, 0);
	const struct flow back = flow_back(flow), other_flow = udp(1);
	const struct doca_flow_ct_match origin = match_of(&flow), reply = match_of(&back);
	struct doca_flow_pipe_entry *entry, *other;
	struct doca_flow_ct_cfg *cfg = ct_cfg();
	struct doca_flow_pipe *pipe;
	bool found;

	OK(doca_flow_ct_cfg_set_flags(cfg, DOCA_FLOW_CT_FLAG_DUP_FILTER_UDP_ONLY));
	ct_up(cfg);
	pipe = ct_pipe(NULL, NULL, 0);
	entry = prepare(pipe, filters, &flow);
	OK(look(pipe, alloc, &flow, &other));
	CHECK(other == entry);
	OK(doca_flow_ct_entry_prepare(CT_QUEUE, pipe, 0, NULL, 0, &reply, 0, &other, &found));
	CHECK(found && other == entry);
	expect_flow(flow, PORTS);
	OK(doca_flow_ct_entry_prepare_rollback(CT_QUEUE, pipe, entry));
	CHECK_EQUAL(look(pipe, 0, &flow, &other), DOCA_ERROR_NOT_FOUND);
	/* TCP is not filtered. */
	entry = prepare(pipe, filters, &tcp);
	CHECK_EQUAL(look(pipe, 0, &tcp, &other), DOCA_ERROR_NOT_FOUND);
	OK(doca_flow_ct_entry_prepare_rollback(CT_QUEUE, pipe, entry));
	/* What is added as another is not found as what it was prepared for. */
	entry = prepare(pipe, filters, &other_flow);
	OK(doca_flow_ct_add_entry(CT_QUEUE, pipe, TO_SERVER | NOW, &origin, NULL, NULL, NULL, 0, 0, 0, NULL, entry));
	ct_process();
	expect_flow(flow, UPLINK);
	CHECK_EQUAL(look(pipe, 0, &other_flow, &other), DOCA_ERROR_NOT_FOUND);
	OK(doca_flow_ct_rm_entry(CT_QUEUE, pipe, NOW, entry));
	ct_process();
	expect_flow(flow, PORTS);
	/* From the addition on. */
	entry = prepare(pipe, 0, &flow);
	CHECK_EQUAL(look(pipe, 0, &flow, &other), DOCA_ERROR_NOT_FOUND);
	OK(doca_flow_ct_add_entry(CT_QUEUE, pipe, BOTH | filters, &origin, NULL, NULL, NULL, 0, 0, 0, NULL, entry));
	OK(look(pipe, 0, &flow, &other));
	CHECK(other == entry);
	expect_flow(flow, PORTS);
	ct_process();
	expect_flow(flow, UPLINK);
	/* What is on its way out is not there any more. */
	OK(doca_flow_ct_rm_entry(CT_QUEUE, pipe, 0, entry));
	CHECK_EQUAL(look(pipe, 0, &flow, &other), DOCA_ERROR_NOT_FOUND);
	ct_process();
	ct_down();
}

/* Without a filter they may be; the second is refused when it comes to packets. */
static void twins_are_refused(void)
{
	const struct flow flow = udp(0), back = flow_back(flow);
	const struct doca_flow_ct_match origin = match_of(&flow), reply = match_of(&back);
	struct doca_flow_pipe_entry *entry, *twin;
	struct doca_flow_pipe *pipe;

	ct_up(ct_cfg());
	pipe = ct_pipe(NULL, NULL, 0);
	entry = prepare(pipe, 0, &flow);
	twin = prepare(pipe, 0, &flow);
	OK(doca_flow_ct_add_entry(CT_QUEUE, pipe, BOTH, &origin, &reply, NULL, NULL, 0, 0, 0, NULL, entry));
	expect_flow(flow, PORTS); /* it waits for its batch */
	OK(doca_flow_ct_add_entry(CT_QUEUE, pipe, BOTH | NOW, &origin, &reply, NULL, NULL, 0, 0, 0, NULL, twin));
	ct_process();
	CHECK_EQUAL(heard.added, 1);
	CHECK_EQUAL(heard.errors, 1);
	expect_flow(flow, UPLINK);
	expect_flow(back, UPLINK);
	OK(doca_flow_ct_rm_entry(CT_QUEUE, pipe, NOW, entry));
	ct_process();
	expect_flow(flow, PORTS);
	ct_down();
}

/* ---- Directions, forwards, what is known of a connection. */

static void directions_come_one_by_one(void)
{
	const struct flow flow = udp(0), back = flow_back(flow);
	const struct doca_flow_ct_match origin = match_of(&flow), reply = match_of(&back);
	struct doca_flow_ct_match seen[2];
	struct doca_flow_pipe_entry *entry;
	struct doca_flow_pipe *pipe;
	uint64_t flags;
	uint32_t hashes[2];

	ct_up(ct_cfg());
	pipe = ct_pipe(NULL, NULL, 0);
	entry = prepare(pipe, 0, &flow);
	OK(doca_flow_ct_add_entry(CT_QUEUE, pipe, TO_SERVER | NOW, &origin, &reply, NULL, NULL, 0, 0, 0, NULL,
				  entry));
	ct_process();
	expect_flow(flow, UPLINK);
	expect_flow(back, PORTS);
	CHECK_EQUAL(doca_flow_ct_entry_add_dir(CT_QUEUE, pipe, TO_SERVER | NOW, &origin, NULL, 0, entry),
		    DOCA_ERROR_ALREADY_EXIST);
	softnic_fail_entry(1);
	OK(doca_flow_ct_entry_add_dir(CT_QUEUE, pipe, TO_CLIENT | NOW, &reply, NULL, 0, entry));
	ct_process();
	CHECK_EQUAL(heard.errors, 1);
	expect_flow(back, PORTS);
	expect_flow(flow, UPLINK);
	OK(doca_flow_ct_get_entry(CT_QUEUE, pipe, 0, entry, NULL, NULL, &flags, NULL, NULL));
	CHECK_EQUAL(flags, TO_SERVER);
	OK(doca_flow_ct_entry_add_dir(CT_QUEUE, pipe, TO_CLIENT | NOW, &reply, NULL, 0, entry));
	ct_process();
	expect_flow(back, UPLINK);
	CHECK_EQUAL(heard.added, 2);
	OK(doca_flow_ct_get_entry(CT_QUEUE, pipe, 0, entry, &seen[0], &seen[1], &flags, &hashes[0], &hashes[1]));
	CHECK_EQUAL(flags, BOTH);
	CHECK_EQUAL(hashes[0], 11);
	CHECK_EQUAL(hashes[1], 22);
	CHECK_EQUAL(memcmp(&seen[0].ipv4, &origin.ipv4, sizeof(origin.ipv4)), 0);
	CHECK_EQUAL(memcmp(&seen[1].ipv4, &reply.ipv4, sizeof(reply.ipv4)), 0);
	ct_down();
}

/* The way back is the way there, reversed, if a program does not say another. */
static void answers_are_reversed(void)
{
	const struct flow flows[] = { udp(0), flow_to_server(true, DOCA_FLOW_PROTO_TCP, 0) };
	struct doca_flow_pipe *pipe;

	ct_up(ct_cfg());
	pipe = ct_pipe(NULL, NULL, 0);
	for (unsigned int i = 0; i < 2; i++) {
		const struct doca_flow_ct_match origin = match_of(&flows[i]);
		const uint32_t ip6 = flows[i].is_ip6 ? DOCA_FLOW_CT_ENTRY_FLAGS_IPV6_ORIGIN : 0;
		struct doca_flow_pipe_entry *entry = prepare(pipe, 0, &flows[i]);

		OK(doca_flow_ct_add_entry(CT_QUEUE, pipe, BOTH | NOW | ip6, &origin, NULL, NULL, NULL, 0, 0, 0, NULL,
					  entry));
		ct_process();
		expect_flow(flows[i], UPLINK);
		expect_flow(flow_back(flows[i]), UPLINK);
	}
	ct_down();
}

static void forwards_have_handles(void)
{
	const struct flow flow = udp(0), back = flow_back(flow), second = udp(1);
	const struct doca_flow_ct_match origin = match_of(&flow), reply = match_of(&back);
	struct doca_flow_fwd fwd[2] = { { .type = DOCA_FLOW_FWD_PIPE }, fwd_drop() };
	struct doca_flow_pipe *pipe, *to_vf0, *to_vf1;
	struct doca_flow_pipe_entry *entry;
	uint32_t handles[2] = { 0 };

	ct_up(ct_cfg());
	CHECK_EQUAL(doca_flow_ct_fwd_register(ports[UPLINK], 1, fwd, handles), DOCA_ERROR_NOT_FOUND);
	to_vf0 = exit_pipe(VF0);
	to_vf1 = exit_pipe(VF1);
	fwd[0] = fwd_pipe(to_vf1);
	CHECK_EQUAL(doca_flow_ct_fwd_register(ports[UPLINK], 2, fwd, handles), DOCA_ERROR_NOT_SUPPORTED);
	fwd[1] = fwd_pipe(to_vf0);
	OK(doca_flow_ct_fwd_register(ports[UPLINK], 2, fwd, handles));
	pipe = ct_pipe(NULL, NULL, 0);
	CHECK_EQUAL(doca_flow_ct_fwd_register(ports[UPLINK], 2, fwd, handles), DOCA_ERROR_BAD_STATE);
	entry = prepare(pipe, 0, &flow);
	CHECK_EQUAL(doca_flow_ct_add_entry(CT_QUEUE, pipe, BOTH | NOW, &origin, &reply, NULL, NULL, handles[0], 99, 0,
					   NULL, entry),
		    DOCA_ERROR_INVALID_VALUE);
	OK(doca_flow_ct_add_entry(CT_QUEUE, pipe, BOTH | NOW, &origin, &reply, NULL, NULL, handles[0],
				  handles[1], 0, NULL, entry));
	ct_process();
	expect_flow(flow, VF1);
	expect_flow(back, VF0);
	softnic_fail_entry(1);
	OK(doca_flow_ct_update_entry(CT_QUEUE, pipe, TO_SERVER | NOW, entry, NULL, NULL, handles[1], 0, 0));
	ct_process();
	CHECK_EQUAL(heard.errors, 1);
	expect_flow(flow, VF1);
	OK(doca_flow_ct_update_entry(CT_QUEUE, pipe, TO_SERVER | NOW, entry, NULL, NULL, handles[1], 0, 0));
	ct_process();
	CHECK_EQUAL(heard.updated, 1);
	expect_flow(flow, VF0);
	expect_flow(back, VF0);
	OK(doca_flow_ct_update_entry(CT_QUEUE, pipe, TO_SERVER | NOW, entry, NULL, NULL, 0, 0, 0));
	ct_process();
	expect_flow(flow, UPLINK);
	/* Whose pipe is gone drops, and serves no other connection. */
	doca_flow_pipe_destroy(to_vf0);
	expect_flow(back, PORTS);
	entry = prepare(pipe, 0, &second);
	CHECK_EQUAL(doca_flow_ct_add_entry(CT_QUEUE, pipe, TO_SERVER | NOW, &origin, NULL, NULL, NULL,
					   handles[1], 0, 0, NULL, entry),
		    DOCA_ERROR_NOT_FOUND);
	ct_down();
}

/* ---- Queues. */

static void batches_wait_and_queues_have_room(void)
{
	struct doca_flow_pipe_entry *entries[3];
	struct doca_flow_pipe *pipe;
	struct flow flow;
	uint32_t room;

	ct_up(ct_cfg());
	pipe = ct_pipe(NULL, NULL, 0);
	for (uint16_t i = 0; i < 3; i++) {
		struct doca_flow_ct_match match;

		flow = udp(i);
		match = match_of(&flow);
		entries[i] = prepare(pipe, 0, &flow);
		OK(doca_flow_ct_add_entry(CT_QUEUE, pipe, TO_SERVER | (i == 2 ? NOW : 0), &match, NULL, NULL, NULL,
					  0, 0, 0, NULL, entries[i]));
		expect_flow(udp(0), i == 2 ? UPLINK : PORTS);
	}
	CHECK_EQUAL(heard.added, 0);
	CHECK_EQUAL(doca_flow_ct_entries_process(ports[UPLINK], CT_QUEUE, CT_DEPTH + 1, 0, &room),
		    DOCA_ERROR_INVALID_VALUE);
	CHECK_EQUAL(doca_flow_ct_entries_process(ports[UPLINK], CT_QUEUE, 2, 1, &room), DOCA_ERROR_INVALID_VALUE);
	OK(doca_flow_ct_entries_process(ports[UPLINK], CT_QUEUE, 0, 1, &room));
	CHECK_EQUAL(room, CT_DEPTH - 2);
	OK(doca_flow_ct_entries_process(ports[UPLINK], CT_QUEUE + 1, 0, 0, &room));
	CHECK_EQUAL(room, CT_DEPTH);
	CHECK_EQUAL(heard.added, 1);
	OK(doca_flow_ct_entries_process(ports[UPLINK], CT_QUEUE, CT_DEPTH, CT_DEPTH, &room));
	CHECK_EQUAL(room, CT_DEPTH);
	CHECK_EQUAL(heard.added, 3);
	/* Who asks for room does not have to ask again for what is delayed. */
	softnic_delay_completions(5);
	for (unsigned int i = 0; i < 3; i++)
		OK(doca_flow_ct_rm_entry(CT_QUEUE, pipe, i == 2 ? NOW : 0, entries[i]));
	ct_process();
	CHECK_EQUAL(heard.removed, 0);
	OK(doca_flow_ct_entries_process(ports[UPLINK], CT_QUEUE, CT_DEPTH, 0, &room));
	CHECK_EQUAL(room, CT_DEPTH);
	CHECK_EQUAL(heard.removed, 3);
	softnic_delay_completions(0);
	ct_down();
}

/* Each operation may fail; a failed addition is gone, all else is as it was. */
static void any_operation_may_fail(void)
{
	const struct flow flow = udp(0), back = flow_back(flow);
	const struct doca_flow_ct_match origin = match_of(&flow), reply = match_of(&back);
	struct doca_flow_pipe *pipe;

	ct_up(ct_cfg());
	pipe = ct_pipe(NULL, NULL, 0);
	for (uint64_t nth = 1; nth <= 4; nth++) {
		struct doca_flow_pipe_entry *entry = prepare(pipe, filters, &flow);

		memset(&heard, 0, sizeof(heard));
		softnic_fail_entry(nth);
		OK(doca_flow_ct_add_entry(CT_QUEUE, pipe, BOTH | NOW, &origin, &reply, NULL, NULL, 0, 0, 0, NULL,
					  entry));
		ct_process();
		CHECK_EQUAL(heard.added, nth != 1);
		expect_flow(flow, nth == 1 ? PORTS : UPLINK);
		expect_flow(back, nth == 1 ? PORTS : UPLINK);
		if (nth == 1) {
			CHECK_EQUAL(heard.errors, 1);
			continue;
		}
		OK(doca_flow_ct_update_entry(CT_QUEUE, pipe, NOW, entry, NULL, NULL, 0, 0, 5));
		ct_process();
		CHECK_EQUAL(heard.updated, nth != 2);
		OK(doca_flow_ct_rm_entry(CT_QUEUE, pipe, NOW, entry));
		ct_process();
		CHECK_EQUAL(heard.removed, nth != 3);
		CHECK_EQUAL(heard.errors, nth != 4);
		if (nth != 3)
			continue;
		expect_flow(flow, UPLINK);
		OK(doca_flow_ct_rm_entry(CT_QUEUE, pipe, NOW, entry));
		ct_process();
	}
	softnic_fail_entry(0);
	/* None is left: there is room for all of them. */
	for (uint16_t i = 0; i < 3; i++) {
		const struct flow other = udp(i);

		prepare(pipe, 0, &other);
	}
	ct_down();
}

int main(void)
{
	devices_open();
	for (unsigned int cycle = 0; cycle < 2; cycle++) {
		calls_have_an_order();
		configurations_are_checked();
		pipes_are_checked();
		calls_are_checked();
		numbers_are_limited();
		families_are_known_when_added();
		filters_find_what_is_on_its_way();
		twins_are_refused();
		directions_come_one_by_one();
		answers_are_reversed();
		forwards_have_handles();
		batches_wait_and_queues_have_room();
		any_operation_may_fail();
	}
	devices_close();
	return 0;
}
