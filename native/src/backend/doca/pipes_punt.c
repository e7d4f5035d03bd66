/* SPDX-License-Identifier: Apache-2.0 */
/* To software, within budgets: PUNT_METER for what it is to decide, DENY_METER for what it will deny. */
#include "draft.h"
#include "row.h"

static int build_punt(struct doca *doca, struct hyp_error *error)
{
	static uint16_t queues[] = { PUNT_QUEUE };
	struct nic_entry *entry = &doca->pipes->fixed[doca->pipes->fixed_count++];
	const struct doca_flow_match any = { 0 };
	struct pipe_draft draft;
	int result;

	draft_begin(doca, &draft, PIPE_PUNT);
	draft.fwd = (struct doca_flow_fwd){
		.type = DOCA_FLOW_FWD_RSS,
		.rss_type = DOCA_FLOW_RESOURCE_TYPE_NON_SHARED,
		.rss = { .outer_flags = DOCA_FLOW_RSS_IPV4 | DOCA_FLOW_RSS_IPV6,
			 .queues_array = queues,
			 .nr_queues = 1 },
	};
	result = draft_build(doca, &draft, error);
	if (result == 0)
		result = entry_add(entry, doca->device.manager, doca->pipes->pipe[PIPE_PUNT], &any, 0, NULL,
				   NULL, NULL);
	return result;
}

/* Counts and drops what is beyond its budget. */
static int build_limited(struct doca *doca, struct hyp_error *error)
{
	struct pipe_draft draft;

	draft_begin(doca, &draft, PIPE_PUNT_LIMITED);
	MATCH(&draft, meta.pkt_meta);
	draft.monitor.counter_type = DOCA_FLOW_RESOURCE_TYPE_NON_SHARED;
	draft.fwd = fwd_drop();
	return draft_build(doca, &draft, error);
}

/* Colour pipes follow their meter's at once: the colour is lost with the next action. */
int draft_colour(struct doca *doca, enum nic_pipe pipe, enum doca_flow_pipe_domain domain,
		 enum nic_pipe red, enum nic_pipe green, struct hyp_error *error)
{
	struct control_draft is_red = { 0 };
	struct doca_flow_fwd fwd = fwd_to(doca, red);
	struct pipe_draft draft;
	int result;

	draft_begin(doca, &draft, pipe);
	draft.type = DOCA_FLOW_PIPE_CONTROL;
	draft.domain = domain;
	draft.miss = fwd_to(doca, green);
	result = draft_build(doca, &draft, error);
	if (result != 0)
		return result;
	is_red.match.parser_meta.meter_color = DOCA_FLOW_METER_COLOR_RED;
	memset(&is_red.mask.parser_meta.meter_color, 0x3, 1); /* the colours are two bits */
	return control_fix(doca, pipe, &is_red, &fwd, error);
}

/* A meter for each pkt_meta, whose rate is the entry's, in packets. */
static int build_meter(struct doca *doca, enum nic_pipe pipe, enum nic_pipe colour,
		       struct doca_flow_fwd miss, struct hyp_error *error)
{
	struct pipe_draft draft;

	draft_begin(doca, &draft, pipe);
	MATCH(&draft, meta.pkt_meta);
	draft.monitor.meter_type = DOCA_FLOW_RESOURCE_TYPE_NON_SHARED;
	draft.monitor.non_shared_meter.limit_type = DOCA_FLOW_METER_LIMIT_TYPE_PACKETS;
	draft.monitor.non_shared_meter.cir = UINT64_MAX;
	draft.monitor.non_shared_meter.cbs = UINT64_MAX;
	draft.fwd = fwd_to(doca, colour);
	draft.miss = miss;
	return draft_build(doca, &draft, error);
}

static int build_denied(struct doca *doca, enum side side, struct hyp_error *error)
{
	struct pipe_draft draft;

	draft_begin(doca, &draft, PIPE_DENIED_EGRESS + side);
	if (side == SIDE_EGRESS)
		MATCH_BITS(&draft, meta.u32[4], htonl(DOCA_SOURCE_BITS));
	else
		MATCH(&draft, meta.u32[5]);
	draft.monitor.counter_type = DOCA_FLOW_RESOURCE_TYPE_NON_SHARED;
	draft.fwd = fwd_drop();
	return draft_build(doca, &draft, error);
}

static int build_deny(struct doca *doca, enum side side, struct hyp_error *error)
{
	int result = build_denied(doca, side, error);

	if (result == 0)
		result = draft_colour(doca, PIPE_DENY_COLOUR_EGRESS + side, DOCA_FLOW_PIPE_DOMAIN_DEFAULT,
				      PIPE_DENIED_EGRESS + side, PIPE_PUNT, error);
	if (result == 0)
		result = build_meter(doca, PIPE_DENY_METER_EGRESS + side, PIPE_DENY_COLOUR_EGRESS + side,
				     fwd_to(doca, PIPE_PUNT_METER), error);
	return result;
}

int pipes_build_punt(struct doca *doca, struct hyp_error *error)
{
	int result = build_punt(doca, error);

	if (result == 0)
		result = build_limited(doca, error);
	if (result == 0)
		result = draft_colour(doca, PIPE_PUNT_COLOUR, DOCA_FLOW_PIPE_DOMAIN_DEFAULT,
				      PIPE_PUNT_LIMITED, PIPE_PUNT, error);
	if (result == 0)
		result = build_meter(doca, PIPE_PUNT_METER, PIPE_PUNT_COLOUR, fwd_drop(), error);
	if (result == 0)
		result = build_deny(doca, SIDE_EGRESS, error);
	return result == 0 ? build_deny(doca, SIDE_INGRESS, error) : result;
}

void entry_draft_punt(const struct row *row, struct entry_draft *draft)
{
	draft->match.meta.pkt_meta = htonl(row->match.pkt_meta);
	draft->monitors = true;
	if (row->pipe == PIPE_PUNT_LIMITED) {
		draft->monitor.counter_type = DOCA_FLOW_RESOURCE_TYPE_NON_SHARED;
		return;
	}
	draft->monitor.meter_type = DOCA_FLOW_RESOURCE_TYPE_NON_SHARED;
	draft->monitor.non_shared_meter.limit_type = DOCA_FLOW_METER_LIMIT_TYPE_PACKETS;
	draft->monitor.non_shared_meter.cir = row->pipe == PIPE_PUNT_METER ? PUNT_RATE : DENY_RATE;
	draft->monitor.non_shared_meter.cbs = row->pipe == PIPE_PUNT_METER ? PUNT_BURST : DENY_BURST;
}
