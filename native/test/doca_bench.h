/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The neighbourhood of neighbourhood.h on softnic: six ports without netdevs, the pipes, and the
 * program of its tables. Frames go in at a port and come out at ports, in software or nowhere.
 */
#ifndef TEST_DOCA_BENCH_H
#define TEST_DOCA_BENCH_H

#include "../src/backend/doca/program.h"
#include "../src/backend/doca/tables.h"
#include "frame.h"

#define VFS 5u
#define PORTS (1u + VFS) /* the uplink is 0, host n's is n */

extern struct doca doca;
extern struct doca_port ports[PORTS];

/* Everything but rows: devices, pipes, empty tables, no port attached but the uplink. bench_up_short:
 * on a NIC that has this many meters. */
void bench_up(void);
void bench_up_short(uint32_t meters);
void bench_down(void);
/* 0 or the first error of attaching the hosts' ports. */
int attach_all(void);

/* Operations, applied together. */
struct batch {
	uint32_t count;
	struct hyp_step steps[64];
	int32_t results[64];
	uint8_t bytes[64][128];
};
void batch_add(struct batch *batch, uint32_t table, const void *key, const void *value);
/* Into the tables and onto the NIC; how many failed. */
int batch_apply(struct batch *batch);
/* What the last one that failed said. */
extern struct hyp_error said;
/* All rows of the neighbourhood; all of them deleted. */
struct batch neighbourhood(void);
struct batch no_neighbourhood(void);
/* One operation of its own; its result. */
int change(uint32_t table, const void *key, const void *value);

void inject(uint32_t port, const struct frame *frame);
/* Takes what a port sent. */
bool sent(uint32_t port, struct frame *frame);
/* Takes what software was given; its pkt_meta, 0: nothing. */
uint32_t punted(struct frame *frame);

/* Where a frame went: a port, or */
#define SOFTWARE 100
#define NOWHERE 101
int way(uint32_t port, const struct frame *frame);

/* What the NIC dropped for this endpoint and reason since the last drops_read. */
void drops_read(void);
uint64_t drops_of(uint32_t endpoint, uint32_t reason);
/* The tables' counters of its traffic. */
struct hyp_endpoint_counter traffic_of(uint32_t endpoint);

struct program_counts counts(void);

#endif
