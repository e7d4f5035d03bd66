/* SPDX-License-Identifier: Apache-2.0 */
/* Actions, rule by rule. */
#include <netinet/in.h>

#include "pipe_fixture.h"

static struct frame sample_frame(uint8_t proto)
{
	return frame_ip4((struct tuple){
		.src = IP(10, 0, 0, 1),
		.dst = IP(10, 0, 0, 2),
		.proto = proto,
		.sport = 1234,
		.dport = 80,
		.payload = 11,
	});
}

/* A pipe with these actions, whose one entry has these values. */
static struct doca_flow_pipe *acting(struct doca_flow_actions *actions, struct doca_flow_actions *mask,
				     struct doca_flow_action_descs *descs,
				     const struct doca_flow_actions *values)
{
	struct pipe_spec spec = basic_to(7);
	struct doca_flow_pipe *pipe;

	spec.actions = &actions;
	spec.action_masks = mask != NULL ? &mask : NULL;
	spec.descs = descs != NULL ? &descs : NULL;
	spec.nr_actions = 1;
	pipe = pipe_new(&spec);
	entry_new(pipe, &(struct entry_spec){ .actions = values });
	return pipe;
}

static doca_error_t acting_try(struct doca_flow_actions *actions, struct doca_flow_action_descs *descs)
{
	struct pipe_spec spec = basic_to(7);

	spec.actions = &actions;
	spec.descs = descs != NULL ? &descs : NULL;
	spec.nr_actions = 1;
	return pipe_try(&spec);
}

/* The frame that came out parses to the view it came with, and its checksums are right. */
static void check_true(void)
{
	static struct packet again;
	struct fate *fate = &fates[0];

	CHECK_EQUAL(nr_fates, 1);
	memset(&again, 0, sizeof(again));
	again.data = fate->frame;
	again.length = fate->packet.length;
	packet_parse(&again);
	CHECK_EQUAL(again.layers, fate->packet.layers);
	CHECK_EQUAL(memcmp(&again.view.outer, &fate->packet.view.outer, sizeof(again.view.outer)), 0);
	CHECK_EQUAL(memcmp(&again.view.inner, &fate->packet.view.inner, sizeof(again.view.inner)), 0);
	CHECK_EQUAL(memcmp(&again.view.tun, &fate->packet.view.tun, sizeof(again.view.tun)), 0);
	if ((again.layers & LAYER_IP4) != 0)
		CHECK_EQUAL(again.view.parser_meta.outer_ip4_checksum_ok, 1);
	if ((again.layers & (LAYER_TCP | LAYER_UDP)) != 0)
		CHECK_EQUAL(again.view.parser_meta.outer_l4_checksum_ok, 1);
	if ((again.layers & INNER(LAYER_IP4)) != 0)
		CHECK_EQUAL(again.view.parser_meta.inner_l4_checksum_ok, 1);
}

/* No mask: 0 untouched, all ones changeable, other constant. Checksums stay right. */
static void test_set_without_mask(void)
{
	struct doca_flow_actions actions = { .outer.l3_type = DOCA_FLOW_L3_TYPE_IP4 }, values = actions;
	struct frame frame = sample_frame(IPPROTO_TCP);
	struct doca_flow_pipe *pipe;

	actions.meta.pkt_meta = UINT32_MAX;
	actions.outer.ip4.dst_ip = DOCA_HTOBE32(IP(1, 2, 3, 4));
	actions.outer.l4_type_ext = DOCA_FLOW_L4_TYPE_EXT_TRANSPORT;
	actions.outer.transport.src_port = UINT16_MAX;
	memset(actions.outer.eth.src_mac, 0xff, 6);
	values.meta.pkt_meta = DOCA_HTOBE32(77);
	values.outer.ip4.dst_ip = DOCA_HTOBE32(IP(9, 9, 9, 9)); /* not the entry's to say */
	values.outer.transport.src_port = DOCA_HTOBE16(1235);
	values.outer.eth.src_mac[5] = 9;
	pipe = acting(&actions, NULL, NULL, &values);
	CHECK_EQUAL(send_frame(pipe, &frame, 0), 1);
	check_true();
	CHECK_EQUAL(fates[0].packet.view.meta.pkt_meta, DOCA_HTOBE32(77));
	CHECK_EQUAL(fates[0].packet.view.outer.ip4.dst_ip, DOCA_HTOBE32(IP(1, 2, 3, 4)));
	CHECK_EQUAL(fates[0].packet.view.outer.ip4.src_ip, DOCA_HTOBE32(IP(10, 0, 0, 1)));
	CHECK_EQUAL(fates[0].packet.view.outer.tcp.l4_port.src_port, DOCA_HTOBE16(1235));
	CHECK_EQUAL(fates[0].packet.view.outer.tcp.l4_port.dst_port, DOCA_HTOBE16(80));
	CHECK_EQUAL(fates[0].frame[11], 9);
}

