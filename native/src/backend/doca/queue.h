/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The software's end of the NIC: what PUNT hands over comes out, what software decided goes in. Two
 * implementations: queue_softnic.c, and queue_dpdk.c for NVIDIA's SDK, where the queue is the
 * manager's DPDK port.
 */
#ifndef HYPERION_DOCA_QUEUE_H
#define HYPERION_DOCA_QUEUE_H

#include "doca.h"

/* The largest frame that a VF may send: jumbo with its Ethernet header and a tag. */
#define QUEUE_FRAME_MAX 9234u

struct punted {
	uint32_t length;
	uint32_t pkt_meta; /* host order */
};

/* Before DOCA Flow starts on device->dev: what the SDK wants of DPDK. 0 or -errno. */
int queue_prepare(const struct device *device, struct hyp_error *error);

/* With the manager's port started. 0 or -errno. */
int queue_open(const struct device *device, struct queue **out, struct hyp_error *error);
void queue_close(struct queue *queue);

/* Takes the oldest packet, waiting up to timeout_us. 1: taken, 0: none, -errno. One thread only. A
 * frame longer than `capacity` is dropped and counted in queue_lost. */
int queue_receive(struct queue *queue, struct punted *punted, uint8_t *frame, uint32_t capacity,
		  uint64_t timeout_us);
/* 0 or -errno; the frame is copied. */
int queue_send(struct queue *queue, uint32_t pkt_meta, const uint8_t *frame, uint32_t length);
/* Packets that found no room on their way to software, or were too long. */
uint64_t queue_lost(const struct queue *queue);

#endif
