/* SPDX-License-Identifier: Apache-2.0 */
#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#ifndef SOFTNIC_BPF_OBJECT
#error "SOFTNIC_BPF_OBJECT must name the compiled eBPF object, in quotes"
#endif

/* 16: ELF wants its 8-byte fields where the processor can read them. */
__asm__(".pushsection .rodata\n"
	".balign 16\n"
	".global softnic_bpf_object_start\n"
	".hidden softnic_bpf_object_start\n"
	"softnic_bpf_object_start:\n"
	".incbin \"" SOFTNIC_BPF_OBJECT "\"\n"
	".global softnic_bpf_object_end\n"
	".hidden softnic_bpf_object_end\n"
	"softnic_bpf_object_end:\n"
	".byte 0\n"
	".popsection\n");

extern const unsigned char softnic_bpf_object_start[], softnic_bpf_object_end[];

/* A descriptor of the object's program that outlives the object. */
static int take(const struct bpf_object *object, const char *name)
{
	const struct bpf_program *program = bpf_object__find_program_by_name(object, name);
	int fd;

	if (!program)
		return -ENOENT;
	fd = fcntl(bpf_program__fd(program), F_DUPFD_CLOEXEC, 0);
	return fd < 0 ? -errno : fd;
}

int programs_load(struct programs *programs)
{
	LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "softnic");
	size_t size = (size_t)(softnic_bpf_object_end - softnic_bpf_object_start);
	struct bpf_object *object = bpf_object__open_mem(softnic_bpf_object_start, size, &options);
	int result;

	programs->ingress = -1;
	programs->egress = -1;
	if (!object)
		return -errno;
	result = bpf_object__load(object);
	if (result == 0) {
		programs->ingress = take(object, PROGRAM_INGRESS);
		programs->egress = take(object, PROGRAM_EGRESS);
		if (programs->ingress < 0)
			result = programs->ingress;
		else if (programs->egress < 0)
			result = programs->egress;
	}
	bpf_object__close(object);
	if (result != 0)
		programs_unload(programs);
	return result;
}

void programs_unload(struct programs *programs)
{
	if (programs->ingress >= 0)
		close(programs->ingress);
	if (programs->egress >= 0)
		close(programs->egress);
	programs->ingress = -1;
	programs->egress = -1;
}