/* A mask selects the bits, so a 0 can be written; T all ones or T = M is changeable under it. */
static void test_set_with_mask(void)
{
	struct doca_flow_actions actions = { .outer.l3_type = DOCA_FLOW_L3_TYPE_IP4 }, mask = actions,
				 values = actions;
	struct frame frame = sample_frame(IPPROTO_UDP);
	struct doca_flow_pipe *pipe;

	actions.outer.ip4.src_ip = DOCA_HTOBE32(IP(192, 168, 0, 0));
	mask.outer.ip4.src_ip = DOCA_HTOBE32(0xffff0000);
	actions.outer.ip4.dst_ip = UINT32_MAX;
	mask.outer.ip4.dst_ip = DOCA_HTOBE32(0xff);
	values.outer.ip4.dst_ip = DOCA_HTOBE32(IP(99, 99, 99, 7));
	mask.outer.ip4.ttl = 0xf0; /* T = 0: the entry's, which is 0 */
	actions.meta.pkt_meta = DOCA_HTOBE32(1); /* no mask: untouched */
	pipe = acting(&actions, &mask, NULL, &values);
	CHECK_EQUAL(send_software(pipe, &frame, 5), 1);
	check_true();
	CHECK_EQUAL(fates[0].packet.view.outer.ip4.src_ip, DOCA_HTOBE32(IP(192, 168, 0, 1)));
	CHECK_EQUAL(fates[0].packet.view.outer.ip4.dst_ip, DOCA_HTOBE32(IP(10, 0, 0, 7)));
	CHECK_EQUAL(fates[0].packet.view.outer.ip4.ttl, 0);
	CHECK_EQUAL(fates[0].packet.view.meta.pkt_meta, DOCA_HTOBE32(5));
}

/* Entries may leave out the actions when none is changeable, and not otherwise; action_idx chooses. */
static void test_action_idx(void)
{
	struct doca_flow_actions first = { .meta.pkt_meta = DOCA_HTOBE32(1) };
	struct doca_flow_actions second = { .meta.pkt_meta = UINT32_MAX }, values = { .meta.pkt_meta = 3 };
	struct doca_flow_actions *list[] = { &first, &second };
	struct pipe_spec spec = basic_to(7);
	struct doca_flow_match match = { .parser_meta.port_id = 0 };
	struct frame frame = sample_frame(IPPROTO_UDP);
	struct doca_flow_pipe *pipe;

	spec.has_match = true;
	spec.match.parser_meta.port_id = UINT16_MAX;
	spec.actions = list;
	spec.nr_actions = 2;
	pipe = pipe_new(&spec);
	entry_new(pipe, &(struct entry_spec){ .match = &match });
	match.parser_meta.port_id = 1;
	CHECK_EQUAL(entry_try(pipe, &(struct entry_spec){ .match = &match, .action_idx = 1 }),
		    DOCA_ERROR_INVALID_VALUE);
	CHECK_EQUAL(entry_try(pipe, &(struct entry_spec){ .match = &match, .action_idx = 2 }),
		    DOCA_ERROR_INVALID_VALUE);
	entry_new(pipe, &(struct entry_spec){ .match = &match, .action_idx = 1, .actions = &values });
	send_frame(pipe, &frame, 0);
	CHECK_EQUAL(fates[0].packet.view.meta.pkt_meta, DOCA_HTOBE32(1));
	send_frame(pipe, &frame, 1);
	CHECK_EQUAL(fates[0].packet.view.meta.pkt_meta, 3);
}

