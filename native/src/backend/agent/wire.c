/* SPDX-License-Identifier: Apache-2.0 */
#include "wire.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

int64_t wire_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Waits for events of a descriptor; those of its end count too. */
static int await(int descriptor, short events, int64_t deadline)
{
	struct pollfd one = { .fd = descriptor, .events = events };

	for (;;) {
		int64_t left = deadline - wire_now();
		int ready = poll(&one, 1, left > 0 ? (int)left : 0);

		if (ready > 0)
			return 0;
		if (ready == 0)
			return -ETIMEDOUT;
		if (errno != EINTR)
			return -errno;
	}
}

int wire_await(int descriptor, int64_t deadline)
{
	return await(descriptor, POLLIN, deadline);
}

int wire_send(int descriptor, const void *bytes, size_t count, int64_t deadline)
{
	const uint8_t *from = bytes;

	while (count > 0) {
		ssize_t sent = send(descriptor, from, count, MSG_NOSIGNAL | MSG_DONTWAIT);
		int result;

		if (sent >= 0) {
			from += sent;
			count -= (size_t)sent;
			continue;
		}
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN)
			return errno == ECONNRESET ? -EPIPE : -errno;
		result = await(descriptor, POLLOUT, deadline);
		if (result != 0)
			return result;
	}
	return 0;
}

int wire_receive(int descriptor, void *bytes, size_t count, int64_t deadline)
{
	uint8_t *to = bytes;

	while (count > 0) {
		/* Pipes too: read(2), on a descriptor that does not block. */
		ssize_t got = read(descriptor, to, count);
		int result;

		if (got > 0) {
			to += got;
			count -= (size_t)got;
			continue;
		}
		if (got == 0)
			return -EPIPE;
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN)
			return errno == ECONNRESET ? -EPIPE : -errno;
		result = await(descriptor, POLLIN, deadline);
		if (result != 0)
			return result;
	}
	return 0;
}

pid_t wire_peer(int descriptor, uid_t *user)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
		return -errno;
	*user = peer.uid;
	return peer.pid;
}
