/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connection tracking on the switch of flow_fixture.h: a root leads to a CT pipe, whose hits leave by the
 * uplink and whose misses are dropped; what a connection looks like, and its packets.
 */
#ifndef TEST_CT_FIXTURE_H
#define TEST_CT_FIXTURE_H

#include <doca_flow_ct.h>

#include "flow_fixture.h"

#define CT_QUEUE 2u /* behind the two pipe queues of nic_cfg */
#define CT_DEPTH 4u

#define NOW DOCA_FLOW_CT_ENTRY_FLAGS_NO_WAIT
#define TO_SERVER DOCA_FLOW_CT_ENTRY_FLAGS_DIR_ORIGIN
#define TO_CLIENT DOCA_FLOW_CT_ENTRY_FLAGS_DIR_REPLY
#define BOTH (TO_SERVER | TO_CLIENT)
#define COUNTED (DOCA_FLOW_CT_ENTRY_FLAGS_COUNTER_ORIGIN | DOCA_FLOW_CT_ENTRY_FLAGS_COUNTER_REPLY)

/* 3 connections of IPv4 and 2 of IPv6, 2 queues of CT_DEPTH, 3 user actions. */
struct doca_flow_ct_cfg *ct_cfg(void);
/* doca_flow_init, doca_flow_ct_init with the configuration, which it destroys, and all ports. */
void ct_up(struct doca_flow_ct_cfg *cfg);
void ct_down(void);

/* A pipe that sends all by the port. */
struct doca_flow_pipe *exit_pipe(uint16_t port);
/* The root and the CT pipe, which has these actions, with masks. */
struct doca_flow_pipe *ct_pipe(struct doca_flow_actions *const *actions,
			       struct doca_flow_actions *const *masks, size_t nr_actions);

/* One end of a connection; words of an IPv4 address are the first one. All in host byte order. */
struct end {
	uint32_t address[4];
	uint16_t port;
};

struct flow {
	struct end from, to;
	bool is_ip6;
	uint8_t protocol;
};

#define FAMILY_FLAGS(is_ip6)                                                                                 \
	((is_ip6) ? (DOCA_FLOW_CT_ENTRY_FLAGS_IPV6_ORIGIN | DOCA_FLOW_CT_ENTRY_FLAGS_IPV6_REPLY) : 0u)

/* 10.0.0.9 or fd00::9, port 1000 + number, to 10.0.0.1 or fd00::1, port 80. */
struct flow flow_to_server(bool is_ip6, uint8_t protocol, uint16_t number);
struct flow flow_back(struct flow flow);
struct doca_flow_ct_match match_of(const struct flow *flow);

/* A packet of the flow whose checksums are right, and whether they are, and it is one. */
struct frame frame_of(const struct flow *flow);
void check_frame_is(const struct frame *frame, const struct flow *flow);
/* It, injected at VF0, leaves by `port` (PORTS: by none). */
void expect_flow(struct flow flow, uint16_t port);

struct doca_flow_pipe_entry *prepare(struct doca_flow_pipe *pipe, uint32_t flags, const struct flow *flow);
/* Prepared with both matches, added with flags, NOW and those of the family, and completed. */
struct doca_flow_pipe_entry *connect_flow(struct doca_flow_pipe *pipe, const struct flow *flow, uint32_t flags,
					  const struct doca_flow_ct_actions *actions_origin,
					  const struct doca_flow_ct_actions *actions_reply, uint32_t timeout_s);
void ct_process(void);
void sleep_ms(unsigned int ms);

#endif
