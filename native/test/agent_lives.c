/* SPDX-License-Identifier: Apache-2.0 */
/* Clients and agents come and go, some of them by SIGKILL. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent_fixture.h"

/* One client at a time; the place of one that died is free at once. */
static void test_clients(void)
{
	struct hyp_dataplane *dataplane = open_agent(0), *second;
	struct hyp_error error = { "" };
	char me[32];

	snprintf(me, sizeof(me), "process %d", (int)getpid());
	CHECK_EQUAL(try_open(URL, pins, &second, &error), -EBUSY);
	CHECK(strstr(error.message, me) != NULL);
	CHECK_EQUAL(apply_one(dataplane, NULL), 0);
	hyp_dataplane_close(dataplane);

	CHECK_EQUAL(try_open("agent:ebpf:other", pins, &second, &error), -EPROTO);
	CHECK(strstr(error.message, "kill ") != NULL);
	hyp_dataplane_close(open_agent(1));
	remove_all();
}

static void apply_for_ever(void)
{
	const uint32_t count = 30000;
	struct policy_upsert *rows = calloc(count, sizeof(*rows));
	int32_t *results = calloc(count, sizeof(*results));
	struct hyp_dataplane *dataplane = open_agent(1);

	CHECK(rows && results);
	for (uint32_t i = 0; i < count; i++)
		rows[i] = policy(1, (uint16_t)i);
	for (;;)
		CHECK_EQUAL(hyp_dataplane_apply(dataplane, rows, count * sizeof(*rows), results, count,
						NULL),
			    0);
}

static void test_dying_clients(void)
{
	pid_t process;

	hyp_dataplane_close(open_agent(0));
	process = agent_process();
	for (int i = 0; i < 10; i++) {
		pid_t child = fork();

		CHECK(child >= 0);
		if (child == 0)
			apply_for_ever();
		rest(30 + 7 * i);
		CHECK_EQUAL(kill(child, SIGKILL), 0);
		CHECK_EQUAL(waitpid(child, NULL, 0), child);
		hyp_dataplane_close(open_agent(1));
		CHECK_EQUAL(agent_process(), process);
	}
	remove_all();
	await_end(process);
}

/* Runs a second agent in the foreground; its exit status. */
static int run_second(void)
{
	/* As it was started, with a path: /proc/self/exe is another's view when this was in a chroot. */
	const char *end = strrchr(program_invocation_name, '/');
	char program[4096];
	int status;
	pid_t child;

	CHECK(end != NULL);
	snprintf(program, sizeof(program), "%.*s/" AGENT_PROGRAM, (int)(end - program_invocation_name),
		 program_invocation_name);
	child = fork();
	CHECK(child >= 0);
	if (child == 0) {
		dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO);
		execl(program, AGENT_PROGRAM, "--run-path", runs, "--url", URL, "--pin-path", pins, NULL);
		_exit(127);
	}
	CHECK_EQUAL(waitpid(child, &status, 0), child);
	return WEXITSTATUS(status);
}

static void test_signals(void)
{
	struct hyp_dataplane *dataplane;
	struct stat status;
	char path[RUN_PATH_MAX];
	pid_t process;

	hyp_dataplane_close(open_agent(0));
	process = agent_process();
	run_file(path, AGENT_SOCKET);
	CHECK_EQUAL(stat(path, &status), 0);
	CHECK_EQUAL(status.st_mode & 0777, 0600);
	CHECK_EQUAL(run_second(), 1);
	CHECK_EQUAL(agent_process(), process);
	CHECK_EQUAL(kill(process, SIGHUP), 0); /* detached as it is, this ends it like any other */
	await_end(process);

	/* What it left does not bother the next; SIGTERM leaves nothing. */
	dataplane = open_agent(1);
	CHECK(agent_process() != process);
	process = agent_process();
	CHECK_EQUAL(kill(process, SIGTERM), 0);
	await_end(process);
	CHECK_EQUAL(access(path, F_OK), -1);
	hyp_dataplane_close(dataplane);
	remove_all();
}

static void test_loss(void)
{
	struct hyp_dataplane *dataplane = open_agent(0);
	struct hyp_error error = { "" };
	struct hyp_event event;
	uint64_t lost, bytes;
	pid_t process = agent_process();

	CHECK_EQUAL(apply_one(dataplane, NULL), 0);
	CHECK_EQUAL(kill(process, SIGKILL), 0);
	await_end(process);
	CHECK_EQUAL(apply_one(dataplane, &error), -ENOTCONN);
	CHECK(strstr(error.message, "lost " AGENT_PROGRAM) != NULL);
	CHECK_EQUAL(hyp_dataplane_events(dataplane, &event, 1, &lost, NULL), -ENOTCONN);
	CHECK_EQUAL(apply_one(dataplane, NULL), -ENOTCONN);

	/* The first look starts another; a table is written to when it has been read. */
	CHECK_EQUAL(hyp_dataplane_connections(dataplane, NULL), 0);
	CHECK(agent_process() != process);
	CHECK_EQUAL(apply_one(dataplane, NULL), -ENOTCONN);
	CHECK_EQUAL(hyp_dataplane_events(dataplane, &event, 1, &lost, NULL), -ENOTCONN);
	CHECK_EQUAL(hyp_dataplane_dump(dataplane, HYP_TABLE_PORT, NULL, 0, &bytes, NULL), 0);
	CHECK_EQUAL(hyp_dataplane_events(dataplane, &event, 1, &lost, NULL), 0);
	CHECK_EQUAL(apply_one(dataplane, NULL), -ENOTCONN);
	CHECK_EQUAL(count_policies(dataplane), 1); /* pinned: eBPF loses nothing */
	CHECK_EQUAL(apply_one(dataplane, NULL), 0);

	/* Again within the second: not yet. */
	process = agent_process();
	CHECK_EQUAL(kill(process, SIGKILL), 0);
	await_end(process);
	CHECK_EQUAL(hyp_dataplane_connections(dataplane, NULL), -ENOTCONN);
	CHECK_EQUAL(hyp_dataplane_connections(dataplane, NULL), -ENOTCONN);
	CHECK(is_gone(agent_process()));
	rest(AGENT_RETRY_MS);
	CHECK_EQUAL(hyp_dataplane_connections(dataplane, NULL), 0);
	hyp_dataplane_close(dataplane);
	check_children();
	remove_all();
}

void test_lives(void)
{
	test_clients();
	test_dying_clients();
	test_signals();
	test_loss();
}
