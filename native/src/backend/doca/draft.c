/* SPDX-License-Identifier: Apache-2.0 */
#include "draft.h"

#include <errno.h>

#include "../../abi/error.h"

void draft_begin(struct doca *doca, struct pipe_draft *draft, enum nic_pipe pipe)
{
	memset(draft, 0, sizeof(*draft));
	draft->id = pipe;
	draft->name = pipe_name(pipe);
	draft->entries = doca->pipes->size[pipe];
	draft->type = DOCA_FLOW_PIPE_BASIC;
	draft->domain = DOCA_FLOW_PIPE_DOMAIN_DEFAULT;
	draft->miss = fwd_drop();
}

static doca_error_t describe(struct doca_flow_pipe_cfg *cfg, const struct pipe_draft *draft)
{
	struct doca_flow_actions *actions[] = { (struct doca_flow_actions *)&draft->actions };
	struct doca_flow_actions *masks[] = { (struct doca_flow_actions *)&draft->actions_mask };
	doca_error_t result = doca_flow_pipe_cfg_set_name(cfg, draft->name);

	if (result == DOCA_SUCCESS)
		result = doca_flow_pipe_cfg_set_type(cfg, draft->type);
	if (result == DOCA_SUCCESS)
		result = doca_flow_pipe_cfg_set_domain(cfg, draft->domain);
	if (result == DOCA_SUCCESS)
		result = doca_flow_pipe_cfg_set_is_root(cfg, draft->is_root);
	if (result == DOCA_SUCCESS)
		result = doca_flow_pipe_cfg_set_nr_entries(cfg, draft->entries);
	if (result == DOCA_SUCCESS && draft->type == DOCA_FLOW_PIPE_BASIC)
		result = doca_flow_pipe_cfg_set_match(cfg, &draft->match, &draft->mask);
	if (result == DOCA_SUCCESS && draft->acts)
		result = doca_flow_pipe_cfg_set_actions(cfg, actions, draft->masks ? masks : NULL, NULL, 1);
	if (result == DOCA_SUCCESS && draft->type == DOCA_FLOW_PIPE_BASIC &&
	    (draft->monitor.meter_type != DOCA_FLOW_RESOURCE_TYPE_NONE ||
	     draft->monitor.counter_type != DOCA_FLOW_RESOURCE_TYPE_NONE ||
	     draft->monitor.aging_sec != 0))
		result = doca_flow_pipe_cfg_set_monitor(cfg, &draft->monitor);
	return result;
}

int draft_make(struct doca *doca, const struct pipe_draft *draft, struct doca_flow_pipe **pipe,
	       struct hyp_error *error)
{
	bool basic = draft->type == DOCA_FLOW_PIPE_BASIC;
	struct doca_flow_pipe_cfg *cfg;
	doca_error_t result = doca_flow_pipe_cfg_create(&cfg, doca->device.manager);

	if (result == DOCA_SUCCESS) {
		result = describe(cfg, draft);
		if (result == DOCA_SUCCESS)
			result = doca_flow_pipe_create(cfg, basic ? &draft->fwd : NULL, &draft->miss,
						       pipe);
		doca_flow_pipe_cfg_destroy(cfg);
	}
	if (result == DOCA_SUCCESS)
		return 0;
	return hyp_fail(error, doca_fail(NULL, result, ""),
			"the NIC has no pipe %s with room for %u entries: %s (%s)", draft->name,
			draft->entries, doca_error_get_descr(result), doca_error_get_name(result));
}

int draft_build(struct doca *doca, const struct pipe_draft *draft, struct hyp_error *error)
{
	return draft_make(doca, draft, &doca->pipes->pipe[draft->id], error);
}

int control_fix(struct doca *doca, enum nic_pipe pipe, const struct control_draft *draft,
		const struct doca_flow_fwd *fwd, struct hyp_error *error)
{
	struct pipes *pipes = doca->pipes;
	struct nic_entry *entry = &pipes->fixed[pipes->fixed_count];
	int result;

	if (pipes->fixed_count == PIPES_FIXED_MAX)
		return hyp_fail(error, -ENOSPC, "more than %u fixed entries", PIPES_FIXED_MAX);
	pipes->fixed_count++;
	result = entry_add_control(entry, doca->device.manager, pipes->pipe[pipe], &draft->match,
				   &draft->mask, 0, fwd);
	return result == 0 ? 0 : hyp_fail(error, result, "pipe %s takes no entry: %s", pipe_name(pipe),
					  strerror(-result));
}
