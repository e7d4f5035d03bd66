/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of devices, and opening them. */
#include "device.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "handle.h"
#include "log.h"
#include "ports.h"

/* Of the process: opening a physical port twice gives the same device. */
static pthread_mutex_t devices_lock = PTHREAD_MUTEX_INITIALIZER;
static struct doca_dev *devices;

void dev_hold(struct doca_dev *dev)
{
	pthread_mutex_lock(&devices_lock);
	dev->holders++;
	pthread_mutex_unlock(&devices_lock);
}

void dev_release(struct doca_dev *dev)
{
	pthread_mutex_lock(&devices_lock);
	if (--dev->holders == 0) {
		struct doca_dev **link = &devices;

		while (*link != dev)
			link = &(*link)->next;
		*link = dev->next;
		softnic_port_remove(dev);
		free(dev);
	}
	pthread_mutex_unlock(&devices_lock);
}

static bool read_mac(const char *netdev, uint8_t mac[DOCA_DEVINFO_MAC_ADDR_SIZE])
{
	struct ifreq request;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return false;
	memset(&request, 0, sizeof(request));
	memcpy(request.ifr_name, netdev, strlen(netdev));
	bool found = ioctl(fd, SIOCGIFHWADDR, &request) == 0;
	close(fd);
	if (found)
		memcpy(mac, request.ifr_hwaddr.sa_data, DOCA_DEVINFO_MAC_ADDR_SIZE);
	return found;
}

