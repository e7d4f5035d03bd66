/* SPDX-License-Identifier: Apache-2.0 */
/* Each type of pipe through the API, with packets. */
#include "flow_fixture.h"

#define SOURCE IP(10, 9, 0, 9)

static const struct doca_flow_match to_ip4 = { .outer.l3_type = DOCA_FLOW_L3_TYPE_IP4 };

static struct frame to(uint32_t destination)
{
	return frame_udp(SOURCE, destination, 1000, 2000);
}

/* A root without a match, whose only way is on. */
static struct doca_flow_pipe *jump_to(struct doca_flow_pipe *pipe)
{
	struct doca_flow_fwd miss = fwd_pipe(pipe);
	struct doca_flow_pipe_cfg *cfg = pipe_cfg("jump", DOCA_FLOW_PIPE_BASIC, true);

	OK(doca_flow_pipe_cfg_set_nr_entries(cfg, 0));
	return pipe_up(cfg, NULL, &miss);
}

static void control_pipes_go_by_priority(void)
{
	struct doca_flow_match udp = { .parser_meta = { .outer_l3_type = DOCA_FLOW_L3_META_IPV4,
							.outer_l4_type = DOCA_FLOW_L4_META_UDP } };
	struct doca_flow_match host = to_ip4;
	struct doca_flow_fwd to_uplink = fwd_port(UPLINK), to_vf1 = fwd_port(VF1), drop = fwd_drop();
	struct doca_flow_pipe *pipe;
	struct doca_flow_pipe_entry *entry;

	nic_up();
	pipe = pipe_up(pipe_cfg("control", DOCA_FLOW_PIPE_CONTROL, true), NULL, &drop);
	host.outer.ip4.dst_ip = htobe32(IP(10, 0, 0, 1));
	OK(doca_flow_pipe_control_add_entry(0, pipe, &udp, NULL, NULL, NULL, NULL, NULL, NULL, 5, &to_uplink,
					    NULL, NULL));
	OK(doca_flow_pipe_control_add_entry(0, pipe, &host, NULL, NULL, NULL, NULL, NULL, NULL, 1, &to_vf1,
					    NULL, &entry));
	CHECK_EQUAL(doca_flow_pipe_control_add_entry(0, pipe, &host, NULL, NULL, NULL, NULL, NULL, NULL, 8,
						     &to_vf1, NULL, &entry),
		    DOCA_ERROR_INVALID_VALUE);
	process();
	CHECK_EQUAL(heard.added, 2);
	expect(to(IP(10, 0, 0, 1)), VF1);
	expect(to(IP(10, 0, 0, 2)), UPLINK);
	OK(doca_flow_pipe_remove_entry(0, 0, entry));
	process();
	expect(to(IP(10, 0, 0, 1)), UPLINK);
	nic_down();
}

static void lpm_add(struct doca_flow_pipe *pipe, uint32_t prefix, unsigned int length, uint16_t port)
{
	struct doca_flow_match match = to_ip4, mask = { .outer.l3_type = DOCA_FLOW_L3_TYPE_IP4 };
	struct doca_flow_fwd fwd = fwd_port(port);

	match.outer.ip4.dst_ip = htobe32(prefix);
	mask.outer.ip4.dst_ip = htobe32(length > 0 ? UINT32_MAX << (32 - length) : 0);
	OK(doca_flow_pipe_lpm_add_entry(0, pipe, &match, &mask, 0, NULL, NULL, &fwd, 0, NULL, NULL));
}

