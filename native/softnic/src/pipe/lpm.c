/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LPM pipes: the longest prefix of one address, for which the template has all ones; beside it fields
 * that must match exactly, for which the mask has all ones ("EM"). An entry whose mask is 0 is the
 * default route for whatever those fields hold: there is one per pipe, as on the device.
 */
#include <stdlib.h>

#include "keymap.h"
#include "table.h"

#define BITS_MAX 128u

/* Behind the template's key. */
struct prefix {
	struct words address; /* masked */
	uint64_t length;
};

struct lpm_table {
	struct pipe_table table;
	struct keymap map;
	const struct field *address;
	uint32_t lengths[BITS_MAX + 1]; /* entries of each */
	struct words masks[BITS_MAX + 1];
	struct doca_flow_pipe_entry *fallback; /* the default route */
};

static struct lpm_table *table_of(const struct doca_flow_pipe *pipe)
{
	return (struct lpm_table *)pipe->table;
}

static bool is_address(const struct field *field)
{
	static const struct {
		size_t offset, size;
	} addresses[] = {
#define ADDRESSES(stack)                                                                           \
	{ offsetof(struct doca_flow_match, stack.ip4.src_ip), 4 },                                 \
	{ offsetof(struct doca_flow_match, stack.ip4.dst_ip), 4 },                                 \
	{ offsetof(struct doca_flow_match, stack.ip6.src_ip), 16 },                                \
	{ offsetof(struct doca_flow_match, stack.ip6.dst_ip), 16 },
		ADDRESSES(outer) ADDRESSES(inner)
#undef ADDRESSES
	};

	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		if (field->offset == addresses[i].offset && field->size == addresses[i].size)
			return true;
	}
	return false;
}

static doca_error_t add_field(struct doca_flow_pipe *pipe, const struct field *field,
			      const struct doca_flow_match *match, const struct doca_flow_match *mask)
{
	struct words t = words_load((const uint8_t *)match + field->offset, field->size);
	struct words full = words_full(field->size);
	struct lpm_table *lpm = table_of(pipe);
	struct words bits, value;
	enum role role;

	if (is_address(field) && words_equal(t, full)) {
		if (lpm->address != NULL)
			return DOCA_ERROR_INVALID_VALUE;
		lpm->address = field;
		return DOCA_SUCCESS;
	}
	role = template_role(field, match, mask, &bits, &value);
	if (role == ROLE_NONE)
		return DOCA_SUCCESS;
	if (role == ROLE_CONSTANT)
		return template_add_criterion(pipe->match, field, bits, value);
	if (!words_equal(bits, full)) {
		/* Official samples name the GRE protocol in the mask as if it were a selector. */
		if (field->offset == offsetof(struct doca_flow_match, tun.protocol))
			return DOCA_SUCCESS;
		return DOCA_ERROR_NOT_SUPPORTED;
	}
	return template_add_part(pipe->match, field, bits, false);
}

