/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "template.h"

static const struct doca_flow_match no_match;

struct words words_full(uint16_t size)
{
	struct words words = { { 0, 0 } };

	memset(&words, 0xff, size);
	return words;
}

static struct words words_of(const struct field *field, const struct doca_flow_match *match)
{
	return words_load((const uint8_t *)match + field->offset, field->size);
}

enum role template_role(const struct field *field, const struct doca_flow_match *match,
			const struct doca_flow_match *mask, struct words *bits, struct words *value)
{
	struct words full = words_full(field->size);
	struct words t = words_of(field, match);

	*bits = mask != NULL ? words_of(field, mask) : full;
	*value = words_and(t, *bits);
	if (words_zero(*bits))
		return ROLE_NONE;
	if (words_zero(t))
		return mask != NULL ? ROLE_ENTRY : ROLE_NONE;
	if (words_equal(t, full) || words_equal(t, *bits))
		/* T == M is changeable only where a mask was given: else it is all ones, too. */
		return ROLE_MANDATORY;
	return ROLE_CONSTANT;
}

static void select_stack(struct doca_flow_header_format *to, const struct doca_flow_header_format *mask)
{
	if (to->l3_type == DOCA_FLOW_L3_TYPE_NONE)
		to->l3_type = mask->l3_type;
	if (to->l4_type_ext == DOCA_FLOW_L4_TYPE_EXT_NONE)
		to->l4_type_ext = mask->l4_type_ext;
}

void template_selectors(const struct doca_flow_match *match, const struct doca_flow_match *mask,
			struct doca_flow_match *selectors)
{
	*selectors = *match;
	if (mask == NULL)
		return;
	select_stack(&selectors->outer, &mask->outer);
	select_stack(&selectors->inner, &mask->inner);
	if (selectors->tun.type == DOCA_FLOW_TUN_NONE)
		selectors->tun = mask->tun;
}

struct template *template_new(void)
{
	return calloc(1, sizeof(struct template));
}

void template_free(struct template *template)
{
	if (template == NULL)
		return;
	free(template->criteria);
	free(template->parts);
	free(template);
}

doca_error_t template_add_criterion(struct template *template, const struct field *field,
				    struct words mask, struct words value)
{
	struct criterion *criteria = reallocarray(template->criteria, template->nr_criteria + 1,
						  sizeof(*criteria));

	if (criteria == NULL)
		return DOCA_ERROR_NO_MEMORY;
	template->criteria = criteria;
	criteria[template->nr_criteria++] = (struct criterion){
		.field = field,
		.mask = mask,
		.value = value,
	};
	return DOCA_SUCCESS;
}

doca_error_t template_add_part(struct template *template, const struct field *field,
			       struct words mask, bool mandatory)
{
	struct part *parts;

	if (template->key_end + sizeof(struct words) > KEY_SIZE_MAX)
		return DOCA_ERROR_TOO_BIG;
	parts = reallocarray(template->parts, template->nr_parts + 1, sizeof(*parts));
	if (parts == NULL)
		return DOCA_ERROR_NO_MEMORY;
	template->parts = parts;
	parts[template->nr_parts++] = (struct part){
		.field = field,
		.mask = mask,
		.at = (uint16_t)template->key_end,
		.mandatory = mandatory,
	};
	template->key_end += field->size;
	template->key_size = (template->key_end + 7) & ~(size_t)7;
	return DOCA_SUCCESS;
}

static doca_error_t add_field(struct template *template, const struct field *field,
			      const struct doca_flow_match *match, const struct doca_flow_match *mask)
{
	struct words bits, value;

	switch (template_role(field, match, mask, &bits, &value)) {
	case ROLE_CONSTANT:
		return template_add_criterion(template, field, bits, value);
	case ROLE_ENTRY:
		return template_add_part(template, field, bits, false);
	case ROLE_MANDATORY:
		return template_add_part(template, field, bits, true);
	default:
		return DOCA_SUCCESS;
	}
}

doca_error_t template_compile(const struct doca_flow_match *match, const struct doca_flow_match *mask,
			      struct template **out)
{
	struct template *template = template_new();
	struct doca_flow_match selectors;
	doca_error_t result = DOCA_SUCCESS;

	if (template == NULL)
		return DOCA_ERROR_NO_MEMORY;
	if (match == NULL)
		match = &no_match;
	template_selectors(match, mask, &selectors);
	for (size_t i = 0; result == DOCA_SUCCESS && i < fields_count; i++) {
		if (field_selected(&fields[i], &selectors))
			result = add_field(template, &fields[i], match, mask);
	}
	if (result != DOCA_SUCCESS) {
		template_free(template);
		return result;
	}
	*out = template;
	return DOCA_SUCCESS;
}

bool template_criteria_hold(const struct template *template, const struct packet *packet)
{
	for (size_t i = 0; i < template->nr_criteria; i++) {
		if (!criterion_holds(&template->criteria[i], packet))
			return false;
	}
	return true;
}

/* Whole words are stored: what is too much is zero, and is overwritten by the next part. */
static void store(const struct part *part, uint8_t *key, const uint8_t *bytes)
{
	struct words words = words_and(words_load(bytes, part->field->size), part->mask);

	memcpy(key + part->at, &words.word[0], sizeof(words.word[0]));
	if (part->field->size > sizeof(words.word[0]))
		memcpy(key + part->at + sizeof(words.word[0]), &words.word[1], sizeof(words.word[1]));
}

static void clear_end(const struct template *template, uint8_t *key)
{
	if (template->key_size != 0)
		memset(key + template->key_size - 8, 0, 8);
}

bool template_key(const struct template *template, const struct packet *packet, uint8_t *key)
{
	clear_end(template, key);
	for (size_t i = 0; i < template->nr_parts; i++) {
		const struct part *part = &template->parts[i];

		if (!field_present(part->field, packet))
			return false;
		store(part, key, field_bytes(part->field, packet));
	}
	return true;
}

void template_key_loose(const struct template *template, const struct packet *packet, uint8_t *key)
{
	static const uint8_t absent[FIELD_SIZE_MAX];

	clear_end(template, key);
	for (size_t i = 0; i < template->nr_parts; i++) {
		const struct part *part = &template->parts[i];

		store(part, key, field_present(part->field, packet) ? field_bytes(part->field, packet)
								     : absent);
	}
}

doca_error_t template_entry_key(const struct template *template, const struct doca_flow_match *match,
				uint8_t *key)
{
	clear_end(template, key);
	for (size_t i = 0; i < template->nr_parts; i++) {
		const struct part *part = &template->parts[i];

		if (match == NULL && part->mandatory)
			return DOCA_ERROR_INVALID_VALUE;
		store(part, key, (const uint8_t *)(match != NULL ? match : &no_match) +
					 part->field->offset);
	}
	return DOCA_SUCCESS;
}
