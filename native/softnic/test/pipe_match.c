/* SPDX-License-Identifier: Apache-2.0 */
/* What a template means for a field, rule by rule, in BASIC and CONTROL pipes. */
#include <netinet/in.h>

#include "pipe_fixture.h"

static const struct tuple web = {
	.src = IP(10, 0, 0, 1),
	.dst = IP(10, 0, 0, 2),
	.proto = IPPROTO_TCP,
	.sport = 1234,
	.dport = 80,
};

static struct frame web_from(uint32_t src)
{
	struct tuple tuple = web;

	tuple.src = src;
	return frame_ip4(tuple);
}

/* M NULL, T all ones: the entry's value, the whole field. T other: constant, the entry's is ignored. */
static void test_implicit_changeable_and_constant(void)
{
	struct pipe_spec spec = basic_to(7);
	struct doca_flow_match match = { .outer.l3_type = DOCA_FLOW_L3_TYPE_IP4 };
	struct frame first = web_from(IP(10, 0, 0, 1)), second = web_from(IP(10, 0, 0, 3));
	struct tuple other = web;
	struct frame elsewhere;
	struct doca_flow_pipe *pipe;

	spec.has_match = true;
	spec.match.outer.l3_type = DOCA_FLOW_L3_TYPE_IP4;
	spec.match.outer.ip4.src_ip = UINT32_MAX;
	spec.match.outer.ip4.dst_ip = DOCA_HTOBE32(IP(10, 0, 0, 2));
	pipe = pipe_new(&spec);
	match.outer.ip4.src_ip = DOCA_HTOBE32(IP(10, 0, 0, 1));
	match.outer.ip4.dst_ip = DOCA_HTOBE32(IP(99, 0, 0, 2));
	entry_new(pipe, &(struct entry_spec){ .match = &match });
	CHECK_EQUAL(port_of(pipe, &first), 7);
	CHECK_EQUAL(port_of(pipe, &second), -1);
	other.dst = IP(99, 0, 0, 2);
	elsewhere = frame_ip4(other);
	CHECK_EQUAL(port_of(pipe, &elsewhere), -1);
	/* What is changeable needs a value; 0 is one. */
	CHECK_EQUAL(entry_try(pipe, &(struct entry_spec){ .match = NULL }), DOCA_ERROR_INVALID_VALUE);
	match.outer.ip4.src_ip = 0;
	entry_new(pipe, &(struct entry_spec){ .match = &match });
	first = web_from(0);
	CHECK_EQUAL(port_of(pipe, &first), 7);
}

/* M given: M = 0 ignored; T all ones or T = M changeable under M; other T constant T & M. */
static void test_explicit_changeable_and_constant(void)
{
	struct pipe_spec spec = basic_to(7);
	struct doca_flow_match match = { .meta.pkt_meta = 0 };
	struct frame frame = web_from(IP(10, 1, 0, 9)), other = web_from(IP(10, 2, 0, 9));
	struct doca_flow_pipe *pipe;
	struct tuple tuple = web;

	spec.has_match = spec.has_mask = true;
	spec.match.outer.l3_type = DOCA_FLOW_L3_TYPE_IP4;
	spec.match.outer.ip4.src_ip = UINT32_MAX;
	spec.mask.outer.ip4.src_ip = DOCA_HTOBE32(0xffff0000);
	spec.match.outer.ip4.dst_ip = DOCA_HTOBE32(IP(10, 0, 77, 77));
	spec.mask.outer.ip4.dst_ip = DOCA_HTOBE32(0xffff0000);
	spec.match.outer.ip4.ttl = 3; /* without a mask: ignored */
	pipe = pipe_new(&spec);
	match.outer.ip4.src_ip = DOCA_HTOBE32(IP(10, 1, 55, 55)); /* its lower half does not count */
	entry_new(pipe, &(struct entry_spec){ .match = &match });
	CHECK_EQUAL(port_of(pipe, &frame), 7);
	CHECK_EQUAL(port_of(pipe, &other), -1);
	tuple.src = IP(10, 1, 0, 9);
	tuple.dst = IP(10, 1, 0, 2);
	frame = frame_ip4(tuple);
	CHECK_EQUAL(port_of(pipe, &frame), -1);

	/* T = M */
	spec.match.outer.ip4.src_ip = DOCA_HTOBE32(0xff00);
	spec.mask.outer.ip4.src_ip = DOCA_HTOBE32(0xff00);
	pipe = pipe_new(&spec);
	match.outer.ip4.src_ip = DOCA_HTOBE32(0x0100);
	entry_new(pipe, &(struct entry_spec){ .match = &match });
	frame = web_from(IP(10, 1, 1, 9));
	CHECK_EQUAL(port_of(pipe, &frame), 7);
	frame = web_from(IP(10, 1, 2, 9));
	CHECK_EQUAL(port_of(pipe, &frame), -1);
}

