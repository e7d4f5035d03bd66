/* SPDX-License-Identifier: Apache-2.0 */
/* What pipes can tell apart. */
#include "checks.h"

#include <netinet/in.h>

#define MARK 0x10001234u
#define TCP_ACK 0x10u

/* TCP and UDP ports by one pipe. */
void check_ports_arm(struct bench *bench)
{
	struct doca_flow_fwd next = { .type = DOCA_FLOW_FWD_PIPE };
	uint8_t frame[BENCH_FRAME_BYTES], got[BENCH_FRAME_BYTES];
	struct pipe_draft draft = bench_draft("ports");
	struct doca_flow_match match = { 0 };
	uint32_t udp, tcp, wrong;

	ARM(&draft, outer.l3_type, DOCA_FLOW_L3_TYPE_IP4);
	ARM(&draft, outer.l4_type_ext, ASSUME_PORTS_ARM);
	MATCH(&draft, parser_meta.outer_l4_type);
	MATCH(&draft, outer.transport.dst_port);
	draft.fwd = fwd_to_port(bench->port[1]->id);
	next.next_pipe = bench_pipe(bench, &draft);
	match.outer.l3_type = DOCA_FLOW_L3_TYPE_IP4;
	match.outer.l4_type_ext = ASSUME_PORTS_ARM;
	match.parser_meta.outer_l4_type = DOCA_FLOW_L4_META_UDP;
	match.outer.transport.dst_port = htons(53);
	bench_entry(bench, next.next_pipe, &match, NULL, NULL, NULL);
	match.parser_meta.outer_l4_type = DOCA_FLOW_L4_META_TCP;
	match.outer.transport.dst_port = htons(80);
	bench_entry(bench, next.next_pipe, &match, NULL, NULL, NULL);
	bench_root(bench, MARK, &next);
	bench_send(bench, 0, frame, bench_frame(frame, 1, 53, 8));
	udp = bench_receive(bench, 1, got, BENCH_PATIENCE_MS);
	bench_send(bench, 0, frame, bench_tcp_frame(frame, 1, 80, TCP_ACK, 9));
	tcp = bench_receive(bench, 1, got, BENCH_PATIENCE_MS);
	bench_send(bench, 0, frame, bench_tcp_frame(frame, 1, 53, TCP_ACK, 10));
	wrong = bench_receive(bench, 1, got, BENCH_SILENCE_MS);
	bench_say(bench, "ASSUME_PORTS_ARM", udp && tcp && !wrong,
		  "udp/53 %s, tcp/80 %s, tcp/53 %s", udp ? "matched" : "missed",
		  tcp ? "matched" : "missed", wrong ? "matched all the same" : "missed");
}

/* version_ihl as a criterion. */
void check_options(struct bench *bench)
{
	struct doca_flow_fwd next = { .type = DOCA_FLOW_FWD_PIPE };
	struct doca_flow_fwd port = fwd_to_port(bench->port[1]->id);
	uint8_t frame[BENCH_FRAME_BYTES], got[BENCH_FRAME_BYTES];
	struct pipe_draft draft = bench_draft("header length");
	struct control_draft plain = { 0 };
	uint32_t received;

	draft.type = DOCA_FLOW_PIPE_CONTROL;
	next.next_pipe = bench_pipe(bench, &draft);
	ARM(&plain, outer.l3_type, DOCA_FLOW_L3_TYPE_IP4);
	EXPECT(&plain, outer.ip4.version_ihl, 0x45);
	bench_control(bench, next.next_pipe, &plain, &port);
	bench_root(bench, MARK, &next);
	bench_send(bench, 0, frame, bench_frame(frame, 1, 53, 11));
	received = bench_receive(bench, 1, got, BENCH_PATIENCE_MS);
	bench_say(bench, "ASSUME_IHL_MATCHES", received != 0, "a header without options: %s",
		  received ? "matched" : "missed");
}

/* Entries of two pipes removed in one batch. */
void check_removals(struct bench *bench)
{
	struct doca_flow_match match = { 0 };
	struct nic_entry *entries[2];
	int result = 0;

	for (int i = 0; i < 2; i++) {
		struct pipe_draft draft = bench_draft("removals");

		MATCH(&draft, meta.pkt_meta);
		draft.fwd = fwd_drop();
		match.meta.pkt_meta = htonl(1);
		entries[i] = bench_entry(bench, bench_pipe(bench, &draft), &match, NULL, NULL, NULL);
	}
	for (int i = 0; !bench->broken && result == 0 && i < 2; i++)
		result = entry_remove(entries[i], bench->doca.device.manager);
	if (!bench->broken && result == 0)
		result = entries_complete(bench->doca.device.manager);
	bench_say(bench, "ASSUME_REMOVE_FLAGS",
		  result == 0 && !bench->broken && entries[0]->state == ENTRY_ABSENT &&
			  entries[1]->state == ENTRY_ABSENT,
		  "removals from two pipes: %s", result == 0 ? "completed" : strerror(-result));
}
