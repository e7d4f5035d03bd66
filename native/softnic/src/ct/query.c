/* SPDX-License-Identifier: Apache-2.0 */
#include <time.h>

#include "../flow/queue.h"
#include "connection.h"

doca_error_t doca_flow_ct_get_entry(uint16_t queue, struct doca_flow_pipe *pipe, uint32_t flags,
				    struct doca_flow_pipe_entry *entry, struct doca_flow_ct_match *match_origin,
				    struct doca_flow_ct_match *match_reply, uint64_t *entry_flags,
				    uint32_t *hash_origin, uint32_t *hash_reply)
{
	const struct connection *connection;

	(void)flags;
	if (!ct_entry_fits(pipe, queue, entry))
		return DOCA_ERROR_INVALID_VALUE;
	nic_enter(pipe->nic);
	connection = connection_of(entry);
	if (match_origin != NULL)
		*match_origin = connection->match[ORIGIN];
	if (match_reply != NULL)
		*match_reply = connection->match[REPLY];
	if (entry_flags != NULL)
		*entry_flags = connection->flags;
	if (hash_origin != NULL)
		*hash_origin = connection->hash[ORIGIN];
	if (hash_reply != NULL)
		*hash_reply = connection->hash[REPLY];
	nic_leave(pipe->nic);
	return DOCA_SUCCESS;
}

static void show(const struct count *count, const struct count *also, struct doca_flow_resource_query *stats)
{
	if (stats == NULL)
		return;
	stats->counter.total_pkts = count->packets + (also != NULL ? also->packets : 0);
	stats->counter.total_bytes = count->bytes + (also != NULL ? also->bytes : 0);
}

/* A connection with COUNTER_SHARED has one count for both directions. */
doca_error_t doca_flow_ct_query_entry(uint16_t queue, struct doca_flow_pipe *pipe, uint32_t flags,
				      struct doca_flow_pipe_entry *entry,
				      struct doca_flow_resource_query *stats_origin,
				      struct doca_flow_resource_query *stats_reply, uint64_t *last_hit_s)
{
	const struct doca_flow_pipe_entry *reply;
	bool together;

	(void)flags;
	if (!ct_entry_fits(pipe, queue, entry))
		return DOCA_ERROR_INVALID_VALUE;
	nic_enter(pipe->nic);
	reply = connection_of(entry)->reply;
	together = connection_of(entry)->counts_together;
	show(&entry->count, together ? &reply->count : NULL, stats_origin);
	show(&reply->count, together ? &entry->count : NULL, stats_reply);
	if (last_hit_s != NULL)
		*last_hit_s = (uint64_t)time(NULL) - (nic_now_ns() - ct_last_hit_ns(entry)) / 1000000000u;
	nic_leave(pipe->nic);
	return DOCA_SUCCESS;
}

/* What is ready is ready at once: there is nothing to wait for. */
doca_error_t doca_flow_ct_entries_process(struct doca_flow_port *port, uint16_t queue, uint32_t min_room,
					  uint32_t max_processed, uint32_t *room)
{
	struct queue *pending;

	(void)min_room;
	if (port == NULL || queue < port->nic->queues || queue >= nic_all_queues(port->nic))
		return DOCA_ERROR_INVALID_VALUE;
	port = port->manager;
	pending = &port->queues[queue];
	nic_enter(port->nic);
	queue_push(pending);
	pending->calls++;
	queue_deliver(port, queue, max_processed);
	if (room != NULL)
		*room = pending->depth - pending->used;
	nic_leave(port->nic);
	return DOCA_SUCCESS;
}
