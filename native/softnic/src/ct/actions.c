/* SPDX-License-Identifier: Apache-2.0 */
/* What connections do to packets. */
#include <string.h>

#include "../pipe/action.h"
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

/* Addresses and ports of another kind than the connection's would never be written. */
static bool template_fits(const struct doca_flow_actions *template, const struct ct_key *key)
{
	enum doca_flow_l3_type l3 = key->is_ip6 ? DOCA_FLOW_L3_TYPE_IP6 : DOCA_FLOW_L3_TYPE_IP4;
	enum doca_flow_l4_type_ext l4 = key->protocol == DOCA_FLOW_PROTO_TCP ? DOCA_FLOW_L4_TYPE_EXT_TCP :
									       DOCA_FLOW_L4_TYPE_EXT_UDP;

	return (template->outer.l3_type == DOCA_FLOW_L3_TYPE_NONE || template->outer.l3_type == l3) &&
	       (template->outer.l4_type_ext == DOCA_FLOW_L4_TYPE_EXT_NONE ||
		template->outer.l4_type_ext == DOCA_FLOW_L4_TYPE_EXT_TRANSPORT ||
		template->outer.l4_type_ext == l4);
}

/* Of outer headers, also where a direction matches the inner ones: so the templates say. */
static doca_error_t template_program(struct doca_flow_pipe *pipe, const struct ct_key *key,
				     const struct doca_flow_ct_actions *actions, struct program **out)
{
	uint8_t index = actions->data.action_idx;
	struct doca_flow_actions laid;

	if (index >= pipe->table->nr_plans || !template_fits(pipe->spec.actions[index], key))
		return DOCA_ERROR_INVALID_VALUE;
	lay_out(actions, key->is_ip6, key->protocol, &laid);
	return program_new(pipe->table->plans[index], &laid, pipe->nic, out);
}

doca_error_t ct_program(struct doca_flow_pipe *pipe, unsigned int direction, const struct ct_key *key,
			const struct doca_flow_ct_actions *actions, struct program **out, bool *draws)
{
	struct ct_table *table = ct_table_of(pipe);
	bool shared = actions != NULL && actions->resource_type == DOCA_FLOW_RESOURCE_TYPE_SHARED;
	doca_error_t result;

	*out = NULL;
	*draws = false;
	if (actions == NULL || actions->resource_type == DOCA_FLOW_RESOURCE_TYPE_NONE)
		return DOCA_SUCCESS;
	if (shared) {
		uint32_t handle = actions->action_handle;

		if (handle >= pipe->nic->ct->user_actions || !table->shared[handle].used)
			return DOCA_ERROR_INVALID_VALUE;
		actions = &table->shared[handle].actions;
	}
	if (actions->data.meta.mark != 0)
		return DOCA_ERROR_NOT_SUPPORTED;
	if (!shared && table->user_actions >= pipe->nic->ct->user_actions)
		return DOCA_ERROR_EMPTY;
	result = pipe->table->nr_plans == 0 ? meta_program(pipe, direction, actions, out) :
					      template_program(pipe, key, actions, out);
	*draws = !shared && *out != NULL;
	table->user_actions += *draws;
	return result;
}

void ct_program_free(struct doca_flow_pipe *pipe, struct program *program, bool draws)
{
	program_free(program);
	ct_table_of(pipe)->user_actions -= draws;
}

static uint32_t free_handle(const struct ct_table *table, uint32_t from, uint32_t count)
{
	while (from < count && table->shared[from].used)
		from++;
	return from;
}

/* The lock is held. */
static doca_error_t add_shared(struct doca_flow_pipe *pipe, const struct doca_flow_ct_actions *actions,
			       uint32_t nb_actions, uint32_t *action_handles)
{
	struct ct_table *table = ct_table_of(pipe);
	uint32_t count = pipe->nic->ct->user_actions, handle = 0;

	if (nb_actions > count - table->user_actions)
		return DOCA_ERROR_EMPTY;
	for (uint32_t index = 0; index < nb_actions; index++) {
		handle = free_handle(table, handle, count);
		table->shared[handle].used = true;
		table->shared[handle].actions = actions[index];
		action_handles[index] = handle;
	}
	table->user_actions += nb_actions;
	return DOCA_SUCCESS;
}

/*
 * All or none; EMPTY when there are not so many user actions left. Any queue will do: they are there at
 * once. Which family and protocol they are for is known when a connection names the handle; connections
 * keep what it was then.
 */
doca_error_t doca_flow_ct_actions_add_shared(uint16_t queue, struct doca_flow_pipe *pipe,
					     const struct doca_flow_ct_actions *actions, uint32_t nb_actions,
					     uint32_t *action_handles)
{
	doca_error_t result;

	(void)queue;
	if (pipe == NULL || pipe->spec.type != DOCA_FLOW_PIPE_CT || actions == NULL || action_handles == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	for (uint32_t index = 0; index < nb_actions; index++) {
		if (actions[index].resource_type == DOCA_FLOW_RESOURCE_TYPE_SHARED ||
		    (pipe->table->nr_plans > 0 && actions[index].data.action_idx >= pipe->table->nr_plans))
			return DOCA_ERROR_INVALID_VALUE;
		if (actions[index].data.meta.mark != 0)
			return DOCA_ERROR_NOT_SUPPORTED;
	}
	nic_enter(pipe->nic);
	result = add_shared(pipe, actions, nb_actions, action_handles);
	nic_leave(pipe->nic);
	return result;
}

/* NOT_FOUND: one of them is not there; the others are removed. */
doca_error_t doca_flow_ct_actions_rm_shared(uint16_t queue, struct doca_flow_pipe *pipe,
					    uint32_t *action_handles, uint32_t nb_handles)
{
	doca_error_t result = DOCA_SUCCESS;
	struct ct_table *table;

	(void)queue;
	if (pipe == NULL || pipe->spec.type != DOCA_FLOW_PIPE_CT || action_handles == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	nic_enter(pipe->nic);
	table = ct_table_of(pipe);
	for (uint32_t index = 0; index < nb_handles; index++) {
		uint32_t handle = action_handles[index];

		if (handle >= pipe->nic->ct->user_actions || !table->shared[handle].used) {
			result = DOCA_ERROR_NOT_FOUND;
			continue;
		}
		table->shared[handle].used = false;
		table->user_actions--;
	}
	nic_leave(pipe->nic);
	return result;
}
