/* SPDX-License-Identifier: Apache-2.0 */
/* BASIC pipes: exact match of what is changeable. A template with nothing changeable has one entry. */
#include <stdlib.h>

#include "keymap.h"
#include "table.h"

struct basic_table {
	struct pipe_table table;
	struct keymap map;
};

static struct basic_table *table_of(const struct doca_flow_pipe *pipe)
{
	return (struct basic_table *)pipe->table;
}

static doca_error_t basic_build(struct doca_flow_pipe *pipe)
{
	const struct pipe_spec *spec = &pipe->spec;
	struct basic_table *basic = calloc(1, sizeof(*basic));
	doca_error_t result;

	if (basic == NULL)
		return DOCA_ERROR_NO_MEMORY;
	pipe->table = &basic->table;
	result = template_compile(spec->has_match ? &spec->match : NULL,
				  spec->has_mask ? &spec->mask : NULL, &pipe->match);
	if (result == DOCA_SUCCESS)
		keymap_init(&basic->map, pipe->match->key_size);
	return result;
}

static void basic_demolish(struct doca_flow_pipe *pipe)
{
	keymap_destroy(&table_of(pipe)->map);
}

static doca_error_t basic_compile(struct doca_flow_pipe *pipe, const struct entry_spec *spec,
				  struct doca_flow_pipe_entry **out)
{
	struct doca_flow_pipe_entry *entry = entry_alloc(pipe->match->key_size);
	doca_error_t result;

	if (entry == NULL)
		return DOCA_ERROR_NO_MEMORY;
	result = template_entry_key(pipe->match, spec->match, entry->key);
	if (result != DOCA_SUCCESS) {
		free(entry);
		return result;
	}
	*out = entry;
	return DOCA_SUCCESS;
}

static doca_error_t basic_insert(struct doca_flow_pipe_entry *entry)
{
	return keymap_insert(&table_of(entry->pipe)->map, entry);
}

static void basic_withdraw(struct doca_flow_pipe_entry *entry)
{
	keymap_remove(&table_of(entry->pipe)->map, entry);
}

static struct doca_flow_pipe_entry *basic_lookup(struct walk *walk, const struct way *way,
						 struct packet *packet)
{
	const struct template *template = way->pipe->match;
	uint64_t key[KEY_SIZE_MAX / 8];

	(void)walk;
	if (!template_criteria_hold(template, packet) ||
	    !template_key(template, packet, (uint8_t *)key))
		return NULL;
	return keymap_find(&table_of(way->pipe)->map, (const uint8_t *)key);
}

static void basic_print_key(const struct doca_flow_pipe_entry *entry, FILE *to)
{
	print_parts(entry->pipe->match, entry->key, to);
}

const struct table_type basic_type = {
	.name = "basic",
	.build = basic_build,
	.demolish = basic_demolish,
	.compile = basic_compile,
	.insert = basic_insert,
	.withdraw = basic_withdraw,
	.lookup = basic_lookup,
	.print_key = basic_print_key,
};
