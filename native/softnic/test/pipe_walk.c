/* SPDX-License-Identifier: Apache-2.0 */
/* Forwards, misses, domains, counters, meters in pipes, poison, and what pipes refuse, rule by rule. */
#include <netinet/in.h>

#include "pipe_fixture.h"

static struct doca_flow_pipe *any_to(struct doca_flow_fwd fwd)
{
	struct pipe_spec spec = basic_to(0);
	struct doca_flow_pipe *pipe;

	spec.fwd = fwd;
	pipe = pipe_new(&spec);
	entry_new(pipe, &(struct entry_spec){ .index = 0 });
	return pipe;
}

static struct frame udp_frame(uint16_t sport)
{
	return frame_ip4((struct tuple){ .src = IP(10, 0, 0, 1), .dst = IP(10, 0, 0, 2),
					 .proto = IPPROTO_UDP, .sport = sport, .dport = 53 });
}

/* Where fwd leads, and what of it may be changeable: CHANGEABLE, port 0xffff, next_pipe NULL. */
static void test_forwards(void)
{
	static int kernel;
	struct doca_flow_target *target = (struct doca_flow_target *)&kernel;
	struct doca_flow_fwd port_fwd = { .type = DOCA_FLOW_FWD_PORT, .port_id = 3 };
	struct doca_flow_fwd drop = { .type = DOCA_FLOW_FWD_DROP };
	struct doca_flow_fwd to_target = { .type = DOCA_FLOW_FWD_TARGET, .target = target };
	struct pipe_spec spec = basic_to(0);
	struct frame frame = frame_arp();
	struct doca_flow_pipe *pipe = any_to(port_fwd), *first;
	struct doca_flow_fwd on = { .type = DOCA_FLOW_FWD_PIPE, .next_pipe = pipe };
	struct doca_flow_pipe_entry *entry;

	CHECK_EQUAL(port_of(pipe, &frame), 3);
	CHECK_EQUAL(port_of(any_to(drop), &frame), -1);
	CHECK_EQUAL(port_of(any_to(on), &frame), 3);
	CHECK_EQUAL(send_frame(any_to(to_target), &frame, 0), 1);
	CHECK_EQUAL(fates[0].kind, FATE_KERNEL);
	/* Concrete in the template: it holds, whatever an entry or its update brings. */
	spec.fwd = port_fwd;
	first = pipe_new(&spec);
	entry = entry_new(first, &(struct entry_spec){ .fwd = &drop });
	CHECK_EQUAL(port_of(first, &frame), 3);
	CHECK_EQUAL(entry_update(entry, &(struct entry_spec){ .fwd = &drop }), DOCA_SUCCESS);
	CHECK_EQUAL(port_of(first, &frame), 3);

	spec.fwd = (struct doca_flow_fwd){ .type = DOCA_FLOW_FWD_CHANGEABLE };
	pipe = pipe_new(&spec);
	CHECK_EQUAL(entry_try(pipe, &(struct entry_spec){ .fwd = NULL }), DOCA_ERROR_INVALID_VALUE);
	CHECK_EQUAL(entry_try(pipe, &(struct entry_spec){ .fwd = &spec.fwd }), DOCA_ERROR_INVALID_VALUE);
	entry_new(pipe, &(struct entry_spec){ .fwd = &on });
	CHECK_EQUAL(port_of(pipe, &frame), 3);
	first = pipe;

	spec.fwd = (struct doca_flow_fwd){ .type = DOCA_FLOW_FWD_PORT, .port_id = UINT16_MAX };
	pipe = pipe_new(&spec);
	CHECK_EQUAL(entry_try(pipe, &(struct entry_spec){ .fwd = &drop }), DOCA_ERROR_INVALID_VALUE);
	CHECK_EQUAL(entry_try(pipe, &(struct entry_spec){ .fwd = &spec.fwd }), DOCA_ERROR_INVALID_VALUE);
	entry_new(pipe, &(struct entry_spec){ .fwd = &port_fwd });
	CHECK_EQUAL(port_of(pipe, &frame), 3);

	spec.fwd = (struct doca_flow_fwd){ .type = DOCA_FLOW_FWD_PIPE };
	pipe = pipe_new(&spec);
	CHECK_EQUAL(entry_try(pipe, &(struct entry_spec){ .fwd = &port_fwd }), DOCA_ERROR_INVALID_VALUE);
	entry_new(pipe, &(struct entry_spec){ .fwd = &on });
	CHECK_EQUAL(port_of(pipe, &frame), 3);
	/* A pipe that is gone: dropped. */
	pipe_drop(on.next_pipe);
	CHECK_EQUAL(port_of(pipe, &frame), -1);
	CHECK_EQUAL(port_of(first, &frame), -1);
}

