/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "../flow/queue.h"
#include "../flow/steering.h"
#include "../pipe/action.h"
#include "../pipe/forward.h"
#include "connection.h"

static uint32_t batch_flags(uint32_t flags)
{
	return flags & DOCA_FLOW_CT_ENTRY_FLAGS_NO_WAIT ? DOCA_FLOW_ENTRY_FLAGS_NO_WAIT :
							  DOCA_FLOW_ENTRY_FLAGS_WAIT_FOR_BATCH;
}

/* What a call says of one direction. */
struct side {
	const struct doca_flow_ct_match *match;
	const struct doca_flow_ct_actions *actions;
	uint32_t fwd_handle;
};

/* Compiles what the direction does. */
static doca_error_t compile_side(struct doca_flow_pipe_entry *entry, unsigned int direction,
				 const struct side *side, const struct ct_key *key, struct program **program,
				 struct forward **fwd)
{
	doca_error_t result = ct_program(entry->pipe, direction, key->is_ip6, key->protocol, side->actions, program);

	if (result != DOCA_SUCCESS)
		return result;
	result = ct_forward(entry->pipe, side->fwd_handle, fwd);
	if (result != DOCA_SUCCESS) {
		program_free(*program);
		*program = NULL;
	}
	return result;
}

/* Both start with the key: the connection, which is that of the origin's entry, and struct reply. */
static struct ct_key *key_of(struct doca_flow_pipe_entry *entry, unsigned int direction)
{
	return (struct ct_key *)direction_of(entry, direction)->key;
}

