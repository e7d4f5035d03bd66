/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connection tracking. The program makes every connection; the device only counts and ages them. Queues
 * of CT are numbered behind the pipe queues.
 */
#ifndef DOCA_FLOW_CT_H_
#define DOCA_FLOW_CT_H_

#include "doca_compat.h"
#include "doca_dev.h"
#include "doca_error.h"
#include "doca_flow.h"
#include "doca_flow_net.h"
#include "doca_types.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DOCA_FLOW_CT_ACTION_HANDLE_INVALID UINT32_MAX

struct doca_flow_ct_cfg;
struct doca_flow_ct_aging_ops; /* opaque: aging plugins are not supported */

enum doca_flow_ct_flags {
	DOCA_FLOW_CT_FLAG_STATS = 1u << 0,
	DOCA_FLOW_CT_FLAG_WORKER_STATS = 1u << 1,
	DOCA_FLOW_CT_FLAG_NO_AGING = 1u << 2,
	DOCA_FLOW_CT_FLAG_ASYMMETRIC_TUNNEL = 1u << 3,
	DOCA_FLOW_CT_FLAG_NO_COUNTER = 1u << 4,
	DOCA_FLOW_CT_FLAG_WIRE_TO_WIRE = 1u << 5,
	DOCA_FLOW_CT_FLAG_DUP_FILTER_UDP_ONLY = 1u << 6,
};

enum doca_flow_ct_entry_flags {
	DOCA_FLOW_CT_ENTRY_FLAGS_NO_WAIT = 1u << 0,
	DOCA_FLOW_CT_ENTRY_FLAGS_DIR_ORIGIN = 1u << 1,
	DOCA_FLOW_CT_ENTRY_FLAGS_DIR_REPLY = 1u << 2,
	DOCA_FLOW_CT_ENTRY_FLAGS_IPV6_ORIGIN = 1u << 3,
	DOCA_FLOW_CT_ENTRY_FLAGS_IPV6_REPLY = 1u << 4,
	DOCA_FLOW_CT_ENTRY_FLAGS_COUNTER_ORIGIN = 1u << 5,
	DOCA_FLOW_CT_ENTRY_FLAGS_COUNTER_REPLY = 1u << 6,
	DOCA_FLOW_CT_ENTRY_FLAGS_COUNTER_SHARED = 1u << 7,
	DOCA_FLOW_CT_ENTRY_FLAGS_ENTRY_FINALIZE = 1u << 8,
	DOCA_FLOW_CT_ENTRY_FLAGS_ALLOC_ON_MISS = 1u << 9,
	DOCA_FLOW_CT_ENTRY_FLAGS_DUP_FILTER_ORIGIN = 1u << 10,
	DOCA_FLOW_CT_ENTRY_FLAGS_DUP_FILTER_REPLY = 1u << 11,
	DOCA_FLOW_CT_ENTRY_FLAGS_STATS_UPDATES = 1u << 12,
};

/* What a connection may write into packets. */
struct doca_flow_ct_meta {
	struct doca_flow_meta flow;
	doca_be32_t mark;
};

struct doca_flow_ct_match4 {
	struct doca_flow_header_l4_port l4_port;
	doca_be32_t src_ip;
	doca_be32_t dst_ip;
	doca_be32_t metadata; /* the zone */
	uint8_t next_proto;
};

struct doca_flow_ct_match6 {
	struct doca_flow_header_l4_port l4_port;
	doca_be32_t src_ip[4];
	doca_be32_t dst_ip[4];
	doca_be32_t metadata;
	uint8_t next_proto;
};

struct doca_flow_ct_match {
	union {
		struct doca_flow_ct_match4 ipv4;
		struct doca_flow_ct_match6 ipv6;
	};
};

struct doca_flow_ct_ip4 {
	doca_be32_t src_ip;
	doca_be32_t dst_ip;
};

struct doca_flow_ct_ip6 {
	doca_be32_t src_ip[4];
	doca_be32_t dst_ip[4];
};

struct doca_flow_ct_actions {
	enum doca_flow_resource_type resource_type;
	union {
		uint32_t action_handle; /* SHARED */
		struct {
			uint8_t action_idx; /* of the CT pipe's actions */
			struct doca_flow_ct_meta meta;
			struct doca_flow_header_l4_port l4_port;
			union {
				struct doca_flow_ct_ip4 ip4;
				struct doca_flow_ct_ip6 ip6;
			};
		} data; /* NON_SHARED */
	};
};

/* A connection with ENTRY_FINALIZE is gone: its counters can be read for the last time. `entry` is a struct
 * doca_flow_pipe_entry. Follows the entry callback. */
