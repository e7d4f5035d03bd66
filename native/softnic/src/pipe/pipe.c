/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "action.h"
#include "forward.h"
#include "table.h"

const struct table_type *table_type_of(enum doca_flow_pipe_type type)
{
	switch (type) {
	case DOCA_FLOW_PIPE_BASIC:
		return &basic_type;
	case DOCA_FLOW_PIPE_CONTROL:
		return &control_type;
	case DOCA_FLOW_PIPE_LPM:
		return &lpm_type;
	case DOCA_FLOW_PIPE_ACL:
		return &acl_type;
	case DOCA_FLOW_PIPE_ORDERED_LIST:
		return &ordered_type;
	case DOCA_FLOW_PIPE_HASH:
		return &hash_type;
	default:
		return NULL;
	}
}

static bool may_be_root(enum doca_flow_pipe_type type)
{
	return type == DOCA_FLOW_PIPE_BASIC || type == DOCA_FLOW_PIPE_CONTROL ||
	       type == DOCA_FLOW_PIPE_HASH;
}

static doca_error_t check_spec(const struct doca_flow_pipe *pipe)
{
	const struct pipe_spec *spec = &pipe->spec;

	if ((unsigned int)spec->domain >= NIC_DOMAINS)
		return DOCA_ERROR_INVALID_VALUE;
	if (spec->is_root) {
		const struct doca_flow_pipe *root =
			pipe->port != NULL ? pipe->port->roots[spec->domain] : NULL;

		if (!may_be_root(spec->type) || (root != NULL && root != pipe))
			return DOCA_ERROR_INVALID_VALUE;
	}
	/* A hash pipe's mask stands alone: it names fields, and no values. */
	if (spec->has_mask && !spec->has_match && spec->type != DOCA_FLOW_PIPE_HASH)
		return DOCA_ERROR_INVALID_VALUE;
	/* Only what misses can do without: elsewhere each entry would be without, too. */
	if (!(spec->has_fwd && forward_given(&spec->fwd)) && spec->nr_entries != 0 &&
	    spec->type != DOCA_FLOW_PIPE_CONTROL &&
	    !(spec->has_miss && forward_given(&spec->miss)))
		return DOCA_ERROR_INVALID_VALUE;
	return DOCA_SUCCESS;
}

static doca_error_t build_plans(struct doca_flow_pipe *pipe)
{
	const struct pipe_spec *spec = &pipe->spec;
	struct pipe_table *table = pipe->table;
	doca_error_t result = DOCA_SUCCESS;

	/* The entries of these bring their own. */
	if (spec->nr_actions == 0 || spec->type == DOCA_FLOW_PIPE_CONTROL ||
	    spec->type == DOCA_FLOW_PIPE_ORDERED_LIST)
		return DOCA_SUCCESS;
	table->plans = calloc(spec->nr_actions, sizeof(struct plan *));
	if (table->plans == NULL)
		return DOCA_ERROR_NO_MEMORY;
	while (result == DOCA_SUCCESS && table->nr_plans < spec->nr_actions) {
		size_t i = table->nr_plans;

		if (spec->actions[i] == NULL)
			return DOCA_ERROR_INVALID_VALUE;
		result = plan_new(spec->actions[i],
				  spec->action_masks != NULL ? spec->action_masks[i] : NULL,
				  spec->descs != NULL ? spec->descs[i] : NULL, false,
				  &table->plans[i]);
		if (result != DOCA_SUCCESS)
			return result;
		table->nr_plans++;
		/* One memory holds both: the device has no room for the two. */
		if (plan_opens_shared_encap(table->plans[i]) && pipe->spec.has_fwd &&
		    pipe->fwd == NULL)
			return DOCA_ERROR_NOT_SUPPORTED;
	}
	return result;
}

static doca_error_t build(struct doca_flow_pipe *pipe)
{
	const struct table_type *type = table_type_of(pipe->spec.type);
	doca_error_t result;

	/* Connection tracking is there when the program has initialised it. */
	if (pipe->spec.type == DOCA_FLOW_PIPE_CT && pipe->nic != NULL)
		type = pipe->nic->ct_type;

	if (type == NULL)
		return DOCA_ERROR_NOT_SUPPORTED;
	result = check_spec(pipe);
	if (result == DOCA_SUCCESS)
		result = type->build(pipe);
	if (pipe->table != NULL)
		pipe->table->type = type;
	if (result == DOCA_SUCCESS)
		result = forward_template(pipe);
	if (result == DOCA_SUCCESS)
		result = build_plans(pipe);
	if (result == DOCA_SUCCESS)
		result = forward_miss(pipe, pipe->spec.has_miss ? &pipe->spec.miss : NULL,
				      &pipe->miss);
	return result;
}

doca_error_t pipe_build(struct doca_flow_pipe *pipe)
{
	doca_error_t result;

	pipe->match = NULL;
	pipe->table = NULL;
	pipe->fwd = pipe->miss = NULL;
	pipe->entries = 0;
	pipe->missed = (struct count){ 0, 0 };
	result = build(pipe);
	if (result != DOCA_SUCCESS)
		pipe_demolish(pipe);
	return result;
}

void pipe_demolish(struct doca_flow_pipe *pipe)
{
	struct pipe_table *table = pipe->table;

	forward_free(pipe->fwd);
	forward_free(pipe->miss);
	if (table != NULL) {
		forward_detach(table);
		for (size_t i = 0; i < table->nr_plans; i++)
			plan_release(table->plans[i]);
		free(table->plans);
		table->type->demolish(pipe);
		free(table);
	}
	template_free(pipe->match);
	pipe->match = NULL;
	pipe->table = NULL;
	pipe->fwd = pipe->miss = NULL;
}

doca_error_t pipe_set_miss(struct doca_flow_pipe *pipe, const struct doca_flow_fwd *miss)
{
	struct forward *forward;
	doca_error_t result = forward_miss(pipe, miss, &forward);

	if (result != DOCA_SUCCESS)
		return result;
	forward_free(pipe->miss);
	pipe->miss = forward;
	return DOCA_SUCCESS;
}