/* ADD with a number: two's complement, so all ones of TTL is -1, whatever the entry leaves 0. */
static void test_add_number(void)
{
	struct doca_flow_actions actions = { .outer.l3_type = DOCA_FLOW_L3_TYPE_IP4 }, nothing = { 0 };
	struct doca_flow_action_desc list[] = {
		{ .type = DOCA_FLOW_ACTION_ADD,
		  .field_op = { .dst = { "outer.ipv4.ttl", 0 }, .width = 8 } },
		{ .type = DOCA_FLOW_ACTION_ADD,
		  .field_op = { .dst = { "outer.tcp.seq_num", 0 }, .width = 32 } },
	};
	struct doca_flow_action_descs descs = { .nb_action_desc = 2, .desc_array = list };
	struct frame frame = sample_frame(IPPROTO_TCP);
	struct doca_flow_pipe *pipe;

	actions.outer.ip4.ttl = UINT8_MAX;
	actions.outer.l4_type_ext = DOCA_FLOW_L4_TYPE_EXT_TCP;
	actions.outer.tcp.seq_num = DOCA_HTOBE32(314);
	pipe = acting(&actions, NULL, &descs, NULL);
	CHECK_EQUAL(send_frame(pipe, &frame, 0), 1);
	check_true();
	CHECK_EQUAL(fates[0].packet.view.outer.ip4.ttl, 63);
	CHECK_EQUAL(fates[0].packet.view.outer.tcp.seq_num, DOCA_HTOBE32(319));
	pipe = acting(&actions, NULL, &descs, &nothing);
	CHECK_EQUAL(send_frame(pipe, &frame, 0), 1);
	CHECK_EQUAL(fates[0].packet.view.outer.ip4.ttl, 63);
	nothing.outer.ip4.ttl = 200; /* overflows */
	pipe = acting(&actions, NULL, &descs, &nothing);
	CHECK_EQUAL(send_frame(pipe, &frame, 0), 1);
	CHECK_EQUAL(fates[0].packet.view.outer.ip4.ttl, 8);
	frame = frame_arp(); /* nothing there to add to */
	CHECK_EQUAL(send_frame(pipe, &frame, 0), 1);
}

/* COPY and ADD of fields, into meta.data by bit offsets over the words, as in the samples. */
static void test_copy_and_add_fields(void)
{
	struct doca_flow_actions actions = { .meta.pkt_meta = 0 };
	struct doca_flow_action_desc list[] = {
		{ .type = DOCA_FLOW_ACTION_COPY,
		  .field_op = { { "outer.eth.src_mac", 0 }, { "meta.data", 32 }, 32 } },
		{ .type = DOCA_FLOW_ACTION_COPY,
		  .field_op = { { "outer.eth.src_mac", 32 }, { "meta.data", 64 }, 16 } },
		{ .type = DOCA_FLOW_ACTION_COPY,
		  .field_op = { { "outer.ipv4.src_ip", 0 }, { "meta.data", 96 }, 32 } },
		{ .type = DOCA_FLOW_ACTION_ADD,
		  .field_op = { { "outer.ipv4.src_ip", 0 }, { "meta.data", 96 }, 32 } },
		{ .type = DOCA_FLOW_ACTION_COPY, /* over two words */
		  .field_op = { { "outer.eth.dst_mac", 0 }, { "meta.data", 128 + 16 }, 48 } },
		{ .type = DOCA_FLOW_ACTION_COPY,
		  .field_op = { { "parser_meta.port_id", 0 }, { "meta.data", 0 }, 16 } },
	};
	struct doca_flow_action_descs descs = { .nb_action_desc = 6, .desc_array = list };
	struct frame frame = sample_frame(IPPROTO_TCP);
	struct doca_flow_meta *meta = &fates[0].packet.view.meta;
	struct doca_flow_pipe *pipe = acting(&actions, NULL, &descs, NULL);

	memcpy(frame.bytes, "\x0a\x0b\x0c\x0d\x0e\x0f\xaa\xbb\xcc\xdd\xee\xff", 12);
	CHECK_EQUAL(send_frame(pipe, &frame, 0x1234), 1);
	CHECK_EQUAL(meta->u32[0], DOCA_HTOBE32(0xccddeeff));
	CHECK_EQUAL(meta->u32[1], DOCA_HTOBE32(0xaabb));
	CHECK_EQUAL(meta->u32[2], DOCA_HTOBE32(2 * IP(10, 0, 0, 1)));
	CHECK_EQUAL(meta->u32[3], DOCA_HTOBE32(0x0e0f0000));
	CHECK_EQUAL(meta->u32[4], DOCA_HTOBE32(0x0a0b0c0d));
	CHECK_EQUAL(meta->pkt_meta, DOCA_HTOBE32(0x1234));
	/* A carry does not go from word to word. */
	list[4].type = DOCA_FLOW_ACTION_ADD;
	CHECK_EQUAL(acting_try(&actions, &descs), DOCA_ERROR_NOT_SUPPORTED);
	list[4].type = DOCA_FLOW_ACTION_COPY;
	list[4].field_op.src.bit_offset = 1; /* 47 bits are left */
	CHECK_EQUAL(acting_try(&actions, &descs), DOCA_ERROR_INVALID_VALUE);
	list[4].field_op.src = (struct doca_flow_desc_field){ "outer.nothing", 0 };
	CHECK_EQUAL(acting_try(&actions, &descs), DOCA_ERROR_INVALID_VALUE);
	list[4] = list[5];
	list[4].field_op.dst.field_string = "parser_meta.random";
	CHECK_EQUAL(acting_try(&actions, &descs), DOCA_ERROR_NOT_SUPPORTED);
}