typedef void (*doca_flow_ct_entry_finalize_cb)(struct doca_flow_pipe *pipe, void *entry,
					       uint16_t queue, void *usr_ctx);
/* Counters of a connection with STATS_UPDATES have moved. priv_data is the connection's. */
typedef void (*doca_flow_ct_stats_update_cb)(struct doca_flow_pipe *pipe, void *priv_data,
					     struct doca_flow_resource_query *origin,
					     struct doca_flow_resource_query *reply);

DOCA_EXPERIMENTAL doca_error_t doca_flow_ct_cfg_create(struct doca_flow_ct_cfg **cfg);
DOCA_EXPERIMENTAL doca_error_t doca_flow_ct_cfg_destroy(struct doca_flow_ct_cfg *cfg);
DOCA_EXPERIMENTAL doca_error_t doca_flow_ct_cfg_set_flags(struct doca_flow_ct_cfg *cfg,
							  uint32_t flags);
DOCA_EXPERIMENTAL doca_error_t doca_flow_ct_cfg_set_queues(struct doca_flow_ct_cfg *cfg,
							   uint32_t nb_arm_queues);
DOCA_EXPERIMENTAL doca_error_t doca_flow_ct_cfg_set_queue_depth(struct doca_flow_ct_cfg *cfg,
								uint32_t queue_depth);
DOCA_EXPERIMENTAL doca_error_t doca_flow_ct_cfg_set_ctrl_queues(struct doca_flow_ct_cfg *cfg,
								uint32_t nb_ctrl_queues);
DOCA_EXPERIMENTAL doca_error_t doca_flow_ct_cfg_set_user_actions(struct doca_flow_ct_cfg *cfg,
								 uint32_t nb_user_actions);
DOCA_EXPERIMENTAL doca_error_t doca_flow_ct_cfg_set_connections(struct doca_flow_ct_cfg *cfg,
								uint32_t nb_ipv4, uint32_t nb_ipv6,
								uint32_t nb_total);
DOCA_EXPERIMENTAL doca_error_t
doca_flow_ct_cfg_set_max_connections_per_zone(struct doca_flow_ct_cfg *cfg,
					      uint32_t max_connections_per_zone);
DOCA_EXPERIMENTAL doca_error_t
doca_flow_ct_cfg_set_counter_asymmetric(struct doca_flow_ct_cfg *cfg, uint32_t nb_asymmetric);
DOCA_EXPERIMENTAL doca_error_t
doca_flow_ct_cfg_set_entry_private_data_size(struct doca_flow_ct_cfg *cfg, uint32_t size);
DOCA_EXPERIMENTAL doca_error_t
doca_flow_ct_cfg_set_entry_finalize_cb(struct doca_flow_ct_cfg *cfg,
				       doca_flow_ct_entry_finalize_cb cb);
DOCA_EXPERIMENTAL doca_error_t
doca_flow_ct_cfg_set_status_update_cb(struct doca_flow_ct_cfg *cfg, doca_flow_ct_stats_update_cb cb);
DOCA_EXPERIMENTAL doca_error_t doca_flow_ct_cfg_set_aging_core(struct doca_flow_ct_cfg *cfg,
							       uint32_t aging_core);
DOCA_EXPERIMENTAL doca_error_t
doca_flow_ct_cfg_set_aging_query_delay(struct doca_flow_ct_cfg *cfg, uint32_t aging_query_delay_s);
DOCA_EXPERIMENTAL doca_error_t
doca_flow_ct_cfg_set_aging_plugin_ops(struct doca_flow_ct_cfg *cfg,
				      struct doca_flow_ct_aging_ops *aging_ops);
DOCA_EXPERIMENTAL doca_error_t doca_flow_ct_cfg_set_dup_filter_size(struct doca_flow_ct_cfg *cfg,
								    uint32_t dup_filter_size);
/* direction: false origin, true reply. */
DOCA_EXPERIMENTAL doca_error_t doca_flow_ct_cfg_set_direction(
	struct doca_flow_ct_cfg *cfg, bool direction, bool match_inner,
	struct doca_flow_meta *zone_match_mask, struct doca_flow_ct_meta *meta_modify_mask);

/* After doca_flow_init and before the first port; _destroy before doca_flow_destroy. */
DOCA_EXPERIMENTAL doca_error_t doca_flow_ct_init(const struct doca_flow_ct_cfg *cfg);
DOCA_EXPERIMENTAL void doca_flow_ct_destroy(void);
DOCA_EXPERIMENTAL doca_error_t
doca_flow_ct_cap_is_dev_supported(const struct doca_devinfo *devinfo);

