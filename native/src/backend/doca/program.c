/* SPDX-License-Identifier: Apache-2.0 */
#include "program.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../abi/error.h"
#include "policy.h"

#define SLOTS_MAX 18 /* of the largest thing */
_Static_assert(ENDPOINT_SLOTS <= SLOTS_MAX, "an endpoint's rows");
_Static_assert(PORT_SLOTS <= SLOTS_MAX, "a port's rows");
_Static_assert(TUNNEL_SLOTS <= SLOTS_MAX, "a tunnel's rows");

static int new_hash(struct hash *hash, uint32_t key_size, uint32_t limit)
{
	*hash = (struct hash){ .key_size = key_size, .value_size = sizeof(void *), .limit = limit };
	return hash_init(hash);
}

int program_new(struct doca *doca, struct hyp_error *error)
{
	struct program *program = calloc(1, sizeof(*program));
	struct pipes_budget budget;
	int result;

	if (!program)
		return hyp_fail(error, -ENOMEM, "no memory for the books of the NIC");
	doca->program = program;
	program->doca = doca;
	pipes_budget(0, &budget);
	result = meters_new(&program->meters, budget.shared_meters);
	if (result == 0)
		result = new_hash(&program->port_of_ifindex, sizeof(uint32_t), DOCA_PORTS_MAX);
	/* A row may go and another come within a batch, while the entries of the first are still there. */
	if (result == 0)
		result = new_hash(&program->neighbours, sizeof(struct hyp_neighbour_key),
				  2 * HYP_NEIGHBOURS_MAX);
	if (result == 0)
		result = new_hash(&program->tunnels, sizeof(uint32_t), 2 * HYP_NEIGHBOURS_MAX);
	if (result == 0)
		result = policy_new(program);
	return result == 0 ? 0 : hyp_fail(error, result, "no memory for the books of the NIC");
}

static void free_book(void *context, const void *key, const void *value)
{
	void *book;

	(void)context;
	(void)key;
	memcpy(&book, value, sizeof(book));
	free(book);
}

static void free_hash(struct hash *hash)
{
	if (!hash->chains)
		return;
	hash_each(hash, free_book, NULL);
	hash_free(hash);
}

void program_free(struct doca *doca)
{
	struct program *program = doca->program;

	if (!program)
		return;
	for (uint32_t id = 0; id < DOCA_PORTS_MAX; id++)
		free(program->ports[id]);
	for (uint32_t i = 0; i < HYP_ENDPOINTS_MAX; i++)
		free(program->endpoints[i]);
	free_hash(&program->neighbours);
	free_hash(&program->tunnels);
	if (program->port_of_ifindex.chains)
		hash_free(&program->port_of_ifindex);
	policy_free(program);
	meters_free(&program->meters);
	free(program);
	doca->program = NULL;
}

void thing_touch(struct program *program, struct thing *thing)
{
	if (thing->touched)
		return;
	thing->touched = true;
	thing->next = program->touched;
	program->touched = thing;
}

static void each_of_network(struct doca *doca, uint32_t network, visit_thing visit, void *context)
{
	for (uint32_t i = 1; i < HYP_ENDPOINTS_MAX; i++) {
		const struct hyp_endpoint_value *row = doca_tables_endpoint(doca->tables, i);

		if (doca->program->endpoints[i] && row && row->network == network)
			visit(context, &doca->program->endpoints[i]->thing);
	}
	tunnels_each(doca->program, 0, network, visit, context);
}

static void touch_thing(void *context, struct thing *thing)
{
	thing_touch(context, thing);
}

/* Multicast members come and go with every container: only what concerns the NIC counts. */
static void touch_network(struct doca *doca, uint32_t network)
{
	const struct hyp_network_value *row = doca_tables_network(doca->tables, network);
	struct network_memory now = { 0 };

	if (network >= HYP_NETWORKS_MAX)
		return;
	if (row)
		now = (struct network_memory){ .present = true, .vni = row->vni, .mtu = row->mtu };
	if (memcmp(&now, &doca->program->networks[network], sizeof(now)) == 0)
		return;
	doca->program->networks[network] = now;
	each_of_network(doca, network, touch_thing, doca->program);
}

/* The keys of steps, which are not aligned. */
struct key {
	struct hyp_port_key port;
	struct hyp_network_key network;
	struct hyp_endpoint_key endpoint;
	struct hyp_neighbour_key neighbour;
	struct hyp_policy_key policy;
	struct hyp_vtep_key vtep;
	struct hyp_uplink_key uplink;
};

