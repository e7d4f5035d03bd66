/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the control plane asks of a data plane. Backends (eBPF, DOCA Flow) stand behind these calls
 * and pass the same packet suite.
 *
 * Conventions, for every function: 0 or a positive count on success, -errno on failure with a
 * sentence in *error (may be NULL). Calls on one handle must not overlap; different handles are
 * independent. All calls but close and capabilities may block, on the kernel for milliseconds, on a
 * NIC's firmware for seconds: keep them off an event loop.
 * Buffers belong to the caller; strings returned are static.
 */
#ifndef HYPERION_DATAPLANE_H
#define HYPERION_DATAPLANE_H

#include <stdint.h>

#include "reasons.h"
#include "tables.h"

#ifdef __cplusplus
extern "C" {
#endif

#define HYP_API __attribute__((visibility("default")))

struct hyp_error {
	char message[256]; /* NUL-terminated, one line */
};

/* HYP_ABI_VERSION of the library. */
HYP_API uint32_t hyp_abi_version(void);

/* "struct.field offset size\n" for every field of tables.h and host.h that crosses the ABI, and
 * "struct * 0 size\n" for the structs themselves. */
HYP_API const char *hyp_layouts(void);

/* Names of enum hyp_reason from 0, each followed by "\n". */
HYP_API const char *hyp_reasons(void);

struct hyp_dataplane;

struct hyp_dataplane_options {
	uint32_t size;            /* sizeof(struct hyp_dataplane_options) */
	uint32_t connections_max; /* 0: HYP_CONNECTIONS_DEFAULT */
	/*
	 * "ebpf"; "doca:" and a device; "agent:" and either of them. What is not "ebpf" lives in a
	 * process of its own, hyperion-agent, which is started if none runs and outlives this one.
	 */
	const char *url;
	const char *pin_path; /* ebpf: directory on a BPF filesystem, made if missing; survives the process */
	/* With an agent: absolute path of a directory for its socket, lock and log, made if missing,
	 * which only root may write to. Else it may be NULL. */
	const char *run_path;
};

/* What this backend on this machine can do, probed at open. */
struct hyp_capabilities {
	uint32_t networks_max;
	uint32_t endpoints_max;
	uint32_t policy_entries_max;
	uint32_t connections_max;
	uint32_t adopted; /* 1: tables of an earlier process were found and kept */
	uint32_t reserved;
	char backend[16];
};

/*
 * Opens the data plane: loads programs and tables, or adopts those that an earlier process pinned
 * under pin_path or an agent keeps, contents and attachments untouched. *out is owned by the caller
 * until close.
 *   -EPERM   not allowed to use eBPF, or run_path is not safe
 *   -ENOTDIR/-ENOENT  pin_path is not on a BPF filesystem
 *   -EPROTO  pinned by an incompatible version: close every user and hyp_dataplane_remove(); or the
 *            agent is of another version or serves another url
 *   -EINVAL  malformed options or unknown url
 *   -ENOTSUP not built into this library's agent     -EBUSY  another process uses the agent
 *
 * Only with an agent, any call may fail with -ENOTCONN: the agent is gone, and its tables and
 * attachments with it. Later calls look for it, at most once a second, and start another if need be,
 * which begins with empty tables. Lest anybody miss that, hyp_dataplane_events fails so until a table
 * has been dumped, and hyp_dataplane_apply until each table that it writes to has. Attach every port
 * again, too.
 */
HYP_API int hyp_dataplane_open(const struct hyp_dataplane_options *options,
			       struct hyp_dataplane **out, struct hyp_error *error);

/* Releases the handle. What is pinned and attached goes on forwarding. NULL is fine. */
HYP_API void hyp_dataplane_close(struct hyp_dataplane *dataplane);

/*
 * Removes what outlives every handle of these options: unpins everything under pin_path, where ports
 * keep their programs until detached or deleted; ends the agent of run_path, and forwarding with it.
 * What is not there is fine.
 *   -EBUSY  another process uses the agent     -EPROTO  the agent is of another version
 */
HYP_API int hyp_dataplane_remove(const struct hyp_dataplane_options *options, struct hyp_error *error);

HYP_API int hyp_dataplane_capabilities(struct hyp_dataplane *dataplane,
				       struct hyp_capabilities *capabilities);

/*
 * Puts the data plane's programs on a port (kernel index of a representor, or of the host's end of a
 * gateway's veth), replacing versions of its own, of another kind too. Idempotent.
 *   -ENODEV no such device   -EBUSY another program holds a hook
 *   -EINVAL no such kind     -EOPNOTSUPP a kind that the data plane has no programs for
 */
HYP_API int hyp_dataplane_attach(struct hyp_dataplane *dataplane, uint32_t port, uint32_t kind,
				 struct hyp_error *error);

/* Takes the programs off. A port that is gone or was never attached is fine. */
HYP_API int hyp_dataplane_detach(struct hyp_dataplane *dataplane, uint32_t port,
				 struct hyp_error *error);

enum hyp_verb {
	HYP_UPSERT = 1, /* key and value follow */
	HYP_DELETE = 2, /* key follows; a key that is not there is fine */
};

/* One operation of a batch; the key, then (upsert) the value follow at once, then zero bytes up to
 * the next multiple of 8. */
struct hyp_operation {
	uint16_t table; /* enum hyp_table */
	uint8_t verb;   /* enum hyp_verb */
	uint8_t reserved[5];
};

/*
 * Applies operations in order; one that fails does not stop those after it. results[i] becomes 0 or
 * -errno of operation i.
 * Returns the number of operations that failed, or -EINVAL when the batch itself is malformed (then
 * nothing was applied).
 */
HYP_API int hyp_dataplane_apply(struct hyp_dataplane *dataplane, const void *batch, uint64_t bytes,
				int32_t *results, uint32_t count, struct hyp_error *error);

/*
 * Copies a whole table: key then value per row, unpadded. Returns the number of rows.
 *   -ENOSPC when `capacity` bytes do not hold it; *bytes then says how many would
 */
HYP_API int64_t hyp_dataplane_dump(struct hyp_dataplane *dataplane, uint32_t table, void *buffer,
				   uint64_t capacity, uint64_t *bytes, struct hyp_error *error);

enum hyp_counters {
	HYP_COUNTERS_ENDPOINT = 0, /* struct hyp_endpoint_counter, rows that are not all zero */
	HYP_COUNTERS_DROP = 1,     /* struct hyp_drop_counter */
	HYP_COUNTERS_RULE = 2,     /* struct hyp_rule_counter */
	HYP_COUNTERS_NIC = 3,      /* struct hyp_nic_counter: one row, none where there is no NIC */
};

/* Copies counters; rows and -ENOSPC as in hyp_dataplane_dump. Counters of an endpoint index restart
 * at zero when the endpoint is deleted. */
HYP_API int64_t hyp_dataplane_counters(struct hyp_dataplane *dataplane, uint32_t counters,
				       void *buffer, uint64_t capacity, uint64_t *bytes,
				       struct hyp_error *error);

/*
 * Takes up to `capacity` events, oldest first, without waiting. *lost is the number of events that
 * found no room since the tables were created. Returns the number of events.
 */
HYP_API int hyp_dataplane_events(struct hyp_dataplane *dataplane, struct hyp_event *events,
				 uint32_t capacity, uint64_t *lost, struct hyp_error *error);

/* Number of connections that the connection table holds. Walks it: for people, not for loops. */
HYP_API int64_t hyp_dataplane_connections(struct hyp_dataplane *dataplane, struct hyp_error *error);

#ifdef __cplusplus
}
#endif
#endif
