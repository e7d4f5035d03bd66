/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Resizing: the bound grows at once. Then, as on a device that moves entries from table to table, each
 * queue tells of its own entries while it processes completions, and the last one that the pipe is
 * resized.
 */
#include <stdlib.h>

#include "queue.h"
#include "steering.h"

void resize_forget(struct doca_flow_pipe_entry *entry)
{
	const struct steering_pipe *steering = steering_of(entry->pipe);

	if (steering->relocating == NULL)
		return;
	for (uint16_t queue = 0; queue < entry->pipe->nic->queues; queue++) {
		if (steering->relocating[queue] == entry)
			steering->relocating[queue] = entry->pipe_next;
	}
}

/* The entry at or behind the cursor that the queue has to tell of. */
static struct doca_flow_pipe_entry *next_of_queue(struct doca_flow_pipe_entry *entry, uint16_t queue)
{
	while (entry != NULL && (entry->queue != queue || entry->removed))
		entry = entry->pipe_next;
	return entry;
}

static bool relocation_over(const struct steering_pipe *steering)
{
	for (uint16_t queue = 0; queue < steering->pipe.nic->queues; queue++) {
		if (steering->relocating[queue] != NULL)
			return false;
	}
	return true;
}

/* Tells of one entry. Its context is written back only if it is still there. */
static void relocate_one(struct steering_pipe *steering, uint16_t queue)
{
	struct nic *nic = steering->pipe.nic;
	struct doca_flow_pipe_entry *entry = steering->relocating[queue];
	void *old_ctx = entry->user_ctx, *new_ctx = old_ctx;
	doca_error_t result;

	nic_leave(nic);
	result = steering->relocate(steering->pipe.user_ctx, queue, old_ctx, &new_ctx);
	nic_enter(nic);
	/* Whatever ended the entry moved the cursor on. */
	if (steering->destroyed || steering->relocating == NULL || steering->relocating[queue] != entry)
		return;
	if (result == DOCA_SUCCESS)
		entry->user_ctx = new_ctx;
	steering->relocating[queue] = entry->pipe_next;
}

/* Moves the queue's cursor to its next entry. False: there is none, or nothing is relocated any more. */
static bool relocation_left(struct steering_pipe *steering, uint16_t queue)
{
	if (steering->destroyed || steering->relocating == NULL)
		return false;
	steering->relocating[queue] = next_of_queue(steering->relocating[queue], queue);
	if (steering->relocate == NULL)
		steering->relocating[queue] = NULL;
	return steering->relocating[queue] != NULL;
}

static void pipe_proceed(struct steering_pipe *steering, uint16_t queue)
{
	struct nic *nic = steering->pipe.nic;

	while (relocation_left(steering, queue))
		relocate_one(steering, queue);
	if (steering->destroyed || steering->relocating == NULL || !relocation_over(steering))
		return;
	free(steering->relocating);
	steering->relocating = NULL;
	if (nic->pipe_process == NULL)
		return;
	nic_leave(nic);
	nic->pipe_process(&steering->pipe, DOCA_FLOW_PIPE_STATUS_SUCCESS, DOCA_FLOW_PIPE_OP_RESIZED,
			  steering->pipe.user_ctx);
	nic_enter(nic);
}

void resize_proceed(struct doca_flow_port *port, uint16_t queue)
{
	struct doca_flow_pipe *pipe = port->pipes;

	while (pipe != NULL) {
		struct doca_flow_pipe *next;

		if (steering_of(pipe)->relocating == NULL || !pipe_takes_queue(pipe, queue)) {
			pipe = pipe->next;
			continue;
		}
		pipe_hold(pipe);
		pipe_proceed(steering_of(pipe), queue);
		/* A pipe that was destroyed by a callback does not know what comes next. */
		next = steering_of(pipe)->destroyed ? port->pipes : pipe->next;
		pipe_release(pipe);
		pipe = next;
	}
}

/* Twice as large until the entries are below the level again. */
static uint32_t grown(const struct doca_flow_pipe *pipe, uint8_t level)
{
	uint64_t entries = pipe->spec.nr_entries;

	do
		entries = entries == 0 ? 1 : entries * 2;
	while (entries < UINT32_MAX && (uint64_t)pipe->entries * 100 >= entries * level);
	return entries < UINT32_MAX ? (uint32_t)entries : UINT32_MAX;
}

/* Under the lock. */
static doca_error_t resize(struct steering_pipe *steering, uint8_t level,
			   doca_flow_pipe_resize_entry_relocate_cb relocate)
{
	struct doca_flow_pipe *pipe = &steering->pipe;

	if (steering->relocating != NULL)
		return DOCA_ERROR_AGAIN;
	steering->relocating = calloc(pipe->nic->queues, sizeof(*steering->relocating));
	if (steering->relocating == NULL)
		return DOCA_ERROR_NO_MEMORY;
	steering->relocate = relocate;
	for (uint16_t queue = 0; queue < pipe->nic->queues; queue++)
		steering->relocating[queue] = next_of_queue(pipe->first_entry, queue);
	pipe->spec.nr_entries = grown(pipe, level);
	pipe->spec.congestion_level = level;
	pipe->congested = false;
	return DOCA_SUCCESS;
}

/* AGAIN: the last resize is not yet told of. */
doca_error_t doca_flow_pipe_resize(struct doca_flow_pipe *pipe, uint8_t new_congestion_level,
				   doca_flow_pipe_resize_nr_entries_changed_cb nr_entries_changed_cb,
				   doca_flow_pipe_resize_entry_relocate_cb entry_relocation_cb)
{
	doca_error_t result;
	uint32_t entries;

	if (pipe == NULL || new_congestion_level == 0 || new_congestion_level > 100)
		return DOCA_ERROR_INVALID_VALUE;
	if (!pipe->spec.is_resizable)
		return DOCA_ERROR_NOT_SUPPORTED;
	nic_enter(pipe->nic);
	result = resize(steering_of(pipe), new_congestion_level, entry_relocation_cb);
	entries = pipe->spec.nr_entries;
	nic_leave(pipe->nic);
	if (result == DOCA_SUCCESS && nr_entries_changed_cb != NULL)
		nr_entries_changed_cb(pipe->user_ctx, entries);
	return result;
}
