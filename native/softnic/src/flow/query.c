/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "../ct/ct.h"
#include "faults.h"
#include "shared.h"
#include "steering.h"

/* Without memory the counters stay as old as they are. */
static void entry_refresh(struct doca_flow_pipe_entry *entry)
{
	size_t counters = entry_counts(entry, NULL, 0);

	if (counters > 0 && entry->cached == NULL)
		entry->cached = calloc(counters, sizeof(*entry->cached));
	if (entry->cached != NULL)
		entry_counts(entry, entry->cached, counters);
}

static void pipe_refresh(struct doca_flow_pipe *pipe)
{
	steering_of(pipe)->cached_missed = pipe->missed;
	for (struct doca_flow_pipe_entry *entry = pipe->first_entry; entry != NULL; entry = entry->pipe_next) {
		entry_refresh(entry);
		if (pipe->spec.type == DOCA_FLOW_PIPE_CT)
			entry_refresh(ct_reply(entry));
	}
}

void counters_refresh(struct nic *nic, uint64_t now_ns)
{
	if (!faults_counters_lag() || now_ns - nic->refreshed_ns < nic->cycle_ns)
		return;
	nic->refreshed_ns = now_ns;
	shared_refresh(nic);
	for (struct doca_flow_port *port = nic->first_port; port != NULL; port = port->next) {
		port->cached_missed = port->missed;
		for (struct doca_flow_pipe *pipe = port->pipes; pipe != NULL; pipe = pipe->next)
			pipe_refresh(pipe);
	}
}

static void show(const struct count *count, const struct count *cached,
		 struct doca_flow_resource_query *query)
{
	const struct count *shown = faults_counters_lag() ? cached : count;

	query->counter.total_pkts = shown->packets;
	query->counter.total_bytes = shown->bytes;
}

/* What the entry itself counts, one result each. */
static doca_error_t query_own(const struct doca_flow_pipe_entry *entry, size_t counters,
			      struct doca_flow_resource_query *results)
{
	static const struct count nothing;
	struct count one, *counts = counters == 1 ? &one : calloc(counters, sizeof(*counts));

	if (counts == NULL)
		return DOCA_ERROR_NO_MEMORY;
	entry_counts(entry, counts, counters);
	for (size_t index = 0; index < counters; index++)
		show(&counts[index], entry->cached != NULL ? &entry->cached[index] : &nothing, &results[index]);
	if (counts != &one)
		free(counts);
	return DOCA_SUCCESS;
}

/* INVALID_VALUE: the entry has no counter. An ordered list's entry writes a result for each of its own. */
doca_error_t doca_flow_resource_query_entry(struct doca_flow_pipe_entry *entry,
					    struct doca_flow_resource_query *query_stats)
{
	doca_error_t result = DOCA_SUCCESS;
	struct nic *nic;
	size_t counters;

	if (entry == NULL || query_stats == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	nic = entry->pipe->nic;
	nic_enter(nic);
	counters_refresh(nic, nic_now_ns());
	counters = entry_counts(entry, NULL, 0);
	if (counters > 0) {
		result = query_own(entry, counters, query_stats);
	} else if (entry->shared_counter < nic->shared_budget[DOCA_FLOW_SHARED_RESOURCE_COUNTER].room) {
		const struct shared_resource *counter =
			&nic->shared[DOCA_FLOW_SHARED_RESOURCE_COUNTER][entry->shared_counter];

		show(&counter->count, &counter->cached, query_stats);
	} else {
		result = DOCA_ERROR_INVALID_VALUE;
	}
	nic_leave(nic);
	return result;
}

/* INVALID_VALUE: the pipe has no miss counter. */
doca_error_t doca_flow_resource_query_pipe_miss(struct doca_flow_pipe *pipe,
						struct doca_flow_resource_query *query_stats)
{
	if (pipe == NULL || query_stats == NULL || !pipe->spec.miss_counter)
		return DOCA_ERROR_INVALID_VALUE;
	nic_enter(pipe->nic);
	counters_refresh(pipe->nic, nic_now_ns());
	show(&pipe->missed, &steering_of(pipe)->cached_missed, query_stats);
	nic_leave(pipe->nic);
	return DOCA_SUCCESS;
}

/* INVALID_VALUE: nobody asked doca_flow_port_update_default_miss to count. */
doca_error_t doca_flow_port_query_default_miss(struct doca_flow_port *port,
					       struct doca_flow_resource_query *query_stats)
{
	doca_error_t result = DOCA_SUCCESS;

	if (port == NULL || query_stats == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	port = port->manager;
	nic_enter(port->nic);
	counters_refresh(port->nic, nic_now_ns());
	if (port->counts_missed)
		show(&port->missed, &port->cached_missed, query_stats);
	else
		result = DOCA_ERROR_INVALID_VALUE;
	nic_leave(port->nic);
	return result;
}
