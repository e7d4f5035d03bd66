/* SPDX-License-Identifier: Apache-2.0 */
/* LPM, ACL, HASH and ORDERED_LIST pipes, rule by rule. */
#include <netinet/in.h>

#include "pipe_fixture.h"

static struct doca_flow_fwd to(uint16_t port_id)
{
	return (struct doca_flow_fwd){ .type = DOCA_FLOW_FWD_PORT, .port_id = port_id };
}

static struct frame ip4_to(uint32_t dst)
{
	return frame_ip4((struct tuple){ .dst = dst, .proto = IPPROTO_UDP, .sport = 1, .dport = 2 });
}

static struct pipe_spec composite(enum doca_flow_pipe_type type)
{
	return (struct pipe_spec){
		.name = "composite",
		.type = type,
		.nr_entries = 64,
		.has_match = true,
		.has_fwd = true,
		.fwd = { .type = DOCA_FLOW_FWD_CHANGEABLE },
		.has_miss = true,
		.miss = { .type = DOCA_FLOW_FWD_DROP },
	};
}

/* ---- LPM */

static doca_error_t add_route(struct doca_flow_pipe *pipe, uint32_t prefix, uint32_t mask, uint32_t em,
			      uint16_t port_id)
{
	struct doca_flow_match match = { .meta.u32[1] = 0 }, bits = match;
	struct doca_flow_fwd fwd = to(port_id);

	match.outer.ip4.dst_ip = DOCA_HTOBE32(prefix);
	match.meta.pkt_meta = DOCA_HTOBE32(em);
	bits.outer.ip4.dst_ip = DOCA_HTOBE32(mask);
	return entry_try(pipe, &(struct entry_spec){ .match = &match, .mask = &bits, .fwd = &fwd });
}

static void test_lpm_longest_prefix(void)
{
	struct pipe_spec spec = composite(DOCA_FLOW_PIPE_LPM);
	struct frame frame;
	struct doca_flow_pipe *pipe;

	spec.match.outer.l3_type = DOCA_FLOW_L3_TYPE_IP4;
	spec.match.outer.ip4.dst_ip = UINT32_MAX;
	pipe = pipe_new(&spec);
	CHECK_EQUAL(add_route(pipe, IP(10, 0, 0, 0), 0xff000000, 0, 1), DOCA_SUCCESS);
	CHECK_EQUAL(add_route(pipe, IP(10, 1, 0, 0), 0xffff0000, 0, 2), DOCA_SUCCESS);
	CHECK_EQUAL(add_route(pipe, IP(10, 1, 2, 3), 0xffffffff, 0, 3), DOCA_SUCCESS);
	CHECK_EQUAL(add_route(pipe, IP(10, 1, 128, 0), 0xffff8000, 0, 4), DOCA_SUCCESS);
	frame = ip4_to(IP(10, 9, 9, 9));
	CHECK_EQUAL(port_of(pipe, &frame), 1);
	frame = ip4_to(IP(10, 1, 9, 9));
	CHECK_EQUAL(port_of(pipe, &frame), 2);
	frame = ip4_to(IP(10, 1, 2, 3));
	CHECK_EQUAL(port_of(pipe, &frame), 3);
	frame = ip4_to(IP(10, 1, 129, 3));
	CHECK_EQUAL(port_of(pipe, &frame), 4);
	frame = ip4_to(IP(11, 1, 2, 3));
	CHECK_EQUAL(port_of(pipe, &frame), -1);
	/* Mask 0: the default route. */
	CHECK_EQUAL(add_route(pipe, IP(1, 2, 3, 4), 0, 0, 5), DOCA_SUCCESS);
	CHECK_EQUAL(port_of(pipe, &frame), 5);
	frame = frame_arp();
	CHECK_EQUAL(port_of(pipe, &frame), -1);
	/* Duplicates: the bits behind the prefix do not count. */
	CHECK_EQUAL(add_route(pipe, IP(10, 1, 77, 77), 0xffff0000, 0, 1), DOCA_ERROR_ALREADY_EXIST);
	CHECK_EQUAL(add_route(pipe, 0, 0, 0, 1), DOCA_ERROR_ALREADY_EXIST);
	CHECK_EQUAL(add_route(pipe, 0, 0xff00ff00, 0, 1), DOCA_ERROR_INVALID_VALUE);
	/* Without its longest prefix the next longest. */
	entry_remove(pipe->first_entry); /* the default */
	entry_remove(pipe->first_entry); /* 10.1.128.0/17 */
	frame = ip4_to(IP(10, 1, 129, 3));
	CHECK_EQUAL(port_of(pipe, &frame), 2);
}

