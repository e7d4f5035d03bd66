/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The programs on a port: a clsact qdisc with one direct-action filter on its ingress side, and for a
 * gateway port another on its egress side, at a fixed handle and priority. The kernel replaces a filter
 * in one step: no packet passes between two versions.
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
#include "pin.h"

#define FILTER_HANDLE 1
#define FILTER_PRIORITY 1

/* 1: the program with this kernel id is ours, of whatever version and kind. */
static int is_ours(uint32_t id)
{
	struct bpf_prog_info info = { 0 };
	uint32_t size = sizeof(info);
	int descriptor = bpf_prog_get_fd_by_id(id);
	int result, ours = 0;

	if (descriptor < 0)
		return 0;
	result = bpf_obj_get_info_by_fd(descriptor, &info, &size);
	close(descriptor);
	for (int program = 0; result == 0 && program < PROGRAMS; program++)
		ours |= strncmp(info.name, pin_program_name(program), sizeof(info.name)) == 0;
	return ours;
}

/* Kernel id of the program at our place on a side: 0 with *id, -ENOENT when there is none, -ENODEV. */
static int query(uint32_t port, enum bpf_tc_attach_point side, uint32_t *id)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)port, .attach_point = side);
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

/* Whether one side is free for us. 0 or -EBUSY. */
static int check_side(uint32_t port, const struct filter_side *side, struct hyp_error *error)
{
	for (uint32_t i = 0; i < side->count; i++) {
		const struct filter *filter = &side->filter[i];

		if (filter->priority == FILTER_PRIORITY && filter->handle == FILTER_HANDLE &&
		    is_ours(filter->program))
			continue;
		return hyp_fail(error, -EBUSY, "port %u: filter %u at priority %u is somebody else's",
				port, filter->handle, filter->priority);
	}
	return side->more ? hyp_fail(error, -EBUSY, "port %u has many filters", port) : 0;
}

/* Whether the port's qdisc is free for us. 0, -EBUSY or another -errno. */
static int check_port(uint32_t port, uint32_t kind, struct hyp_error *error)
{
	struct filters filters;
	int result = filters_read(port, &filters);

	if (result != 0)
		return hyp_fail(error, result, "cannot read the filters of port %u: %s", port,
				strerror(-result));
	if (filters.foreign_qdisc)
		return hyp_fail(error, -EBUSY, "port %u has an ingress qdisc that is not clsact", port);
	result = check_side(port, &filters.ingress, error);
	if (result == 0 && kind == HYP_PORT_GATEWAY)
		result = check_side(port, &filters.egress, error);
	return result;
}

/* Puts a program at our place on a side, if it is not there. 0 or -errno. */
static int attach_side(const struct ebpf *ebpf, uint32_t port, enum bpf_tc_attach_point side,
		       enum program program)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)port, .attach_point = side);
	LIBBPF_OPTS(bpf_tc_opts, options, .handle = FILTER_HANDLE, .priority = FILTER_PRIORITY,
		    .prog_fd = ebpf->programs[program], .flags = BPF_TC_F_REPLACE);
	uint32_t present = 0;

	if (query(port, side, &present) == 0 && present == ebpf->program_ids[program])
		return 0;
	return bpf_tc_attach(&hook, &options);
}

/* Takes a program of ours off a side. 1, 0 when there is none, or -errno. */
static int detach_side(uint32_t port, enum bpf_tc_attach_point side)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)port, .attach_point = side);
	LIBBPF_OPTS(bpf_tc_opts, options, .handle = FILTER_HANDLE, .priority = FILTER_PRIORITY);
	uint32_t present = 0;
	int result = query(port, side, &present);

	if (result == -ENOENT || result == -ENODEV || (result == 0 && !is_ours(present)))
		return 0;
	if (result == 0)
		result = bpf_tc_detach(&hook, &options);
	return result == 0 ? 1 : result;
}

/* Programs of the kind on both sides, and no other of ours. A gateway's way in is closed first. */
static int attach_sides(const struct ebpf *ebpf, uint32_t port, uint32_t kind)
{
	int result = kind == HYP_PORT_GATEWAY
			     ? attach_side(ebpf, port, BPF_TC_EGRESS, PROGRAM_GATEWAY_IN)
			     : detach_side(port, BPF_TC_EGRESS);

	if (result < 0)
		return result;
	return attach_side(ebpf, port, BPF_TC_INGRESS,
			   kind == HYP_PORT_GATEWAY ? PROGRAM_GATEWAY_OUT : PROGRAM_VF);
}

int ebpf_attach(struct hyp_dataplane *dataplane, uint32_t port, uint32_t kind,
		struct hyp_error *error)
{
	const struct ebpf *ebpf = ebpf_of(dataplane);
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)port, .attach_point = BPF_TC_INGRESS);
	int result;

	if (!port_exists(port))
		return hyp_fail(error, -ENODEV, "there is no port %u", port);
	result = bpf_tc_hook_create(&hook);
	if (result == -EEXIST) {
		result = check_port(port, kind, error);
		if (result != 0)
			return result;
	} else if (result != 0) {
		return hyp_fail(error, result, "cannot put clsact on port %u: %s", port,
				strerror(-result));
	}
	result = attach_sides(ebpf, port, kind);
	return result == 0 ? 0
			   : hyp_fail(error, result, "cannot attach to port %u: %s", port,
				      strerror(-result));
}

int ebpf_detach(struct hyp_dataplane *dataplane, uint32_t port, struct hyp_error *error)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)port,
		    .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS /* both: takes the qdisc away */);
	struct filters filters;
	int ingress, egress, result;

	(void)dataplane;
	if (!port_exists(port))
		return 0;
	ingress = detach_side(port, BPF_TC_INGRESS);
	egress = detach_side(port, BPF_TC_EGRESS);
	if (ingress == 0 && egress == 0)
		return 0;
	result = ingress < 0 ? ingress : egress < 0 ? egress : filters_read(port, &filters);
	if (result == 0 && filters.ingress.count == 0 && filters.egress.count == 0)
		result = bpf_tc_hook_destroy(&hook);
	if (result == 0 || result == -ENODEV || result == -ENOENT)
		return 0;
	return hyp_fail(error, result, "cannot detach from port %u: %s", port, strerror(-result));
}