static void lpm_pipes_take_the_longest_prefix(void)
{
	struct doca_flow_match match = to_ip4;
	struct doca_flow_fwd fwd = fwd_port(UINT16_MAX), drop = fwd_drop();
	struct doca_flow_pipe_cfg *cfg;
	struct doca_flow_pipe *pipe;

	nic_up();
	match.outer.ip4.dst_ip = UINT32_MAX;
	cfg = pipe_cfg("lpm", DOCA_FLOW_PIPE_LPM, false);
	OK(doca_flow_pipe_cfg_set_match(cfg, &match, NULL));
	pipe = pipe_up(cfg, &fwd, &drop);
	jump_to(pipe);
	lpm_add(pipe, IP(10, 0, 0, 0), 8, UPLINK);
	lpm_add(pipe, IP(10, 1, 0, 0), 16, VF1);
	process();
	CHECK_EQUAL(heard.added, 2);
	expect(to(IP(10, 0, 0, 1)), UPLINK);
	expect(to(IP(10, 1, 0, 1)), VF1);
	expect(to(IP(11, 1, 0, 1)), PORTS);
	lpm_add(pipe, 0, 0, VF1);
	process();
	expect(to(IP(11, 1, 0, 1)), VF1);
	nic_down();
}

static void acl_add(struct doca_flow_pipe *pipe, uint16_t first, uint16_t last, uint32_t priority,
		    const struct doca_flow_fwd *fwd)
{
	struct doca_flow_match match = to_ip4, mask = { .outer.l3_type = DOCA_FLOW_L3_TYPE_IP4 };

	match.outer.l4_type_ext = mask.outer.l4_type_ext = DOCA_FLOW_L4_TYPE_EXT_UDP;
	match.parser_meta.outer_l4_type = DOCA_FLOW_L4_META_UDP;
	memset(&mask.parser_meta.outer_l4_type, 0xff, sizeof(mask.parser_meta.outer_l4_type));
	match.outer.udp.l4_port.dst_port = htobe16(first);
	mask.outer.udp.l4_port.dst_port = htobe16(last);
	OK(doca_flow_pipe_acl_add_entry(0, pipe, &match, &mask, 0, NULL, priority, fwd, 0, NULL, NULL));
}

static void acl_pipes_go_by_ranges_and_priority(void)
{
	struct doca_flow_match match = to_ip4;
	struct doca_flow_fwd fwd = { .type = DOCA_FLOW_FWD_CHANGEABLE };
	struct doca_flow_fwd drop = fwd_drop(), to_uplink = fwd_port(UPLINK), to_vf1 = fwd_port(VF1);
	struct doca_flow_pipe_cfg *cfg;
	struct doca_flow_pipe *pipe;

	nic_up();
	match.outer.l4_type_ext = DOCA_FLOW_L4_TYPE_EXT_TCP;
	match.outer.tcp.l4_port.dst_port = UINT16_MAX;
	memset(&match.parser_meta.outer_l4_type, 0xff, sizeof(match.parser_meta.outer_l4_type));
	cfg = pipe_cfg("acl", DOCA_FLOW_PIPE_ACL, false);
	OK(doca_flow_pipe_cfg_set_match(cfg, &match, NULL));
	pipe = pipe_up(cfg, &fwd, &drop);
	jump_to(pipe);
	acl_add(pipe, 80, 90, 10, &to_uplink);
	acl_add(pipe, 85, 85, 5, &to_vf1);
	acl_add(pipe, 89, 89, 20, &to_vf1);
	process();
	CHECK_EQUAL(heard.added, 3);
	expect(frame_udp(SOURCE, SOURCE, 1, 79), PORTS);
	expect(frame_udp(SOURCE, SOURCE, 1, 80), UPLINK);
	expect(frame_udp(SOURCE, SOURCE, 1, 85), VF1);
	expect(frame_udp(SOURCE, SOURCE, 1, 89), UPLINK);
	expect(frame_udp(SOURCE, SOURCE, 1, 91), PORTS);
	nic_down();
}

static struct doca_flow_pipe *hash_pipe(uint32_t algorithm)
{
	struct doca_flow_match match = to_ip4;
	struct doca_flow_fwd fwd = fwd_port(UINT16_MAX), member;
	struct doca_flow_pipe_cfg *cfg = pipe_cfg("hash", DOCA_FLOW_PIPE_HASH, false);
	struct doca_flow_pipe *pipe;
	static const uint16_t members[] = { UPLINK, VF1 };

