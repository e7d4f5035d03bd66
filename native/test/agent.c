/* SPDX-License-Identifier: Apache-2.0 */
/* hyperion-agent and its client: the calls of a data plane, the same as without an agent. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <hyperion/host.h>

#include "agent_fixture.h"

/* What the backend says at open is what the caller hears. */
static void test_open_errors(void)
{
	struct hyp_error here = { "" }, there = { "" };
	struct hyp_dataplane *dataplane;
	struct stat status;
	char path[RUN_PATH_MAX];

	CHECK_EQUAL(try_open("ebpf", "/tmp/not/bpf", &dataplane, &here), -ENOTDIR);
	CHECK_EQUAL(try_open(URL, "/tmp/not/bpf", &dataplane, &there), -ENOTDIR);
	CHECK_EQUAL(strcmp(here.message, there.message), 0);
	CHECK_EQUAL(try_open("agent:nothing", pins, &dataplane, &there), -ENOTSUP);
	CHECK_EQUAL(try_open("agent:", pins, &dataplane, &there), -ENOTSUP);
	CHECK(try_open("agent:ebpf:eth0", pins, &dataplane, &there) < 0);

	/* The directory is the agent's alone. */
	CHECK_EQUAL(stat(runs, &status), 0);
	CHECK_EQUAL(status.st_mode & 07777, 0700);
	run_file(path, AGENT_SOCKET);
	CHECK_EQUAL(access(path, F_OK), -1);
	CHECK_EQUAL(chmod(runs, 0770), 0);
	CHECK_EQUAL(try_open(URL, pins, &dataplane, &there), -EPERM);
	CHECK_EQUAL(chmod(runs, 0700), 0);
	CHECK_EQUAL(chown(runs, 1, 0), 0);
	CHECK_EQUAL(try_open(URL, pins, &dataplane, &there), -EPERM);
	CHECK_EQUAL(chown(runs, 0, 0), 0);
	check_children();
}

/* Every table, through the agent and in process: the same bytes. */
static void compare_tables(struct hyp_dataplane *there)
{
	struct hyp_dataplane *here;
	struct hyp_error error;

	CHECK_EQUAL(try_open("ebpf", pins, &here, &error), 0);
	for (uint32_t table = 0; table < HYP_TABLES; table++) {
		uint8_t one[4096] = { 0 }, other[4096] = { 0 };
		uint64_t bytes, others;
		int64_t rows = hyp_dataplane_dump(here, table, one, sizeof(one), &bytes, NULL);

		CHECK_EQUAL(hyp_dataplane_dump(there, table, other, sizeof(other), &others, NULL), rows);
		CHECK_EQUAL(others, bytes);
		if (rows >= 0)
			CHECK_EQUAL(memcmp(one, other, bytes), 0);
	}
	hyp_dataplane_close(here);
}

static void test_calls(void)
{
	struct policy_upsert rows[3] = { policy(1, 1), policy(1, 2), policy(2, 1) };
	struct hyp_dataplane *dataplane = open_agent(0);
	struct hyp_error error = { "" };
	struct hyp_event events[4];
	uint64_t bytes, lost = 1;
	int32_t results[3];
	uint32_t port;

	rows[1].value.verdict = 9;
	CHECK_EQUAL(hyp_dataplane_apply(dataplane, rows, sizeof(rows), results, 3, &error), 1);
	CHECK_EQUAL(results[0], 0);
	CHECK_EQUAL(results[1], -EINVAL);
	CHECK_EQUAL(results[2], 0);
	CHECK(error.message[0] != '\0');
	CHECK_EQUAL(hyp_dataplane_apply(dataplane, NULL, 0, NULL, 0, NULL), 0);
	CHECK_EQUAL(hyp_dataplane_apply(dataplane, rows, sizeof(rows) - 8, results, 3, NULL), -EINVAL);
	compare_tables(dataplane);
	CHECK_EQUAL(count_policies(dataplane), 2);
	CHECK_EQUAL(hyp_dataplane_dump(dataplane, HYP_TABLE_POLICY, results, 4, &bytes, NULL), -ENOSPC);
	CHECK_EQUAL(bytes, 48);
	CHECK_EQUAL(hyp_dataplane_dump(dataplane, HYP_TABLES, NULL, 0, &bytes, NULL), -EINVAL);

	CHECK_EQUAL(hyp_dataplane_events(dataplane, events, 4, &lost, NULL), 0);
	CHECK_EQUAL(lost, 0);
	CHECK_EQUAL(hyp_dataplane_connections(dataplane, NULL), 0);
	for (uint32_t counters = HYP_COUNTERS_ENDPOINT; counters <= HYP_COUNTERS_NIC; counters++)
		CHECK_EQUAL(hyp_dataplane_counters(dataplane, counters, NULL, 0, &bytes, NULL), 0);

	/* In the network namespace of whoever started the agent. */
	CHECK_EQUAL(hyp_host_vf_create("vf1", "rep1", 1500, &port, NULL), 0);
	CHECK_EQUAL(hyp_dataplane_attach(dataplane, 9999, HYP_PORT_VF, &error), -ENODEV);
	CHECK(error.message[0] != '\0');
	CHECK_EQUAL(hyp_dataplane_attach(dataplane, port, HYP_PORT_VF, NULL), 0);
	CHECK_EQUAL(system("tc qdisc show dev rep1 | grep -q clsact"), 0);
	CHECK_EQUAL(hyp_dataplane_detach(dataplane, port, NULL), 0);
	CHECK_EQUAL(hyp_dataplane_detach(dataplane, 9999, NULL), 0);
	CHECK_EQUAL(system("tc qdisc show dev rep1 | grep -q clsact") == 0, 0);
	CHECK_EQUAL(hyp_host_link_delete("rep1", NULL), 0);
	hyp_dataplane_close(dataplane);

	dataplane = open_agent(1);
	CHECK_EQUAL(count_policies(dataplane), 2);
	hyp_dataplane_close(dataplane);
	check_children();
	remove_all();
	hyp_dataplane_close(open_agent(0));
	remove_all();
	remove_all(); /* nothing there */
}

