/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include "../../abi/error.h"
#include "ebpf.h"

struct reading {
	struct hyp_rows rows;
	uint32_t cpus;
};

static struct hyp_count sum(const struct reading *reading, const struct hyp_count *values)
{
	struct hyp_count total = { 0 };

	for (uint32_t cpu = 0; cpu < reading->cpus; cpu++) {
		total.packets += values[cpu].packets;
		total.bytes += values[cpu].bytes;
	}
	return total;
}

static int read_drop(void *context, const void *key, const void *value)
{
	struct reading *reading = context;
	struct hyp_count total = sum(reading, value);
	struct hyp_drop_counter row = { .packets = total.packets, .bytes = total.bytes };
	struct hyp_drop_key drop;

	if (total.packets == 0)
		return 0;
	memcpy(&drop, key, sizeof(drop));
	row.endpoint = drop.endpoint;
	row.reason = drop.reason;
	hyp_rows_add(&reading->rows, &row, sizeof(row));
	return 0;
}

static int read_rule(void *context, const void *key, const void *value)
{
	struct reading *reading = context;
	struct hyp_count total = sum(reading, value);
	struct hyp_rule_counter row = { .packets = total.packets, .bytes = total.bytes };
	struct hyp_rule_key rule;

	memcpy(&rule, key, sizeof(rule));
	row.policy = rule.policy;
	row.rule = rule.rule;
	row.direction = rule.direction;
	hyp_rows_add(&reading->rows, &row, sizeof(row));
	return 0;
}

static void add_traffic(struct reading *reading, uint32_t endpoint, const struct hyp_traffic *values)
{
	struct hyp_endpoint_counter row = { .endpoint = endpoint };

	for (uint32_t cpu = 0; cpu < reading->cpus; cpu++) {
		row.sent_packets += values[cpu].sent_packets;
		row.sent_bytes += values[cpu].sent_bytes;
		row.received_packets += values[cpu].received_packets;
		row.received_bytes += values[cpu].received_bytes;
	}
	if (row.sent_packets != 0 || row.received_packets != 0)
		hyp_rows_add(&reading->rows, &row, sizeof(row));
}

/* Only endpoints that are there are asked for: a system call each. */
static int read_traffic(const struct ebpf *ebpf, struct reading *reading)
{
	struct hyp_traffic *values = calloc(ebpf->cpus, sizeof(*values));
	int result = 0;

	if (!values)
		return -ENOMEM;
	for (uint32_t endpoint = 1; result == 0 && endpoint < HYP_ENDPOINTS_MAX; endpoint++) {
		if (ebpf->current[endpoint] == 0)
			continue;
		result = bpf_map_lookup_elem(ebpf->maps[MAP_TRAFFIC], &endpoint, values);
		if (result == 0)
			add_traffic(reading, endpoint, values);
	}
	free(values);
	return result;
}

int64_t ebpf_counters(struct hyp_dataplane *dataplane, uint32_t counters, void *buffer,
		      uint64_t capacity, uint64_t *bytes, struct hyp_error *error)
{
	const struct ebpf *ebpf = ebpf_of(dataplane);
	struct reading reading = {
		.rows = { .buffer = buffer, .capacity = capacity },
		.cpus = ebpf->cpus,
	};
	int result;

	switch (counters) {
	case HYP_COUNTERS_ENDPOINT:
		result = read_traffic(ebpf, &reading);
		break;
	case HYP_COUNTERS_DROP:
		result = ebpf_walk(ebpf, ebpf->maps[MAP_DROP], read_drop, &reading);
		break;
	case HYP_COUNTERS_RULE:
		result = ebpf_walk(ebpf, ebpf->maps[MAP_RULE], read_rule, &reading);
		break;
	default: /* there is no NIC */
		result = 0;
		break;
	}
	if (result != 0)
		return hyp_fail(error, result, "cannot read counters: %s", strerror(-result));
	return hyp_rows_end(&reading.rows, bytes, error);
}

int ebpf_counters_prepare(struct ebpf *ebpf)
{
	struct hyp_count *zero = calloc(ebpf->cpus, sizeof(*zero));
	int result = zero ? 0 : -ENOMEM;

	for (uint32_t reason = 1; result == 0 && reason < HYP_REASON_COUNT; reason++) {
		struct hyp_drop_key key = { .endpoint = 0, .reason = reason };

		result = bpf_map_update_elem(ebpf->maps[MAP_DROP], &key, zero, BPF_NOEXIST);
	}
	free(zero);
	return result;
}

int ebpf_buckets_fill(struct ebpf *ebpf, uint32_t endpoint)
{
	struct hyp_bucket untouched = { 0 }; /* for so long that it is full */
	int result = 0;

	for (uint32_t direction = HYP_EGRESS; result == 0 && direction <= HYP_INGRESS; direction++) {
		uint32_t index = endpoint * 2 + direction;

		result = bpf_map_update_elem(ebpf->maps[MAP_BUCKET], &index, &untouched, BPF_F_LOCK);
	}
	return result;
}

int ebpf_counters_clear(struct ebpf *ebpf, uint32_t endpoint)
{
	struct hyp_traffic *zero = calloc(ebpf->cpus, sizeof(*zero));
	int result;

	if (!zero)
		return -ENOMEM;
	result = bpf_map_update_elem(ebpf->maps[MAP_TRAFFIC], &endpoint, zero, BPF_ANY);
	free(zero);
	for (uint32_t reason = 0; result == 0 && reason < HYP_REASON_COUNT; reason++) {
		struct hyp_drop_key key = { .endpoint = endpoint, .reason = reason };

		result = bpf_map_delete_elem(ebpf->maps[MAP_DROP], &key);
		if (result == -ENOENT)
			result = 0;
	}
	return result;
}
