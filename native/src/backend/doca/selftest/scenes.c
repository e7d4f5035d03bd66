/* SPDX-License-Identifier: Apache-2.0 */
/* Pipes that several checks stand on. */
#include "bench.h"

struct doca_flow_pipe *bench_punt(struct bench *bench)
{
	static uint16_t queues[] = { PUNT_QUEUE };
	const struct doca_flow_match any = { 0 };
	struct pipe_draft draft = bench_draft("punt");
	struct doca_flow_pipe *pipe;

	draft.fwd = (struct doca_flow_fwd){
		.type = DOCA_FLOW_FWD_RSS,
		.rss_type = DOCA_FLOW_RESOURCE_TYPE_NON_SHARED,
		.rss = { .outer_flags = DOCA_FLOW_RSS_IPV4 | DOCA_FLOW_RSS_IPV6,
			 .queues_array = queues,
			 .nr_queues = 1 },
	};
	pipe = bench_pipe(bench, &draft);
	bench_entry(bench, pipe, &any, NULL, NULL, NULL);
	return pipe;
}

struct doca_flow_pipe *bench_root(struct bench *bench, uint32_t pkt_meta,
				  const struct doca_flow_fwd *fwd)
{
	struct pipe_draft draft = bench_draft("root");
	struct doca_flow_actions actions = { 0 };
	struct doca_flow_match match = { 0 };
	struct doca_flow_pipe *pipe;

	draft.is_root = true;
	MATCH(&draft, parser_meta.port_id);
	MATCH(&draft, outer.eth.dst_mac); /* the VF's own stack sends, too: neighbour discovery */
	WRITE(&draft, meta.pkt_meta);
	WRITE(&draft, meta.u32[4]);
	WRITE(&draft, meta.u32[5]);
	draft.fwd = *fwd;
	pipe = bench_pipe(bench, &draft);
	match.parser_meta.port_id = bench->port[0]->id;
	memcpy(match.outer.eth.dst_mac, bench_destination_mac, sizeof(bench_destination_mac));
	actions.meta.pkt_meta = htonl(pkt_meta);
	actions.meta.u32[4] = htonl(0x00010002);
	actions.meta.u32[5] = htonl(3);
	bench_entry(bench, pipe, &match, &actions, NULL, NULL);
	return pipe;
}

struct doca_flow_pipe *bench_egress_root(struct bench *bench, uint32_t pkt_meta,
					 const struct doca_flow_fwd *miss)
{
	struct pipe_draft draft = bench_draft("egress root");
	struct doca_flow_match match = { 0 };
	struct doca_flow_pipe *pipe;

	draft.is_root = true;
	draft.domain = DOCA_FLOW_PIPE_DOMAIN_EGRESS;
	MATCH(&draft, parser_meta.port_id);
	MATCH(&draft, meta.pkt_meta);
	draft.fwd = fwd_to_port(bench->port[1]->id);
	draft.miss = *miss;
	pipe = bench_pipe(bench, &draft);
	match.parser_meta.port_id = UINT16_MAX;
	match.meta.pkt_meta = htonl(pkt_meta);
	bench_entry(bench, pipe, &match, NULL, NULL, NULL);
	return pipe;
}
