/* SPDX-License-Identifier: Apache-2.0 */
/* An eBPF data plane on a BPF filesystem and in namespaces of its own. */
#ifndef TEST_DATAPLANE_FIXTURE_H
#define TEST_DATAPLANE_FIXTURE_H

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <hyperion/dataplane.h>

#include "../bpf/state.h"
#include "check.h"

static char bpffs[] = "/tmp/hyperion-test-XXXXXX";
static char pins[64];

/* Ends the program where it cannot run. */
static inline void enter(void)
{
	if (geteuid() != 0) {
		fprintf(stderr, "needs root\n");
		exit(CHECK_SKIPPED);
	}
	CHECK_EQUAL(unshare(CLONE_NEWNS | CLONE_NEWNET), 0);
	CHECK_EQUAL(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	CHECK(mkdtemp(bpffs) != NULL);
	CHECK_EQUAL(mount("bpf", bpffs, "bpf", 0, NULL), 0);
	snprintf(pins, sizeof(pins), "%s/deep/er", bpffs);
	libbpf_set_print(NULL);
}

static inline void leave(void)
{
	CHECK_EQUAL(umount(bpffs), 0);
	CHECK_EQUAL(rmdir(bpffs), 0);
}

static inline int open_on(const char *pin_path, struct hyp_dataplane **dataplane)
{
	const struct hyp_dataplane_options options = {
		.size = sizeof(options),
		.connections_max = 1024,
		.url = "ebpf",
		.pin_path = pin_path,
	};
	struct hyp_error error = { "" };
	int result = hyp_dataplane_open(&options, dataplane, &error);

	if (result != 0)
		CHECK(error.message[0] != '\0');
	return result;
}

static inline struct hyp_dataplane *open_pins(uint32_t adopted)
{
	struct hyp_capabilities capabilities;
	struct hyp_dataplane *dataplane;

	CHECK_EQUAL(open_on(pins, &dataplane), 0);
	CHECK_EQUAL(hyp_dataplane_capabilities(dataplane, &capabilities), 0);
	CHECK_EQUAL(capabilities.adopted, adopted);
	CHECK_EQUAL(capabilities.connections_max, 1024);
	CHECK_EQUAL(strcmp(capabilities.backend, "ebpf"), 0);
	return dataplane;
}

static inline int remove_at(const char *pin_path)
{
	const struct hyp_dataplane_options options = {
		.size = sizeof(options),
		.url = "ebpf",
		.pin_path = pin_path,
	};

	return hyp_dataplane_remove(&options, NULL);
}

static inline void remove_pins(void)
{
	CHECK_EQUAL(remove_at(pins), 0);
}

static inline void write_meta(struct hyp_meta meta)
{
	char path[96];
	uint32_t zero = 0;
	int map;

	snprintf(path, sizeof(path), "%s/hyp_meta", pins);
	map = bpf_obj_get(path);
	CHECK(map >= 0);
	CHECK_EQUAL(bpf_map_update_elem(map, &zero, &meta, BPF_ANY), 0);
	close(map);
}

#endif
