/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "queue.h"
#include "shared.h"
#include "steering.h"

#define CONTROL_PRIORITY_MAX 7u

/* Counters of the port's budget. Connections have theirs from doca_flow_ct_cfg_set_connections. */
static uint32_t counters_of(const struct doca_flow_pipe_entry *entry)
{
	return entry->pipe->spec.type == DOCA_FLOW_PIPE_CT ? 0 : (uint32_t)entry_counts(entry, NULL, 0);
}

doca_error_t entry_enlist(struct doca_flow_pipe_entry *entry)
{
	struct doca_flow_pipe *pipe = entry->pipe;
	uint32_t counters = counters_of(entry);

	if (budget_take(pipe->port, DOCA_FLOW_RESOURCE_COUNTER, counters) != DOCA_SUCCESS)
		return DOCA_ERROR_NO_MEMORY;
	if (entry->meter != NULL && budget_take(pipe->port, DOCA_FLOW_RESOURCE_METER, 1) != DOCA_SUCCESS) {
		budget_give(pipe->port, DOCA_FLOW_RESOURCE_COUNTER, counters);
		return DOCA_ERROR_NO_MEMORY;
	}
	entry->pipe_next = pipe->first_entry;
	entry->pipe_link = &pipe->first_entry;
	if (entry->pipe_next != NULL)
		entry->pipe_next->pipe_link = &entry->pipe_next;
	pipe->first_entry = entry;
	return DOCA_SUCCESS;
}

void entry_delist(struct doca_flow_pipe_entry *entry)
{
	struct doca_flow_pipe *pipe = entry->pipe;

	if (entry->pipe_link == NULL)
		return;
	for (uint16_t index = 0; index < nic_all_queues(pipe->nic); index++) {
		if (pipe->port->queues[index].aging_entry == entry)
			pipe->port->queues[index].aging_entry = entry->pipe_next;
	}
	resize_forget(entry);
	*entry->pipe_link = entry->pipe_next;
	if (entry->pipe_next != NULL)
		entry->pipe_next->pipe_link = entry->pipe_link;
	entry->pipe_link = NULL;
}

void entry_dispose(struct doca_flow_pipe_entry *entry)
{
	struct doca_flow_port *port = entry->pipe->port;

	budget_give(port, DOCA_FLOW_RESOURCE_COUNTER, counters_of(entry));
	if (entry->meter != NULL)
		budget_give(port, DOCA_FLOW_RESOURCE_METER, 1);
	free(entry->cached);
	entry_withdraw(entry);
	entry_free(entry);
}

/* True once, when the entries reach the level above which the application wanted to know. */
static bool congestion_begins(struct doca_flow_pipe *pipe)
{
	if (pipe->congested || pipe->spec.congestion_level == 0 || pipe->nic->pipe_process == NULL ||
	    (uint64_t)pipe->entries * 100 < (uint64_t)pipe->spec.nr_entries * pipe->spec.congestion_level)
		return false;
	return pipe->congested = true;
}

struct addition {
	uint16_t queue;
	struct doca_flow_pipe *pipe;
	enum doca_flow_pipe_type type; /* that the call is for */
	uint32_t flags;
	void *user_ctx;
	struct doca_flow_pipe_entry **out; /* may be NULL */
};

/* Under the lock. */
static doca_error_t submit_addition(const struct addition *addition, const struct entry_spec *spec)
{
	struct doca_flow_port *port = addition->pipe->port;
	struct doca_flow_pipe_entry *entry;
	struct operation *operation;
	doca_error_t result = queue_make_room(port, addition->queue);

	if (result != DOCA_SUCCESS)
		return result;
	operation = calloc(1, sizeof(*operation));
	if (operation == NULL)
		return DOCA_ERROR_NO_MEMORY;
	result = entry_compile(addition->pipe, spec, &entry);
	if (result != DOCA_SUCCESS) {
		free(operation);
		return result;
	}
	result = entry_enlist(entry);
	if (result != DOCA_SUCCESS) {
		free(operation);
		entry_free(entry);
		return result;
	}
	entry->user_ctx = addition->user_ctx;
	entry->queue = addition->queue;
	operation->op = DOCA_FLOW_ENTRY_OP_ADD;
	operation->entry = entry;
	queue_submit(&port->queues[addition->queue], operation, addition->flags);
	if (addition->out != NULL)
		*addition->out = entry;
	return DOCA_SUCCESS;
}

static doca_error_t add(const struct addition *addition, const struct entry_spec *spec)
{
	struct doca_flow_pipe *pipe = addition->pipe;
	doca_error_t result;
	bool congested = false;

	if (pipe == NULL || !flags_known(addition->flags))
		return DOCA_ERROR_INVALID_VALUE;
	if (pipe->spec.type != addition->type)
		return DOCA_ERROR_NOT_SUPPORTED;
	if (!pipe_takes_queue(pipe, addition->queue))
		return DOCA_ERROR_INVALID_VALUE;
	nic_enter(pipe->nic);
	result = submit_addition(addition, spec);
	if (result == DOCA_SUCCESS)
		congested = congestion_begins(pipe);
	nic_leave(pipe->nic);
	if (congested)
		pipe->nic->pipe_process(pipe, DOCA_FLOW_PIPE_STATUS_SUCCESS,
					DOCA_FLOW_PIPE_OP_CONGESTION_REACHED, pipe->user_ctx);
	return result;
}

