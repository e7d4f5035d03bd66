/* SPDX-License-Identifier: Apache-2.0 */
#include "pin.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "../../abi/error.h"

static const char *const names[MAPS] = {
	[MAP_META] = "hyp_meta",
	[MAP_NEAR_PORT] = "hyp_near_port",
	[MAP_PORT] = "hyp_port",
	[MAP_NETWORK] = "hyp_network",
	[MAP_CURRENT] = "hyp_current",
	[MAP_ENDPOINT] = "hyp_endpoint",
	[MAP_NEIGHBOUR] = "hyp_neighbour",
	[MAP_MEMBER] = "hyp_member",
	[MAP_POLICY] = "hyp_policy",
	[MAP_PREFIX] = "hyp_prefix",
	[MAP_EPOCH] = "hyp_epoch",
	[MAP_CONNECTION] = "hyp_connection",
	[MAP_FRAGMENT] = "hyp_fragment",
	[MAP_BUCKET] = "hyp_bucket",
	[MAP_TRAFFIC] = "hyp_traffic",
	[MAP_DROP] = "hyp_drop",
	[MAP_RULE] = "hyp_rule",
	[MAP_EVENT] = "hyp_event",
	[MAP_LOST] = "hyp_lost",
};

const char *pin_map_name(enum map map)
{
	return names[map];
}

const char *pin_program_name(enum program program)
{
	static const char *const programs[PROGRAMS] = {
		[PROGRAM_VF] = HYP_PROGRAM_VF,
		[PROGRAM_GATEWAY_OUT] = HYP_PROGRAM_GATEWAY_OUT,
		[PROGRAM_GATEWAY_IN] = HYP_PROGRAM_GATEWAY_IN,
	};

	return programs[program];
}

/* 0 when the path exists and is on a BPF filesystem; -ENOTDIR when it is on another. */
static int check_filesystem(const char *path)
{
	struct statfs filesystem;

	if (statfs(path, &filesystem) != 0)
		return -errno;
	return filesystem.f_type == BPF_FS_MAGIC ? 0 : -ENOTDIR;
}

/* Makes the missing directories of a path whose existing part is on a BPF filesystem. */
static int make_directories(char *path)
{
	char *slash = strrchr(path, '/');
	int result = check_filesystem(path);

	if (result != -ENOENT)
		return result;
	if (!slash || slash == path)
		return -ENOTDIR;
	*slash = '\0';
	result = make_directories(path);
	*slash = '/';
	if (result != 0)
		return result;
	return mkdir(path, 0700) == 0 || errno == EEXIST ? 0 : -errno;
}

int pin_directory(const char *path, struct hyp_error *error)
{
	char copy[PIN_PATH_MAX];
	int descriptor, result;
	size_t length = strlen(path);

	while (length > 1 && path[length - 1] == '/')
		length--;
	if (length == 0 || length >= sizeof(copy))
		return hyp_fail(error, -EINVAL, "pin path of %zu characters, 1 … %zu expected", length,
				sizeof(copy) - 1);
	memcpy(copy, path, length);
	copy[length] = '\0';
	result = make_directories(copy);
	if (result == -ENOTDIR)
		return hyp_fail(error, result, "%s is not on a BPF filesystem", path);
	if (result != 0)
		return hyp_fail(error, result, "cannot make %s: %s", path, strerror(-result));
	descriptor = open(copy, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (descriptor < 0)
		return hyp_fail(error, -errno, "cannot open %s: %s", path, strerror(errno));
	if (flock(descriptor, LOCK_EX) != 0) {
		result = -errno;
		close(descriptor);
		return hyp_fail(error, result, "cannot lock %s: %s", path, strerror(-result));
	}
	return descriptor;
}

static int pin_path(char *path, size_t size, const char *directory, const char *name)
{
	int wrote = snprintf(path, size, "%s/%s", directory, name);

	return wrote > 0 && (size_t)wrote < size ? 0 : -ENAMETOOLONG;
}

int pin_open(const char *directory, const char *name)
{
	char path[PIN_PATH_MAX + 32];
	int result = pin_path(path, sizeof(path), directory, name);

	return result == 0 ? bpf_obj_get(path) : result;
}

int pin_replace(const char *directory, const char *name, int descriptor)
{
	char path[PIN_PATH_MAX + 32], next[PIN_PATH_MAX + 32];
	int result = pin_path(path, sizeof(path), directory, name);

	if (result == 0)
		result = pin_path(next, sizeof(next), directory, "hyp_next");
	if (result != 0)
		return result;
	if (unlink(next) != 0 && errno != ENOENT)
		return -errno;
	result = bpf_obj_pin(descriptor, next);
	if (result != 0)
		return result;
	if (rename(next, path) != 0) {
		result = -errno;
		unlink(next);
		return result;
	}
	return 0;
}

int pin_clear(const char *directory)
{
	DIR *entries = opendir(directory);
	struct dirent *entry;
	int result = 0;

	if (!entries)
		return -errno;
	while ((errno = 0, entry = readdir(entries)) != NULL) {
		if (strncmp(entry->d_name, "hyp_", 4) != 0)
			continue;
		if (unlinkat(dirfd(entries), entry->d_name, 0) != 0 && errno != ENOENT)
			result = -errno;
	}
	if (errno != 0)
		result = -errno;
	closedir(entries);
	return result;
}

int hyp_pin_remove(const char *path, struct hyp_error *error)
{
	int result = check_filesystem(path);
	int lock;

	if (result == -ENOENT)
		return 0;
	if (result != 0)
		return hyp_fail(error, result, "%s is not on a BPF filesystem", path);
	lock = pin_directory(path, error);
	if (lock < 0)
		return lock;
	result = pin_clear(path);
	if (result == 0 && rmdir(path) != 0 && errno != ENOTEMPTY && errno != EBUSY)
		result = -errno;
	close(lock);
	return result == 0 ? 0
			   : hyp_fail(error, result, "cannot unpin %s: %s", path, strerror(-result));
}
