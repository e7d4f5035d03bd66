/* SPDX-License-Identifier: Apache-2.0 */
/* What connections do to packets. */
#include <string.h>

#include "../pipe/action.h"
#include "../pipe/forward.h"
#include "connection.h"

/* The connection's values at the places where a pipe's actions have them. */
static void lay_out(const struct doca_flow_ct_actions *actions, bool is_ip6, uint8_t protocol,
		    struct doca_flow_actions *laid)
{
	memset(laid, 0, sizeof(*laid));
	laid->meta = actions->data.meta.flow;
	laid->outer.l4_type_ext = protocol == DOCA_FLOW_PROTO_TCP ? DOCA_FLOW_L4_TYPE_EXT_TCP :
								    DOCA_FLOW_L4_TYPE_EXT_UDP;
	laid->outer.transport = actions->data.l4_port;
	if (is_ip6) {
		laid->outer.l3_type = DOCA_FLOW_L3_TYPE_IP6;
		memcpy(laid->outer.ip6.src_ip, actions->data.ip6.src_ip, sizeof(laid->outer.ip6.src_ip));
		memcpy(laid->outer.ip6.dst_ip, actions->data.ip6.dst_ip, sizeof(laid->outer.ip6.dst_ip));
	} else {
		laid->outer.l3_type = DOCA_FLOW_L3_TYPE_IP4;
		laid->outer.ip4.src_ip = actions->data.ip4.src_ip;
		laid->outer.ip4.dst_ip = actions->data.ip4.dst_ip;
	}
}

/* Without actions of the pipe's, a connection writes the meta data that
 * doca_flow_ct_cfg_set_direction lets it. */
static doca_error_t meta_program(struct doca_flow_pipe *pipe, unsigned int direction,
				 const struct doca_flow_ct_actions *actions, struct program **out)
{
	const struct doca_flow_meta *mask = &pipe->nic->ct->direction[direction].modify_mask.flow;
	const struct doca_flow_actions values = { .meta = actions->data.meta.flow };
	const struct doca_flow_actions masks = { .meta = *mask };
	static const struct doca_flow_meta nothing;
	struct plan *plan;
	doca_error_t result;

	if (memcmp(mask, &nothing, sizeof(nothing)) == 0)
		return DOCA_SUCCESS;
	result = plan_new(&values, &masks, NULL, true, &plan);
	if (result != DOCA_SUCCESS)
		return result;
	result = program_new(plan, &values, pipe->nic, out);
	plan_release(plan);
	return result;
}

doca_error_t ct_program(struct doca_flow_pipe *pipe, unsigned int direction, bool is_ip6, uint8_t protocol,
			const struct doca_flow_ct_actions *actions, struct program **out)
{
	const struct ct_table *table = ct_table_of(pipe);
	struct doca_flow_actions laid;

	*out = NULL;
	if (actions == NULL || actions->resource_type == DOCA_FLOW_RESOURCE_TYPE_NONE)
		return DOCA_SUCCESS;
	if (actions->resource_type == DOCA_FLOW_RESOURCE_TYPE_SHARED) {
		uint32_t handle = actions->action_handle;

		if (handle >= pipe->nic->ct->user_actions || !table->shared[handle].used)
			return DOCA_ERROR_INVALID_VALUE;
		actions = &table->shared[handle].actions;
	}
	if (table->table.nr_plans == 0)
		return meta_program(pipe, direction, actions, out);
	if (actions->data.action_idx >= table->table.nr_plans)
		return DOCA_ERROR_INVALID_VALUE;
	lay_out(actions, is_ip6, protocol, &laid);
	return program_new(table->table.plans[actions->data.action_idx], &laid, pipe->nic, out);
}

doca_error_t ct_forward(struct doca_flow_pipe *pipe, uint32_t handle, struct forward **out)
{
	const struct ct *ct = pipe->nic->ct;

	*out = NULL;
	if (handle == 0)
		return pipe->fwd != NULL ? DOCA_SUCCESS : DOCA_ERROR_INVALID_VALUE;
	if (handle > ct->nr_forwards)
		return DOCA_ERROR_INVALID_VALUE;
	return forward_new(pipe, &ct->forwards[handle - 1], out);
}

static uint32_t free_handle(const struct ct_table *table, uint32_t from, uint32_t count)
{
	while (from < count && table->shared[from].used)
		from++;
	return from;
}

/* All or none. FULL when there are not so many left. Connections that were made with a handle keep what it
 * was. */
doca_error_t doca_flow_ct_actions_add_shared(uint16_t queue, struct doca_flow_pipe *pipe,
					     const struct doca_flow_ct_actions *actions, uint32_t nb_actions,
					     uint32_t *action_handles)
{
	doca_error_t result = DOCA_SUCCESS;
	struct ct_table *table;
	uint32_t handle = 0, taken = 0, count;

	(void)queue;
	if (pipe == NULL || pipe->spec.type != DOCA_FLOW_PIPE_CT || actions == NULL || action_handles == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	for (uint32_t index = 0; index < nb_actions; index++) {
		if (actions[index].resource_type == DOCA_FLOW_RESOURCE_TYPE_SHARED)
			return DOCA_ERROR_INVALID_VALUE;
	}
	nic_enter(pipe->nic);
	table = ct_table_of(pipe);
	count = pipe->nic->ct->user_actions;
	while (taken < nb_actions) {
		handle = free_handle(table, handle, count);
		if (handle == count)
			break;
		table->shared[handle].used = true;
		table->shared[handle].actions = actions[taken];
		/* What is shared is not NONE, whatever the caller left there. */
		table->shared[handle].actions.resource_type = DOCA_FLOW_RESOURCE_TYPE_NON_SHARED;
		action_handles[taken++] = handle;
	}
	if (taken < nb_actions) {
		while (taken > 0)
			table->shared[action_handles[--taken]].used = false;
		result = DOCA_ERROR_FULL;
	}
	nic_leave(pipe->nic);
	return result;
}

doca_error_t doca_flow_ct_actions_rm_shared(uint16_t queue, struct doca_flow_pipe *pipe,
					    uint32_t *action_handles, uint32_t nb_handles)
{
	doca_error_t result = DOCA_SUCCESS;

	(void)queue;
	if (pipe == NULL || pipe->spec.type != DOCA_FLOW_PIPE_CT || action_handles == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	nic_enter(pipe->nic);
	for (uint32_t index = 0; index < nb_handles; index++) {
		uint32_t handle = action_handles[index];

		if (handle < pipe->nic->ct->user_actions && ct_table_of(pipe)->shared[handle].used)
			ct_table_of(pipe)->shared[handle].used = false;
		else
			result = DOCA_ERROR_NOT_FOUND;
	}
	nic_leave(pipe->nic);
	return result;
}
