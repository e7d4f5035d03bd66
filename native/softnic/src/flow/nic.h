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
#define NIC_RESOURCES 7u         /* kinds of enum doca_flow_resource and doca_flow_shared_resource_type */
#define NIC_SENT_DEPTH 256u      /* frames that a port without a netdev remembers */

struct frames;     /* frames.h */
struct queue;      /* queue.h */
struct ct;          /* ../ct/connection.h */
struct ct_forwards; /* likewise */
struct table_type; /* ../pipe/table.h */

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
	struct count cached; /* what a query shows while counters lag */
	const struct doca_flow_port *owner; /* PORT mode: who was given it; NULL: free */
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

	struct doca_flow_port *next; /* of the NIC's, in the order in which they were started */
	bool counts_missed;
	struct count cached_missed;
	enum doca_flow_port_operation_state state;
	struct budget resources[NIC_RESOURCES]; /* PORT mode; by enum doca_flow_resource */
	struct queue *queues; /* nic->queues and nic->ct_queues of them; a representor has none */
	struct ct_forwards *ct_forwards; /* NULL: none were registered */
	struct frames *software[NIC_QUEUES_MAX]; /* manager or VNF port; made when first used */
	struct frames *sent;                     /* without a netdev: what went out */
};

struct nic {
	pthread_mutex_t lock;
	bool switch_mode, expert, isolated, strict;
	struct doca_flow_port *ports[NIC_PORTS_MAX]; /* by id */
	struct walk walk;
	struct budget counters, meters; /* NON_SHARED; SYSTEM mode */
	struct budget shared_budget[NIC_RESOURCES]; /* room: length of shared[type] */
	struct shared_resource *shared[NIC_RESOURCES]; /* by type, then id */
	uint64_t cycle_ns; /* counter cache; 0: counters are read as they are */

	/* ../flow's own */
	pthread_mutex_t turn; /* held while waiting for the lock, so that nobody waits for ever */
	struct doca_flow_port *first_port;
	enum doca_flow_resource_mode resource_mode;
	uint16_t queues; /* of entry operations, per manager port */
	uint32_t queue_depth;
	uint16_t ct_queues; /* behind them, for connections */
	struct ct *ct;      /* NULL: no connection tracking */
	const struct table_type *ct_type; /* of its pipes; likewise */
	doca_flow_entry_process_cb entry_process;
	doca_flow_pipe_process_cb pipe_process;
	doca_flow_shared_resource_unbind_cb unbind;
	uint64_t refreshed_ns; /* when the lagging counters were last copied */
	uint32_t bound;        /* shared resources that are bound */

	struct netdev_loop *loop; /* NULL until a port has a netdev */
	struct outlet outlet;
	struct doca_flow_port *ingress; /* of the packet on its way; NULL: from software */
	struct doca_flow_port *manager; /* whose steering it goes through */
	uint8_t *frame;                 /* room for one that comes from memory */
	uint64_t received, software, software_dropped, software_sent, to_kernel, entry_operations;
};

/* The NIC between doca_flow_init and _destroy, else NULL. */
struct nic *nic_current(void);

/* Takes and gives back the lock. In turn: a thread that comes back at once waits behind those that wait. */
void nic_enter(struct nic *nic);
void nic_leave(struct nic *nic);

static inline uint16_t nic_all_queues(const struct nic *nic)
{
	return (uint16_t)(nic->queues + nic->ct_queues);
}

/* CLOCK_MONOTONIC. */
uint64_t nic_now_ns(void);

#endif