doca_error_t doca_devinfo_create_list(struct doca_devinfo ***dev_list, uint32_t *nb_devs)
{
	struct doca_devinfo **list;
	struct ports *ports;
	uint32_t count = 0;
	doca_error_t error;

	if (dev_list == NULL || nb_devs == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	error = ports_read(&ports);
	if (error != DOCA_SUCCESS)
		return error;
	list = calloc(ports->count + 1, sizeof(struct doca_devinfo *));
	if (list == NULL) {
		free(ports);
		return DOCA_ERROR_NO_MEMORY;
	}
	for (size_t i = 0; i < ports->count; i++) {
		const struct port *port = &ports->list[i];
		struct doca_devinfo *info;

		if (port->is_representor)
			continue;
		info = calloc(1, sizeof(*info));
		if (info == NULL) {
			doca_devinfo_destroy_list(list);
			free(ports);
			return DOCA_ERROR_NO_MEMORY;
		}
		info->index = port->device;
		memcpy(info->netdev, port->netdev, strlen(port->netdev));
		info->has_mac = info->netdev[0] != '\0' && read_mac(info->netdev, info->mac);
		list[count++] = info;
	}
	free(ports);
	*dev_list = list;
	*nb_devs = count;
	return DOCA_SUCCESS;
}

doca_error_t doca_devinfo_destroy_list(struct doca_devinfo **dev_list)
{
	if (dev_list == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	for (struct doca_devinfo **info = dev_list; *info != NULL; info++)
		free(*info);
	free(dev_list);
	return DOCA_SUCCESS;
}

doca_error_t doca_dev_open(struct doca_devinfo *devinfo, struct doca_dev **dev)
{
	struct doca_dev *found;
	doca_error_t error = DOCA_SUCCESS;

	if (devinfo == NULL || dev == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	pthread_mutex_lock(&devices_lock);
	for (found = devices; found != NULL; found = found->next)
		if (found->info.index == devinfo->index)
			break;
	if (found == NULL) {
		found = calloc(1, sizeof(*found));
		if (found == NULL) {
			error = DOCA_ERROR_NO_MEMORY;
		} else {
			found->info = *devinfo;
			found->next = devices;
			devices = found;
		}
	} else if (strcmp(found->info.netdev, devinfo->netdev) != 0) {
		error = DOCA_ERROR_IN_USE; /* SOFTNIC_PORTS has changed under an open device */
	}
	if (error == DOCA_SUCCESS) {
		found->holders++;
		*dev = found;
	}
	pthread_mutex_unlock(&devices_lock);
	return error;
}

doca_error_t doca_dev_close(struct doca_dev *dev)
{
	if (dev == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	dev_release(dev);
	return DOCA_SUCCESS;
}

struct rep_list {
	struct doca_devinfo_rep **infos; /* NULL at the end */
	uint32_t count;
	uint32_t room;
};

static doca_error_t rep_list_add(struct rep_list *list, struct doca_dev *dev, uint16_t vf,
				 const char *netdev)
{
	struct doca_devinfo_rep *info;

	if (list->count + 1 >= list->room) {
		uint32_t room = list->room == 0 ? 16 : list->room * 2;
		struct doca_devinfo_rep **infos =
			realloc(list->infos, room * sizeof(struct doca_devinfo_rep *));

		if (infos == NULL)
			return DOCA_ERROR_NO_MEMORY;
		list->infos = infos;
		list->room = room;
	}
	info = calloc(1, sizeof(*info));
	if (info == NULL)
		return DOCA_ERROR_NO_MEMORY;
	dev_hold(dev);
	info->dev = dev;
	info->vf = vf;
	memcpy(info->netdev, netdev, strlen(netdev));
	list->infos[list->count++] = info;
	list->infos[list->count] = NULL;
	return DOCA_SUCCESS;
}

/* Adds the netdevs there are now; one whose index is no VF number is passed over. */
static doca_error_t rep_list_add_pattern(struct rep_list *list, struct doca_dev *dev,
					 const struct ports *ports, const struct port *pattern)
{
	struct if_nameindex *netdevs = if_nameindex();
	doca_error_t error = DOCA_SUCCESS;

	if (netdevs == NULL)
		return DOCA_ERROR_OPERATING_SYSTEM;
	for (struct if_nameindex *netdev = netdevs; netdev->if_index != 0; netdev++) {
		if (!ports_matches(ports, pattern, netdev->if_name))
			continue;
		if (netdev->if_index >= UINT16_MAX) {
			SOFTNIC_LOG_WARN("COMMON", "netdev %s: its index %u is too large for a VF",
					 netdev->if_name, netdev->if_index);
			continue;
		}
		error = rep_list_add(list, dev, (uint16_t)netdev->if_index, netdev->if_name);
		if (error != DOCA_SUCCESS)
			break;
	}
	if_freenameindex(netdevs);
	return error;
}

doca_error_t doca_devinfo_rep_create_list(struct doca_dev *dev, int filter,
					  struct doca_devinfo_rep ***dev_list_rep,
					  uint32_t *nb_devs_rep)
{
	struct rep_list list = { .count = 0 };
	struct ports *ports;
	doca_error_t error;

	if (dev == NULL || dev_list_rep == NULL || nb_devs_rep == NULL ||
	    (filter & ~(DOCA_DEVINFO_REP_FILTER_NET | DOCA_DEVINFO_REP_FILTER_EMULATED)) != 0)
		return DOCA_ERROR_INVALID_VALUE;
	error = ports_read(&ports);
	if (error != DOCA_SUCCESS)
		return error;
	list.room = 16;
	list.infos = calloc(list.room, sizeof(struct doca_devinfo_rep *));
	if (list.infos == NULL)
		error = DOCA_ERROR_NO_MEMORY;
	/* Nothing here is emulated. */
	for (size_t i = 0; filter != DOCA_DEVINFO_REP_FILTER_EMULATED && i < ports->count; i++) {
		const struct port *port = &ports->list[i];

		if (error != DOCA_SUCCESS)
			break;
		if (!port->is_representor || port->device != dev->info.index)
			continue;
		if (port->is_pattern)
			error = rep_list_add_pattern(&list, dev, ports, port);
		else
			error = rep_list_add(&list, dev, port->vf, port->netdev);
	}
	free(ports);
	if (error != DOCA_SUCCESS) {
		if (list.infos != NULL)
			doca_devinfo_rep_destroy_list(list.infos);
		return error;
	}
	*dev_list_rep = list.infos;
	*nb_devs_rep = list.count;
	return DOCA_SUCCESS;
}

doca_error_t doca_devinfo_rep_destroy_list(struct doca_devinfo_rep **dev_list_rep)
{
	if (dev_list_rep == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	for (struct doca_devinfo_rep **info = dev_list_rep; *info != NULL; info++) {
		dev_release((*info)->dev);
		free(*info);
	}
	free(dev_list_rep);
	return DOCA_SUCCESS;
}

doca_error_t doca_dev_rep_open(struct doca_devinfo_rep *devinfo, struct doca_dev_rep **dev)
{
	struct doca_dev_rep *rep;

	if (devinfo == NULL || dev == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	rep = calloc(1, sizeof(*rep));
	if (rep == NULL)
		return DOCA_ERROR_NO_MEMORY;
	rep->info = *devinfo;
	dev_hold(rep->info.dev);
	*dev = rep;
	return DOCA_SUCCESS;
}

doca_error_t doca_dev_rep_close(struct doca_dev_rep *dev)
{
	if (dev == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	dev_release(dev->info.dev);
	free(dev);
	return DOCA_SUCCESS;
}

doca_error_t softnic_rep_open_vf(struct doca_dev *dev, uint16_t vf, struct doca_dev_rep **rep)
{
	struct doca_devinfo_rep **list;
	uint32_t count;
	doca_error_t error = doca_devinfo_rep_create_list(dev, DOCA_DEVINFO_REP_FILTER_NET, &list, &count);

	if (error != DOCA_SUCCESS)
		return error;
	error = DOCA_ERROR_NOT_FOUND;
	for (uint32_t i = 0; i < count; i++) {
		if (list[i]->vf != vf)
			continue;
		error = doca_dev_rep_open(list[i], rep);
		break;
	}
	doca_devinfo_rep_destroy_list(list);
	return error;
}
