/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Queues of entry operations. An operation waits for its batch, is pushed, and completes: its callback
 * is called when the application asks for completions, or needs room. Pushing a removal hides the entry;
 * pushing the others shows them, or with delayed completions (softnic.h) completing them does.
 * The NIC's lock is held around all calls; those that deliver release it while they call back.
 */
#ifndef SOFTNIC_QUEUE_H
#define SOFTNIC_QUEUE_H

#include "nic.h"

struct operation {
	struct operation *next;
	struct doca_flow_pipe_entry *entry;
	struct entry_change *change; /* UPD, until it is applied */
	struct ct_change *ct_change; /* instead, of a connection; an ADD may be one, too */
	enum doca_flow_entry_op op;
	enum doca_flow_entry_status outcome; /* IN_PROCESS until applied */
	bool fails;     /* by order of softnic_fail_entry */
	uint64_t ready; /* the queue's call from which on it completes */
};

struct operations {
	struct operation *first;
	struct operation **last; /* where the next goes */
};

struct queue {
	struct operations waiting, pushed;
	uint32_t used, depth; /* in both */
	uint64_t calls; /* of doca_flow_entries_process, or of doca_flow_ct_entries_process */
	bool delivering;

	/* Where the search for aged entries is: before `aging_entry`, else before the entries of `aging_pipe`
	 * if that is not begun. */
	struct doca_flow_pipe *aging_pipe;
	struct doca_flow_pipe_entry *aging_entry;
	bool aging; /* within a cycle */

	/* ../ct: connections whose counters are reported, the one that is next, and when to begin anew. */
	struct doca_flow_pipe_entry *reporting, *report_next;
	uint64_t report_ns;
};

/* Those of a manager port; NULL without memory. */
struct queue *queues_new(const struct nic *nic);
void queues_free(struct queue *queues, const struct nic *nic);

/* AGAIN when the queue is full and completions that are ready do not help. */
doca_error_t queue_make_room(struct doca_flow_port *port, uint16_t index);
/* Takes an operation over. `flags` of enum doca_flow_entry_flags. */
void queue_submit(struct queue *queue, struct operation *operation, uint32_t flags);
/* Delivers up to `max` completions that are ready, 0: all that were there at the call. How many it did. */
uint32_t queue_deliver(struct doca_flow_port *port, uint16_t index, uint32_t max);
void queue_push(struct queue *queue);
/* Forgets the operations on entries of the pipe, without a call. */
void queue_forget(struct queue *queue, const struct doca_flow_pipe *pipe);

#endif
