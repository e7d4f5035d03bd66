/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ACL pipes: the template lists the fields that entries may match, each by a value and a mask, ports by
 * ranges; the lower priority number first. A packet is compared with one entry after the other, those
 * of its transport protocol only: good for some thousands of entries, not for more.
 */
#include <stdlib.h>

#include "table.h"

#define PRIORITY_MAX 1024u
#define CLASSES 5u /* values of parser_meta.outer_l4_type */

struct acl_key {
	uint32_t classes; /* bits */
	size_t nr_criteria;
	struct criterion criteria[];
};

/* Entries by priority, then in the order of insertion. */
struct acl_list {
	struct doca_flow_pipe_entry **entries;
	size_t count, room;
};

struct acl_table {
	struct pipe_table table;
	struct doca_flow_match usable; /* all ones where entries may match */
	struct acl_list lists[CLASSES];
};

static struct acl_table *table_of(const struct doca_flow_pipe *pipe)
{
	return (struct acl_table *)pipe->table;
}

static struct acl_key *key_of(const struct doca_flow_pipe_entry *entry)
{
	return (struct acl_key *)entry->key;
}

static doca_error_t acl_build(struct doca_flow_pipe *pipe)
{
	const struct pipe_spec *spec = &pipe->spec;
	const struct doca_flow_match *mask = spec->has_mask ? &spec->mask : NULL;
	struct doca_flow_match selectors;
	struct acl_table *acl;

	if (!spec->has_match)
		return DOCA_ERROR_INVALID_VALUE;
	if (spec->has_monitor && spec->monitor.meter_type != DOCA_FLOW_RESOURCE_TYPE_NONE)
		return DOCA_ERROR_NOT_SUPPORTED;
	acl = calloc(1, sizeof(*acl));
	if (acl == NULL)
		return DOCA_ERROR_NO_MEMORY;
	pipe->table = &acl->table;
	pipe->match = template_new();
	if (pipe->match == NULL)
		return DOCA_ERROR_NO_MEMORY;
	template_selectors(&spec->match, mask, &selectors);
	for (size_t i = 0; i < fields_count; i++) {
		const struct field *field = &fields[i];
		struct words bits, value;
		doca_error_t result;

		if (!field_selected(field, &selectors))
			continue;
		switch (template_role(field, &spec->match, mask, &bits, &value)) {
		case ROLE_NONE:
			break;
		case ROLE_CONSTANT:
			result = template_add_criterion(pipe->match, field, bits, value);
			if (result != DOCA_SUCCESS)
				return result;
			break;
		default:
			memset((uint8_t *)&acl->usable + field->offset, 0xff, field->size);
			break;
		}
	}
	return DOCA_SUCCESS;
}

static void acl_demolish(struct doca_flow_pipe *pipe)
{
	for (size_t i = 0; i < CLASSES; i++)
		free(table_of(pipe)->lists[i].entries);
}

static bool is_port(const struct field *field)
{
	const uint32_t layers = LAYER_TCP | LAYER_UDP;

	if ((field->layers & (layers | INNER(layers))) == 0)
		return false;
	return field->offset == offsetof(struct doca_flow_match, outer.transport.src_port) ||
	       field->offset == offsetof(struct doca_flow_match, outer.transport.dst_port) ||
	       field->offset == offsetof(struct doca_flow_match, inner.transport.src_port) ||
	       field->offset == offsetof(struct doca_flow_match, inner.transport.dst_port);
}

/* The kinds of headers need not be listed: each entry says its own. */
static bool is_kind(const struct field *field)
{
	return field->offset == offsetof(struct doca_flow_match, parser_meta.outer_l3_type) ||
	       field->offset == offsetof(struct doca_flow_match, parser_meta.outer_l4_type) ||
	       field->offset == offsetof(struct doca_flow_match, parser_meta.inner_l3_type) ||
	       field->offset == offsetof(struct doca_flow_match, parser_meta.inner_l4_type);
}

