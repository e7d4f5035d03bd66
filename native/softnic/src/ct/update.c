/* SPDX-License-Identifier: Apache-2.0 */
/* Connections that are there get another direction, are updated, and go. */
#include "connection.h"
#include "submit.h"

static doca_error_t ready(const struct doca_flow_pipe_entry *entry)
{
	if (entry->removed)
		return DOCA_ERROR_NOT_FOUND;
	if (entry->pending > 0)
		return DOCA_ERROR_IN_PROGRESS;
	return entry->visible ? DOCA_SUCCESS : DOCA_ERROR_NOT_FOUND;
}

/* Whether an operation on the connection can begin. The queue has room then. */
static doca_error_t begin(uint16_t queue, struct doca_flow_pipe_entry *entry)
{
	doca_error_t result = ready(entry);

	if (result == DOCA_SUCCESS)
		result = queue_make_room(entry->pipe->port, queue);
	/* A callback may have begun another. */
	return result == DOCA_SUCCESS ? ready(entry) : result;
}

/* Compiles the directions that flags name, which the connection has, or is to get if `adds`. */
static doca_error_t change_new(struct doca_flow_pipe_entry *entry, uint32_t flags, const struct side *sides,
			       bool adds, struct ct_change **out)
{
	struct ct_change *change = calloc(1, sizeof(*change));
	doca_error_t result = DOCA_SUCCESS;

	if (change == NULL)
		return DOCA_ERROR_NO_MEMORY;
	change->pipe = entry->pipe;
	change->flags = ct_lasting_flags(flags);
	for (unsigned int direction = 0; direction < DIRECTIONS && result == DOCA_SUCCESS; direction++) {
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
		result = ct_side_compile(entry->pipe, direction, &sides[direction], connection_key(entry, direction),
					 &change->direction[direction].program,
					 &change->direction[direction].draws, &change->direction[direction].fwd);
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
	struct operation *operation = ct_operation_new(entry, op);

	if (operation == NULL) {
		ct_change_free(change);
		return DOCA_ERROR_NO_MEMORY;
	}
	operation->ct_change = change;
	queue_submit(&entry->pipe->port->queues[queue], operation, ct_batch_flags(flags));
	return DOCA_SUCCESS;
}

/* Under the lock. */
static doca_error_t add_direction(uint16_t queue, uint32_t flags, unsigned int direction,
				  const struct side *sides, struct doca_flow_pipe_entry *entry)
{
	struct ct_change *change;
	struct ct_key key;
	doca_error_t result = begin(queue, entry);

	if (result != DOCA_SUCCESS)
		return result;
	if (connection_of(entry)->used[direction])
		return DOCA_ERROR_ALREADY_EXIST;
	key = ct_key_of(entry->pipe->nic->ct, direction, (flags & ct_ip6_flag[direction]) != 0,
			sides[direction].match);
	if (!ct_key_known(&key))
		return DOCA_ERROR_INVALID_VALUE;
	connection_set_key(entry, direction, &key);
	result = change_new(entry, flags, sides, true, &change);
	if (result != DOCA_SUCCESS)
		return result;
	connection_of(entry)->match[direction] = *sides[direction].match;
	connection_filter(entry, direction, flags);
	return submit_change(queue, flags, DOCA_FLOW_ENTRY_OP_ADD, entry, change);
}

/* The direction that flags name; the other's flags mean nothing. */
doca_error_t doca_flow_ct_entry_add_dir(uint16_t queue, struct doca_flow_pipe *pipe, uint32_t flags,
					const struct doca_flow_ct_match *match,
					const struct doca_flow_ct_actions *actions, uint32_t fwd_handle,
					struct doca_flow_pipe_entry *entry)
{
	const struct side side = { match, actions, fwd_handle };
	const struct side sides[DIRECTIONS] = { side, side };
	unsigned int direction = flags & ct_direction_flag[REPLY] ? REPLY : ORIGIN;
	doca_error_t result;

	if (!ct_entry_fits(pipe, queue, flags, entry) || match == NULL ||
	    ((flags & ct_direction_flag[ORIGIN]) != 0) == ((flags & ct_direction_flag[REPLY]) != 0))
		return DOCA_ERROR_INVALID_VALUE;
	nic_enter(pipe->nic);
	result = add_direction(queue, flags, direction, sides, entry);
	nic_leave(pipe->nic);
	return result;
}

/*
 * The forwards of the directions that flags name, and their actions, which stay as they are if NULL; it is
 * INVALID_VALUE to give them for another direction. In any case the timeout, 0 for none: a connection that
 * was reported as aged can be so again. Whether directions count stays as it was. EMPTY: new actions take a
 * user action before they give the old one back, and there is none.
 */
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

	if (!ct_entry_fits(pipe, queue, flags, entry))
		return DOCA_ERROR_INVALID_VALUE;
	for (unsigned int direction = 0; direction < DIRECTIONS; direction++) {
		if (sides[direction].actions != NULL && (flags & ct_direction_flag[direction]) == 0)
			return DOCA_ERROR_INVALID_VALUE;
	}
	nic_enter(pipe->nic);
	result = begin(queue, entry);
	if (result == DOCA_SUCCESS)
		result = change_new(entry, flags, sides, false, &change);
	if (result == DOCA_SUCCESS) {
		change->with_timeout = true;
		change->timeout_s = ct_timeout(pipe->nic->ct, timeout_s);
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

	if (!ct_entry_fits(pipe, queue, flags, entry))
		return DOCA_ERROR_INVALID_VALUE;
	nic_enter(pipe->nic);
	result = begin(queue, entry);
	if (result == DOCA_SUCCESS) {
		operation = ct_operation_new(entry, DOCA_FLOW_ENTRY_OP_DEL);
		if (operation == NULL) {
			result = DOCA_ERROR_NO_MEMORY;
		} else {
			entry->removed = true;
			queue_submit(&pipe->port->queues[queue], operation, ct_batch_flags(flags));
		}
	}
	nic_leave(pipe->nic);
	return result;
}
