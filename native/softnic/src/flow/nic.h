/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The NIC of this process: what doca_flow_init made. One lock guards pipes, entries, counters and
 * ports; the engine thread takes it for a burst of packets at a time, the API for a call.
 */
#ifndef SOFTNIC_NIC_H
#define SOFTNIC_NIC_H

#include <pthread.h>

#include "../pipe/meter.h"
#include "../pipe/pipe.h"
#include "../port/netdev.h"

#define NIC_PORTS_MAX 16384u
#define NIC_QUEUES_MAX 64u       /* software queues of a manager port */
#define NIC_QUEUE_DEPTH 4096u    /* packets that a software queue holds; more are dropped and counted */
#define NIC_DOMAINS 4u

/* Bounds asked for by nr_counters, nr_meters, nr_shared_resource (SYSTEM) or nr_resources (PORT), and
 * what is in use; indices are enum doca_flow_shared_resource_type. */
struct budget {
	uint32_t room;
	uint32_t used;
};

struct shared_resource {
	bool configured;
	const void *bound; /* port or pipe; NULL: not bound */
	struct doca_flow_shared_resource_cfg cfg; /* pointers inside owned */
	struct meter *meter; /* METER */
	struct count count;  /* COUNTER */
};

struct doca_flow_port {
	struct nic *nic;
	uint16_t id;
	bool is_representor;
	struct doca_dev *dev;         /* manager or VNF port */
	struct doca_dev_rep *dev_rep; /* representor */
	struct doca_flow_port *manager; /* itself unless a representor */
	struct doca_flow_port *pair;    /* VNF */
	struct netdev *netdev;          /* NULL: a port without a device behind it */
	struct doca_flow_pipe *roots[NIC_DOMAINS]; /* by enum doca_flow_pipe_domain; the manager's in switch mode */
	struct doca_flow_pipe *pipes;
	enum default_miss default_miss;
	struct count missed; /* default miss */
	uint8_t *priv_data;
};

struct nic {
	pthread_mutex_t lock;
	bool switch_mode, expert, isolated, strict;
	struct doca_flow_port *ports[NIC_PORTS_MAX]; /* by id */
	struct walk walk;
	struct budget counters, meters; /* NON_SHARED */
	struct budget shared_budget[7];
	struct shared_resource *shared[7]; /* by type, then id */
	uint64_t cycle_ns; /* counter cache; 0: counters are read as they are */
};

/* The NIC between doca_flow_init and _destroy, else NULL. */
struct nic *nic_current(void);

#endif
