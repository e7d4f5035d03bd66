/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "action.h"

static const struct doca_flow_actions no_actions;

const struct shared_resource *shared_find(const struct nic *nic,
					  enum doca_flow_shared_resource_type type, uint32_t id)
{
	if (nic == NULL || nic->shared[type] == NULL || id >= nic->shared_budget[type].room ||
	    !nic->shared[type][id].configured)
		return NULL;
	return &nic->shared[type][id];
}

static bool is_constant(const struct plan *plan)
{
	return plan->values_size == 0 && !plan->mandatory;
}

/* Bytes up to the last that is not zero. */
static uint16_t significant(const void *bytes, size_t size)
{
	const uint8_t *byte = bytes;

	while (size != 0 && byte[size - 1] == 0)
		size--;
	return (uint16_t)size;
}

/* The entry's values, where the actions have them. */
static void fill_values(const struct plan *plan, const struct doca_flow_actions *actions,
			uint8_t *values)
{
	struct doca_flow_match match;

	memset(&match, 0, sizeof(match));
	match.meta = actions->meta;
	match.outer = actions->outer;
	match.tun = actions->tun;
	for (size_t i = 0; i < plan->nr_steps; i++) {
		const struct step *step = &plan->steps[i];
		const struct field *field = step->kind == STEP_SET ? step->field : step->to.field;
		const uint8_t *value = (const uint8_t *)&match + field->offset;

		if (step->at == STEP_CONSTANT || step->kind == STEP_SUM || step->kind == STEP_COPY)
			continue;
		memcpy(values + step->at, value, field->size);
		if (step->kind == STEP_ADD && words_zero(words_load(value, field->size)))
			memset(values + step->at, 0xff, field->size); /* the template's -1 */
	}
}

static size_t decap_size(const struct plan *plan)
{
	return plan->decap_type == DOCA_FLOW_RESOURCE_TYPE_NON_SHARED ? sizeof(plan->decap) : 0;
}

static doca_error_t build(struct plan *plan, const struct doca_flow_actions *actions,
			  struct program **out)
{
	struct doca_flow_resource_encap_cfg encap;
	struct doca_flow_resource_decap_cfg decap;
	uint16_t encap_size = 0;
	struct program *program;

	if (plan->encap != NULL) {
		encap = *plan->encap;
		if (plan->encap_open)
			encap_merge(plan->encap, &actions->encap_cfg, &encap);
		encap_size = significant(&encap, sizeof(encap));
	}
	program = calloc(1, sizeof(*program) + plan->values_size + decap_size(plan) + encap_size);
	if (program == NULL)
		return DOCA_ERROR_NO_MEMORY;
	program->plan = plan;
	program->push = plan->push;
	if (plan->push_type_open)
		program->push.eth_type = actions->push.vlan.eth_type;
	if (plan->push_tci_open)
		program->push.vlan_hdr = actions->push.vlan.vlan_hdr;
	fill_values(plan, actions, program->values);
	if (decap_size(plan) != 0) {
		decap = plan->decap;
		if (plan->decap_open)
			decap_merge(&plan->decap, &actions->decap_cfg, &decap);
		memcpy(program->values + plan->values_size, &decap, sizeof(decap));
	}
	program->encap_size = encap_size;
	memcpy(program->values + plan->values_size + decap_size(plan), &encap, encap_size);
	program->shared_decap_id = plan->shared_decap_id;
	if (plan->shared_decap_id == UINT32_MAX)
		program->shared_decap_id = actions->shared_decap_id;
	program->shared_encap_id = plan->shared_encap_id;
	if (plan->shared_encap_id == UINT32_MAX)
		program->shared_encap_id = actions->shared_encap_id;
	*out = program;
	return DOCA_SUCCESS;
}

