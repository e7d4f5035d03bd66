/* SPDX-License-Identifier: Apache-2.0 */
/* DPDK's numbers for ports of devices. */
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "device.h"
#include "handle.h"

struct port_number {
	struct doca_dev *dev; /* not held: it takes its numbers back; NULL: free */
	uint16_t vf;	      /* DEVICE_PORT_NO_VF: the device itself */
};

/* Of the process, as DPDK's are. */
static pthread_mutex_t port_lock = PTHREAD_MUTEX_INITIALIZER;
static struct port_number *numbers;
static uint32_t numbers_room;

/* port_lock is held; numbers_room when there is none. */
static uint32_t find(const struct doca_dev *dev, uint16_t vf)
{
	uint32_t id = 0;

	while (id < numbers_room &&
	       (numbers[id].dev != dev || (dev != NULL && numbers[id].vf != vf)))
		id++;
	return id;
}

static doca_error_t add(struct doca_dev *dev, uint16_t vf)
{
	uint32_t id = find(NULL, 0);

	if (find(dev, vf) != numbers_room)
		return DOCA_ERROR_ALREADY_EXIST;
	if (id == numbers_room) {
		uint32_t room = numbers_room + 64;
		struct port_number *more;

		if (room >= UINT16_MAX)
			return DOCA_ERROR_FULL;
		more = realloc(numbers, room * sizeof(*more));
		if (more == NULL)
			return DOCA_ERROR_NO_MEMORY;
		for (uint32_t i = numbers_room; i < room; i++)
			more[i].dev = NULL;
		numbers = more;
		numbers_room = room;
	}
	numbers[id].dev = dev;
	numbers[id].vf = vf;
	return DOCA_SUCCESS;
}

doca_error_t softnic_port_add(struct doca_dev *dev, uint16_t vf)
{
	pthread_mutex_lock(&port_lock);
	doca_error_t error = add(dev, vf);
	pthread_mutex_unlock(&port_lock);
	return error;
}

void softnic_port_remove(const struct doca_dev *dev)
{
	pthread_mutex_lock(&port_lock);
	for (uint32_t id = 0; id < numbers_room; id++)
		if (numbers[id].dev == dev)
			numbers[id].dev = NULL;
	pthread_mutex_unlock(&port_lock);
}

doca_error_t softnic_port_find(const struct doca_dev *dev, uint16_t vf, uint16_t *port_id)
{
	pthread_mutex_lock(&port_lock);
	uint32_t id = find(dev, vf);
	bool found = id < numbers_room;
	pthread_mutex_unlock(&port_lock);
	if (!found)
		return DOCA_ERROR_NOT_FOUND;
	*port_id = (uint16_t)id;
	return DOCA_SUCCESS;
}

doca_error_t softnic_port_get(uint16_t port_id, struct doca_dev **dev, uint16_t *vf)
{
	doca_error_t error = DOCA_ERROR_NOT_FOUND;

	pthread_mutex_lock(&port_lock);
	if (port_id < numbers_room && numbers[port_id].dev != NULL) {
		*dev = numbers[port_id].dev;
		*vf = numbers[port_id].vf;
		error = DOCA_SUCCESS;
	}
	pthread_mutex_unlock(&port_lock);
	return error;
}
