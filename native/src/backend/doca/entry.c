/* SPDX-License-Identifier: Apache-2.0 */
#include "entry.h"

#include <errno.h>
#include <time.h>

#include "assumptions.h"

#define PROCESS_US 1000u /* a wait for completions; the deadline is looked at between two */
#define AGE_QUOTA_US 2000u
#define AGE_ENTRIES_MAX 4096u
#define AGE_ROUNDS 8 /* as long as packets may wait for */

/* Operations that were pushed and have not completed. DOCA Flow is one per process, with one callback;
 * so is this. Guarded by the lock of the backend that has the device open. */
static uint32_t in_flight;

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail with this clock and a valid pointer */
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static int errno_of(doca_error_t result)
{
	return doca_fail(NULL, result, "");
}

static void process(struct doca_flow_port *manager)
{
	doca_flow_entries_process(manager, DOCA_PIPE_QUEUE, PROCESS_US, in_flight);
}

/*
 * Whether an operation that was refused is worth another try: the queue was full, and completions made
 * room. FULL may also be said of the pipe; then it is said again once nothing is in flight.
 */
static bool refused_for_now(struct doca_flow_port *manager, doca_error_t result, uint64_t deadline)
{
	if (result != DOCA_ERROR_AGAIN && (result != DOCA_ERROR_FULL || in_flight == 0))
		return false;
	if (now_ms() > deadline)
		return false;
	process(manager);
	return true;
}

static void added(struct nic_entry *entry, struct doca_flow_pipe_entry *handle, bool success)
{
	entry->failed = !success;
	entry->handle = handle;
	if (success) {
		entry->state = ENTRY_PRESENT;
		return;
	}
	if (ASSUME_FAILED_ADD_KEEPS_ENTRY &&
	    doca_flow_pipe_remove_entry(DOCA_PIPE_QUEUE, DOCA_FLOW_ENTRY_FLAGS_NO_WAIT, handle) ==
		    DOCA_SUCCESS) {
		entry->state = ENTRY_REMOVING;
		in_flight++;
		return;
	}
	entry->state = ENTRY_ABSENT;
	entry->handle = NULL;
}

static void removed(struct nic_entry *entry, bool success)
{
	if (success) {
		entry->state = ENTRY_ABSENT;
		entry->handle = NULL;
	} else {
		entry->state = ENTRY_LOST;
		entry->failed = true;
	}
}

void entry_process(struct doca_flow_pipe_entry *handle, uint16_t queue,
		   enum doca_flow_entry_status status, enum doca_flow_entry_op op, void *context)
{
	bool success = status == DOCA_FLOW_ENTRY_STATUS_SUCCESS;
	struct nic_entry *entry = context;

	(void)queue;
	if (status == DOCA_FLOW_ENTRY_STATUS_IN_PROCESS)
		return;
	if (op != DOCA_FLOW_ENTRY_OP_AGED && in_flight > 0)
		in_flight--;
	if (!entry)
		return;
	switch (op) {
	case DOCA_FLOW_ENTRY_OP_ADD:
		added(entry, handle, success);
		return;
	case DOCA_FLOW_ENTRY_OP_DEL:
		removed(entry, success);
		return;
	case DOCA_FLOW_ENTRY_OP_UPD:
		entry->failed = !success;
		return;
	case DOCA_FLOW_ENTRY_OP_AGED:
		if (entry->aged && entry->state == ENTRY_PRESENT)
			entry->aged(entry, entry->context);
		return;
	}
}

/* Around each attempt of an addition, whose completion may come within it. */
static void begin_add(struct nic_entry *entry)
{
	entry->state = ENTRY_ADDING;
	entry->failed = false;
	entry->handle = NULL;
	in_flight++;
}

static void cancel_add(struct nic_entry *entry)
{
	entry->state = ENTRY_ABSENT;
	entry->handle = NULL;
	in_flight--;
}

int entry_add(struct nic_entry *entry, struct doca_flow_port *manager, struct doca_flow_pipe *pipe,
	      const struct doca_flow_match *match, uint8_t action, const struct doca_flow_actions *actions,
	      const struct doca_flow_monitor *monitor, const struct doca_flow_fwd *fwd)
{
	uint64_t deadline = now_ms() + DOCA_DEADLINE_MS;
	struct doca_flow_pipe_entry *handle;
	doca_error_t result;

	do {
		begin_add(entry);
		handle = NULL;
		result = doca_flow_pipe_basic_add_entry(DOCA_PIPE_QUEUE, pipe, match, action, actions,
							monitor, fwd, ASSUME_BATCH_FLAGS, entry, &handle);
		if (result == DOCA_SUCCESS) {
			if (entry->state == ENTRY_ADDING)
				entry->handle = handle;
			return 0;
		}
		cancel_add(entry);
	} while (refused_for_now(manager, result, deadline));
	entry->failed = true;
	return errno_of(result);
}