/* Exact-match companions: by full masks; the default route does not look at them. */
static void test_lpm_exact_match(void)
{
	struct pipe_spec spec = composite(DOCA_FLOW_PIPE_LPM);
	struct frame frame = ip4_to(IP(10, 1, 2, 3));
	struct doca_flow_pipe *pipe;

	spec.match.outer.l3_type = DOCA_FLOW_L3_TYPE_IP4;
	spec.match.outer.ip4.dst_ip = UINT32_MAX;
	spec.has_mask = true;
	spec.mask.meta.pkt_meta = UINT32_MAX;
	pipe = pipe_new(&spec);
	CHECK_EQUAL(add_route(pipe, IP(10, 1, 2, 3), 0xffffffff, 1, 1), DOCA_SUCCESS);
	CHECK_EQUAL(add_route(pipe, IP(10, 1, 2, 3), 0xffffffff, 2, 2), DOCA_SUCCESS);
	CHECK_EQUAL(add_route(pipe, IP(10, 1, 0, 0), 0xffff0000, 3, 3), DOCA_SUCCESS);
	CHECK_EQUAL(send_software(pipe, &frame, 1), 1);
	CHECK_EQUAL(fates[0].where, 1);
	CHECK_EQUAL(send_software(pipe, &frame, 2), 1);
	CHECK_EQUAL(fates[0].where, 2);
	CHECK_EQUAL(send_software(pipe, &frame, 3), 1);
	CHECK_EQUAL(fates[0].where, 3);
	CHECK_EQUAL(send_software(pipe, &frame, 4), 0);
	CHECK_EQUAL(add_route(pipe, 0, 0, 9, 9), DOCA_SUCCESS);
	CHECK_EQUAL(send_software(pipe, &frame, 4), 1);
	CHECK_EQUAL(fates[0].where, 9);
	CHECK_EQUAL(add_route(pipe, 0, 0, 8, 9), DOCA_ERROR_ALREADY_EXIST);
	spec.mask.meta.pkt_meta = DOCA_HTOBE32(0xffff0000);
	CHECK_EQUAL(pipe_try(&spec), DOCA_ERROR_NOT_SUPPORTED);
}

static void test_lpm_ip6(void)
{
	struct pipe_spec spec = composite(DOCA_FLOW_PIPE_LPM);
	struct doca_flow_match match = { .outer.l3_type = DOCA_FLOW_L3_TYPE_IP6 }, bits = match;
	struct doca_flow_fwd one = to(1), two = to(2);
	struct frame frame = frame_ip6(0x1234, 1, IPPROTO_UDP, 1, 2);
	struct doca_flow_pipe *pipe;

	spec.match.outer.l3_type = DOCA_FLOW_L3_TYPE_IP6;
	memset(spec.match.outer.ip6.src_ip, 0xff, 16);
	spec.match.parser_meta.outer_l3_type = DOCA_FLOW_L3_META_IPV6; /* a constant beside it */
	pipe = pipe_new(&spec);
	match.outer.ip6.src_ip[0] = DOCA_HTOBE32(0xfd000000);
	bits.outer.ip6.src_ip[0] = DOCA_HTOBE32(0xff000000);
	entry_new(pipe, &(struct entry_spec){ .match = &match, .mask = &bits, .fwd = &one });
	CHECK_EQUAL(port_of(pipe, &frame), 1);
	match.outer.ip6.src_ip[3] = DOCA_HTOBE32(0x1200);
	memset(bits.outer.ip6.src_ip, 0xff, 15); /* /120 */
	entry_new(pipe, &(struct entry_spec){ .match = &match, .mask = &bits, .fwd = &two });
	CHECK_EQUAL(port_of(pipe, &frame), 2);
	frame = frame_ip6(0x1334, 1, IPPROTO_UDP, 1, 2);
	CHECK_EQUAL(port_of(pipe, &frame), 1);
	frame = ip4_to(1);
	CHECK_EQUAL(port_of(pipe, &frame), -1);
}

