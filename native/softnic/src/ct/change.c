/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "../pipe/forward.h"
#include "connection.h"

uint64_t ct_last_hit_ns(const struct doca_flow_pipe_entry *entry)
{
	const struct doca_flow_pipe_entry *reply = connection_of(entry)->reply;

	return entry->last_hit_ns > reply->last_hit_ns ? entry->last_hit_ns : reply->last_hit_ns;
}

struct doca_flow_pipe_entry *ct_reply(const struct doca_flow_pipe_entry *entry)
{
	return connection_of(entry)->reply;
}

/* Swaps what the change has with what the direction has: what was there is freed with the change. */
static void swap(struct doca_flow_pipe_entry *entry, struct ct_change *change, unsigned int direction)
{
	struct doca_flow_pipe_entry *side = direction_of(entry, direction);

	if (change->direction[direction].with_program) {
		struct program *program = side->program;
		bool draws = connection_of(entry)->draws[direction];

		side->program = change->direction[direction].program;
		connection_of(entry)->draws[direction] = change->direction[direction].draws;
		change->direction[direction].program = program;
		change->direction[direction].draws = draws;
	}
	if (change->direction[direction].with_fwd) {
		struct forward *fwd = side->fwd;

		side->fwd = change->direction[direction].fwd;
		change->direction[direction].fwd = fwd;
	}
}

static doca_error_t apply(struct doca_flow_pipe_entry *entry, struct ct_change *change, unsigned int direction)
{
	doca_error_t result;

	swap(entry, change, direction);
	if (!change->direction[direction].added || entry->removed)
		return DOCA_SUCCESS;
	result = connection_show(entry, direction);
	if (result != DOCA_SUCCESS) {
		swap(entry, change, direction);
		return result;
	}
	connection_of(entry)->used[direction] = true;
	connection_of(entry)->flags |= change->flags;
	direction_of(entry, direction)->counts = ct_counts_direction(entry->pipe->nic->ct, direction, change->flags);
	return DOCA_SUCCESS;
}

doca_error_t ct_change_apply(struct doca_flow_pipe_entry *entry, struct ct_change *change)
{
	doca_error_t result = DOCA_SUCCESS;

	/* One direction is added at a time: nothing is to be undone of the other. */
	for (unsigned int direction = 0; direction < DIRECTIONS && result == DOCA_SUCCESS; direction++) {
		if (change->direction[direction].given)
			result = apply(entry, change, direction);
	}
	if (result == DOCA_SUCCESS && change->with_timeout) {
		entry->aging_sec = change->timeout_s;
		entry->aged = false;
	}
	return result;
}

void ct_change_free(struct ct_change *change)
{
	for (unsigned int direction = 0; direction < DIRECTIONS; direction++) {
		ct_program_free(change->pipe, change->direction[direction].program,
				change->direction[direction].draws);
		forward_free(change->direction[direction].fwd);
	}
	free(change);
}

void ct_finalize(struct doca_flow_pipe_entry *entry, uint16_t queue)
{
	const struct ct *ct = entry->pipe->nic->ct;

	if (connection_of(entry)->finalizes && ct->finalize != NULL)
		ct->finalize(entry->pipe, entry, queue, entry->user_ctx);
}
