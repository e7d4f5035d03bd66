/* SPDX-License-Identifier: Apache-2.0 */
#include "loop.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define EVENTS 64
#define NS_PER_MS 1000000u

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void burst_open(struct netdev_loop *loop)
{
	if (loop->in_burst)
		return;
	loop->hooks.burst_begin(loop->hooks.owner);
	loop->in_burst = true;
	loop->burst = 0;
}

static void burst_close(struct netdev_loop *loop)
{
	if (!loop->in_burst)
		return;
	queue_flush(loop->queue);
	loop->in_burst = false;
	loop->hooks.burst_end(loop->hooks.owner);
}

static bool ticks(const struct netdev_loop *loop)
{
	return loop->hooks.tick && loop->hooks.tick_ms > 0;
}

static void tick_if_due(struct netdev_loop *loop)
{
	uint64_t now;

	if (!ticks(loop))
		return;
	now = now_ns();
	if (now < loop->tick_at)
		return;
	loop->tick_at = now + (uint64_t)loop->hooks.tick_ms * NS_PER_MS;
	burst_open(loop);
	loop->hooks.tick(loop->hooks.owner);
	burst_close(loop);
}

static int wait_ms(const struct netdev_loop *loop)
{
	uint64_t now, left;

	if (!ticks(loop))
		return -1;
	now = now_ns();
	if (now >= loop->tick_at)
		return 0;
	left = (loop->tick_at - now + NS_PER_MS - 1) / NS_PER_MS;
	return left > INT_MAX ? INT_MAX : (int)left;
}

/* Nothing of an earlier round is in use any more: tells those who wait for that. */
static void answer(struct netdev_loop *loop)
{
	unsigned int asked = atomic_load(&loop->rounds_asked);

	if (asked == loop->rounds_answered) /* this thread alone writes it */
		return;
	pthread_mutex_lock(&loop->mutex);
	loop->rounds_answered = asked;
	pthread_cond_broadcast(&loop->answered);
	pthread_mutex_unlock(&loop->mutex);
}

static void serve(struct netdev_loop *loop, const struct epoll_event *event)
{
	struct netdev *netdev = event->data.ptr;
	uint64_t wakeups;
	int result;

	if (!netdev) {
		if (read(loop->wakeup, &wakeups, sizeof(wakeups)) < 0)
			return; /* somebody's earlier wakeup was read along */
		return;
	}
	result = reception_take(loop->reception, netdev);
	/* A device that is set down says so once, and once more when it is up and down again; one that
	 * goes away has nothing to say after that, but need not be asked either. */
	if (result < 0 && netdev_gone(netdev))
		(void)epoll_ctl(loop->epoll, EPOLL_CTL_DEL, netdev->socket, NULL);
	if (loop->burst >= BURST)
		burst_close(loop);
}

static void *run(void *data)
{
	struct netdev_loop *loop = data;
	struct epoll_event events[EVENTS];

	loop->tick_at = now_ns() + (uint64_t)loop->hooks.tick_ms * NS_PER_MS;
	while (!atomic_load(&loop->stopping)) {
		int count;

		answer(loop);
		count = epoll_wait(loop->epoll, events, EVENTS, wait_ms(loop));
		for (int i = 0; i < count; i++)
			serve(loop, &events[i]);
		burst_close(loop);
		tick_if_due(loop);
	}
	return NULL;
}

/* The thread takes no signals: they are for the program that the library is in. */
static int spawn(struct netdev_loop *loop)
{
	sigset_t all, before;
	int result;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	result = pthread_create(&loop->thread, NULL, run, loop);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (result == 0)
		pthread_setname_np(loop->thread, "softnic");
	return -result;
}

static void destroy(struct netdev_loop *loop)
{
	if (loop->epoll >= 0)
		close(loop->epoll);
	if (loop->wakeup >= 0)
		close(loop->wakeup);
	programs_unload(&loop->programs);
	if (loop->reception)
		reception_destroy(loop->reception);
	free(loop->queue);
	pthread_cond_destroy(&loop->answered);
	pthread_mutex_destroy(&loop->mutex);
	free(loop);
}

static int prepare(struct netdev_loop *loop)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = NULL };

	loop->reception = reception_create();
	loop->queue = calloc(1, sizeof(*loop->queue));
	if (!loop->reception || !loop->queue)
		return -ENOMEM;
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll < 0)
		return -errno;
	loop->wakeup = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (loop->wakeup < 0)
		return -errno;
	return epoll_ctl(loop->epoll, EPOLL_CTL_ADD, loop->wakeup, &event) < 0 ? -errno : 0;
}

int netdev_loop_start(const struct netdev_hooks *hooks, struct netdev_loop **out)
{
	struct netdev_loop *loop = calloc(1, sizeof(*loop));
	int result;

	if (!loop)
		return -ENOMEM;
	loop->hooks = *hooks;
	loop->epoll = -1;
	loop->wakeup = -1;
	loop->programs = (struct programs){ .ingress = -1, .egress = -1 };
	pthread_mutex_init(&loop->mutex, NULL);
	pthread_cond_init(&loop->answered, NULL);
	result = prepare(loop);
	if (result == 0)
		result = spawn(loop);
	if (result != 0) {
		destroy(loop);
		return result;
	}
	*out = loop;
	return 0;
}

void netdev_loop_stop(struct netdev_loop *loop)
{
	uint64_t one = 1;

	atomic_store(&loop->stopping, true);
	/* Cannot fail: the counter is far from full. */
	while (write(loop->wakeup, &one, sizeof(one)) < 0 && errno == EINTR)
		;
	pthread_join(loop->thread, NULL);
	destroy(loop);
}
