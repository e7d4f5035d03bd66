/* SPDX-License-Identifier: Apache-2.0 */
/* Connections are added. */
#include "../pipe/forward.h"
#include "connection.h"
#include "submit.h"

/* Compiles what the direction does. */
doca_error_t ct_side_compile(struct doca_flow_pipe *pipe, unsigned int direction, const struct side *side,
			     const struct ct_key *key, struct program **program, bool *draws,
			     struct forward **fwd)
{
	doca_error_t result = ct_program(pipe, direction, key, side->actions, program, draws);

	if (result != DOCA_SUCCESS)
		return result;
	result = ct_forward(pipe, side->fwd_handle, fwd);
	if (result != DOCA_SUCCESS) {
		ct_program_free(pipe, *program, *draws);
		*program = NULL;
		*draws = false;
	}
	return result;
}

bool ct_counts_direction(const struct ct *ct, unsigned int direction, uint32_t flags)
{
	const uint32_t own[DIRECTIONS] = { DOCA_FLOW_CT_ENTRY_FLAGS_COUNTER_ORIGIN,
					   DOCA_FLOW_CT_ENTRY_FLAGS_COUNTER_REPLY };

	return (ct->flags & DOCA_FLOW_CT_FLAG_NO_COUNTER) == 0 &&
	       (flags & (own[direction] | DOCA_FLOW_CT_ENTRY_FLAGS_COUNTER_SHARED)) != 0;
}

