/* SPDX-License-Identifier: Apache-2.0 */
/* Ways through the NIC: to software, from software, between the domains. */
#include "checks.h"

#define MARK 0x10001234u
#define SENT 0x40005678u

void check_punt(struct bench *bench)
{
	struct doca_flow_fwd fwd = { .type = DOCA_FLOW_FWD_PIPE, .next_pipe = bench_punt(bench) };
	uint8_t frame[BENCH_FRAME_BYTES], got[BENCH_FRAME_BYTES];
	uint32_t length = bench_frame(frame, 1, 2, 1);
	uint32_t pkt_meta = 0, received;

	bench_root(bench, MARK, &fwd);
	bench_send(bench, 0, frame, length);
	received = bench_punted(bench, got, &pkt_meta, BENCH_PATIENCE_MS);
	bench_say(bench, "packets reach software's queue", received == length,
		  "%u bytes of %u arrived", received, length);
	bench_say(bench, "ASSUME_META_TO_HOST", received && pkt_meta == MARK,
		  "written 0x%08x, software saw 0x%08x", MARK, pkt_meta);
}

void check_send(struct bench *bench)
{
	const struct doca_flow_fwd drop = fwd_drop();
	uint8_t frame[BENCH_FRAME_BYTES], got[BENCH_FRAME_BYTES];
	uint32_t length = bench_frame(frame, 3, 4, 2);
	uint32_t named, other;

	bench_egress_root(bench, SENT, &drop);
	if (!bench->broken)
		queue_send(bench->doca.queue, SENT, frame, length);
	named = bench_receive(bench, 1, got, BENCH_PATIENCE_MS);
	bench_say(bench, "ASSUME_MODE_ARGS, ASSUME_META_TO_NIC", named == length,
		  "a packet from software with the pkt_meta of a port: %s there",
		  named ? "arrived" : "did not arrive");
	if (!bench->broken)
		queue_send(bench->doca.queue, SENT + 1, frame, length);
	other = bench_receive(bench, 1, got, BENCH_SILENCE_MS);
	bench_say(bench, "software's packets pass the EGRESS root and nothing else", other == 0,
		  "one with another pkt_meta: %s", other ? "arrived all the same" : "dropped");
}

/* FWD_PORT from DEFAULT, while the EGRESS root drops. */
void check_forward(struct bench *bench)
{
	const struct doca_flow_fwd drop = fwd_drop();
	struct doca_flow_fwd port = fwd_to_port(bench->port[1]->id);
	uint8_t frame[BENCH_FRAME_BYTES], got[BENCH_FRAME_BYTES];
	uint32_t length = bench_frame(frame, 5, 6, 3);
	uint32_t received;

	bench_egress_root(bench, SENT, &drop);
	bench_root(bench, MARK, &port);
	bench_send(bench, 0, frame, length);
	received = bench_receive(bench, 1, got, BENCH_PATIENCE_MS);
	bench_say(bench, "ASSUME_ENCAP_MISS", received == length,
		  "a packet that a DEFAULT pipe forwards to a port: %s",
		  received ? "arrived past the EGRESS root" : "did not arrive");
}