/* RSS: queues by the flow over the flags' fields; changeable queues; shared ones. */
static void test_rss(void)
{
	uint16_t queues[] = { 4, 5, 6, 7 };
	struct doca_flow_fwd fwd = {
		.type = DOCA_FLOW_FWD_RSS,
		.rss_type = DOCA_FLOW_RESOURCE_TYPE_NON_SHARED,
		.rss = { .outer_flags = DOCA_FLOW_RSS_IPV4 | DOCA_FLOW_RSS_UDP, .queues_array = queues,
			 .nr_queues = 4 },
	};
	struct shared_resource *shared = &nic.shared[DOCA_FLOW_SHARED_RESOURCE_RSS][3];
	struct doca_flow_pipe *pipe = any_to(fwd);
	unsigned int seen[8] = { 0 };
	struct pipe_spec spec;
	struct frame frame;

	for (uint16_t i = 0; i < 400; i++) {
		uint32_t queue;

		frame = udp_frame(i);
		CHECK_EQUAL(send_frame(pipe, &frame, 0), 1);
		CHECK_EQUAL(fates[0].kind, FATE_SOFTWARE);
		queue = fates[0].where;
		CHECK(queue >= 4 && queue < 8);
		seen[queue]++;
		CHECK_EQUAL(send_frame(pipe, &frame, 0), 1);
		CHECK_EQUAL(fates[0].where, queue);
	}
	for (size_t i = 4; i < 8; i++)
		CHECK(seen[i] > 50);
	/* Ports do not count: one flow. */
	fwd.rss.outer_flags = DOCA_FLOW_RSS_IPV4;
	pipe = any_to(fwd);
	memset(seen, 0, sizeof(seen));
	for (uint16_t i = 0; i < 40; i++) {
		frame = udp_frame(i);
		CHECK_EQUAL(send_frame(pipe, &frame, 0), 1);
		seen[fates[0].where]++;
	}
	CHECK(seen[4] == 40 || seen[5] == 40 || seen[6] == 40 || seen[7] == 40);

	spec = basic_to(0);
	spec.fwd = fwd;
	spec.fwd.rss.nr_queues = -1;
	pipe = pipe_new(&spec);
	CHECK_EQUAL(entry_try(pipe, &(struct entry_spec){ .fwd = NULL }), DOCA_ERROR_INVALID_VALUE);
	fwd.rss.nr_queues = 1;
	entry_new(pipe, &(struct entry_spec){ .fwd = &fwd });
	CHECK_EQUAL(send_frame(pipe, &frame, 0), 1);
	CHECK_EQUAL(fates[0].where, 4);

	fwd = (struct doca_flow_fwd){ .type = DOCA_FLOW_FWD_RSS,
				      .rss_type = DOCA_FLOW_RESOURCE_TYPE_SHARED };
	fwd.shared_rss_id = 3;
	spec.fwd = fwd;
	CHECK_EQUAL(pipe_try(&spec), DOCA_ERROR_INVALID_VALUE);
	shared->configured = true;
	shared->cfg.rss_cfg.queues_array = queues + 2;
	shared->cfg.rss_cfg.nr_queues = 1;
	CHECK_EQUAL(send_frame(any_to(fwd), &frame, 0), 1);
	CHECK_EQUAL(fates[0].where, 6);
}

