/* SPDX-License-Identifier: Apache-2.0 */
/* Software's end of the queues that FWD_RSS fills, and what a test wants to see. */
#include <softnic.h>

#include "engine.h"
#include "frames.h"

doca_error_t softnic_receive(struct doca_flow_port *manager, uint16_t queue,
			     struct softnic_received *received, void *frame, uint32_t capacity,
			     uint64_t timeout_us)
{
	struct frames *frames;

	if (manager == NULL || manager->is_representor || queue >= NIC_QUEUES_MAX || received == NULL ||
	    (frame == NULL && capacity > 0))
		return DOCA_ERROR_INVALID_VALUE;
	nic_enter(manager->nic);
	frames = engine_software_queue(manager, queue);
	nic_leave(manager->nic);
	if (frames == NULL)
		return DOCA_ERROR_NO_MEMORY;
	return frames_take(frames, received, frame, capacity, timeout_us);
}

doca_error_t softnic_sent(struct doca_flow_port *port, void *frame, uint32_t capacity, uint32_t *length)
{
	struct softnic_received head;
	doca_error_t result;

	if (port == NULL || frame == NULL || length == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	result = frames_take(port->sent, &head, frame, capacity, 0);
	*length = result == DOCA_ERROR_AGAIN ? 0 : head.length;
	return result;
}

doca_error_t softnic_statistics(struct softnic_statistics *statistics)
{
	struct nic *nic = nic_current();

	if (statistics == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	if (nic == NULL)
		return DOCA_ERROR_BAD_STATE;
	nic_enter(nic);
	*statistics = (struct softnic_statistics){
		.received = nic->received,
		.software = nic->software,
		.software_dropped = nic->software_dropped,
		.software_sent = nic->software_sent,
		.to_kernel = nic->to_kernel,
		.looped = nic->walk.loops,
		.entry_operations = nic->entry_operations,
	};
	nic_leave(nic);
	return DOCA_SUCCESS;
}
