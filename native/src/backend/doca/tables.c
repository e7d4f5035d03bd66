/* SPDX-License-Identifier: Apache-2.0 */
#include "tables.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "instance.h"

#define MILLISECONDS 1000u

uint32_t tables_milliseconds(const struct doca_tables *tables)
{
	struct timespec now;

	if (tables->options.milliseconds)
		return (uint32_t)tables->options.milliseconds(tables->options.context);
	clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail with this clock and a valid pointer */
	return (uint32_t)((uint64_t)now.tv_sec * MILLISECONDS + (uint64_t)now.tv_nsec / 1000000);
}

uint32_t doca_tables_seconds(uint32_t timeout)
{
	return timeout / MILLISECONDS;
}

static void on_evicted(void *context, const void *key, const void *value)
{
	const struct doca_tables *tables = context;

	if (tables->options.forgotten)
		tables->options.forgotten(tables->options.context, key, value);
}

#define HASH(key_type, value_type, most) \
	{ .key_size = sizeof(key_type), .value_size = sizeof(value_type), .limit = (most) }

static int make_hashes(struct doca_tables *tables)
{
	struct hash *const hashes[] = {
		&tables->ports,   &tables->neighbours,     &tables->members,
		&tables->policies, &tables->uplinks,       &tables->network_of_vni,
		&tables->prefixes.rows,
		&tables->vtep_of_address, &tables->connections, &tables->fragments,
		&tables->drops,   &tables->rules,
	};
	int result = 0;

	tables->ports = (struct hash)HASH(struct hyp_port_key, struct hyp_port_value, HYP_PORTS_MAX);
	tables->neighbours = (struct hash)HASH(struct hyp_neighbour_key, struct hyp_neighbour_value,
					       HYP_NEIGHBOURS_MAX);
	tables->members = (struct hash)HASH(struct hyp_member_key, struct hyp_member_value,
					    HYP_MEMBERS_MAX);
	tables->policies = (struct hash)HASH(struct hyp_policy_key, struct hyp_policy_value,
					     HYP_POLICY_ENTRIES_MAX);
	tables->uplinks = (struct hash)HASH(struct hyp_uplink_key, struct hyp_uplink_value,
					    HYP_UPLINKS_MAX);
	tables->prefixes.rows = (struct hash)HASH(struct hyp_prefix_key, struct hyp_prefix_value,
						  HYP_PREFIXES_MAX);
	tables->network_of_vni = (struct hash)HASH(uint32_t, uint32_t, HYP_NETWORKS_MAX);
	tables->vtep_of_address = (struct hash)HASH(uint32_t, uint32_t, HYP_VTEPS_MAX);
	tables->connections = (struct hash)HASH(struct hyp_connection_key, struct hyp_connection,
						tables->options.connections_max);
	tables->connections.evicts = true;
	tables->connections.evicted = on_evicted;
	tables->connections.context = tables;
	tables->fragments = (struct hash)HASH(struct hyp_fragment_key, struct hyp_fragment,
					      HYP_FRAGMENTS_MAX);
	tables->fragments.evicts = true;
	tables->drops = (struct hash)HASH(struct hyp_drop_key, struct hyp_count,
					  HYP_ENDPOINTS_MAX * 8);
	tables->rules = (struct hash)HASH(struct hyp_rule_key, struct hyp_count, HYP_RULES_MAX);
	tables->rules.evicts = true; /* counters of policy sets that are gone make room */
	for (size_t i = 0; result == 0 && i < sizeof(hashes) / sizeof(hashes[0]); i++)
		result = hash_init(hashes[i]);
	return result;
}

static int make_arrays(struct doca_tables *tables)
{
	tables->endpoints = calloc(HYP_ENDPOINTS_MAX, sizeof(*tables->endpoints));
	tables->networks = calloc(HYP_NETWORKS_MAX, sizeof(*tables->networks));
	tables->vteps = calloc(HYP_VTEPS_MAX, sizeof(*tables->vteps));
	tables->buckets = calloc((size_t)HYP_ENDPOINTS_MAX * 2, sizeof(*tables->buckets));
	tables->traffic = calloc(HYP_ENDPOINTS_MAX, sizeof(*tables->traffic));
	tables->events.ring = calloc(EVENTS_MAX, sizeof(*tables->events.ring));
	return tables->endpoints && tables->networks && tables->vteps && tables->buckets &&
			       tables->traffic && tables->events.ring
		       ? 0
		       : -ENOMEM;
}

