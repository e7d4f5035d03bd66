/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <time.h>

#include "action.h"
#include "forward.h"
#include "monitor.h"
#include "table.h"

struct entry_change {
	bool with_program, with_fwd, with_monitor; /* what changes */
	struct program *program;
	struct forward *fwd;
	struct monitor monitor;
};

/* The key, with room for the last part of a template to be stored as whole words. */
#define KEY_SLACK sizeof(struct words)

struct doca_flow_pipe_entry *entry_alloc(size_t key_size)
{
	const size_t head = (sizeof(struct doca_flow_pipe_entry) + 15) & ~(size_t)15;
	struct doca_flow_pipe_entry *entry = calloc(1, head + key_size + KEY_SLACK);

	if (entry == NULL)
		return NULL;
	entry->key = (uint8_t *)entry + head;
	entry->shared_meter = entry->shared_counter = UINT32_MAX;
	return entry;
}

static doca_error_t compile_program(const struct doca_flow_pipe *pipe, const struct entry_spec *spec,
				    struct program **out)
{
	const struct pipe_table *table = pipe->table;
	struct plan *plan;
	doca_error_t result;

	*out = NULL;
	switch (pipe->spec.type) {
	case DOCA_FLOW_PIPE_CONTROL:
		if (spec->actions == NULL)
			return spec->action_mask == NULL && spec->descs == NULL
				       ? DOCA_SUCCESS
				       : DOCA_ERROR_INVALID_VALUE;
		result = plan_new(spec->actions, spec->action_mask, spec->descs, true, &plan);
		if (result != DOCA_SUCCESS)
			return result;
		result = program_new(plan, spec->actions, pipe->nic, out);
		plan_release(plan);
		return result;
	case DOCA_FLOW_PIPE_ORDERED_LIST:
		return DOCA_SUCCESS;
	default:
		if (table->nr_plans == 0)
			return spec->action_idx == 0 ? DOCA_SUCCESS : DOCA_ERROR_INVALID_VALUE;
		if (spec->action_idx >= table->nr_plans)
			return DOCA_ERROR_INVALID_VALUE;
		return program_new(table->plans[spec->action_idx], spec->actions, pipe->nic, out);
	}
}

static doca_error_t compile_monitor(const struct doca_flow_pipe *pipe, const struct entry_spec *spec,
				    struct monitor *monitor)
{
	const struct doca_flow_monitor *template =
		pipe->spec.has_monitor ? &pipe->spec.monitor : NULL;

	/* A control entry's own is the template, too. */
	if (pipe->spec.type == DOCA_FLOW_PIPE_CONTROL && spec->monitor != NULL)
		template = spec->monitor;
	return monitor_compile(pipe->nic, template, spec->monitor, monitor);
}

/* Its counters go on. */
static void set_monitor(struct doca_flow_pipe_entry *entry, const struct monitor *monitor)
{
	if (entry->meter != NULL)
		meter_free(entry->meter);
	entry->meter = monitor->meter;
	entry->shared_meter = monitor->shared_meter;
	entry->init_colour = monitor->init_colour;
	entry->shared_counter = monitor->shared_counter;
	entry->aging_sec = monitor->aging_sec;
	entry->counts = monitor->counts;
}

static void destroy(struct doca_flow_pipe_entry *entry)
{
	const struct table_type *type = entry->pipe->table->type;

	program_free(entry->program);
	forward_free(entry->fwd);
	if (entry->meter != NULL)
		meter_free(entry->meter);
	if (type->release != NULL)
		type->release(entry);
	free(entry);
}

doca_error_t entry_compile(struct doca_flow_pipe *pipe, const struct entry_spec *spec,
			   struct doca_flow_pipe_entry **out)
{
	struct doca_flow_pipe_entry *entry;
	struct monitor monitor;
	doca_error_t result;

