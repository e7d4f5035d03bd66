/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HYPERION_EBPF_H
#define HYPERION_EBPF_H

#include <bpf/libbpf.h>

#include "../../../bpf/state.h"
#include "../backend.h"
#include "../rows.h"

/* The maps, in the order of their names in pin.c. */
enum map {
	MAP_META,
	MAP_NEAR_PORT,
	MAP_PORT,
	MAP_NETWORK,
	MAP_CURRENT,
	MAP_ENDPOINT,
	MAP_NEIGHBOUR,
	MAP_MEMBER,
	MAP_POLICY,
	MAP_PREFIX,
	MAP_EPOCH,
	MAP_CONNECTION,
	MAP_FRAGMENT,
	MAP_BUCKET,
	MAP_TRAFFIC,
	MAP_DROP,
	MAP_RULE,
	MAP_EVENT,
	MAP_LOST,
	MAPS,
};

/* The programs, in the order of their names in pin.c. */
enum program {
	PROGRAM_VF,
	PROGRAM_GATEWAY_OUT,
	PROGRAM_GATEWAY_IN,
	PROGRAMS,
};

/* Where the event ring's callback puts events during one call. */
struct ebpf_taking {
	struct hyp_event *events;
	uint32_t capacity;
	uint32_t count;
};

struct ebpf {
	struct hyp_dataplane dataplane; /* first: the handle is this */
	int maps[MAPS];
	int programs[PROGRAMS];
	uint32_t program_ids[PROGRAMS]; /* kernel's */
	uint32_t connections_max;
	uint32_t cpus; /* possible ones: how many values a per-CPU map gives */
	int adopted;

	/* hyp_near_port, hyp_current, hyp_epoch and hyp_endpoint, mapped. */
	volatile uint64_t *near_ports;
	volatile uint64_t *epoch;
	volatile uint64_t *current;
	struct hyp_endpoint_value *endpoints;
	/* When each slot stopped being the current one, CLOCK_MONOTONIC; 0: not by this process. */
	uint64_t (*retired)[HYP_ENDPOINT_SLOTS];
	uint64_t settled; /* programs that ran before this moment have ended */

	struct ring_buffer *ring;
	struct ebpf_taking taking;
};

static inline struct ebpf *ebpf_of(struct hyp_dataplane *dataplane)
{
	return (struct ebpf *)dataplane; /* its first member */
}

int ebpf_attach(struct hyp_dataplane *dataplane, uint32_t port, uint32_t kind,
		struct hyp_error *error);
int ebpf_detach(struct hyp_dataplane *dataplane, uint32_t port, struct hyp_error *error);
int ebpf_apply(struct hyp_dataplane *dataplane, const struct hyp_step *steps, uint32_t count,
	       int32_t *results, struct hyp_error *error);
int64_t ebpf_dump(struct hyp_dataplane *dataplane, uint32_t table, void *buffer, uint64_t capacity,
		  uint64_t *bytes, struct hyp_error *error);
int64_t ebpf_counters(struct hyp_dataplane *dataplane, uint32_t counters, void *buffer,
		      uint64_t capacity, uint64_t *bytes, struct hyp_error *error);
int ebpf_events(struct hyp_dataplane *dataplane, struct hyp_event *events, uint32_t capacity,
		uint64_t *lost, struct hyp_error *error);
int64_t ebpf_connections(struct hyp_dataplane *dataplane, struct hyp_error *error);

/* Puts an endpoint's row in place, or takes it away (value NULL). 0 or -errno. */
int ebpf_endpoint_write(struct ebpf *ebpf, uint32_t endpoint,
			const struct hyp_endpoint_value *value);

/* A prefix as its row has it and as the map does, and back. */
void ebpf_prefix_to_trie(const struct hyp_prefix_key *key, struct hyp_prefix_trie_key *trie);
void ebpf_prefix_of_trie(const struct hyp_prefix_trie_key *trie, struct hyp_prefix_key *key);

/*
 * Walks a hash map or a trie in batches. `row` gets each key and its value (of a per-CPU map: one value per
 * possible CPU, each padded to 8 bytes) and may end the walk with a negative errno. 0 or -errno.
 */
typedef int (*ebpf_row)(void *context, const void *key, const void *value);
int ebpf_walk(const struct ebpf *ebpf, int map, ebpf_row row, void *context);

/* Consumer side of the event ring. Returns 0 or -errno. */
int ebpf_ring_open(struct ebpf *ebpf);

/* Makes the rows that count the drops for which there is no row left. 0 or -errno. */
int ebpf_counters_prepare(struct ebpf *ebpf);

/* Forgets what was counted for an endpoint. 0 or -errno. */
int ebpf_counters_clear(struct ebpf *ebpf, uint32_t endpoint);

/* Leaves no debt of one endpoint to the next that has its index. 0 or -errno. */
int ebpf_buckets_fill(struct ebpf *ebpf, uint32_t endpoint);

#endif
