/* SPDX-License-Identifier: Apache-2.0 */
/* Meters, counters, RSS groups, encapsulations that entries name by an id. The NIC's lock is held. */
#ifndef SOFTNIC_SHARED_H
#define SOFTNIC_SHARED_H

#include "nic.h"

/* Makes room for `count` of a kind in total. NO_MEMORY. Ids and what they mean stay. */
doca_error_t shared_reserve(struct nic *nic, unsigned int type, uint32_t count);
/* Frees all. */
void shared_free(struct nic *nic);

/* Takes back what the port was given (PORT mode). */
void shared_reclaim(struct nic *nic, const struct doca_flow_port *port);
/* Unbinds what is bound to the port or pipe, calling back; the lock is released for each call. */
void shared_unbind(struct nic *nic, const void *object);

/* NON_SHARED resources: takes `count` of the budget of the entry's port. NO_MEMORY. */
doca_error_t budget_take(struct doca_flow_port *port, enum doca_flow_resource resource, uint32_t count);
void budget_give(struct doca_flow_port *port, enum doca_flow_resource resource, uint32_t count);

/* Copies the counters as a query shows them while they lag. */
void shared_refresh(struct nic *nic);

#endif
