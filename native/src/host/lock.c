/* SPDX-License-Identifier: Apache-2.0 */
/* The lock of a state directory: flock(2), which the kernel drops when the process dies. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "netlink.h"

#define PID_TEXT_BYTES 16

static uint32_t read_holder(int descriptor)
{
	char text[PID_TEXT_BYTES] = "";
	ssize_t bytes = pread(descriptor, text, sizeof(text) - 1, 0);

	return bytes > 0 ? (uint32_t)strtoul(text, NULL, 10) : 0;
}

static int write_holder(int descriptor)
{
	char text[PID_TEXT_BYTES];
	int bytes = snprintf(text, sizeof(text), "%d\n", (int)getpid());

	if (ftruncate(descriptor, 0) < 0)
		return -errno;
	if (pwrite(descriptor, text, (size_t)bytes, 0) != bytes)
		return errno != 0 ? -errno : -EIO;
	return 0;
}

int hyp_host_lock(const char *path, uint32_t *holder, struct hyp_error *error)
{
	int code;
	int descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	*holder = 0;
	if (descriptor < 0)
		return netlink_fail(error, errno, NULL);
	if (flock(descriptor, LOCK_EX | LOCK_NB) < 0) {
		code = netlink_fail(error, errno, NULL);
		*holder = read_holder(descriptor);
		close(descriptor);
		return code;
	}
	errno = 0;
	code = write_holder(descriptor);
	if (code != 0) {
		netlink_fail(error, -code, NULL);
		close(descriptor);
		return code;
	}
	return descriptor;
}

void hyp_host_unlock(int descriptor)
{
	/* Emptied first: a later reader must not take this process for the holder. */
	(void)!ftruncate(descriptor, 0);
	close(descriptor);
}
