/* SPDX-License-Identifier: Apache-2.0 */
#include "agent_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char directory[] = "/tmp/hyperion-agent-XXXXXX";
static char bpffs[64];
char pins[96], runs[64];

void make_place(void)
{
	CHECK_EQUAL(unshare(CLONE_NEWNS | CLONE_NEWNET), 0);
	CHECK_EQUAL(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	CHECK(mkdtemp(directory) != NULL);
	snprintf(bpffs, sizeof(bpffs), "%s/bpf", directory);
	snprintf(pins, sizeof(pins), "%s/hyperion", bpffs);
	snprintf(runs, sizeof(runs), "%s/run", directory);
	CHECK_EQUAL(mkdir(bpffs, 0700), 0);
	CHECK_EQUAL(mount("bpf", bpffs, "bpf", 0, NULL), 0);
}

/* What a sanitizer found in an agent stands in its log. */
static void check_log(const char *name)
{
	char command[256], path[RUN_PATH_MAX];

	run_file(path, name);
	snprintf(command, sizeof(command), "! grep -a -e Sanitizer -e 'runtime error' %s >&2", path);
	CHECK_EQUAL(system(command), 0);
}

void remove_place(void)
{
	char command[128];

	check_log(AGENT_LOG);
	check_log(AGENT_LOG ".old");
	CHECK_EQUAL(umount(bpffs), 0);
	snprintf(command, sizeof(command), "rm -r %s", directory);
	CHECK_EQUAL(system(command), 0);
}

void rest(int milliseconds)
{
	const struct timespec moment = { .tv_sec = milliseconds / 1000,
					 .tv_nsec = milliseconds % 1000 * 1000000 };

	nanosleep(&moment, NULL);
}

int try_open(const char *url, const char *pin_path, struct hyp_dataplane **dataplane,
		    struct hyp_error *error)
{
	const struct hyp_dataplane_options options = {
		.size = sizeof(options),
		.connections_max = 1024,
		.url = url,
		.pin_path = pin_path,
		.run_path = runs,
	};
	int result = hyp_dataplane_open(&options, dataplane, error);

	CHECK(result == 0 || (error->message[0] != '\0' && !*dataplane));
	return result;
}

struct hyp_dataplane *open_agent(uint32_t adopted)
{
	struct hyp_capabilities capabilities;
	struct hyp_dataplane *dataplane;
	struct hyp_error error = { "" };

	if (try_open(URL, pins, &dataplane, &error) != 0) {
		fprintf(stderr, "%s\n", error.message);
		exit(1);
	}
	CHECK_EQUAL(hyp_dataplane_capabilities(dataplane, &capabilities), 0);
	CHECK_EQUAL(capabilities.adopted, adopted);
	CHECK_EQUAL(capabilities.connections_max, 1024);
	CHECK_EQUAL(strcmp(capabilities.backend, "ebpf"), 0);
	return dataplane;
}

void remove_all(void)
{
	const struct hyp_dataplane_options options = {
		.size = sizeof(options),
		.url = URL,
		.pin_path = pins,
		.run_path = runs,
	};

	CHECK_EQUAL(hyp_dataplane_remove(&options, NULL), 0);
	CHECK_EQUAL(access(pins, F_OK), -1);
}

void run_file(char path[RUN_PATH_MAX], const char *name)
{
	run_path_file(path, runs, name);
}

pid_t agent_process(void)
{
	char path[RUN_PATH_MAX], text[16] = "";
	int descriptor;

	run_file(path, AGENT_LOCK);
	descriptor = open(path, O_RDONLY);
	if (descriptor < 0)
		return 0;
	CHECK(read(descriptor, text, sizeof(text) - 1) >= 0);
	close(descriptor);
	return (pid_t)atoi(text);
}

int is_gone(pid_t process)
{
	char path[64], state = 'Z';
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)process);
	file = fopen(path, "re");
	if (!file)
		return 1;
	if (fscanf(file, "%*d %*s %c", &state) != 1)
		state = 'Z';
	fclose(file);
	return state == 'Z'; /* its parent is init, not we: see check_children */
}

void await_end(pid_t process)
{
	for (int waited = 0; !is_gone(process); waited += 10) {
		CHECK(waited < WAIT_MS);
		rest(10);
	}
}

struct policy_upsert policy(uint32_t identity, uint16_t port)
{
	return (struct policy_upsert){
		.operation = { .table = HYP_TABLE_POLICY, .verb = HYP_UPSERT },
		.key = { .policy = 1, .identity = identity, .port = port, .prefix_length = 16,
			 .protocol = 6 },
		.value = { .rule = 1, .verdict = HYP_VERDICT_ALLOW },
	};
}

int apply_one(struct hyp_dataplane *dataplane, struct hyp_error *error)
{
	struct policy_upsert row = policy(1, 1);
	int32_t result = 1;

	return hyp_dataplane_apply(dataplane, &row, sizeof(row), &result, 1, error);
}

int64_t count_policies(struct hyp_dataplane *dataplane)
{
	uint8_t rows[24 * 64];
	uint64_t bytes;

	return hyp_dataplane_dump(dataplane, HYP_TABLE_POLICY, rows, sizeof(rows), &bytes, NULL);
}

void check_children(void)
{
	CHECK_EQUAL(waitpid(-1, NULL, WNOHANG), -1);
	CHECK_EQUAL(errno, ECHILD);
}