static struct doca_flow_actions vxlan_encap(void)
{
	struct doca_flow_actions actions = { .encap_type = DOCA_FLOW_RESOURCE_TYPE_NON_SHARED };
	struct doca_flow_encap_action *encap = &actions.encap_cfg.encap;

	actions.encap_cfg.is_l2 = true;
	memset(encap->outer.eth.src_mac, 0xff, 6);
	memset(encap->outer.eth.dst_mac, 0xff, 6);
	encap->outer.l3_type = DOCA_FLOW_L3_TYPE_IP4;
	encap->outer.ip4.src_ip = encap->outer.ip4.dst_ip = UINT32_MAX;
	encap->outer.ip4.ttl = UINT8_MAX;
	encap->outer.l4_type_ext = DOCA_FLOW_L4_TYPE_EXT_UDP;
	encap->outer.udp.l4_port.dst_port = DOCA_HTOBE16(4789);
	encap->tun.type = DOCA_FLOW_TUN_VXLAN;
	encap->tun.vxlan_tun_id = UINT32_MAX;
	return actions;
}

static struct doca_flow_actions vxlan_values(uint32_t vni)
{
	struct doca_flow_actions values = { .encap_type = DOCA_FLOW_RESOURCE_TYPE_NON_SHARED };
	struct doca_flow_encap_action *encap = &values.encap_cfg.encap;

	encap->outer.eth.src_mac[5] = 0x11;
	encap->outer.eth.dst_mac[5] = 0x22;
	encap->outer.l3_type = DOCA_FLOW_L3_TYPE_IP4;
	encap->outer.ip4.src_ip = DOCA_HTOBE32(IP(11, 21, 31, 41));
	encap->outer.ip4.dst_ip = DOCA_HTOBE32(IP(81, 81, 81, 81));
	encap->outer.ip4.ttl = 17;
	encap->tun.vxlan_tun_id = DOCA_HTOBE32(vni);
	return values;
}

/* Encapsulation: what the template marks from the entry, the rest from it; the next pipe sees the
 * tunnel, and decapsulation gives the packet back. */
static void test_encap_and_decap(void)
{
	struct doca_flow_actions encap = vxlan_encap(), values = vxlan_values(0xadadad);
	struct doca_flow_actions decap = { .decap_type = DOCA_FLOW_RESOURCE_TYPE_NON_SHARED };
	struct doca_flow_actions *list = &encap;
	struct pipe_spec spec = basic_to(0);
	struct frame frame = sample_frame(IPPROTO_TCP);
	struct doca_flow_pipe *pipe, *after;

	pipe = acting(&encap, NULL, NULL, &values);
	CHECK_EQUAL(send_frame(pipe, &frame, 0), 1);
	check_true();
	CHECK_EQUAL(fates[0].packet.length, frame.length + 50);
	CHECK_EQUAL(fates[0].packet.view.tun.vxlan_tun_id, DOCA_HTOBE32(0xadadad));
	CHECK_EQUAL(fates[0].packet.view.outer.ip4.ttl, 17);
	CHECK_EQUAL(fates[0].packet.view.outer.udp.l4_port.dst_port, DOCA_HTOBE16(4789));
	CHECK_EQUAL(fates[0].packet.view.outer.udp.l4_port.src_port, 0);
	CHECK_EQUAL(fates[0].frame[5], 0x22);
	CHECK_EQUAL(memcmp(fates[0].frame + 50, frame.bytes, frame.length), 0);
	walk.source_port = SOURCE_PORT_HASH;
	CHECK_EQUAL(send_frame(pipe, &frame, 0), 1);
	CHECK(DOCA_BETOH16(fates[0].packet.view.outer.udp.l4_port.src_port) >= 49152);
	CHECK_EQUAL(entry_try(pipe, &(struct entry_spec){ .actions = NULL }), DOCA_ERROR_INVALID_VALUE);

	decap.decap_cfg.is_l2 = true;
	after = acting(&decap, NULL, NULL, NULL);
	spec.fwd = (struct doca_flow_fwd){ .type = DOCA_FLOW_FWD_PIPE, .next_pipe = after };
	spec.actions = &list;
	spec.nr_actions = 1;
	pipe = pipe_new(&spec);
	entry_new(pipe, &(struct entry_spec){ .actions = &values });
	CHECK_EQUAL(send_frame(pipe, &frame, 0), 1);
	check_true();
	CHECK_EQUAL(fates[0].packet.length, frame.length);
	CHECK_EQUAL(memcmp(fates[0].frame, frame.bytes, frame.length), 0);
	/* Without a tunnel there is nothing to take off: dropped. */
	CHECK_EQUAL(send_frame(after, &frame, 0), 0);
}

