/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Established connections on the NIC: an entry for each direction, made when its first packet has
 * passed the walk, with the connection's timeout as its age. An entry goes when it aged, when either
 * end's row changes (its next packet is decided again), when its connection closes or is forgotten.
 */
#ifndef HYPERION_DOCA_OFFLOAD_H
#define HYPERION_DOCA_OFFLOAD_H

#include "pipes.h"
#include "walk.h"

/* 0 or -errno. `connections_max` bounds the entries at twice as many. */
int offload_new(struct doca *doca, uint32_t connections_max, struct hyp_error *error);
/* Frees the books; the entries go with their pipes. */
void offload_free(struct doca *doca);

/* A packet passed the walk: puts its direction on the NIC, or takes a closing connection off. */
void offload_passed(struct doca *doca, const struct walk_verdict *verdict);

/* Take entries off; whoever calls completes (entries_complete). Those of a local endpoint, … */
void offload_forget_endpoint(struct doca *doca, uint32_t endpoint);
/* … of everybody behind a VTEP, … */
void offload_forget_vtep(struct doca *doca, uint32_t vtep);
/* … of one connection. */
void offload_forget(struct doca *doca, const struct hyp_connection_key *key);

/* The tables forgot a connection. Only noted, since the tables are in the middle of something. */
void offload_lose(struct doca *doca, const struct hyp_connection_key *key);

/* Takes off what was noted, and frees what the NIC has let go. At the end of a burst or a call. */
void offload_settle(struct doca *doca);

/* Counts what the NIC carried since the last time, and keeps those connections alive. */
void offload_count(struct doca *doca);

struct offload_counts {
	uint64_t present; /* entries */
	uint64_t added, removed, aged;
	uint64_t refused; /* found no room on the NIC: their packets stay with software */
	uint64_t carried; /* packets, as of the last count */
};
void offload_statistics(const struct doca *doca, struct offload_counts *counts);

#endif