static doca_error_t lpm_build(struct doca_flow_pipe *pipe)
{
	const struct pipe_spec *spec = &pipe->spec;
	const struct doca_flow_match *mask = spec->has_mask ? &spec->mask : NULL;
	struct doca_flow_match selectors;
	struct lpm_table *lpm;
	doca_error_t result = DOCA_SUCCESS;

	if (!spec->has_match)
		return DOCA_ERROR_INVALID_VALUE;
	if (spec->has_monitor && (spec->monitor.meter_type != DOCA_FLOW_RESOURCE_TYPE_NONE ||
				  spec->monitor.counter_type == DOCA_FLOW_RESOURCE_TYPE_SHARED))
		return DOCA_ERROR_NOT_SUPPORTED;
	lpm = calloc(1, sizeof(*lpm));
	if (lpm == NULL)
		return DOCA_ERROR_NO_MEMORY;
	pipe->table = &lpm->table;
	pipe->match = template_new();
	if (pipe->match == NULL)
		return DOCA_ERROR_NO_MEMORY;
	template_selectors(&spec->match, mask, &selectors);
	for (size_t i = 0; result == DOCA_SUCCESS && i < fields_count; i++) {
		if (field_selected(&fields[i], &selectors))
			result = add_field(pipe, &fields[i], &spec->match, mask);
	}
	if (result != DOCA_SUCCESS)
		return result;
	if (lpm->address == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	for (uint32_t length = 0; length <= BITS_MAX; length++) {
		uint8_t *bytes = (uint8_t *)&lpm->masks[length];

		memset(bytes, 0xff, length / 8);
		if (length % 8 != 0)
			bytes[length / 8] = (uint8_t)(0xff00 >> length % 8);
	}
	keymap_init(&lpm->map, pipe->match->key_size + sizeof(struct prefix));
	return DOCA_SUCCESS;
}

static void lpm_demolish(struct doca_flow_pipe *pipe)
{
	keymap_destroy(&table_of(pipe)->map);
}

static bool prefix_length(const struct lpm_table *lpm, struct words mask, uint32_t *length)
{
	for (*length = 0; *length <= lpm->address->size * 8u; ++*length) {
		if (words_equal(mask, lpm->masks[*length]))
			return true;
	}
	return false;
}

static doca_error_t lpm_compile(struct doca_flow_pipe *pipe, const struct entry_spec *spec,
				struct doca_flow_pipe_entry **out)
{
	const struct lpm_table *lpm = table_of(pipe);
	const struct field *address = lpm->address;
	struct doca_flow_pipe_entry *entry;
	struct prefix prefix;
	uint32_t length;

	if (spec->match == NULL || spec->mask == NULL ||
	    !prefix_length(lpm, words_load((const uint8_t *)spec->mask + address->offset,
					   address->size),
			   &length))
		return DOCA_ERROR_INVALID_VALUE;
	entry = entry_alloc(lpm->map.key_size);
	if (entry == NULL)
		return DOCA_ERROR_NO_MEMORY;
	(void)template_entry_key(pipe->match, spec->match, entry->key); /* there is a match */
	prefix.address = words_and(words_load((const uint8_t *)spec->match + address->offset,
					      address->size),
				   lpm->masks[length]);
	prefix.length = length;
	memcpy(entry->key + pipe->match->key_size, &prefix, sizeof(prefix));
	*out = entry;
	return DOCA_SUCCESS;
}

static uint64_t length_of(const struct doca_flow_pipe_entry *entry)
{
	struct prefix prefix;

	memcpy(&prefix, entry->key + entry->pipe->match->key_size, sizeof(prefix));
	return prefix.length;
}

static doca_error_t lpm_insert(struct doca_flow_pipe_entry *entry)
{
	struct lpm_table *lpm = table_of(entry->pipe);
	uint64_t length = length_of(entry);
	doca_error_t result;

	if (length == 0) {
		if (lpm->fallback != NULL)
			return DOCA_ERROR_ALREADY_EXIST;
		lpm->fallback = entry;
		return DOCA_SUCCESS;
	}
	result = keymap_insert(&lpm->map, entry);
	if (result == DOCA_SUCCESS)
		lpm->lengths[length]++;
	return result;
}

static void lpm_withdraw(struct doca_flow_pipe_entry *entry)
{
	struct lpm_table *lpm = table_of(entry->pipe);

	if (entry == lpm->fallback) {
		lpm->fallback = NULL;
		return;
	}
	lpm->lengths[length_of(entry)]--;
	keymap_remove(&lpm->map, entry);
}

static struct doca_flow_pipe_entry *lpm_lookup(struct walk *walk, const struct way *way,
					       struct packet *packet)
{
	const struct template *template = way->pipe->match;
	struct lpm_table *lpm = table_of(way->pipe);
	uint64_t key[(KEY_SIZE_MAX + sizeof(struct prefix)) / 8];
	struct prefix prefix;
	struct words address;

	(void)walk;
	if (!template_criteria_hold(template, packet) || !field_present(lpm->address, packet))
		return NULL;
	if (lpm->map.count == 0 || !template_key(template, packet, (uint8_t *)key))
		return lpm->fallback;
	address = words_load(field_bytes(lpm->address, packet), lpm->address->size);
	for (uint32_t length = lpm->address->size * 8u; length != 0; length--) {
		struct doca_flow_pipe_entry *entry;

		if (lpm->lengths[length] == 0)
			continue;
		prefix.address = words_and(address, lpm->masks[length]);
		prefix.length = length;
		memcpy((uint8_t *)key + template->key_size, &prefix, sizeof(prefix));
		entry = keymap_find(&lpm->map, (const uint8_t *)key);
		if (entry != NULL)
			return entry;
	}
	return lpm->fallback;
}

static void lpm_print_key(const struct doca_flow_pipe_entry *entry, FILE *to)
{
	const struct template *template = entry->pipe->match;
	const struct field *address = table_of(entry->pipe)->address;

	if (length_of(entry) != 0)
		print_parts(template, entry->key, to);
	fprintf(to, " %s=", address->name);
	print_bytes(entry->key + template->key_size, address->size, to);
	fprintf(to, "/%u", (unsigned int)length_of(entry));
}

const struct table_type lpm_type = {
	.name = "LPM",
	.build = lpm_build,
	.demolish = lpm_demolish,
	.compile = lpm_compile,
	.insert = lpm_insert,
	.withdraw = lpm_withdraw,
	.lookup = lpm_lookup,
	.print_key = lpm_print_key,
};
