/* SPDX-License-Identifier: Apache-2.0 */
#include "device.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../abi/error.h"
#include "address.h"
#include "assumptions.h"
#include "entry.h"
#include "pipes.h"
#include "queue.h"

#define IFACE_NAME_BYTES 256u /* DOCA_DEVINFO_IFACE_NAME_SIZE */

/* Memory for the actions of a port's entries: the power of two above what they need. */
static uint32_t actions_memory(uint32_t entries)
{
	uint32_t need = entries * ASSUME_ACTIONS_BYTES_PER_ENTRY + 1024;
	uint32_t size = 64;

	while (size < need)
		size *= 2;
	return size;
}

/* Opens the first device whose PCI address it is, or the first of all for NULL. */
static int open_dev(struct device *device, const char *pci, struct hyp_error *error)
{
	struct doca_devinfo **list;
	doca_error_t result;
	uint32_t count;

	result = doca_devinfo_create_list(&list, &count);
	if (result != DOCA_SUCCESS)
		return doca_fail(error, result, "cannot list DOCA devices");
	result = DOCA_ERROR_NOT_FOUND;
	for (uint32_t i = 0; i < count && result == DOCA_ERROR_NOT_FOUND; i++) {
		uint8_t equal = pci == NULL;

		if (pci && doca_devinfo_is_equal_pci_addr(list[i], pci, &equal) != DOCA_SUCCESS)
			continue;
		if (equal)
			result = doca_dev_open(list[i], &device->dev);
	}
	doca_devinfo_destroy_list(list);
	if (result == DOCA_ERROR_NOT_FOUND)
		return hyp_fail(error, -ENODEV,
				"there is no DOCA device %s among %u; hyperion doctor lists them",
				pci ? pci : "at all", count);
	return result == DOCA_SUCCESS ? 0 : doca_fail(error, result, "cannot open the DOCA device");
}

/* What doca_flow_init is told. Every setter fails only for want of memory or of a valid value. */
static doca_error_t configure(struct doca_flow_cfg *cfg, const struct pipes_budget *budget)
{
	doca_error_t result = doca_flow_cfg_set_pipe_queues(cfg, 1);

	if (result == DOCA_SUCCESS)
		result = doca_flow_cfg_set_queue_depth(cfg, budget->queue_depth);
	if (result == DOCA_SUCCESS)
		result = doca_flow_cfg_set_mode_args(cfg, ASSUME_MODE_ARGS);
	if (result == DOCA_SUCCESS)
		result = doca_flow_cfg_set_nr_counters(cfg, budget->counters);
	if (result == DOCA_SUCCESS)
		result = doca_flow_cfg_set_nr_meters(cfg, budget->meters);
	if (result == DOCA_SUCCESS)
		result = doca_flow_cfg_set_nr_shared_resource(cfg, budget->shared_meters,
							      DOCA_FLOW_SHARED_RESOURCE_METER);
	if (result == DOCA_SUCCESS)
		result = doca_flow_cfg_set_cb_entry_process(cfg, entry_process);
	return result;
}

static int start_flow(const struct pipes_budget *budget, struct hyp_error *error)
{
	struct doca_flow_cfg *cfg;
	doca_error_t result = doca_flow_cfg_create(&cfg);

	if (result == DOCA_SUCCESS) {
		result = configure(cfg, budget);
		if (result == DOCA_SUCCESS)
			result = doca_flow_init(cfg);
		doca_flow_cfg_destroy(cfg);
	}
	if (result == DOCA_SUCCESS)
		return 0;
	return hyp_fail(error, result == DOCA_ERROR_NO_MEMORY ? -ENOSPC : -EIO,
			"DOCA Flow does not start with %u counters, %u meters and %u shared meters: %s",
			budget->counters, budget->meters, budget->shared_meters,
			doca_error_get_descr(result));
}

/* Starts a port on `dev` (the manager) or on `rep`. */
static doca_error_t start_port(uint16_t id, struct doca_dev *dev, struct doca_dev_rep *rep,
			       uint32_t entries, struct doca_flow_port **port)
{
	struct doca_flow_port_cfg *cfg;
	doca_error_t result = doca_flow_port_cfg_create(&cfg);

	if (result != DOCA_SUCCESS)
		return result;
	result = doca_flow_port_cfg_set_port_id(cfg, id);
	if (result == DOCA_SUCCESS)
		result = rep ? doca_flow_port_cfg_set_dev_rep(cfg, rep)
			     : doca_flow_port_cfg_set_dev(cfg, dev);
	if (result == DOCA_SUCCESS && rep)
		result = doca_flow_port_cfg_set_dev(cfg, dev);
	if (result == DOCA_SUCCESS && entries)
		result = doca_flow_port_cfg_set_actions_mem_size(cfg, actions_memory(entries));
	if (result == DOCA_SUCCESS)
		result = doca_flow_port_start(cfg, port);
	doca_flow_port_cfg_destroy(cfg);
	return result;
}