/* fwd_miss: PIPE, DROP, TARGET, at run time; without one the port's default; without a root, too. */
static void test_misses(void)
{
	struct doca_flow_fwd port_fwd = { .type = DOCA_FLOW_FWD_PORT, .port_id = 3 };
	struct doca_flow_fwd on = { .type = DOCA_FLOW_FWD_PIPE, .next_pipe = any_to(port_fwd) };
	struct pipe_spec spec = basic_to(0);
	struct frame frame = frame_arp();
	struct doca_flow_pipe *pipe = pipe_new(&spec);

	CHECK_EQUAL(port_of(pipe, &frame), -1);
	CHECK_EQUAL(pipe_set_miss(pipe, &on), DOCA_SUCCESS);
	CHECK_EQUAL(port_of(pipe, &frame), 3);
	CHECK_EQUAL(pipe_set_miss(pipe, &port_fwd), DOCA_ERROR_NOT_SUPPORTED);
	on.next_pipe = NULL;
	CHECK_EQUAL(pipe_set_miss(pipe, &on), DOCA_ERROR_INVALID_VALUE);
	CHECK_EQUAL(port_of(pipe, &frame), 3);
	CHECK_EQUAL(pipe_set_miss(pipe, NULL), DOCA_SUCCESS);
	walk.default_miss = MISS_KERNEL;
	port.counts_missed = true;
	CHECK_EQUAL(send_frame(pipe, &frame, 0), 1);
	CHECK_EQUAL(fates[0].kind, FATE_KERNEL);
	walk.default_miss = MISS_SOFTWARE;
	CHECK_EQUAL(send_frame(pipe, &frame, 0), 1);
	CHECK_EQUAL(fates[0].kind, FATE_SOFTWARE);
	CHECK_EQUAL(port.missed.packets, 2);
	CHECK_EQUAL(send_frame(NULL, &frame, 0), 1);
	walk.default_miss = MISS_DROP;
	CHECK_EQUAL(send_frame(NULL, &frame, 0), 0);
	CHECK_EQUAL(send_frame(pipe, &frame, 0), 0);
}

/* What goes round is dropped after WALK_PIPES_MAX pipes and counted. */
static void test_loop(void)
{
	struct doca_flow_fwd on = { .type = DOCA_FLOW_FWD_PIPE };
	struct pipe_spec spec = basic_to(0);
	struct frame frame = frame_arp();
	struct doca_flow_pipe_entry *entry;
	struct doca_flow_pipe *pipe;

	spec.fwd = on;
	spec.has_monitor = true;
	spec.monitor.counter_type = DOCA_FLOW_RESOURCE_TYPE_NON_SHARED;
	pipe = pipe_new(&spec);
	on.next_pipe = pipe;
	entry = entry_new(pipe, &(struct entry_spec){ .fwd = &on });
	CHECK_EQUAL(send_frame(pipe, &frame, 0), 0);
	CHECK_EQUAL(walk.loops, 1);
	CHECK_EQUAL(entry->count.packets, WALK_PIPES_MAX);
}

/* DEFAULT → EGRESS is a way, and EGRESS → DEFAULT none, except for floods. */
static void test_domains(void)
{
	struct pipe_spec spec = basic_to(5);
	struct frame frame = frame_arp();
	struct doca_flow_pipe *egress, *plain = any_to(spec.fwd);

	spec.domain = DOCA_FLOW_PIPE_DOMAIN_EGRESS;
	spec.is_root = true;
	egress = pipe_new(&spec);
	entry_new(egress, &(struct entry_spec){ .index = 0 });
	CHECK_EQUAL(port_of(any_to((struct doca_flow_fwd){ .type = DOCA_FLOW_FWD_PIPE,
							   .next_pipe = egress }),
			    &frame),
		    5);
	spec.is_root = false;
	spec.fwd = (struct doca_flow_fwd){ .type = DOCA_FLOW_FWD_PIPE, .next_pipe = plain };
	CHECK_EQUAL(pipe_try(&spec), DOCA_ERROR_INVALID_VALUE);
	spec.miss = spec.fwd;
	spec.fwd = (struct doca_flow_fwd){ .type = DOCA_FLOW_FWD_DROP };
	CHECK_EQUAL(pipe_try(&spec), DOCA_ERROR_INVALID_VALUE);
	spec.fwd = spec.miss;
	spec.has_miss = false;
	spec.type = DOCA_FLOW_PIPE_HASH;
	spec.hash_algorithm = DOCA_FLOW_PIPE_HASH_MAP_ALGORITHM_FLOODING;
	CHECK_EQUAL(pipe_try(&spec), DOCA_SUCCESS);
	spec.domain = DOCA_FLOW_PIPE_DOMAIN_SECURE_EGRESS;
	spec.hash_algorithm = 0;
	CHECK_EQUAL(pipe_try(&spec), DOCA_ERROR_INVALID_VALUE);
	spec.domain = DOCA_FLOW_PIPE_DOMAIN_SECURE_INGRESS;
	CHECK_EQUAL(pipe_try(&spec), DOCA_SUCCESS);
}

