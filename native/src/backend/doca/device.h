/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HYPERION_DOCA_DEVICE_H
#define HYPERION_DOCA_DEVICE_H

#include "doca.h"

/* Initialises DOCA Flow and starts the manager's port. `address`: PCI address, or "softnic" with its
 * arguments. 0 or -errno. */
int device_open(struct device *device, const char *address, const struct hyp_dataplane_options *options,
		struct hyp_error *error);
/* Stops every port, the manager last, and lets DOCA Flow go. Pipes must be gone. */
void device_close(struct device *device);

/* Starts the port of a representor. *port is the device's. -ENODEV: the netdev is no representor of
 * this device, -ENOSPC: no logical id is free. */
int device_attach(struct device *device, uint32_t ifindex, struct doca_port **port,
		  struct hyp_error *error);
void device_detach(struct device *device, struct doca_port *port);
/* By netdev; NULL. The uplink is found by its own netdev. */
struct doca_port *device_port(const struct device *device, uint32_t ifindex);

#endif
