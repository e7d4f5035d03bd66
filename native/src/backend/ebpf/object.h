/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HYPERION_EBPF_OBJECT_H
#define HYPERION_EBPF_OBJECT_H

/* The compiled eBPF object, embedded in the library. */
extern const unsigned char hyp_bpf_object_start[];
extern const unsigned char hyp_bpf_object_end[];

#endif