/* Entries of one DEFAULT pipe go to a port and to the EGRESS root. */
void check_entry_forwards(struct bench *bench)
{
	const struct doca_flow_fwd port = fwd_to_port(bench->port[1]->id);
	struct doca_flow_fwd next = { .type = DOCA_FLOW_FWD_PIPE };
	uint8_t frame[BENCH_FRAME_BYTES], got[BENCH_FRAME_BYTES];
	struct pipe_draft draft = bench_draft("by port"), last = bench_draft("behind the root");
	const struct doca_flow_match any = { 0 };
	struct doca_flow_match match = { 0 };
	struct doca_flow_pipe *egress;
	uint32_t direct, through;

	last.domain = DOCA_FLOW_PIPE_DOMAIN_EGRESS;
	last.entries = 1;
	last.fwd = port;
	next.next_pipe = bench_pipe(bench, &last);
	bench_entry(bench, next.next_pipe, &any, NULL, NULL, NULL);
	egress = bench_egress_root(bench, SENT, &next);
	ARM(&draft, outer.l3_type, DOCA_FLOW_L3_TYPE_IP4);
	ARM(&draft, outer.l4_type_ext, DOCA_FLOW_L4_TYPE_EXT_UDP);
	MATCH(&draft, outer.udp.l4_port.dst_port);
	draft.fwd.type = ASSUME_FWD_OF_ENTRIES;
	next.next_pipe = bench_pipe(bench, &draft);
	match.outer.l3_type = DOCA_FLOW_L3_TYPE_IP4;
	match.outer.l4_type_ext = DOCA_FLOW_L4_TYPE_EXT_UDP;
	match.outer.udp.l4_port.dst_port = htons(100);
	bench_entry(bench, next.next_pipe, &match, NULL, NULL, &port);
	match.outer.udp.l4_port.dst_port = htons(200);
	bench_entry(bench, next.next_pipe, &match, NULL, NULL,
		    &(struct doca_flow_fwd){ .type = DOCA_FLOW_FWD_PIPE, .next_pipe = egress });
	bench_root(bench, MARK, &next);
	bench_send(bench, 0, frame, bench_frame(frame, 1, 100, 4));
	direct = bench_receive(bench, 1, got, BENCH_PATIENCE_MS);
	bench_send(bench, 0, frame, bench_frame(frame, 1, 200, 5));
	through = bench_receive(bench, 1, got, BENCH_PATIENCE_MS);
	bench_say(bench, "ASSUME_FWD_OF_ENTRIES", direct && through,
		  "an entry to a port: %s; one to the EGRESS root: %s",
		  direct ? "arrived" : "did not arrive", through ? "arrived" : "did not arrive");
}

/* A pipe put between two others while they work. */
void check_update_miss(struct bench *bench)
{
	const struct doca_flow_fwd port = fwd_to_port(bench->port[1]->id);
	struct doca_flow_fwd next = { .type = DOCA_FLOW_FWD_PIPE };
	uint8_t frame[BENCH_FRAME_BYTES], got[BENCH_FRAME_BYTES];
	struct pipe_draft first = bench_draft("first"), second = bench_draft("second");
	const struct doca_flow_match any = { 0 };
	doca_error_t result = DOCA_ERROR_UNKNOWN;
	uint32_t before, after;

	second.fwd = port;
	second.entries = 1;
	next.next_pipe = bench_pipe(bench, &second);
	bench_entry(bench, next.next_pipe, &any, NULL, NULL, NULL);
	MATCH(&first, meta.pkt_meta);
	first.fwd = fwd_drop();
	if (!bench->broken) {
		struct doca_flow_fwd to_first = { .type = DOCA_FLOW_FWD_PIPE,
						  .next_pipe = bench_pipe(bench, &first) };

		bench_root(bench, MARK, &to_first);
		bench_send(bench, 0, frame, bench_frame(frame, 7, 8, 6));
		before = bench_receive(bench, 1, got, BENCH_SILENCE_MS);
		if (!bench->broken)
			result = doca_flow_pipe_update_miss(to_first.next_pipe, &next);
		bench_send(bench, 0, frame, bench_frame(frame, 7, 8, 7));
		after = bench_receive(bench, 1, got, BENCH_PATIENCE_MS);
		bench_say(bench, "doca_flow_pipe_update_miss counts at once",
			  !before && after && result == DOCA_SUCCESS,
			  "before: %s; after: %s (%s)", before ? "passed" : "dropped",
			  after ? "passed" : "dropped", doca_error_get_name(result));
		return;
	}
	bench_say(bench, "doca_flow_pipe_update_miss counts at once", false, "nothing");
}
