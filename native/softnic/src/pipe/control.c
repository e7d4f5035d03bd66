/* SPDX-License-Identifier: Apache-2.0 */
/* CONTROL pipes: each entry with a match and a mask of its own, the lower priority number first. */
#include <stdlib.h>

#include "operand.h"
#include "table.h"

#define PRIORITIES 8u

struct condition {
	bool given;
	enum doca_flow_compare_op operation;
	struct operand a, b;
	bool immediate; /* b is this value */
	uint64_t value;
};

struct control_key {
	struct condition condition;
	size_t nr_criteria;
	struct criterion criteria[];
};

struct control_table {
	struct pipe_table table;
	/* By priority, in the order of insertion. */
	struct doca_flow_pipe_entry *first[PRIORITIES], **last[PRIORITIES];
};

static struct control_table *table_of(const struct doca_flow_pipe *pipe)
{
	return (struct control_table *)pipe->table;
}

static struct control_key *key_of(const struct doca_flow_pipe_entry *entry)
{
	return (struct control_key *)entry->key;
}

static doca_error_t control_build(struct doca_flow_pipe *pipe)
{
	struct control_table *control = calloc(1, sizeof(*control));

	if (control == NULL)
		return DOCA_ERROR_NO_MEMORY;
	pipe->table = &control->table;
	for (size_t i = 0; i < PRIORITIES; i++)
		control->last[i] = &control->first[i];
	return DOCA_SUCCESS;
}

static void control_demolish(struct doca_flow_pipe *pipe)
{
	(void)pipe;
}

static doca_error_t compile_condition(const struct entry_spec *spec, struct condition *condition)
{
	const struct doca_flow_match_condition *from = spec->condition;
	uint32_t width = from->field_op.width;
	doca_error_t result = operand_compile(&from->field_op.a, 0, width, &condition->a);
	const struct field *field = condition->a.field;

	if (result != DOCA_SUCCESS)
		return result;
	if ((unsigned int)from->operation > DOCA_FLOW_COMPARE_GE)
		return DOCA_ERROR_INVALID_VALUE;
	condition->given = true;
	condition->operation = from->operation;
	condition->immediate = from->field_op.b.field_string == NULL;
	if (!condition->immediate)
		return operand_compile(&from->field_op.b, 0, width, &condition->b);
	/* What a is compared with stands in its place in the match. */
	if (spec->match == NULL || field->offset + field->size > sizeof(*spec->match))
		return DOCA_ERROR_INVALID_VALUE;
	condition->value = operand_value(&condition->a, (const uint8_t *)spec->match + field->offset);
	return DOCA_SUCCESS;
}

/* Whether the field is matched, beside what a condition says of it. */
static bool matched(const struct field *field, const struct entry_spec *spec,
		    const struct doca_flow_match *selectors, const struct condition *condition,
		    struct criterion *criterion)
{
	*criterion = (struct criterion){ .field = field };
	return !(condition->given && condition->immediate && condition->a.field == field) &&
	       field_selected(field, selectors) &&
	       template_role(field, spec->match, spec->mask, &criterion->mask, &criterion->value) !=
		       ROLE_NONE;
}

static doca_error_t control_compile(struct doca_flow_pipe *pipe, const struct entry_spec *spec,
				    struct doca_flow_pipe_entry **out)
{
	struct condition condition = { .given = false };
	struct doca_flow_match selectors;
	struct doca_flow_pipe_entry *entry;
	struct criterion criterion;
	struct control_key *key;
	size_t count = 0;