static doca_error_t set_side(struct doca_flow_pipe_entry *entry, unsigned int direction, uint32_t flags,
			     const struct side *side)
{
	struct doca_flow_pipe_entry *to = direction_of(entry, direction);
	struct connection *connection = connection_of(entry);
	const struct ct *ct = entry->pipe->nic->ct;
	struct ct_key key;
	doca_error_t result;

	if (side->match == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	key = ct_key_of(ct, direction, (flags & ct_ip6_flag[direction]) != 0, side->match);
	if (!ct_key_known(&key))
		return DOCA_ERROR_INVALID_VALUE;
	connection_set_key(entry, direction, &key);
	result = ct_side_compile(entry->pipe, direction, side, &key, &to->program, &connection->draws[direction],
				 &to->fwd);
	if (result != DOCA_SUCCESS)
		return result;
	connection->match[direction] = *side->match;
	connection->used[direction] = true;
	to->counts = ct_counts_direction(ct, direction, flags);
	return DOCA_SUCCESS;
}

/* As if the sides had not been set. */
static void clear_sides(struct doca_flow_pipe_entry *entry)
{
	struct connection *connection = connection_of(entry);

	for (unsigned int direction = 0; direction < DIRECTIONS; direction++) {
		struct doca_flow_pipe_entry *side = direction_of(entry, direction);

		ct_program_free(entry->pipe, side->program, connection->draws[direction]);
		forward_free(side->fwd);
		side->program = NULL;
		side->fwd = NULL;
		side->counts = false;
		connection->draws[direction] = connection->used[direction] = false;
	}
}

static doca_error_t set_sides(struct doca_flow_pipe_entry *entry, uint32_t flags, const struct side *sides)
{
	unsigned int first = flags & ct_direction_flag[ORIGIN] ? ORIGIN : REPLY;
	doca_error_t result = connection_set_family(entry, (flags & ct_ip6_flag[first]) != 0);

	for (unsigned int direction = 0; direction < DIRECTIONS && result == DOCA_SUCCESS; direction++) {
		if (flags & ct_direction_flag[direction])
			result = set_side(entry, direction, flags, &sides[direction]);
	}
	if (result != DOCA_SUCCESS)
		clear_sides(entry);
	return result;
}

/* What is only known once the addition is on its way. */
static void set_up(struct doca_flow_pipe_entry *entry, uint16_t queue, uint32_t flags, uint32_t timeout_s,
		   void *usr_ctx)
{
	struct connection *connection = connection_of(entry);

	connection->flags = ct_lasting_flags(flags);
	connection->finalizes = (flags & DOCA_FLOW_CT_ENTRY_FLAGS_ENTRY_FINALIZE) != 0;
	connection->counts_together = (flags & DOCA_FLOW_CT_ENTRY_FLAGS_COUNTER_SHARED) != 0;
	entry->user_ctx = usr_ctx;
	entry->queue = queue;
	entry->aging_sec = ct_timeout(entry->pipe->nic->ct, timeout_s);
	for (unsigned int direction = 0; direction < DIRECTIONS; direction++) {
		if (connection->used[direction])
			connection_filter(entry, direction, flags);
	}
	if (flags & DOCA_FLOW_CT_ENTRY_FLAGS_STATS_UPDATES)
		connection_report(entry);
}

/* Under the lock. */
static doca_error_t submit_addition(uint16_t queue, uint32_t flags, const struct side *sides,
				    uint32_t timeout_s, void *usr_ctx, struct doca_flow_pipe_entry *entry)
{
	struct queue *queues = entry->pipe->port->queues;
	struct operation *operation;
	doca_error_t result;

	if (!ct_entry_prepared(entry))
		return DOCA_ERROR_BAD_STATE;
	result = queue_make_room(entry->pipe->port, queue);
	if (result != DOCA_SUCCESS)
		return result;
	/* A callback may have added it. */
	if (!ct_entry_prepared(entry))
		return DOCA_ERROR_BAD_STATE;
	operation = ct_operation_new(entry, DOCA_FLOW_ENTRY_OP_ADD);
	if (operation == NULL)
		return DOCA_ERROR_NO_MEMORY;
	result = set_sides(entry, flags, sides);
	if (result != DOCA_SUCCESS) {
		free(operation);
		return result;
	}
	set_up(entry, queue, flags, timeout_s, usr_ctx);
	queue_submit(&queues[queue], operation, ct_batch_flags(flags));
	return DOCA_SUCCESS;
}

/*
 * Answers look like the origin's packets reversed if there is no other match for them. COUNTER_* say which
 * directions count. NOT_SUPPORTED: a mark; EMPTY: no user action is left; FULL: it is of another family
 * than it was prepared for, which has no room. After an error it is still prepared; it is gone when its
 * completion tells of one.
 */
doca_error_t doca_flow_ct_add_entry(uint16_t queue, struct doca_flow_pipe *pipe, uint32_t flags,
				    const struct doca_flow_ct_match *match_origin,
				    const struct doca_flow_ct_match *match_reply,
				    const struct doca_flow_ct_actions *actions_origin,
				    const struct doca_flow_ct_actions *actions_reply,
				    uint32_t fwd_handle_origin, uint32_t fwd_handle_reply, uint32_t timeout_s,
				    void *usr_ctx, struct doca_flow_pipe_entry *entry)
{
	struct side sides[DIRECTIONS] = { { match_origin, actions_origin, fwd_handle_origin },
					  { match_reply, actions_reply, fwd_handle_reply } };
	struct doca_flow_ct_match reversed;
	doca_error_t result;

	if (!ct_entry_fits(pipe, queue, flags, entry) ||
	    (flags & (ct_direction_flag[ORIGIN] | ct_direction_flag[REPLY])) == 0)
		return DOCA_ERROR_INVALID_VALUE;
	if (match_reply == NULL && match_origin != NULL) {
		reversed = ct_match_reversed(match_origin, (flags & ct_ip6_flag[ORIGIN]) != 0);
		sides[REPLY].match = &reversed;
		if (flags & ct_ip6_flag[ORIGIN])
			flags |= ct_ip6_flag[REPLY];
	}
	nic_enter(pipe->nic);
	result = submit_addition(queue, flags, sides, timeout_s, usr_ctx, entry);
	nic_leave(pipe->nic);
	return result;
}
