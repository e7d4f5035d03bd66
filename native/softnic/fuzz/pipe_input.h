/* SPDX-License-Identifier: Apache-2.0 */
/* Matches, actions, forwards and so on made from the input, likely enough to be valid. */
#ifndef FUZZ_PIPE_INPUT_H
#define FUZZ_PIPE_INPUT_H

#include <string.h>

#include "../src/flow/nic.h"
#include "../src/packet/field.h"

static const uint8_t *input;
static size_t input_size;

static uint8_t take(void)
{
	if (input_size == 0)
		return 0;
	input_size--;
	return *input++;
}

static void fill_value(uint8_t *at, uint16_t size)
{
	static const uint8_t patterns[] = { 0xff, 0x01, 0x0a, 0x80 };
	uint8_t how = take();

	if (how < 0x60)
		memset(at, 0xff, size);
	else if (how < 0xa0)
		memset(at, patterns[how % 4], size);
	else
		at[size - 1] = how;
}

static struct doca_flow_match make_match(void)
{
	struct doca_flow_match match;
	uint8_t selectors = take(), count = take() % 6;

	memset(&match, 0, sizeof(match));
	match.outer.l3_type = selectors % 3;
	match.inner.l3_type = selectors / 3 % 3;
	match.outer.l4_type_ext = selectors / 9 % 6;
	match.inner.l4_type_ext = match.outer.l4_type_ext;
	match.tun.type = take() % 9;
	for (uint8_t i = 0; i < count; i++) {
		/* The first ones are worth more than the 63 options of GENEVE. */
		const struct field *field = &fields[take() % (i % 2 == 0 ? 80 : fields_count)];

		fill_value((uint8_t *)&match + field->offset, field->size);
	}
	return match;
}

static struct doca_flow_actions make_actions(void)
{
	struct doca_flow_match match = make_match();
	struct doca_flow_actions actions;
	uint8_t what = take();

	memset(&actions, 0, sizeof(actions));
	actions.meta = match.meta;
	actions.outer = match.outer;
	actions.tun = match.tun;
	actions.decap_type = what % 3;
	actions.decap_cfg.is_l2 = (what & 4) != 0;
	if (what % 3 == DOCA_FLOW_RESOURCE_TYPE_SHARED)
		actions.shared_decap_id = take() % 4;
	actions.pop_vlan = (what & 8) != 0;
	actions.has_push = (what & 16) != 0;
	actions.push.vlan.vlan_hdr.tci = (doca_be16_t)(what * 257);
	actions.encap_type = what / 32 % 4;
	if (actions.encap_type == DOCA_FLOW_RESOURCE_TYPE_SHARED) {
		actions.shared_encap_id = take() % 4 == 3 ? UINT32_MAX : take() % 4;
	} else if (actions.encap_type == DOCA_FLOW_RESOURCE_TYPE_NON_SHARED) {
		match = make_match();
		actions.encap_cfg.is_l2 = (take() & 1) != 0;
		actions.encap_cfg.encap.outer = match.outer;
		actions.encap_cfg.encap.tun = match.tun;
	}
	return actions;
}

static struct doca_flow_desc_field make_operand(void)
{
	uint8_t which = take();

	return (struct doca_flow_desc_field){
		.field_string = which == 0xff ? "no.such.field" : fields[which % fields_count].name,
		.bit_offset = take(),
	};
}

static void make_descs(struct doca_flow_action_descs *descs, struct doca_flow_action_desc list[2])
{
	descs->nb_action_desc = take() % 3;
	descs->desc_array = list;
	for (uint8_t i = 0; i < descs->nb_action_desc; i++) {
		uint8_t type = take();

		list[i].type = type % 3;
		list[i].field_op.src = make_operand();
		if (type > 200)
			list[i].field_op.src.field_string = NULL;
		list[i].field_op.dst = make_operand();
		list[i].field_op.width = take();
	}
}

/* pipe: that it may lead to. queues: memory for it. */
static struct doca_flow_fwd make_fwd(struct doca_flow_pipe *pipe, uint16_t queues[2])
{
	struct doca_flow_fwd fwd = { .type = take() % 9 };
	uint8_t what = take();

	switch (fwd.type) {
	case DOCA_FLOW_FWD_PORT:
		fwd.port_id = what < 64 ? UINT16_MAX : what;
		break;
	case DOCA_FLOW_FWD_RSS:
		fwd.rss_type = what & 1;
		if (fwd.rss_type == DOCA_FLOW_RESOURCE_TYPE_SHARED) {
			fwd.shared_rss_id = what / 2 % 4;
			break;
		}
		queues[0] = what % NIC_QUEUES_MAX;
		queues[1] = 1;
		fwd.rss.outer_flags = fwd.rss.inner_flags = (uint32_t)what * 0x80421;
		fwd.rss.queues_array = queues;
		fwd.rss.nr_queues = what % 4 - 1;
		if (fwd.rss.nr_queues > 2)
			fwd.rss.nr_queues = 2;
		break;
	case DOCA_FLOW_FWD_PIPE:
		fwd.next_pipe = what < 64 ? NULL : pipe;
		break;
	case DOCA_FLOW_FWD_TARGET:
		fwd.target = (struct doca_flow_target *)queues;
		break;
	case DOCA_FLOW_FWD_ORDERED_LIST_PIPE:
		fwd.ordered_list_pipe.pipe = pipe;
		fwd.ordered_list_pipe.idx = what < 64 ? UINT32_MAX : what % 4;
		break;
	case DOCA_FLOW_FWD_HASH_PIPE:
		fwd.hash_pipe.pipe = pipe;
		fwd.hash_pipe.algorithm = what % 16; /* never a flood, of which there are few */
		break;
	default:
		if (fwd.type == 8)
			fwd.type = DOCA_FLOW_FWD_CHANGEABLE;
		break;
	}
	return fwd;
}

static struct doca_flow_monitor make_monitor(void)
{
	struct doca_flow_monitor monitor = { .counter_type = take() % 3 };
	uint8_t what = take();

	monitor.shared_counter.shared_counter_id = what % 5 == 4 ? UINT32_MAX : what % 5;
	monitor.meter_type = what / 5 % 3;
	if (monitor.meter_type == DOCA_FLOW_RESOURCE_TYPE_SHARED) {
		monitor.shared_meter.shared_meter_id = what / 15 % 4 == 3 ? UINT32_MAX : what / 15 % 4;
	} else {
		monitor.non_shared_meter.cir = what < 128 ? UINT64_MAX : what;
		monitor.non_shared_meter.cbs = what;
	}
	monitor.aging_sec = what % 7 == 6 ? UINT32_MAX : what % 7;
	return monitor;
}

#endif
