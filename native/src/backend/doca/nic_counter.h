/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HYPERION_DOCA_NIC_COUNTER_H
#define HYPERION_DOCA_NIC_COUNTER_H

#include "doca.h"

/* HYP_COUNTERS_NIC: what the NIC holds and has done, in one row. Reads the counters of connections
 * first. */
int64_t nic_counter(struct doca *doca, void *buffer, uint64_t capacity, uint64_t *bytes,
		    struct hyp_error *error);

#endif
