/* SPDX-License-Identifier: Apache-2.0 */
/* What an instance of tables.h consists of: for the files that are its inside, and for the walk. */
#ifndef HYPERION_DOCA_INSTANCE_H
#define HYPERION_DOCA_INSTANCE_H

#include "hash.h"
#include "tables.h"

/* The ring of events holds as many as that of the kernel's data plane, which adds 8 bytes to each. */
#define EVENT_BYTES ((uint32_t)sizeof(struct hyp_event) + 8u)
#define EVENTS_MAX (HYP_EVENT_RING_BYTES / EVENT_BYTES)

struct endpoint_row {
	bool present;
	struct hyp_endpoint_value value;
};

struct network_row {
	bool present;
	struct hyp_network_value value;
};

struct vtep_row {
	bool present;
	struct hyp_vtep_value value;
};

#define PREFIX_BITS_MAX 128u

struct prefixes {
	struct hash rows;
	uint32_t of_length[PREFIX_BITS_MAX + 1]; /* how many rows there are */
	uint32_t epoch;                          /* how often they changed */
};

struct events {
	struct hyp_event *ring; /* EVENTS_MAX */
	uint32_t first;         /* the oldest */
	uint32_t count;
	uint64_t lost;
};

struct doca_tables {
	struct doca_tables_options options;

	/* Rows, as they were applied. */
	struct hash ports;
	struct hash neighbours;
	struct hash members;
	struct hash policies;
	struct hash uplinks;
	struct prefixes prefixes;
	struct endpoint_row *endpoints; /* by index, HYP_ENDPOINTS_MAX */
	struct network_row *networks;   /* HYP_NETWORKS_MAX */
	struct vtep_row *vteps;         /* HYP_VTEPS_MAX */
	struct hash network_of_vni;     /* uint32_t: index */
	struct hash vtep_of_address;

	/* What the walk remembers and counts. */
	struct hash connections;
	struct hash fragments;
	struct hyp_bucket *buckets;  /* endpoint * 2 + direction */
	struct hyp_traffic *traffic; /* by endpoint */
	struct hash drops;
	struct hash rules;
	struct events events;
};

int tables_apply_prefix(struct doca_tables *tables, const struct hyp_step *step);

/* Of the longest prefix of the family that contains an address; HYP_IDENTITY_ANY without one. */
uint32_t tables_identity_of(const struct doca_tables *tables, bool ipv4,
			    const union hyp_address *address);

/* By the clock of this instance, wrapping; only differences are looked at. */
uint32_t tables_milliseconds(const struct doca_tables *tables);

#endif
