/* SPDX-License-Identifier: Apache-2.0 */
/* Meters, counters, ageing. */
#include "checks.h"

#include <time.h>
#include <unistd.h>

#include "../../../abi/error.h"

#define MARK 0x10001234u
#define SENT 0x40005678u
#define METER 0u /* shared */
#define BURST_PACKETS 10u
#define SENT_PACKETS 30u

/* Everything RED dropped, the rest to VF 1. */
static struct doca_flow_pipe *colour(struct bench *bench, enum doca_flow_pipe_domain domain)
{
	const struct doca_flow_fwd drop = fwd_drop();
	struct pipe_draft draft = bench_draft("to the port"), control = bench_draft("colour");
	const struct doca_flow_match any = { 0 };
	struct control_draft red = { 0 };
	struct doca_flow_pipe *pipe;

	draft.domain = domain;
	draft.entries = 1;
	draft.fwd = fwd_to_port(bench->port[1]->id);
	control.domain = domain;
	control.type = DOCA_FLOW_PIPE_CONTROL;
	control.miss = (struct doca_flow_fwd){ .type = DOCA_FLOW_FWD_PIPE,
					       .next_pipe = bench_pipe(bench, &draft) };
	bench_entry(bench, control.miss.next_pipe, &any, NULL, NULL, NULL);
	pipe = bench_pipe(bench, &control);
	red.match.parser_meta.meter_color = DOCA_FLOW_METER_COLOR_RED;
	memset(&red.mask.parser_meta.meter_color, 0x3, 1);
	bench_control(bench, pipe, &red, &drop);
	return pipe;
}

static uint32_t count_arrivals(struct bench *bench)
{
	uint8_t got[BENCH_FRAME_BYTES];
	uint32_t arrived = 0;

	while (bench_receive(bench, 1, got, BENCH_SILENCE_MS * 2) > 0)
		arrived++;
	return arrived;
}

void check_meter(struct bench *bench)
{
	struct doca_flow_fwd next = { .type = DOCA_FLOW_FWD_PIPE };
	struct pipe_draft draft = bench_draft("meter");
	struct doca_flow_match match = { 0 };
	uint8_t frame[BENCH_FRAME_BYTES];
	uint32_t arrived;

	MATCH(&draft, meta.pkt_meta);
	draft.monitor.meter_type = DOCA_FLOW_RESOURCE_TYPE_NON_SHARED;
	draft.monitor.non_shared_meter.limit_type = DOCA_FLOW_METER_LIMIT_TYPE_PACKETS;
	draft.monitor.non_shared_meter.cir = UINT64_MAX;
	draft.monitor.non_shared_meter.cbs = UINT64_MAX;
	draft.fwd = (struct doca_flow_fwd){ .type = DOCA_FLOW_FWD_PIPE,
					    .next_pipe = colour(bench, DOCA_FLOW_PIPE_DOMAIN_DEFAULT) };
	next.next_pipe = bench_pipe(bench, &draft);
	match.meta.pkt_meta = htonl(MARK);
	draft.monitor.non_shared_meter.cir = 1;
	draft.monitor.non_shared_meter.cbs = BURST_PACKETS;
	bench_entry(bench, next.next_pipe, &match, NULL, &draft.monitor, NULL);
	bench_root(bench, MARK, &next);
	for (uint32_t i = 0; i < SENT_PACKETS; i++)
		bench_send(bench, 0, frame, bench_frame(frame, 1, 2, (uint8_t)i));
	arrived = count_arrivals(bench);
	bench_say(bench, "meters count packets, RED is seen by the next pipe",
		  arrived >= BURST_PACKETS && arrived < BURST_PACKETS + 5,
		  "%u of %u passed a burst of %u", arrived, SENT_PACKETS, BURST_PACKETS);
}

/* A pipe whose entry uses the shared meter. */
static struct doca_flow_pipe *shared(struct bench *bench, enum doca_flow_pipe_domain domain,
				     uint32_t pkt_meta)
{
	struct pipe_draft draft = bench_draft("shared meter");
	struct doca_flow_match match = { 0 };
	struct doca_flow_pipe *pipe;

	draft.domain = domain;
	MATCH(&draft, meta.pkt_meta);
	draft.monitor.meter_type = DOCA_FLOW_RESOURCE_TYPE_SHARED;
	draft.monitor.shared_meter.shared_meter_id = UINT32_MAX;
	draft.fwd = (struct doca_flow_fwd){ .type = DOCA_FLOW_FWD_PIPE,
					    .next_pipe = colour(bench, domain) };
	pipe = bench_pipe(bench, &draft);
	match.meta.pkt_meta = htonl(pkt_meta);
	draft.monitor.shared_meter.shared_meter_id = METER;
	bench_entry(bench, pipe, &match, NULL, &draft.monitor, NULL);
	return pipe;
}

