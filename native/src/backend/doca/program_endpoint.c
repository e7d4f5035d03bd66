/* SPDX-License-Identifier: Apache-2.0 */
/* Endpoints: what they may send from, their rates, their posture. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "assumptions.h"
#include "policy.h"

#define ETHERNET_HEADER_BYTES 14u
#define MTU_DEFAULT 1500u /* of a network that there is no row of */

static const struct hyp_endpoint_value *row_of(const struct doca *doca, uint32_t endpoint)
{
	const struct hyp_endpoint_value *row = doca_tables_endpoint(doca->tables, endpoint);

	return row && row->mode != HYP_MODE_QUARANTINE ? row : NULL;
}

/* Policy of an endpoint that is audited is for software to report. */
static bool enforces(const struct hyp_endpoint_value *row)
{
	return row->mode == HYP_MODE_ENFORCE;
}

static bool posture_denies(const struct hyp_endpoint_value *row, enum side side)
{
	return row->flags & (side == SIDE_EGRESS ? HYP_ENDPOINT_EGRESS_DENY : HYP_ENDPOINT_INGRESS_DENY);
}

uint32_t endpoint_policy(const struct program *program, const struct hyp_endpoint_value *row,
			 enum side side)
{
	if (!enforces(row) || row->prefix_lengths[side] == 0 || !policy_complete(program, row, side))
		return 0;
	return row->policy;
}

void endpoint_place(struct doca *doca, struct endpoint_book *endpoint)
{
	const struct hyp_endpoint_value *row = doca_tables_endpoint(doca->tables, endpoint->index);
	struct port_book *home = row ? port_by_ifindex(doca->program, row->port) : NULL;

	if (home && home->id == DOCA_UPLINK_PORT) /* nobody lives on the wire */
		home = NULL;
	if (endpoint->home && endpoint->home != home && endpoint->home->receiver == endpoint->index)
		endpoint->home->receiver = 0;
	if (home)
		home->receiver = endpoint->index;
	endpoint->home = home;
}

/* Everything that has a word of this endpoint in it. */
static void touch_dependents(struct program *program, uint32_t endpoint)
{
	for (struct port_book *port = program->ports_of[endpoint]; port; port = port->same_sender)
		thing_touch(program, &port->thing);
	for (struct neighbour_book *neighbour = program->neighbours_of[endpoint]; neighbour;
	     neighbour = neighbour->same_endpoint)
		thing_touch(program, &neighbour->thing);
}

/* When an endpoint is deleted, the counters of its index restart, and the next one there owes nothing:
 * its meters, if it has the same rates, are to be filled. */
static void restart(struct program *program, struct endpoint_book *endpoint)
{
	for (enum meter_use use = 0; use < METER_USES; use++)
		endpoint->meter[use].rate = 0; /* no rate that is asked for: meter_set will */
	slots_count(program, &endpoint->thing);
	for (struct port_book *port = program->ports_of[endpoint->index]; port; port = port->same_sender)
		slots_count(program, &port->thing);
	memset(program->drops[endpoint->index], 0, sizeof(program->drops[endpoint->index]));
}

void endpoint_touch(struct doca *doca, uint32_t endpoint, bool deleted)
{
	struct program *program = doca->program;
	struct endpoint_book *book;

	if (endpoint == 0 || endpoint >= HYP_ENDPOINTS_MAX)
		return;
	book = program->endpoints[endpoint];
	if (!book && doca_tables_endpoint(doca->tables, endpoint)) {
		book = calloc(1, sizeof(*book));
		if (!book)
			return; /* program_run finds the row without a book */
		book->thing = (struct thing){ .kind = THING_ENDPOINT,
					      .count = ENDPOINT_SLOTS,
					      .slots = book->slots };
		book->index = endpoint;
		program->endpoints[endpoint] = book;
	}
	if (book) {
		if (deleted)
			restart(program, book);
		endpoint_place(doca, book);
		thing_touch(program, &book->thing);
	}
	touch_dependents(program, endpoint);
}

/* A meter lends nothing, unlike the token bucket of software: the largest packet must fit its burst. */
static uint64_t burst_of(const struct doca *doca, const struct hyp_endpoint_value *row,
			 enum hyp_direction direction)
{
	const struct hyp_network_value *network = doca_tables_network(doca->tables, row->network);
	uint64_t packet = (network ? network->mtu : MTU_DEFAULT) + ETHERNET_HEADER_BYTES;

	return row->burst[direction] > packet ? row->burst[direction] : packet;
}