static int start_manager(struct device *device, uint32_t entries, struct hyp_error *error)
{
	struct doca_port *uplink = calloc(1, sizeof(*uplink));
	char name[IFACE_NAME_BYTES] = "";
	doca_error_t result;

	if (!uplink)
		return hyp_fail(error, -ENOMEM, "no memory for a port");
	device->ports[DOCA_UPLINK_PORT] = uplink;
	device->ports_end = DOCA_UPLINK_PORT + 1;
	result = start_port(DOCA_UPLINK_PORT, device->dev, NULL, entries, &uplink->flow);
	if (result != DOCA_SUCCESS)
		return doca_fail(error, result, "the eswitch manager's port does not start");
	device->manager = uplink->flow;
	if (doca_devinfo_get_iface_name(doca_dev_as_devinfo(device->dev), name, sizeof(name)) ==
	    DOCA_SUCCESS)
		uplink->ifindex = if_nametoindex(name);
	return 0;
}

int device_open(struct device *device, const char *address, const struct hyp_dataplane_options *options,
		struct hyp_error *error)
{
	struct pipes_budget budget;
	const char *pci = NULL;
	int result = address_prepare(address, &pci, error);

	if (result != 0)
		return result;
	pipes_budget(options->connections_max ? options->connections_max : HYP_CONNECTIONS_DEFAULT,
		     &budget);
	result = open_dev(device, pci, error);
	if (result != 0)
		return result;
	result = queue_prepare(device, error);
	if (result == 0)
		result = start_flow(&budget, error);
	if (result == 0) {
		device->started = true;
		result = start_manager(device, budget.entries, error);
	}
	return result;
}

void device_close(struct device *device)
{
	for (uint32_t id = device->ports_end; id-- > DOCA_UPLINK_PORT + 1;) {
		if (device->ports[id])
			device_detach(device, device->ports[id]);
	}
	if (device->manager)
		doca_flow_port_stop(device->manager);
	free(device->ports[DOCA_UPLINK_PORT]);
	if (device->started)
		doca_flow_destroy();
	if (device->dev)
		doca_dev_close(device->dev);
	*device = (struct device){ 0 };
}

/* Opens the representor whose netdev has this name. */
static doca_error_t open_rep(struct device *device, const char *name, struct doca_dev_rep **rep)
{
	struct doca_devinfo_rep **list;
	doca_error_t result;
	uint32_t count;

	result = doca_devinfo_rep_create_list(device->dev, DOCA_DEVINFO_REP_FILTER_NET, &list, &count);
	if (result != DOCA_SUCCESS)
		return result;
	result = DOCA_ERROR_NOT_FOUND;
	for (uint32_t i = 0; i < count && result == DOCA_ERROR_NOT_FOUND; i++) {
		char found[IFACE_NAME_BYTES] = "";

		if (doca_devinfo_rep_get_iface_name(list[i], found, sizeof(found)) == DOCA_SUCCESS &&
		    strcmp(found, name) == 0)
			result = doca_dev_rep_open(list[i], rep);
	}
	doca_devinfo_rep_destroy_list(list);
	return result;
}

int device_attach(struct device *device, uint32_t ifindex, struct doca_port **port,
		  struct hyp_error *error)
{
	char name[IF_NAMESIZE];
	struct doca_port *added;
	doca_error_t result;
	uint16_t id = DOCA_UPLINK_PORT + 1;

	if (!if_indextoname(ifindex, name))
		return hyp_fail(error, -ENODEV, "there is no device with index %u", ifindex);
	while (id < DOCA_PORTS_MAX && device->ports[id])
		id++;
	if (id == DOCA_PORTS_MAX)
		return hyp_fail(error, -ENOSPC, "%u ports are in use already", DOCA_PORTS_MAX - 1);
	added = calloc(1, sizeof(*added));
	if (!added)
		return hyp_fail(error, -ENOMEM, "no memory for a port");
	added->id = id;
	added->ifindex = ifindex;
	result = open_rep(device, name, &added->rep);
	if (result != DOCA_SUCCESS) {
		free(added);
		return doca_fail(error, result, "this device has no representor of that name");
	}
	result = start_port(id, device->dev, added->rep, 0, &added->flow);
	if (result != DOCA_SUCCESS) {
		doca_dev_rep_close(added->rep);
		free(added);
		return doca_fail(error, result, "the representor's port does not start");
	}
	device->ports[id] = added;
	if (id >= device->ports_end)
		device->ports_end = id + 1;
	*port = added;
	return 0;
}

void device_detach(struct device *device, struct doca_port *port)
{
	doca_flow_port_stop(port->flow);
	doca_dev_rep_close(port->rep);
	device->ports[port->id] = NULL;
	free(port);
}

struct doca_port *device_port(const struct device *device, uint32_t ifindex)
{
	for (uint32_t id = 0; id < device->ports_end; id++) {
		if (device->ports[id] && device->ports[id]->ifindex == ifindex)
			return device->ports[id];
	}
	return NULL;
}
