/* SPDX-License-Identifier: Apache-2.0 */
/* DOCA 3.3's spelling on 3.2, the release with long-term support. */
#ifndef HYPERION_DOCA_COMPAT_H
#define HYPERION_DOCA_COMPAT_H

#include <doca_flow.h>
#include <doca_version.h>

#if DOCA_VERSION_MAJOR < 3 || (DOCA_VERSION_MAJOR == 3 && DOCA_VERSION_MINOR < 2)
#error "DOCA 3.2 or later is needed"
#endif

#if DOCA_VERSION_MAJOR == 3 && DOCA_VERSION_MINOR == 2

#define DOCA_FLOW_ENTRY_FLAGS_NO_WAIT DOCA_FLOW_NO_WAIT
#define DOCA_FLOW_ENTRY_FLAGS_WAIT_FOR_BATCH DOCA_FLOW_WAIT_FOR_BATCH

#define doca_flow_pipe_basic_add_entry doca_flow_pipe_add_entry
#define doca_flow_pipe_basic_update_entry doca_flow_pipe_update_entry

/* The priority came second. */
#define doca_flow_pipe_control_add_entry(queue, pipe, match, mask, condition, actions, actions_mask, \
					 descs, monitor, priority, fwd, context, entry)              \
	doca_flow_pipe_control_add_entry(queue, priority, pipe, match, mask, condition, actions,     \
					 actions_mask, descs, monitor, fwd, context, entry)

#endif
#endif