/* One address, all ones; no meters, no shared counters. */
static void test_lpm_template(void)
{
	struct pipe_spec spec = composite(DOCA_FLOW_PIPE_LPM);

	spec.match.outer.l3_type = DOCA_FLOW_L3_TYPE_IP4;
	CHECK_EQUAL(pipe_try(&spec), DOCA_ERROR_INVALID_VALUE);
	spec.match.outer.ip4.dst_ip = UINT32_MAX;
	spec.has_monitor = true;
	spec.monitor.counter_type = DOCA_FLOW_RESOURCE_TYPE_NON_SHARED;
	CHECK_EQUAL(pipe_try(&spec), DOCA_SUCCESS);
	spec.monitor.counter_type = DOCA_FLOW_RESOURCE_TYPE_SHARED;
	CHECK_EQUAL(pipe_try(&spec), DOCA_ERROR_NOT_SUPPORTED);
	spec.monitor.counter_type = DOCA_FLOW_RESOURCE_TYPE_NONE;
	spec.monitor.meter_type = DOCA_FLOW_RESOURCE_TYPE_NON_SHARED;
	CHECK_EQUAL(pipe_try(&spec), DOCA_ERROR_NOT_SUPPORTED);
	spec.has_monitor = false;
	spec.match.outer.ip4.src_ip = UINT32_MAX;
	CHECK_EQUAL(pipe_try(&spec), DOCA_ERROR_INVALID_VALUE);
}

/* ---- ACL */

static struct pipe_spec acl_spec(void)
{
	struct pipe_spec spec = composite(DOCA_FLOW_PIPE_ACL);

	spec.match.parser_meta.outer_l3_type = DOCA_FLOW_L3_META_IPV4;
	spec.match.outer.l3_type = DOCA_FLOW_L3_TYPE_IP4;
	spec.match.outer.ip4.src_ip = UINT32_MAX;
	spec.match.outer.ip4.dst_ip = UINT32_MAX;
	spec.match.outer.l4_type_ext = DOCA_FLOW_L4_TYPE_EXT_TCP;
	spec.match.outer.tcp.l4_port.src_port = UINT16_MAX;
	spec.match.outer.tcp.l4_port.dst_port = UINT16_MAX;
	spec.has_monitor = true;
	spec.monitor.counter_type = DOCA_FLOW_RESOURCE_TYPE_NON_SHARED;
	return spec;
}

struct rule {
	uint32_t src, src_mask, dst, dst_mask;
	uint16_t sport, sport_mask, dport, dport_mask;
	uint8_t proto; /* 0: any */
	uint32_t priority;
	uint16_t port_id; /* 0: drop */
};

static doca_error_t add_rule(struct doca_flow_pipe *pipe, struct rule rule)
{
	struct doca_flow_match match = { .outer.l3_type = DOCA_FLOW_L3_TYPE_IP4 }, mask = { 0 };
	struct doca_flow_fwd fwd = to(rule.port_id);
	bool tcp = rule.proto == IPPROTO_TCP;

	if (rule.port_id == 0)
		fwd.type = DOCA_FLOW_FWD_DROP;
	match.outer.ip4.src_ip = DOCA_HTOBE32(rule.src);
	mask.outer.ip4.src_ip = DOCA_HTOBE32(rule.src_mask);
	match.outer.ip4.dst_ip = DOCA_HTOBE32(rule.dst);
	mask.outer.ip4.dst_ip = DOCA_HTOBE32(rule.dst_mask);
	if (rule.proto != 0) {
		match.outer.l4_type_ext = tcp ? DOCA_FLOW_L4_TYPE_EXT_TCP : DOCA_FLOW_L4_TYPE_EXT_UDP;
		match.parser_meta.outer_l4_type = tcp ? DOCA_FLOW_L4_META_TCP : DOCA_FLOW_L4_META_UDP;
		memset(&mask.parser_meta.outer_l4_type, 0xff, 4);
	}
	match.outer.transport.src_port = DOCA_HTOBE16(rule.sport);
	mask.outer.transport.src_port = DOCA_HTOBE16(rule.sport_mask);
	match.outer.transport.dst_port = DOCA_HTOBE16(rule.dport);
	mask.outer.transport.dst_port = DOCA_HTOBE16(rule.dport_mask);
	return entry_try(pipe, &(struct entry_spec){ .match = &match, .mask = &mask, .fwd = &fwd,
						     .priority = rule.priority });
}

static int verdict(struct doca_flow_pipe *pipe, uint8_t proto, uint32_t src, uint32_t dst,
		   uint16_t sport, uint16_t dport)
{
	struct frame frame = frame_ip4((struct tuple){ .src = src, .dst = dst, .proto = proto,
						       .sport = sport, .dport = dport });

	return port_of(pipe, &frame);
}