int endpoint_prepare(struct doca *doca, struct endpoint_book *endpoint, struct hyp_error *error)
{
	static const enum hyp_direction directions[METER_USES] = {
		[METER_OF_TX] = HYP_EGRESS,
		[METER_OF_RX] = HYP_INGRESS,
		[METER_OF_SEND] = HYP_INGRESS,
	};
	const struct hyp_endpoint_value *row = row_of(doca, endpoint->index);
	int failed = 0;

	for (enum meter_use use = 0; row && use < METER_USES; use++) {
		enum hyp_direction direction = directions[use];
		int result;

		if (row->rate[direction] == 0 || (use == METER_OF_SEND && ASSUME_METERS_CROSS_DOMAINS))
			continue;
		result = meter_set(doca, &endpoint->meter[use], row->rate[direction],
				   burst_of(doca, row, direction));
		if (result == 0)
			continue;
		program_tell(doca->program, error, result, "shared meters",
			     doca->program->meters.taken, doca->program->meters.size);
		failed = result;
	}
	return failed;
}

static void want_guard(struct row *row, enum nic_pipe pipe, const struct endpoint_book *endpoint,
		       const struct hyp_endpoint_value *value, const void *address, size_t bytes,
		       uint32_t policy)
{
	row->wanted = true;
	row->pipe = pipe;
	row->match.source = doca_source(value->network, endpoint->index);
	memcpy(row->match.mac, value->mac, 6);
	memcpy(row->match.address, address, bytes);
	row->effect.policy = policy;
	row->effect.identity = value->identity;
}

/* The address that a MAC implies (RFC 4291 appendix A). */
static void link_local(const uint8_t *mac, uint8_t address[16])
{
	memset(address, 0, 16);
	address[0] = 0xfe;
	address[1] = 0x80;
	address[8] = mac[0] ^ 2;
	address[9] = mac[1];
	address[10] = mac[2];
	address[11] = 0xff;
	address[12] = 0xfe;
	address[13] = mac[3];
	address[14] = mac[4];
	address[15] = mac[5];
}

static void want_guards(const struct doca *doca, const struct endpoint_book *endpoint,
			const struct hyp_endpoint_value *value, struct row *rows)
{
	uint32_t policy = endpoint_policy(doca->program, value, SIDE_EGRESS);
	static const uint8_t none[16];
	uint8_t implied[16];

	link_local(value->mac, implied);
	want_guard(&rows[ENDPOINT_GUARD_LINK_LOCAL], PIPE_GUARD6, endpoint, value, implied, 16, policy);
	if (value->ipv4 != 0)
		want_guard(&rows[ENDPOINT_GUARD4], PIPE_GUARD4, endpoint, value, &value->ipv4, 4, policy);
	if (memcmp(value->ipv6, none, 16) != 0 && memcmp(value->ipv6, implied, 16) != 0)
		want_guard(&rows[ENDPOINT_GUARD6], PIPE_GUARD6, endpoint, value, value->ipv6, 16, policy);
}

/* Rows that say which endpoint in u32[4], u32[5] or pkt_meta. */
static void want_tx(struct row *row, enum nic_pipe pipe, const struct endpoint_book *endpoint)
{
	row->wanted = true;
	row->pipe = pipe;
	row->match.source = endpoint->index;
}

static void want_rx(struct row *row, enum nic_pipe pipe, const struct endpoint_book *endpoint)
{
	row->wanted = true;
	row->pipe = pipe;
	row->match.destination = endpoint->index;
}

static void want_send(struct row *row, enum nic_pipe pipe, uint32_t sender, uint32_t receiver)
{
	row->wanted = true;
	row->pipe = pipe;
	row->match.pkt_meta = meta(META_SEND_METERED, META_METERED_VALUE(sender, receiver));
}

static void want_rates(const struct endpoint_book *endpoint, const struct hyp_endpoint_value *value,
		       struct row *rows)
{
	const struct meter *tx = &endpoint->meter[METER_OF_TX], *rx = &endpoint->meter[METER_OF_RX];
	const struct meter *send = ASSUME_METERS_CROSS_DOMAINS ? rx : &endpoint->meter[METER_OF_SEND];

