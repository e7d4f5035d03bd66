/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "action.h"

enum phase { PHASE_META, PHASE_OUTER, PHASE_TUNNEL, PHASE_INNER, PHASES };

static enum phase phase_of(const struct field *field)
{
	if (field->offset < offsetof(struct doca_flow_match, outer))
		return PHASE_META;
	if (field->offset < offsetof(struct doca_flow_match, tun))
		return PHASE_OUTER;
	if (field->offset < offsetof(struct doca_flow_match, inner))
		return PHASE_TUNNEL;
	return PHASE_INNER;
}

/* The same headers at the places that fields have. */
static void as_match(const struct doca_flow_actions *actions, struct doca_flow_match *match)
{
	memset(match, 0, sizeof(*match));
	match->meta = actions->meta;
	match->parser_meta = actions->parser_meta;
	match->outer = actions->outer;
	match->tun = actions->tun;
}

static doca_error_t add_step(struct plan *plan, const struct step *step)
{
	struct step *steps = reallocarray(plan->steps, plan->nr_steps + 1, sizeof(*steps));

	if (steps == NULL)
		return DOCA_ERROR_NO_MEMORY;
	plan->steps = steps;
	steps[plan->nr_steps++] = *step;
	return DOCA_SUCCESS;
}

/* Room for a value of the entry's. */
static uint16_t reserve(struct plan *plan, size_t size)
{
	size_t at = plan->values_size;

	plan->values_size += size;
	return (uint16_t)at;
}

/* ADD without a source: the actions hold the number, so nothing is set there. */
static bool is_addend(const struct field *field, const struct doca_flow_action_descs *descs)
{
	for (uint8_t i = 0; descs != NULL && i < descs->nb_action_desc; i++) {
		const struct doca_flow_action_desc *desc = &descs->desc_array[i];
		struct operand to;

		if (desc->type == DOCA_FLOW_ACTION_ADD && desc->field_op.src.field_string == NULL &&
		    operand_compile(&desc->field_op.dst, 0, desc->field_op.width, &to) ==
			    DOCA_SUCCESS &&
		    to.field == field)
			return true;
	}
	return false;
}

/* These say which of the other fields are meant. */
static bool is_hint(const struct field *field)
{
	return field->offset == offsetof(struct doca_flow_match, outer.l2_valid_headers) ||
	       (field->offset == offsetof(struct doca_flow_match, tun.key_present) &&
		field->size == sizeof(bool));
}

static doca_error_t add_set(struct plan *plan, const struct field *field,
			    const struct doca_flow_match *values, const struct doca_flow_match *mask,
			    bool literal)
{
	struct step step = { .kind = STEP_SET, .field = field, .at = STEP_CONSTANT };
	enum role role = template_role(field, values, mask, &step.mask, &step.value);

	if (role == ROLE_NONE)
		return DOCA_SUCCESS;
	if (!field->writable)
		return is_hint(field) ? DOCA_SUCCESS : DOCA_ERROR_NOT_SUPPORTED;
	if (!literal && role != ROLE_CONSTANT) {
		step.at = reserve(plan, field->size);
		plan->mandatory = plan->mandatory || role == ROLE_MANDATORY;
	}
	return add_step(plan, &step);
}

static doca_error_t add_number(struct plan *plan, const struct doca_flow_action_desc *desc,
			       const struct doca_flow_match *values, bool literal)
{
	struct step step = { .kind = STEP_ADD, .at = STEP_CONSTANT };
	doca_error_t result = operand_compile(&desc->field_op.dst, 0, desc->field_op.width, &step.to);
	const struct field *field = step.to.field;
	const uint8_t *value;

	if (result != DOCA_SUCCESS)
		return result;
	if (field->offset + field->size > sizeof(*values))
		return DOCA_ERROR_NOT_SUPPORTED;
	value = (const uint8_t *)values + field->offset;
	step.addend = operand_value(&step.to, value);
	/* All ones is -1, too, unless the entry brings something else. */
	if (!literal && words_equal(words_load(value, field->size), words_full(field->size)))
		step.at = reserve(plan, field->size);
	return add_step(plan, &step);
}

