/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SOFTNIC_PORT_H
#define SOFTNIC_PORT_H

#include "nic.h"

/* Takes the port down with all that is on it, whatever references it. Without the NIC's lock. */
void port_free(struct doca_flow_port *port);

#endif