/* The entries and packets of the official sample: ranges, masks, the protocol of each entry. */
static void test_acl_sample(void)
{
	struct pipe_spec spec = acl_spec();
	struct doca_flow_pipe *pipe = pipe_new(&spec);
	uint32_t a = IP(172, 20, 1, 4), b = IP(192, 168, 3, 4);

	CHECK_EQUAL(add_rule(pipe, (struct rule){ IP(1, 2, 3, 4), ~0u, IP(8, 8, 8, 8), ~0u, 1234, 0, 80, 0,
						  IPPROTO_TCP, 10, 0 }), DOCA_SUCCESS);
	CHECK_EQUAL(add_rule(pipe, (struct rule){ a, ~0u, b, ~0u, 1234, 0, 80, 3000, IPPROTO_UDP, 50, 1 }),
		    DOCA_SUCCESS);
	CHECK_EQUAL(add_rule(pipe, (struct rule){ a, ~0u, b, ~0u, 1234, 1234, 80, 0, IPPROTO_TCP, 40, 2 }),
		    DOCA_SUCCESS);
	CHECK_EQUAL(add_rule(pipe, (struct rule){ IP(1, 2, 3, 5), 0xffffff00, IP(8, 8, 8, 6), 0xffffff00,
						  1234, 0xffff, 80, 80, IPPROTO_TCP, 20, 3 }),
		    DOCA_SUCCESS);
	CHECK_EQUAL(verdict(pipe, IPPROTO_TCP, IP(1, 2, 3, 4), IP(8, 8, 8, 8), 1234, 80), -1);
	CHECK_EQUAL(verdict(pipe, IPPROTO_UDP, a, b, 9, 80), 1);
	CHECK_EQUAL(verdict(pipe, IPPROTO_UDP, a, b, 9, 2999), 1);
	CHECK_EQUAL(verdict(pipe, IPPROTO_UDP, a, b, 9, 3000), 1);
	CHECK_EQUAL(verdict(pipe, IPPROTO_UDP, a, b, 9, 3001), -1);
	CHECK_EQUAL(verdict(pipe, IPPROTO_UDP, a, b, 9, 79), -1);
	CHECK_EQUAL(verdict(pipe, IPPROTO_TCP, a, b, 1234, 5), 2);
	CHECK_EQUAL(verdict(pipe, IPPROTO_TCP, a, b, 1235, 5), -1);
	CHECK_EQUAL(verdict(pipe, IPPROTO_TCP, IP(1, 2, 3, 9), IP(8, 8, 8, 1), 1237, 80), 3);
	CHECK_EQUAL(verdict(pipe, IPPROTO_TCP, IP(1, 2, 3, 9), IP(8, 8, 8, 1), 1233, 80), -1);
	CHECK_EQUAL(verdict(pipe, IPPROTO_TCP, IP(1, 2, 3, 9), IP(8, 8, 8, 1), 1237, 81), -1);
	/* NON_SHARED counters work by entry. */
	CHECK_EQUAL(pipe->first_entry->count.packets, 1);
}

static void test_acl_priorities_and_protocols(void)
{
	struct pipe_spec spec = acl_spec();
	struct doca_flow_pipe *pipe = pipe_new(&spec);
	struct rule any = { .priority = 1024, .port_id = 9 };
	struct rule net = { .dst = IP(10, 0, 0, 0), .dst_mask = 0xff000000, .priority = 100, .port_id = 1 };
	struct rule host = { .dst = IP(10, 0, 0, 5), .dst_mask = ~0u, .proto = IPPROTO_UDP,
			     .priority = 50, .port_id = 2 };
	struct frame frame = frame_ip6(1, 2, IPPROTO_TCP, 1, 2);

	CHECK_EQUAL(add_rule(pipe, any), DOCA_SUCCESS);
	CHECK_EQUAL(add_rule(pipe, net), DOCA_SUCCESS);
	CHECK_EQUAL(add_rule(pipe, host), DOCA_SUCCESS);
	CHECK_EQUAL(verdict(pipe, IPPROTO_UDP, 1, IP(10, 0, 0, 5), 1, 2), 2);
	CHECK_EQUAL(verdict(pipe, IPPROTO_TCP, 1, IP(10, 0, 0, 5), 1, 2), 1);
	CHECK_EQUAL(verdict(pipe, IPPROTO_ICMP, 1, IP(10, 0, 0, 5), 0, 0), 1);
	CHECK_EQUAL(verdict(pipe, IPPROTO_ICMP, 1, IP(11, 0, 0, 5), 0, 0), 9);
	CHECK_EQUAL(port_of(pipe, &frame), -1); /* the template's constant */
	/* The same match, mask and priority; another priority is another entry. */
	CHECK_EQUAL(add_rule(pipe, host), DOCA_ERROR_ALREADY_EXIST);
	host.priority = 51;
	CHECK_EQUAL(add_rule(pipe, host), DOCA_SUCCESS);
	entry_remove(pipe->first_entry);
	entry_remove(pipe->first_entry);
	CHECK_EQUAL(verdict(pipe, IPPROTO_UDP, 1, IP(10, 0, 0, 5), 1, 2), 1);
	/* Of one priority: what came first. */
	host.priority = net.priority;
	CHECK_EQUAL(add_rule(pipe, host), DOCA_SUCCESS);
	CHECK_EQUAL(verdict(pipe, IPPROTO_UDP, 1, IP(10, 0, 0, 5), 1, 2), 1);
	any.priority = 1025;
	CHECK_EQUAL(add_rule(pipe, any), DOCA_ERROR_INVALID_VALUE);
}