/* More than a message holds, there and back. */
static void test_large(void)
{
	const uint32_t count = AGENT_BATCH_MAX / sizeof(struct policy_upsert) + 10;
	struct policy_upsert *rows = calloc(count, sizeof(*rows));
	int32_t *results = calloc(count, sizeof(*results));
	const uint64_t room = (uint64_t)count * 24;
	struct hyp_dataplane *dataplane = open_agent(0);
	uint8_t *buffer = malloc(room);
	uint64_t bytes;

	CHECK(rows && results && buffer);
	for (uint32_t i = 0; i < count; i++)
		rows[i] = policy(1 + (i >> 16), (uint16_t)i);
	rows[count - 1].value.verdict = 0;
	CHECK_EQUAL(hyp_dataplane_apply(dataplane, rows, count * sizeof(*rows), results, count, NULL), 1);
	CHECK_EQUAL(results[count - 1], -EINVAL);
	CHECK_EQUAL(results[count - 2], 0);
	CHECK_EQUAL(hyp_dataplane_dump(dataplane, HYP_TABLE_POLICY, buffer, room, &bytes, NULL), count - 1);
	CHECK_EQUAL(bytes, room - 24);
	CHECK_EQUAL(hyp_dataplane_dump(dataplane, HYP_TABLE_POLICY, buffer, 0, &bytes, NULL), -ENOSPC);
	CHECK_EQUAL(bytes, room - 24);
	CHECK_EQUAL(hyp_dataplane_dump(dataplane, HYP_TABLE_PORT, buffer, UINT64_MAX, &bytes, NULL), 0);
	hyp_dataplane_close(dataplane);
	remove_all();
	free(buffer);
	free(results);
	free(rows);
}

/* True when a file of /proc holds the text, NULs or not. */
static int process_has(pid_t process, const char *file, const char *text)
{
	char path[64], content[16384];
	ssize_t length;
	int descriptor;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)process, file);
	descriptor = open(path, O_RDONLY | O_CLOEXEC);
	CHECK(descriptor >= 0);
	length = read(descriptor, content, sizeof(content));
	close(descriptor);
	CHECK(length >= 0);
	return memmem(content, (size_t)length, text, strlen(text)) != NULL;
}

/* The agent has of its parent what it needs, and its log stays short. */
static void test_inheritance(void)
{
	int leak = fcntl(STDIN_FILENO, F_DUPFD, 20); /* no O_CLOEXEC */
	struct hyp_dataplane *dataplane;
	char path[RUN_PATH_MAX], log[RUN_PATH_MAX];
	struct stat status;
	int file;

	CHECK_EQUAL(setenv("SOFTNIC_TEST", "passed", 1), 0);
	CHECK_EQUAL(setenv("SECRET", "kept", 1), 0);
	CHECK(leak >= 20);
	run_file(log, AGENT_LOG);
	file = open(log, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	CHECK(file >= 0);
	CHECK_EQUAL(ftruncate(file, 2 << 20), 0);
	close(file);

	dataplane = open_agent(0);
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)agent_process(), leak);
	CHECK(process_has(agent_process(), "environ", "SOFTNIC_TEST=passed"));
	CHECK(!process_has(agent_process(), "environ", "SECRET"));
	CHECK_EQUAL(readlink(path, log, sizeof(log)), -1);
	close(leak);
	CHECK_EQUAL(hyp_dataplane_connections(dataplane, NULL), 0);
	hyp_dataplane_close(dataplane);
	dataplane = open_agent(1);
	run_file(log, AGENT_LOG);
	CHECK_EQUAL(stat(log, &status), 0);
	CHECK(status.st_size < 1 << 20);
	CHECK_EQUAL(status.st_mode & 0777, 0600);
	run_file(log, AGENT_LOG ".old");
	CHECK_EQUAL(stat(log, &status), 0);
	CHECK(status.st_size >= 2 << 20);
	hyp_dataplane_close(dataplane);
	remove_all();
}

int main(void)
{
	if (geteuid() != 0) {
		fprintf(stderr, "needs root\n");
		return CHECK_SKIPPED;
	}
	make_place();
	test_open_errors();
	test_calls();
	test_large();
	test_inheritance();
	test_messages();
	test_lives();
	check_children();
	remove_place();
	return 0;
}