	if (pipe->entries >= pipe->spec.nr_entries)
		return DOCA_ERROR_TOO_BIG;
	result = pipe->table->type->compile(pipe, spec, &entry);
	if (result != DOCA_SUCCESS)
		return result;
	entry->pipe = pipe;
	entry->priority = spec->priority;
	entry->index = spec->index;
	result = compile_program(pipe, spec, &entry->program);
	if (result == DOCA_SUCCESS)
		result = forward_entry(pipe, spec->fwd, &entry->fwd);
	if (result == DOCA_SUCCESS) {
		result = compile_monitor(pipe, spec, &monitor);
		if (result == DOCA_SUCCESS)
			set_monitor(entry, &monitor);
	}
	if (result != DOCA_SUCCESS) {
		destroy(entry);
		return result;
	}
	pipe->entries++;
	*out = entry;
	return DOCA_SUCCESS;
}

doca_error_t entry_insert(struct doca_flow_pipe_entry *entry)
{
	struct timespec now;
	doca_error_t result;

	if (entry->visible)
		return DOCA_ERROR_ALREADY_EXIST;
	result = entry->pipe->table->type->insert(entry);
	if (result != DOCA_SUCCESS)
		return result;
	entry->visible = true;
	clock_gettime(CLOCK_MONOTONIC, &now);
	entry->last_hit_ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
	return DOCA_SUCCESS;
}

void entry_withdraw(struct doca_flow_pipe_entry *entry)
{
	if (!entry->visible)
		return;
	entry->pipe->table->type->withdraw(entry);
	entry->visible = false;
}

void entry_free(struct doca_flow_pipe_entry *entry)
{
	entry->pipe->entries--;
	destroy(entry);
}

/* Whether the update names the actions anew: what it leaves NULL stays, except for another action_idx. */
static bool changes_program(const struct doca_flow_pipe_entry *entry, const struct entry_spec *spec)
{
	const struct pipe_table *table = entry->pipe->table;

	if (spec->actions != NULL)
		return true;
	return entry->pipe->spec.type != DOCA_FLOW_PIPE_CONTROL &&
	       (spec->action_idx >= table->nr_plans
			? spec->action_idx != 0
			: entry->program->plan != table->plans[spec->action_idx]);
}

doca_error_t entry_change_compile(struct doca_flow_pipe_entry *entry, const struct entry_spec *spec,
				  struct entry_change **out)
{
	struct doca_flow_pipe *pipe = entry->pipe;
	struct entry_change *change;
	doca_error_t result = DOCA_SUCCESS;

	if (pipe->spec.type == DOCA_FLOW_PIPE_ORDERED_LIST)
		return DOCA_ERROR_NOT_SUPPORTED;
	change = calloc(1, sizeof(*change));
	if (change == NULL)
		return DOCA_ERROR_NO_MEMORY;
	change->with_program = changes_program(entry, spec);
	change->with_fwd = forward_given(spec->fwd);
	change->with_monitor = spec->monitor != NULL;
	if (change->with_program)
		result = compile_program(pipe, spec, &change->program);
	if (result == DOCA_SUCCESS && change->with_fwd)
		result = forward_entry(pipe, spec->fwd, &change->fwd);
	if (result == DOCA_SUCCESS && change->with_monitor)
		result = compile_monitor(pipe, spec, &change->monitor);
	if (result != DOCA_SUCCESS) {
		entry_change_free(change);
		return result;
	}
	*out = change;
	return DOCA_SUCCESS;
}

void entry_change_apply(struct doca_flow_pipe_entry *entry, struct entry_change *change)
{
	if (change->with_program) {
		program_free(entry->program);
		entry->program = change->program;
	}
	if (change->with_fwd) {
		forward_free(entry->fwd);
		entry->fwd = change->fwd;
	}
	if (change->with_monitor)
		set_monitor(entry, &change->monitor);
	free(change);
}

void entry_change_free(struct entry_change *change)
{
	program_free(change->program);
	forward_free(change->fwd);
	if (change->monitor.meter != NULL)
		meter_free(change->monitor.meter);
	free(change);
}