static void test_acl_refuses(void)
{
	struct pipe_spec spec = acl_spec();
	struct doca_flow_match match = { .outer.l3_type = DOCA_FLOW_L3_TYPE_IP4 }, mask = { 0 };
	struct doca_flow_pipe *pipe = pipe_new(&spec);
	struct doca_flow_fwd fwd = to(1);
	struct entry_spec entry = { .match = &match, .mask = &mask, .fwd = &fwd };

	/* A range that ends before it begins. */
	CHECK_EQUAL(add_rule(pipe, (struct rule){ .dport = 80, .dport_mask = 79, .proto = IPPROTO_TCP }),
		    DOCA_ERROR_INVALID_VALUE);
	/* A field that the template does not list. */
	mask.outer.ip4.ttl = 0xff;
	CHECK_EQUAL(entry_try(pipe, &entry), DOCA_ERROR_INVALID_VALUE);
	mask.outer.ip4.ttl = 0;
	/* Entries repeat l3_type. */
	match.outer.l3_type = DOCA_FLOW_L3_TYPE_NONE;
	CHECK_EQUAL(entry_try(pipe, &entry), DOCA_ERROR_INVALID_VALUE);
	match.outer.l3_type = DOCA_FLOW_L3_TYPE_IP4;
	entry.mask = NULL;
	CHECK_EQUAL(entry_try(pipe, &entry), DOCA_ERROR_INVALID_VALUE);
	spec.monitor.meter_type = DOCA_FLOW_RESOURCE_TYPE_NON_SHARED;
	CHECK_EQUAL(pipe_try(&spec), DOCA_ERROR_NOT_SUPPORTED);
}

/* ---- HASH */

static struct pipe_spec hash_spec(uint32_t algorithm)
{
	struct pipe_spec spec = composite(DOCA_FLOW_PIPE_HASH);

	spec.has_match = false;
	spec.has_mask = true;
	spec.mask.outer.l3_type = DOCA_FLOW_L3_TYPE_IP4;
	spec.mask.outer.ip4.dst_ip = UINT32_MAX;
	spec.hash_algorithm = algorithm;
	spec.nr_entries = 8;
	spec.fwd = to(UINT16_MAX);
	return spec;
}

static void fill(struct doca_flow_pipe *pipe, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		struct doca_flow_fwd fwd = to((uint16_t)(100 + i));

		entry_new(pipe, &(struct entry_spec){ .index = i, .fwd = &fwd });
	}
}

/* The mask's fields, and what pipe_hash says, choose the entry; parser_meta.hash.result tells. */
static void test_hash(void)
{
	struct pipe_spec spec = hash_spec(0);
	struct doca_flow_pipe *pipe = pipe_new(&spec);
	unsigned int seen[8] = { 0 };

	fill(pipe, 8);
	for (uint32_t i = 0; i < 256; i++) {
		struct doca_flow_match match = { .outer.l3_type = DOCA_FLOW_L3_TYPE_IP4 };
		struct frame frame = ip4_to(IP(10, 0, 0, i));
		uint32_t hash;
		int found = port_of(pipe, &frame);

		match.outer.ip4.dst_ip = DOCA_HTOBE32(IP(10, 0, 0, i));
		CHECK_EQUAL(pipe_hash(pipe, &match, &hash), DOCA_SUCCESS);
		CHECK_EQUAL(found, 100 + (int)(hash % 8));
		CHECK_EQUAL(DOCA_BETOH32(fates[0].packet.hash), hash);
		CHECK_EQUAL(port_of(pipe, &frame), found);
		seen[hash % 8]++;
	}
	for (size_t i = 0; i < 8; i++)
		CHECK(seen[i] > 8);
}

static void test_hash_identity(void)
{
	struct pipe_spec spec = hash_spec(DOCA_FLOW_PIPE_HASH_MAP_ALGORITHM_IDENTITY);
	struct doca_flow_pipe *pipe = pipe_new(&spec);

	fill(pipe, 6);
	for (uint32_t i = 0; i < 32; i++) {
		struct frame frame = ip4_to(IP(10, 0, 0, i));

		/* An index without an entry is a miss. */
		CHECK_EQUAL(port_of(pipe, &frame), i % 8 < 6 ? 100 + (int)(i % 8) : -1);
	}
}

