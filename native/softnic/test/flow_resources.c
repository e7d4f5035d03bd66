/* SPDX-License-Identifier: Apache-2.0 */
/* Counters, meters, ageing, resizing, and what is shared. */
#include <time.h>

#include "flow_fixture.h"

#define HOST IP(10, 0, 0, 1)
#define FRAME frame_udp(IP(10, 0, 0, 9), HOST, 1000, 2000)

static const struct doca_flow_match any_ip4 = { .outer.l3_type = DOCA_FLOW_L3_TYPE_IP4 };

static void sleep_ms(long ms)
{
	const struct timespec time = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	nanosleep(&time, NULL);
}

static void counters_are_bounded(void)
{
	struct doca_flow_pipe *pipe;
	struct doca_flow_pipe_entry *entry = NULL;
	struct doca_flow_match match = any_ip4;
	struct doca_flow_fwd fwd = fwd_port(UPLINK);

	nic_up();
	pipe = destination_pipe();
	for (uint32_t host = 0; host < 64; host++)
		entry = destination_add(pipe, HOST + host, UPLINK, 0);
	match.outer.ip4.dst_ip = htobe32(HOST + 64);
	CHECK_EQUAL(doca_flow_pipe_basic_add_entry(0, pipe, &match, 0, NULL, NULL, &fwd, 0, NULL, NULL),
		    DOCA_ERROR_NO_MEMORY);
	OK(doca_flow_pipe_remove_entry(0, 0, entry));
	process();
	destination_add(pipe, HOST + 64, UPLINK, 0);
	doca_flow_pipe_destroy(pipe);
	pipe = destination_pipe();
	for (uint32_t host = 0; host < 64; host++)
		destination_add(pipe, HOST + host, UPLINK, 0);
	nic_down();
}

static void counters_may_lag(void)
{
	struct doca_flow_pipe *pipe;
	struct doca_flow_pipe_entry *entry;
	struct doca_flow_resource_query query;

	nic_up();
	pipe = destination_pipe();
	entry = destination_add(pipe, HOST, UPLINK, 0);
	process();
	softnic_set_counter_lag(1);
	expect(FRAME, UPLINK);
	inject(VF0, frame_udp(1, 2, 3, 4));
	CHECK_EQUAL(packets_of(entry), 0);
	sleep_ms(1050);
	CHECK_EQUAL(packets_of(entry), 1);
	OK(doca_flow_resource_query_pipe_miss(pipe, &query));
	CHECK_EQUAL(query.counter.total_pkts, 1);
	expect(FRAME, UPLINK);
	CHECK_EQUAL(packets_of(entry), 1);
	softnic_set_counter_lag(0);
	CHECK_EQUAL(packets_of(entry), 2);
	OK(doca_flow_resource_query_entry(entry, &query));
	CHECK_EQUAL(query.counter.total_bytes, 2 * FRAME.length);
	nic_down();
}

/* A root that meters with the shared meter 1 and counts with the shared counter 2, then drops what is red. */
static struct doca_flow_pipe_entry *metered_root(uint32_t meter, uint32_t counter)
{
	struct doca_flow_monitor monitor = {
		.meter_type = DOCA_FLOW_RESOURCE_TYPE_SHARED,
		.shared_meter = { UINT32_MAX, DOCA_FLOW_METER_COLOR_GREEN },
		.counter_type = DOCA_FLOW_RESOURCE_TYPE_SHARED,
		.shared_counter = { UINT32_MAX },
	};
	struct doca_flow_match green = { .parser_meta.meter_color = DOCA_FLOW_METER_COLOR_GREEN };
	struct doca_flow_match mask = { 0 };
	struct doca_flow_fwd fwd = fwd_port(UPLINK), drop = fwd_drop();
	struct doca_flow_pipe_cfg *cfg;
	struct doca_flow_pipe *colours, *root;
	struct doca_flow_pipe_entry *entry;

	memset(&mask.parser_meta.meter_color, 3, sizeof(mask.parser_meta.meter_color));
	colours = pipe_up(pipe_cfg("colours", DOCA_FLOW_PIPE_CONTROL, false), NULL, &drop);
	OK(doca_flow_pipe_control_add_entry(0, colours, &green, &mask, NULL, NULL, NULL, NULL, NULL, 0, &fwd,
					    NULL, NULL));
	fwd = fwd_pipe(colours);
	cfg = pipe_cfg("meter", DOCA_FLOW_PIPE_BASIC, true);
	OK(doca_flow_pipe_cfg_set_match(cfg, &any_ip4, NULL));
	OK(doca_flow_pipe_cfg_set_monitor(cfg, &monitor));
	root = pipe_up(cfg, &fwd, NULL);
	monitor.shared_meter.shared_meter_id = meter;
	monitor.shared_counter.shared_counter_id = counter;
	OK(doca_flow_pipe_basic_add_entry(0, root, NULL, 0, NULL, &monitor, NULL, 0, NULL, &entry));
	process();
	return entry;
}

