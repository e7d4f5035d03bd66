/* SPDX-License-Identifier: Apache-2.0 */
#include "run_path.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "../../abi/error.h"

_Static_assert(RUN_PATH_MAX == sizeof(((struct sockaddr_un *)0)->sun_path), "a socket's address");

#define NAME_ROOM 16 /* "/", the longest name of a file in it, and what is put behind one */

int run_path_make(const char *run_path, struct hyp_error *error)
{
	struct stat status;

	if (run_path[0] != '/')
		return hyp_fail(error, -EINVAL, "run path \"%.100s\" is not absolute", run_path);
	if (strlen(run_path) >= RUN_PATH_MAX - NAME_ROOM)
		return hyp_fail(error, -ENAMETOOLONG, "run path %.100s… is longer than %d bytes", run_path,
				RUN_PATH_MAX - NAME_ROOM - 1);
	if (mkdir(run_path, 0700) != 0 && errno != EEXIST)
		return hyp_fail(error, -errno, "cannot make %s: %s", run_path, strerror(errno));
	if (stat(run_path, &status) != 0)
		return hyp_fail(error, -errno, "cannot look at %s: %s", run_path, strerror(errno));
	if (!S_ISDIR(status.st_mode))
		return hyp_fail(error, -ENOTDIR, "%s is not a directory", run_path);
	if (status.st_uid != 0 && status.st_uid != geteuid())
		return hyp_fail(error, -EPERM, "%s belongs to user %u", run_path, status.st_uid);
	if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return hyp_fail(error, -EPERM, "%s can be written by others: chmod go-w %s", run_path,
				run_path);
	return 0;
}

void run_path_file(char path[RUN_PATH_MAX], const char *run_path, const char *name)
{
	snprintf(path, RUN_PATH_MAX, "%s/%s", run_path, name);
}
