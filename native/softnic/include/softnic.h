/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What softnic has and DOCA Flow does not: the software's side of the RSS queues (which a program
 * for hardware reads through DPDK), a look inside, and faults on demand.
 *
 * Environment, read when first needed:
 *   SOFTNIC_PORTS         "p0=eth1;pf0vf0=veth3;pf0vf*=hyr*": ports of one device and their netdevs. pN is
 *                         a physical port, one device each; pfNvfM a representor of it. A pair of `*`
 *                         stands for every netdev whose name matches, whenever it appears: its VF number
 *                         is the netdev's index. A port without a netdev ("p0=") has no link.
 *   SOFTNIC_TRACE         1: each packet's way through the pipes on stderr; else the name of a file
 *   SOFTNIC_VXLAN_SPORT   hash (default) or zero: UDP source port where the entry leaves it 0
 *   SOFTNIC_POISON        1: scratch words begin as garbage, composite pipes clobber theirs
 *   SOFTNIC_FAIL_ENTRY    n: the n-th entry operation from now completes with an error
 *   SOFTNIC_DELAY         n: an operation completes only at the n-th call of entries_process after it
 *   SOFTNIC_COUNTER_LAG   1: counters are as old as the service cycle, as on hardware
 */
#ifndef SOFTNIC_H
#define SOFTNIC_H

#include <stdint.h>
#include <stdio.h>

#include <doca_error.h>
#include <doca_flow.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef SOFTNIC_API
#define SOFTNIC_API __attribute__((visibility("default")))
#endif

/* A packet that a pipe sent to software by FWD_RSS. */
struct softnic_received {
	uint32_t length;
	uint32_t pkt_meta; /* host byte order */
	uint16_t port_id;  /* parser_meta.port_id */
	uint16_t queue;
	uint32_t reserved;
};

/*
 * Takes the oldest packet of a manager's queue: its head in *received, its bytes in `frame`. Waits up
 * to timeout_us for one. AGAIN when there is none, TOO_BIG when `capacity` does not hold it (it stays;
 * received->length says what it needs). One thread per queue.
 */
SOFTNIC_API doca_error_t softnic_receive(struct doca_flow_port *manager, uint16_t queue,
					 struct softnic_received *received, void *frame, uint32_t capacity,
					 uint64_t timeout_us);

/*
 * Sends a frame from software: it enters the EGRESS root with pkt_meta = `meta` and
 * parser_meta.port_id = UINT16_MAX; outside expert mode and without such a root, `meta` is the id of the
 * port it goes to (a VNF port: it goes out by that one). BAD_STATE: there is no root in expert mode;
 * NOT_FOUND: no such port. The frame is copied.
 */
SOFTNIC_API doca_error_t softnic_send(struct doca_flow_port *manager, uint32_t meta, const void *frame,
				      uint32_t length);

/* Puts a frame in as if it had arrived at the port. */
SOFTNIC_API doca_error_t softnic_inject(struct doca_flow_port *port, const void *frame, uint32_t length);

/*
 * Takes the oldest of the last frames that left by a port without a netdev; *length is its length. AGAIN
 * when there is none, TOO_BIG when `capacity` does not hold it (it stays).
 */
SOFTNIC_API doca_error_t softnic_sent(struct doca_flow_port *port, void *frame, uint32_t capacity,
				      uint32_t *length);

struct softnic_statistics {
	uint64_t received;         /* packets that entered pipes from ports */
	uint64_t software;         /* handed to software queues */
	uint64_t software_dropped; /* found their queue full */
	uint64_t software_sent;
	uint64_t to_kernel;
	uint64_t looped; /* dropped after WALK_PIPES_MAX pipes */
	uint64_t entry_operations; /* adds, updates and removals completed */
};
SOFTNIC_API doca_error_t softnic_statistics(struct softnic_statistics *statistics);

/* The switches of the environment, at run time. */
SOFTNIC_API void softnic_set_poison(int on);
SOFTNIC_API void softnic_fail_entry(uint64_t nth);      /* 0: none; counts adds, updates, removals */
SOFTNIC_API void softnic_delay_completions(uint32_t calls);
SOFTNIC_API void softnic_set_counter_lag(int on);
SOFTNIC_API void softnic_trace(FILE *to);               /* NULL: off */
SOFTNIC_API void softnic_set_source_port(int hash);     /* 0: zero */

#ifdef __cplusplus
}
#endif

#endif