static const struct doca_flow_shared_resource_cfg two_packets = {
	.meter_cfg = { .limit_type = DOCA_FLOW_METER_LIMIT_TYPE_PACKETS, .cir = 1, .cbs = 2 },
};

static unsigned int unbound;

static void on_unbind(enum doca_flow_shared_resource_type type, uint32_t id, void *object)
{
	CHECK_EQUAL(type, DOCA_FLOW_SHARED_RESOURCE_METER);
	CHECK_EQUAL(id, 1);
	CHECK(object == ports[UPLINK]);
	unbound++;
}

static void the_system_shares(void)
{
	struct doca_flow_shared_resource_cfg cfg = two_packets;
	struct doca_flow_cfg *flow_cfg = nic_cfg();
	struct doca_flow_resource_query query;
	struct doca_flow_pipe_entry *entry;
	uint32_t meter = 1, counter = 2, beyond = 8;

	OK(doca_flow_cfg_set_cb_shared_resource_unbind(flow_cfg, on_unbind));
	OK(doca_flow_init(flow_cfg));
	OK(doca_flow_cfg_destroy(flow_cfg));
	ports_up();
	CHECK_EQUAL(doca_flow_shared_resources_bind(DOCA_FLOW_SHARED_RESOURCE_METER, &meter, 1, ports[UPLINK]),
		    DOCA_ERROR_INVALID_VALUE);
	OK(doca_flow_shared_resource_set_cfg(DOCA_FLOW_SHARED_RESOURCE_METER, meter, &cfg));
	OK(doca_flow_shared_resource_set_cfg(DOCA_FLOW_SHARED_RESOURCE_COUNTER, counter, &cfg));
	CHECK_EQUAL(doca_flow_shared_resource_set_cfg(DOCA_FLOW_SHARED_RESOURCE_METER, beyond, &cfg),
		    DOCA_ERROR_INVALID_VALUE);
	CHECK_EQUAL(doca_flow_shared_resource_set_cfg(DOCA_FLOW_SHARED_RESOURCE_PSP, 0, &cfg),
		    DOCA_ERROR_NOT_SUPPORTED);
	OK(doca_flow_shared_resources_bind(DOCA_FLOW_SHARED_RESOURCE_METER, &meter, 1, ports[UPLINK]));
	OK(doca_flow_shared_resources_bind(DOCA_FLOW_SHARED_RESOURCE_COUNTER, &counter, 1, NULL));
	CHECK_EQUAL(doca_flow_port_shared_resource_get(ports[UPLINK], DOCA_FLOW_SHARED_RESOURCE_METER, &beyond),
		    DOCA_ERROR_NOT_SUPPORTED);
	entry = metered_root(meter, counter);
	expect(FRAME, UPLINK);
	expect(FRAME, UPLINK);
	expect(FRAME, PORTS);
	OK(doca_flow_shared_resources_query(DOCA_FLOW_SHARED_RESOURCE_COUNTER, &counter, &query, 1));
	CHECK_EQUAL(query.counter.total_pkts, 3);
	CHECK_EQUAL(packets_of(entry), 3);
	ports_down();
	CHECK_EQUAL(unbound, 1);
	doca_flow_destroy();
}

