/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A backend: one implementation of the calls of dataplane.h. Arguments have been checked for what is
 * the same everywhere: pointers are not NULL, a batch is well formed.
 */
#ifndef HYPERION_BACKEND_H
#define HYPERION_BACKEND_H

#include <hyperion/dataplane.h>

struct hyp_backend;

/* Every handle begins with its backend. */
struct hyp_dataplane {
	const struct hyp_backend *backend;
};

/* One operation of a batch that has been checked: sizes fit the table, padding is within the batch. */
struct hyp_step {
	uint32_t table;
	uint32_t verb;
	const void *key;
	const void *value; /* NULL for HYP_DELETE */
};

struct hyp_backend {
	const char *scheme; /* of the URL, up to its first colon */

	int (*open)(const struct hyp_dataplane_options *options, struct hyp_dataplane **out,
		    struct hyp_error *error);
	void (*close)(struct hyp_dataplane *dataplane);
	/* Removes what outlives a handle. NULL: nothing does. */
	int (*remove)(const struct hyp_dataplane_options *options, struct hyp_error *error);
	int (*capabilities)(struct hyp_dataplane *dataplane, struct hyp_capabilities *capabilities);
	int (*attach)(struct hyp_dataplane *dataplane, uint32_t port, uint32_t kind,
		      struct hyp_error *error);
	int (*detach)(struct hyp_dataplane *dataplane, uint32_t port, struct hyp_error *error);
	/* Applies the steps in order, a result for each; returns how many failed. */
	int (*apply)(struct hyp_dataplane *dataplane, const struct hyp_step *steps, uint32_t count,
		     int32_t *results, struct hyp_error *error);
	int64_t (*dump)(struct hyp_dataplane *dataplane, uint32_t table, void *buffer,
			uint64_t capacity, uint64_t *bytes, struct hyp_error *error);
	int64_t (*counters)(struct hyp_dataplane *dataplane, uint32_t counters, void *buffer,
			    uint64_t capacity, uint64_t *bytes, struct hyp_error *error);
	int (*events)(struct hyp_dataplane *dataplane, struct hyp_event *events, uint32_t capacity,
		      uint64_t *lost, struct hyp_error *error);
	int64_t (*connections)(struct hyp_dataplane *dataplane, struct hyp_error *error);
};

extern const struct hyp_backend hyp_backend_ebpf;

/* In hyperion-agent alone: libhyperion reaches it through the client of backend/agent. */
extern const struct hyp_backend hyp_backend_doca;

#endif
