/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A netdev as a port of the NIC: frames in and out by packet sockets, in one thread for all of them.
 *
 * What a VF or the wire sends arrives on the netdev; it must reach the pipes and not the kernel's
 * stack. So an ingress program drops it there, behind the packet socket, save what the pipes hand to
 * the kernel (netdev_to_kernel), which comes back through the same device with a mark.
 */
#ifndef SOFTNIC_NETDEV_H
#define SOFTNIC_NETDEV_H

#include <stdbool.h>
#include <stdint.h>

#include "../packet/packet.h"

struct netdev;
struct netdev_loop;

struct netdev_options {
	const char *name; /* in the network namespace of the calling thread */
	void *context;    /* given to the loop's receive */
};

/* Called by the loop's thread with a burst's frames, one after the other. Each is MTU-sized: segments
 * that the sender left to the device are cut, checksums it left open are filled. Not yet parsed. */
typedef void (*netdev_receive)(void *context, struct packet *packet);

struct netdev_hooks {
	netdev_receive receive;
	void (*burst_begin)(void *owner); /* before the first of a burst: take the NIC's lock */
	void (*burst_end)(void *owner);   /* after the last */
	/* Also called about every `tick_ms` between bursts, within begin and end. */
	void (*tick)(void *owner);
	uint32_t tick_ms;
	void *owner;
};

/* Starts the thread. 0 or -errno. */
int netdev_loop_start(const struct netdev_hooks *hooks, struct netdev_loop **out);
/* Ends it and frees; every netdev must be closed. */
void netdev_loop_stop(struct netdev_loop *loop);

/* Opens a netdev and lets the loop receive from it. 0, -ENODEV, -EPERM, -EBUSY (its ingress hook is
 * another's), -EOPNOTSUPP (not Ethernet) or another -errno. May be called while the loop runs, from any
 * thread that does not hold the lock that burst_begin takes. Takes two descriptors. Does not set the
 * device up. */
int netdev_open(struct netdev_loop *loop, const struct netdev_options *options, struct netdev **out);
/* After it returns, receive is not called for it any more. The ingress program is taken off. From a
 * thread as above; nothing may send to it any more. Closing a packet socket takes some 15 ms, in which
 * the kernel waits for those that may be reading it; several threads wait together. */
void netdev_close(struct netdev_loop *loop, struct netdev *netdev);

/* From the loop's thread within a burst, or from any thread that holds the same lock. The frame is
 * copied. A frame that the device does not take (queue full, link down, longer than its MTU) is counted. */
void netdev_send(struct netdev *netdev, const struct packet *packet);
/* Hands a frame to the kernel as if the device had received it just so. */
void netdev_to_kernel(struct netdev *netdev, const struct packet *packet);

struct netdev_counts {
	uint64_t received, sent, to_kernel;
	uint64_t receive_dropped; /* by the socket: the loop was too slow */
	uint64_t send_dropped;
};
void netdev_count(const struct netdev *netdev, struct netdev_counts *counts);
uint32_t netdev_mtu(const struct netdev *netdev);

#endif
