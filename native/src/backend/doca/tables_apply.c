/* SPDX-License-Identifier: Apache-2.0 */
/* Rows into the tables of one instance. */
#include <errno.h>
#include <string.h>

#include "instance.h"

/* Leaves nothing of an endpoint to the next that has its index: no row, no debt, no counters. */
static void delete_endpoint(struct doca_tables *tables, uint32_t endpoint)
{
	tables->endpoints[endpoint] = (struct endpoint_row){ 0 };
	memset(&tables->buckets[endpoint * 2], 0, 2 * sizeof(*tables->buckets));
	tables->traffic[endpoint] = (struct hyp_traffic){ 0 };
	for (uint32_t reason = 0; reason < HYP_REASON_COUNT; reason++) {
		struct hyp_drop_key key = { .endpoint = endpoint, .reason = reason };

		hash_remove(&tables->drops, &key);
	}
}

static int apply_endpoint(struct doca_tables *tables, const struct hyp_step *step)
{
	struct hyp_endpoint_key key;

	memcpy(&key, step->key, sizeof(key));
	if (key.endpoint >= HYP_ENDPOINTS_MAX)
		return -EINVAL;
	if (step->verb == HYP_DELETE) {
		delete_endpoint(tables, key.endpoint);
		return 0;
	}
	memcpy(&tables->endpoints[key.endpoint].value, step->value, sizeof(struct hyp_endpoint_value));
	tables->endpoints[key.endpoint].present = true;
	return 0;
}

/* Another network with this VNI, while the tables are on their way from one state to the next. */
static uint32_t other_network(const struct doca_tables *tables, uint32_t vni)
{
	for (uint32_t network = 1; network < HYP_NETWORKS_MAX; network++) {
		if (tables->networks[network].present && tables->networks[network].value.vni == vni)
			return network;
	}
	return 0;
}

static uint32_t other_vtep(const struct doca_tables *tables, uint32_t ipv4)
{
	for (uint32_t vtep = 1; vtep < HYP_VTEPS_MAX; vtep++) {
		if (tables->vteps[vtep].present && tables->vteps[vtep].value.ipv4 == ipv4)
			return vtep;
	}
	return 0;
}

/*
 * `index` no longer has `name` (a VNI, an address). The row is gone from its array already.
 */
static int let_go(struct doca_tables *tables, struct hash *names, uint32_t name, uint32_t index,
		  uint32_t (*other)(const struct doca_tables *, uint32_t))
{
	const uint32_t *holder = hash_find(names, &name);
	uint32_t next;

	if (!holder || *holder != index)
		return 0;
	next = other(tables, name);
	if (next != 0)
		return hash_put(names, &name, &next);
	hash_remove(names, &name);
	return 0;
}

static int apply_network(struct doca_tables *tables, const struct hyp_step *step)
{
	struct network_row before, *row;
	struct hyp_network_key key;
	int result;

	memcpy(&key, step->key, sizeof(key));
	if (key.network >= HYP_NETWORKS_MAX)
		return -EINVAL;
	row = &tables->networks[key.network];
	before = *row;
	*row = (struct network_row){ 0 };
	result = before.value.vni == 0 ? 0
				       : let_go(tables, &tables->network_of_vni, before.value.vni,
						key.network, other_network);
	if (result != 0 || step->verb == HYP_DELETE)
		return result;
	memcpy(&row->value, step->value, sizeof(row->value));
	row->present = true;
	return row->value.vni == 0
		       ? 0
		       : hash_put(&tables->network_of_vni, &row->value.vni, &key.network);
}

static int apply_vtep(struct doca_tables *tables, const struct hyp_step *step)
{
	struct vtep_row before, *row;
	struct hyp_vtep_key key;
	int result;

	memcpy(&key, step->key, sizeof(key));
	if (key.vtep >= HYP_VTEPS_MAX)
		return -EINVAL;
	row = &tables->vteps[key.vtep];
	before = *row;
	*row = (struct vtep_row){ 0 };
	result = before.present ? let_go(tables, &tables->vtep_of_address, before.value.ipv4, key.vtep,
					 other_vtep)
				: 0;
	if (result != 0 || step->verb == HYP_DELETE)
		return result;
	memcpy(&row->value, step->value, sizeof(row->value));
	row->present = true;
	return hash_put(&tables->vtep_of_address, &row->value.ipv4, &key.vtep);
}

static struct hash *hash_of(struct doca_tables *tables, uint32_t table)
{
	switch (table) {
	case HYP_TABLE_PORT:
		return &tables->ports;
	case HYP_TABLE_NEIGHBOUR:
		return &tables->neighbours;
	case HYP_TABLE_MEMBER:
		return &tables->members;
	case HYP_TABLE_POLICY:
		return &tables->policies;
	case HYP_TABLE_UPLINK:
		return &tables->uplinks;
	default:
		return NULL;
	}
}

int doca_tables_apply(struct doca_tables *tables, const struct hyp_step *step)
{
	struct hash *hash;

	switch (step->table) {
	case HYP_TABLE_ENDPOINT:
		return apply_endpoint(tables, step);
	case HYP_TABLE_NETWORK:
		return apply_network(tables, step);
	case HYP_TABLE_VTEP:
		return apply_vtep(tables, step);
	case HYP_TABLE_PREFIX:
		return tables_apply_prefix(tables, step);
	default:
		break;
	}
	hash = hash_of(tables, step->table);
	if (!hash)
		return -EINVAL;
	if (step->verb == HYP_UPSERT)
		return hash_put(hash, step->key, step->value);
	hash_remove(hash, step->key);
	return 0;
}
