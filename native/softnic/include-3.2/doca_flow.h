/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The names, orders of arguments and values of DOCA 3.2 where 3.3 has others; all else is 3.3's. To
 * compile against, before ../include in the search path; softnic's libraries have 3.3's names only.
 */
#ifndef SOFTNIC_3_2_DOCA_FLOW_H
#define SOFTNIC_3_2_DOCA_FLOW_H

/* What 3.2 has not goes by names that nobody uses. */
#define doca_flow_entry_flags softnic_3_3_entry_flags
#define DOCA_FLOW_ENTRY_FLAGS_NO_WAIT SOFTNIC_3_3_NO_WAIT
#define DOCA_FLOW_ENTRY_FLAGS_WAIT_FOR_BATCH SOFTNIC_3_3_WAIT_FOR_BATCH
#define doca_flow_pipe_basic_add_entry softnic_3_3_pipe_basic_add_entry
#define doca_flow_pipe_basic_update_entry softnic_3_3_pipe_basic_update_entry
#define doca_flow_pipe_control_add_entry softnic_3_3_pipe_control_add_entry
#define doca_flow_pipe_acl_update_entry softnic_3_3_pipe_acl_update_entry

#include_next <doca_flow.h>

#undef doca_flow_entry_flags
#undef DOCA_FLOW_ENTRY_FLAGS_NO_WAIT
#undef DOCA_FLOW_ENTRY_FLAGS_WAIT_FOR_BATCH
#undef doca_flow_pipe_basic_add_entry
#undef doca_flow_pipe_basic_update_entry
#undef doca_flow_pipe_control_add_entry
#undef doca_flow_pipe_acl_update_entry

#ifdef __cplusplus
extern "C" {
#endif

enum doca_flow_flags_type {
	DOCA_FLOW_NO_WAIT = 0,
	DOCA_FLOW_WAIT_FOR_BATCH = 1u << 0,
};

DOCA_EXPERIMENTAL doca_error_t
doca_flow_pipe_add_entry(uint16_t pipe_queue, struct doca_flow_pipe *pipe,
			 const struct doca_flow_match *match, uint8_t action_idx,
			 const struct doca_flow_actions *actions,
			 const struct doca_flow_monitor *monitor, const struct doca_flow_fwd *fwd,
			 uint32_t flags, void *usr_ctx, struct doca_flow_pipe_entry **entry);
DOCA_EXPERIMENTAL doca_error_t doca_flow_pipe_update_entry(
	uint16_t pipe_queue, struct doca_flow_pipe *pipe, uint8_t action_idx,
	const struct doca_flow_actions *actions, const struct doca_flow_monitor *monitor,
	const struct doca_flow_fwd *fwd, uint32_t flags, struct doca_flow_pipe_entry *entry);
DOCA_EXPERIMENTAL doca_error_t doca_flow_pipe_control_add_entry(
	uint16_t pipe_queue, uint32_t priority, struct doca_flow_pipe *pipe,
	const struct doca_flow_match *match, const struct doca_flow_match *match_mask,
	const struct doca_flow_match_condition *condition, const struct doca_flow_actions *actions,
	const struct doca_flow_actions *actions_mask,
	const struct doca_flow_action_descs *action_descs, const struct doca_flow_monitor *monitor,
	const struct doca_flow_fwd *fwd, void *usr_ctx, struct doca_flow_pipe_entry **entry);

#ifdef __cplusplus
}
#endif

#endif
