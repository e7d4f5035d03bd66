/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Devices as the other libraries of softnic see them. Their netdevs are named as they were when the
 * list was made from which they were opened: in that thread's network namespace.
 *
 * Exported for libdoca_flow and libdoca_dpdk_bridge; programs have no business with them.
 */
#ifndef SOFTNIC_DEVICE_H
#define SOFTNIC_DEVICE_H

#include <stdint.h>

#include <doca_dev.h>

#define DEVICE_API __attribute__((visibility("default")))

/* The netdev behind it; "" for a port without link. Lives as long as the device. */
DEVICE_API const char *softnic_dev_netdev(const struct doca_dev *dev);
DEVICE_API const char *softnic_rep_netdev(const struct doca_dev_rep *rep);

/* The device whose function it represents. */
DEVICE_API struct doca_dev *softnic_rep_dev(const struct doca_dev_rep *rep);

/* N of pN; of pfNvfM: M. */
DEVICE_API uint16_t softnic_dev_index(const struct doca_dev *dev);
DEVICE_API uint16_t softnic_rep_vf(const struct doca_dev_rep *rep);
/* M of a representor that is not open. */
DEVICE_API uint16_t softnic_devinfo_rep_vf(const struct doca_devinfo_rep *info);

/* Both of them: a device stays open until as many have let go. */
DEVICE_API void softnic_dev_hold(struct doca_dev *dev);
DEVICE_API void softnic_dev_release(struct doca_dev *dev);

#endif