static uint16_t port_at(const struct doca_flow_match *match, const struct field *field)
{
	const uint8_t *bytes = (const uint8_t *)match + field->offset;

	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

/* Mask equal to the port: this one; greater: the last of a range. */
static doca_error_t port_criterion(const struct entry_spec *spec, struct criterion *criterion)
{
	criterion->is_range = true;
	criterion->low = port_at(spec->match, criterion->field);
	criterion->high = port_at(spec->mask, criterion->field);
	return criterion->low <= criterion->high ? DOCA_SUCCESS : DOCA_ERROR_INVALID_VALUE;
}

/* found: whether the entry matches the field at all. */
static doca_error_t field_criterion(const struct acl_table *acl, const struct field *field,
				    const struct entry_spec *spec, struct criterion *criterion,
				    bool *found)
{
	struct words full = words_full(field->size);

	memset(criterion, 0, sizeof(*criterion));
	criterion->field = field;
	criterion->mask = words_load((const uint8_t *)spec->mask + field->offset, field->size);
	*found = !words_zero(criterion->mask);
	if (!*found)
		return DOCA_SUCCESS;
	if (!is_kind(field) &&
	    !words_equal(words_load((const uint8_t *)&acl->usable + field->offset, field->size),
			 full))
		return DOCA_ERROR_INVALID_VALUE;
	if (is_port(field))
		return port_criterion(spec, criterion);
	criterion->value = words_and(
		words_load((const uint8_t *)spec->match + field->offset, field->size),
		criterion->mask);
	return DOCA_SUCCESS;
}

static doca_error_t count_criteria(const struct acl_table *acl, const struct entry_spec *spec,
				   const struct doca_flow_match *selectors, size_t *count)
{
	struct criterion criterion;

	*count = 0;
	for (size_t i = 0; i < fields_count; i++) {
		bool found = false;
		doca_error_t result = DOCA_SUCCESS;

		if (field_selected(&fields[i], selectors))
			result = field_criterion(acl, &fields[i], spec, &criterion, &found);
		if (result != DOCA_SUCCESS)
			return result;
		*count += found;
	}
	return DOCA_SUCCESS;
}

/* Transport protocols that the entry can be true for. */
static uint32_t classes_of(const struct acl_key *key)
{
	const uint32_t all = (1u << CLASSES) - 1;

	for (size_t i = 0; i < key->nr_criteria; i++) {
		const struct criterion *criterion = &key->criteria[i];
		uint32_t value, mask;

		if (criterion->field->offset !=
		    offsetof(struct doca_flow_match, parser_meta.outer_l4_type))
			continue;
		memcpy(&value, &criterion->value, sizeof(value));
		memcpy(&mask, &criterion->mask, sizeof(mask));
		if (mask == UINT32_MAX)
			return value < CLASSES ? 1u << value : 0;
	}
	return all;
}

static doca_error_t acl_compile(struct doca_flow_pipe *pipe, const struct entry_spec *spec,
				struct doca_flow_pipe_entry **out)
{
	const struct doca_flow_match *template = &pipe->spec.match;
	const struct acl_table *acl = table_of(pipe);
	struct doca_flow_match selectors;
	struct doca_flow_pipe_entry *entry;
	struct acl_key *key;
	doca_error_t result;
	size_t count;

	if (spec->match == NULL || spec->mask == NULL || spec->priority > PRIORITY_MAX ||
	    spec->match->outer.l3_type != template->outer.l3_type ||
	    spec->match->inner.l3_type != template->inner.l3_type)
		return DOCA_ERROR_INVALID_VALUE;
	template_selectors(spec->match, spec->mask, &selectors);
	result = count_criteria(acl, spec, &selectors, &count);
	if (result != DOCA_SUCCESS)
		return result;
	entry = entry_alloc(sizeof(*key) + count * sizeof(key->criteria[0]));
	if (entry == NULL)
		return DOCA_ERROR_NO_MEMORY;
	key = key_of(entry);
	for (size_t i = 0; key->nr_criteria < count; i++) {
		bool found = false;

		/* No error: it was none when they were counted. */
		if (field_selected(&fields[i], &selectors))
			(void)field_criterion(acl, &fields[i], spec,
					      &key->criteria[key->nr_criteria], &found);
		key->nr_criteria += found;
	}
	key->classes = classes_of(key);
	*out = entry;
	return DOCA_SUCCESS;
}

/* The first entry of at least this priority number. */
static size_t position(const struct acl_list *list, uint32_t priority)
{
	size_t low = 0, high = list->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (list->entries[middle]->priority < priority)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool same(const struct acl_key *a, const struct acl_key *b)
{
	if (a->nr_criteria != b->nr_criteria)
		return false;
	for (size_t i = 0; i < a->nr_criteria; i++) {
		const struct criterion *x = &a->criteria[i], *y = &b->criteria[i];

		if (x->field != y->field || x->is_range != y->is_range || x->low != y->low ||
		    x->high != y->high || !words_equal(x->mask, y->mask) ||
		    !words_equal(x->value, y->value))
			return false;
	}
	return true;
}

static bool is_there(const struct acl_list *list, const struct doca_flow_pipe_entry *entry)
{
	for (size_t i = position(list, entry->priority);
	     i < list->count && list->entries[i]->priority == entry->priority; i++) {
		if (same(key_of(list->entries[i]), key_of(entry)))
			return true;
	}
	return false;
}

static doca_error_t make_room(struct acl_list *list)
{
	size_t room = list->room != 0 ? 2 * list->room : 16;
	struct doca_flow_pipe_entry **entries;

	if (list->count < list->room)
		return DOCA_SUCCESS;
	entries = reallocarray(list->entries, room, sizeof(struct doca_flow_pipe_entry *));
	if (entries == NULL)
		return DOCA_ERROR_NO_MEMORY;
	list->entries = entries;
	list->room = room;
	return DOCA_SUCCESS;
}

static doca_error_t acl_insert(struct doca_flow_pipe_entry *entry)
{
	struct acl_table *acl = table_of(entry->pipe);
	uint32_t classes = key_of(entry)->classes;

	for (size_t i = 0; i < CLASSES; i++) {
		doca_error_t result;

		if ((classes & 1u << i) == 0)
			continue;
		if (is_there(&acl->lists[i], entry))
			return DOCA_ERROR_ALREADY_EXIST;
		result = make_room(&acl->lists[i]);
		if (result != DOCA_SUCCESS)
			return result;
	}
	for (size_t i = 0; i < CLASSES; i++) {
		struct acl_list *list = &acl->lists[i];
		size_t at;

		if ((classes & 1u << i) == 0)
			continue;
		at = position(list, entry->priority + 1);
		memmove(list->entries + at + 1, list->entries + at,
			(list->count - at) * sizeof(struct doca_flow_pipe_entry *));
		list->entries[at] = entry;
		list->count++;
	}
	return DOCA_SUCCESS;
}

static void acl_withdraw(struct doca_flow_pipe_entry *entry)
{
	struct acl_table *acl = table_of(entry->pipe);

	for (size_t i = 0; i < CLASSES; i++) {
		struct acl_list *list = &acl->lists[i];
		size_t at;

		if ((key_of(entry)->classes & 1u << i) == 0)
			continue;
		at = position(list, entry->priority);
		while (list->entries[at] != entry)
			at++;
		list->count--;
		memmove(list->entries + at, list->entries + at + 1,
			(list->count - at) * sizeof(struct doca_flow_pipe_entry *));
	}
}

static bool holds(const struct acl_key *key, const struct packet *packet)
{
	for (size_t i = 0; i < key->nr_criteria; i++) {
		if (!criterion_holds(&key->criteria[i], packet))
			return false;
	}
	return true;
}

static struct doca_flow_pipe_entry *acl_lookup(struct walk *walk, const struct way *way,
					       struct packet *packet)
{
	unsigned int class = packet->view.parser_meta.outer_l4_type;
	const struct acl_list *list;

	(void)walk;
	if (!template_criteria_hold(way->pipe->match, packet) || class >= CLASSES)
		return NULL;
	list = &table_of(way->pipe)->lists[class];
	for (size_t i = 0; i < list->count; i++) {
		if (holds(key_of(list->entries[i]), packet))
			return list->entries[i];
	}
	return NULL;
}

static void acl_print_key(const struct doca_flow_pipe_entry *entry, FILE *to)
{
	fprintf(to, " priority %u", entry->priority);
	print_criteria(key_of(entry)->criteria, key_of(entry)->nr_criteria, to);
}

const struct table_type acl_type = {
	.name = "ACL",
	.build = acl_build,
	.demolish = acl_demolish,
	.compile = acl_compile,
	.insert = acl_insert,
	.withdraw = acl_withdraw,
	.lookup = acl_lookup,
	.print_key = acl_print_key,
};
