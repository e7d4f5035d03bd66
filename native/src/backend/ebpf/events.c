/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include "../../abi/error.h"
#include "ebpf.h"

/* Returned by the callback to end ring_buffer__consume; the event it was called with is taken. */
#define RING_FULL (-ENOSPC)

static int take_event(void *context, void *data, size_t size)
{
	struct ebpf_taking *taking = context;

	if (size < sizeof(*taking->events))
		return -EPROTO;
	memcpy(&taking->events[taking->count], data, sizeof(*taking->events));
	taking->count++;
	return taking->count == taking->capacity ? RING_FULL : 0;
}

int ebpf_ring_open(struct ebpf *ebpf)
{
	ebpf->ring = ring_buffer__new(ebpf->maps[MAP_EVENT], take_event, &ebpf->taking, NULL);
	return ebpf->ring ? 0 : -errno;
}

static int read_lost(struct ebpf *ebpf, uint64_t *lost)
{
	uint64_t *values = calloc(ebpf->cpus, sizeof(*values));
	uint32_t zero = 0;
	int result;

	if (!values)
		return -ENOMEM;
	result = bpf_map_lookup_elem(ebpf->maps[MAP_LOST], &zero, values);
	*lost = 0;
	for (uint32_t cpu = 0; result == 0 && cpu < ebpf->cpus; cpu++)
		*lost += values[cpu];
	free(values);
	return result;
}

int ebpf_events(struct hyp_dataplane *dataplane, struct hyp_event *events, uint32_t capacity,
		uint64_t *lost, struct hyp_error *error)
{
	struct ebpf *ebpf = ebpf_of(dataplane);
	int result = read_lost(ebpf, lost);

	if (result != 0)
		return hyp_fail(error, result, "cannot read lost events: %s", strerror(-result));
	if (capacity == 0)
		return 0;
	ebpf->taking = (struct ebpf_taking){ .events = events, .capacity = capacity };
	result = ring_buffer__consume(ebpf->ring);
	if (result < 0 && result != RING_FULL)
		return hyp_fail(error, result, "cannot take events: %s", strerror(-result));
	return (int)ebpf->taking.count;
}
