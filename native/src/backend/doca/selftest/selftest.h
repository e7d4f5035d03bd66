/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tries on a device what assumptions.h assumes: small pipes, packets from one VF, a look at where
 * they come out. Takes the device for itself.
 */
#ifndef HYPERION_DOCA_SELFTEST_H
#define HYPERION_DOCA_SELFTEST_H

#include <hyperion/dataplane.h>

enum finding {
	HOLDS,
	FAILS,
	UNSEEN, /* could not be tried */
};

/* `assumption`: a name of assumptions.h, or what else the pipes rely on. */
typedef void (*selftest_report)(void *context, const char *assumption, enum finding finding,
				const char *seen);

struct selftest_options {
	const char *address;         /* of the device, as behind "doca:" */
	uint32_t representors[2];    /* kernel indices */
	uint32_t vfs[2];             /* of the VFs behind them, in this network namespace */
};

/* 0 when every check was made, whatever it found; -errno when there was nothing to make them on. */
int doca_selftest(const struct selftest_options *options, selftest_report report, void *context,
		  struct hyp_error *error);

#endif
