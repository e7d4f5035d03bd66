/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "../pipe/action.h"
#include "../pipe/forward.h"
#include "connection.h"

uint64_t ct_last_hit_ns(const struct doca_flow_pipe_entry *entry)
{
	const struct doca_flow_pipe_entry *reply = connection_of(entry)->reply;

	return entry->last_hit_ns > reply->last_hit_ns ? entry->last_hit_ns : reply->last_hit_ns;
}

/* Swaps what the change has with what the direction has: what was there is freed with the change. */
static void swap(struct doca_flow_pipe_entry *side, struct ct_change *change, unsigned int direction)
{
	if (change->direction[direction].with_program) {
		struct program *program = side->program;

		side->program = change->direction[direction].program;
		change->direction[direction].program = program;
	}
	if (change->direction[direction].with_fwd) {
		struct forward *fwd = side->fwd;

		side->fwd = change->direction[direction].fwd;
		change->direction[direction].fwd = fwd;
	}
}

doca_error_t ct_change_apply(struct doca_flow_pipe_entry *entry, struct ct_change *change)
{
	for (unsigned int direction = 0; direction < DIRECTIONS; direction++) {
		doca_error_t result;

		if (!change->direction[direction].given)
			continue;
		swap(direction_of(entry, direction), change, direction);
		if (!change->direction[direction].added || entry->removed)
			continue;
		result = connection_show(entry, direction);
		if (result != DOCA_SUCCESS) {
			swap(direction_of(entry, direction), change, direction);
			return result;
		}
		connection_of(entry)->used[direction] = true;
	}
	if (change->with_timeout)
		entry->aging_sec = change->timeout_s;
	return DOCA_SUCCESS;
}

void ct_change_free(struct ct_change *change)
{
	for (unsigned int direction = 0; direction < DIRECTIONS; direction++) {
		program_free(change->direction[direction].program);
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
