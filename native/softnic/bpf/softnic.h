/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the programs on a port and the library have to agree upon. */
#ifndef SOFTNIC_BPF_SOFTNIC_H
#define SOFTNIC_BPF_SOFTNIC_H

/*
 * The mark of a frame that the pipes handed to the kernel. Nobody at the far end of a veth pair can put
 * it on: marks do not cross the border of a network namespace, and within one they take CAP_NET_ADMIN.
 */
#define SOFTNIC_MARK 0x534e6963

/* Names of the programs; filters of these names are ours. */
#define SOFTNIC_INGRESS softnic_in
#define SOFTNIC_EGRESS softnic_out

#endif
