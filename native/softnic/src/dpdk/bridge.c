/* SPDX-License-Identifier: Apache-2.0 */
#include <doca_dpdk.h>

#include <stdlib.h>
#include <string.h>

#include "../common/device.h"
#include "../common/log.h"

#define BRIDGE_REPRESENTORS_MAX 1024u

/* Where "representor=…" begins and ends in devargs, its brackets' commas included; NULL: none. */
static const char *representors(const char *devargs, const char **end)
{
	static const char key[] = "representor=";

	while (devargs != NULL && *devargs != '\0') {
		const char *next = devargs;
		int depth = 0;

		for (; *next != '\0' && (*next != ',' || depth > 0); next++)
			depth += (*next == '[') - (*next == ']');
		if (strncmp(devargs, key, sizeof(key) - 1) == 0) {
			*end = next;
			return devargs + sizeof(key) - 1;
		}
		devargs = next + (*next == ',');
	}
	return NULL;
}

/* Numbers for the representors that devargs name. */
static doca_error_t add_named(struct doca_dev *dev, const char *text, const char *end)
{
	uint16_t *vfs = calloc(BRIDGE_REPRESENTORS_MAX, sizeof(*vfs));
	size_t count = BRIDGE_REPRESENTORS_MAX;
	doca_error_t error;

	if (vfs == NULL)
		return DOCA_ERROR_NO_MEMORY;
	error = softnic_dev_parse_vfs(dev, text, end, vfs, &count);
	if (error != DOCA_SUCCESS)
		SOFTNIC_LOG_ERR("DPDK", "representor=%.*s: %s", (int)(end - text), text,
				doca_error_get_descr(error));
	for (size_t i = 0; i < count && error == DOCA_SUCCESS; i++) {
		struct doca_dev_rep *rep;

		error = softnic_rep_open_vf(dev, vfs[i], &rep);
		if (error != DOCA_SUCCESS)
			break;
		error = softnic_port_add(dev, vfs[i]);
		doca_dev_rep_close(rep);
	}
	free(vfs);
	return error;
}

doca_error_t doca_dpdk_port_probe(struct doca_dev *dev, const char *devargs)
{
	const char *end = NULL;
	const char *text = representors(devargs, &end);
	doca_error_t error;

	if (dev == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	error = softnic_port_add(dev, DEVICE_PORT_NO_VF);
	if (error == DOCA_SUCCESS && text != NULL) {
		error = add_named(dev, text, end);
		if (error != DOCA_SUCCESS)
			softnic_port_remove(dev);
	}
	return error;
}

doca_error_t doca_dpdk_port_probe_with_representors(struct doca_dev *dev, const char *devargs,
						    struct doca_dev_rep *dev_reps[],
						    uint16_t nb_dev_reps)
{
	doca_error_t error;

	if (dev == NULL || (dev_reps == NULL && nb_dev_reps > 0))
		return DOCA_ERROR_INVALID_VALUE;
	for (uint16_t i = 0; i < nb_dev_reps; i++)
		if (dev_reps[i] == NULL || softnic_rep_dev(dev_reps[i]) != dev)
			return DOCA_ERROR_INVALID_VALUE;
	error = doca_dpdk_port_probe(dev, devargs);
	if (error != DOCA_SUCCESS)
		return error;
	for (uint16_t i = 0; i < nb_dev_reps && error == DOCA_SUCCESS; i++)
		error = softnic_port_add(dev, softnic_rep_vf(dev_reps[i]));
	if (error != DOCA_SUCCESS)
		softnic_port_remove(dev);
	return error;
}

doca_error_t doca_dpdk_get_first_port_id(const struct doca_dev *dev, uint16_t *port_id)
{
	if (dev == NULL || port_id == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	return softnic_port_find(dev, DEVICE_PORT_NO_VF, port_id);
}

doca_error_t doca_dpdk_port_as_dev(uint16_t port_id, struct doca_dev **dev)
{
	uint16_t vf;

	if (dev == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	return softnic_port_get(port_id, dev, &vf);
}

doca_error_t doca_dpdk_open_dev_rep_by_port_id(uint16_t port_id, struct doca_dev *dev,
					       struct doca_dev_rep **dev_rep)
{
	struct doca_dev *owner;
	doca_error_t error;
	uint16_t vf;

	if (dev == NULL || dev_rep == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	error = softnic_port_get(port_id, &owner, &vf);
	if (error != DOCA_SUCCESS)
		return error;
	if (owner != dev || vf == DEVICE_PORT_NO_VF)
		return DOCA_ERROR_INVALID_VALUE;
	return softnic_rep_open_vf(dev, vf, dev_rep);
}

doca_error_t doca_dpdk_get_rep_vf_index(const struct doca_devinfo_rep *devinfo_rep, uint16_t *vf_index)
{
	if (devinfo_rep == NULL || vf_index == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	*vf_index = softnic_devinfo_rep_vf(devinfo_rep);
	return DOCA_SUCCESS;
}

/* softnic has no subfunctions. */
doca_error_t doca_dpdk_get_rep_sf_num(const struct doca_devinfo_rep *devinfo_rep, uint16_t *sf_num)
{
	if (devinfo_rep == NULL || sf_num == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	return DOCA_ERROR_NOT_SUPPORTED;
}

doca_error_t doca_dpdk_cap_is_rep_port_supported(const struct doca_devinfo *devinfo,
						 uint8_t *rep_port_supported)
{
	if (devinfo == NULL || rep_port_supported == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	*rep_port_supported = 1;
	return DOCA_SUCCESS;
}
