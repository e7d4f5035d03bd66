/* SPDX-License-Identifier: Apache-2.0 */
/* Neighbours: where destinations are, and who may send through a tunnel. */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "program_books.h"

struct neighbour_book *neighbour_by_key(const struct program *program,
					const struct hyp_neighbour_key *key)
{
	struct neighbour_book **book = hash_find(&program->neighbours, key);

	return book ? *book : NULL;
}

static const struct hyp_neighbour_value *row_of(const struct doca *doca,
						const struct hyp_neighbour_key *key)
{
	union hyp_address address;

	memcpy(&address, key->address, sizeof(address));
	return doca_tables_neighbour(doca->tables, key->network, &address);
}

static void leave(struct program *program, struct neighbour_book *neighbour)
{
	if (neighbour->endpoint != 0) {
		*neighbour->endpoint_place = neighbour->same_endpoint;
		if (neighbour->same_endpoint)
			neighbour->same_endpoint->endpoint_place = neighbour->endpoint_place;
		neighbour->endpoint = 0;
	}
	if (neighbour->tunnel)
		tunnel_unuse(program, neighbour->tunnel);
	neighbour->tunnel = NULL;
}

/* Puts it where its row says: among those of a local endpoint, or into a tunnel. */
static void enter(struct program *program, struct neighbour_book *neighbour,
		  const struct hyp_neighbour_value *row)
{
	if (row->vtep != 0) {
		if (row->vtep < HYP_VTEPS_MAX && neighbour->key.network < HYP_NETWORKS_MAX)
			neighbour->tunnel = tunnel_use(program, row->vtep, neighbour->key.network);
		return;
	}
	if (row->endpoint == 0 || row->endpoint >= HYP_ENDPOINTS_MAX)
		return;
	neighbour->endpoint = row->endpoint;
	neighbour->same_endpoint = program->neighbours_of[row->endpoint];
	neighbour->endpoint_place = &program->neighbours_of[row->endpoint];
	if (neighbour->same_endpoint)
		neighbour->same_endpoint->endpoint_place = &neighbour->same_endpoint;
	program->neighbours_of[row->endpoint] = neighbour;
}

static struct neighbour_book *open_book(struct program *program, const struct hyp_neighbour_key *key)
{
	struct neighbour_book *book = calloc(1, sizeof(*book));

	if (!book)
		return NULL;
	book->thing = (struct thing){ .kind = THING_NEIGHBOUR,
				      .count = NEIGHBOUR_SLOTS,
				      .slots = book->slots };
	book->key = *key;
	if (hash_put(&program->neighbours, key, &book) == 0)
		return book;
	free(book);
	return NULL;
}

void neighbour_touch(struct doca *doca, const struct hyp_neighbour_key *key)
{
	const struct hyp_neighbour_value *row = row_of(doca, key);
	struct neighbour_book *book = neighbour_by_key(doca->program, key);
	struct tunnel_book *former;

	if (!book && row)
		book = open_book(doca->program, key);
	if (!book)
		return; /* nothing to do, or no memory: program_run finds the row without a book */
	former = book->tunnel;
	if (former)
		former->users++; /* keeps it while it may be left and entered */
	leave(doca->program, book);
	if (row)
		enter(doca->program, book, row);
	if (former)
		tunnel_unuse(doca->program, former);
	thing_touch(doca->program, &book->thing);
}

/* IPv4 as tables have it; the address in wire order. */
static enum family address_of(const struct hyp_neighbour_key *key, uint32_t address[4])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (memcmp(key->address, mapped, sizeof(mapped)) != 0) {
		memcpy(address, key->address, 16);
		return IPV6;
	}
	memcpy(address, key->address + sizeof(mapped), 4);
	return IPV4;
}

static void want_local(const struct doca *doca, const struct neighbour_book *neighbour,
		       struct row *destination)
{
	const struct hyp_endpoint_value *row = doca_tables_endpoint(doca->tables, neighbour->endpoint);

	if (neighbour->endpoint == 0 || !row || row->network != neighbour->key.network ||
	    row->mode == HYP_MODE_QUARANTINE)
		return;
	destination->wanted = true;
	destination->effect.destination = neighbour->endpoint;
	destination->effect.identity = row->identity;
	destination->effect.policy = endpoint_policy(doca->program, row, SIDE_INGRESS);
}

/* Its own node asks its policy: none here, in either direction. */
static void want_remote(const struct neighbour_book *neighbour, const struct hyp_neighbour_value *row,
			struct row *rows)
{
	uint32_t remote = DOCA_REMOTE | row->vtep;
	struct row *guard = &rows[NEIGHBOUR_GUARD], *destination = &rows[NEIGHBOUR_DESTINATION];

	destination->wanted = true;
	destination->effect.destination = remote;
	destination->effect.identity = row->identity;
	guard->wanted = true;
	guard->match.source = doca_source(neighbour->key.network, remote);
	memcpy(guard->match.mac, row->mac, 6);
	guard->effect.identity = row->identity;
}

void neighbour_want(struct doca *doca, const struct neighbour_book *neighbour, struct row *rows)
{
	const struct hyp_neighbour_value *row = row_of(doca, &neighbour->key);
	struct row *guard = &rows[NEIGHBOUR_GUARD], *destination = &rows[NEIGHBOUR_DESTINATION];
	uint32_t address[4] = { 0 };
	enum family family = address_of(&neighbour->key, address);

	if (!row)
		return;
	if (row->vtep == 0)
		want_local(doca, neighbour, destination);
	else if (neighbour->tunnel)
		want_remote(neighbour, row, rows);
	destination->pipe = PIPE_DESTINATION4 + family;
	destination->match.source = doca_source(neighbour->key.network, 0);
	memcpy(destination->match.address, address, sizeof(address));
	guard->pipe = PIPE_GUARD4 + family;
	memcpy(guard->match.address, address, sizeof(address));
}

void neighbour_settled(struct program *program, struct neighbour_book *neighbour)
{
	struct hyp_neighbour_key key = neighbour->key;

	if (row_of(program->doca, &key) || !slots_empty(&neighbour->thing))
		return;
	leave(program, neighbour);
	hash_remove(&program->neighbours, &key);
	free(neighbour);
}