/* Of two fields; meta.data is more than one, so it may take several steps. */
static doca_error_t add_transfer(struct plan *plan, const struct doca_flow_action_desc *desc)
{
	const struct doca_flow_desc_field *src = &desc->field_op.src, *dst = &desc->field_op.dst;
	uint32_t width = desc->field_op.width;

	if (width == 0)
		return DOCA_ERROR_INVALID_VALUE;
	for (uint32_t done = 0; done < width;) {
		struct step step = {
			.kind = desc->type == DOCA_FLOW_ACTION_ADD ? STEP_SUM : STEP_COPY,
		};
		uint32_t run = operand_run(dst, done, operand_run(src, done, width - done));
		doca_error_t result = operand_compile(src, done, run, &step.from);

		if (result == DOCA_SUCCESS)
			result = operand_compile(dst, done, run, &step.to);
		/* A carry would have to go from one step to the next. */
		if (result == DOCA_SUCCESS && step.kind == STEP_SUM && run != width)
			result = DOCA_ERROR_NOT_SUPPORTED;
		if (result == DOCA_SUCCESS)
			result = add_step(plan, &step);
		if (result != DOCA_SUCCESS)
			return result;
		done += run;
	}
	return DOCA_SUCCESS;
}

static doca_error_t add_desc(struct plan *plan, const struct doca_flow_action_desc *desc,
			     enum phase phase, const struct doca_flow_match *values, bool literal)
{
	size_t first = plan->nr_steps;
	struct operand to;
	doca_error_t result;

	if (desc->type == DOCA_FLOW_ACTION_AUTO)
		return DOCA_SUCCESS; /* what the fields say anyway */
	if (desc->type != DOCA_FLOW_ACTION_ADD && desc->type != DOCA_FLOW_ACTION_COPY)
		return DOCA_ERROR_INVALID_VALUE;
	result = operand_compile(&desc->field_op.dst, 0, 1, &to);
	if (result != DOCA_SUCCESS || phase_of(to.field) != phase)
		return result;
	if (desc->field_op.src.field_string != NULL)
		result = add_transfer(plan, desc);
	else if (desc->type == DOCA_FLOW_ACTION_ADD)
		result = add_number(plan, desc, values, literal);
	else
		result = DOCA_ERROR_INVALID_VALUE;
	for (size_t i = first; result == DOCA_SUCCESS && i < plan->nr_steps; i++) {
		if (!plan->steps[i].to.field->writable)
			result = DOCA_ERROR_NOT_SUPPORTED;
	}
	return result;
}