/* What pipe_build refuses. */
static void test_build_refuses(void)
{
	struct pipe_spec spec = basic_to(5), root = spec;
	struct doca_flow_fwd fwd = spec.fwd;

	root.is_root = true;
	port.roots[DOCA_FLOW_PIPE_DOMAIN_DEFAULT] = pipe_new(&root);
	CHECK_EQUAL(pipe_try(&root), DOCA_ERROR_INVALID_VALUE);
	root.domain = DOCA_FLOW_PIPE_DOMAIN_EGRESS;
	CHECK_EQUAL(pipe_try(&root), DOCA_SUCCESS);
	root.has_match = true;
	root.match.outer.l3_type = DOCA_FLOW_L3_TYPE_IP4;
	root.match.outer.ip4.dst_ip = UINT32_MAX;
	root.type = DOCA_FLOW_PIPE_LPM;
	CHECK_EQUAL(pipe_try(&root), DOCA_ERROR_INVALID_VALUE);
	root.type = DOCA_FLOW_PIPE_ACL;
	CHECK_EQUAL(pipe_try(&root), DOCA_ERROR_INVALID_VALUE);
	root.is_root = false;
	CHECK_EQUAL(pipe_try(&root), DOCA_SUCCESS);
	root.type = 55;
	CHECK_EQUAL(pipe_try(&root), DOCA_ERROR_NOT_SUPPORTED);
	spec.has_mask = true; /* without a match */
	CHECK_EQUAL(pipe_try(&spec), DOCA_ERROR_INVALID_VALUE);
	spec.has_mask = false;
	spec.miss = fwd; /* PORT */
	CHECK_EQUAL(pipe_try(&spec), DOCA_ERROR_NOT_SUPPORTED);
	spec.has_miss = spec.has_fwd = false;
	CHECK_EQUAL(pipe_try(&spec), DOCA_ERROR_INVALID_VALUE);
	spec.has_fwd = true;
	spec.fwd = (struct doca_flow_fwd){ .type = DOCA_FLOW_FWD_TARGET };
	CHECK_EQUAL(pipe_try(&spec), DOCA_ERROR_INVALID_VALUE);
	spec.fwd.type = 55;
	CHECK_EQUAL(pipe_try(&spec), DOCA_ERROR_INVALID_VALUE);
}

