/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One entry on the NIC, from its insertion to the end of its removal. Operations are asynchronous:
 * they are pushed, and complete in entries_complete. Owned by whoever embeds it; it must live until
 * its state is ENTRY_ABSENT again.
 */
#ifndef HYPERION_DOCA_ENTRY_H
#define HYPERION_DOCA_ENTRY_H

#include "doca.h"

#define DOCA_PIPE_QUEUE 0u /* all operations go through one queue, under the backend's lock */

enum entry_state {
	ENTRY_ABSENT = 0,
	ENTRY_ADDING,
	ENTRY_PRESENT,
	ENTRY_REMOVING,
	ENTRY_LOST, /* its removal failed: it may still match. Removed again at the next chance. */
};

struct nic_entry {
	struct doca_flow_pipe_entry *handle;
	enum entry_state state;
	bool failed; /* the last operation */
	/* Called when the NIC reports that it aged, inside entries_age; may remove it. NULL: not aged. */
	void (*aged)(struct nic_entry *entry, void *context);
	void *context;
};

/* What doca_flow_cfg_set_cb_entry_process is given. */
void entry_process(struct doca_flow_pipe_entry *handle, uint16_t queue,
		   enum doca_flow_entry_status status, enum doca_flow_entry_op op, void *context);

/* Adds to a BASIC pipe; `entry` must be ABSENT. 0, or -errno at once; the rest at completion. */
int entry_add(struct nic_entry *entry, struct doca_flow_port *manager, struct doca_flow_pipe *pipe,
	      const struct doca_flow_match *match, uint8_t action, const struct doca_flow_actions *actions,
	      const struct doca_flow_monitor *monitor, const struct doca_flow_fwd *fwd);
/* Adds to a CONTROL pipe. Lower priorities come first, 0 … 7. */
int entry_add_control(struct nic_entry *entry, struct doca_flow_port *manager,
		      struct doca_flow_pipe *pipe, const struct doca_flow_match *match,
		      const struct doca_flow_match *mask, uint32_t priority,
		      const struct doca_flow_fwd *fwd);
/* Gives a PRESENT entry of a BASIC pipe other actions and another fwd; packets see the old or the new
 * ones. `failed` tells at completion whether they are still the old. */
int entry_update(struct nic_entry *entry, struct doca_flow_port *manager, struct doca_flow_pipe *pipe,
		 uint8_t action, const struct doca_flow_actions *actions,
		 const struct doca_flow_fwd *fwd);
/* Removes it if it is there (or may be). 0 or -errno. */
int entry_remove(struct nic_entry *entry, struct doca_flow_port *manager);
/* Waits for all that was pushed, up to DOCA_DEADLINE_MS. 0, or -ETIMEDOUT. */
int entries_complete(struct doca_flow_port *manager);
/* Lets the NIC report what aged. */
void entries_age(struct doca_flow_port *manager);
/* Forgets what was in flight: its pipes are gone, nothing will complete. */
void entries_forget(void);
/* Packets and bytes that it matched; zero unless present (or LOST). */
void entry_count(const struct nic_entry *entry, uint64_t *packets, uint64_t *bytes);

#endif
