/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "../../abi/batch.h"
#include "../../abi/error.h"
#include "ebpf.h"

struct dump {
	struct hyp_rows rows;
	uint32_t key;
	uint32_t value;
};

static int dump_row(void *context, const void *key, const void *value)
{
	struct dump *dump = context;
	uint8_t row[64]; /* every hash table's row is shorter */

	if (dump->key + dump->value > sizeof(row))
		return -EMSGSIZE;
	memcpy(row, key, dump->key);
	memcpy(row + dump->key, value, dump->value);
	hyp_rows_add(&dump->rows, row, dump->key + dump->value);
	return 0;
}

static int dump_prefix(void *context, const void *key, const void *value)
{
	struct hyp_prefix_trie_key trie;
	struct dump *dump = context;
	struct {
		struct hyp_prefix_key key;
		struct hyp_prefix_value value;
	} row;

	memcpy(&trie, key, sizeof(trie));
	ebpf_prefix_of_trie(&trie, &row.key);
	memcpy(&row.value, value, sizeof(row.value));
	hyp_rows_add(&dump->rows, &row, sizeof(row));
	return 0;
}

static void dump_endpoints(const struct ebpf *ebpf, struct hyp_rows *rows)
{
	struct {
		struct hyp_endpoint_key key;
		struct hyp_endpoint_value value;
	} __attribute__((packed)) row;

	for (uint32_t endpoint = 1; endpoint < HYP_ENDPOINTS_MAX; endpoint++) {
		uint64_t current = ebpf->current[endpoint];

		if (current == 0 || current > HYP_ENDPOINT_SLOTS)
			continue;
		row.key.endpoint = endpoint;
		row.value = ebpf->endpoints[endpoint * HYP_ENDPOINT_SLOTS + current - 1];
		hyp_rows_add(rows, &row, sizeof(row));
	}
}

static void dump_near_ports(const struct ebpf *ebpf, struct hyp_rows *rows)
{
	struct {
		struct hyp_port_key key;
		struct hyp_port_value value;
	} row;

	for (uint32_t port = 0; port < HYP_NEAR_PORTS; port++) {
		uint64_t near = ebpf->near_ports[port];

		row.key.port = port;
		row.value = (struct hyp_port_value){ .endpoint = (uint32_t)near,
						     .kind = (uint32_t)(near >> 32) };
		if (row.value.endpoint != 0)
			hyp_rows_add(rows, &row, sizeof(row));
	}
}

int64_t ebpf_dump(struct hyp_dataplane *dataplane, uint32_t table, void *buffer, uint64_t capacity,
		  uint64_t *bytes, struct hyp_error *error)
{
	static const enum map maps[HYP_TABLES] = {
		[HYP_TABLE_PORT] = MAP_PORT,
		[HYP_TABLE_NETWORK] = MAP_NETWORK,
		[HYP_TABLE_ENDPOINT] = MAP_ENDPOINT,
		[HYP_TABLE_NEIGHBOUR] = MAP_NEIGHBOUR,
		[HYP_TABLE_MEMBER] = MAP_MEMBER,
		[HYP_TABLE_POLICY] = MAP_POLICY,
		[HYP_TABLE_PREFIX] = MAP_PREFIX,
	};
	const struct ebpf *ebpf = ebpf_of(dataplane);
	struct dump dump = { .rows = { .buffer = buffer, .capacity = capacity } };
	int result = 0;

	hyp_table_sizes(table, &dump.key, &dump.value);
	if (table == HYP_TABLE_PORT)
		dump_near_ports(ebpf, &dump.rows);
	if (table == HYP_TABLE_ENDPOINT)
		dump_endpoints(ebpf, &dump.rows);
	else if (maps[table] != MAP_META) /* else it takes no rows of that table */
		result = ebpf_walk(ebpf, ebpf->maps[maps[table]],
				   table == HYP_TABLE_PREFIX ? dump_prefix : dump_row, &dump);
	if (result != 0)
		return hyp_fail(error, result, "cannot read table %u: %s", table, strerror(-result));
	return hyp_rows_end(&dump.rows, bytes, error);
}

static int count_row(void *context, const void *key, const void *value)
{
	(void)key;
	(void)value;
	*(int64_t *)context += 1;
	return 0;
}

int64_t ebpf_connections(struct hyp_dataplane *dataplane, struct hyp_error *error)
{
	const struct ebpf *ebpf = ebpf_of(dataplane);
	int64_t connections = 0;
	int result = ebpf_walk(ebpf, ebpf->maps[MAP_CONNECTION], count_row, &connections);

	return result == 0 ? connections
			   : hyp_fail(error, result, "cannot count connections: %s",
				      strerror(-result));
}
