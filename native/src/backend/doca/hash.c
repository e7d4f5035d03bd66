/* SPDX-License-Identifier: Apache-2.0 */
#include "hash.h"

#include <errno.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define CHAINS_MIN 64u

struct hash_row {
	struct hash_row *next;  /* of its chain */
	struct hash_row *older, *newer;
	alignas(8) uint8_t bytes[]; /* value, then key: values hold words of 8 bytes */
};

static uint64_t rotate(uint64_t word, int by)
{
	return word << by | word >> (64 - by);
}

static void mix(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[0] = rotate(v[0], 32);
	v[2] += v[3];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[2] = rotate(v[2], 32);
}

static void absorb(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	mix(v);
	v[0] ^= word;
}

/* SipHash-1-3 (Aumasson, Bernstein) of a key. */
static uint32_t chain_of(const struct hash *hash, const void *key)
{
	uint64_t v[4] = {
		hash->secret[0] ^ 0x736f6d6570736575u,
		hash->secret[1] ^ 0x646f72616e646f6du,
		hash->secret[0] ^ 0x6c7967656e657261u,
		hash->secret[1] ^ 0x7465646279746573u,
	};
	const uint8_t *bytes = key;
	uint64_t last = (uint64_t)hash->key_size << 56;
	uint32_t half = 0;

	for (uint32_t at = 0; at + 8 <= hash->key_size; at += 8) {
		uint64_t word;

		memcpy(&word, bytes + at, sizeof(word));
		absorb(v, word);
	}
	if (hash->key_size % 8 != 0)
		memcpy(&half, bytes + hash->key_size - 4, sizeof(half));
	absorb(v, last | half);
	v[2] ^= 0xff;
	mix(v);
	mix(v);
	mix(v);
	return (uint32_t)(v[0] ^ v[1] ^ v[2] ^ v[3]) & hash->mask;
}

static uint8_t *key_of(const struct hash *hash, struct hash_row *row)
{
	return row->bytes + hash->value_size;
}

int hash_init(struct hash *hash)
{
	if (getrandom(hash->secret, sizeof(hash->secret), 0) != sizeof(hash->secret))
		return -errno;
	hash->chains = calloc(CHAINS_MIN, sizeof(struct hash_row *));
	if (!hash->chains)
		return -ENOMEM;
	hash->mask = CHAINS_MIN - 1;
	hash->count = 0;
	hash->oldest = NULL;
	hash->newest = NULL;
	return 0;
}

void hash_free(struct hash *hash)
{
	struct hash_row *row = hash->oldest;

	while (row) {
		struct hash_row *newer = row->newer;

		free(row);
		row = newer;
	}
	free(hash->chains);
	hash->chains = NULL;
	hash->oldest = NULL;
	hash->newest = NULL;
}

/* Where the row of a key hangs, or would: the pointer to it. */
static struct hash_row **place_of(const struct hash *hash, const void *key)
{
	struct hash_row **place = &hash->chains[chain_of(hash, key)];

	while (*place && memcmp(key_of(hash, *place), key, hash->key_size) != 0)
		place = &(*place)->next;
	return place;
}

static void age_append(struct hash *hash, struct hash_row *row)
{
	row->older = hash->newest;
	row->newer = NULL;
	if (hash->newest)
		hash->newest->newer = row;
	else
		hash->oldest = row;
	hash->newest = row;
}

static void age_take_out(struct hash *hash, struct hash_row *row)
{
	if (row->older)
		row->older->newer = row->newer;
	else
		hash->oldest = row->newer;
	if (row->newer)
		row->newer->older = row->older;
	else
		hash->newest = row->older;
}

void *hash_find(const struct hash *hash, const void *key)
{
	struct hash_row *row = *place_of(hash, key);

	return row ? row->bytes : NULL;
}

void *hash_use(struct hash *hash, const void *key)
{
	struct hash_row *row = *place_of(hash, key);

	if (!row)
		return NULL;
	if (row != hash->newest) {
		age_take_out(hash, row);
		age_append(hash, row);
	}
	return row->bytes;
}

static void remove_at(struct hash *hash, struct hash_row **place)
{
	struct hash_row *row = *place;

	*place = row->next;
	age_take_out(hash, row);
	hash->count--;
	free(row);
}

/* Twice the chains, once there are as many rows. Without the memory they just get longer. */
static void grow(struct hash *hash)
{
	uint32_t chains = (hash->mask + 1) * 2;
	struct hash_row **grown = calloc(chains, sizeof(struct hash_row *));

	if (!grown)
		return;
	free(hash->chains);
	hash->chains = grown;
	hash->mask = chains - 1;
	for (struct hash_row *row = hash->oldest; row; row = row->newer) {
		struct hash_row **chain = &grown[chain_of(hash, key_of(hash, row))];

		row->next = *chain;
		*chain = row;
	}
}

static void evict(struct hash *hash)
{
	struct hash_row *row = hash->oldest;

	if (hash->evicted)
		hash->evicted(hash->context, key_of(hash, row), row->bytes);
	remove_at(hash, place_of(hash, key_of(hash, row)));
}

int hash_put(struct hash *hash, const void *key, const void *value)
{
	void *present = hash->evicts ? hash_use(hash, key) : hash_find(hash, key);
	struct hash_row **chain, *row;

	if (present) {
		memcpy(present, value, hash->value_size);
		return 0;
	}
	if (hash->count >= hash->limit && !hash->evicts)
		return -E2BIG;
	row = malloc(sizeof(*row) + hash->value_size + hash->key_size);
	if (!row)
		return -ENOMEM;
	if (hash->count >= hash->limit)
		evict(hash);
	if (hash->count > hash->mask)
		grow(hash);
	memcpy(row->bytes, value, hash->value_size);
	memcpy(key_of(hash, row), key, hash->key_size);
	chain = &hash->chains[chain_of(hash, key)];
	row->next = *chain;
	*chain = row;
	age_append(hash, row);
	hash->count++;
	return 0;
}

bool hash_remove(struct hash *hash, const void *key)
{
	struct hash_row **place = place_of(hash, key);

	if (!*place)
		return false;
	remove_at(hash, place);
	return true;
}

void hash_each(const struct hash *hash, hash_visit row, void *context)
{
	for (struct hash_row *each = hash->oldest; each; each = each->newer)
		row(context, key_of(hash, each), each->bytes);
}
