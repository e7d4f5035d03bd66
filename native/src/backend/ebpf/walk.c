/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include "ebpf.h"

/* Rows per system call; no bucket of a hash map may be longer. */
#define WALK_BATCH 2048u

struct batch {
	uint8_t *keys;
	uint8_t *values;
	uint32_t key_size;
	size_t value_size;
};

static int is_per_cpu(uint32_t type)
{
	return type == BPF_MAP_TYPE_PERCPU_HASH || type == BPF_MAP_TYPE_LRU_PERCPU_HASH ||
	       type == BPF_MAP_TYPE_PERCPU_ARRAY;
}

static int batch_new(const struct ebpf *ebpf, int map, struct batch *batch)
{
	struct bpf_map_info info = { 0 };
	uint32_t size = sizeof(info);
	int result = bpf_obj_get_info_by_fd(map, &info, &size);

	if (result != 0)
		return result;
	batch->key_size = info.key_size;
	batch->value_size = info.value_size;
	if (is_per_cpu(info.type))
		batch->value_size = (batch->value_size + 7) / 8 * 8 * ebpf->cpus;
	batch->keys = calloc(WALK_BATCH, batch->key_size);
	batch->values = calloc(WALK_BATCH, batch->value_size);
	if (batch->keys && batch->values)
		return 0;
	free(batch->keys);
	free(batch->values);
	return -ENOMEM;
}

int ebpf_walk(const struct ebpf *ebpf, int map, ebpf_row row, void *context)
{
	struct batch batch;
	uint64_t position[8] = { 0 }; /* 4 bytes for a hash, a key for a trie */
	void *from = NULL;
	int result = batch_new(ebpf, map, &batch);
	int last;

	if (result != 0)
		return result;
	do {
		uint32_t count = WALK_BATCH;

		result = bpf_map_lookup_batch(map, from, position, batch.keys, batch.values, &count,
					      NULL);
		last = result == -ENOENT;
		if (last)
			result = 0;
		for (uint32_t i = 0; result == 0 && i < count; i++)
			result = row(context, batch.keys + (size_t)i * batch.key_size,
				     batch.values + i * batch.value_size);
		from = position;
	} while (result == 0 && !last);
	free(batch.keys);
	free(batch.values);
	return result;
}
