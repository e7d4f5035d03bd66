/* SPDX-License-Identifier: Apache-2.0 */
/* What a check has at hand: a device with two VFs, their far ends, software's queue. */
#ifndef HYPERION_DOCA_SELFTEST_BENCH_H
#define HYPERION_DOCA_SELFTEST_BENCH_H

#include "../draft.h"
#include "../queue.h"
#include "selftest.h"

#define BENCH_PIPES_MAX 12u
#define BENCH_ENTRIES_MAX 16u
#define BENCH_FRAME_BYTES 2048u
/* Long enough for a frame to pass a NIC and a busy machine. */
#define BENCH_PATIENCE_MS 500u
/* What should not come is waited for this long. */
#define BENCH_SILENCE_MS 50u

struct bench {
	struct doca doca; /* device and queue of it only */
	struct doca_port *port[2];
	int vf[2]; /* packet sockets */
	struct doca_flow_pipe *pipes[BENCH_PIPES_MAX];
	uint32_t pipe_count;
	struct nic_entry entries[BENCH_ENTRIES_MAX];
	uint32_t entry_count;
	struct hyp_error error; /* of the last thing that failed */
	bool broken;            /* something of the present check could not be made: error says what */
	selftest_report report;
	void *context;
};

int bench_open(struct bench *bench, const struct selftest_options *options, struct hyp_error *error);
void bench_close(struct bench *bench);

/* Reports; where the check could not be made, that, whatever was found. */
void bench_say(struct bench *bench, const char *assumption, bool holds, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* An empty pipe draft for bench_pipe: BASIC, DEFAULT domain, drops what it misses. */
struct pipe_draft bench_draft(const char *name);
/* Makes it. NULL, and the check is broken, when the NIC refuses. */
struct doca_flow_pipe *bench_pipe(struct bench *bench, const struct pipe_draft *draft);

/* Adds and completes. NULL and broken when refused. What is NULL is the pipe's own. */
struct nic_entry *bench_entry(struct bench *bench, struct doca_flow_pipe *pipe,
			      const struct doca_flow_match *match,
			      const struct doca_flow_actions *actions,
			      const struct doca_flow_monitor *monitor,
			      const struct doca_flow_fwd *fwd);
struct nic_entry *bench_control(struct bench *bench, struct doca_flow_pipe *pipe,
				const struct control_draft *draft, const struct doca_flow_fwd *fwd);

/* Takes all pipes and entries off and forgets what is under way: the next check begins. */
void bench_clear(struct bench *bench);

/* A UDP packet over IPv4 that only this check sends: `number` tells packets apart. Its length. */
uint32_t bench_frame(uint8_t *frame, uint16_t source_port, uint16_t destination_port, uint8_t number);
/* The same over TCP. */
uint32_t bench_tcp_frame(uint8_t *frame, uint16_t source_port, uint16_t destination_port,
			 uint8_t flags, uint8_t number);
extern const uint8_t bench_source_mac[6], bench_destination_mac[6];
#define BENCH_SOURCE_IP 0xc6336401u      /* 198.51.100.1 (RFC 5737), host order */
#define BENCH_DESTINATION_IP 0xc6336402u /* 198.51.100.2 */

void bench_send(struct bench *bench, int vf, const uint8_t *frame, uint32_t length);
/* The next frame of ours that a VF gets; its length, 0 for none within timeout_ms. Ours: both MACs, or
 * VXLAN between the selftest's addresses. */
uint32_t bench_receive(struct bench *bench, int vf, uint8_t *frame, uint32_t timeout_ms);
/* The next packet of software's queue; 0 for none. */
uint32_t bench_punted(struct bench *bench, uint8_t *frame, uint32_t *pkt_meta, uint32_t timeout_ms);

/* ROOT of one pipe: what we send through VF 0 goes where `fwd` says, with this pkt_meta. */
struct doca_flow_pipe *bench_root(struct bench *bench, uint32_t pkt_meta,
				  const struct doca_flow_fwd *fwd);
/* An EGRESS root that drops all but what software sends with this pkt_meta: that goes to VF 1. */
struct doca_flow_pipe *bench_egress_root(struct bench *bench, uint32_t pkt_meta,
					 const struct doca_flow_fwd *miss);
/* Everything to software. */
struct doca_flow_pipe *bench_punt(struct bench *bench);

#endif