static void a_port_gives_ids_out(void)
{
	struct doca_flow_shared_resource_cfg cfg = two_packets;
	struct doca_flow_cfg *flow_cfg = nic_cfg();
	struct doca_flow_port_cfg *port_cfg;
	struct doca_flow_resource_query query;
	uint32_t meter, counter, other;

	OK(doca_flow_cfg_set_resource_mode(flow_cfg, DOCA_FLOW_RESOURCE_MODE_PORT));
	OK(doca_flow_init(flow_cfg));
	OK(doca_flow_cfg_destroy(flow_cfg));
	OK(doca_flow_port_cfg_create(&port_cfg));
	OK(doca_flow_port_cfg_set_port_id(port_cfg, UPLINK));
	OK(doca_flow_port_cfg_set_dev(port_cfg, device));
	OK(doca_flow_port_cfg_set_nr_resources(port_cfg, DOCA_FLOW_RESOURCE_METER, 1));
	OK(doca_flow_port_cfg_set_nr_resources(port_cfg, DOCA_FLOW_RESOURCE_COUNTER, 2));
	OK(doca_flow_port_start(port_cfg, &ports[UPLINK]));
	OK(doca_flow_port_cfg_destroy(port_cfg));
	ports[VF0] = port_up(VF0);
	ports[VF1] = port_up(VF1);
	OK(doca_flow_port_shared_resource_get(ports[UPLINK], DOCA_FLOW_SHARED_RESOURCE_METER, &meter));
	CHECK_EQUAL(doca_flow_port_shared_resource_get(ports[UPLINK], DOCA_FLOW_SHARED_RESOURCE_METER, &other),
		    DOCA_ERROR_EMPTY);
	OK(doca_flow_port_shared_resource_put(ports[UPLINK], DOCA_FLOW_SHARED_RESOURCE_METER, meter));
	CHECK_EQUAL(doca_flow_port_shared_resource_put(ports[UPLINK], DOCA_FLOW_SHARED_RESOURCE_METER, meter),
		    DOCA_ERROR_INVALID_VALUE);
	OK(doca_flow_port_shared_resource_get(ports[UPLINK], DOCA_FLOW_SHARED_RESOURCE_METER, &meter));
	OK(doca_flow_port_shared_resource_get(ports[UPLINK], DOCA_FLOW_SHARED_RESOURCE_COUNTER, &counter));
	OK(doca_flow_port_shared_resource_set_cfg(ports[UPLINK], DOCA_FLOW_SHARED_RESOURCE_METER, meter, &cfg));
	OK(doca_flow_port_shared_resource_set_cfg(ports[UPLINK], DOCA_FLOW_SHARED_RESOURCE_COUNTER, counter,
						  &cfg));
	metered_root(meter, counter);
	expect(FRAME, UPLINK);
	OK(doca_flow_port_shared_resources_query(ports[UPLINK], DOCA_FLOW_SHARED_RESOURCE_COUNTER, &counter,
						 &query, 1));
	CHECK_EQUAL(query.counter.total_pkts, 1);
	CHECK_EQUAL(query.counter.total_bytes, FRAME.length);
	CHECK_EQUAL(doca_flow_shared_resources_query(DOCA_FLOW_SHARED_RESOURCE_COUNTER, &counter, &query, 1),
		    DOCA_ERROR_NOT_SUPPORTED);
	/* One of the two counters is left for entries. */
	doca_flow_port_pipes_flush(ports[UPLINK]);
	{
		struct doca_flow_pipe *pipe = destination_pipe();
		struct doca_flow_match match = any_ip4;
		struct doca_flow_fwd fwd = fwd_port(UPLINK);

		destination_add(pipe, HOST, UPLINK, 0);
		CHECK_EQUAL(doca_flow_pipe_basic_add_entry(0, pipe, &match, 0, NULL, NULL, &fwd, 0, NULL, NULL),
			    DOCA_ERROR_NO_MEMORY);
	}
	nic_down();
}

static void an_encapsulation_is_shared(void)
{
	struct doca_flow_shared_resource_cfg cfg = {
		.encap_cfg = {
			.is_l2 = true,
			.encap = {
				.outer = {
					.l3_type = DOCA_FLOW_L3_TYPE_IP4,
					.ip4 = { .src_ip = htobe32(1), .dst_ip = htobe32(2), .ttl = 9 },
					.l4_type_ext = DOCA_FLOW_L4_TYPE_EXT_UDP,
					.udp.l4_port.dst_port = htobe16(4789),
				},
				.tun = { .type = DOCA_FLOW_TUN_VXLAN, .vxlan_tun_id = htobe32(5) },
			},
		},
	};
	struct doca_flow_actions encap = { .encap_type = DOCA_FLOW_RESOURCE_TYPE_SHARED,
					   .shared_encap_id = UINT32_MAX };
	struct doca_flow_actions *actions[] = { &encap };
	struct doca_flow_fwd fwd = fwd_port(UPLINK);
	struct doca_flow_pipe_cfg *pipe;
	struct doca_flow_pipe *root;
	struct frame outer;

	nic_up();
	OK(doca_flow_shared_resource_set_cfg(DOCA_FLOW_SHARED_RESOURCE_ENCAP, 3, &cfg));
	pipe = pipe_cfg("encap", DOCA_FLOW_PIPE_BASIC, true);
	OK(doca_flow_pipe_cfg_set_match(pipe, &any_ip4, NULL));
	OK(doca_flow_pipe_cfg_set_actions(pipe, actions, NULL, NULL, 1));
	root = pipe_up(pipe, &fwd, NULL);
	encap.shared_encap_id = 3;
	OK(doca_flow_pipe_basic_add_entry(0, root, NULL, 0, &encap, NULL, NULL, 0, NULL, NULL));
	process();
	inject(VF0, FRAME);
	CHECK(sent(UPLINK, &outer));
	CHECK_EQUAL(outer.length, FRAME.length + 50);
	CHECK_EQUAL(outer.bytes[48], 5);
	nic_down();
}

