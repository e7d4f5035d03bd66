/* SPDX-License-Identifier: Apache-2.0 */
/* The eBPF programs of a port, as file descriptors. */
#ifndef SOFTNIC_PROGRAM_H
#define SOFTNIC_PROGRAM_H

#define PROGRAM_INGRESS "softnic_in"
#define PROGRAM_EGRESS "softnic_out"

struct programs {
	int ingress, egress; /* -1: not loaded */
};

/* Loads both. 0, -EPERM or another -errno. */
int programs_load(struct programs *programs);
void programs_unload(struct programs *programs);

#endif
