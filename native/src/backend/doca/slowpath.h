/* SPDX-License-Identifier: Apache-2.0 */
/* The thread that decides what the NIC punts. */
#ifndef HYPERION_DOCA_SLOWPATH_H
#define HYPERION_DOCA_SLOWPATH_H

#include "doca.h"

/* 0 or -errno. */
int slowpath_start(struct doca *doca, struct hyp_error *error);
/* Returns when it has ended. Does nothing if it does not run. */
void slowpath_stop(struct doca *doca);

#endif