/* decap_cfg: its MACs can be the entry's; without is_l2 they are put on. */
static void test_decap_l3(void)
{
	struct doca_flow_actions decap = { .decap_type = DOCA_FLOW_RESOURCE_TYPE_NON_SHARED };
	struct doca_flow_actions values = { .decap_type = DOCA_FLOW_RESOURCE_TYPE_NON_SHARED };
	struct frame inner = sample_frame(IPPROTO_UDP), frame = frame_vxlan(5, &inner);
	struct doca_flow_pipe *pipe;

	memset(decap.decap_cfg.eth.dst_mac, 0xff, 6);
	decap.decap_cfg.eth.src_mac[5] = 0x33;
	decap.decap_cfg.eth.type = DOCA_HTOBE16(0x0800);
	values.decap_cfg.eth.dst_mac[5] = 0x44;
	pipe = acting(&decap, NULL, NULL, &values);
	CHECK_EQUAL(send_frame(pipe, &frame, 0), 1);
	check_true();
	CHECK_EQUAL(fates[0].frame[5], 0x44);
	CHECK_EQUAL(fates[0].frame[11], 0x33);
	CHECK_EQUAL(memcmp(fates[0].frame + 14, inner.bytes + 14, inner.length - 14), 0);
}

/* The documented order: decap, pop, meta, outer, push, encap — here all in one. */
static void test_order(void)
{
	struct doca_flow_actions actions = vxlan_encap(), values = vxlan_values(9);
	struct doca_flow_action_desc copy = {
		.type = DOCA_FLOW_ACTION_COPY,
		.field_op = { { "outer.ipv4.src_ip", 0 }, { "meta.data", 32 }, 32 },
	};
	struct doca_flow_action_descs descs = { .nb_action_desc = 1, .desc_array = &copy };
	struct frame inner = frame_ip4((struct tuple){ .src = IP(10, 0, 0, 1), .dst = IP(10, 0, 0, 2),
						       .proto = IPPROTO_TCP, .tag = 5 });
	struct frame frame = frame_vxlan(5, &inner);
	struct doca_flow_pipe *pipe;

	actions.decap_type = DOCA_FLOW_RESOURCE_TYPE_NON_SHARED;
	actions.decap_cfg.is_l2 = true;
	actions.pop_vlan = true;
	actions.outer.l3_type = DOCA_FLOW_L3_TYPE_IP4;
	actions.outer.ip4.src_ip = DOCA_HTOBE32(IP(1, 1, 1, 1));
	actions.has_push = true;
	actions.push.vlan.eth_type = DOCA_HTOBE16(0x8100);
	actions.push.vlan.vlan_hdr.tci = UINT16_MAX;
	values.push.vlan.vlan_hdr.tci = DOCA_HTOBE16(77);
	pipe = acting(&actions, NULL, &descs, &values);
	CHECK_EQUAL(send_frame(pipe, &frame, 0), 1);
	check_true();
	/* Meta before outer: the copy has the address of the inner packet as it was. */
	CHECK_EQUAL(fates[0].packet.view.meta.u32[0], DOCA_HTOBE32(IP(10, 0, 0, 1)));
	CHECK_EQUAL(fates[0].packet.view.inner.ip4.src_ip, DOCA_HTOBE32(IP(1, 1, 1, 1)));
	CHECK_EQUAL(fates[0].packet.view.inner.eth_vlan[0].tci, DOCA_HTOBE16(77));
	CHECK_EQUAL(fates[0].packet.view.tun.vxlan_tun_id, DOCA_HTOBE32(9));
	CHECK_EQUAL(fates[0].packet.length, frame.length);
}

