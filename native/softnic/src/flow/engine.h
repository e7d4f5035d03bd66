/* SPDX-License-Identifier: Apache-2.0 */
/* Packets between ports, pipes and software. */
#ifndef SOFTNIC_ENGINE_H
#define SOFTNIC_ENGINE_H

#include "nic.h"

/* Sets up the outlets. Frames from memory get room. NO_MEMORY. */
doca_error_t engine_init(struct nic *nic);
void engine_free(struct nic *nic);

/* Opens the port's netdev; the first starts the loop. Without the NIC's lock. */
doca_error_t engine_open(struct doca_flow_port *port, const char *netdev);
/* Closes it, if there is one. Without the NIC's lock. */
void engine_close(struct doca_flow_port *port);

/* The frames that wait for software, made when first asked for; NULL without memory. The lock is held. */
struct frames *engine_software_queue(struct doca_flow_port *manager, uint16_t queue);

#endif