static void test_hash_round_robin_and_random(void)
{
	struct pipe_spec spec = hash_spec(DOCA_FLOW_PIPE_HASH_MAP_ALGORITHM_ROUND_ROBIN);
	struct doca_flow_pipe *pipe = pipe_new(&spec);
	struct frame frame = frame_arp();
	unsigned int seen[8] = { 0 };

	fill(pipe, 8);
	for (int i = 0; i < 20; i++)
		CHECK_EQUAL(port_of(pipe, &frame), 100 + i % 8);
	spec = hash_spec(DOCA_FLOW_PIPE_HASH_MAP_ALGORITHM_RANDOM);
	pipe = pipe_new(&spec);
	fill(pipe, 8);
	for (int i = 0; i < 800; i++)
		seen[port_of(pipe, &frame) - 100]++;
	for (size_t i = 0; i < 8; i++)
		CHECK(seen[i] > 50 && seen[i] < 150);
}

/* SELECT_ENABLED: among the entries that are there. */
static void test_hash_select_enabled(void)
{
	struct pipe_spec spec = hash_spec(DOCA_FLOW_PIPE_HASH_MAP_ALGORITHM_IDENTITY |
					  DOCA_FLOW_PIPE_HASH_MAP_ALGORITHM_SELECT_ENABLED);
	struct doca_flow_pipe *pipe = pipe_new(&spec);
	struct frame frame = ip4_to(5);

	CHECK_EQUAL(port_of(pipe, &frame), -1);
	fill(pipe, 3);
	for (uint32_t i = 0; i < 16; i++) {
		frame = ip4_to(i);
		CHECK_EQUAL(port_of(pipe, &frame), 100 + (int)(i % 3));
	}
	entry_remove(pipe->first_entry->pipe_next); /* index 1 */
	frame = ip4_to(1);
	CHECK_EQUAL(port_of(pipe, &frame), 102);
}

/* FLOODING: every entry gets a copy of its own, and may change it. */
static void test_hash_flooding(void)
{
	struct pipe_spec spec = hash_spec(DOCA_FLOW_PIPE_HASH_MAP_ALGORITHM_FLOODING);
	struct doca_flow_actions actions = { .outer.l3_type = DOCA_FLOW_L3_TYPE_IP4 };
	struct doca_flow_actions *list = &actions;
	struct frame frame = ip4_to(IP(1, 1, 1, 1));
	struct doca_flow_pipe *pipe, *root;

	actions.outer.ip4.dst_ip = UINT32_MAX;
	spec.has_mask = false;
	spec.actions = &list;
	spec.nr_actions = 1;
	spec.has_monitor = true;
	spec.monitor.counter_type = DOCA_FLOW_RESOURCE_TYPE_NON_SHARED;
	pipe = pipe_new(&spec);
	CHECK_EQUAL(send_frame(pipe, &frame, 0), 0); /* nobody: a miss */
	for (uint32_t i = 0; i < 5; i++) {
		struct doca_flow_actions values = { .outer.ip4.dst_ip = DOCA_HTOBE32(i) };
		struct doca_flow_fwd fwd = to((uint16_t)(100 + i));

		entry_new(pipe, &(struct entry_spec){ .index = i, .fwd = &fwd, .actions = &values });
	}
	CHECK_EQUAL(send_frame(pipe, &frame, 0), 5);
	for (uint32_t i = 0; i < 5; i++) {
		CHECK_EQUAL(fates[i].where, 100 + i);
		CHECK_EQUAL(fates[i].packet.length, frame.length);
		CHECK_EQUAL(fates[i].packet.view.outer.ip4.dst_ip, DOCA_HTOBE32(i));
		CHECK_EQUAL(fates[i].frame[33], i);
	}
	CHECK_EQUAL(pipe->first_entry->count.packets, 1);

	/* FWD_HASH_PIPE names the algorithm: here one for a pipe whose own is another. */
	spec = hash_spec(DOCA_FLOW_PIPE_HASH_MAP_ALGORITHM_IDENTITY);
	pipe = pipe_new(&spec);
	fill(pipe, 4);
	spec = basic_to(0);
	spec.fwd = (struct doca_flow_fwd){
		.type = DOCA_FLOW_FWD_HASH_PIPE,
		.hash_pipe = { pipe, DOCA_FLOW_PIPE_HASH_MAP_ALGORITHM_FLOODING },
	};
	root = pipe_new(&spec);
	entry_new(root, &(struct entry_spec){ .index = 0 });
	CHECK_EQUAL(send_frame(root, &frame, 0), 4);
	CHECK_EQUAL(send_frame(pipe, &frame, 0), 1);
}

