/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Devices as the other libraries of softnic see them. Their netdevs are named as they were when the
 * list was made from which they were opened: in that thread's network namespace.
 *
 * Exported for libdoca_flow, libdoca_argp and libdoca_dpdk_bridge; programs have no business with them.
 */
#ifndef SOFTNIC_DEVICE_H
#define SOFTNIC_DEVICE_H

#include <stddef.h>
#include <stdint.h>

#include <doca_dev.h>

#define DEVICE_API __attribute__((visibility("default")))

/* The netdev behind it; "" for a port without link. Lives as long as the device. */
DEVICE_API const char *softnic_dev_netdev(const struct doca_dev *dev);
DEVICE_API const char *softnic_rep_netdev(const struct doca_dev_rep *rep);

/* The device whose function it represents; it stays open as long as the representor. */
DEVICE_API struct doca_dev *softnic_rep_dev(const struct doca_dev_rep *rep);

/* N of pN; M of pfNvfM. */
DEVICE_API uint16_t softnic_dev_index(const struct doca_dev *dev);
DEVICE_API uint16_t softnic_rep_vf(const struct doca_dev_rep *rep);
DEVICE_API uint16_t softnic_devinfo_rep_vf(const struct doca_devinfo_rep *info);

/* Opens a representor by its VF number. NOT_FOUND. */
DEVICE_API doca_error_t softnic_rep_open_vf(struct doca_dev *dev, uint16_t vf,
					    struct doca_dev_rep **rep);

/* VF numbers of "pf0vf[0-3]" (text up to `end`) into `vfs`, which has room for *count; sets *count.
 * INVALID_VALUE for what is no such thing, or of another device; NOT_SUPPORTED for subfunctions. */
DEVICE_API doca_error_t softnic_dev_parse_vfs(const struct doca_dev *dev, const char *text,
					      const char *end, uint16_t *vfs, size_t *count);

/* Port numbers as DPDK gives them: the lowest that is free. They end with the device. */
#define DEVICE_PORT_NO_VF UINT16_MAX /* the device's own port */
DEVICE_API doca_error_t softnic_port_add(struct doca_dev *dev, uint16_t vf);
/* Takes all of a device's numbers back. */
DEVICE_API void softnic_port_remove(const struct doca_dev *dev);
/* NOT_FOUND */
DEVICE_API doca_error_t softnic_port_find(const struct doca_dev *dev, uint16_t vf, uint16_t *port_id);
DEVICE_API doca_error_t softnic_port_get(uint16_t port_id, struct doca_dev **dev, uint16_t *vf);

#endif
