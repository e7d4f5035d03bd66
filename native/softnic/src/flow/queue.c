/* SPDX-License-Identifier: Apache-2.0 */
#include "queue.h"

#include <stdlib.h>

#include "../ct/ct.h"
#include "faults.h"
#include "steering.h"

static void operations_clear(struct operations *operations)
{
	operations->first = NULL;
	operations->last = &operations->first;
}

static void operations_append(struct operations *operations, struct operation *operation)
{
	operation->next = NULL;
	*operations->last = operation;
	operations->last = &operation->next;
}

static struct operation *operations_take(struct operations *operations)
{
	struct operation *first = operations->first;

	operations->first = first->next;
	if (operations->first == NULL)
		operations->last = &operations->first;
	return first;
}

static void operation_free(struct operation *operation)
{
	if (operation->change != NULL)
		entry_change_free(operation->change);
	if (operation->ct_change != NULL)
		ct_change_free(operation->ct_change);
	free(operation);
}

struct queue *queues_new(const struct nic *nic)
{
	uint16_t count = nic_all_queues(nic);
	struct queue *queues = calloc(count, sizeof(*queues));

	for (uint16_t index = 0; queues != NULL && index < count; index++) {
		queues[index].depth = index < nic->queues ? nic->queue_depth : ct_queue_depth(nic);
		operations_clear(&queues[index].waiting);
		operations_clear(&queues[index].pushed);
	}
	return queues;
}

void queues_free(struct queue *queues, const struct nic *nic)
{
	for (uint16_t index = 0; queues != NULL && index < nic_all_queues(nic); index++) {
		while (queues[index].waiting.first != NULL)
			operation_free(operations_take(&queues[index].waiting));
		while (queues[index].pushed.first != NULL)
			operation_free(operations_take(&queues[index].pushed));
	}
	free(queues);
}

/* Does to the tables what the operation says, and notes how that went. */
static void operation_apply(struct operation *operation)
{
	struct doca_flow_pipe_entry *entry = operation->entry;
	doca_error_t result = DOCA_SUCCESS;

	if (operation->outcome != DOCA_FLOW_ENTRY_STATUS_IN_PROCESS)
		return;
	if (operation->fails) {
		if (operation->op == DOCA_FLOW_ENTRY_OP_DEL)
			entry->removed = false;
	} else if (operation->op == DOCA_FLOW_ENTRY_OP_DEL) {
		entry_withdraw(entry);
	} else if (operation->ct_change != NULL) {
		result = ct_change_apply(entry, operation->ct_change);
	} else if (operation->op == DOCA_FLOW_ENTRY_OP_UPD) {
		entry_change_apply(entry, operation->change);
		operation->change = NULL;
	} else if (!entry->removed) { /* else a removal overtook it */
		result = entry_insert(entry);
	}
	operation->outcome = operation->fails || result != DOCA_SUCCESS ?
				     DOCA_FLOW_ENTRY_STATUS_ERROR :
				     DOCA_FLOW_ENTRY_STATUS_SUCCESS;
}

void queue_push(struct queue *queue)
{
	uint32_t delay = faults_delay();

	while (queue->waiting.first != NULL) {
		struct operation *operation = operations_take(&queue->waiting);

		operation->fails = faults_entry_fails();
		operation->ready = delay == 1 ? queue->calls : queue->calls + delay;
		if (delay == 1 || operation->op == DOCA_FLOW_ENTRY_OP_DEL)
			operation_apply(operation);
		operations_append(&queue->pushed, operation);
	}
}

void queue_submit(struct queue *queue, struct operation *operation, uint32_t flags)
{
	operation->entry->status = DOCA_FLOW_ENTRY_STATUS_IN_PROCESS;
	operation->entry->pending++;
	operation->outcome = DOCA_FLOW_ENTRY_STATUS_IN_PROCESS;
	operations_append(&queue->waiting, operation);
	queue->used++;
	if (!(flags & DOCA_FLOW_ENTRY_FLAGS_WAIT_FOR_BATCH))
		queue_push(queue);
}

/* Completes one operation; the lock is free while the application hears of it. */
static void operation_complete(struct nic *nic, uint16_t index, struct operation *operation)
{
	struct doca_flow_pipe_entry *entry = operation->entry;
	struct doca_flow_pipe *pipe = entry->pipe;
	void *user_ctx = entry->user_ctx;
	bool gone;

	operation_apply(operation);
	entry->pending--;
	entry->status = operation->outcome;
	nic->entry_operations++;
	if (operation->op == DOCA_FLOW_ENTRY_OP_DEL)
		gone = operation->outcome == DOCA_FLOW_ENTRY_STATUS_SUCCESS;
	else /* a failed addition is gone, unless its removal is under way and will end it */
		gone = operation->op == DOCA_FLOW_ENTRY_OP_ADD && entry->pending == 0 &&
		       !entry->visible && operation->outcome == DOCA_FLOW_ENTRY_STATUS_ERROR;
	if (gone)
		entry_delist(entry);
	pipe_hold(pipe);
	nic_leave(nic);
	if (nic->entry_process != NULL)
		nic->entry_process(entry, index, operation->outcome, operation->op, user_ctx);
	if (gone && pipe->spec.type == DOCA_FLOW_PIPE_CT)
		ct_finalize(entry, index);
	nic_enter(nic);
	if (gone)
		entry_dispose(entry);
	pipe_release(pipe);
	operation_free(operation);
}

uint32_t queue_deliver(struct doca_flow_port *port, uint16_t index, uint32_t max)
{
	struct queue *queue = &port->queues[index];
	uint32_t most = queue->used, done = 0;

	/* A callback that asks for completions itself gets none: the caller is at it. */
	if (queue->delivering)
		return 0;
	if (max > 0 && max < most)
		most = max;
	queue->delivering = true;
	while (done < most && queue->pushed.first != NULL &&
	       queue->pushed.first->ready <= queue->calls) {
		struct operation *operation = operations_take(&queue->pushed);

		queue->used--;
		operation_complete(port->nic, index, operation);
		done++;
	}
	queue->delivering = false;
	return done;
}

doca_error_t queue_make_room(struct doca_flow_port *port, uint16_t index)
{
	struct queue *queue = &port->queues[index];

	if (queue->used < queue->depth)
		return DOCA_SUCCESS;
	queue_push(queue);
	queue_deliver(port, index, 0);
	return queue->used < queue->depth ? DOCA_SUCCESS : DOCA_ERROR_AGAIN;
}

static uint32_t operations_forget(struct operations *operations, const struct doca_flow_pipe *pipe)
{
	struct operation **link = &operations->first;
	uint32_t forgotten = 0;

	while (*link != NULL) {
		struct operation *operation = *link;

		if (operation->entry->pipe != pipe) {
			link = &operation->next;
			continue;
		}
		*link = operation->next;
		operation_free(operation);
		forgotten++;
	}
	operations->last = link;
	return forgotten;
}

void queue_forget(struct queue *queue, const struct doca_flow_pipe *pipe)
{
	queue->used -= operations_forget(&queue->waiting, pipe);
	queue->used -= operations_forget(&queue->pushed, pipe);
}