/* Shared encapsulations are looked up when a packet comes; ids must be set up when an entry is made. */
static void test_shared_encap(void)
{
	struct doca_flow_actions actions = { .encap_type = DOCA_FLOW_RESOURCE_TYPE_SHARED }, values = actions;
	struct shared_resource *shared = nic.shared[DOCA_FLOW_SHARED_RESOURCE_ENCAP];
	struct doca_flow_actions encap = vxlan_encap(), vni = vxlan_values(1);
	struct doca_flow_actions *list = &actions;
	struct frame frame = sample_frame(IPPROTO_UDP);
	struct pipe_spec spec = basic_to(7);
	struct doca_flow_pipe *pipe;

	actions.shared_encap_id = UINT32_MAX;
	spec.actions = &list;
	spec.nr_actions = 1;
	pipe = pipe_new(&spec);
	values.shared_encap_id = 1;
	CHECK_EQUAL(entry_try(pipe, &(struct entry_spec){ .actions = &values }),
		    DOCA_ERROR_INVALID_VALUE);
	values.shared_encap_id = 100;
	CHECK_EQUAL(entry_try(pipe, &(struct entry_spec){ .actions = &values }),
		    DOCA_ERROR_INVALID_VALUE);
	shared[1].configured = true;
	shared[1].cfg.encap_cfg = vni.encap_cfg;
	shared[1].cfg.encap_cfg.is_l2 = true;
	shared[1].cfg.encap_cfg.encap.outer.l4_type_ext = DOCA_FLOW_L4_TYPE_EXT_UDP;
	shared[1].cfg.encap_cfg.encap.outer.udp.l4_port.dst_port =
		encap.encap_cfg.encap.outer.udp.l4_port.dst_port;
	shared[1].cfg.encap_cfg.encap.tun.type = DOCA_FLOW_TUN_VXLAN;
	values.shared_encap_id = 1;
	entry_new(pipe, &(struct entry_spec){ .actions = &values });
	CHECK_EQUAL(send_frame(pipe, &frame, 0), 1);
	check_true();
	CHECK_EQUAL(fates[0].packet.view.tun.vxlan_tun_id, DOCA_HTOBE32(1));
	shared[1].cfg.encap_cfg.encap.tun.vxlan_tun_id = DOCA_HTOBE32(2);
	CHECK_EQUAL(send_frame(pipe, &frame, 0), 1);
	CHECK_EQUAL(fates[0].packet.view.tun.vxlan_tun_id, DOCA_HTOBE32(2));
	/* Not together with a changeable fwd. */
	spec.fwd.port_id = UINT16_MAX;
	CHECK_EQUAL(pipe_try(&spec), DOCA_ERROR_NOT_SUPPORTED);
}

/* CONTROL entries bring actions, mask and descriptors; nothing is changeable, all ones is written. */
static void test_control_actions(void)
{
	struct pipe_spec spec = { .type = DOCA_FLOW_PIPE_CONTROL, .nr_entries = 4 };
	struct doca_flow_actions actions = { .meta.u32[2] = UINT32_MAX }, mask = { .meta.u32[3] = 0 };
	struct doca_flow_fwd fwd = { .type = DOCA_FLOW_FWD_PORT, .port_id = 1 };
	struct frame frame = frame_arp();
	struct doca_flow_pipe *pipe = pipe_new(&spec);

	entry_new(pipe, &(struct entry_spec){ .actions = &actions, .fwd = &fwd, .priority = 1 });
	CHECK_EQUAL(send_frame(pipe, &frame, 0), 1);
	CHECK_EQUAL(fates[0].packet.view.meta.u32[2], UINT32_MAX);
	mask.meta.u32[2] = DOCA_HTOBE32(0xff);
	entry_new(pipe, &(struct entry_spec){ .actions = &actions, .action_mask = &mask, .fwd = &fwd });
	CHECK_EQUAL(send_frame(pipe, &frame, 0), 1);
	CHECK_EQUAL(fates[0].packet.view.meta.u32[2], DOCA_HTOBE32(0xff));
}

