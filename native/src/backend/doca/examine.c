/* SPDX-License-Identifier: Apache-2.0 */
#include "examine.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../abi/error.h"
#include "address.h"
#include "device.h"
#include "pipes.h"

static void describe(struct doca_devinfo *info, struct examined_device *device)
{
	struct doca_devinfo_rep **reps;
	struct doca_dev *dev;
	uint8_t mac[6];

	*device = (struct examined_device){ .pci = "" };
	doca_devinfo_get_pci_addr_str(info, device->pci);
	doca_devinfo_get_iface_name(info, device->netdev, sizeof(device->netdev));
	doca_devinfo_get_ibdev_name(info, device->rdma, sizeof(device->rdma));
	if (doca_devinfo_get_mac_addr(info, mac, sizeof(mac)) == DOCA_SUCCESS)
		snprintf(device->mac, sizeof(device->mac), "%02x:%02x:%02x:%02x:%02x:%02x", mac[0],
			 mac[1], mac[2], mac[3], mac[4], mac[5]);
	if (doca_dev_open(info, &dev) != DOCA_SUCCESS)
		return;
	if (doca_devinfo_rep_create_list(dev, DOCA_DEVINFO_REP_FILTER_NET, &reps,
					 &device->representors) == DOCA_SUCCESS)
		doca_devinfo_rep_destroy_list(reps);
	doca_dev_close(dev);
}

int examine_devices(const char *address,
		    void (*each)(void *context, const struct examined_device *device), void *context,
		    struct hyp_error *error)
{
	struct examined_device device;
	struct doca_devinfo **list;
	doca_error_t listed;
	const char *pci;
	uint32_t count;
	int result = address_prepare(address, &pci, error);

	if (result != 0)
		return result;
	listed = doca_devinfo_create_list(&list, &count);
	if (listed != DOCA_SUCCESS)
		return doca_fail(error, listed, "cannot list DOCA devices");
	for (uint32_t i = 0; i < count; i++) {
		describe(list[i], &device);
		each(context, &device);
	}
	doca_devinfo_destroy_list(list);
	return 0;
}

int examine_offer(const char *address, struct examined_offer *offer, struct hyp_error *error)
{
	const struct hyp_dataplane_options options = { .size = sizeof(options) };
	struct doca *doca = calloc(1, sizeof(*doca));
	struct pipes_budget budget;
	int result;

	if (!doca)
		return hyp_fail(error, -ENOMEM, "no memory for a data plane");
	pipes_budget(HYP_CONNECTIONS_DEFAULT, &budget);
	*offer = (struct examined_offer){
		.connections = HYP_CONNECTIONS_DEFAULT,
		.counters = budget.counters,
		.meters = budget.meters,
		.shared_meters = budget.shared_meters,
	};
	result = device_open(&doca->device, address, &options, error);
	if (result == 0) {
		result = pipes_build(doca, HYP_CONNECTIONS_DEFAULT, error);
		pipes_destroy(doca);
	}
	device_close(&doca->device);
	free(doca);
	return result;
}