/* Floods of floods end; what comes back to a pipe that is copying is dropped and counted. */
static void test_hash_flooding_round(void)
{
	struct pipe_spec spec = hash_spec(DOCA_FLOW_PIPE_HASH_MAP_ALGORITHM_FLOODING);
	struct doca_flow_pipe *pipe, *other;
	struct frame frame = frame_arp();
	struct doca_flow_fwd out = to(1), back = { .type = DOCA_FLOW_FWD_PIPE }, on = back;

	spec.fwd = (struct doca_flow_fwd){ .type = DOCA_FLOW_FWD_CHANGEABLE };
	pipe = pipe_new(&spec);
	other = pipe_new(&spec);
	on.next_pipe = other;
	back.next_pipe = pipe;
	entry_new(pipe, &(struct entry_spec){ .index = 0, .fwd = &on });
	entry_new(pipe, &(struct entry_spec){ .index = 1, .fwd = &out });
	entry_new(other, &(struct entry_spec){ .index = 0, .fwd = &out });
	entry_new(other, &(struct entry_spec){ .index = 1, .fwd = &out });
	CHECK_EQUAL(send_frame(pipe, &frame, 0), 3);
	CHECK_EQUAL(walk.loops, 0);
	entry_new(other, &(struct entry_spec){ .index = 2, .fwd = &back });
	CHECK_EQUAL(send_frame(pipe, &frame, 0), 3);
	CHECK_EQUAL(walk.loops, 1);
}

static void test_hash_refuses(void)
{
	struct pipe_spec spec = hash_spec(DOCA_FLOW_PIPE_HASH_MAP_ALGORITHM_HASH);
	struct doca_flow_fwd fwd = to(1);
	struct doca_flow_pipe *pipe = pipe_new(&spec);

	fill(pipe, 2);
	CHECK_EQUAL(entry_try(pipe, &(struct entry_spec){ .index = 1, .fwd = &fwd }),
		    DOCA_ERROR_ALREADY_EXIST);
	CHECK_EQUAL(entry_try(pipe, &(struct entry_spec){ .index = 8, .fwd = &fwd }),
		    DOCA_ERROR_INVALID_VALUE);
	spec.nr_entries = 6;
	CHECK_EQUAL(pipe_try(&spec), DOCA_ERROR_INVALID_VALUE);
	spec.nr_entries = 8;
	spec.hash_algorithm = DOCA_FLOW_PIPE_HASH_MAP_ALGORITHM_HASH |
			      DOCA_FLOW_PIPE_HASH_MAP_ALGORITHM_RANDOM;
	CHECK_EQUAL(pipe_try(&spec), DOCA_ERROR_INVALID_VALUE);
	spec.hash_algorithm = 1u << 6;
	CHECK_EQUAL(pipe_try(&spec), DOCA_ERROR_INVALID_VALUE);
}

/* ---- ORDERED_LIST */