static void test_actions_refused(void)
{
	struct doca_flow_actions actions = { .nat64.original_l3_type = DOCA_FLOW_L3_TYPE_IP4 };

	CHECK_EQUAL(acting_try(&actions, NULL), DOCA_ERROR_NOT_SUPPORTED);
	actions = (struct doca_flow_actions){ .has_crypto_encap = true };
	CHECK_EQUAL(acting_try(&actions, NULL), DOCA_ERROR_NOT_SUPPORTED);
	actions = (struct doca_flow_actions){ .parser_meta.port_id = 4 };
	CHECK_EQUAL(acting_try(&actions, NULL), DOCA_ERROR_NOT_SUPPORTED);
	/* l2_valid_headers says what is meant; it is no field to write. */
	actions = (struct doca_flow_actions){ .outer.l2_valid_headers = DOCA_FLOW_L2_VALID_HEADER_VLAN_0 };
	CHECK_EQUAL(acting_try(&actions, NULL), DOCA_SUCCESS);
}

/* Updates in place: only what is given changes, counters go on, the key stays. */
static void test_update(void)
{
	struct doca_flow_actions actions = { .meta.pkt_meta = UINT32_MAX }, values = { .meta.pkt_meta = 1 };
	struct doca_flow_actions *list = &actions;
	struct doca_flow_fwd fwd = { .type = DOCA_FLOW_FWD_PORT, .port_id = 1 };
	struct doca_flow_monitor monitor = { .aging_sec = 9 };
	struct frame frame = frame_arp();
	struct pipe_spec spec = basic_to(UINT16_MAX);
	struct doca_flow_pipe_entry *entry;
	struct doca_flow_pipe *pipe;

	spec.actions = &list;
	spec.nr_actions = 1;
	spec.has_monitor = true;
	spec.monitor.counter_type = DOCA_FLOW_RESOURCE_TYPE_NON_SHARED;
	spec.monitor.aging_sec = UINT32_MAX;
	pipe = pipe_new(&spec);
	entry = entry_new(pipe, &(struct entry_spec){ .actions = &values, .fwd = &fwd,
						      .monitor = &monitor });
	CHECK_EQUAL(port_of(pipe, &frame), 1);
	CHECK_EQUAL(fates[0].packet.view.meta.pkt_meta, 1);
	fwd.port_id = 2;
	CHECK_EQUAL(entry_update(entry, &(struct entry_spec){ .fwd = &fwd }), DOCA_SUCCESS);
	CHECK_EQUAL(port_of(pipe, &frame), 2);
	CHECK_EQUAL(fates[0].packet.view.meta.pkt_meta, 1);
	CHECK_EQUAL(entry->aging_sec, 9);
	values.meta.pkt_meta = 5;
	monitor.aging_sec = 10;
	CHECK_EQUAL(entry_update(entry, &(struct entry_spec){ .actions = &values, .monitor = &monitor }),
		    DOCA_SUCCESS);
	CHECK_EQUAL(port_of(pipe, &frame), 2);
	CHECK_EQUAL(fates[0].packet.view.meta.pkt_meta, 5);
	CHECK_EQUAL(entry->aging_sec, 10);
	CHECK_EQUAL(entry->count.packets, 3);
	CHECK_EQUAL(entry_update(entry, &(struct entry_spec){ .action_idx = 1 }),
		    DOCA_ERROR_INVALID_VALUE);
	fwd.type = DOCA_FLOW_FWD_DROP; /* the template says PORT */
	CHECK_EQUAL(entry_update(entry, &(struct entry_spec){ .fwd = &fwd }), DOCA_ERROR_INVALID_VALUE);
	CHECK_EQUAL(port_of(pipe, &frame), 2);
}

int main(void)
{
	static void (*const tests[])(void) = {
		test_set_without_mask,
		test_set_with_mask,
		test_action_idx,
		test_add_number,
		test_copy_and_add_fields,
		test_encap_and_decap,
		test_decap_l3,
		test_order,
		test_shared_encap,
		test_control_actions,
		test_actions_refused,
		test_update,
	};

	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		fixture_begin();
		tests[i]();
		fixture_end();
	}
	return 0;
}
