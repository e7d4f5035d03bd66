/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a loop and of its netdevs. */
#ifndef SOFTNIC_LOOP_H
#define SOFTNIC_LOOP_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include <linux/virtio_net.h>

#include "hook.h"
#include "netdev.h"
#include "program.h"

/* Read from one netdev at a time; also about how many frames make a burst. */
#define BURST 64u
/* Sent at a time. */
#define QUEUE_FRAMES 256u
#define QUEUE_BYTES (512u * 1024)

/* Every frame on a packet socket of ours, in and out, has this in front. */
#define VNET_HEADER sizeof(struct virtio_net_hdr)

struct reception;

/* A frame that waits for the end of the burst. */
struct queued {
	struct queued *next; /* of the same netdev */
	uint32_t at;         /* in queue.bytes, where its vnet header is */
	uint32_t length;     /* with it */
	bool to_kernel;
};

/* Frames to send, of all netdevs; belongs to whoever holds the lock that burst_begin takes. */
struct queue {
	struct netdev *waiting; /* those that have any, in a chain */
	uint32_t count, used;
	struct queued frames[QUEUE_FRAMES];
	struct mmsghdr messages[QUEUE_FRAMES];
	struct iovec vectors[QUEUE_FRAMES];
	uint8_t bytes[QUEUE_BYTES];
};

struct netdev_loop {
	struct netdev_hooks hooks;
	int epoll;
	int wakeup; /* eventfd */
	pthread_t thread;
	atomic_bool stopping;

	/* Who closes a netdev waits until the loop has begun another round. */
	pthread_mutex_t mutex;
	pthread_cond_t answered;
	atomic_uint rounds_asked;
	unsigned int rounds_answered; /* mutex */
	struct programs programs;     /* mutex; loaded for the first netdev */

	bool in_burst;     /* the lock of burst_begin */
	uint32_t burst;    /* frames in it so far */
	uint64_t tick_at;  /* ns */
	struct reception *reception; /* the thread's */
	struct queue *queue;
};

struct netdev {
	struct netdev_loop *loop;
	void *context;
	int socket;
	struct hook hook;

	/* queue's */
	struct queued *first, *last;
	struct netdev *next_waiting;

	/* One writer at a time, who has the lock of burst_begin. */
	_Atomic uint64_t received, sent, to_kernel, send_dropped;
	_Atomic uint64_t unreadable; /* the loop's thread alone */
	_Atomic uint64_t overrun;    /* so far read from the socket, which forgets */
};

static inline void count_one(_Atomic uint64_t *count)
{
	atomic_store_explicit(count, atomic_load_explicit(count, memory_order_relaxed) + 1,
			      memory_order_relaxed);
}

/* The device is deleted or in another namespace: nothing comes any more, ever. */
bool netdev_gone(const struct netdev *netdev);

/* Frames from sockets (receive.c). */
struct reception *reception_create(void);
void reception_destroy(struct reception *reception);
/* Gives what waits at the netdev, at most BURST frames, to receive, within a burst. 0 or -errno of the
 * socket, which has then forgotten it. */
int reception_take(struct reception *reception, struct netdev *netdev);

/* The loop's thread (loop.c): begins a burst unless there is one. */
void burst_open(struct netdev_loop *loop);
/* What is queued goes out (send.c). */
void queue_flush(struct queue *queue);

#endif