	(void)pipe;
	if (spec->priority >= PRIORITIES || (spec->mask != NULL && spec->match == NULL))
		return DOCA_ERROR_INVALID_VALUE;
	if (spec->condition != NULL) {
		doca_error_t result = compile_condition(spec, &condition);

		if (result != DOCA_SUCCESS)
			return result;
	}
	if (spec->match != NULL) {
		template_selectors(spec->match, spec->mask, &selectors);
		for (size_t i = 0; i < fields_count; i++)
			count += matched(&fields[i], spec, &selectors, &condition, &criterion);
	}
	entry = entry_alloc(sizeof(*key) + count * sizeof(key->criteria[0]));
	if (entry == NULL)
		return DOCA_ERROR_NO_MEMORY;
	key = key_of(entry);
	key->condition = condition;
	for (size_t i = 0; key->nr_criteria < count; i++) {
		if (matched(&fields[i], spec, &selectors, &condition, &criterion))
			key->criteria[key->nr_criteria++] = criterion;
	}
	*out = entry;
	return DOCA_SUCCESS;
}

static doca_error_t control_insert(struct doca_flow_pipe_entry *entry)
{
	struct control_table *control = table_of(entry->pipe);

	entry->table_next = NULL;
	*control->last[entry->priority] = entry;
	control->last[entry->priority] = &entry->table_next;
	return DOCA_SUCCESS;
}

static void control_withdraw(struct doca_flow_pipe_entry *entry)
{
	struct control_table *control = table_of(entry->pipe);
	struct doca_flow_pipe_entry **link = &control->first[entry->priority];

	while (*link != entry)
		link = &(*link)->table_next;
	*link = entry->table_next;
	if (*link == NULL)
		control->last[entry->priority] = link;
}

static bool condition_holds(const struct condition *condition, const struct packet *packet)
{
	const struct operand *a = &condition->a, *b = &condition->b;
	uint64_t left, right = condition->value;

	if (!field_present(a->field, packet))
		return false;
	left = operand_value(a, field_bytes(a->field, packet));
	if (!condition->immediate) {
		if (!field_present(b->field, packet))
			return false;
		right = operand_value(b, field_bytes(b->field, packet));
	}
	switch (condition->operation) {
	case DOCA_FLOW_COMPARE_EQ:
		return left == right;
	case DOCA_FLOW_COMPARE_NE:
		return left != right;
	case DOCA_FLOW_COMPARE_LT:
		return left < right;
	case DOCA_FLOW_COMPARE_LE:
		return left <= right;
	case DOCA_FLOW_COMPARE_GT:
		return left > right;
	default:
		return left >= right;
	}
}

static bool holds(const struct control_key *key, const struct packet *packet)
{
	for (size_t i = 0; i < key->nr_criteria; i++) {
		if (!criterion_holds(&key->criteria[i], packet))
			return false;
	}
	return !key->condition.given || condition_holds(&key->condition, packet);
}

static struct doca_flow_pipe_entry *control_lookup(struct walk *walk, const struct way *way,
						   struct packet *packet)
{
	const struct control_table *control = table_of(way->pipe);

	(void)walk;
	for (size_t i = 0; i < PRIORITIES; i++) {
		struct doca_flow_pipe_entry *entry = control->first[i];

		for (; entry != NULL; entry = entry->table_next) {
			if (holds(key_of(entry), packet))
				return entry;
		}
	}
	return NULL;
}

static void control_print_key(const struct doca_flow_pipe_entry *entry, FILE *to)
{
	static const char *const operations[] = { "==", "!=", "<", "<=", ">", ">=" };
	const struct control_key *key = key_of(entry);
	const struct condition *condition = &key->condition;

	fprintf(to, " priority %u", entry->priority);
	print_criteria(key->criteria, key->nr_criteria, to);
	if (!condition->given)
		return;
	fprintf(to, " %s %s ", condition->a.field->name, operations[condition->operation]);
	if (condition->immediate)
		fprintf(to, "%llu", (unsigned long long)condition->value);
	else
		fputs(condition->b.field->name, to);
}

const struct table_type control_type = {
	.name = "control",
	.build = control_build,
	.demolish = control_demolish,
	.compile = control_compile,
	.insert = control_insert,
	.withdraw = control_withdraw,
	.lookup = control_lookup,
	.print_key = control_print_key,
};
