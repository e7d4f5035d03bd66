/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A switch of one uplink (port 0) and two representors (1, 2) without netdevs: frames are injected and
 * what went out is read back.
 */
#ifndef TEST_FLOW_FIXTURE_H
#define TEST_FLOW_FIXTURE_H

#include <endian.h>
#include <string.h>

#include <doca_dev.h>
#include <doca_flow.h>
#include <softnic.h>

#include "../../test/check.h"

#define OK(call) CHECK_EQUAL((call), DOCA_SUCCESS)

#define UPLINK 0u
#define VF0 1u
#define VF1 2u
#define PORTS 3u

/* Opens the devices of SOFTNIC_PORTS, or those of "p0=;pf0vf0=;pf0vf1=". */
void devices_open(void);
void devices_close(void);
extern struct doca_dev *device;
extern struct doca_dev_rep *representors[2];

/* "switch,hws" with 2 queues of depth 16, 64 counters, 16 meters, 8 of each shared resource. */
struct doca_flow_cfg *nic_cfg(void);
void nic_up(void); /* doca_flow_init with it, and all ports */
void nic_down(void);
extern struct doca_flow_port *ports[PORTS];
struct doca_flow_port *port_up(uint16_t id); /* after doca_flow_init */
void ports_up(void);
void ports_down(void);

/* What the entry callback heard. */
struct heard {
	unsigned int added, failed, removed, updated, aged, errors;
	struct doca_flow_pipe_entry *last;
};
extern struct heard heard;
void on_entry(struct doca_flow_pipe_entry *entry, uint16_t queue, enum doca_flow_entry_status status,
	      enum doca_flow_entry_op op, void *user_ctx);
/* Completes what is pending on queue 0; the callback must have been called for `count` additions. */
void process(void);

/* A pipe of the manager's: cfg with type, root and name set; pipe_up destroys it. */
struct doca_flow_pipe_cfg *pipe_cfg(const char *name, enum doca_flow_pipe_type type, bool is_root);
struct doca_flow_pipe *pipe_up(struct doca_flow_pipe_cfg *cfg, const struct doca_flow_fwd *fwd,
			       const struct doca_flow_fwd *miss);

struct doca_flow_fwd fwd_port(uint16_t port_id);
struct doca_flow_fwd fwd_pipe(struct doca_flow_pipe *pipe);
struct doca_flow_fwd fwd_drop(void);
struct doca_flow_fwd fwd_rss(uint16_t *queues, int count);

/* A frame of UDP over IPv4. Addresses and ports in host byte order. */
struct frame {
	uint8_t bytes[256];
	uint32_t length;
};
struct frame frame_udp(uint32_t source, uint32_t destination, uint16_t source_port, uint16_t port);
#define IP(a, b, c, d) ((uint32_t)(a) << 24 | (b) << 16 | (c) << 8 | (d))

void inject(uint16_t port, struct frame frame);
/* Whether the port has sent something, which is taken; *frame if not NULL. */
bool sent(uint16_t port, struct frame *frame);
/* The frame, injected at VF0, leaves by `port` (PORTS: by none) and no other. */
void expect(struct frame frame, uint16_t port);

struct softnic_statistics statistics(void);
uint64_t packets_of(struct doca_flow_pipe_entry *entry);

/* A root on the destination address, whose entries bring their fwd; misses are dropped. */
struct doca_flow_pipe *destination_pipe(void);
struct doca_flow_pipe_entry *destination_add(struct doca_flow_pipe *pipe, uint32_t address, uint16_t port,
					     uint32_t flags);

#endif