static void make_meter(struct bench *bench, uint32_t frame_bytes)
{
	struct doca_flow_shared_resource_cfg cfg = {
		.meter_cfg = { .limit_type = DOCA_FLOW_METER_LIMIT_TYPE_BYTES,
			       .color_mode = DOCA_FLOW_METER_COLOR_MODE_BLIND,
			       .alg = DOCA_FLOW_METER_ALGORITHM_TYPE_RFC2697,
			       .cir = 1,
			       .cbs = (uint64_t)BURST_PACKETS * frame_bytes },
	};
	uint32_t id = METER;
	doca_error_t result =
		doca_flow_shared_resource_set_cfg(DOCA_FLOW_SHARED_RESOURCE_METER, id, &cfg);

	if (result == DOCA_SUCCESS)
		result = doca_flow_shared_resources_bind(DOCA_FLOW_SHARED_RESOURCE_METER, &id, 1,
							 bench->doca.device.manager);
	if (result == DOCA_SUCCESS)
		return;
	bench->broken = true;
	doca_fail(&bench->error, result, "no shared meter");
}

/* One bucket for what a DEFAULT pipe forwards and what software sends. */
void check_shared_meter(struct bench *bench)
{
	struct doca_flow_fwd next = { .type = DOCA_FLOW_FWD_PIPE };
	struct pipe_draft root = bench_draft("egress root");
	struct doca_flow_match match = { 0 };
	uint8_t frame[BENCH_FRAME_BYTES];
	uint32_t length = bench_frame(frame, 1, 2, 0), forwarded, sent;

	make_meter(bench, length);
	next.next_pipe = shared(bench, DOCA_FLOW_PIPE_DOMAIN_DEFAULT, MARK);
	root.is_root = true;
	root.domain = DOCA_FLOW_PIPE_DOMAIN_EGRESS;
	MATCH(&root, parser_meta.port_id);
	root.fwd = (struct doca_flow_fwd){ .type = DOCA_FLOW_FWD_PIPE,
					   .next_pipe = shared(bench, DOCA_FLOW_PIPE_DOMAIN_EGRESS,
							       SENT) };
	match.parser_meta.port_id = UINT16_MAX;
	bench_entry(bench, bench_pipe(bench, &root), &match, NULL, NULL, NULL);
	bench_root(bench, MARK, &next);
	for (uint32_t i = 0; i < SENT_PACKETS; i++)
		bench_send(bench, 0, frame, bench_frame(frame, 1, 2, (uint8_t)i));
	forwarded = count_arrivals(bench);
	for (uint32_t i = 0; !bench->broken && i < SENT_PACKETS; i++)
		queue_send(bench->doca.queue, SENT, frame, length);
	sent = count_arrivals(bench);
	bench_say(bench, "ASSUME_METERS_CROSS_DOMAINS",
		  forwarded >= BURST_PACKETS && forwarded < BURST_PACKETS + 5 && sent < 5,
		  "of %u each, %u forwarded and then %u from software passed a burst of %u",
		  SENT_PACKETS, forwarded, sent, BURST_PACKETS);
}

/* Counters show within two of their cycles, and count frames without their check sequence. */
void check_counter(struct bench *bench)
{
	struct doca_flow_fwd next = { .type = DOCA_FLOW_FWD_PIPE };
	struct pipe_draft draft = bench_draft("counter");
	struct doca_flow_match match = { 0 };
	uint8_t frame[BENCH_FRAME_BYTES];
	uint64_t packets = 0, bytes = 0;
	struct nic_entry *entry;
	uint32_t length = bench_frame(frame, 1, 2, 1), waited = 0;

	MATCH(&draft, meta.pkt_meta);
	draft.monitor.counter_type = DOCA_FLOW_RESOURCE_TYPE_NON_SHARED;
	draft.fwd = fwd_drop();
	next.next_pipe = bench_pipe(bench, &draft);
	match.meta.pkt_meta = htonl(MARK);
	entry = bench_entry(bench, next.next_pipe, &match, NULL, NULL, NULL);
	bench_root(bench, MARK, &next);
	for (uint32_t i = 0; i < SENT_PACKETS; i++)
		bench_send(bench, 0, frame, length);
	for (; entry && waited < 2500 && packets < SENT_PACKETS; waited += 10) {
		usleep(10000);
		entry_count(entry, &packets, &bytes);
	}
	bench_say(bench, "counters count the frame as it reached the pipe",
		  packets == SENT_PACKETS && bytes == (uint64_t)SENT_PACKETS * length,
		  "%llu packets, %llu bytes after %u ms; sent %u of %u bytes",
		  (unsigned long long)packets, (unsigned long long)bytes, waited, SENT_PACKETS, length);
}

static void on_aged(struct nic_entry *entry, void *context)
{
	(void)entry;
	*(bool *)context = true;
}

void check_ageing(struct bench *bench)
{
	struct pipe_draft draft = bench_draft("ageing");
	struct doca_flow_match match = { 0 };
	struct doca_flow_monitor monitor = { .aging_sec = 1 };
	struct nic_entry *entry;
	bool aged = false;
	uint32_t waited = 0;

	MATCH(&draft, meta.pkt_meta);
	draft.monitor.aging_sec = UINT32_MAX;
	draft.fwd = fwd_drop();
	match.meta.pkt_meta = htonl(MARK);
	entry = bench_entry(bench, bench_pipe(bench, &draft), &match, NULL, &monitor, NULL);
	if (entry) {
		entry->aged = on_aged;
		entry->context = &aged;
	}
	for (; entry && !aged && waited < 5000; waited += 50) {
		usleep(50000);
		entries_age(bench->doca.device.manager);
	}
	bench_say(bench, "entries that nothing matched for their time are reported", aged,
		  "an age of 1 s was %s after %u ms", aged ? "reported" : "not reported", waited);
}
