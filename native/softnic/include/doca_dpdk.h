/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bridge between devices and DPDK's port numbers. softnic numbers ports in the order in which they
 * are probed, a device before its representors, as DPDK does; it makes no rte_eth ports of them.
 */
#ifndef DOCA_DPDK_H_
#define DOCA_DPDK_H_

#include "doca_compat.h"
#include "doca_dev.h"
#include "doca_error.h"
#include "doca_types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* devargs, NULL or such as "dv_flow_en=2,representor=pf0vf[0-3]". ALREADY_EXIST for a probed device. */
DOCA_EXPERIMENTAL doca_error_t doca_dpdk_port_probe(struct doca_dev *dev, const char *devargs);
/* The representors must be the device's. */
DOCA_EXPERIMENTAL doca_error_t
doca_dpdk_port_probe_with_representors(struct doca_dev *dev, const char *devargs,
				       struct doca_dev_rep *dev_reps[], uint16_t nb_dev_reps);
/* NOT_FOUND for a device that was not probed. */
DOCA_EXPERIMENTAL doca_error_t doca_dpdk_get_first_port_id(const struct doca_dev *dev,
							   uint16_t *port_id);
/* The device of a port, or of a representor's port. Belongs to who opened it. */
DOCA_EXPERIMENTAL doca_error_t doca_dpdk_port_as_dev(uint16_t port_id, struct doca_dev **dev);
/* To be closed by the caller. */
DOCA_EXPERIMENTAL doca_error_t doca_dpdk_open_dev_rep_by_port_id(uint16_t port_id,
								 struct doca_dev *dev,
								 struct doca_dev_rep **dev_rep);
/* INVALID_VALUE for a representor of another kind. */
DOCA_EXPERIMENTAL doca_error_t
doca_dpdk_get_rep_vf_index(const struct doca_devinfo_rep *devinfo_rep, uint16_t *vf_index);
/* NOT_SUPPORTED: softnic has no subfunctions. */
DOCA_EXPERIMENTAL doca_error_t
doca_dpdk_get_rep_sf_num(const struct doca_devinfo_rep *devinfo_rep, uint16_t *sf_num);
DOCA_EXPERIMENTAL doca_error_t
doca_dpdk_cap_is_rep_port_supported(const struct doca_devinfo *devinfo, uint8_t *rep_port_supported);

#ifdef __cplusplus
}
#endif

#endif
