/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include <bpf/bpf.h>

#include "../../abi/batch.h"
#include "../../abi/error.h"
#include "ebpf.h"

static int map_of(const struct ebpf *ebpf, uint32_t table)
{
	switch (table) {
	case HYP_TABLE_NETWORK:
		return ebpf->maps[MAP_NETWORK];
	case HYP_TABLE_NEIGHBOUR:
		return ebpf->maps[MAP_NEIGHBOUR];
	case HYP_TABLE_MEMBER:
		return ebpf->maps[MAP_MEMBER];
	default:
		return ebpf->maps[MAP_POLICY];
	}
}

static int apply_endpoint(struct ebpf *ebpf, const struct hyp_step *step)
{
	struct hyp_endpoint_value value;
	struct hyp_endpoint_key key;
	int result;

	memcpy(&key, step->key, sizeof(key));
	if (step->verb == HYP_UPSERT) {
		memcpy(&value, step->value, sizeof(value));
		return ebpf_endpoint_write(ebpf, key.endpoint, &value);
	}
	result = ebpf_endpoint_write(ebpf, key.endpoint, NULL);
	if (result == 0)
		result = ebpf_buckets_fill(ebpf, key.endpoint);
	return result == 0 ? ebpf_counters_clear(ebpf, key.endpoint) : result;
}

/* A port is in one of two tables, by its number. */
static int apply_port(struct ebpf *ebpf, const struct hyp_step *step)
{
	struct hyp_port_value value = { 0 };
	struct hyp_port_key key;

	memcpy(&key, step->key, sizeof(key));
	if (step->verb == HYP_UPSERT)
		memcpy(&value, step->value, sizeof(value));
	if (key.port < HYP_NEAR_PORTS) {
		__atomic_store_n(&ebpf->near_ports[key.port], HYP_NEAR_PORT(value.endpoint, value.kind),
				 __ATOMIC_RELEASE);
		return 0;
	}
	if (step->verb == HYP_UPSERT)
		return bpf_map_update_elem(ebpf->maps[MAP_PORT], &key, &value, BPF_ANY);
	return bpf_map_delete_elem(ebpf->maps[MAP_PORT], &key);
}

static int apply_prefix(struct ebpf *ebpf, const struct hyp_step *step)
{
	struct hyp_prefix_trie_key trie;
	struct hyp_prefix_key key;
	int result;

	memcpy(&key, step->key, sizeof(key));
	ebpf_prefix_to_trie(&key, &trie);
	result = step->verb == HYP_UPSERT
			 ? bpf_map_update_elem(ebpf->maps[MAP_PREFIX], &trie, step->value, BPF_ANY)
			 : bpf_map_delete_elem(ebpf->maps[MAP_PREFIX], &trie);
	/* After the change: who saw the table before it looks again. */
	__atomic_fetch_add(ebpf->epoch, 1, __ATOMIC_RELEASE);
	return result;
}

/* The programs know no tunnel. 1: the row needs one. */
static int needs_tunnel(const struct hyp_step *step)
{
	struct hyp_neighbour_value neighbour;

	if (step->table == HYP_TABLE_VTEP || step->table == HYP_TABLE_UPLINK)
		return 1;
	if (step->table != HYP_TABLE_NEIGHBOUR || step->verb == HYP_DELETE)
		return 0;
	memcpy(&neighbour, step->value, sizeof(neighbour));
	return neighbour.vtep != 0;
}

static int apply_step(struct ebpf *ebpf, const struct hyp_step *step, struct hyp_error *error)
{
	int result = hyp_step_check(step, error);

	if (result != 0)
		return result;
	if (needs_tunnel(step)) {
		if (step->verb == HYP_DELETE)
			return 0; /* never was there */
		return hyp_fail(error, -EOPNOTSUPP,
				"table %u: the ebpf data plane has no tunnels to other nodes",
				step->table);
	}
	if (step->table == HYP_TABLE_ENDPOINT)
		result = apply_endpoint(ebpf, step);
	else if (step->table == HYP_TABLE_PORT)
		result = apply_port(ebpf, step);
	else if (step->table == HYP_TABLE_PREFIX)
		result = apply_prefix(ebpf, step);
	else if (step->verb == HYP_UPSERT)
		result = bpf_map_update_elem(map_of(ebpf, step->table), step->key, step->value, BPF_ANY);
	else
		result = bpf_map_delete_elem(map_of(ebpf, step->table), step->key);
	if (result == -ENOENT && step->verb == HYP_DELETE)
		return 0;
	return result == 0 ? 0
			   : hyp_fail(error, result, "table %u: %s", step->table, strerror(-result));
}

int ebpf_apply(struct hyp_dataplane *dataplane, const struct hyp_step *steps, uint32_t count,
	       int32_t *results, struct hyp_error *error)
{
	struct ebpf *ebpf = ebpf_of(dataplane);
	int failed = 0;

	for (uint32_t i = 0; i < count; i++) {
		results[i] = apply_step(ebpf, &steps[i], error);
		failed += results[i] != 0;
	}
	return failed;
}
