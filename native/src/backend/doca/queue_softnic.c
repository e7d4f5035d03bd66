/* SPDX-License-Identifier: Apache-2.0 */
#include "queue.h"

#include <errno.h>
#include <stdlib.h>

#include <softnic.h>

#include "../../abi/error.h"

#define QUEUE_NUMBER 0u /* of the manager: PUNT names it */

struct queue {
	struct doca_flow_port *manager;
	uint64_t too_long;
};

int queue_prepare(const struct device *device, struct hyp_error *error)
{
	(void)device;
	(void)error;
	return 0;
}

int queue_open(const struct device *device, struct queue **out, struct hyp_error *error)
{
	struct queue *queue = calloc(1, sizeof(*queue));

	if (!queue)
		return hyp_fail(error, -ENOMEM, "no memory for a software queue");
	queue->manager = device->manager;
	*out = queue;
	return 0;
}

void queue_close(struct queue *queue)
{
	free(queue);
}

/* Takes off what no buffer of ours holds. */
static int discard(struct queue *queue, uint32_t length)
{
	struct softnic_received received;
	uint8_t *frame = malloc(length);

	if (!frame)
		return -ENOMEM;
	softnic_receive(queue->manager, QUEUE_NUMBER, &received, frame, length, 0);
	free(frame);
	queue->too_long++;
	return 0;
}

int queue_receive(struct queue *queue, struct punted *punted, uint8_t *frame, uint32_t capacity,
		  uint64_t timeout_us)
{
	struct softnic_received received;

	switch (softnic_receive(queue->manager, QUEUE_NUMBER, &received, frame, capacity,
				timeout_us)) {
	case DOCA_SUCCESS:
		punted->length = received.length;
		punted->pkt_meta = received.pkt_meta;
		return 1;
	case DOCA_ERROR_AGAIN:
		return 0;
	case DOCA_ERROR_TOO_BIG:
		return discard(queue, received.length);
	default:
		return -EIO;
	}
}

int queue_send(struct queue *queue, uint32_t pkt_meta, const uint8_t *frame, uint32_t length)
{
	return softnic_send(queue->manager, pkt_meta, frame, length) == DOCA_SUCCESS ? 0 : -EIO;
}

uint64_t queue_lost(const struct queue *queue)
{
	struct softnic_statistics statistics;

	if (softnic_statistics(&statistics) != DOCA_SUCCESS)
		return queue->too_long;
	return statistics.software_dropped + queue->too_long;
}