/* The rows that count the drops for which there is no row left. */
static int make_counters(struct doca_tables *tables)
{
	const struct hyp_count zero = { 0 };
	int result = 0;

	for (uint32_t reason = 1; result == 0 && reason < HYP_REASON_COUNT; reason++) {
		struct hyp_drop_key key = { .endpoint = 0, .reason = reason };

		result = hash_put(&tables->drops, &key, &zero);
	}
	return result;
}

int doca_tables_new(const struct doca_tables_options *options, struct doca_tables **out)
{
	struct doca_tables *tables = calloc(1, sizeof(*tables));
	int result;

	if (!tables)
		return -ENOMEM;
	tables->options = *options;
	if (tables->options.connections_max == 0)
		tables->options.connections_max = HYP_CONNECTIONS_DEFAULT;
	result = make_hashes(tables);
	if (result == 0)
		result = make_arrays(tables);
	if (result == 0)
		result = make_counters(tables);
	if (result != 0) {
		doca_tables_free(tables);
		return result;
	}
	*out = tables;
	return 0;
}

void doca_tables_free(struct doca_tables *tables)
{
	if (!tables)
		return;
	hash_free(&tables->ports);
	hash_free(&tables->neighbours);
	hash_free(&tables->members);
	hash_free(&tables->policies);
	hash_free(&tables->uplinks);
	hash_free(&tables->prefixes.rows);
	hash_free(&tables->network_of_vni);
	hash_free(&tables->vtep_of_address);
	hash_free(&tables->connections);
	hash_free(&tables->fragments);
	hash_free(&tables->drops);
	hash_free(&tables->rules);
	free(tables->endpoints);
	free(tables->networks);
	free(tables->vteps);
	free(tables->buckets);
	free(tables->traffic);
	free(tables->events.ring);
	free(tables);
}

uint32_t doca_tables_connections_max(const struct doca_tables *tables)
{
	return tables->options.connections_max;
}

const struct hyp_endpoint_value *doca_tables_endpoint(const struct doca_tables *tables,
						      uint32_t endpoint)
{
	if (endpoint >= HYP_ENDPOINTS_MAX || !tables->endpoints[endpoint].present)
		return NULL;
	return &tables->endpoints[endpoint].value;
}

const struct hyp_network_value *doca_tables_network(const struct doca_tables *tables,
						    uint32_t network)
{
	if (network >= HYP_NETWORKS_MAX || !tables->networks[network].present)
		return NULL;
	return &tables->networks[network].value;
}

const struct hyp_neighbour_value *doca_tables_neighbour(const struct doca_tables *tables,
							uint32_t network,
							const union hyp_address *address)
{
	struct hyp_neighbour_key key = { .network = network };

	memcpy(key.address, address, sizeof(key.address));
	return hash_find(&tables->neighbours, &key);
}

const struct hyp_vtep_value *doca_tables_vtep(const struct doca_tables *tables, uint32_t vtep)
{
	if (vtep >= HYP_VTEPS_MAX || !tables->vteps[vtep].present)
		return NULL;
	return &tables->vteps[vtep].value;
}

const struct hyp_uplink_value *doca_tables_uplink(const struct doca_tables *tables, uint32_t port)
{
	struct hyp_uplink_key key = { .port = port };

	return hash_find(&tables->uplinks, &key);
}

uint32_t doca_tables_endpoint_of_port(const struct doca_tables *tables, uint32_t port, uint32_t kind)
{
	struct hyp_port_key key = { .port = port };
	const struct hyp_port_value *value = hash_find(&tables->ports, &key);

	return value && value->kind == kind ? value->endpoint : 0;
}

uint32_t doca_tables_network_of_vni(const struct doca_tables *tables, uint32_t vni)
{
	const uint32_t *network = hash_find(&tables->network_of_vni, &vni);

	return network ? *network : 0;
}

uint32_t doca_tables_vtep_of_address(const struct doca_tables *tables, uint32_t ipv4)
{
	const uint32_t *vtep = hash_find(&tables->vtep_of_address, &ipv4);

	return vtep ? *vtep : 0;
}

struct hyp_connection *doca_tables_connection(const struct doca_tables *tables,
					      const struct hyp_connection_key *key)
{
	return hash_find(&tables->connections, key);
}

int64_t doca_tables_connections(const struct doca_tables *tables)
{
	return tables->connections.count;
}

void doca_tables_touch(struct doca_tables *tables, const struct hyp_connection_key *key)
{
	struct hyp_connection *connection = hash_use(&tables->connections, key);

	if (connection)
		connection->seen = tables_milliseconds(tables);
}
