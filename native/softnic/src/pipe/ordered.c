/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ORDERED_LIST pipes: entries by index, each a sequence of actions and monitors that follows one of the
 * pipe's lists. Elements of other kinds (translation between IP versions, encryption) are not supported.
 */
#include <stdlib.h>

#include "action.h"
#include "monitor.h"
#include "ordered.h"

struct item {
	enum doca_flow_ordered_list_element_type type;
	struct program *program; /* ACTIONS */
	struct monitor monitor;  /* MONITOR */
	struct count count;
};

struct ordered_key {
	size_t nr_items;
	struct item items[];
};

struct list {
	const struct doca_flow_ordered_list *template; /* the pipe's spec holds it */
	struct plan **plans; /* by element; NULL where it is no action */
};

struct ordered_table {
	struct pipe_table table;
	uint32_t size;
	struct doca_flow_pipe_entry **slots; /* by index */
	struct list *lists;
	size_t nr_lists;
};

static struct ordered_table *table_of(const struct doca_flow_pipe *pipe)
{
	return (struct ordered_table *)pipe->table;
}

static struct ordered_key *key_of(const struct doca_flow_pipe_entry *entry)
{
	return (struct ordered_key *)entry->key;
}

static doca_error_t build_list(struct list *list, const struct doca_flow_ordered_list *template)
{
	doca_error_t result = DOCA_SUCCESS;

	list->template = template;
	list->plans = calloc(template->size != 0 ? template->size : 1, sizeof(struct plan *));
	if (list->plans == NULL)
		return DOCA_ERROR_NO_MEMORY;
	for (uint32_t i = 0; result == DOCA_SUCCESS && i < template->size; i++) {
		const struct doca_flow_ordered_list_element *element = &template->elements[i];

		switch (element->type) {
		case DOCA_FLOW_ORDERED_LIST_ELEMENT_ACTIONS:
			result = element->actions == NULL ? DOCA_ERROR_INVALID_VALUE
							  : plan_new(element->actions,
								     element->actions_mask,
								     element->action_descs, false,
								     &list->plans[i]);
			break;
		case DOCA_FLOW_ORDERED_LIST_ELEMENT_MONITOR:
			result = element->monitor == NULL ? DOCA_ERROR_INVALID_VALUE : DOCA_SUCCESS;
			break;
		default:
			result = DOCA_ERROR_NOT_SUPPORTED;
			break;
		}
	}
	return result;
}

static doca_error_t ordered_build(struct doca_flow_pipe *pipe)
{
	const struct pipe_spec *spec = &pipe->spec;
	struct ordered_table *ordered;
	doca_error_t result = DOCA_SUCCESS;

	if (spec->nr_ordered_lists == 0 || spec->has_match || spec->has_mask)
		return DOCA_ERROR_INVALID_VALUE;
	ordered = calloc(1, sizeof(*ordered));
	if (ordered == NULL)
		return DOCA_ERROR_NO_MEMORY;
	pipe->table = &ordered->table;
	ordered->size = spec->nr_entries;
	ordered->slots = calloc(ordered->size != 0 ? ordered->size : 1,
				sizeof(struct doca_flow_pipe_entry *));
	ordered->lists = calloc(spec->nr_ordered_lists, sizeof(*ordered->lists));
	if (ordered->slots == NULL || ordered->lists == NULL)
		return DOCA_ERROR_NO_MEMORY;
	while (result == DOCA_SUCCESS && ordered->nr_lists < spec->nr_ordered_lists) {
		struct list *list = &ordered->lists[ordered->nr_lists];

		result = build_list(list, spec->ordered_lists[ordered->nr_lists]);
		ordered->nr_lists++;
	}
	return result;
}

static void ordered_demolish(struct doca_flow_pipe *pipe)
{
	struct ordered_table *ordered = table_of(pipe);

	for (size_t i = 0; i < ordered->nr_lists; i++) {
		struct list *list = &ordered->lists[i];

		for (uint32_t e = 0; list->plans != NULL && e < list->template->size; e++)
			plan_release(list->plans[e]);
		free(list->plans);
	}
	free(ordered->lists);
	free(ordered->slots);
}

static const struct list *find_list(const struct ordered_table *ordered,
				    const struct doca_flow_ordered_list *given)
{
	for (size_t i = 0; i < ordered->nr_lists; i++) {
		const struct doca_flow_ordered_list *template = ordered->lists[i].template;

		if (template->idx == given->idx && template->size == given->size &&
		    (given->size == 0 || given->elements != NULL))
			return &ordered->lists[i];
	}
	return NULL;
}

static doca_error_t compile_item(const struct doca_flow_pipe *pipe, const struct list *list, uint32_t i,
				 const struct doca_flow_ordered_list_element *given,
				 struct item *item)
{
	const struct doca_flow_ordered_list_element *template = &list->template->elements[i];

	if (given->type != template->type)
		return DOCA_ERROR_INVALID_VALUE;
	item->type = template->type;
	if (item->type == DOCA_FLOW_ORDERED_LIST_ELEMENT_ACTIONS)
		return program_new(list->plans[i], given->actions, pipe->nic, &item->program);
	return monitor_compile(pipe->nic, template->monitor, given->monitor, &item->monitor);
}