/* Counters: packets and the bytes of the frame as it arrives; shared ones by id; last_hit. */
static void test_counters(void)
{
	struct pipe_spec spec = basic_to(5);
	struct doca_flow_monitor monitor = { .shared_counter.shared_counter_id = 1 };
	struct frame frame = udp_frame(1);
	struct doca_flow_pipe_entry *entry;
	struct doca_flow_pipe *pipe;
	struct count counts[2];

	spec.has_monitor = true;
	spec.monitor.counter_type = DOCA_FLOW_RESOURCE_TYPE_NON_SHARED;
	pipe = pipe_new(&spec);
	entry = entry_new(pipe, &(struct entry_spec){ .index = 0 });
	walk.now_ns = 123456;
	CHECK_EQUAL(port_of(pipe, &frame), 5);
	CHECK_EQUAL(port_of(pipe, &frame), 5);
	CHECK_EQUAL(entry_counts(entry, counts, 2), 1);
	CHECK_EQUAL(counts[0].packets, 2);
	CHECK_EQUAL(counts[0].bytes, 2 * frame.length);
	CHECK_EQUAL(entry->last_hit_ns, 123456);

	spec.monitor = (struct doca_flow_monitor){ .counter_type = DOCA_FLOW_RESOURCE_TYPE_SHARED };
	spec.monitor.shared_counter.shared_counter_id = UINT32_MAX;
	pipe = pipe_new(&spec);
	CHECK_EQUAL(entry_try(pipe, &(struct entry_spec){ .monitor = &monitor }),
		    DOCA_ERROR_INVALID_VALUE);
	CHECK_EQUAL(entry_try(pipe, &(struct entry_spec){ .monitor = NULL }), DOCA_ERROR_INVALID_VALUE);
	nic.shared[DOCA_FLOW_SHARED_RESOURCE_COUNTER][1].configured = true;
	entry_new(pipe, &(struct entry_spec){ .monitor = &monitor });
	CHECK_EQUAL(port_of(pipe, &frame), 5);
	CHECK_EQUAL(nic.shared[DOCA_FLOW_SHARED_RESOURCE_COUNTER][1].count.bytes, frame.length);
	/* A counter or ageing that the pipe has not. */
	spec.has_monitor = false;
	pipe = pipe_new(&spec);
	monitor = (struct doca_flow_monitor){ .counter_type = DOCA_FLOW_RESOURCE_TYPE_NON_SHARED };
	CHECK_EQUAL(entry_try(pipe, &(struct entry_spec){ .monitor = &monitor }),
		    DOCA_ERROR_INVALID_VALUE);
	monitor = (struct doca_flow_monitor){ .aging_sec = 3 };
	CHECK_EQUAL(entry_try(pipe, &(struct entry_spec){ .monitor = &monitor }),
		    DOCA_ERROR_INVALID_VALUE);
}

/* A pipe that drops RED and lets through the rest, by an explicit mask of two bits. */
static struct doca_flow_pipe *colour_pipe(void)
{
	struct pipe_spec spec = { .type = DOCA_FLOW_PIPE_CONTROL, .nr_entries = 4 };
	struct doca_flow_match match = { .parser_meta.meter_color = DOCA_FLOW_METER_COLOR_RED }, mask = match;
	struct doca_flow_fwd drop = { .type = DOCA_FLOW_FWD_DROP };
	struct doca_flow_fwd pass = { .type = DOCA_FLOW_FWD_PORT, .port_id = 5 };
	struct doca_flow_pipe *pipe = pipe_new(&spec);

	*(uint8_t *)&mask.parser_meta.meter_color = 3;
	entry_new(pipe, &(struct entry_spec){ .match = &match, .mask = &mask, .fwd = &drop });
	match.parser_meta.meter_color = DOCA_FLOW_METER_COLOR_GREEN;
	entry_new(pipe, &(struct entry_spec){ .match = &match, .mask = &mask, .fwd = &pass });
	return pipe;
}