/* T = 0 with M ≠ 0: the entry's value; an entry without a match means 0. */
static void test_explicit_zero_takes_the_entrys(void)
{
	struct pipe_spec spec = basic_to(7);
	struct frame frame = web_from(1);
	struct doca_flow_match match = { .meta.pkt_meta = DOCA_HTOBE32(5) };
	struct doca_flow_pipe *pipe;

	spec.has_match = spec.has_mask = true;
	spec.mask.meta.pkt_meta = UINT32_MAX;
	pipe = pipe_new(&spec);
	entry_new(pipe, &(struct entry_spec){ .match = &match });
	CHECK_EQUAL(send_software(pipe, &frame, 5), 1);
	CHECK_EQUAL(send_software(pipe, &frame, 0), 0);
	entry_new(pipe, &(struct entry_spec){ .match = NULL });
	CHECK_EQUAL(send_software(pipe, &frame, 0), 1);
	CHECK_EQUAL(send_software(pipe, &frame, 6), 0);
	/* Only software brings pkt_meta. */
	CHECK_EQUAL(send_frame(pipe, &frame, 1), 1);
}

/* Several bit fields of one scratch word, and the port by implicit all ones: 0 is a real value. */
static void test_meta_and_port(void)
{
	struct pipe_spec spec = basic_to(7);
	struct doca_flow_match match = { .parser_meta.port_id = 0 };
	struct frame frame = web_from(1);
	struct doca_flow_pipe *pipe;

	spec.has_match = true;
	spec.match.parser_meta.port_id = UINT16_MAX;
	pipe = pipe_new(&spec);
	entry_new(pipe, &(struct entry_spec){ .match = &match });
	CHECK_EQUAL(send_frame(pipe, &frame, 0), 1);
	CHECK_EQUAL(send_frame(pipe, &frame, 3), 0);
	match.parser_meta.port_id = UINT16_MAX; /* sent by software */
	entry_new(pipe, &(struct entry_spec){ .match = &match });
	CHECK_EQUAL(send_software(pipe, &frame, 0), 1);

	spec.has_mask = true;
	memset(&spec.match, 0, sizeof(spec.match));
	spec.match.meta.pkt_meta = UINT32_MAX;
	spec.mask.meta.pkt_meta = DOCA_HTOBE32(0x00ff0000);
	pipe = pipe_new(&spec);
	match = (struct doca_flow_match){ .meta.pkt_meta = DOCA_HTOBE32(0x12345678) };
	entry_new(pipe, &(struct entry_spec){ .match = &match });
	CHECK_EQUAL(send_software(pipe, &frame, 0x99349999), 1);
	CHECK_EQUAL(send_software(pipe, &frame, 0x99359999), 0);
}

/* l3_type, l4_type_ext and tun.type choose the arms of unions and restrict nothing by themselves. */
static void test_selectors_are_no_criteria(void)
{
	struct pipe_spec spec = basic_to(7);
	struct frame ip6 = frame_ip6(1, 2, IPPROTO_UDP, 1, 2), arp = frame_arp();
	struct doca_flow_pipe *pipe;

	spec.has_match = true;
	spec.match.outer.l3_type = DOCA_FLOW_L3_TYPE_IP4;
	spec.match.outer.l4_type_ext = DOCA_FLOW_L4_TYPE_EXT_TCP;
	spec.match.tun.type = DOCA_FLOW_TUN_VXLAN;
	pipe = pipe_new(&spec);
	entry_new(pipe, &(struct entry_spec){ .match = NULL });
	CHECK_EQUAL(port_of(pipe, &ip6), 7);
	CHECK_EQUAL(port_of(pipe, &arp), 7);
	/* parser_meta does. */
	spec.match.parser_meta.outer_l3_type = DOCA_FLOW_L3_META_IPV6;
	pipe = pipe_new(&spec);
	entry_new(pipe, &(struct entry_spec){ .match = NULL });
	CHECK_EQUAL(port_of(pipe, &ip6), 7);
	CHECK_EQUAL(port_of(pipe, &arp), -1);
}