static void remove_aged(struct doca_flow_pipe_entry *entry, uint16_t queue, enum doca_flow_entry_status status,
			enum doca_flow_entry_op op, void *user_ctx)
{
	on_entry(entry, queue, status, op, user_ctx);
	if (op == DOCA_FLOW_ENTRY_OP_AGED)
		OK(doca_flow_pipe_remove_entry(queue, DOCA_FLOW_ENTRY_FLAGS_NO_WAIT, entry));
}

static void entries_age(void)
{
	struct doca_flow_cfg *cfg = nic_cfg();
	struct doca_flow_match match = { .outer = { .l3_type = DOCA_FLOW_L3_TYPE_IP4,
						    .ip4.dst_ip = UINT32_MAX } };
	struct doca_flow_monitor monitor = { .aging_sec = UINT32_MAX };
	struct doca_flow_fwd fwd = fwd_port(UPLINK);
	struct doca_flow_pipe_cfg *pipe;
	struct doca_flow_pipe *root;
	int aged, total = 0;

	OK(doca_flow_cfg_set_cb_entry_process(cfg, remove_aged));
	OK(doca_flow_init(cfg));
	OK(doca_flow_cfg_destroy(cfg));
	ports_up();
	memset(&heard, 0, sizeof(heard));
	pipe = pipe_cfg("aging", DOCA_FLOW_PIPE_BASIC, true);
	OK(doca_flow_pipe_cfg_set_match(pipe, &match, NULL));
	OK(doca_flow_pipe_cfg_set_monitor(pipe, &monitor));
	root = pipe_up(pipe, &fwd, NULL);
	monitor.aging_sec = 1;
	for (uint32_t host = 0; host < 20; host++) {
		match.outer.ip4.dst_ip = htobe32(HOST + host);
		OK(doca_flow_pipe_basic_add_entry(0, root, &match, 0, NULL, &monitor, NULL, 0, NULL, NULL));
	}
	process();
	CHECK_EQUAL(doca_flow_aging_handle(ports[UPLINK], 0, 20, 0), -1);
	sleep_ms(600);
	expect(FRAME, UPLINK); /* keeps the first one young */
	sleep_ms(450);
	CHECK_EQUAL(doca_flow_aging_handle(ports[UPLINK], 1, 0, 0), -1); /* of another queue */
	CHECK_EQUAL(doca_flow_aging_handle(ports[UPLINK], 0, 0, 5), 5);
	while ((aged = doca_flow_aging_handle(ports[UPLINK], 0, 0, 0)) != -1)
		total += aged;
	CHECK_EQUAL(total, 14);
	CHECK_EQUAL(heard.aged, 19);
	process();
	CHECK_EQUAL(heard.removed, 19);
	expect(FRAME, UPLINK);
	nic_down();
}

static unsigned int congestions, resizes, relocations;
static uint32_t new_size;

static void on_pipe(struct doca_flow_pipe *pipe, enum doca_flow_pipe_status status, enum doca_flow_pipe_op op,
		    void *user_ctx)
{
	(void)pipe;
	CHECK_EQUAL(status, DOCA_FLOW_PIPE_STATUS_SUCCESS);
	CHECK(user_ctx == &congestions);
	congestions += op == DOCA_FLOW_PIPE_OP_CONGESTION_REACHED;
	resizes += op == DOCA_FLOW_PIPE_OP_RESIZED;
}

static doca_error_t on_size(void *user_ctx, uint32_t entries)
{
	CHECK(user_ctx == &congestions);
	new_size = entries;
	return DOCA_SUCCESS;
}

static doca_error_t on_relocate(void *user_ctx, uint16_t queue, void *entry_ctx, void **new_ctx)
{
	CHECK(user_ctx == &congestions);
	CHECK_EQUAL(queue, 0);
	relocations++;
	*new_ctx = entry_ctx;
	return DOCA_SUCCESS;
}

