/* SPDX-License-Identifier: Apache-2.0 */
/* What traffic-control filters a device has: libbpf can ask for one, not for all. */
#ifndef HYPERION_EBPF_FILTERS_H
#define HYPERION_EBPF_FILTERS_H

#include <stdint.h>

#define FILTERS_MAX 8

struct filter {
	uint32_t handle;
	uint32_t priority;
	uint32_t program; /* kernel id; 0: not an eBPF filter */
};

/* One side of clsact. */
struct filter_side {
	uint32_t count; /* of `filter`, in use */
	int more;       /* 1: there are more than FILTERS_MAX */
	struct filter filter[FILTERS_MAX];
};

struct filters {
	int foreign_qdisc; /* 1: the device's ingress qdisc is not clsact */
	struct filter_side ingress;
	struct filter_side egress;
};

/* Reads them for a device. 0 or -errno. */
int filters_read(uint32_t port, struct filters *filters);

#endif