/* A field whose header the packet lacks never matches, 0 no more than anything else. */
static void test_absent_headers_never_match(void)
{
	struct pipe_spec spec = basic_to(7);
	struct frame arp = frame_arp(), udp = frame_ip4((struct tuple){ .proto = IPPROTO_UDP });
	struct doca_flow_match match = { .outer.ip4.src_ip = 0 };
	struct doca_flow_pipe *pipe;

	spec.has_match = true;
	spec.match.outer.l3_type = DOCA_FLOW_L3_TYPE_IP4;
	spec.match.outer.ip4.src_ip = UINT32_MAX;
	spec.match.outer.l4_type_ext = DOCA_FLOW_L4_TYPE_EXT_UDP;
	spec.match.outer.udp.l4_port.src_port = UINT16_MAX;
	pipe = pipe_new(&spec);
	entry_new(pipe, &(struct entry_spec){ .match = &match });
	CHECK_EQUAL(port_of(pipe, &udp), 7);
	CHECK_EQUAL(port_of(pipe, &arp), -1);
	udp = frame_ip4((struct tuple){ .proto = IPPROTO_TCP });
	CHECK_EQUAL(port_of(pipe, &udp), -1);

	/* An explicit 0 under a mask, too. */
	memset(&spec.match, 0, sizeof(spec.match));
	spec.has_mask = true;
	spec.match.outer.l3_type = DOCA_FLOW_L3_TYPE_IP4;
	spec.mask.outer.ip4.src_ip = UINT32_MAX;
	pipe = pipe_new(&spec);
	entry_new(pipe, &(struct entry_spec){ .match = NULL });
	CHECK_EQUAL(port_of(pipe, &arp), -1);
}

/* TRANSPORT: the ports of TCP or UDP alike. */
static void test_transport_ports(void)
{
	struct pipe_spec spec = basic_to(7);
	struct doca_flow_match match = { .outer.transport.dst_port = DOCA_HTOBE16(53) };
	struct tuple tuple = { .dport = 53, .proto = IPPROTO_UDP };
	struct frame udp = frame_ip4(tuple), tcp, icmp;
	struct doca_flow_pipe *pipe;

	tuple.proto = IPPROTO_TCP;
	tcp = frame_ip4(tuple);
	tuple.proto = IPPROTO_ICMP;
	icmp = frame_ip4(tuple);
	spec.has_match = true;
	spec.match.outer.l4_type_ext = DOCA_FLOW_L4_TYPE_EXT_TRANSPORT;
	spec.match.outer.transport.dst_port = UINT16_MAX;
	pipe = pipe_new(&spec);
	entry_new(pipe, &(struct entry_spec){ .match = &match });
	CHECK_EQUAL(port_of(pipe, &udp), 7);
	CHECK_EQUAL(port_of(pipe, &tcp), 7);
	CHECK_EQUAL(port_of(pipe, &icmp), -1);
}