/* Meters colour, the next pipe drops; cir and cbs all ones are the entry's. */
static void test_meters_in_pipes(void)
{
	struct pipe_spec spec = basic_to(0);
	struct doca_flow_monitor monitor = { .meter_type = DOCA_FLOW_RESOURCE_TYPE_NON_SHARED };
	struct doca_flow_resource_meter_cfg cfg = { .limit_type = DOCA_FLOW_METER_LIMIT_TYPE_PACKETS,
						    .cir = 1, .cbs = 2 };
	struct shared_resource *shared = &nic.shared[DOCA_FLOW_SHARED_RESOURCE_METER][2];
	struct frame frame = udp_frame(1);
	struct doca_flow_pipe *pipe;

	spec.fwd = (struct doca_flow_fwd){ .type = DOCA_FLOW_FWD_PIPE, .next_pipe = colour_pipe() };
	spec.has_monitor = true;
	spec.monitor.meter_type = DOCA_FLOW_RESOURCE_TYPE_NON_SHARED;
	spec.monitor.non_shared_meter.cir = spec.monitor.non_shared_meter.cbs = UINT64_MAX;
	pipe = pipe_new(&spec);
	CHECK_EQUAL(entry_try(pipe, &(struct entry_spec){ .monitor = NULL }), DOCA_ERROR_INVALID_VALUE);
	monitor.non_shared_meter.cir = frame.length; /* one a second */
	monitor.non_shared_meter.cbs = 2 * frame.length + 1;
	entry_new(pipe, &(struct entry_spec){ .monitor = &monitor });
	CHECK_EQUAL(port_of(pipe, &frame), 5);
	CHECK_EQUAL(port_of(pipe, &frame), 5);
	CHECK_EQUAL(port_of(pipe, &frame), -1);
	walk.now_ns += 1000000000;
	CHECK_EQUAL(port_of(pipe, &frame), 5);
	CHECK_EQUAL(port_of(pipe, &frame), -1);

	/* Shared, by id; its entries share the tokens. */
	spec.monitor = (struct doca_flow_monitor){ .meter_type = DOCA_FLOW_RESOURCE_TYPE_SHARED };
	spec.monitor.shared_meter.shared_meter_id = UINT32_MAX;
	monitor = spec.monitor;
	monitor.shared_meter.shared_meter_id = 2;
	pipe = pipe_new(&spec);
	CHECK_EQUAL(entry_try(pipe, &(struct entry_spec){ .monitor = &monitor }),
		    DOCA_ERROR_INVALID_VALUE);
	shared->configured = true;
	shared->meter = meter_new(&cfg);
	entry_new(pipe, &(struct entry_spec){ .monitor = &monitor });
	CHECK_EQUAL(port_of(pipe, &frame), 5);
	CHECK_EQUAL(port_of(pipe, &frame), 5);
	CHECK_EQUAL(port_of(pipe, &frame), -1);
}

/* Scratch words have no value at first, and composite pipes use theirs: u32[0] LPM (u32[1] with exact
 * match), u32[0..3] ACL, u32[3]'s upper half HASH, u32[1]'s low byte meters. */
static uint32_t clobbered(struct pipe_spec *spec)
{
	struct doca_flow_fwd on = { .type = DOCA_FLOW_FWD_PIPE };
	struct doca_flow_actions actions = { .meta.pkt_meta = 0 }, mask = { .meta.pkt_meta = 0 };
	struct doca_flow_actions *list = &actions, *masks = &mask;
	struct pipe_spec set = basic_to(0);
	struct frame frame = udp_frame(1);
	struct doca_flow_pipe *pipe;
	uint32_t changed = 0;

	on.next_pipe = pipe_new(spec);
	memset(mask.meta.u32, 0xff, sizeof(mask.meta.u32));
	set.fwd = on;
	set.actions = &list;
	set.action_masks = &masks;
	set.nr_actions = 1;
	pipe = pipe_new(&set);
	entry_new(pipe, &(struct entry_spec){ .index = 0 });
	walk.default_miss = MISS_KERNEL;
	for (int i = 0; i < 8; i++) {
		CHECK_EQUAL(send_frame(pipe, &frame, 0), 1);
		for (uint32_t w = 0; w < DOCA_FLOW_META_SCRATCH_PAD_MAX; w++)
			changed |= (fates[0].packet.view.meta.u32[w] != 0) << w;
	}
	return changed;
}

