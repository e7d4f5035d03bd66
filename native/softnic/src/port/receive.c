/* SPDX-License-Identifier: Apache-2.0 */
/* Frames in: what the kernel's offloads did to them is undone, so that they are as on a wire. */
#include "loop.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdlib.h>
#include <string.h>

#include "../packet/bytes.h"
#include "segment.h"

#define ADDRESSES (2u * ETH_ALEN)
#define TAG 4u

/* 64 KiB of IP and an Ethernet header; a tag that was taken off comes back into room before it. */
#define FRAME_MAX (65535u + ETH_HLEN)
/* Behind a frame, for pipes that append. */
#define TAILROOM 256u
#define FRONT (PACKET_HEADROOM + TAG)
#define BUFFER_BYTES (FRONT + FRAME_MAX + TAILROOM)

struct reception {
	struct packet packet;
	struct mmsghdr messages[BURST];
	struct iovec vectors[BURST];
	union {
		struct cmsghdr header; /* for its alignment */
		char bytes[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
	} control[BURST];
	/* Touched only as far as frames reach. */
	uint8_t buffers[BURST][BUFFER_BYTES];
	uint8_t segment[BUFFER_BYTES];
};

static void reset(struct reception *reception, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		reception->messages[i].msg_hdr.msg_controllen = sizeof(reception->control[i].bytes);
}

struct reception *reception_create(void)
{
	struct reception *reception = calloc(1, sizeof(*reception));

	if (!reception)
		return NULL;
	for (unsigned int i = 0; i < BURST; i++) {
		struct msghdr *message = &reception->messages[i].msg_hdr;

		reception->vectors[i].iov_base = reception->buffers[i] + FRONT - VNET_HEADER;
		reception->vectors[i].iov_len = FRAME_MAX + VNET_HEADER;
		message->msg_iov = &reception->vectors[i];
		message->msg_iovlen = 1;
		message->msg_control = reception->control[i].bytes;
	}
	reset(reception, BURST);
	return reception;
}

void reception_destroy(struct reception *reception)
{
	free(reception);
}

static void deliver(struct reception *reception, struct netdev *netdev, uint8_t *buffer, uint8_t *frame,
		    uint32_t length)
{
	struct packet *packet = &reception->packet;

	if (length > PACKET_LENGTH_MAX) {
		count_one(&netdev->unreadable);
		return;
	}
	packet->data = frame;
	packet->length = length;
	packet->headroom = (uint32_t)(frame - buffer);
	packet->tailroom = BUFFER_BYTES - packet->headroom - length;
	count_one(&netdev->received);
	netdev->loop->burst++;
	netdev->loop->hooks.receive(netdev->context, packet);
}

/* The tag that the kernel took off. false: there was none. */
static bool read_tag(struct msghdr *message, uint8_t tag[TAG])
{
	struct tpacket_auxdata data;

	for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header; header = CMSG_NXTHDR(message, header)) {
		if (header->cmsg_level != SOL_PACKET || header->cmsg_type != PACKET_AUXDATA)
			continue;
		memcpy(&data, CMSG_DATA(header), sizeof(data));
		if (!(data.tp_status & TP_STATUS_VLAN_VALID))
			return false;
		put16(tag, data.tp_status & TP_STATUS_VLAN_TPID_VALID ? data.tp_vlan_tpid : ETH_P_8021Q);
		put16(tag + 2, data.tp_vlan_tci);
		return true;
	}
	return false;
}

static void cut(struct reception *reception, struct netdev *netdev, const uint8_t *frame, uint32_t length,
		const struct virtio_net_hdr *offload)
{
	uint8_t *segment = reception->segment + FRONT;
	struct segments segments;

	if (!segments_begin(&segments, frame, length, offload)) {
		count_one(&netdev->unreadable);
		return;
	}
	/* The receiver may write all over it: each is made anew. */
	while ((length = segments_next(&segments, segment)) > 0)
		deliver(reception, netdev, reception->segment, segment, length);
}

static void take(struct reception *reception, struct netdev *netdev, unsigned int at)
{
	struct mmsghdr *message = &reception->messages[at];
	uint8_t *buffer = reception->buffers[at], *frame = buffer + FRONT;
	struct virtio_net_hdr offload;
	uint8_t tag[TAG];
	uint32_t length;

	if (message->msg_len < VNET_HEADER + ETH_HLEN || message->msg_hdr.msg_flags & MSG_TRUNC) {
		count_one(&netdev->unreadable);
		return;
	}
	length = message->msg_len - (uint32_t)VNET_HEADER;
	memcpy(&offload, frame - VNET_HEADER, sizeof(offload));
	if (read_tag(&message->msg_hdr, tag)) {
		frame -= TAG;
		length += TAG;
		memmove(frame, frame + TAG, ADDRESSES);
		memcpy(frame + ADDRESSES, tag, TAG);
		offload.csum_start = (uint16_t)(offload.csum_start + TAG);
	}
	if (offload.gso_type != VIRTIO_NET_HDR_GSO_NONE) {
		cut(reception, netdev, frame, length, &offload);
		return;
	}
	if (offload.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM && !checksum_complete(frame, length, &offload)) {
		count_one(&netdev->unreadable);
		return;
	}
	deliver(reception, netdev, buffer, frame, length);
}

int reception_take(struct reception *reception, struct netdev *netdev)
{
	int count = recvmmsg(netdev->socket, reception->messages, BURST, MSG_DONTWAIT, NULL);

	if (count < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (count < 0 && errno == EINVAL) /* it had a frame for which there is no vnet header: SCTP uncut */
		count_one(&netdev->unreadable);
	if (count < 0)
		return -errno;
	burst_open(netdev->loop);
	for (int i = 0; i < count; i++)
		take(reception, netdev, (unsigned int)i);
	reset(reception, (unsigned int)count);
	return 0;
}