/* Outer is the first stack on the wire, inner what is in the tunnel; the mask may hold the selector. */
static void test_tunnel_and_inner(void)
{
	struct pipe_spec spec = basic_to(7);
	struct frame inner = web_from(IP(10, 0, 0, 1)), outer = frame_vxlan(0xabcdef, &inner);
	struct doca_flow_match match = { .tun.type = DOCA_FLOW_TUN_VXLAN };
	struct doca_flow_pipe *pipe;

	spec.has_match = spec.has_mask = true;
	spec.mask.tun.type = DOCA_FLOW_TUN_VXLAN;
	spec.mask.tun.vxlan_tun_id = UINT32_MAX;
	spec.mask.inner.l3_type = DOCA_FLOW_L3_TYPE_IP4;
	spec.mask.inner.ip4.src_ip = UINT32_MAX;
	pipe = pipe_new(&spec);
	match.tun.vxlan_tun_id = DOCA_HTOBE32(0xabcdef);
	match.inner.ip4.src_ip = DOCA_HTOBE32(IP(10, 0, 0, 1));
	entry_new(pipe, &(struct entry_spec){ .match = &match });
	CHECK_EQUAL(port_of(pipe, &outer), 7);
	CHECK_EQUAL(port_of(pipe, &inner), -1);
	outer = frame_vxlan(0xabcdee, &inner);
	CHECK_EQUAL(port_of(pipe, &outer), -1);
}

/* All-zero template: matches everything, one entry. */
static void test_match_any(void)
{
	struct pipe_spec spec = basic_to(7);
	struct doca_flow_pipe *pipe = pipe_new(&spec);
	struct frame arp = frame_arp();

	CHECK_EQUAL(port_of(pipe, &arp), -1);
	entry_new(pipe, &(struct entry_spec){ .match = NULL });
	CHECK_EQUAL(port_of(pipe, &arp), 7);
	CHECK_EQUAL(entry_try(pipe, &(struct entry_spec){ .match = NULL }), DOCA_ERROR_ALREADY_EXIST);
	CHECK_EQUAL(pipe->entries, 1);
}

/* No match, no entries, no fwd: only the miss. */
static void test_only_miss(void)
{
	struct pipe_spec spec = basic_to(7);
	struct doca_flow_pipe *next = pipe_new(&spec), *pipe;
	struct frame arp = frame_arp();

	entry_new(next, &(struct entry_spec){ .match = NULL });
	pipe = pipe_new(&(struct pipe_spec){
		.type = DOCA_FLOW_PIPE_BASIC,
		.is_root = true,
		.has_miss = true,
		.miss_counter = true,
		.miss = { .type = DOCA_FLOW_FWD_PIPE, .next_pipe = next },
	});
	CHECK_EQUAL(port_of(pipe, &arp), 7);
	CHECK_EQUAL(pipe->missed.packets, 1);
	CHECK_EQUAL(pipe->missed.bytes, arp.length);
	CHECK_EQUAL(entry_try(pipe, &(struct entry_spec){ .match = NULL }), DOCA_ERROR_TOO_BIG);
}

static struct pipe_spec control_spec(void)
{
	return (struct pipe_spec){
		.name = "control",
		.type = DOCA_FLOW_PIPE_CONTROL,
		.nr_entries = 64,
		.has_miss = true,
		.miss = { .type = DOCA_FLOW_FWD_DROP },
	};
}

static const struct doca_flow_fwd to_port_1 = { .type = DOCA_FLOW_FWD_PORT, .port_id = 1 };
static const struct doca_flow_fwd to_port_2 = { .type = DOCA_FLOW_FWD_PORT, .port_id = 2 };

/* CONTROL: no template; without a mask 0 means "ignore", even where 0 is what is looked for. */
static void test_control_zero_is_ignored_without_mask(void)
{
	struct pipe_spec spec = control_spec();
	struct doca_flow_pipe *pipe = pipe_new(&spec);
	struct doca_flow_match match = { .parser_meta.port_id = 0 }, mask = match;
	struct frame frame = web_from(1);

	entry_new(pipe, &(struct entry_spec){ .match = &match, .fwd = &to_port_1, .priority = 1 });
	CHECK_EQUAL(send_frame(pipe, &frame, 3), 1);
	mask.parser_meta.port_id = UINT16_MAX;
	entry_new(pipe, &(struct entry_spec){ .match = &match, .mask = &mask, .fwd = &to_port_2 });
	CHECK_EQUAL(send_frame(pipe, &frame, 3), 1);
	CHECK_EQUAL(fates[0].where, 1);
	CHECK_EQUAL(send_frame(pipe, &frame, 0), 1);
	CHECK_EQUAL(fates[0].where, 2);
}

