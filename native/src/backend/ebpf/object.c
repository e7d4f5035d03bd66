/* SPDX-License-Identifier: Apache-2.0 */
#include "object.h"

#ifndef HYP_BPF_OBJECT
#error "HYP_BPF_OBJECT must name the compiled eBPF object, in quotes"
#endif

/* 16: ELF wants its 8-byte fields where the processor can read them. */
__asm__(".pushsection .rodata\n"
	".balign 16\n"
	".global hyp_bpf_object_start\n"
	".hidden hyp_bpf_object_start\n"
	"hyp_bpf_object_start:\n"
	".incbin \"" HYP_BPF_OBJECT "\"\n"
	".global hyp_bpf_object_end\n"
	".hidden hyp_bpf_object_end\n"
	"hyp_bpf_object_end:\n"
	".byte 0\n"
	".popsection\n");
