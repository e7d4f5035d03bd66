/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The data plane on DOCA Flow. docs/design/doca.md has the pipes and the reasons.
 *
 *   device     opens the eswitch manager and the representors, starts their ports
 *   pipes      the fixed graph of pipes
 *   entry      one entry: added, updated, removed, completed
 *   program    what the tables want on the NIC, brought there by the smallest difference
 *   policy     policy rows as pipes
 *   offload    established connections: entries with ageing, one per direction
 *   queue      the software queue: punted packets in, decided packets out (softnic or DPDK)
 *   slowpath   the thread that decides what was punted
 *   tables, walk   software's tables and the shared walk over them
 *
 * One lock guards all of it: calls of the ABI hold it, the thread holds it for a burst.
 */
#ifndef HYPERION_DOCA_H
#define HYPERION_DOCA_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <doca_dev.h>
#include <doca_flow.h>

#include "../backend.h"

struct doca_tables; /* tables.h */
struct pipes;       /* pipes.h */
struct program;     /* program.h */
struct offload;     /* offload.h */
struct queue;       /* queue.h */

/* The eswitch manager's own logical id, which is the wire. Representors follow. */
#define DOCA_UPLINK_PORT 0u
#define DOCA_PORTS_MAX 4096u

/* Calls that wait for the NIC give up after this. */
#define DOCA_DEADLINE_MS 5000u

/* A representor, or the uplink, with its port. */
struct doca_port {
	uint16_t id;      /* logical; index in doca.ports */
	uint32_t ifindex; /* of its netdev: the port id of tables.h; 0: none */
	struct doca_dev_rep *rep; /* NULL for the uplink */
	struct doca_flow_port *flow;
};

struct device {
	struct doca_dev *dev;
	struct doca_flow_port *manager;
	struct doca_port *ports[DOCA_PORTS_MAX]; /* by logical id; NULL: free */
	uint16_t ports_end;  /* every id in use is below */
	bool started;        /* DOCA Flow is initialised */
};

struct doca {
	struct hyp_dataplane dataplane; /* first: the handle is this */
	pthread_mutex_t lock;
	struct device device;
	struct doca_tables *tables;
	struct pipes *pipes;
	struct program *program;
	struct offload *offload;
	struct queue *queue;
	pthread_t slowpath;
	bool running; /* the thread is to go on */
	uint32_t connections_max;
	uint64_t punted; /* packets that the software was given */
};

static inline struct doca *doca_of(struct hyp_dataplane *dataplane)
{
	return (struct doca *)dataplane; /* its first member */
}

/* -errno for a DOCA error, with a sentence in *error that names what was done. */
int doca_fail(struct hyp_error *error, doca_error_t result, const char *what);

/* pkt_meta (docs/design/doca.md, Registers); host byte order. */
enum meta_kind {
	META_FROM_PORT = 1,
	META_FROM_TUNNEL = 2,
	META_FROM_WIRE = 3,
	META_SEND = 4,
	META_SEND_METERED = 5,
};
static inline uint32_t meta(enum meta_kind kind, uint32_t value)
{
	return (uint32_t)kind << 28 | value;
}
static inline enum meta_kind meta_kind(uint32_t pkt_meta)
{
	return (enum meta_kind)(pkt_meta >> 28);
}
static inline uint32_t meta_value(uint32_t pkt_meta)
{
	return pkt_meta & 0x0fffffffu;
}
#define META_TUNNEL_VALUE(vtep, network) ((uint32_t)(vtep) << 10 | (network))
/* Endpoints; sender 0: remote. */
#define META_METERED_VALUE(sender, receiver) ((uint32_t)(sender) << 14 | (receiver))

/* u32[4] and u32[5]. */
#define DOCA_REMOTE 0x8000u
static inline uint32_t doca_source(uint32_t network, uint32_t source)
{
	return network << 16 | source;
}

#endif
