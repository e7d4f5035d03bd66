/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tells that devices or addresses changed. What changed is not passed on: whoever cares looks again,
 * so that messages which the kernel had no room for (ENOBUFS) lose nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netlink.h"

/* Messages read before the reader is told, so that a storm of them cannot keep him waiting. */
#define MESSAGES_AT_A_TIME 256

#define THREAD_STACK_BYTES (64 * 1024)

struct watch {
	struct mnl_socket *socket;
	int writer;
};

static void end(struct watch *watch)
{
	if (watch->socket != NULL)
		mnl_socket_close(watch->socket);
	if (watch->writer >= 0)
		close(watch->writer);
	free(watch);
}

/* Reads what has come, contents unseen. 0, or -errno when no more can ever come. */
static int drain(int descriptor)
{
	for (int i = 0; i < MESSAGES_AT_A_TIME; i++) {
		char byte;

		if (recv(descriptor, &byte, sizeof(byte), MSG_DONTWAIT) >= 0)
			continue;
		if (errno == EAGAIN)
			break;
		if (errno != EINTR && errno != ENOBUFS)
			return -errno;
	}
	return 0;
}

static void *run(void *data)
{
	struct watch *watch = data;
	int descriptor = mnl_socket_get_fd(watch->socket);

	for (;;) {
		struct pollfd ready[] = {
			{.fd = descriptor, .events = POLLIN},
			{.fd = watch->writer}, /* POLLERR: the reader has closed */
		};

		if (poll(ready, 2, -1) < 0 && errno != EINTR)
			break;
		if (ready[1].revents != 0)
			break;
		if (ready[0].revents == 0)
			continue;
		if (drain(descriptor) != 0)
			break;
		/* A full pipe has told already. */
		(void)!write(watch->writer, "", 1);
	}
	end(watch);
	return NULL;
}

static int join(struct mnl_socket *socket, int group)
{
	return mnl_socket_setsockopt(socket, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group));
}

static int join_all(struct mnl_socket *socket)
{
	static const int groups[] = {RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR};

	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		if (join(socket, groups[i]) == 0)
			continue;
		/* A kernel without IPv6 has no such group and no such addresses. */
		if (groups[i] != RTNLGRP_IPV6_IFADDR)
			return -1;
	}
	return 0;
}

/* 0 or a positive errno. Signals are for the threads of whoever loaded this library. */
static int start(struct watch *watch)
{
	pthread_attr_t attributes;
	sigset_t all, before;
	pthread_t thread;
	int code = pthread_attr_init(&attributes);

	if (code != 0)
		return code;
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attributes, THREAD_STACK_BYTES);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	code = pthread_create(&thread, &attributes, run, watch);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	return code;
}

int hyp_host_watch(struct hyp_error *error)
{
	struct watch *watch = calloc(1, sizeof(*watch));
	int ends[2] = {-1, -1};
	int code;

	if (watch == NULL)
		return netlink_fail(error, ENOMEM, NULL);
	watch->writer = -1;
	watch->socket = netlink_open(error);
	if (watch->socket == NULL) {
		code = -errno;
		goto fail;
	}
	if (join_all(watch->socket) < 0 || pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0) {
		code = netlink_fail(error, errno, NULL);
		goto fail;
	}
	watch->writer = ends[1];
	code = start(watch);
	if (code == 0)
		return ends[0];
	code = netlink_fail(error, code, NULL);
fail:
	if (ends[0] >= 0)
		close(ends[0]);
	end(watch);
	return code;
}