static void release_items(struct ordered_key *key)
{
	for (size_t i = 0; i < key->nr_items; i++) {
		program_free(key->items[i].program);
		if (key->items[i].monitor.meter != NULL)
			meter_free(key->items[i].monitor.meter);
	}
}

static doca_error_t ordered_compile(struct doca_flow_pipe *pipe, const struct entry_spec *spec,
				    struct doca_flow_pipe_entry **out)
{
	const struct doca_flow_ordered_list *given = spec->ordered;
	doca_error_t result = DOCA_SUCCESS;
	struct doca_flow_pipe_entry *entry;
	const struct list *list;
	struct ordered_key *key;

	if (given == NULL || spec->index >= table_of(pipe)->size)
		return DOCA_ERROR_INVALID_VALUE;
	list = find_list(table_of(pipe), given);
	if (list == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	entry = entry_alloc(sizeof(*key) + given->size * sizeof(key->items[0]));
	if (entry == NULL)
		return DOCA_ERROR_NO_MEMORY;
	key = key_of(entry);
	while (result == DOCA_SUCCESS && key->nr_items < given->size) {
		uint32_t i = (uint32_t)key->nr_items;

		result = compile_item(pipe, list, i, &given->elements[i], &key->items[i]);
		key->nr_items++;
	}
	if (result != DOCA_SUCCESS) {
		release_items(key);
		free(entry);
		return result;
	}
	*out = entry;
	return DOCA_SUCCESS;
}

static void ordered_release(struct doca_flow_pipe_entry *entry)
{
	release_items(key_of(entry));
}

static doca_error_t ordered_insert(struct doca_flow_pipe_entry *entry)
{
	struct doca_flow_pipe_entry **slot = &table_of(entry->pipe)->slots[entry->index];

	if (*slot != NULL)
		return DOCA_ERROR_ALREADY_EXIST;
	*slot = entry;
	return DOCA_SUCCESS;
}

static void ordered_withdraw(struct doca_flow_pipe_entry *entry)
{
	table_of(entry->pipe)->slots[entry->index] = NULL;
}

static struct doca_flow_pipe_entry *ordered_lookup(struct walk *walk, const struct way *way,
						   struct packet *packet)
{
	const struct ordered_table *ordered = table_of(way->pipe);

	(void)walk;
	(void)packet;
	return way->index < ordered->size ? ordered->slots[way->index] : NULL;
}

doca_error_t ordered_run(struct doca_flow_pipe_entry *entry, const struct walk *walk,
			 struct packet *packet)
{
	struct ordered_key *key = key_of(entry);
	struct nic *nic = entry->pipe->nic;

	for (size_t i = 0; i < key->nr_items; i++) {
		struct item *item = &key->items[i];
		doca_error_t result;

		if (item->type == DOCA_FLOW_ORDERED_LIST_ELEMENT_ACTIONS) {
			result = program_run(item->program, nic, walk->source_port, packet);
			if (result != DOCA_SUCCESS)
				return result;
			continue;
		}
		if (item->monitor.counts) {
			item->count.packets++;
			item->count.bytes += packet->length;
		}
		monitor_counter(nic, item->monitor.shared_counter, packet->length);
		monitor_meter(nic, item->monitor.meter, item->monitor.shared_meter,
			      item->monitor.init_colour, packet->length, walk->now_ns, packet);
	}
	return DOCA_SUCCESS;
}

size_t entry_counts(const struct doca_flow_pipe_entry *entry, struct count *counts, size_t room)
{
	const struct ordered_key *key;
	size_t found = 0;

	if (entry->pipe->spec.type != DOCA_FLOW_PIPE_ORDERED_LIST) {
		if (entry->counts && room != 0)
			counts[0] = entry->count;
		return entry->counts ? 1 : 0;
	}
	key = key_of(entry);
	for (size_t i = 0; i < key->nr_items; i++) {
		if (!key->items[i].monitor.counts)
			continue;
		if (found < room)
			counts[found] = key->items[i].count;
		found++;
	}
	return found;
}

static void ordered_print_key(const struct doca_flow_pipe_entry *entry, FILE *to)
{
	const struct ordered_key *key = key_of(entry);

	fprintf(to, " index %u:", entry->index);
	for (size_t i = 0; i < key->nr_items; i++) {
		const struct item *item = &key->items[i];

		if (item->type == DOCA_FLOW_ORDERED_LIST_ELEMENT_ACTIONS)
			fputs(" actions", to);
		else if (item->monitor.counts)
			fprintf(to, " count(%llu packets)",
				(unsigned long long)item->count.packets);
		else
			fputs(" monitor", to);
	}
}

const struct table_type ordered_type = {
	.name = "ordered list",
	.build = ordered_build,
	.demolish = ordered_demolish,
	.compile = ordered_compile,
	.release = ordered_release,
	.insert = ordered_insert,
	.withdraw = ordered_withdraw,
	.lookup = ordered_lookup,
	.print_key = ordered_print_key,
};
