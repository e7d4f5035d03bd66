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

struct filters {
	int foreign_qdisc; /* 1: the device's ingress qdisc is not clsact */
	int more;          /* 1: there are more than FILTERS_MAX on ingress */
	uint32_t ingress;  /* of `filter`, in use */
	uint32_t egress;   /* number of filters on clsact's egress side */
	struct filter filter[FILTERS_MAX];
};

/* Reads them for a device. 0 or -errno. */
int filters_read(uint32_t port, struct filters *filters);

#endif
