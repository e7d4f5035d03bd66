/* SPDX-License-Identifier: Apache-2.0 */
/* HASH pipes: entries by index, chosen by an algorithm; or all of them, each with a copy. */
#include <stdlib.h>
#include <string.h>

#include <doca_bitfield.h>

#include "hash.h"
#include "keymap.h"
#include "random.h"

#define CHOICES                                                                                    \
	(DOCA_FLOW_PIPE_HASH_MAP_ALGORITHM_HASH | DOCA_FLOW_PIPE_HASH_MAP_ALGORITHM_RANDOM |       \
	 DOCA_FLOW_PIPE_HASH_MAP_ALGORITHM_IDENTITY |                                              \
	 DOCA_FLOW_PIPE_HASH_MAP_ALGORITHM_ROUND_ROBIN |                                           \
	 DOCA_FLOW_PIPE_HASH_MAP_ALGORITHM_FLOODING)

/* Pipes put headers in front, too. */
#define COPY_ROOM (PACKET_HEADROOM + PACKET_LENGTH_MAX + PACKET_HEADROOM)

struct hash_table {
	struct pipe_table table;
	uint32_t size; /* a power of two */
	uint32_t turn; /* round robin */
	struct doca_flow_pipe_entry **slots;   /* by index */
	struct doca_flow_pipe_entry **members; /* those that are there, in order of their indices */
	uint32_t nr_members;
	uint8_t *copy; /* flooding: room for one frame */
	bool copy_busy;
};

static struct hash_table *table_of(const struct doca_flow_pipe *pipe)
{
	return (struct hash_table *)pipe->table;
}

/* One choice, and perhaps SELECT_ENABLED. */
static bool algorithm_valid(uint32_t algorithm)
{
	uint32_t choice = algorithm & CHOICES;

	return (algorithm & ~(CHOICES | DOCA_FLOW_PIPE_HASH_MAP_ALGORITHM_SELECT_ENABLED)) == 0 &&
	       (choice & (choice - 1)) == 0;
}

doca_error_t hash_prepare(struct doca_flow_pipe *pipe, uint32_t *algorithm)
{
	struct hash_table *hash = table_of(pipe);

	if (!algorithm_valid(*algorithm))
		return DOCA_ERROR_INVALID_VALUE;
	if (*algorithm == 0)
		*algorithm = pipe->spec.hash_algorithm;
	if ((*algorithm & CHOICES) == 0)
		*algorithm |= DOCA_FLOW_PIPE_HASH_MAP_ALGORITHM_HASH;
	if ((*algorithm & DOCA_FLOW_PIPE_HASH_MAP_ALGORITHM_FLOODING) != 0 && hash->copy == NULL) {
		hash->copy = malloc(COPY_ROOM);
		if (hash->copy == NULL)
			return DOCA_ERROR_NO_MEMORY;
	}
	return DOCA_SUCCESS;
}

static doca_error_t hash_build(struct doca_flow_pipe *pipe)
{
	struct pipe_spec *spec = &pipe->spec;
	/* The mask alone says which fields count. */
	const struct doca_flow_match *fields_of = spec->has_mask    ? &spec->mask
						  : spec->has_match ? &spec->match
								    : NULL;
	struct hash_table *hash;
	doca_error_t result;

	if (spec->nr_entries == 0 || (spec->nr_entries & (spec->nr_entries - 1)) != 0)
		return DOCA_ERROR_INVALID_VALUE;
	hash = calloc(1, sizeof(*hash));
	if (hash == NULL)
		return DOCA_ERROR_NO_MEMORY;
	pipe->table = &hash->table;
	hash->size = spec->nr_entries;
	hash->slots = calloc(hash->size, sizeof(struct doca_flow_pipe_entry *));
	hash->members = calloc(hash->size, sizeof(struct doca_flow_pipe_entry *));
	if (hash->slots == NULL || hash->members == NULL)
		return DOCA_ERROR_NO_MEMORY;
	result = template_compile(NULL, fields_of, &pipe->match);
	if (result == DOCA_SUCCESS)
		result = hash_prepare(pipe, &spec->hash_algorithm);
	return result;
}

static void hash_demolish(struct doca_flow_pipe *pipe)
{
	struct hash_table *hash = table_of(pipe);

	free(hash->slots);
	free(hash->members);
	free(hash->copy);
}

static doca_error_t hash_compile(struct doca_flow_pipe *pipe, const struct entry_spec *spec,
				 struct doca_flow_pipe_entry **out)
{
	if (spec->index >= table_of(pipe)->size)
		return DOCA_ERROR_INVALID_VALUE;
	*out = entry_alloc(0);
	return *out != NULL ? DOCA_SUCCESS : DOCA_ERROR_NO_MEMORY;
}

