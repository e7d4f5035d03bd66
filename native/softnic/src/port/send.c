/* SPDX-License-Identifier: Apache-2.0 */
/* Frames out. Those of a burst wait for its end, so that one call takes many to the kernel. */
#include "loop.h"

#include <errno.h>
#include <string.h>

#include "../../bpf/softnic.h"

/* SO_MARK for one message: the frame is the kernel's, see the egress program. */
static const union {
	char bytes[CMSG_SPACE(sizeof(uint32_t))];
	struct {
		struct cmsghdr header;
		uint32_t mark;
	} message;
} to_kernel = {
	.message = {
		.header = { .cmsg_len = CMSG_LEN(sizeof(uint32_t)), .cmsg_level = SOL_SOCKET,
			    .cmsg_type = SO_MARK },
		.mark = SOFTNIC_MARK,
	},
};

/* What the kernel does not take is lost, as on a wire. */
static void transmit(struct netdev *netdev, struct mmsghdr *messages, uint32_t count)
{
	uint32_t done = 0;

	while (done < count) {
		int sent = sendmmsg(netdev->socket, messages + done, count - done, MSG_DONTWAIT);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent <= 0) {
			count_one(&netdev->send_dropped);
			done++;
		}
		for (; sent > 0; sent--, done++)
			count_one(messages[done].msg_hdr.msg_control ? &netdev->to_kernel : &netdev->sent);
	}
}

static void flush_netdev(struct queue *queue, struct netdev *netdev)
{
	uint32_t count = 0;

	for (const struct queued *frame = netdev->first; frame; frame = frame->next, count++) {
		struct iovec *vector = &queue->vectors[count];
		struct mmsghdr *message = &queue->messages[count];

		*vector = (struct iovec){ .iov_base = queue->bytes + frame->at, .iov_len = frame->length };
		memset(message, 0, sizeof(*message));
		message->msg_hdr.msg_iov = vector;
		message->msg_hdr.msg_iovlen = 1;
		if (frame->to_kernel) {
			message->msg_hdr.msg_control = (void *)&to_kernel; /* only read */
			message->msg_hdr.msg_controllen = sizeof(to_kernel.bytes);
		}
	}
	netdev->first = NULL;
	netdev->last = NULL;
	transmit(netdev, queue->messages, count);
}

void queue_flush(struct queue *queue)
{
	while (queue->waiting) {
		struct netdev *netdev = queue->waiting;

		queue->waiting = netdev->next_waiting;
		flush_netdev(queue, netdev);
	}
	queue->count = 0;
	queue->used = 0;
}

static void enqueue(struct netdev *netdev, const struct packet *packet, bool kernel)
{
	struct queue *queue = netdev->loop->queue;
	uint32_t length = packet->length + (uint32_t)VNET_HEADER;
	struct queued *frame;

	if (packet->length > QUEUE_BYTES - VNET_HEADER) {
		count_one(&netdev->send_dropped);
		return;
	}
	if (queue->count == QUEUE_FRAMES || length > QUEUE_BYTES - queue->used)
		queue_flush(queue);
	frame = &queue->frames[queue->count++];
	*frame = (struct queued){ .at = queue->used, .length = length, .to_kernel = kernel };
	memset(queue->bytes + queue->used, 0, VNET_HEADER); /* nothing is left to the device */
	memcpy(queue->bytes + queue->used + VNET_HEADER, packet->data, packet->length);
	queue->used += length;
	if (netdev->last) {
		netdev->last->next = frame;
	} else {
		netdev->first = frame;
		netdev->next_waiting = queue->waiting;
		queue->waiting = netdev;
	}
	netdev->last = frame;
	/* Else somebody else has the lock, and nobody will come by to send it. */
	if (!netdev->loop->in_burst)
		queue_flush(queue);
}

void netdev_send(struct netdev *netdev, const struct packet *packet)
{
	enqueue(netdev, packet, false);
}

void netdev_to_kernel(struct netdev *netdev, const struct packet *packet)
{
	enqueue(netdev, packet, true);
}
