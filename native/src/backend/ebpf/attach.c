/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program on a port: a clsact qdisc with one direct-action filter, at a fixed handle and
 * priority. The kernel replaces a filter in one step: no packet passes between two versions.
 */
#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "../../abi/error.h"
#include "ebpf.h"
#include "filters.h"

#define FILTER_HANDLE 1
#define FILTER_PRIORITY 1

/* 1: the program with this kernel id is ours, of whatever version. */
static int is_ours(uint32_t id)
{
	struct bpf_prog_info info = { 0 };
	uint32_t size = sizeof(info);
	int program = bpf_prog_get_fd_by_id(id);
	int result;

	if (program < 0)
		return 0;
	result = bpf_obj_get_info_by_fd(program, &info, &size);
	close(program);
	return result == 0 && strncmp(info.name, HYP_PROGRAM_NAME, sizeof(info.name)) == 0;
}

/* Kernel id of the program at our place: 0 with *id, -ENOENT when there is none, -ENODEV. */
static int query(uint32_t port, uint32_t *id)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)port, .attach_point = BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, options, .handle = FILTER_HANDLE, .priority = FILTER_PRIORITY);
	int result = bpf_tc_query(&hook, &options);

	if (result == -EINVAL) /* no clsact on the port, no filters */
		result = -ENOENT;
	if (result == 0)
		*id = options.prog_id;
	return result;
}

static int port_exists(uint32_t port)
{
	char name[IF_NAMESIZE];

	return if_indextoname(port, name) != NULL;
}

/* Whether the port's qdisc is free for us. 0, -EBUSY or another -errno. */
static int check_port(uint32_t port, struct hyp_error *error)
{
	struct filters filters;
	int result = filters_read(port, &filters);

	if (result != 0)
		return hyp_fail(error, result, "cannot read the filters of port %u: %s", port,
				strerror(-result));
	if (filters.foreign_qdisc)
		return hyp_fail(error, -EBUSY, "port %u has an ingress qdisc that is not clsact", port);
	for (uint32_t i = 0; i < filters.ingress; i++) {
		const struct filter *filter = &filters.filter[i];

		if (filter->priority == FILTER_PRIORITY && filter->handle == FILTER_HANDLE &&
		    is_ours(filter->program))
			continue;
		return hyp_fail(error, -EBUSY, "port %u: filter %u at priority %u is somebody else's",
				port, filter->handle, filter->priority);
	}
	return filters.more ? hyp_fail(error, -EBUSY, "port %u has many filters", port) : 0;
}

int ebpf_attach(struct hyp_dataplane *dataplane, uint32_t port, uint32_t kind,
		struct hyp_error *error)
{
	const struct ebpf *ebpf = ebpf_of(dataplane);
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)port, .attach_point = BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, options, .handle = FILTER_HANDLE, .priority = FILTER_PRIORITY,
		    .prog_fd = ebpf->program, .flags = BPF_TC_F_REPLACE);
	uint32_t present = 0;
	int result;

	if (kind != HYP_PORT_VF)
		return hyp_fail(error, -EOPNOTSUPP, "port %u: kind %u", port, kind);
	if (!port_exists(port))
		return hyp_fail(error, -ENODEV, "there is no port %u", port);
	result = bpf_tc_hook_create(&hook);
	if (result == -EEXIST) {
		result = check_port(port, error);
		if (result != 0)
			return result;
		if (query(port, &present) == 0 && present == ebpf->program_id)
			return 0;
	} else if (result != 0) {
		return hyp_fail(error, result, "cannot put clsact on port %u: %s", port,
				strerror(-result));
	}
	result = bpf_tc_attach(&hook, &options);
	return result == 0 ? 0
			   : hyp_fail(error, result, "cannot attach to port %u: %s", port,
				      strerror(-result));
}

int ebpf_detach(struct hyp_dataplane *dataplane, uint32_t port, struct hyp_error *error)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)port, .attach_point = BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, options, .handle = FILTER_HANDLE, .priority = FILTER_PRIORITY);
	struct filters filters;
	uint32_t present = 0;
	int result;

	(void)dataplane;
	if (!port_exists(port))
		return 0;
	result = query(port, &present);
	if (result == -ENOENT || result == -ENODEV || (result == 0 && !is_ours(present)))
		return 0;
	if (result == 0)
		result = bpf_tc_detach(&hook, &options);
	if (result == 0)
		result = filters_read(port, &filters);
	if (result == 0 && filters.ingress == 0 && filters.egress == 0 && !filters.more) {
		hook.attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS; /* both: takes the qdisc away */
		result = bpf_tc_hook_destroy(&hook);
	}
	if (result == 0 || result == -ENODEV || result == -ENOENT)
		return 0;
	return hyp_fail(error, result, "cannot detach from port %u: %s", port, strerror(-result));
}
