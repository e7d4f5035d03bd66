/* SPDX-License-Identifier: Apache-2.0 */
#include "../ct/ct.h"
#include "queue.h"
#include "steering.h"

/* Entries that are looked at before others may have the lock, and the clock is looked at. */
#define ENTRIES_AT_ONCE 512u

struct search {
	struct doca_flow_port *port;
	uint16_t queue;
	uint64_t deadline_ns; /* UINT64_MAX: none */
	uint64_t max;
	uint64_t found;
	uint32_t looked; /* since the lock was taken */
};

static uint64_t last_hit_ns(const struct doca_flow_pipe_entry *entry)
{
	return entry->pipe->spec.type == DOCA_FLOW_PIPE_CT ? ct_last_hit_ns(entry) : entry->last_hit_ns;
}

static bool entry_has_aged(const struct doca_flow_pipe_entry *entry, uint64_t now_ns)
{
	return entry->aging_sec > 0 && entry->visible && !entry->removed && !entry->aged &&
	       entry->pending == 0 &&
	       now_ns - last_hit_ns(entry) >= (uint64_t)entry->aging_sec * 1000000000u;
}

static void report(const struct search *search, struct doca_flow_pipe_entry *entry)
{
	struct nic *nic = search->port->nic;
	void *user_ctx = entry->user_ctx;

	entry->aged = true;
	if (nic->entry_process == NULL)
		return;
	nic_leave(nic);
	nic->entry_process(entry, search->queue, DOCA_FLOW_ENTRY_STATUS_SUCCESS, DOCA_FLOW_ENTRY_OP_AGED,
			   user_ctx);
	nic_enter(nic);
}

/* The next entry of any queue, or NULL at the end. The cursor is past it already, and stays true whatever
 * becomes of entries and pipes. */
static struct doca_flow_pipe_entry *step(struct queue *queue)
{
	struct doca_flow_pipe_entry *entry;

	while (queue->aging_entry == NULL) {
		if (queue->aging_pipe == NULL)
			return NULL;
		queue->aging_pipe = queue->aging_pipe->next;
		if (queue->aging_pipe != NULL)
			queue->aging_entry = queue->aging_pipe->first_entry;
	}
	entry = queue->aging_entry;
	queue->aging_entry = entry->pipe_next;
	return entry;
}

/* True at the end of the cycle. */
static bool search_on(struct search *search)
{
	struct queue *queue = &search->port->queues[search->queue];
	struct doca_flow_pipe_entry *entry;
	uint64_t now_ns = nic_now_ns();

	if (!queue->aging) {
		queue->aging = true;
		queue->aging_pipe = search->port->pipes;
		queue->aging_entry = queue->aging_pipe != NULL ? queue->aging_pipe->first_entry : NULL;
	}
	while ((entry = step(queue)) != NULL) {
		if (entry->queue == search->queue && entry_has_aged(entry, now_ns)) {
			report(search, entry);
			search->found++;
		}
		if (search->found == search->max)
			return false;
		if (++search->looked % ENTRIES_AT_ONCE != 0)
			continue;
		nic_leave(search->port->nic);
		nic_enter(search->port->nic);
		now_ns = nic_now_ns();
		if (now_ns >= search->deadline_ns)
			return false;
	}
	queue->aging = false;
	return true;
}

/* quota 0 and max 0: no bound. */
int doca_flow_aging_handle(struct doca_flow_port *port, uint16_t pipe_queue, uint64_t quota_us,
			   uint64_t max_entries)
{
	const uint64_t longest_us = UINT64_MAX / 4000;
	struct search search = {
		.queue = pipe_queue,
		.deadline_ns = UINT64_MAX,
		.max = max_entries > 0 && max_entries < INT32_MAX ? max_entries : INT32_MAX,
	};
	bool ended;

	/* -1, as an error would read as a cycle that never ends. */
	if (port == NULL || pipe_queue >= nic_all_queues(port->nic))
		return -1;
	search.port = port->manager;
	if (quota_us > 0 && quota_us < longest_us)
		search.deadline_ns = nic_now_ns() + quota_us * 1000;
	nic_enter(port->nic);
	ended = search_on(&search);
	nic_leave(port->nic);
	if (search.found > 0)
		return (int)search.found;
	return ended ? -1 : 0;
}
