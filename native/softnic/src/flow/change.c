/* SPDX-License-Identifier: Apache-2.0 */
/* Updates and removals of entries. */
#include <stdlib.h>

#include "queue.h"
#include "steering.h"

/* Under the lock. AGAIN while the entry is busy. */
static doca_error_t submit_update(uint16_t queue, const struct entry_spec *spec, uint32_t flags,
				  struct doca_flow_pipe_entry *entry)
{
	struct doca_flow_port *port = entry->pipe->port;
	struct operation *operation;
	doca_error_t result;

	if (entry->pending > 0 && !entry->removed)
		return DOCA_ERROR_AGAIN;
	/* Nothing of the entry's is in the queue, so making room cannot end it. */
	result = queue_make_room(port, queue);
	if (entry->removed)
		return DOCA_ERROR_BAD_STATE;
	if (result != DOCA_SUCCESS)
		return result;
	operation = calloc(1, sizeof(*operation));
	if (operation == NULL)
		return DOCA_ERROR_NO_MEMORY;
	result = entry_change_compile(entry, spec, &operation->change);
	if (result != DOCA_SUCCESS) {
		free(operation);
		return result;
	}
	operation->op = DOCA_FLOW_ENTRY_OP_UPD;
	operation->entry = entry;
	queue_submit(&port->queues[queue], operation, flags);
	return DOCA_SUCCESS;
}

static doca_error_t update(uint16_t queue, struct doca_flow_pipe *pipe, enum doca_flow_pipe_type type,
			   const struct entry_spec *spec, uint32_t flags, struct doca_flow_pipe_entry *entry)
{
	doca_error_t result;

	if (pipe == NULL || entry == NULL || !flags_known(flags))
		return DOCA_ERROR_INVALID_VALUE;
	if (pipe->spec.type != type)
		return DOCA_ERROR_NOT_SUPPORTED;
	if (entry->pipe != pipe || !pipe_takes_queue(pipe, queue))
		return DOCA_ERROR_INVALID_VALUE;
	nic_enter(pipe->nic);
	result = submit_update(queue, spec, flags, entry);
	nic_leave(pipe->nic);
	return result;
}

doca_error_t doca_flow_pipe_basic_update_entry(uint16_t pipe_queue, struct doca_flow_pipe *pipe,
					       uint8_t action_idx, const struct doca_flow_actions *actions,
					       const struct doca_flow_monitor *monitor,
					       const struct doca_flow_fwd *fwd, uint32_t flags,
					       struct doca_flow_pipe_entry *entry)
{
	const struct entry_spec spec = {
		.action_idx = action_idx,
		.actions = actions,
		.monitor = monitor,
		.fwd = fwd,
	};

	return update(pipe_queue, pipe, DOCA_FLOW_PIPE_BASIC, &spec, flags, entry);
}

doca_error_t doca_flow_pipe_lpm_update_entry(uint16_t pipe_queue, struct doca_flow_pipe *pipe,
					     uint8_t action_idx, const struct doca_flow_actions *actions,
					     const struct doca_flow_monitor *monitor,
					     const struct doca_flow_fwd *fwd, uint32_t flags,
					     struct doca_flow_pipe_entry *entry)
{
	const struct entry_spec spec = {
		.action_idx = action_idx,
		.actions = actions,
		.monitor = monitor,
		.fwd = fwd,
	};

	return update(pipe_queue, pipe, DOCA_FLOW_PIPE_LPM, &spec, flags, entry);
}

doca_error_t doca_flow_pipe_acl_update_entry(uint16_t pipe_queue, struct doca_flow_pipe *pipe,
					     uint8_t action_idx, const struct doca_flow_actions *actions,
					     const struct doca_flow_fwd *fwd, uint32_t flags,
					     struct doca_flow_pipe_entry *entry)
{
	const struct entry_spec spec = { .action_idx = action_idx, .actions = actions, .fwd = fwd };

	return update(pipe_queue, pipe, DOCA_FLOW_PIPE_ACL, &spec, flags, entry);
}

/* Under the lock. An addition that is not yet complete may be removed on the same queue, which keeps their
 * order; on another one it is AGAIN. */
static doca_error_t submit_removal(uint16_t queue, uint32_t flags, struct doca_flow_pipe_entry *entry)
{
	struct doca_flow_port *port = entry->pipe->port;
	struct operation *operation;
	doca_error_t result;

	if (entry->removed)
		return DOCA_ERROR_BAD_STATE;
	if (entry->pending > 0 && entry->queue != queue)
		return DOCA_ERROR_AGAIN;
	/* Making room may complete its addition, which ends the entry if it failed. */
	entry->pending++;
	result = queue_make_room(port, queue);
	entry->pending--;
	if (entry->removed)
		return DOCA_ERROR_BAD_STATE;
	if (entry->status == DOCA_FLOW_ENTRY_STATUS_ERROR && !entry->visible && entry->pending == 0) {
		entry_delist(entry);
		entry_dispose(entry);
		return DOCA_ERROR_NOT_FOUND;
	}
	if (result != DOCA_SUCCESS)
		return result;
	operation = calloc(1, sizeof(*operation));
	if (operation == NULL)
		return DOCA_ERROR_NO_MEMORY;
	operation->op = DOCA_FLOW_ENTRY_OP_DEL;
	operation->entry = entry;
	entry->removed = true;
	queue_submit(&port->queues[queue], operation, flags);
	return DOCA_SUCCESS;
}

doca_error_t doca_flow_pipe_remove_entry(uint16_t pipe_queue, uint32_t flags,
					 struct doca_flow_pipe_entry *entry)
{
	struct nic *nic;
	doca_error_t result;

	if (entry == NULL || !flags_known(flags))
		return DOCA_ERROR_INVALID_VALUE;
	nic = entry->pipe->nic;
	if (entry->pipe->spec.type == DOCA_FLOW_PIPE_CT)
		return DOCA_ERROR_NOT_SUPPORTED;
	if (!pipe_takes_queue(entry->pipe, pipe_queue))
		return DOCA_ERROR_INVALID_VALUE;
	nic_enter(nic);
	result = submit_removal(pipe_queue, flags, entry);
	nic_leave(nic);
	return result;
}