/* CONTROL: priority 0 first, 7 last; within one, what came first. */
static void test_control_priorities(void)
{
	struct pipe_spec spec = control_spec();
	struct doca_flow_pipe *pipe = pipe_new(&spec);
	struct doca_flow_match match = { .outer.eth.type = DOCA_HTOBE16(0x0800) };
	struct doca_flow_pipe_entry *first;
	struct frame frame = web_from(1);

	entry_new(pipe, &(struct entry_spec){ .match = &match, .fwd = &to_port_1, .priority = 7 });
	CHECK_EQUAL(port_of(pipe, &frame), 1);
	first = entry_new(pipe, &(struct entry_spec){ .match = &match, .fwd = &to_port_2,
						      .priority = 3 });
	CHECK_EQUAL(port_of(pipe, &frame), 2);
	entry_new(pipe, &(struct entry_spec){ .match = &match, .fwd = &to_port_1, .priority = 3 });
	CHECK_EQUAL(port_of(pipe, &frame), 2);
	entry_remove(first);
	CHECK_EQUAL(port_of(pipe, &frame), 1);
	CHECK_EQUAL(entry_try(pipe, &(struct entry_spec){ .match = &match, .fwd = &to_port_1,
							  .priority = 8 }),
		    DOCA_ERROR_INVALID_VALUE);
	CHECK_EQUAL(entry_try(pipe, &(struct entry_spec){ .match = &match }),
		    DOCA_ERROR_INVALID_VALUE);
	CHECK_EQUAL(entry_try(pipe, &(struct entry_spec){ .mask = &match, .fwd = &to_port_1 }),
		    DOCA_ERROR_INVALID_VALUE);
}

static bool condition_holds(enum doca_flow_compare_op operation, uint16_t dport)
{
	struct pipe_spec spec = control_spec();
	struct doca_flow_pipe *pipe = pipe_new(&spec);
	struct doca_flow_match match = { .outer.l4_type_ext = DOCA_FLOW_L4_TYPE_EXT_TCP };
	struct doca_flow_match_condition condition = {
		.operation = operation,
		.field_op = { .a = { "outer.tcp.dst_port", 0 }, .width = 16 },
	};
	struct tuple tuple = web;
	struct frame frame;

	tuple.dport = dport;
	frame = frame_ip4(tuple);
	match.outer.tcp.l4_port.dst_port = DOCA_HTOBE16(300); /* 0x012c: bytes in the wrong order show */
	entry_new(pipe, &(struct entry_spec){ .match = &match, .condition = &condition,
					      .fwd = &to_port_1 });
	return port_of(pipe, &frame) == 1;
}

/* Conditions: a field and the value in its place in the match, which is not matched otherwise. */
static void test_conditions_with_immediates(void)
{
	static const struct {
		enum doca_flow_compare_op operation;
		bool less, equal, greater;
	} cases[] = {
		{ DOCA_FLOW_COMPARE_EQ, false, true, false }, { DOCA_FLOW_COMPARE_NE, true, false, true },
		{ DOCA_FLOW_COMPARE_LT, true, false, false }, { DOCA_FLOW_COMPARE_LE, true, true, false },
		{ DOCA_FLOW_COMPARE_GT, false, false, true }, { DOCA_FLOW_COMPARE_GE, false, true, true },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CHECK_EQUAL(condition_holds(cases[i].operation, 0x00ff), cases[i].less);
		CHECK_EQUAL(condition_holds(cases[i].operation, 300), cases[i].equal);
		CHECK_EQUAL(condition_holds(cases[i].operation, 0x0200), cases[i].greater);
	}
}