	if (value->rate[HYP_EGRESS] != 0 && tx->set) {
		want_tx(&rows[ENDPOINT_METER_TX], PIPE_METER_TX, endpoint);
		rows[ENDPOINT_METER_TX].effect.meter = tx->id;
		want_tx(&rows[ENDPOINT_TX_LIMITED], PIPE_TX_LIMITED, endpoint);
	}
	/* As a sender to whoever has an ingress rate. */
	want_tx(&rows[ENDPOINT_RX_UNDELIVERED], PIPE_RX_UNDELIVERED, endpoint);
	want_send(&rows[ENDPOINT_SEND_UNDELIVERED], PIPE_SEND_UNDELIVERED, endpoint->index, 0);
	if (!endpoint->home)
		return;
	want_rx(&rows[ENDPOINT_DELIVER], PIPE_DELIVER, endpoint);
	rows[ENDPOINT_DELIVER].effect.port_id = endpoint->home->id;
	if (value->rate[HYP_INGRESS] == 0 || !rx->set || !send->set)
		return;
	want_rx(&rows[ENDPOINT_METER_RX], PIPE_METER_RX, endpoint);
	rows[ENDPOINT_METER_RX].effect.meter = rx->id;
	want_rx(&rows[ENDPOINT_RX_LIMITED], PIPE_RX_LIMITED, endpoint);
	want_send(&rows[ENDPOINT_EGRESS_ROOT], PIPE_EGRESS_ROOT, 0, endpoint->index);
	want_send(&rows[ENDPOINT_METER_SEND], PIPE_METER_SEND, 0, endpoint->index);
	rows[ENDPOINT_METER_SEND].effect.meter = send->id;
	want_send(&rows[ENDPOINT_SEND], PIPE_SEND, 0, endpoint->index);
	rows[ENDPOINT_SEND].effect.port_id = endpoint->home->id;
	want_send(&rows[ENDPOINT_SEND_LIMITED], PIPE_SEND_LIMITED, 0, endpoint->index);
}

static void want_posture(const struct doca *doca, const struct endpoint_book *endpoint,
			 const struct hyp_endpoint_value *value, enum side side, struct row *rows)
{
	void (*want)(struct row *, enum nic_pipe, const struct endpoint_book *) =
		side == SIDE_EGRESS ? want_tx : want_rx;

	if (!enforces(value))
		return;
	if (posture_denies(value, side) || value->prefix_lengths[side] != 0)
		want(&rows[ENDPOINT_DENIED + side], PIPE_DENIED_EGRESS + side, endpoint);
	/* It decides what no row decided: all of them must be there. */
	if (posture_denies(value, side) && (value->prefix_lengths[side] == 0 ||
					    policy_complete(doca->program, value, side)))
		want(&rows[ENDPOINT_POSTURE + side], pipe_posture(side), endpoint);
}

void endpoint_want(struct doca *doca, const struct endpoint_book *endpoint, struct row *rows)
{
	const struct hyp_endpoint_value *value = row_of(doca, endpoint->index);

	if (!value)
		return;
	want_guards(doca, endpoint, value, rows);
	want_rates(endpoint, value, rows);
	want_posture(doca, endpoint, value, SIDE_EGRESS, rows);
	want_posture(doca, endpoint, value, SIDE_INGRESS, rows);
}

static bool uses_meter(const struct endpoint_book *endpoint, uint32_t id)
{
	static const enum endpoint_slot users[] = { ENDPOINT_METER_TX, ENDPOINT_METER_RX,
						    ENDPOINT_METER_SEND };

	for (uint32_t i = 0; i < sizeof(users) / sizeof(users[0]); i++) {
		const struct slot *slot = &endpoint->slots[users[i]];

		if (slot->entry.state != ENTRY_ABSENT && slot->row.effect.meter == id)
			return true;
	}
	return false;
}

void endpoint_settled(struct program *program, struct endpoint_book *endpoint)
{
	bool exists = doca_tables_endpoint(program->doca->tables, endpoint->index) != NULL;

	for (enum meter_use use = 0; use < METER_USES; use++) {
		struct meter *meter = &endpoint->meter[use];

		if (meter->retiring && !uses_meter(endpoint, meter->retired))
			meter_retire(&program->meters, meter);
		if (meter->set && !meter->retiring && !uses_meter(endpoint, meter->id))
			meter_drop(&program->meters, meter);
	}
	if (exists || !slots_empty(&endpoint->thing))
		return;
	/* Of the last packets, between its deletion and that of its entries. */
	memset(program->drops[endpoint->index], 0, sizeof(program->drops[endpoint->index]));
	if (endpoint->home && endpoint->home->receiver == endpoint->index)
		endpoint->home->receiver = 0;
	program->endpoints[endpoint->index] = NULL;
	free(endpoint);
}
