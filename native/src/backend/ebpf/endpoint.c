/* SPDX-License-Identifier: Apache-2.0 */
/* Endpoint rows: written beside the current one and switched over (state.h). */
#include <errno.h>
#include <linux/membarrier.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "ebpf.h"

static uint64_t monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail with this clock and a valid pointer */
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* A program runs for microseconds; a virtual processor may be kept from running it for longer. */
#define SLOT_REST_NS 2000000000ull

/*
 * Waits until no program can still be reading a slot that was current before. Usually it has rested
 * long enough; else one wait for the kernel's grace period serves all slots retired until then.
 */
static int wait_for_readers(struct ebpf *ebpf, uint64_t retired)
{
	uint64_t now = monotonic_ns();

	if (retired <= ebpf->settled || now - retired > SLOT_REST_NS)
		return 0;
	/* MEMBARRIER_CMD_GLOBAL is the kernel's synchronize_rcu(), and programs run within RCU. */
	if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) != 0)
		return -errno;
	ebpf->settled = now;
	return 0;
}

int ebpf_endpoint_write(struct ebpf *ebpf, uint32_t endpoint, const struct hyp_endpoint_value *value)
{
	uint64_t current = ebpf->current[endpoint];
	uint64_t *retired = ebpf->retired[endpoint];
	uint32_t slot = (uint32_t)(current % HYP_ENDPOINT_SLOTS); /* behind the current one */
	int result;

	if (!value) {
		__atomic_store_n(&ebpf->current[endpoint], 0, __ATOMIC_RELEASE);
		for (uint32_t i = 0; i < HYP_ENDPOINT_SLOTS; i++)
			retired[i] = monotonic_ns(); /* whichever of them was current */
		return 0;
	}
	result = wait_for_readers(ebpf, retired[slot]);
	if (result != 0)
		return result;
	memcpy(&ebpf->endpoints[endpoint * HYP_ENDPOINT_SLOTS + slot], value, sizeof(*value));
	__atomic_store_n(&ebpf->current[endpoint], slot + 1u, __ATOMIC_RELEASE);
	if (current != 0)
		retired[current - 1] = monotonic_ns();
	return 0;
}
