/* SPDX-License-Identifier: Apache-2.0 */
/* The queues of connections: completions, and news of counters. */
#include "../flow/queue.h"
#include "../flow/steering.h"
#include "connection.h"

void connection_report(struct doca_flow_pipe_entry *entry)
{
	struct queue *queue = &entry->pipe->port->queues[entry->queue];
	struct connection *connection = connection_of(entry);

	if (connection->report_link != NULL)
		return;
	connection->report_next = queue->reporting;
	connection->report_link = &queue->reporting;
	if (connection->report_next != NULL)
		connection_of(connection->report_next)->report_link = &connection->report_next;
	queue->reporting = entry;
}

void connection_report_no_more(struct doca_flow_pipe_entry *entry)
{
	struct connection *connection = connection_of(entry);
	struct queue *queue;

	if (connection->report_link == NULL)
		return;
	queue = &entry->pipe->port->queues[entry->queue];
	if (queue->report_next == entry)
		queue->report_next = connection->report_next;
	*connection->report_link = connection->report_next;
	if (connection->report_next != NULL)
		connection_of(connection->report_next)->report_link = connection->report_link;
	connection->report_link = NULL;
}

/* The lock is free while the application hears of it. */
static void report(struct doca_flow_pipe_entry *entry)
{
	struct connection *connection = connection_of(entry);
	struct doca_flow_resource_query stats[DIRECTIONS];
	struct doca_flow_pipe *pipe = entry->pipe;
	struct nic *nic = pipe->nic;
	struct count counts[DIRECTIONS];
	void *private_data = connection->private_data;

	connection_counts(entry, counts);
	if (counts[ORIGIN].packets == connection->reported[ORIGIN].packets &&
	    counts[REPLY].packets == connection->reported[REPLY].packets)
		return;
	for (unsigned int direction = 0; direction < DIRECTIONS; direction++) {
		connection->reported[direction] = counts[direction];
		stats[direction].counter.total_pkts = counts[direction].packets;
		stats[direction].counter.total_bytes = counts[direction].bytes;
	}
	pipe_hold(pipe);
	nic_leave(nic);
	nic->ct->stats_update(pipe, private_data, &stats[ORIGIN], &stats[REPLY]);
	nic_enter(nic);
	pipe_release(pipe);
}

/* The cursor stays true whatever becomes of connections meanwhile. */
static void report_all(struct nic *nic, struct queue *queue)
{
	uint64_t now_ns = nic_now_ns();

	if (nic->ct->stats_update == NULL || queue->delivering || queue->reporting == NULL ||
	    now_ns < queue->report_ns)
		return;
	counters_refresh(nic, now_ns);
	queue->report_ns = now_ns + nic->ct->update_ns;
	queue->delivering = true;
	queue->report_next = queue->reporting;
	while (queue->report_next != NULL) {
		struct doca_flow_pipe_entry *entry = queue->report_next;

		queue->report_next = connection_of(entry)->report_next;
		report(entry);
	}
	queue->delivering = false;
}

/*
 * Completions that are ready are delivered once, or until there is room for min_room more operations, for
 * which one that is delayed does not have to be asked for again. INVALID_VALUE: more room than the queue
 * has, or fewer completions than the room needs.
 */
doca_error_t doca_flow_ct_entries_process(struct doca_flow_port *port, uint16_t queue, uint32_t min_room,
					  uint32_t max_processed, uint32_t *room)
{
	struct queue *pending;
	uint32_t done = 0;
	bool more;

	if (port == NULL || queue < port->nic->queues || queue >= nic_all_queues(port->nic) ||
	    (max_processed > 0 && max_processed < min_room))
		return DOCA_ERROR_INVALID_VALUE;
	port = port->manager;
	pending = &port->queues[queue];
	if (min_room > pending->depth)
		return DOCA_ERROR_INVALID_VALUE;
	nic_enter(port->nic);
	do {
		queue_push(pending);
		pending->calls++;
		done += queue_deliver(port, queue, max_processed > 0 ? max_processed - done : 0);
		more = pending->depth - pending->used < min_room && !pending->delivering &&
		       (max_processed == 0 || done < max_processed);
	} while (more);
	report_all(port->nic, pending);
	if (room != NULL)
		*room = pending->depth - pending->used;
	nic_leave(port->nic);
	return DOCA_SUCCESS;
}
