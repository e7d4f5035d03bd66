/* SPDX-License-Identifier: Apache-2.0 */
/* Entries by their keys: a hash table that grows. Keys are multiples of 8 bytes, all of one size. */
#ifndef SOFTNIC_KEYMAP_H
#define SOFTNIC_KEYMAP_H

#include "pipe.h"

struct keymap {
	struct doca_flow_pipe_entry **buckets; /* NULL until the first insertion */
	uint32_t mask;
	uint32_t count;
	size_t key_size;
};

uint32_t key_hash(const uint8_t *key, size_t size);

void keymap_init(struct keymap *map, size_t key_size);
void keymap_destroy(struct keymap *map);
struct doca_flow_pipe_entry *keymap_find(const struct keymap *map, const uint8_t *key);
/* ALREADY_EXIST, NO_MEMORY. */
doca_error_t keymap_insert(struct keymap *map, struct doca_flow_pipe_entry *entry);
/* Of an entry that is in. */
void keymap_remove(struct keymap *map, struct doca_flow_pipe_entry *entry);

#endif