/* Conditions: two fields; bit offsets from the least significant bit; width in bits; other criteria, too. */
static void test_conditions_of_fields(void)
{
	struct pipe_spec spec = control_spec();
	struct doca_flow_pipe *pipe = pipe_new(&spec);
	struct doca_flow_match match = { .outer.eth.type = DOCA_HTOBE16(0x0800) };
	struct doca_flow_match_condition condition = {
		.operation = DOCA_FLOW_COMPARE_GT,
		.field_op = {
			.a = { "outer.ipv4.src_ip", 8 },
			.b = { "outer.ipv4.dst_ip", 0 },
			.width = 8,
		},
	};
	struct tuple tuple = web;
	struct frame frame, arp = frame_arp();

	entry_new(pipe, &(struct entry_spec){ .match = &match, .condition = &condition,
					      .fwd = &to_port_1 });
	tuple.src = IP(10, 0, 9, 1);
	tuple.dst = IP(10, 0, 200, 8);
	frame = frame_ip4(tuple);
	CHECK_EQUAL(port_of(pipe, &frame), 1);
	tuple.dst = IP(10, 0, 200, 9);
	frame = frame_ip4(tuple);
	CHECK_EQUAL(port_of(pipe, &frame), -1);
	CHECK_EQUAL(port_of(pipe, &arp), -1);

	/* Numbers of the parser are in host byte order. */
	condition = (struct doca_flow_match_condition){
		.operation = DOCA_FLOW_COMPARE_LT,
		.field_op = { .a = { "parser_meta.port_id", 0 }, .width = 16 },
	};
	match = (struct doca_flow_match){ .parser_meta.port_id = 0x0102 };
	pipe = pipe_new(&spec);
	entry_new(pipe, &(struct entry_spec){ .match = &match, .condition = &condition,
					      .fwd = &to_port_1 });
	CHECK_EQUAL(send_frame(pipe, &arp, 0x0101), 1);
	CHECK_EQUAL(send_frame(pipe, &arp, 0x0201), 0);

	/* pkt_meta is meta.data's bits 0 to 31; here its upper half. */
	condition.field_op.a = (struct doca_flow_desc_field){ "meta.data", 16 };
	match = (struct doca_flow_match){ .meta.pkt_meta = DOCA_HTOBE32(0x00050000) };
	pipe = pipe_new(&spec);
	entry_new(pipe, &(struct entry_spec){ .match = &match, .condition = &condition,
					      .fwd = &to_port_1 });
	CHECK_EQUAL(send_software(pipe, &arp, 0x0004ffff), 1);
	CHECK_EQUAL(send_software(pipe, &arp, 0x00050000), 0);

	condition.field_op.a.field_string = "outer.nothing";
	CHECK_EQUAL(entry_try(pipe, &(struct entry_spec){ .match = &match, .condition = &condition,
							  .fwd = &to_port_1 }),
		    DOCA_ERROR_INVALID_VALUE);
	condition.field_op.a = (struct doca_flow_desc_field){ "meta.data", 24 }; /* into the next word */
	CHECK_EQUAL(entry_try(pipe, &(struct entry_spec){ .match = &match, .condition = &condition,
							  .fwd = &to_port_1 }),
		    DOCA_ERROR_INVALID_VALUE);
}

/* parser_meta.random: sampling by an explicit mask. */
static void test_random_samples(void)
{
	struct pipe_spec spec = basic_to(7);
	struct frame frame = frame_arp();
	struct doca_flow_pipe *pipe;
	unsigned int passed = 0;

	spec.has_match = spec.has_mask = true;
	spec.mask.parser_meta.random = DOCA_HTOBE16(3); /* a quarter */
	pipe = pipe_new(&spec);
	entry_new(pipe, &(struct entry_spec){ .match = NULL });
	for (unsigned int i = 0; i < 4000; i++)
		passed += port_of(pipe, &frame) == 7;
	CHECK(passed > 800 && passed < 1200);
}