static void read_key(const struct hyp_step *step, struct key *key)
{
	memset(key, 0, sizeof(*key));
	switch (step->table) {
	case HYP_TABLE_PORT:
		memcpy(&key->port, step->key, sizeof(key->port));
		return;
	case HYP_TABLE_NETWORK:
		memcpy(&key->network, step->key, sizeof(key->network));
		return;
	case HYP_TABLE_ENDPOINT:
		memcpy(&key->endpoint, step->key, sizeof(key->endpoint));
		return;
	case HYP_TABLE_NEIGHBOUR:
		memcpy(&key->neighbour, step->key, sizeof(key->neighbour));
		return;
	case HYP_TABLE_POLICY:
		memcpy(&key->policy, step->key, sizeof(key->policy));
		return;
	case HYP_TABLE_VTEP:
		memcpy(&key->vtep, step->key, sizeof(key->vtep));
		return;
	case HYP_TABLE_UPLINK:
		memcpy(&key->uplink, step->key, sizeof(key->uplink));
		return;
	default:
		return;
	}
}

static void touch_uplink(struct doca *doca, uint32_t ifindex)
{
	struct port_book *uplink = doca->program->ports[DOCA_UPLINK_PORT];

	if (!uplink || uplink->ifindex != ifindex)
		return; /* a netdev of another device */
	thing_touch(doca->program, &uplink->thing);
	tunnels_each(doca->program, 0, 0, touch_thing, doca->program);
}

void program_touch(struct doca *doca, const struct hyp_step *step)
{
	struct hyp_policy_value value;
	struct key key;

	read_key(step, &key);
	switch (step->table) {
	case HYP_TABLE_PORT:
		port_touch(doca, key.port.port);
		return;
	case HYP_TABLE_NETWORK:
		touch_network(doca, key.network.network);
		return;
	case HYP_TABLE_ENDPOINT:
		endpoint_touch(doca, key.endpoint.endpoint, step->verb == HYP_DELETE);
		return;
	case HYP_TABLE_NEIGHBOUR:
		neighbour_touch(doca, &key.neighbour);
		return;
	case HYP_TABLE_POLICY:
		if (step->value)
			memcpy(&value, step->value, sizeof(value));
		policy_touch(doca, &key.policy, step->value ? &value : NULL);
		return;
	case HYP_TABLE_VTEP:
		tunnels_each(doca->program, key.vtep.vtep, 0, touch_thing, doca->program);
		return;
	case HYP_TABLE_UPLINK:
		touch_uplink(doca, key.uplink.port);
		return;
	default:
		return; /* members: multicast is software's */
	}
}

static void want(struct doca *doca, struct thing *thing, struct row *rows)
{
	memset(rows, 0, SLOTS_MAX * sizeof(*rows));
	switch (thing->kind) {
	case THING_PORT:
		port_want(doca, (struct port_book *)thing, rows);
		return;
	case THING_ENDPOINT:
		endpoint_want(doca, (struct endpoint_book *)thing, rows);
		return;
	case THING_NEIGHBOUR:
		neighbour_want(doca, (struct neighbour_book *)thing, rows);
		return;
	default:
		tunnel_want(doca, (struct tunnel_book *)thing, rows);
		return;
	}
}

/* May free it. */
static void settled(struct program *program, struct thing *thing)
{
	switch (thing->kind) {
	case THING_PORT:
		port_settled(program, (struct port_book *)thing);
		return;
	case THING_ENDPOINT:
		endpoint_settled(program, (struct endpoint_book *)thing);
		return;
	case THING_NEIGHBOUR:
		neighbour_settled(program, (struct neighbour_book *)thing);
		return;
	default:
		tunnel_settled(program, (struct tunnel_book *)thing);
		return;
	}
}

/* Endpoints whose policy the NIC may now be asked about, or may not any more. */
static void touch_judged(struct doca *doca)
{
	struct program *program = doca->program;

	for (uint32_t i = 1; i < HYP_ENDPOINTS_MAX && program->policy.changed; i++) {
		const struct hyp_endpoint_value *row = doca_tables_endpoint(doca->tables, i);

		if (row && policy_changed(program, row->policy))
			endpoint_touch(doca, i, false);
	}
}

/* What is gone goes before anything comes: a key may move from one thing to another. */
static void run_things(struct doca *doca, struct hyp_error *error)
{
	struct program *program = doca->program;
	struct row rows[SLOTS_MAX];
	struct thing *thing, *next;

	for (thing = program->touched; thing; thing = thing->next) {
		thing->result = 0;
		if (thing->kind == THING_ENDPOINT)
			thing->result = endpoint_prepare(doca, (struct endpoint_book *)thing, error);
		want(doca, thing, rows);
		slots_retire(doca, thing, rows, error);
	}
	entries_complete(doca->device.manager);
	for (thing = program->touched; thing; thing = thing->next) {
		want(doca, thing, rows);
		slots_settle(doca, thing, rows, error);
	}
	entries_complete(doca->device.manager);
	thing = program->touched;
	program->touched = NULL;
	for (; thing; thing = next) {
		next = thing->next;
		thing->touched = false;
		want(doca, thing, rows);
		slots_check(doca, thing, rows, error);
		if (thing->result != 0)
			thing_touch(program, thing); /* every run tries again */
		else
			settled(program, thing);
	}
}

