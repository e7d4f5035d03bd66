/* SPDX-License-Identifier: Apache-2.0 */
/* What the tables of one instance hold and have counted, for the control plane. */
#include <errno.h>
#include <string.h>

#include "../../abi/batch.h"
#include "../../abi/error.h"
#include "../rows.h"
#include "instance.h"

struct dump {
	struct hyp_rows rows;
	uint32_t key_size;
	uint32_t value_size;
};

static void dump_row(void *context, const void *key, const void *value)
{
	struct dump *dump = context;
	uint8_t row[sizeof(struct hyp_endpoint_key) + sizeof(struct hyp_endpoint_value)]; /* the longest */

	memcpy(row, key, dump->key_size);
	memcpy(row + dump->key_size, value, dump->value_size);
	hyp_rows_add(&dump->rows, row, dump->key_size + dump->value_size);
}

static void dump_arrays(const struct doca_tables *tables, uint32_t table, struct dump *dump)
{
	for (uint32_t i = 0; table == HYP_TABLE_ENDPOINT && i < HYP_ENDPOINTS_MAX; i++) {
		if (tables->endpoints[i].present)
			dump_row(dump, &i, &tables->endpoints[i].value);
	}
	for (uint32_t i = 0; table == HYP_TABLE_NETWORK && i < HYP_NETWORKS_MAX; i++) {
		if (tables->networks[i].present)
			dump_row(dump, &i, &tables->networks[i].value);
	}
	for (uint32_t i = 0; table == HYP_TABLE_VTEP && i < HYP_VTEPS_MAX; i++) {
		if (tables->vteps[i].present)
			dump_row(dump, &i, &tables->vteps[i].value);
	}
}

int64_t doca_tables_dump(const struct doca_tables *tables, uint32_t table, void *buffer,
			 uint64_t capacity, uint64_t *bytes, struct hyp_error *error)
{
	const struct hash *const hashes[HYP_TABLES] = {
		[HYP_TABLE_PORT] = &tables->ports,
		[HYP_TABLE_NEIGHBOUR] = &tables->neighbours,
		[HYP_TABLE_MEMBER] = &tables->members,
		[HYP_TABLE_POLICY] = &tables->policies,
		[HYP_TABLE_UPLINK] = &tables->uplinks,
		[HYP_TABLE_PREFIX] = &tables->prefixes.rows,
	};
	struct dump dump = { .rows = { .buffer = buffer, .capacity = capacity } };

	if (!hyp_table_sizes(table, &dump.key_size, &dump.value_size))
		return hyp_fail(error, -EINVAL, "no table %u", table);
	if (hashes[table])
		hash_each(hashes[table], dump_row, &dump);
	else
		dump_arrays(tables, table, &dump);
	return hyp_rows_end(&dump.rows, bytes, error);
}

static void read_drop(void *context, const void *key, const void *value)
{
	struct hyp_drop_counter row = { 0 };
	struct hyp_drop_key drop;
	struct hyp_count count;

	memcpy(&drop, key, sizeof(drop));
	memcpy(&count, value, sizeof(count));
	if (count.packets == 0)
		return;
	row.endpoint = drop.endpoint;
	row.reason = drop.reason;
	row.packets = count.packets;
	row.bytes = count.bytes;
	hyp_rows_add(context, &row, sizeof(row));
}

static void read_rule(void *context, const void *key, const void *value)
{
	struct hyp_rule_counter row = { 0 };
	struct hyp_rule_key rule;
	struct hyp_count count;

	memcpy(&rule, key, sizeof(rule));
	memcpy(&count, value, sizeof(count));
	row.policy = rule.policy;
	row.rule = rule.rule;
	row.direction = rule.direction;
	row.packets = count.packets;
	row.bytes = count.bytes;
	hyp_rows_add(context, &row, sizeof(row));
}

/* Not below 0: of the last packets, that they were not delivered may be known before that they passed. */
static uint64_t shown(uint64_t count)
{
	return (int64_t)count < 0 ? 0 : count;
}

static void read_traffic(const struct doca_tables *tables, struct hyp_rows *rows)
{
	for (uint32_t endpoint = 1; endpoint < HYP_ENDPOINTS_MAX; endpoint++) {
		const struct hyp_traffic *traffic = &tables->traffic[endpoint];
		struct hyp_endpoint_counter row = {
			.endpoint = endpoint,
			.sent_packets = shown(traffic->sent_packets),
			.sent_bytes = shown(traffic->sent_bytes),
			.received_packets = shown(traffic->received_packets),
			.received_bytes = shown(traffic->received_bytes),
		};

		if (tables->endpoints[endpoint].present &&
		    (row.sent_packets != 0 || row.received_packets != 0))
			hyp_rows_add(rows, &row, sizeof(row));
	}
}

int64_t doca_tables_counters(const struct doca_tables *tables, uint32_t counters, void *buffer,
			     uint64_t capacity, uint64_t *bytes, struct hyp_error *error)
{
	struct hyp_rows rows = { .buffer = buffer, .capacity = capacity };

	switch (counters) {
	case HYP_COUNTERS_ENDPOINT:
		read_traffic(tables, &rows);
		break;
	case HYP_COUNTERS_DROP:
		hash_each(&tables->drops, read_drop, &rows);
		break;
	default:
		hash_each(&tables->rules, read_rule, &rows);
		break;
	}
	return hyp_rows_end(&rows, bytes, error);
}

int doca_tables_events(struct doca_tables *tables, struct hyp_event *events, uint32_t capacity,
		       uint64_t *lost)
{
	struct events *ring = &tables->events;
	uint32_t taken = 0;

	*lost = ring->lost;
	while (taken < capacity && ring->count > 0) {
		events[taken++] = ring->ring[ring->first];
		ring->first = (ring->first + 1) % EVENTS_MAX;
		ring->count--;
	}
	return (int)taken;
}

void doca_tables_count_traffic(struct doca_tables *tables, uint32_t sender, uint32_t receiver,
			       uint64_t packets, uint64_t bytes)
{
	if (sender < HYP_ENDPOINTS_MAX) {
		tables->traffic[sender].sent_packets += packets;
		tables->traffic[sender].sent_bytes += bytes;
	}
	if (receiver < HYP_ENDPOINTS_MAX) {
		tables->traffic[receiver].received_packets += packets;
		tables->traffic[receiver].received_bytes += bytes;
	}
}

void doca_tables_uncount_traffic(struct doca_tables *tables, uint32_t sender, uint32_t receiver,
				 uint64_t packets, uint64_t bytes)
{
	doca_tables_count_traffic(tables, sender, receiver, -packets, -bytes);
}

void doca_tables_count_drops(struct doca_tables *tables, uint32_t endpoint, uint32_t reason,
			     uint64_t packets, uint64_t bytes)
{
	struct hyp_drop_key key = { .endpoint = endpoint, .reason = reason };
	struct hyp_count first = { .packets = packets, .bytes = bytes };
	struct hyp_count *count = hash_find(&tables->drops, &key);

	if (!count && hash_put(&tables->drops, &key, &first) == 0)
		return;
	if (!count) { /* no room: the row of nobody is always there */
		key.endpoint = 0;
		count = hash_find(&tables->drops, &key);
	}
	if (!count)
		return;
	count->packets += packets;
	count->bytes += bytes;
}
