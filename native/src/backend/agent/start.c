/* SPDX-License-Identifier: Apache-2.0 */
#include "start.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../abi/error.h"
#include "protocol.h"
#include "run_path.h"
#include "wire.h"

#define READY_DESCRIPTOR 3

extern char **environ;

/* hyperion-agent, beside the file that this code is in. */
static int find_program(char path[PATH_MAX], struct hyp_error *error)
{
	char file[PATH_MAX];
	Dl_info place;
	char *slash;

	/* A program that was found in PATH knows only its bare name. */
	if (dladdr((void *)(uintptr_t)find_program, &place) == 0 || !strchr(place.dli_fname, '/'))
		place.dli_fname = "/proc/self/exe";
	if (!realpath(place.dli_fname, file))
		return hyp_fail(error, -errno, "cannot find %.100s: %s", place.dli_fname,
				strerror(errno));
	slash = strrchr(file, '/');
	slash[1] = '\0';
	if (strlen(file) + sizeof(AGENT_PROGRAM) > PATH_MAX)
		return hyp_fail(error, -ENAMETOOLONG, "the path of " AGENT_PROGRAM " is too long");
	memcpy(path, file, strlen(file));
	memcpy(path + strlen(file), AGENT_PROGRAM, sizeof(AGENT_PROGRAM));
	return 0;
}

/* What of the environment is the agent's business: a daemon's may hold secrets, and descriptors. */
static int is_passed(const char *variable)
{
	static const char *const passed[] = { "PATH=", "LD_LIBRARY_PATH=", "SOFTNIC_" };

	for (size_t i = 0; i < sizeof(passed) / sizeof(passed[0]); i++) {
		if (strncmp(variable, passed[i], strlen(passed[i])) == 0)
			return 1;
	}
	return 0;
}

/* An environment whose strings are this process's; freed with free. NULL without memory. */
static char **make_environment(void)
{
	size_t count = 0;
	char **passed;

	for (char **variable = environ; variable && *variable; variable++)
		count++;
	passed = calloc(count + 1, sizeof(*passed));
	if (!passed)
		return NULL;
	count = 0;
	for (char **variable = environ; variable && *variable; variable++) {
		if (is_passed(*variable))
			passed[count++] = *variable;
	}
	return passed;
}

static int prepare(posix_spawnattr_t *attributes, posix_spawn_file_actions_t *actions, int ready)
{
	sigset_t none, all;
	int result;

	/* A runtime's thread may block signals, and ignore some: neither is the agent's business. */
	sigemptyset(&none);
	sigfillset(&all);
	result = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK |
							      POSIX_SPAWN_SETSIGDEF);
	if (result == 0)
		result = posix_spawnattr_setsigmask(attributes, &none);
	if (result == 0)
		result = posix_spawnattr_setsigdefault(attributes, &all);
	/* First, lest one of the others takes its number. */
	if (result == 0)
		result = posix_spawn_file_actions_adddup2(actions, ready, READY_DESCRIPTOR);
	if (result == 0)
		result = posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDWR, 0);
	if (result == 0)
		result = posix_spawn_file_actions_adddup2(actions, 0, 1);
	if (result == 0)
		result = posix_spawn_file_actions_adddup2(actions, 0, 2);
	return -result;
}

/* Runs the program with `ready` as its READY_DESCRIPTOR; its process id or -errno. */
static pid_t spawn(const char *program, const struct hyp_dataplane_options *options, int ready)
{
	char connections[16], descriptor[8];
	char *const arguments[] = {
		(char *)AGENT_PROGRAM,
		(char *)"--run-path",	 (char *)options->run_path,
		(char *)"--url",	 (char *)options->url,
		(char *)"--pin-path",	 (char *)options->pin_path,
		(char *)"--connections", connections,
		(char *)"--detach",	 descriptor,
		NULL,
	};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	char **environment = make_environment();
	pid_t process = -1;
	int result;

	if (!environment)
		return -ENOMEM;
	snprintf(connections, sizeof(connections), "%u", options->connections_max);
	snprintf(descriptor, sizeof(descriptor), "%d", READY_DESCRIPTOR);
	result = -posix_spawn_file_actions_init(&actions);
	if (result == 0) {
		result = -posix_spawnattr_init(&attributes);
		if (result == 0) {
			result = prepare(&attributes, &actions, ready);
			if (result == 0)
				result = -posix_spawn(&process, program, &actions, &attributes,
						      arguments, environment);
			posix_spawnattr_destroy(&attributes);
		}
		posix_spawn_file_actions_destroy(&actions);
	}
	free(environment);
	return result == 0 ? process : result;
}

/* The process that was started ends as soon as the agent has detached itself from it. */
static void reap(pid_t process, int kill_first)
{
	if (kill_first)
		kill(process, SIGKILL);
	while (waitpid(process, NULL, 0) < 0 && errno == EINTR)
		;
}

static int hear(int ready, struct agent_ready *answer, const struct hyp_dataplane_options *options,
		struct hyp_error *error)
{
	int result = wire_receive(ready, answer, sizeof(*answer), wire_now() + AGENT_START_MS);

	if (result == -ETIMEDOUT)
		return hyp_fail(error, result, AGENT_PROGRAM " is not ready after %d s; see %s/" AGENT_LOG,
				AGENT_START_MS / 1000, options->run_path);
	if (result != 0)
		return hyp_fail(error, -ECANCELED, AGENT_PROGRAM " ended before it was ready; see %s/"
				AGENT_LOG, options->run_path);
	answer->error.message[sizeof(answer->error.message) - 1] = '\0';
	if (answer->result < 0)
		return hyp_fail(error, answer->result, "%s", answer->error.message);
	return 0;
}

int agent_start(const struct hyp_dataplane_options *options, struct hyp_error *error)
{
	struct agent_ready answer;
	char program[PATH_MAX];
	int ready[2], result;
	pid_t process;

	result = find_program(program, error);
	if (result != 0)
		return result;
	if (pipe2(ready, O_CLOEXEC | O_NONBLOCK) != 0)
		return hyp_fail(error, -errno, "cannot make a pipe: %s", strerror(errno));
	process = spawn(program, options, ready[1]);
	close(ready[1]);
	if (process < 0) {
		close(ready[0]);
		if (process == -ENOENT)
			return hyp_fail(error, -ENOTSUP, "this build has no %.200s", program);
		return hyp_fail(error, process, "cannot start %.200s: %s", program,
				strerror(-process));
	}
	result = hear(ready[0], &answer, options, error);
	reap(process, result == -ETIMEDOUT);
	close(ready[0]);
	return result;
}
