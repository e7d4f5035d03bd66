/* SPDX-License-Identifier: Apache-2.0 */
#include <time.h>

#include "../flow/faults.h"
#include "../flow/steering.h"
#include "connection.h"

doca_error_t doca_flow_ct_get_entry(uint16_t queue, struct doca_flow_pipe *pipe, uint32_t flags,
				    struct doca_flow_pipe_entry *entry, struct doca_flow_ct_match *match_origin,
				    struct doca_flow_ct_match *match_reply, uint64_t *entry_flags,
				    uint32_t *hash_origin, uint32_t *hash_reply)
{
	const struct connection *connection;

	if (!ct_entry_fits(pipe, queue, flags, entry))
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

static struct count shown(const struct doca_flow_pipe_entry *side)
{
	static const struct count nothing;

	if (!faults_counters_lag())
		return side->count;
	return side->cached != NULL ? *side->cached : nothing;
}

void connection_counts(struct doca_flow_pipe_entry *entry, struct count counts[DIRECTIONS])
{
	for (unsigned int direction = 0; direction < DIRECTIONS; direction++)
		counts[direction] = shown(direction_of(entry, direction));
	if (connection_of(entry)->counts_together) {
		counts[ORIGIN].packets += counts[REPLY].packets;
		counts[ORIGIN].bytes += counts[REPLY].bytes;
		counts[REPLY] = counts[ORIGIN];
	}
}

static void show(const struct count *count, struct doca_flow_resource_query *stats)
{
	if (stats == NULL)
		return;
	stats->counter.total_pkts = count->packets;
	stats->counter.total_bytes = count->bytes;
}

/* A direction without a counter shows zero; one with COUNTER_SHARED, what both count. Showing a connection
 * to packets is its first hit. */
doca_error_t doca_flow_ct_query_entry(uint16_t queue, struct doca_flow_pipe *pipe, uint32_t flags,
				      struct doca_flow_pipe_entry *entry,
				      struct doca_flow_resource_query *stats_origin,
				      struct doca_flow_resource_query *stats_reply, uint64_t *last_hit_s)
{
	struct count counts[DIRECTIONS];
	uint64_t now_ns = nic_now_ns();

	if (!ct_entry_fits(pipe, queue, flags, entry))
		return DOCA_ERROR_INVALID_VALUE;
	nic_enter(pipe->nic);
	counters_refresh(pipe->nic, now_ns);
	connection_counts(entry, counts);
	show(&counts[ORIGIN], stats_origin);
	show(&counts[REPLY], stats_reply);
	if (last_hit_s != NULL)
		*last_hit_s = (uint64_t)time(NULL) - (nic_now_ns() - ct_last_hit_ns(entry)) / 1000000000u;
	nic_leave(pipe->nic);
	return DOCA_SUCCESS;
}

/* NULL without a size, too. */
void *doca_flow_ct_entry_get_priv_data(uint16_t queue, struct doca_flow_pipe *pipe,
				       struct doca_flow_pipe_entry *entry)
{
	return ct_entry_fits(pipe, queue, 0, entry) ? connection_of(entry)->private_data : NULL;
}