static doca_error_t set_side(struct doca_flow_pipe_entry *entry, unsigned int direction, uint32_t flags,
			     const struct side *side)
{
	struct doca_flow_pipe_entry *to = direction_of(entry, direction);
	struct connection *connection = connection_of(entry);
	struct ct_key *key = key_of(entry, direction);
	doca_error_t result;

	if (side->match == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	*key = ct_key_of(entry->pipe->nic->ct, direction, (flags & ct_ip6_flag[direction]) != 0, side->match);
	result = compile_side(entry, direction, side, key, &to->program, &to->fwd);
	if (result == DOCA_SUCCESS) {
		connection->match[direction] = *side->match;
		connection->used[direction] = true;
	}
	return result;
}

/* As if the sides had not been set. */
static void clear_sides(struct doca_flow_pipe_entry *entry)
{
	for (unsigned int direction = 0; direction < DIRECTIONS; direction++) {
		struct doca_flow_pipe_entry *side = direction_of(entry, direction);

		program_free(side->program);
		forward_free(side->fwd);
		side->program = NULL;
		side->fwd = NULL;
		connection_of(entry)->used[direction] = false;
	}
}

static struct operation *operation_new(struct doca_flow_pipe_entry *entry, enum doca_flow_entry_op op)
{
	struct operation *operation = calloc(1, sizeof(*operation));

	if (operation != NULL) {
		operation->entry = entry;
		operation->op = op;
	}
	return operation;
}

/* Under the lock. */
static doca_error_t submit_addition(uint16_t queue, uint32_t flags, const struct side *sides,
				    uint32_t timeout_s, void *usr_ctx, struct doca_flow_pipe_entry *entry)
{
	struct doca_flow_port *port = entry->pipe->port;
	struct connection *connection = connection_of(entry);
	struct operation *operation;
	doca_error_t result = DOCA_SUCCESS;

	if (entry->visible || entry->pending > 0 || entry->removed)
		return DOCA_ERROR_BAD_STATE;
	result = queue_make_room(port, queue);
	if (result != DOCA_SUCCESS)
		return result;
	for (unsigned int direction = 0; direction < DIRECTIONS && result == DOCA_SUCCESS; direction++) {
		if (flags & ct_direction_flag[direction])
			result = set_side(entry, direction, flags, &sides[direction]);
	}
	operation = result == DOCA_SUCCESS ? operation_new(entry, DOCA_FLOW_ENTRY_OP_ADD) : NULL;
	if (operation == NULL) {
		clear_sides(entry);
		return result != DOCA_SUCCESS ? result : DOCA_ERROR_NO_MEMORY;
	}
	connection->flags = flags;
	connection->finalizes = (flags & DOCA_FLOW_CT_ENTRY_FLAGS_ENTRY_FINALIZE) != 0;
	connection->counts_together = (flags & DOCA_FLOW_CT_ENTRY_FLAGS_COUNTER_SHARED) != 0;
	entry->user_ctx = usr_ctx;
	entry->queue = queue;
	if ((port->nic->ct->flags & DOCA_FLOW_CT_FLAG_NO_AGING) == 0)
		entry->aging_sec = timeout_s;
	queue_submit(&port->queues[queue], operation, batch_flags(flags));
	return DOCA_SUCCESS;
}

doca_error_t doca_flow_ct_add_entry(uint16_t queue, struct doca_flow_pipe *pipe, uint32_t flags,
				    const struct doca_flow_ct_match *match_origin,
				    const struct doca_flow_ct_match *match_reply,
				    const struct doca_flow_ct_actions *actions_origin,
				    const struct doca_flow_ct_actions *actions_reply,
				    uint32_t fwd_handle_origin, uint32_t fwd_handle_reply, uint32_t timeout_s,
				    void *usr_ctx, struct doca_flow_pipe_entry *entry)
{
	const struct side sides[DIRECTIONS] = { { match_origin, actions_origin, fwd_handle_origin },
						{ match_reply, actions_reply, fwd_handle_reply } };
	doca_error_t result;

	if (!ct_entry_fits(pipe, queue, entry) ||
	    (flags & (ct_direction_flag[ORIGIN] | ct_direction_flag[REPLY])) == 0)
		return DOCA_ERROR_INVALID_VALUE;
	nic_enter(pipe->nic);
	result = submit_addition(queue, flags, sides, timeout_s, usr_ctx, entry);
	nic_leave(pipe->nic);
	return result;
}

/* Compiles the given directions, which the connection has, or is to get if `adds`, into a change. */
static doca_error_t change_new(struct doca_flow_pipe_entry *entry, uint32_t flags, const struct side *sides,
			       bool adds, struct ct_change **out)
{
	struct ct_change *change = calloc(1, sizeof(*change));
	doca_error_t result = DOCA_SUCCESS;

	if (change == NULL)
		return DOCA_ERROR_NO_MEMORY;
	for (unsigned int direction = 0; direction < DIRECTIONS && result == DOCA_SUCCESS; direction++) {
		const struct ct_key *key = key_of(entry, direction);

		if ((flags & ct_direction_flag[direction]) == 0)
			continue;
		if (connection_of(entry)->used[direction] == adds) {
			result = adds ? DOCA_ERROR_ALREADY_EXIST : DOCA_ERROR_INVALID_VALUE;
			break;
		}
		change->direction[direction].given = true;
		change->direction[direction].added = adds;
		change->direction[direction].with_program = sides[direction].actions != NULL;
		change->direction[direction].with_fwd = true;
		result = compile_side(entry, direction, &sides[direction], key,
				      &change->direction[direction].program, &change->direction[direction].fwd);
	}
	if (result != DOCA_SUCCESS) {
		ct_change_free(change);
		return result;
	}
	*out = change;
	return DOCA_SUCCESS;
}

/* Under the lock: takes the change over, or frees it. */
static doca_error_t submit_change(uint16_t queue, uint32_t flags, enum doca_flow_entry_op op,
				  struct doca_flow_pipe_entry *entry, struct ct_change *change)
{
	struct operation *operation = operation_new(entry, op);

	if (operation == NULL) {
		ct_change_free(change);
		return DOCA_ERROR_NO_MEMORY;
	}
	operation->ct_change = change;
	queue_submit(&entry->pipe->port->queues[queue], operation, batch_flags(flags));
	return DOCA_SUCCESS;
}

/* Whether an operation on a connection that is there can begin. The queue has room then. */
static doca_error_t begin(uint16_t queue, struct doca_flow_pipe_entry *entry)
{
	if (entry->removed)
		return DOCA_ERROR_NOT_FOUND;
	if (entry->pending > 0)
		return DOCA_ERROR_IN_PROGRESS;
	if (!entry->visible)
		return DOCA_ERROR_NOT_FOUND;
	return queue_make_room(entry->pipe->port, queue);
}

static doca_error_t add_direction(uint16_t queue, uint32_t flags, unsigned int direction,
				  const struct side *sides, struct doca_flow_pipe_entry *entry)
{
	struct connection *connection = connection_of(entry);
	struct ct_change *change;
	doca_error_t result = begin(queue, entry);

	if (result != DOCA_SUCCESS)
		return result;
	if (connection->used[direction])
		return DOCA_ERROR_ALREADY_EXIST;
	/* Nobody looks at them before the direction is used. */
	*key_of(entry, direction) = ct_key_of(entry->pipe->nic->ct, direction,
					      (flags & ct_ip6_flag[direction]) != 0, sides[direction].match);
	connection->match[direction] = *sides[direction].match;
	result = change_new(entry, flags, sides, true, &change);
	if (result == DOCA_SUCCESS)
		result = submit_change(queue, flags, DOCA_FLOW_ENTRY_OP_ADD, entry, change);
	if (result == DOCA_SUCCESS)
		connection->flags |= flags;
	return result;
}

doca_error_t doca_flow_ct_entry_add_dir(uint16_t queue, struct doca_flow_pipe *pipe, uint32_t flags,
					const struct doca_flow_ct_match *match,
					const struct doca_flow_ct_actions *actions, uint32_t fwd_handle,
					struct doca_flow_pipe_entry *entry)
{
	const struct side side = { match, actions, fwd_handle };
	const struct side sides[DIRECTIONS] = { side, side };
	unsigned int direction = flags & ct_direction_flag[REPLY] ? REPLY : ORIGIN;
	doca_error_t result;

	if (!ct_entry_fits(pipe, queue, entry) || match == NULL ||
	    ((flags & ct_direction_flag[ORIGIN]) != 0) == ((flags & ct_direction_flag[REPLY]) != 0))
		return DOCA_ERROR_INVALID_VALUE;
	nic_enter(pipe->nic);
	result = add_direction(queue, flags, direction, sides, entry);
	nic_leave(pipe->nic);
	return result;
}

/* Of the directions that flags name: actions NULL stay as they are. timeout_s 0: so does the timeout. */
doca_error_t doca_flow_ct_update_entry(uint16_t queue, struct doca_flow_pipe *pipe, uint32_t flags,
				       struct doca_flow_pipe_entry *entry,
				       const struct doca_flow_ct_actions *actions_origin,
				       const struct doca_flow_ct_actions *actions_reply,
				       uint32_t fwd_handle_origin, uint32_t fwd_handle_reply, uint32_t timeout_s)
{
	const struct side sides[DIRECTIONS] = { { NULL, actions_origin, fwd_handle_origin },
						{ NULL, actions_reply, fwd_handle_reply } };
	struct ct_change *change;
	doca_error_t result;

	if (!ct_entry_fits(pipe, queue, entry))
		return DOCA_ERROR_INVALID_VALUE;
	nic_enter(pipe->nic);
	result = begin(queue, entry);
	if (result == DOCA_SUCCESS)
		result = change_new(entry, flags, sides, false, &change);
	if (result == DOCA_SUCCESS) {
		change->with_timeout = timeout_s > 0;
		change->timeout_s = timeout_s;
		result = submit_change(queue, flags, DOCA_FLOW_ENTRY_OP_UPD, entry, change);
	}
	nic_leave(pipe->nic);
	return result;
}

doca_error_t doca_flow_ct_rm_entry(uint16_t queue, struct doca_flow_pipe *pipe, uint32_t flags,
				   struct doca_flow_pipe_entry *entry)
{
	struct operation *operation;
	doca_error_t result;

	if (!ct_entry_fits(pipe, queue, entry))
		return DOCA_ERROR_INVALID_VALUE;
	nic_enter(pipe->nic);
	result = begin(queue, entry);
	if (result == DOCA_SUCCESS) {
		operation = operation_new(entry, DOCA_FLOW_ENTRY_OP_DEL);
		if (operation == NULL) {
			result = DOCA_ERROR_NO_MEMORY;
		} else {
			entry->removed = true;
			queue_submit(&pipe->port->queues[queue], operation, batch_flags(flags));
		}
	}
	nic_leave(pipe->nic);
	return result;
}