static void test_poison(void)
{
	struct frame frame = frame_arp();
	struct pipe_spec spec = basic_to(1);
	struct doca_flow_pipe *pipe = any_to(spec.fwd);
	struct doca_flow_meta first;

	CHECK_EQUAL(port_of(pipe, &frame), 1);
	for (size_t i = 0; i < DOCA_FLOW_META_SCRATCH_PAD_MAX; i++)
		CHECK_EQUAL(fates[0].packet.view.meta.u32[i], 0);
	walk.poison = true;
	CHECK_EQUAL(send_software(pipe, &frame, 7), 1);
	first = fates[0].packet.view.meta;
	CHECK_EQUAL(first.pkt_meta, DOCA_HTOBE32(7));
	CHECK_EQUAL(send_software(pipe, &frame, 7), 1);
	for (size_t i = 0; i < DOCA_FLOW_META_SCRATCH_PAD_MAX; i++)
		CHECK(first.u32[i] != fates[0].packet.view.meta.u32[i]);

	spec.has_miss = false;
	CHECK_EQUAL(clobbered(&spec), 0);
	spec.type = DOCA_FLOW_PIPE_HASH;
	CHECK_EQUAL(clobbered(&spec), 1u << 3);
	CHECK_EQUAL(fates[0].packet.view.meta.u32[3] & DOCA_HTOBE32(0xffff), 0);
	spec.type = DOCA_FLOW_PIPE_ACL;
	spec.has_match = true;
	spec.match.outer.l3_type = DOCA_FLOW_L3_TYPE_IP4;
	spec.match.outer.ip4.dst_ip = UINT32_MAX;
	CHECK_EQUAL(clobbered(&spec), 0xf);
	spec.type = DOCA_FLOW_PIPE_LPM;
	CHECK_EQUAL(clobbered(&spec), 1);
	spec.has_mask = true;
	spec.mask.meta.u32[4] = UINT32_MAX;
	CHECK_EQUAL(clobbered(&spec), 3);
}

static unsigned int traced, traced_misses;

static void trace(void *context, const struct doca_flow_pipe *pipe,
		  const struct doca_flow_pipe_entry *entry, const struct packet *packet)
{
	(void)context;
	CHECK(pipe != NULL && packet->length != 0);
	traced++;
	traced_misses += entry == NULL;
}

/* The trace is called for each pipe that is passed; pipe_print shows all of it. */
static void test_trace_and_print(void)
{
	struct doca_flow_fwd fwd = { .type = DOCA_FLOW_FWD_PORT, .port_id = 3 };
	struct doca_flow_fwd on = { .type = DOCA_FLOW_FWD_PIPE, .next_pipe = any_to(fwd) };
	struct outlet outlet = *walk.outlet;
	struct frame frame = frame_arp();
	struct pipe_spec spec = basic_to(9);
	struct doca_flow_match match = { .outer.eth.type = DOCA_HTOBE16(0x0800) };
	struct doca_flow_pipe *pipe;
	char *text = NULL;
	size_t size;
	FILE *to;

	outlet.trace = trace;
	walk.outlet = &outlet;
	spec.has_match = true;
	spec.match.outer.eth.type = UINT16_MAX;
	spec.miss = on;
	spec.miss_counter = true;
	spec.has_monitor = true;
	spec.monitor.counter_type = DOCA_FLOW_RESOURCE_TYPE_NON_SHARED;
	pipe = pipe_new(&spec);
	entry_new(pipe, &(struct entry_spec){ .match = &match });
	CHECK_EQUAL(port_of(pipe, &frame), 3);
	CHECK_EQUAL(traced, 2);
	CHECK_EQUAL(traced_misses, 1);
	frame = udp_frame(1);
	CHECK_EQUAL(port_of(pipe, &frame), 9);
	to = open_memstream(&text, &size);
	CHECK(to != NULL);
	pipe_print(pipe, to);
	CHECK_EQUAL(fclose(to), 0);
	CHECK(strstr(text, "outer.eth.type=0800") != NULL);
	CHECK(strstr(text, "packets 1 bytes 42") != NULL);
	CHECK(strstr(text, "missed 1 packets") != NULL);
	CHECK(strstr(text, "port 9") != NULL);
	free(text);
}

int main(void)
{
	static void (*const tests[])(void) = {
		test_forwards,
		test_rss,
		test_misses,
		test_loop,
		test_domains,
		test_build_refuses,
		test_counters,
		test_meters_in_pipes,
		test_poison,
		test_trace_and_print,
	};

	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		fixture_begin();
		tests[i]();
		fixture_end();
	}
	return 0;
}