static void pipes_grow(void)
{
	struct doca_flow_cfg *cfg = nic_cfg();
	struct doca_flow_match match = { .outer = { .l3_type = DOCA_FLOW_L3_TYPE_IP4,
						    .ip4.dst_ip = UINT32_MAX } };
	struct doca_flow_fwd fwd = fwd_port(UPLINK);
	struct doca_flow_pipe_cfg *pipe;
	struct doca_flow_pipe *root;
	doca_error_t result;

	OK(doca_flow_cfg_set_cb_pipe_process(cfg, on_pipe));
	OK(doca_flow_init(cfg));
	OK(doca_flow_cfg_destroy(cfg));
	ports_up();
	pipe = pipe_cfg("resizable", DOCA_FLOW_PIPE_BASIC, true);
	OK(doca_flow_pipe_cfg_set_match(pipe, &match, NULL));
	OK(doca_flow_pipe_cfg_set_nr_entries(pipe, 10));
	OK(doca_flow_pipe_cfg_set_is_resizable(pipe, true));
	OK(doca_flow_pipe_cfg_set_congestion_level_threshold(pipe, 80));
	OK(doca_flow_pipe_cfg_set_user_ctx(pipe, &congestions));
	OK(doca_flow_pipe_cfg_set_excluded_queue(pipe, 1));
	root = pipe_up(pipe, &fwd, NULL);
	CHECK_EQUAL(doca_flow_pipe_basic_add_entry(1, root, &match, 0, NULL, NULL, NULL, 0, NULL, NULL),
		    DOCA_ERROR_INVALID_VALUE);
	for (uint32_t host = 0; host < 10; host++) {
		match.outer.ip4.dst_ip = htobe32(HOST + host);
		CHECK_EQUAL(congestions, host >= 8);
		OK(doca_flow_pipe_basic_add_entry(0, root, &match, 0, NULL, NULL, NULL, 0, NULL, NULL));
	}
	match.outer.ip4.dst_ip = htobe32(HOST + 10);
	result = doca_flow_pipe_basic_add_entry(0, root, &match, 0, NULL, NULL, NULL, 0, NULL, NULL);
	CHECK_EQUAL(result, DOCA_ERROR_TOO_BIG);
	OK(doca_flow_pipe_resize(root, 50, on_size, on_relocate));
	CHECK_EQUAL(new_size, 40);
	CHECK_EQUAL(doca_flow_pipe_resize(root, 50, on_size, on_relocate), DOCA_ERROR_AGAIN);
	OK(doca_flow_entries_process(ports[UPLINK], 1, 0, 0)); /* excluded */
	CHECK_EQUAL(resizes, 0);
	process();
	CHECK_EQUAL(relocations, 10);
	CHECK_EQUAL(resizes, 1);
	for (uint32_t host = 10; host < 40; host++) {
		match.outer.ip4.dst_ip = htobe32(HOST + host);
		CHECK_EQUAL(congestions, host < 20 ? 1 : 2);
		OK(doca_flow_pipe_basic_add_entry(0, root, &match, 0, NULL, NULL, NULL, 0, NULL, NULL));
	}
	process();
	expect(frame_udp(1, HOST + 39, 1, 1), UPLINK);
	nic_down();
}

static void entropy_is_the_encapsulation_s(void)
{
	struct doca_flow_entropy_format header = {
		.l3_type = DOCA_FLOW_L3_TYPE_IP4,
		.ip4 = { .src_ip = htobe32(IP(8, 8, 8, 8)), .dst_ip = htobe32(IP(7, 7, 7, 7)) },
		.l4_type_ext = DOCA_FLOW_L4_TYPE_EXT_UDP,
		.transport = { htobe16(1234), htobe16(5678) },
	};
	uint16_t one, other;

	nic_up();
	OK(doca_flow_port_calc_entropy(ports[UPLINK], &header, &one));
	CHECK(be16toh(one) >= 49152);
	header.transport.src_port = htobe16(1235);
	OK(doca_flow_port_calc_entropy(ports[UPLINK], &header, &other));
	CHECK(one != other);
	header.l3_type = DOCA_FLOW_L3_TYPE_NONE;
	CHECK_EQUAL(doca_flow_port_calc_entropy(ports[UPLINK], &header, &other), DOCA_ERROR_INVALID_VALUE);
	nic_down();
}

int main(void)
{
	devices_open();
	counters_are_bounded();
	counters_may_lag();
	the_system_shares();
	a_port_gives_ids_out();
	an_encapsulation_is_shared();
	entries_age();
	pipes_grow();
	entropy_is_the_encapsulation_s();
	devices_close();
	return 0;
}
