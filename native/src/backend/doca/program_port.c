/* SPDX-License-Identifier: Apache-2.0 */
/* Ports: who sends through them, and how software sends to them. */
#include <errno.h>
#include <stdlib.h>

#include "program_books.h"

struct port_book *port_by_ifindex(const struct program *program, uint32_t ifindex)
{
	struct port_book **port = hash_find(&program->port_of_ifindex, &ifindex);

	return port ? *port : NULL;
}

void source_want(uint32_t pkt_meta, bool denies, struct row *rows)
{
	static const enum nic_pipe pipes[SOURCE_SLOTS] = {
		[SOURCE_PUNT_METER] = PIPE_PUNT_METER,
		[SOURCE_PUNT_LIMITED] = PIPE_PUNT_LIMITED,
		[SOURCE_DENY_INGRESS] = PIPE_DENY_METER_INGRESS,
	};

	for (uint32_t slot = 0; slot < SOURCE_SLOTS; slot++) {
		rows[slot].wanted = denies || slot != SOURCE_DENY_INGRESS;
		rows[slot].pipe = pipes[slot];
		rows[slot].match.pkt_meta = pkt_meta;
	}
}

/* ROOT of a representor: as far as its endpoint may go. */
static void want_root(const struct doca *doca, const struct port_book *port, struct row *root)
{
	const struct hyp_endpoint_value *sender = doca_tables_endpoint(doca->tables, port->sender);

	root->wanted = true;
	root->pipe = PIPE_ROOT;
	root->match.port_id = port->id;
	root->effect.pkt_meta = meta(META_FROM_PORT, port->id);
	root->effect.next = PIPE_PUNT_METER;
	if (port->sender == 0 || !sender || sender->mode == HYP_MODE_QUARANTINE)
		return;
	root->effect.source = doca_source(sender->network, port->sender);
	root->effect.next = sender->rate[HYP_EGRESS] != 0 ? PIPE_METER_TX : PIPE_CLASS;
}

static void want_uplink(const struct doca *doca, const struct port_book *port, struct row *rows)
{
	const struct hyp_uplink_value *uplink = doca_tables_uplink(doca->tables, port->ifindex);
	struct row *root = &rows[PORT_ROOT];

	root->wanted = true;
	root->pipe = PIPE_ROOT;
	root->match.port_id = port->id;
	root->effect.pkt_meta = meta(META_FROM_WIRE, 0);
	root->effect.next = PIPE_UPLINK;
	source_want(meta(META_FROM_WIRE, 0), false, rows);
	if (!uplink || uplink->ipv4 == 0)
		return;
	rows[PORT_UPLINK].wanted = true;
	rows[PORT_UPLINK].pipe = PIPE_UPLINK;
	rows[PORT_UPLINK].match.local = uplink->ipv4;
}

void port_want(struct doca *doca, const struct port_book *port, struct row *rows)
{
	if (!port->attached)
		return;
	rows[PORT_SEND].wanted = true;
	rows[PORT_SEND].pipe = PIPE_EGRESS_ROOT;
	rows[PORT_SEND].match.pkt_meta = meta(META_SEND, port->id);
	rows[PORT_SEND].effect.port_id = port->id;
	if (port->id == DOCA_UPLINK_PORT) {
		want_uplink(doca, port, rows);
		return;
	}
	want_root(doca, port, &rows[PORT_ROOT]);
	source_want(meta(META_FROM_PORT, port->id), true, rows);
	rows[PORT_DENY_EGRESS].wanted = true;
	rows[PORT_DENY_EGRESS].pipe = PIPE_DENY_METER_EGRESS;
	rows[PORT_DENY_EGRESS].match.pkt_meta = meta(META_FROM_PORT, port->id);
}

/* The endpoint behind the port, by the tables. What the port counted so far was the former one's. */
static void place(struct doca *doca, struct port_book *port)
{
	struct program *program = doca->program;
	uint32_t sender = port->attached && port->id != DOCA_UPLINK_PORT
				  ? doca_tables_endpoint_of_port(doca->tables, port->ifindex,
								 HYP_PORT_VF)
				  : 0;

	if (sender >= HYP_ENDPOINTS_MAX)
		sender = 0;
	if (sender == port->sender)
		return;
	slots_count(program, &port->thing);
	if (port->sender != 0) {
		*port->sender_place = port->same_sender;
		if (port->same_sender)
			port->same_sender->sender_place = port->sender_place;
	}
	port->sender = sender;
	if (sender == 0)
		return;
	port->same_sender = program->ports_of[sender];
	port->sender_place = &program->ports_of[sender];
	if (port->same_sender)
		port->same_sender->sender_place = &port->same_sender;
	program->ports_of[sender] = port;
}