	/* A mask alone: it names the fields that count. */
	match.outer.ip4.dst_ip = UINT32_MAX;
	CHECK_EQUAL(doca_flow_pipe_cfg_set_match(cfg, NULL, NULL), DOCA_ERROR_INVALID_VALUE);
	if (algorithm != DOCA_FLOW_PIPE_HASH_MAP_ALGORITHM_FLOODING)
		OK(doca_flow_pipe_cfg_set_match(cfg, NULL, &match));
	OK(doca_flow_pipe_cfg_set_nr_entries(cfg, 2));
	OK(doca_flow_pipe_cfg_set_hash_map_algorithm(cfg, algorithm));
	pipe = pipe_up(cfg, &fwd, NULL);
	for (uint32_t index = 0; index < 2; index++) {
		member = fwd_port(members[index]);
		OK(doca_flow_pipe_hash_add_entry(0, pipe, index, 0, NULL, NULL, &member, 0, NULL, NULL));
	}
	process();
	return pipe;
}

static void hash_pipes_choose_one(void)
{
	struct doca_flow_pipe *pipe;
	unsigned int found[PORTS] = { 0 };

	nic_up();
	pipe = hash_pipe(DOCA_FLOW_PIPE_HASH_MAP_ALGORITHM_HASH);
	jump_to(pipe);
	for (uint32_t host = 0; host < 64; host++) {
		struct doca_flow_match match = to_ip4;
		uint32_t hash;

		match.outer.ip4.dst_ip = htobe32(IP(10, 0, 0, 0) + host);
		OK(doca_flow_pipe_calc_hash(pipe, &match, &hash));
		inject(VF0, to(IP(10, 0, 0, 0) + host));
		for (uint16_t port = 0; port < PORTS; port++) {
			if (!sent(port, NULL))
				continue;
			found[port]++;
			CHECK_EQUAL(hash & 1, port == VF1);
		}
	}
	CHECK(found[UPLINK] > 8 && found[VF1] > 8);
	CHECK_EQUAL(found[UPLINK] + found[VF1], 64);
	nic_down();
}

static void flooding_reaches_all(void)
{
	nic_up();
	jump_to(hash_pipe(DOCA_FLOW_PIPE_HASH_MAP_ALGORITHM_FLOODING));
	inject(VF0, to(IP(10, 0, 0, 1)));
	CHECK(sent(UPLINK, NULL));
	CHECK(sent(VF1, NULL));
	CHECK(!sent(VF0, NULL));
	nic_down();
}

static void ordered_lists_act_by_index(void)
{
	struct doca_flow_actions actions = { .outer = { .l3_type = DOCA_FLOW_L3_TYPE_IP4,
							.ip4.src_ip = UINT32_MAX } };
	struct doca_flow_monitor monitor = { .counter_type = DOCA_FLOW_RESOURCE_TYPE_NON_SHARED };
	const struct doca_flow_ordered_list_element elements[] = {
		{ .type = DOCA_FLOW_ORDERED_LIST_ELEMENT_ACTIONS, .actions = &actions },
		{ .type = DOCA_FLOW_ORDERED_LIST_ELEMENT_MONITOR, .monitor = &monitor },
	};
	struct doca_flow_ordered_list list = { .idx = 0, .size = 2, .elements = elements };
	struct doca_flow_ordered_list *lists[] = { &list };
	struct doca_flow_fwd fwd = fwd_port(UPLINK), drop = fwd_drop();
	struct doca_flow_pipe_cfg *cfg;
	struct doca_flow_pipe *pipe, *root;
	struct doca_flow_pipe_entry *entry;
	struct frame frame;

	nic_up();
	cfg = pipe_cfg("ordered", DOCA_FLOW_PIPE_ORDERED_LIST, false);
	OK(doca_flow_pipe_cfg_set_nr_entries(cfg, 4));
	OK(doca_flow_pipe_cfg_set_ordered_lists(cfg, lists, 1));
	pipe = pipe_up(cfg, &fwd, NULL);
	actions.outer.ip4.src_ip = htobe32(IP(1, 2, 3, 4));
	OK(doca_flow_pipe_ordered_list_add_entry(0, pipe, 3, &list, NULL, 0, NULL, &entry));
	fwd = (struct doca_flow_fwd){ .type = DOCA_FLOW_FWD_ORDERED_LIST_PIPE,
				      .ordered_list_pipe = { pipe, 3 } };
	cfg = pipe_cfg("root", DOCA_FLOW_PIPE_BASIC, true);
	OK(doca_flow_pipe_cfg_set_match(cfg, &to_ip4, NULL));
	root = pipe_up(cfg, &fwd, &drop);
	OK(doca_flow_pipe_basic_add_entry(0, root, NULL, 0, NULL, NULL, NULL, 0, NULL, NULL));
	process();
	CHECK_EQUAL(heard.added, 2);
	inject(VF0, to(IP(10, 0, 0, 1)));
	CHECK(sent(UPLINK, &frame));
	CHECK_EQUAL(frame.bytes[26] << 24 | frame.bytes[27] << 16 | frame.bytes[28] << 8 | frame.bytes[29],
		    IP(1, 2, 3, 4));
	CHECK_EQUAL(packets_of(entry), 1);
	nic_down();
}

