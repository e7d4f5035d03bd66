/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hash table of rows of one size, with a limit. Rows stay where they are until they are removed.
 * Keys come off the wire, so their hash is keyed: nobody can aim at one chain.
 */
#ifndef HYPERION_DOCA_HASH_H
#define HYPERION_DOCA_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hash_row;

/* A row that has to make room for another is about to go. */
typedef void (*hash_evicted)(void *context, const void *key, const void *value);

struct hash {
	uint32_t key_size; /* multiple of 4; keys have no hidden padding */
	uint32_t value_size;
	uint32_t limit; /* rows */
	bool evicts;    /* at the limit the row least recently used makes room */
	hash_evicted evicted; /* may be NULL */
	void *context;

	uint64_t secret[2];
	struct hash_row **chains;
	uint32_t mask; /* chains - 1 */
	uint32_t count;
	struct hash_row *oldest, *newest; /* by use if it evicts, else by insertion */
};

/* Fills in what is below the blank line of an otherwise complete table. 0 or -errno. */
int hash_init(struct hash *hash);
void hash_free(struct hash *hash);

/* The value of a key, or NULL. Looking is not using. */
void *hash_find(const struct hash *hash, const void *key);

/* The same, as a use: the row is now the newest of a table that evicts. */
void *hash_use(struct hash *hash, const void *key);

/* Puts a copy of the row, in place of one of this key. 0, -E2BIG at the limit, or -ENOMEM. */
int hash_put(struct hash *hash, const void *key, const void *value);

/* Whether it was there. */
bool hash_remove(struct hash *hash, const void *key);

/* Calls `row` for each, oldest first. It must not change the table. */
typedef void (*hash_visit)(void *context, const void *key, const void *value);
void hash_each(const struct hash *hash, hash_visit row, void *context);

#endif
