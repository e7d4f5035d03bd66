/* SPDX-License-Identifier: Apache-2.0 */
/* What ../flow keeps of a pipe beside what packets see of it. The NIC's lock is held around all. */
#ifndef SOFTNIC_STEERING_H
#define SOFTNIC_STEERING_H

#include "nic.h"

struct steering_pipe {
	struct doca_flow_pipe pipe; /* first: handles are pointers to it */
	uint64_t excluded_queues;   /* bits */
	uint32_t holds;             /* completions of its entries that are being delivered */
	bool destroyed;             /* to be freed with the last hold */
	struct count cached_missed; /* what a query shows while counters lag */

	/* A resize under way: one cursor per queue, NULL when its entries are through. */
	struct doca_flow_pipe_entry **relocating;
	doca_flow_pipe_resize_entry_relocate_cb relocate;
};

static inline struct steering_pipe *steering_of(struct doca_flow_pipe *pipe)
{
	return (struct steering_pipe *)pipe;
}

static inline bool flags_known(uint32_t flags)
{
	return (flags & ~(uint32_t)(DOCA_FLOW_ENTRY_FLAGS_NO_WAIT |
				    DOCA_FLOW_ENTRY_FLAGS_WAIT_FOR_BATCH)) == 0;
}

/* Whether operations on its entries may go through the queue. */
static inline bool pipe_takes_queue(struct doca_flow_pipe *pipe, uint16_t queue)
{
	return queue < pipe->nic->queues && (steering_of(pipe)->excluded_queues >> queue & 1) == 0;
}

/* Until released it stays in memory, even when it is destroyed. */
void pipe_hold(struct doca_flow_pipe *pipe);
void pipe_release(struct doca_flow_pipe *pipe);

/* Takes the pipe out of its port with all entries and their operations, which are not called back.
 * Releases the lock to tell of shared resources that were bound to it. */
void pipe_remove(struct doca_flow_pipe *pipe);

/* Takes NON_SHARED resources for the entry and puts it into its pipe's list. NO_MEMORY when there are no
 * more. */
doca_error_t entry_enlist(struct doca_flow_pipe_entry *entry);
/* Takes it out of the list, and every cursor off it. Twice is once. */
void entry_delist(struct doca_flow_pipe_entry *entry);
/* Withdraws it, gives its resources back and frees it. */
void entry_dispose(struct doca_flow_pipe_entry *entry);

/* Calls back for what is left to relocate of the port's resized pipes on this queue. Releases the lock for
 * each call. */
void resize_proceed(struct doca_flow_port *port, uint16_t queue);
/* The entry goes: no cursor may point at it. */
void resize_forget(struct doca_flow_pipe_entry *entry);

/* Copies all counters if they lag and a cycle is over. */
void counters_refresh(struct nic *nic, uint64_t now_ns);

#endif