static void note_failure(void *context, struct thing *thing)
{
	int *result = context;

	if (*result == 0)
		*result = thing->result;
}

/* The first failure among what an endpoint's row concerns. */
static int endpoint_result(const struct doca *doca, uint32_t endpoint)
{
	const struct program *program = doca->program;
	int result = 0;

	if (!program->endpoints[endpoint] && doca_tables_endpoint(doca->tables, endpoint))
		return -ENOMEM;
	if (program->endpoints[endpoint])
		note_failure(&result, &program->endpoints[endpoint]->thing);
	for (struct port_book *port = program->ports_of[endpoint]; port; port = port->same_sender)
		note_failure(&result, &port->thing);
	for (struct neighbour_book *neighbour = program->neighbours_of[endpoint]; neighbour;
	     neighbour = neighbour->same_endpoint)
		note_failure(&result, &neighbour->thing);
	return result;
}

static int neighbour_result(const struct doca *doca, const struct hyp_neighbour_key *key)
{
	struct neighbour_book *book = neighbour_by_key(doca->program, key);
	const struct hyp_neighbour_value *row;
	union hyp_address address;
	int result = 0;

	memcpy(&address, key->address, sizeof(address));
	row = doca_tables_neighbour(doca->tables, key->network, &address);
	if (!book || (row && row->vtep != 0 && row->vtep < HYP_VTEPS_MAX && !book->tunnel))
		return row ? -ENOMEM : 0;
	note_failure(&result, &book->thing);
	if (book->tunnel)
		note_failure(&result, &book->tunnel->thing);
	return result;
}

static int step_result(struct doca *doca, const struct hyp_step *step)
{
	struct program *program = doca->program;
	struct port_book *port;
	struct key key;
	int result = 0;

	read_key(step, &key);
	switch (step->table) {
	case HYP_TABLE_PORT:
		port = port_by_ifindex(program, key.port.port);
		return port ? port->thing.result : 0;
	case HYP_TABLE_NETWORK:
		each_of_network(doca, key.network.network, note_failure, &result);
		return result;
	case HYP_TABLE_ENDPOINT:
		return endpoint_result(doca, key.endpoint.endpoint);
	case HYP_TABLE_NEIGHBOUR:
		return neighbour_result(doca, &key.neighbour);
	case HYP_TABLE_POLICY:
		return policy_result(program, &key.policy, step->verb == HYP_UPSERT);
	case HYP_TABLE_VTEP:
		tunnels_each(program, key.vtep.vtep, 0, note_failure, &result);
		return result;
	case HYP_TABLE_UPLINK:
		port = program->ports[DOCA_UPLINK_PORT];
		if (!port || port->ifindex != key.uplink.port)
			return 0;
		tunnels_each(program, 0, 0, note_failure, &result);
		return port->thing.result != 0 ? port->thing.result : result;
	default:
		return 0;
	}
}

/* Rows of policy answer for the endpoints that they made to be looked at again. */
static void blame_policy(struct doca *doca)
{
	struct program *program = doca->program;

	for (uint32_t i = 1; i < HYP_ENDPOINTS_MAX && program->policy.changed; i++) {
		const struct hyp_endpoint_value *row = doca_tables_endpoint(doca->tables, i);
		int result;

		if (!row || !policy_changed(program, row->policy))
			continue;
		result = endpoint_result(doca, i);
		if (result != 0)
			policy_blame(program, row->policy, result);
	}
}

int program_run(struct doca *doca, const struct hyp_step *steps, uint32_t count, int32_t *results,
		struct hyp_error *error)
{
	struct hyp_error told = { "" }; /* what failed again, that no step asked for, is not said */
	int failed = 0;

	doca->program->told = false;
	policy_run(doca, &told);
	touch_judged(doca);
	run_things(doca, &told);
	blame_policy(doca);
	for (uint32_t i = 0; i < count; i++) {
		if (results[i] != 0)
			continue;
		results[i] = step_result(doca, &steps[i]);
		failed += results[i] != 0;
	}
	policy_ran(doca->program);
	if (failed && error)
		*error = told;
	return failed;
}

void program_count(const struct doca *doca, struct program_counts *counts)
{
	*counts = doca->program->counts;
}