/* The egress root: what software sent goes by its metadata, the rest is encapsulated. */
static struct doca_flow_pipe *egress_root(void)
{
	struct doca_flow_match match = { .meta.pkt_meta = UINT32_MAX };
	struct doca_flow_actions encap = {
		.encap_type = DOCA_FLOW_RESOURCE_TYPE_NON_SHARED,
		.encap_cfg = {
			.is_l2 = true,
			.encap = {
				.outer = {
					.eth = { .src_mac = { 2, 1 }, .dst_mac = { 2, 2 } },
					.l3_type = DOCA_FLOW_L3_TYPE_IP4,
					.ip4 = { .src_ip = htobe32(IP(192, 0, 2, 1)),
						 .dst_ip = htobe32(IP(192, 0, 2, 2)),
						 .ttl = 64 },
					.l4_type_ext = DOCA_FLOW_L4_TYPE_EXT_UDP,
					.udp.l4_port.dst_port = htobe16(4789),
				},
				.tun = { .type = DOCA_FLOW_TUN_VXLAN, .vxlan_tun_id = UINT32_MAX },
			},
		},
	};
	struct doca_flow_actions *actions[] = { &encap };
	struct doca_flow_fwd fwd = fwd_port(UPLINK), drop = fwd_drop();
	struct doca_flow_pipe_cfg *cfg = pipe_cfg("egress", DOCA_FLOW_PIPE_BASIC, true);
	struct doca_flow_pipe *pipe;

	OK(doca_flow_pipe_cfg_set_domain(cfg, DOCA_FLOW_PIPE_DOMAIN_EGRESS));
	OK(doca_flow_pipe_cfg_set_match(cfg, &match, NULL));
	OK(doca_flow_pipe_cfg_set_actions(cfg, actions, NULL, NULL, 1));
	pipe = pipe_up(cfg, &fwd, &drop);
	match.meta.pkt_meta = htobe32(7);
	encap.encap_cfg.encap.tun.vxlan_tun_id = htobe32(0x1234);
	OK(doca_flow_pipe_basic_add_entry(0, pipe, &match, 0, &encap, NULL, NULL, 0, NULL, NULL));
	process();
	return pipe;
}