int entry_add_control(struct nic_entry *entry, struct doca_flow_port *manager,
		      struct doca_flow_pipe *pipe, const struct doca_flow_match *match,
		      const struct doca_flow_match *mask, uint32_t priority,
		      const struct doca_flow_fwd *fwd)
{
	uint64_t deadline = now_ms() + DOCA_DEADLINE_MS;
	struct doca_flow_pipe_entry *handle;
	doca_error_t result;

	do {
		begin_add(entry);
		handle = NULL;
		result = doca_flow_pipe_control_add_entry(DOCA_PIPE_QUEUE, pipe, match, mask, NULL, NULL,
							  NULL, NULL, NULL, priority, fwd, entry, &handle);
		if (result == DOCA_SUCCESS) {
			if (entry->state == ENTRY_ADDING)
				entry->handle = handle;
			return 0;
		}
		cancel_add(entry);
	} while (refused_for_now(manager, result, deadline));
	entry->failed = true;
	return errno_of(result);
}

int entry_update(struct nic_entry *entry, struct doca_flow_port *manager, struct doca_flow_pipe *pipe,
		 uint8_t action, const struct doca_flow_actions *actions, const struct doca_flow_fwd *fwd)
{
	uint64_t deadline = now_ms() + DOCA_DEADLINE_MS;
	doca_error_t result;

	do {
		entry->failed = false;
		in_flight++;
		result = doca_flow_pipe_basic_update_entry(DOCA_PIPE_QUEUE, pipe, action, actions, NULL, fwd,
							   ASSUME_BATCH_FLAGS, entry->handle);
		if (result == DOCA_SUCCESS)
			return 0;
		in_flight--;
	} while (refused_for_now(manager, result, deadline));
	entry->failed = true;
	return errno_of(result);
}

int entry_remove(struct nic_entry *entry, struct doca_flow_port *manager)
{
	uint64_t deadline = now_ms() + DOCA_DEADLINE_MS;
	doca_error_t result;

	/* An entry that is on its way cannot be taken back before it has arrived. */
	while (entry->state == ENTRY_ADDING) {
		if (now_ms() > deadline)
			return -ETIMEDOUT;
		process(manager);
	}
	if (entry->state == ENTRY_ABSENT || entry->state == ENTRY_REMOVING)
		return 0;
	do {
		entry->state = ENTRY_REMOVING;
		entry->failed = false;
		in_flight++;
		result = doca_flow_pipe_remove_entry(DOCA_PIPE_QUEUE, ASSUME_REMOVE_FLAGS, entry->handle);
		if (result == DOCA_SUCCESS)
			return 0;
		in_flight--;
		removed(entry, false);
	} while (refused_for_now(manager, result, deadline));
	return errno_of(result);
}

int entries_complete(struct doca_flow_port *manager)
{
	uint64_t deadline = now_ms() + DOCA_DEADLINE_MS;

	while (in_flight > 0) {
		process(manager);
		if (in_flight > 0 && now_ms() > deadline)
			return -ETIMEDOUT;
	}
	return 0;
}

void entries_age(struct doca_flow_port *manager)
{
	/* > 0: there may be more; -1: all were looked at; 0: none. */
	for (int round = 0; round < AGE_ROUNDS; round++) {
		if (doca_flow_aging_handle(manager, DOCA_PIPE_QUEUE, AGE_QUOTA_US, AGE_ENTRIES_MAX) <= 0)
			return;
	}
}

void entries_forget(void)
{
	in_flight = 0;
}

void entry_count(const struct nic_entry *entry, uint64_t *packets, uint64_t *bytes)
{
	struct doca_flow_resource_query query = { 0 };

	*packets = 0;
	*bytes = 0;
	if (entry->state != ENTRY_PRESENT && entry->state != ENTRY_LOST)
		return;
	if (doca_flow_resource_query_entry(entry->handle, &query) != DOCA_SUCCESS)
		return;
	*packets = query.counter.total_pkts;
	*bytes = query.counter.total_bytes;
}
