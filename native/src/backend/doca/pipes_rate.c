/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rates of endpoints. A meter colours, the pipe behind it acts on the colour: RED is counted and
 * dropped. Three chains: TX for what an endpoint sends, RX for what the NIC delivers to it, SEND for
 * what software sends it. What RX and SEND drop was counted as traffic already, so they count it for
 * its sender, too: UNDELIVERED.
 */
#include "draft.h"
#include "row.h"

/* What a chain's pipes match: the endpoint whose rate it is; UNDELIVERED: the sender. */
static void match_endpoint(struct pipe_draft *draft)
{
	switch (draft->id) {
	case PIPE_METER_TX:
	case PIPE_TX_LIMITED:
	case PIPE_RX_UNDELIVERED:
		MATCH_BITS(draft, meta.u32[4], htonl(DOCA_SOURCE_BITS));
		return;
	case PIPE_METER_RX:
	case PIPE_RX_LIMITED:
	case PIPE_DELIVER:
		MATCH(draft, meta.u32[5]);
		return;
	case PIPE_SEND_UNDELIVERED:
		MATCH_BITS(draft, meta.pkt_meta, htonl(META_KIND_BITS | META_SENDER_BITS));
		return;
	default:
		MATCH_BITS(draft, meta.pkt_meta, htonl(META_KIND_BITS | META_TO_BITS));
		return;
	}
}

/* Counts those it knows and sends all of them on. */
static int build_counter(struct doca *doca, enum nic_pipe pipe, enum doca_flow_pipe_domain domain,
			 struct doca_flow_fwd next, struct hyp_error *error)
{
	struct pipe_draft draft;

	draft_begin(doca, &draft, pipe);
	draft.domain = domain;
	match_endpoint(&draft);
	draft.monitor.counter_type = DOCA_FLOW_RESOURCE_TYPE_NON_SHARED;
	draft.fwd = next;
	draft.miss = next;
	return draft_build(doca, &draft, error);
}

/* LIMITED of a receiver's rate, and UNDELIVERED behind it. Remote senders have no entry there. */
static int build_limited(struct doca *doca, enum nic_pipe limited, enum nic_pipe undelivered,
			 enum doca_flow_pipe_domain domain, struct hyp_error *error)
{
	int result = build_counter(doca, undelivered, domain, fwd_drop(), error);

	return result == 0 ? build_counter(doca, limited, domain, fwd_to(doca, undelivered), error)
			   : result;
}

static int build_port(struct doca *doca, enum nic_pipe pipe, enum doca_flow_pipe_domain domain,
		      struct hyp_error *error)
{
	struct pipe_draft draft;

	draft_begin(doca, &draft, pipe);
	draft.domain = domain;
	match_endpoint(&draft);
	draft.fwd = fwd_to_port(FWD_ANY_PORT);
	return draft_build(doca, &draft, error);
}

/* Who has no rate goes on: only for a moment does somebody come here who has none any more. */
static int build_meter(struct doca *doca, enum nic_pipe pipe, enum doca_flow_pipe_domain domain,
		       enum nic_pipe colour, enum nic_pipe miss, struct hyp_error *error)
{
	struct pipe_draft draft;

	draft_begin(doca, &draft, pipe);
	draft.domain = domain;
	match_endpoint(&draft);
	draft.monitor.meter_type = DOCA_FLOW_RESOURCE_TYPE_SHARED;
	draft.monitor.shared_meter.shared_meter_id = UINT32_MAX;
	draft.fwd = fwd_to(doca, colour);
	draft.miss = fwd_to(doca, miss);
	return draft_build(doca, &draft, error);
}

int pipes_build_send(struct doca *doca, struct hyp_error *error)
{
	enum doca_flow_pipe_domain domain = DOCA_FLOW_PIPE_DOMAIN_EGRESS;
	int result = build_port(doca, PIPE_SEND, domain, error);

	if (result == 0)
		result = build_limited(doca, PIPE_SEND_LIMITED, PIPE_SEND_UNDELIVERED, domain, error);
	if (result == 0)
		result = draft_colour(doca, PIPE_SEND_COLOUR, domain, PIPE_SEND_LIMITED, PIPE_SEND, error);
	return result == 0 ? build_meter(doca, PIPE_METER_SEND, domain, PIPE_SEND_COLOUR, PIPE_SEND, error)
			   : result;
}

int pipes_build_rx(struct doca *doca, struct hyp_error *error)
{
	enum doca_flow_pipe_domain domain = DOCA_FLOW_PIPE_DOMAIN_DEFAULT;
	int result = build_port(doca, PIPE_DELIVER, domain, error);

	if (result == 0)
		result = build_limited(doca, PIPE_RX_LIMITED, PIPE_RX_UNDELIVERED, domain, error);
	if (result == 0)
		result = draft_colour(doca, PIPE_RX_COLOUR, domain, PIPE_RX_LIMITED, PIPE_DELIVER, error);
	return result == 0 ? build_meter(doca, PIPE_METER_RX, domain, PIPE_RX_COLOUR, PIPE_DELIVER, error)
			   : result;
}

int pipes_build_tx(struct doca *doca, struct hyp_error *error)
{
	enum doca_flow_pipe_domain domain = DOCA_FLOW_PIPE_DOMAIN_DEFAULT;
	int result = build_counter(doca, PIPE_TX_LIMITED, domain, fwd_drop(), error);

	if (result == 0)
		result = draft_colour(doca, PIPE_TX_COLOUR, domain, PIPE_TX_LIMITED, PIPE_CLASS, error);
	return result == 0 ? build_meter(doca, PIPE_METER_TX, domain, PIPE_TX_COLOUR, PIPE_CLASS, error)
			   : result;
}

void entry_draft_rate(const struct row *row, struct entry_draft *draft)
{
	/* Each pipe looks at one of these; the row has the others 0. */
	draft->match.meta.pkt_meta = htonl(row->match.pkt_meta);
	draft->match.meta.u32[4] = htonl(row->match.source);
	draft->match.meta.u32[5] = htonl(row->match.destination);
	switch (row->pipe) {
	case PIPE_METER_TX:
	case PIPE_METER_RX:
	case PIPE_METER_SEND:
		draft->monitors = true;
		draft->monitor.meter_type = DOCA_FLOW_RESOURCE_TYPE_SHARED;
		draft->monitor.shared_meter.shared_meter_id = row->effect.meter;
		return;
	case PIPE_DELIVER:
	case PIPE_SEND:
		draft->forwards = true;
		draft->fwd = fwd_to_port(row->effect.port_id);
		return;
	default: /* limited, undelivered, denied */
		draft->monitors = true;
		draft->monitor.counter_type = DOCA_FLOW_RESOURCE_TYPE_NON_SHARED;
		return;
	}
}