static doca_error_t add_steps(struct plan *plan, const struct doca_flow_actions *actions,
			      const struct doca_flow_actions *mask,
			      const struct doca_flow_action_descs *descs, bool literal)
{
	struct doca_flow_match values, bits, selectors;
	doca_error_t result = DOCA_SUCCESS;

	if (descs != NULL && descs->nb_action_desc != 0 && descs->desc_array == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	as_match(actions, &values);
	if (mask != NULL)
		as_match(mask, &bits);
	template_selectors(&values, mask != NULL ? &bits : NULL, &selectors);
	for (enum phase phase = PHASE_META; phase < PHASES; phase++) {
		for (size_t i = 0; result == DOCA_SUCCESS && i < fields_count; i++) {
			const struct field *field = &fields[i];

			if (phase_of(field) == phase && field_selected(field, &selectors) &&
			    !is_addend(field, descs))
				result = add_set(plan, field, &values, mask != NULL ? &bits : NULL,
						 literal);
		}
		for (uint8_t i = 0; result == DOCA_SUCCESS && descs != NULL &&
				    i < descs->nb_action_desc; i++)
			result = add_desc(plan, &descs->desc_array[i], phase, &values, literal);
	}
	return result;
}

static doca_error_t plan_encap(struct plan *plan, const struct doca_flow_actions *actions,
			       bool literal)
{
	enum doca_flow_tun_type type = actions->encap_cfg.encap.tun.type;

	plan->encap_type = actions->encap_type;
	switch (actions->encap_type) {
	case DOCA_FLOW_RESOURCE_TYPE_NONE:
		return DOCA_SUCCESS;
	case DOCA_FLOW_RESOURCE_TYPE_SHARED:
		plan->shared_encap_id = actions->shared_encap_id;
		return DOCA_SUCCESS;
	case DOCA_FLOW_RESOURCE_TYPE_NON_SHARED:
		break;
	default:
		return DOCA_ERROR_INVALID_VALUE;
	}
	if (type == DOCA_FLOW_TUN_ESP || type == DOCA_FLOW_TUN_PSP)
		return DOCA_ERROR_NOT_SUPPORTED;
	plan->encap = malloc(sizeof(*plan->encap));
	if (plan->encap == NULL)
		return DOCA_ERROR_NO_MEMORY;
	*plan->encap = actions->encap_cfg;
	plan->encap_open = !literal && encap_open(plan->encap);
	return DOCA_SUCCESS;
}

static doca_error_t plan_decap(struct plan *plan, const struct doca_flow_actions *actions,
			       bool literal)
{
	plan->decap_type = actions->decap_type;
	switch (actions->decap_type) {
	case DOCA_FLOW_RESOURCE_TYPE_NONE:
		return DOCA_SUCCESS;
	case DOCA_FLOW_RESOURCE_TYPE_SHARED:
		plan->shared_decap_id = actions->shared_decap_id;
		return DOCA_SUCCESS;
	case DOCA_FLOW_RESOURCE_TYPE_NON_SHARED:
		plan->decap = actions->decap_cfg;
		plan->decap_open = !literal && decap_open(&plan->decap);
		return DOCA_SUCCESS;
	default:
		return DOCA_ERROR_INVALID_VALUE;
	}
}

static doca_error_t plan_fill(struct plan *plan, const struct doca_flow_actions *actions,
			      const struct doca_flow_actions *mask,
			      const struct doca_flow_action_descs *descs, bool literal)
{
	doca_error_t result;

	if (actions->nat64.original_l3_type != DOCA_FLOW_L3_TYPE_NONE ||
	    actions->has_crypto_encap ||
	    actions->crypto.action_type != DOCA_FLOW_CRYPTO_ACTION_NONE)
		return DOCA_ERROR_NOT_SUPPORTED;
	plan->pop_vlan = actions->pop_vlan;
	plan->has_push = actions->has_push;
	if (plan->has_push) {
		if (actions->push.type != DOCA_FLOW_PUSH_ACTION_VLAN)
			return DOCA_ERROR_NOT_SUPPORTED;
		plan->push = actions->push.vlan;
		plan->push_type_open = !literal && plan->push.eth_type == UINT16_MAX;
		plan->push_tci_open = !literal && plan->push.vlan_hdr.tci == UINT16_MAX;
	}
	result = plan_decap(plan, actions, literal);
	if (result == DOCA_SUCCESS)
		result = plan_encap(plan, actions, literal);
	if (result == DOCA_SUCCESS)
		result = add_steps(plan, actions, mask, descs, literal);
	if (result == DOCA_SUCCESS && plan->values_size >= STEP_CONSTANT)
		result = DOCA_ERROR_TOO_BIG;
	plan->mandatory = plan->mandatory || plan->push_type_open || plan->push_tci_open ||
			  plan->decap_open || plan->encap_open ||
			  (!literal && plan->decap_type == DOCA_FLOW_RESOURCE_TYPE_SHARED &&
			   plan->shared_decap_id == UINT32_MAX) ||
			  (!literal && plan_opens_shared_encap(plan));
	return result;
}

bool plan_opens_shared_encap(const struct plan *plan)
{
	return plan->encap_type == DOCA_FLOW_RESOURCE_TYPE_SHARED &&
	       plan->shared_encap_id == UINT32_MAX;
}

doca_error_t plan_new(const struct doca_flow_actions *actions, const struct doca_flow_actions *mask,
		      const struct doca_flow_action_descs *descs, bool literal, struct plan **out)
{
	struct plan *plan = calloc(1, sizeof(*plan));
	doca_error_t result;

	if (plan == NULL)
		return DOCA_ERROR_NO_MEMORY;
	plan->references = 1;
	result = plan_fill(plan, actions, mask, descs, literal);
	if (result != DOCA_SUCCESS) {
		plan_release(plan);
		return result;
	}
	*out = plan;
	return DOCA_SUCCESS;
}

void plan_release(struct plan *plan)
{
	if (plan == NULL || --plan->references != 0)
		return;
	free(plan->constant);
	free(plan->encap);
	free(plan->steps);
	free(plan);
}