/* The sample's shape: entries follow one of the pipe's lists; fwd idx selects the entry. */
static void test_ordered_list(void)
{
	struct doca_flow_monitor shared = { .counter_type = DOCA_FLOW_RESOURCE_TYPE_SHARED };
	struct doca_flow_monitor own = { .counter_type = DOCA_FLOW_RESOURCE_TYPE_NON_SHARED };
	struct doca_flow_monitor given = { .shared_counter.shared_counter_id = 2 };
	struct doca_flow_actions actions = { .outer.l3_type = DOCA_FLOW_L3_TYPE_IP4 };
	struct doca_flow_actions values = actions;
	struct doca_flow_ordered_list_element counted[] = {
		{ .type = DOCA_FLOW_ORDERED_LIST_ELEMENT_MONITOR, .monitor = &shared },
		{ .type = DOCA_FLOW_ORDERED_LIST_ELEMENT_ACTIONS, .actions = &actions },
	};
	struct doca_flow_ordered_list_element twice[] = {
		{ .type = DOCA_FLOW_ORDERED_LIST_ELEMENT_MONITOR, .monitor = &own },
		{ .type = DOCA_FLOW_ORDERED_LIST_ELEMENT_ACTIONS, .actions = &actions },
		{ .type = DOCA_FLOW_ORDERED_LIST_ELEMENT_MONITOR, .monitor = &own },
	};
	struct doca_flow_ordered_list first = { .idx = 0, .size = 2, .elements = counted };
	struct doca_flow_ordered_list second = { .idx = 1, .size = 3, .elements = twice };
	struct doca_flow_ordered_list *lists[] = { &first, &second };
	struct doca_flow_ordered_list follow = first;
	struct doca_flow_ordered_list_element filled[2];
	struct pipe_spec spec = composite(DOCA_FLOW_PIPE_ORDERED_LIST);
	struct doca_flow_match match = { .outer.ip4.dst_ip = 0 };
	struct doca_flow_pipe_entry *entry;
	struct doca_flow_pipe *pipe, *root;
	struct doca_flow_fwd fwd;
	struct count counts[2];
	struct frame frame;

	shared.shared_counter.shared_counter_id = UINT32_MAX;
	actions.outer.ip4.src_ip = UINT32_MAX;
	spec.has_match = false;
	spec.fwd = to(4);
	spec.ordered_lists = lists;
	spec.nr_ordered_lists = 2;
	pipe = pipe_new(&spec);
	memcpy(filled, counted, sizeof(filled));
	filled[0].monitor = &given;
	filled[1].actions = &values;
	values.outer.ip4.src_ip = DOCA_HTOBE32(IP(9, 9, 9, 9));
	follow.elements = filled;
	/* The shared counter is not set up yet. */
	CHECK_EQUAL(entry_try(pipe, &(struct entry_spec){ .index = 3, .ordered = &follow }),
		    DOCA_ERROR_INVALID_VALUE);
	nic.shared[DOCA_FLOW_SHARED_RESOURCE_COUNTER][2].configured = true;
	entry_new(pipe, &(struct entry_spec){ .index = 3, .ordered = &follow });
	CHECK_EQUAL(entry_try(pipe, &(struct entry_spec){ .index = 3, .ordered = &follow }),
		    DOCA_ERROR_ALREADY_EXIST);
	follow = second;
	follow.elements = (struct doca_flow_ordered_list_element[]){ twice[0], filled[1], twice[2] };
	entry = entry_new(pipe, &(struct entry_spec){ .index = 4, .ordered = &follow });

	spec = basic_to(0);
	spec.has_match = true;
	spec.match.outer.l3_type = DOCA_FLOW_L3_TYPE_IP4;
	spec.match.outer.ip4.dst_ip = UINT32_MAX;
	spec.fwd = (struct doca_flow_fwd){
		.type = DOCA_FLOW_FWD_ORDERED_LIST_PIPE,
		.ordered_list_pipe = { pipe, UINT32_MAX },
	};
	root = pipe_new(&spec);
	fwd = spec.fwd;
	for (uint32_t i = 3; i < 6; i++) {
		fwd.ordered_list_pipe.idx = i;
		match.outer.ip4.dst_ip = DOCA_HTOBE32(i);
		entry_new(root, &(struct entry_spec){ .match = &match, .fwd = &fwd });
	}
	frame = ip4_to(3);
	CHECK_EQUAL(port_of(root, &frame), 4);
	CHECK_EQUAL(fates[0].packet.view.outer.ip4.src_ip, DOCA_HTOBE32(IP(9, 9, 9, 9)));
	CHECK_EQUAL(nic.shared[DOCA_FLOW_SHARED_RESOURCE_COUNTER][2].count.packets, 1);
	frame = ip4_to(4);
	CHECK_EQUAL(port_of(root, &frame), 4);
	CHECK_EQUAL(entry_counts(entry, counts, 2), 2);
	CHECK_EQUAL(counts[0].packets, 1);
	CHECK_EQUAL(counts[1].bytes, frame.length);
	frame = ip4_to(5); /* no entry there: the list's miss */
	CHECK_EQUAL(port_of(root, &frame), -1);
	/* Elements of another kind or number than the list's. */
	follow.size = 2;
	CHECK_EQUAL(entry_try(pipe, &(struct entry_spec){ .index = 6, .ordered = &follow }),
		    DOCA_ERROR_INVALID_VALUE);
	CHECK_EQUAL(entry_try(pipe, &(struct entry_spec){ .index = 6 }), DOCA_ERROR_INVALID_VALUE);
	twice[1].type = DOCA_FLOW_ORDERED_LIST_ELEMENT_NAT64;
	spec = pipe->spec;
	CHECK_EQUAL(pipe_try(&spec), DOCA_ERROR_NOT_SUPPORTED);
}

int main(void)
{
	static void (*const tests[])(void) = {
		test_lpm_longest_prefix,
		test_lpm_exact_match,
		test_lpm_ip6,
		test_lpm_template,
		test_acl_sample,
		test_acl_priorities_and_protocols,
		test_acl_refuses,
		test_hash,
		test_hash_identity,
		test_hash_round_robin_and_random,
		test_hash_select_enabled,
		test_hash_flooding,
		test_hash_flooding_round,
		test_hash_refuses,
		test_ordered_list,
	};

	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		fixture_begin();
		tests[i]();
		fixture_end();
	}
	return 0;
}