static void egress_encapsulates(void)
{
	struct doca_flow_actions set = { .meta.pkt_meta = htobe32(7) };
	struct doca_flow_actions *actions[] = { &set };
	struct doca_flow_fwd fwd;
	struct doca_flow_pipe_cfg *cfg;
	struct doca_flow_pipe *root;
	struct frame frame = to(IP(10, 0, 0, 1)), outer;

	nic_up();
	fwd = fwd_pipe(egress_root());
	cfg = pipe_cfg("root", DOCA_FLOW_PIPE_BASIC, true);
	OK(doca_flow_pipe_cfg_set_match(cfg, &to_ip4, NULL));
	OK(doca_flow_pipe_cfg_set_actions(cfg, actions, NULL, NULL, 1));
	root = pipe_up(cfg, &fwd, NULL);
	OK(doca_flow_pipe_basic_add_entry(0, root, NULL, 0, NULL, NULL, NULL, 0, NULL, NULL));
	process();
	inject(VF0, frame);
	CHECK(sent(UPLINK, &outer));
	CHECK_EQUAL(outer.length, frame.length + 50);
	CHECK(memcmp(outer.bytes + 50, frame.bytes, frame.length) == 0);
	CHECK_EQUAL(outer.bytes[46] << 16 | outer.bytes[47] << 8 | outer.bytes[48], 0x1234);
	CHECK(outer.bytes[34] >= 0xc0);
	softnic_set_source_port(0);
	OK(softnic_send(ports[UPLINK], 7, frame.bytes, frame.length));
	CHECK(sent(UPLINK, &outer));
	CHECK_EQUAL(outer.length, frame.length + 50);
	CHECK_EQUAL(outer.bytes[34] << 8 | outer.bytes[35], 0);
	softnic_set_source_port(1);
	OK(softnic_send(ports[UPLINK], 8, frame.bytes, frame.length));
	CHECK(!sent(UPLINK, NULL));
	nic_down();
}

static void software_is_reached_and_sends(void)
{
	uint16_t queues[] = { 3 };
	struct doca_flow_actions set = { .meta.pkt_meta = htobe32(0xabcd) };
	struct doca_flow_actions *actions[] = { &set };
	struct doca_flow_fwd fwd = fwd_rss(queues, 1);
	struct doca_flow_pipe_cfg *cfg;
	struct doca_flow_pipe *root;
	struct frame frame = to(IP(10, 0, 0, 1));
	struct softnic_received received;
	uint8_t bytes[256];

	nic_up();
	cfg = pipe_cfg("punt", DOCA_FLOW_PIPE_BASIC, true);
	OK(doca_flow_pipe_cfg_set_match(cfg, &to_ip4, NULL));
	OK(doca_flow_pipe_cfg_set_actions(cfg, actions, NULL, NULL, 1));
	root = pipe_up(cfg, &fwd, NULL);
	queues[0] = 9; /* the pipe has its own */
	OK(doca_flow_pipe_basic_add_entry(0, root, NULL, 0, NULL, NULL, NULL, 0, NULL, NULL));
	process();
	expect(frame, PORTS);
	OK(softnic_receive(ports[UPLINK], 3, &received, bytes, sizeof(bytes), 0));
	CHECK_EQUAL(received.length, frame.length);
	CHECK_EQUAL(received.pkt_meta, 0xabcd);
	CHECK_EQUAL(received.port_id, VF0);
	CHECK_EQUAL(received.queue, 3);
	/* Without an egress root the metadata is the port. */
	OK(softnic_send(ports[UPLINK], VF1, frame.bytes, frame.length));
	CHECK(sent(VF1, NULL));
	CHECK_EQUAL(softnic_send(ports[UPLINK], 99, frame.bytes, frame.length), DOCA_ERROR_NOT_FOUND);
	for (unsigned int count = 0; count < 4100; count++)
		inject(VF0, frame);
	CHECK_EQUAL(statistics().software, 1 + 4096);
	CHECK_EQUAL(statistics().software_dropped, 4);
	CHECK_EQUAL(statistics().software_sent, 1);
	nic_down();
}