/* Keys: no second one in a BASIC pipe; nr_entries bounds visible and pending ones; removal makes room. */
static void test_duplicates_bound_removal(void)
{
	struct pipe_spec spec = basic_to(7);
	struct doca_flow_match match = { .outer.ip4.src_ip = 0 };
	struct doca_flow_pipe_entry *entry[4], *pending;
	struct doca_flow_pipe *pipe;

	spec.has_match = true;
	spec.nr_entries = 4;
	spec.match.outer.l3_type = DOCA_FLOW_L3_TYPE_IP4;
	spec.match.outer.ip4.src_ip = UINT32_MAX;
	pipe = pipe_new(&spec);
	for (uint32_t i = 0; i < 3; i++) {
		match.outer.ip4.src_ip = DOCA_HTOBE32(i);
		entry[i] = entry_new(pipe, &(struct entry_spec){ .match = &match });
	}
	CHECK_EQUAL(entry_try(pipe, &(struct entry_spec){ .match = &match }), DOCA_ERROR_ALREADY_EXIST);
	match.outer.ip4.src_ip = DOCA_HTOBE32(3);
	CHECK_EQUAL(entry_compile(pipe, &(struct entry_spec){ .match = &match }, &pending),
		    DOCA_SUCCESS);
	CHECK_EQUAL(entry_try(pipe, &(struct entry_spec){ .match = &match }), DOCA_ERROR_TOO_BIG);
	entry_free(pending);
	entry[3] = entry_new(pipe, &(struct entry_spec){ .match = &match });
	match.outer.ip4.src_ip = DOCA_HTOBE32(4);
	CHECK_EQUAL(entry_try(pipe, &(struct entry_spec){ .match = &match }), DOCA_ERROR_TOO_BIG);
	entry_remove(entry[1]);
	CHECK_EQUAL(pipe->entries, 3);
	entry_new(pipe, &(struct entry_spec){ .match = &match });
	for (uint32_t i = 0; i < 6; i++) {
		struct frame frame = web_from(i);

		CHECK_EQUAL(port_of(pipe, &frame), i == 1 || i == 5 ? -1 : 7);
	}
}

/* A table of thousands of entries finds each, before and after it grows and shrinks. */
static void test_many_entries(void)
{
	struct pipe_spec spec = basic_to(7);
	struct doca_flow_match match = { .outer.l3_type = DOCA_FLOW_L3_TYPE_IP6 };
	static struct doca_flow_pipe_entry *entries[5000];
	struct doca_flow_pipe *pipe;

	spec.has_match = true;
	spec.nr_entries = 5000;
	spec.match.outer.l3_type = DOCA_FLOW_L3_TYPE_IP6;
	memset(spec.match.outer.ip6.src_ip, 0xff, 16);
	memset(spec.match.outer.ip6.dst_ip, 0xff, 16);
	spec.match.outer.l4_type_ext = DOCA_FLOW_L4_TYPE_EXT_UDP;
	spec.match.outer.udp.l4_port.dst_port = UINT16_MAX;
	memset(spec.match.outer.eth.src_mac, 0xff, 6);
	pipe = pipe_new(&spec);
	match.outer.eth.src_mac[0] = 2;
	match.outer.eth.src_mac[5] = 1;
	match.outer.ip6.src_ip[0] = match.outer.ip6.dst_ip[0] = DOCA_HTOBE32(0xfd000000);
	match.outer.ip6.dst_ip[3] = DOCA_HTOBE32(2);
	match.outer.udp.l4_port.dst_port = DOCA_HTOBE16(9);
	for (uint32_t i = 0; i < 5000; i++) {
		match.outer.ip6.src_ip[3] = DOCA_HTOBE32(i);
		entries[i] = entry_new(pipe, &(struct entry_spec){ .match = &match });
	}
	for (uint32_t i = 0; i < 5000; i += 2)
		entry_remove(entries[i]);
	for (uint32_t i = 0; i < 5000; i++) {
		struct frame frame = frame_ip6((uint16_t)i, 2, IPPROTO_UDP, 5, 9);

		CHECK_EQUAL(port_of(pipe, &frame), i % 2 == 0 ? -1 : 7);
	}
}

int main(void)
{
	static void (*const tests[])(void) = {
		test_implicit_changeable_and_constant,
		test_explicit_changeable_and_constant,
		test_explicit_zero_takes_the_entrys,
		test_meta_and_port,
		test_selectors_are_no_criteria,
		test_absent_headers_never_match,
		test_transport_ports,
		test_tunnel_and_inner,
		test_match_any,
		test_only_miss,
		test_control_zero_is_ignored_without_mask,
		test_control_priorities,
		test_conditions_with_immediates,
		test_conditions_of_fields,
		test_random_samples,
		test_duplicates_bound_removal,
		test_many_entries,
	};

	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		fixture_begin();
		tests[i]();
		fixture_end();
	}
	return 0;
}