/* Before the port's CT pipe is made; handles are then its forwards, and 0 is its own. */
DOCA_EXPERIMENTAL doca_error_t doca_flow_ct_fwd_register(struct doca_flow_port *port,
							 uint32_t nb_fwd,
							 const struct doca_flow_fwd *fwd,
							 uint32_t *fwd_handles);

DOCA_EXPERIMENTAL doca_error_t
doca_flow_ct_actions_add_shared(uint16_t queue, struct doca_flow_pipe *pipe,
				const struct doca_flow_ct_actions *actions, uint32_t nb_actions,
				uint32_t *action_handles);
DOCA_EXPERIMENTAL doca_error_t doca_flow_ct_actions_rm_shared(uint16_t queue,
							      struct doca_flow_pipe *pipe,
							      uint32_t *action_handles,
							      uint32_t nb_handles);

/* Looks the connection up and, with ALLOC_ON_MISS, makes an empty one. */
DOCA_EXPERIMENTAL doca_error_t doca_flow_ct_entry_prepare(
	uint16_t queue, struct doca_flow_pipe *pipe, uint32_t flags,
	const struct doca_flow_ct_match *match_origin, uint32_t hash_origin,
	const struct doca_flow_ct_match *match_reply, uint32_t hash_reply,
	struct doca_flow_pipe_entry **entry, bool *conn_found);
DOCA_EXPERIMENTAL doca_error_t doca_flow_ct_entry_prepare_rollback(
	uint16_t queue, struct doca_flow_pipe *pipe, struct doca_flow_pipe_entry *entry);
DOCA_EXPERIMENTAL doca_error_t doca_flow_ct_add_entry(
	uint16_t queue, struct doca_flow_pipe *pipe, uint32_t flags,
	const struct doca_flow_ct_match *match_origin, const struct doca_flow_ct_match *match_reply,
	const struct doca_flow_ct_actions *actions_origin,
	const struct doca_flow_ct_actions *actions_reply, uint32_t fwd_handle_origin,
	uint32_t fwd_handle_reply, uint32_t timeout_s, void *usr_ctx,
	struct doca_flow_pipe_entry *entry);
/* The other direction of a connection that has one. */
DOCA_EXPERIMENTAL doca_error_t doca_flow_ct_entry_add_dir(
	uint16_t queue, struct doca_flow_pipe *pipe, uint32_t flags,
	const struct doca_flow_ct_match *match, const struct doca_flow_ct_actions *actions,
	uint32_t fwd_handle, struct doca_flow_pipe_entry *entry);
DOCA_EXPERIMENTAL doca_error_t doca_flow_ct_update_entry(
	uint16_t queue, struct doca_flow_pipe *pipe, uint32_t flags,
	struct doca_flow_pipe_entry *entry, const struct doca_flow_ct_actions *actions_origin,
	const struct doca_flow_ct_actions *actions_reply, uint32_t fwd_handle_origin,
	uint32_t fwd_handle_reply, uint32_t timeout_s);
/* IN_PROGRESS while an operation on it is under way, NOT_FOUND. */
DOCA_EXPERIMENTAL doca_error_t doca_flow_ct_rm_entry(uint16_t queue, struct doca_flow_pipe *pipe,
						     uint32_t flags,
						     struct doca_flow_pipe_entry *entry);
/* What is not wanted may be NULL. */
DOCA_EXPERIMENTAL doca_error_t doca_flow_ct_get_entry(
	uint16_t queue, struct doca_flow_pipe *pipe, uint32_t flags,
	struct doca_flow_pipe_entry *entry, struct doca_flow_ct_match *match_origin,
	struct doca_flow_ct_match *match_reply, uint64_t *entry_flags, uint32_t *hash_origin,
	uint32_t *hash_reply);
/* last_hit_s: seconds since the epoch. */
DOCA_EXPERIMENTAL doca_error_t doca_flow_ct_query_entry(
	uint16_t queue, struct doca_flow_pipe *pipe, uint32_t flags,
	struct doca_flow_pipe_entry *entry, struct doca_flow_resource_query *stats_origin,
	struct doca_flow_resource_query *stats_reply, uint64_t *last_hit_s);
/* doca_flow_ct_cfg_set_entry_private_data_size bytes of the program's, zero at first. */
DOCA_EXPERIMENTAL void *doca_flow_ct_entry_get_priv_data(uint16_t queue, struct doca_flow_pipe *pipe,
							 struct doca_flow_pipe_entry *entry);
/* Until the queue has room for min_room or max_processed are done (0: once); `room` may be NULL. */
DOCA_EXPERIMENTAL doca_error_t doca_flow_ct_entries_process(struct doca_flow_port *port,
							    uint16_t queue, uint32_t min_room,
							    uint32_t max_processed, uint32_t *room);

#ifdef __cplusplus
}
#endif

#endif
