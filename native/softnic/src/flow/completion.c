/* SPDX-License-Identifier: Apache-2.0 */
#include "queue.h"
#include "steering.h"

doca_error_t doca_flow_entries_process(struct doca_flow_port *port, uint16_t pipe_queue, uint64_t timeout_us,
				       uint32_t max_processed_entries)
{
	struct queue *queue;

	/* What is ready is ready at once: there is nothing to wait for. */
	(void)timeout_us;
	if (port == NULL || pipe_queue >= port->nic->queues)
		return DOCA_ERROR_INVALID_VALUE;
	port = port->manager;
	queue = &port->queues[pipe_queue];
	nic_enter(port->nic);
	queue_push(queue);
	queue->calls++;
	queue_deliver(port, pipe_queue, max_processed_entries);
	resize_proceed(port, pipe_queue);
	nic_leave(port->nic);
	return DOCA_SUCCESS;
}

enum doca_flow_entry_status doca_flow_pipe_entry_get_status(struct doca_flow_pipe_entry *entry)
{
	enum doca_flow_entry_status status;
	struct nic *nic;

	if (entry == NULL)
		return DOCA_FLOW_ENTRY_STATUS_ERROR;
	nic = entry->pipe->nic;
	nic_enter(nic);
	status = entry->status;
	nic_leave(nic);
	return status;
}
