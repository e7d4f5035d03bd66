/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "keymap.h"

#define FIRST_BUCKETS 16u

uint32_t key_hash(const uint8_t *key, size_t size)
{
	uint64_t hash = 0x9e3779b97f4a7c15u ^ size;

	for (size_t at = 0; at < size; at += 8) {
		uint64_t word;

		memcpy(&word, key + at, sizeof(word));
		hash = (hash ^ word) * 0xff51afd7ed558ccdu;
		hash ^= hash >> 32;
	}
	hash *= 0xc4ceb9fe1a85ec53u;
	return (uint32_t)(hash >> 32);
}

void keymap_init(struct keymap *map, size_t key_size)
{
	*map = (struct keymap){ .key_size = key_size };
}

void keymap_destroy(struct keymap *map)
{
	free(map->buckets);
}

struct doca_flow_pipe_entry *keymap_find(const struct keymap *map, const uint8_t *key)
{
	struct doca_flow_pipe_entry *entry;

	if (map->count == 0)
		return NULL;
	entry = map->buckets[key_hash(key, map->key_size) & map->mask];
	while (entry != NULL && memcmp(entry->key, key, map->key_size) != 0)
		entry = entry->table_next;
	return entry;
}

static void link_entry(struct keymap *map, struct doca_flow_pipe_entry *entry)
{
	struct doca_flow_pipe_entry **bucket =
		&map->buckets[key_hash(entry->key, map->key_size) & map->mask];

	entry->table_next = *bucket;
	*bucket = entry;
}

static doca_error_t grow(struct keymap *map)
{
	uint32_t old = map->buckets != NULL ? map->mask + 1 : 0;
	uint32_t size = old != 0 ? 2 * old : FIRST_BUCKETS;
	struct doca_flow_pipe_entry **buckets = calloc(size, sizeof(struct doca_flow_pipe_entry *));
	struct doca_flow_pipe_entry **before = map->buckets;

	if (buckets == NULL)
		return DOCA_ERROR_NO_MEMORY;
	map->buckets = buckets;
	map->mask = size - 1;
	for (uint32_t i = 0; i < old; i++) {
		struct doca_flow_pipe_entry *entry = before[i];

		while (entry != NULL) {
			struct doca_flow_pipe_entry *next = entry->table_next;

			link_entry(map, entry);
			entry = next;
		}
	}
	free(before);
	return DOCA_SUCCESS;
}

doca_error_t keymap_insert(struct keymap *map, struct doca_flow_pipe_entry *entry)
{
	if (keymap_find(map, entry->key) != NULL)
		return DOCA_ERROR_ALREADY_EXIST;
	if (map->buckets == NULL || map->count > map->mask) {
		doca_error_t result = grow(map);

		if (result != DOCA_SUCCESS)
			return result;
	}
	link_entry(map, entry);
	map->count++;
	return DOCA_SUCCESS;
}

void keymap_remove(struct keymap *map, struct doca_flow_pipe_entry *entry)
{
	struct doca_flow_pipe_entry **link =
		&map->buckets[key_hash(entry->key, map->key_size) & map->mask];

	while (*link != entry)
		link = &(*link)->table_next;
	*link = entry->table_next;
	map->count--;
}
