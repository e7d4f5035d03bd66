/* SPDX-License-Identifier: Apache-2.0 */
/* Tunnels: a pair of VTEP and network for as long as a neighbour is behind it. */
#include <stdlib.h>
#include <string.h>

#include "program_books.h"

struct tunnel_book *tunnel_use(struct program *program, uint32_t vtep, uint32_t network)
{
	uint32_t key = META_TUNNEL_VALUE(vtep, network);
	struct tunnel_book **found = hash_find(&program->tunnels, &key), *book;

	if (found) {
		(*found)->users++;
		return *found;
	}
	book = calloc(1, sizeof(*book));
	if (!book)
		return NULL;
	book->thing = (struct thing){ .kind = THING_TUNNEL,
				      .count = TUNNEL_SLOTS,
				      .slots = book->slots };
	book->vtep = vtep;
	book->network = network;
	book->users = 1;
	if (hash_put(&program->tunnels, &key, &book) != 0) {
		free(book);
		return NULL;
	}
	book->next = program->first_tunnel;
	book->place = &program->first_tunnel;
	if (book->next)
		book->next->place = &book->next;
	program->first_tunnel = book;
	thing_touch(program, &book->thing);
	return book;
}

void tunnel_unuse(struct program *program, struct tunnel_book *tunnel)
{
	tunnel->users--;
	if (tunnel->users == 0)
		thing_touch(program, &tunnel->thing);
}

void tunnels_each(const struct program *program, uint32_t vtep, uint32_t network, visit_thing visit,
		  void *context)
{
	for (struct tunnel_book *tunnel = program->first_tunnel; tunnel; tunnel = tunnel->next) {
		if ((vtep == 0 || tunnel->vtep == vtep) && (network == 0 || tunnel->network == network))
			visit(context, &tunnel->thing);
	}
}

static void want_decap(const struct tunnel_book *tunnel, const struct hyp_vtep_value *remote,
		       const struct hyp_uplink_value *local, uint32_t vni, struct row *row)
{
	row->wanted = true;
	row->pipe = PIPE_TUNNEL;
	row->match.address[0] = remote->ipv4;
	row->match.local = local->ipv4;
	row->match.vni = vni;
	row->effect.pkt_meta =
		meta(META_FROM_TUNNEL, META_TUNNEL_VALUE(tunnel->vtep, tunnel->network));
	row->effect.source = doca_source(tunnel->network, DOCA_REMOTE | tunnel->vtep);
}

static void want_encap(const struct tunnel_book *tunnel, const struct hyp_vtep_value *remote,
		       const struct hyp_uplink_value *local, uint32_t vni, struct row *row)
{
	row->wanted = true;
	row->pipe = PIPE_ENCAP;
	row->match.source = doca_source(tunnel->network, 0);
	row->match.destination = DOCA_REMOTE | tunnel->vtep;
	row->effect.local = local->ipv4;
	row->effect.remote = remote->ipv4;
	row->effect.vni = vni;
	memcpy(row->effect.local_mac, local->mac, 6);
	memcpy(row->effect.remote_mac, remote->mac, 6);
}

void tunnel_want(struct doca *doca, const struct tunnel_book *tunnel, struct row *rows)
{
	const struct port_book *uplink = doca->program->ports[DOCA_UPLINK_PORT];
	const struct hyp_network_value *network = doca_tables_network(doca->tables, tunnel->network);
	const struct hyp_vtep_value *remote = doca_tables_vtep(doca->tables, tunnel->vtep);
	const struct hyp_uplink_value *local =
		uplink ? doca_tables_uplink(doca->tables, uplink->ifindex) : NULL;

	if (tunnel->users == 0 || !network || network->vni == 0 || !remote || !local)
		return;
	source_want(meta(META_FROM_TUNNEL, META_TUNNEL_VALUE(tunnel->vtep, tunnel->network)), true, rows);
	want_decap(tunnel, remote, local, network->vni, &rows[TUNNEL_DECAP]);
	want_encap(tunnel, remote, local, network->vni, &rows[TUNNEL_ENCAP]);
}

void tunnel_settled(struct program *program, struct tunnel_book *tunnel)
{
	uint32_t key = META_TUNNEL_VALUE(tunnel->vtep, tunnel->network);

	if (tunnel->users != 0 || !slots_empty(&tunnel->thing))
		return;
	*tunnel->place = tunnel->next;
	if (tunnel->next)
		tunnel->next->place = tunnel->place;
	hash_remove(&program->tunnels, &key);
	free(tunnel);
}