static uint32_t member_position(const struct hash_table *hash, uint32_t index)
{
	uint32_t low = 0, high = hash->nr_members;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (hash->members[middle]->index < index)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static doca_error_t hash_insert(struct doca_flow_pipe_entry *entry)
{
	struct hash_table *hash = table_of(entry->pipe);
	uint32_t at;

	if (hash->slots[entry->index] != NULL)
		return DOCA_ERROR_ALREADY_EXIST;
	at = member_position(hash, entry->index);
	memmove(hash->members + at + 1, hash->members + at,
		(hash->nr_members - at) * sizeof(struct doca_flow_pipe_entry *));
	hash->members[at] = entry;
	hash->nr_members++;
	hash->slots[entry->index] = entry;
	return DOCA_SUCCESS;
}

static void hash_withdraw(struct doca_flow_pipe_entry *entry)
{
	struct hash_table *hash = table_of(entry->pipe);
	uint32_t at = member_position(hash, entry->index);

	hash->nr_members--;
	memmove(hash->members + at, hash->members + at + 1,
		(hash->nr_members - at) * sizeof(struct doca_flow_pipe_entry *));
	hash->slots[entry->index] = NULL;
}

static uint32_t algorithm_of(const struct way *way)
{
	return way->algorithm != 0 ? way->algorithm : way->pipe->spec.hash_algorithm;
}

/* The last bytes of the key as a number. */
static uint32_t identity(const struct template *template, const uint8_t *key)
{
	uint32_t number = 0;

	for (size_t i = 0; i < template->key_end; i++)
		number = number << 8 | key[i];
	return number;
}

static struct doca_flow_pipe_entry *hash_lookup(struct walk *walk, const struct way *way,
						struct packet *packet)
{
	const struct template *template = way->pipe->match;
	struct hash_table *hash = table_of(way->pipe);
	uint32_t algorithm = algorithm_of(way);
	uint64_t key[KEY_SIZE_MAX / 8];
	uint32_t number;

	switch (algorithm & CHOICES) {
	case DOCA_FLOW_PIPE_HASH_MAP_ALGORITHM_RANDOM:
		number = (uint32_t)(random_next(&walk->random) >> 32);
		break;
	case DOCA_FLOW_PIPE_HASH_MAP_ALGORITHM_ROUND_ROBIN:
		number = hash->turn++;
		break;
	case DOCA_FLOW_PIPE_HASH_MAP_ALGORITHM_IDENTITY:
		template_key_loose(template, packet, (uint8_t *)key);
		number = identity(template, (const uint8_t *)key);
		break;
	default:
		template_key_loose(template, packet, (uint8_t *)key);
		number = key_hash((const uint8_t *)key, template->key_size);
		packet->hash = DOCA_HTOBE32(number);
		break;
	}
	if ((algorithm & DOCA_FLOW_PIPE_HASH_MAP_ALGORITHM_SELECT_ENABLED) != 0)
		return hash->nr_members != 0 ? hash->members[number % hash->nr_members] : NULL;
	return hash->slots[number & (hash->size - 1)];
}

bool hash_floods(const struct way *way, struct doca_flow_pipe_entry *const **members, uint32_t *count)
{
	const struct hash_table *hash;

	if (way->pipe->spec.type != DOCA_FLOW_PIPE_HASH ||
	    (algorithm_of(way) & DOCA_FLOW_PIPE_HASH_MAP_ALGORITHM_FLOODING) == 0)
		return false;
	hash = table_of(way->pipe);
	*members = hash->members;
	*count = hash->nr_members;
	return true;
}

bool hash_copy(const struct doca_flow_pipe *pipe, const struct packet *packet, struct packet *copy)
{
	struct hash_table *hash = table_of(pipe);

	if (hash->copy_busy || packet->length > PACKET_LENGTH_MAX)
		return false;
	hash->copy_busy = true;
	*copy = *packet;
	copy->data = hash->copy + PACKET_HEADROOM;
	copy->headroom = PACKET_HEADROOM;
	copy->tailroom = (uint32_t)(COPY_ROOM - PACKET_HEADROOM) - packet->length;
	memcpy(copy->data, packet->data, packet->length);
	return true;
}

void hash_copy_done(const struct doca_flow_pipe *pipe)
{
	table_of(pipe)->copy_busy = false;
}

doca_error_t pipe_hash(const struct doca_flow_pipe *pipe, const struct doca_flow_match *match,
		       uint32_t *hash)
{
	uint64_t key[KEY_SIZE_MAX / 8];
	doca_error_t result;

	if (pipe->spec.type != DOCA_FLOW_PIPE_HASH)
		return DOCA_ERROR_NOT_SUPPORTED;
	result = template_entry_key(pipe->match, match, (uint8_t *)key);
	if (result == DOCA_SUCCESS)
		*hash = key_hash((const uint8_t *)key, pipe->match->key_size);
	return result;
}

static void hash_print_key(const struct doca_flow_pipe_entry *entry, FILE *to)
{
	fprintf(to, " index %u", entry->index);
}

const struct table_type hash_type = {
	.name = "hash",
	.build = hash_build,
	.demolish = hash_demolish,
	.compile = hash_compile,
	.insert = hash_insert,
	.withdraw = hash_withdraw,
	.lookup = hash_lookup,
	.print_key = hash_print_key,
};