static doca_error_t check_shared(const struct program *program, const struct nic *nic)
{
	const struct plan *plan = program->plan;

	if (plan->decap_type == DOCA_FLOW_RESOURCE_TYPE_SHARED &&
	    shared_find(nic, DOCA_FLOW_SHARED_RESOURCE_DECAP, program->shared_decap_id) == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	if (plan->encap_type == DOCA_FLOW_RESOURCE_TYPE_SHARED &&
	    shared_find(nic, DOCA_FLOW_SHARED_RESOURCE_ENCAP, program->shared_encap_id) == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	return DOCA_SUCCESS;
}

doca_error_t program_new(struct plan *plan, const struct doca_flow_actions *actions,
			 const struct nic *nic, struct program **out)
{
	bool constant = is_constant(plan);
	struct program *program = plan->constant;
	doca_error_t result = DOCA_SUCCESS;

	if (actions == NULL && plan->mandatory)
		return DOCA_ERROR_INVALID_VALUE;
	if (program == NULL)
		result = build(plan, actions != NULL ? actions : &no_actions, &program);
	if (result != DOCA_SUCCESS)
		return result;
	if (constant) {
		program->constant = true;
		plan->constant = program;
	}
	result = check_shared(program, nic);
	if (result != DOCA_SUCCESS) {
		if (!constant)
			free(program);
		return result;
	}
	plan->references++;
	*out = program;
	return DOCA_SUCCESS;
}

void program_free(struct program *program)
{
	struct plan *plan;

	if (program == NULL)
		return;
	plan = program->plan;
	if (!program->constant)
		free(program);
	plan_release(plan);
}

static void run_step(const struct step *step, const uint8_t *values, struct packet *packet)
{
	uint8_t value[FIELD_SIZE_MAX], mask[FIELD_SIZE_MAX];
	uint64_t number;

	if (step->kind == STEP_SET) {
		field_write(step->field, packet,
			    step->at == STEP_CONSTANT ? (const uint8_t *)&step->value
						      : values + step->at,
			    (const uint8_t *)&step->mask);
		return;
	}
	if (!field_present(step->to.field, packet))
		return;
	if (step->kind == STEP_ADD) {
		number = step->at == STEP_CONSTANT ? step->addend
						   : operand_value(&step->to, values + step->at);
	} else {
		if (!field_present(step->from.field, packet))
			return;
		number = operand_value(&step->from, field_bytes(step->from.field, packet));
	}
	if (step->kind != STEP_COPY) /* overflow is cut off by the width */
		number += operand_value(&step->to, field_bytes(step->to.field, packet));
	operand_spread(&step->to, number, value, mask);
	field_write(step->to.field, packet, value, mask);
}

static doca_error_t run_decap(const struct program *program, const struct nic *nic,
			      struct packet *packet)
{
	struct doca_flow_resource_decap_cfg decap;
	const struct shared_resource *shared;

	switch (program->plan->decap_type) {
	case DOCA_FLOW_RESOURCE_TYPE_NON_SHARED:
		memcpy(&decap, program->values + program->plan->values_size, sizeof(decap));
		return packet_decap(packet, &decap);
	case DOCA_FLOW_RESOURCE_TYPE_SHARED:
		shared = shared_find(nic, DOCA_FLOW_SHARED_RESOURCE_DECAP, program->shared_decap_id);
		if (shared == NULL)
			return DOCA_ERROR_NOT_FOUND;
		return packet_decap(packet, &shared->cfg.decap_cfg);
	default:
		return DOCA_SUCCESS;
	}
}

static doca_error_t run_encap(const struct program *program, const struct nic *nic,
			      enum source_port source_port, struct packet *packet)
{
	const struct plan *plan = program->plan;
	struct doca_flow_resource_encap_cfg encap;
	const struct shared_resource *shared;

	switch (plan->encap_type) {
	case DOCA_FLOW_RESOURCE_TYPE_NON_SHARED:
		memset(&encap, 0, sizeof(encap));
		memcpy(&encap, program->values + plan->values_size + decap_size(plan),
		       program->encap_size);
		return packet_encap(packet, &encap, source_port);
	case DOCA_FLOW_RESOURCE_TYPE_SHARED:
		shared = shared_find(nic, DOCA_FLOW_SHARED_RESOURCE_ENCAP, program->shared_encap_id);
		if (shared == NULL)
			return DOCA_ERROR_NOT_FOUND;
		return packet_encap(packet, &shared->cfg.encap_cfg, source_port);
	default:
		return DOCA_SUCCESS;
	}
}

doca_error_t program_run(const struct program *program, const struct nic *nic,
			 enum source_port source_port, struct packet *packet)
{
	const struct plan *plan = program->plan;
	doca_error_t result = run_decap(program, nic, packet);

	if (result != DOCA_SUCCESS)
		return result;
	if (plan->pop_vlan)
		packet_pop_vlan(packet);
	for (size_t i = 0; i < plan->nr_steps; i++)
		run_step(&plan->steps[i], program->values, packet);
	if (plan->has_push) {
		result = packet_push_vlan(packet, program->push.eth_type,
					  program->push.vlan_hdr.tci);
		if (result != DOCA_SUCCESS)
			return result;
	}
	return run_encap(program, nic, source_port, packet);
}
