/* SPDX-License-Identifier: Apache-2.0 */
/* The checks. Each begins with nothing on the NIC and reports what it was for. */
#ifndef HYPERION_DOCA_SELFTEST_CHECKS_H
#define HYPERION_DOCA_SELFTEST_CHECKS_H

#include "bench.h"

void check_punt(struct bench *bench);
void check_send(struct bench *bench);
void check_forward(struct bench *bench);
void check_entry_forwards(struct bench *bench);
void check_ports_arm(struct bench *bench);
void check_options(struct bench *bench);
void check_update_miss(struct bench *bench);
void check_meter(struct bench *bench);
void check_shared_meter(struct bench *bench);
void check_counter(struct bench *bench);
void check_ageing(struct bench *bench);
void check_encap(struct bench *bench);
void check_decap(struct bench *bench);
void check_removals(struct bench *bench);

#endif