static void what_no_pipe_decides_follows_the_default(void)
{
	struct doca_flow_target *kernel;
	struct doca_flow_fwd fwd = { .type = DOCA_FLOW_FWD_TARGET }, drop = fwd_drop();
	struct doca_flow_pipe_cfg *cfg;
	struct doca_flow_resource_query query;
	struct softnic_received received;
	struct frame frame = to(IP(10, 0, 0, 1));
	struct doca_flow_pipe *pipe;
	uint8_t bytes[256];

	nic_up();
	expect(frame, PORTS);
	CHECK_EQUAL(statistics().to_kernel, 1);
	CHECK_EQUAL(doca_flow_port_query_default_miss(ports[UPLINK], &query), DOCA_ERROR_INVALID_VALUE);
	OK(doca_flow_port_update_default_miss(ports[UPLINK], DOCA_FLOW_PORT_DEFAULT_MISS_RSS, true));
	expect(frame, PORTS);
	OK(softnic_receive(ports[UPLINK], 0, &received, bytes, sizeof(bytes), 0));
	OK(doca_flow_port_query_default_miss(ports[UPLINK], &query));
	CHECK_EQUAL(query.counter.total_pkts, 1);
	CHECK_EQUAL(query.counter.total_bytes, frame.length);
	OK(doca_flow_port_update_default_miss(ports[UPLINK], DOCA_FLOW_PORT_DEFAULT_MISS_DROP, true));
	expect(frame, PORTS);
	CHECK_EQUAL(statistics().to_kernel, 1);
	CHECK_EQUAL(statistics().software, 1);
	/* A pipe without a miss of its own, and one that sends to the kernel. */
	OK(doca_flow_get_target(DOCA_FLOW_TARGET_KERNEL, &kernel));
	fwd.target = kernel;
	cfg = pipe_cfg("kernel", DOCA_FLOW_PIPE_CONTROL, true);
	OK(doca_flow_pipe_cfg_set_miss_counter(cfg, true));
	pipe = pipe_up(cfg, NULL, NULL);
	expect(frame, PORTS);
	OK(doca_flow_port_query_default_miss(ports[UPLINK], &query));
	CHECK_EQUAL(query.counter.total_pkts, 2);
	OK(doca_flow_pipe_control_add_entry(0, pipe, &to_ip4, NULL, NULL, NULL, NULL, NULL, NULL, 0, &fwd,
					    NULL, NULL));
	process();
	expect(frame, PORTS);
	CHECK_EQUAL(statistics().to_kernel, 2);
	doca_flow_port_pipes_flush(ports[UPLINK]);
	cfg = pipe_cfg("miss", DOCA_FLOW_PIPE_CONTROL, true);
	OK(doca_flow_pipe_cfg_set_miss_counter(cfg, true));
	pipe = pipe_up(cfg, NULL, &drop);
	expect(frame, PORTS);
	OK(doca_flow_pipe_update_miss(pipe, &fwd));
	expect(frame, PORTS);
	CHECK_EQUAL(statistics().to_kernel, 3);
	OK(doca_flow_resource_query_pipe_miss(pipe, &query));
	CHECK_EQUAL(query.counter.total_pkts, 2);
	fwd = fwd_port(UPLINK);
	CHECK_EQUAL(doca_flow_pipe_update_miss(pipe, &fwd), DOCA_ERROR_NOT_SUPPORTED);
	nic_down();
}

static void a_dump_and_a_trace_name_the_pipe(void)
{
	char text[4096] = "";
	FILE *file = fmemopen(text, sizeof(text), "w");
	struct doca_flow_pipe *pipe;

	CHECK(file != NULL);
	nic_up();
	pipe = destination_pipe();
	destination_add(pipe, IP(10, 0, 0, 1), UPLINK, 0);
	softnic_trace(file);
	expect(to(IP(10, 0, 0, 1)), UPLINK);
	softnic_trace(NULL);
	expect(to(IP(10, 0, 0, 1)), UPLINK);
	fflush(file);
	CHECK(strstr(text, "port 1, 64 bytes: to port 0") != NULL);
	CHECK(strstr(text, "port 1, 64 bytes: pipe \"destination\": entry") != NULL);
	rewind(file);
	doca_flow_pipe_dump(pipe, file);
	fclose(file);
	CHECK(strstr(text, "destination") != NULL);
	nic_down();
}

int main(void)
{
	devices_open();
	control_pipes_go_by_priority();
	lpm_pipes_take_the_longest_prefix();
	acl_pipes_go_by_ranges_and_priority();
	hash_pipes_choose_one();
	flooding_reaches_all();
	ordered_lists_act_by_index();
	egress_encapsulates();
	software_is_reached_and_sends();
	what_no_pipe_decides_follows_the_default();
	a_dump_and_a_trace_name_the_pipe();
	devices_close();
	return 0;
}