void port_touch(struct doca *doca, uint32_t ifindex)
{
	struct port_book *port = port_by_ifindex(doca->program, ifindex);

	if (!port)
		return; /* not attached: program_attach will look */
	place(doca, port);
	thing_touch(doca->program, &port->thing);
}

void port_book_free(struct program *program, struct port_book *port)
{
	program->ports[port->id] = NULL;
	free(port);
}

void port_settled(struct program *program, struct port_book *port)
{
	if (!port->attached && slots_empty(&port->thing))
		port_book_free(program, port);
}

static int open_book(struct program *program, struct doca_port *port, struct port_book **out)
{
	struct port_book *book = program->ports[port->id];
	int result;

	if (!book) {
		book = calloc(1, sizeof(*book));
		if (!book)
			return -ENOMEM;
		book->thing = (struct thing){ .kind = THING_PORT,
					      .count = PORT_SLOTS,
					      .slots = book->slots };
		book->id = port->id;
		program->ports[port->id] = book;
	}
	if (!book->attached) {
		result = hash_put(&program->port_of_ifindex, &port->ifindex, &book);
		if (result != 0) {
			port_settled(program, book);
			return result;
		}
		book->ifindex = port->ifindex;
		book->attached = true;
	}
	*out = book;
	return 0;
}

/* Whoever is delivered to this netdev: his way there comes or goes. */
static void touch_receivers(struct doca *doca, uint32_t ifindex)
{
	struct program *program = doca->program;

	for (uint32_t i = 1; i < HYP_ENDPOINTS_MAX; i++) {
		const struct hyp_endpoint_value *row = doca_tables_endpoint(doca->tables, i);

		if (!program->endpoints[i] || !row || row->port != ifindex)
			continue;
		endpoint_place(doca, program->endpoints[i]);
		thing_touch(program, &program->endpoints[i]->thing);
	}
}

/* The first failure among the port and who is delivered to it. */
static int result_of(const struct doca *doca, uint16_t id, uint32_t ifindex)
{
	const struct program *program = doca->program;
	int result = program->ports[id] ? program->ports[id]->thing.result : 0;

	for (uint32_t i = 1; result == 0 && i < HYP_ENDPOINTS_MAX; i++) {
		const struct hyp_endpoint_value *row = doca_tables_endpoint(doca->tables, i);

		if (program->endpoints[i] && row && row->port == ifindex)
			result = program->endpoints[i]->thing.result;
	}
	return result;
}

int program_attach(struct doca *doca, struct doca_port *port)
{
	struct port_book *book;
	int result = open_book(doca->program, port, &book);

	if (result != 0)
		return result;
	place(doca, book);
	thing_touch(doca->program, &book->thing);
	touch_receivers(doca, port->ifindex);
	program_run(doca, NULL, 0, NULL, NULL);
	return result_of(doca, port->id, port->ifindex);
}

int program_detach(struct doca *doca, struct doca_port *port)
{
	struct program *program = doca->program;
	struct port_book *book = program->ports[port->id];

	if (book && book->attached) {
		hash_remove(&program->port_of_ifindex, &book->ifindex);
		book->attached = false;
		place(doca, book);
		thing_touch(program, &book->thing);
	}
	/* Also when the port's own entries are gone already, and those to it failed to go. */
	touch_receivers(doca, port->ifindex);
	program_run(doca, NULL, 0, NULL, NULL);
	return result_of(doca, port->id, port->ifindex);
}

uint32_t program_send_meta(const struct doca *doca, uint32_t sender, const struct doca_port *port)
{
	static const enum endpoint_slot way[] = { ENDPOINT_EGRESS_ROOT, ENDPOINT_METER_SEND,
						  ENDPOINT_SEND };
	const struct port_book *book = doca->program->ports[port->id];
	const struct endpoint_book *receiver;

	if (!book || book->receiver == 0)
		return meta(META_SEND, port->id);
	receiver = doca->program->endpoints[book->receiver];
	for (uint32_t i = 0; receiver && i < sizeof(way) / sizeof(way[0]); i++) {
		if (receiver->slots[way[i]].entry.state != ENTRY_PRESENT)
			return meta(META_SEND, port->id);
	}
	return receiver ? meta(META_SEND_METERED, META_METERED_VALUE(sender, book->receiver))
			: meta(META_SEND, port->id);
}
