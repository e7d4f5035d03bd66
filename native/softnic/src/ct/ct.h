/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connection tracking as the rest of the NIC sees it. A connection's entry is its origin's; the reply's
 * hangs on it. The NIC's lock is held around all calls but ct_finalize.
 */
#ifndef SOFTNIC_CT_H
#define SOFTNIC_CT_H

#include "../flow/nic.h"

struct ct_change;

uint32_t ct_queue_depth(const struct nic *nic);
/* With the NIC, if doca_flow_ct_destroy was not called. */
void ct_free(struct nic *nic);
/* With the port, whose pipes are gone. */
void ct_forwards_free(struct doca_flow_port *port);

/* The later of both directions'. */
uint64_t ct_last_hit_ns(const struct doca_flow_pipe_entry *entry);
/* The entry that counts the connection's answers. */
struct doca_flow_pipe_entry *ct_reply(const struct doca_flow_pipe_entry *entry);

/* ALREADY_EXIST, NO_MEMORY: nothing is changed. The change is freed by ct_change_free in any case. */
doca_error_t ct_change_apply(struct doca_flow_pipe_entry *entry, struct ct_change *change);
void ct_change_free(struct ct_change *change);

/* Tells the application that the connection is gone, if it wants to know; it can be queried once more. */
void ct_finalize(struct doca_flow_pipe_entry *entry, uint16_t queue);

#endif