doca_error_t doca_flow_pipe_basic_add_entry(uint16_t pipe_queue, struct doca_flow_pipe *pipe,
					    const struct doca_flow_match *match, uint8_t action_idx,
					    const struct doca_flow_actions *actions,
					    const struct doca_flow_monitor *monitor,
					    const struct doca_flow_fwd *fwd, uint32_t flags, void *usr_ctx,
					    struct doca_flow_pipe_entry **entry)
{
	const struct addition addition = { pipe_queue, pipe, DOCA_FLOW_PIPE_BASIC, flags, usr_ctx, entry };
	const struct entry_spec spec = {
		.match = match,
		.action_idx = action_idx,
		.actions = actions,
		.monitor = monitor,
		.fwd = fwd,
	};

	return add(&addition, &spec);
}

doca_error_t doca_flow_pipe_control_add_entry(uint16_t pipe_queue, struct doca_flow_pipe *pipe,
					      const struct doca_flow_match *match,
					      const struct doca_flow_match *match_mask,
					      const struct doca_flow_match_condition *condition,
					      const struct doca_flow_actions *actions,
					      const struct doca_flow_actions *actions_mask,
					      const struct doca_flow_action_descs *action_descs,
					      const struct doca_flow_monitor *monitor, uint32_t priority,
					      const struct doca_flow_fwd *fwd, void *usr_ctx,
					      struct doca_flow_pipe_entry **entry)
{
	const struct addition addition = { pipe_queue, pipe, DOCA_FLOW_PIPE_CONTROL, 0, usr_ctx, entry };
	const struct entry_spec spec = {
		.match = match,
		.mask = match_mask,
		.condition = condition,
		.actions = actions,
		.action_mask = actions_mask,
		.descs = action_descs,
		.monitor = monitor,
		.priority = priority,
		.fwd = fwd,
	};

	if (priority > CONTROL_PRIORITY_MAX)
		return DOCA_ERROR_INVALID_VALUE;
	return add(&addition, &spec);
}

doca_error_t doca_flow_pipe_lpm_add_entry(uint16_t pipe_queue, struct doca_flow_pipe *pipe,
					  const struct doca_flow_match *match,
					  const struct doca_flow_match *match_mask, uint8_t action_idx,
					  const struct doca_flow_actions *actions,
					  const struct doca_flow_monitor *monitor,
					  const struct doca_flow_fwd *fwd, uint32_t flags, void *usr_ctx,
					  struct doca_flow_pipe_entry **entry)
{
	const struct addition addition = { pipe_queue, pipe, DOCA_FLOW_PIPE_LPM, flags, usr_ctx, entry };
	const struct entry_spec spec = {
		.match = match,
		.mask = match_mask,
		.action_idx = action_idx,
		.actions = actions,
		.monitor = monitor,
		.fwd = fwd,
	};

	return add(&addition, &spec);
}

doca_error_t doca_flow_pipe_acl_add_entry(uint16_t pipe_queue, struct doca_flow_pipe *pipe,
					  const struct doca_flow_match *match,
					  const struct doca_flow_match *match_mask, uint8_t action_idx,
					  const struct doca_flow_actions *actions, const uint32_t priority,
					  const struct doca_flow_fwd *fwd, uint32_t flags, void *usr_ctx,
					  struct doca_flow_pipe_entry **entry)
{
	const struct addition addition = { pipe_queue, pipe, DOCA_FLOW_PIPE_ACL, flags, usr_ctx, entry };
	const struct entry_spec spec = {
		.match = match,
		.mask = match_mask,
		.action_idx = action_idx,
		.actions = actions,
		.priority = priority,
		.fwd = fwd,
	};

	return add(&addition, &spec);
}

doca_error_t doca_flow_pipe_hash_add_entry(uint16_t pipe_queue, struct doca_flow_pipe *pipe,
					   uint32_t entry_index, uint8_t action_idx,
					   const struct doca_flow_actions *actions,
					   const struct doca_flow_monitor *monitor,
					   const struct doca_flow_fwd *fwd, uint32_t flags, void *usr_ctx,
					   struct doca_flow_pipe_entry **entry)
{
	const struct addition addition = { pipe_queue, pipe, DOCA_FLOW_PIPE_HASH, flags, usr_ctx, entry };
	const struct entry_spec spec = {
		.index = entry_index,
		.action_idx = action_idx,
		.actions = actions,
		.monitor = monitor,
		.fwd = fwd,
	};

	return add(&addition, &spec);
}

doca_error_t doca_flow_pipe_ordered_list_add_entry(uint16_t pipe_queue, struct doca_flow_pipe *pipe,
						   uint32_t idx,
						   const struct doca_flow_ordered_list *ordered_list,
						   const struct doca_flow_fwd *fwd, uint32_t flags,
						   void *usr_ctx, struct doca_flow_pipe_entry **entry)
{
	const struct addition addition = { pipe_queue, pipe,	DOCA_FLOW_PIPE_ORDERED_LIST,
					   flags,      usr_ctx, entry };
	const struct entry_spec spec = { .index = idx, .ordered = ordered_list, .fwd = fwd };

	if (ordered_list == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	return add(&addition, &spec);
}
