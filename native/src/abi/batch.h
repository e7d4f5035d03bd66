/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HYPERION_ABI_BATCH_H
#define HYPERION_ABI_BATCH_H

#include "../backend/backend.h"

/* Sizes in bytes of the key and the value of a table. False when there is no such table. */
int hyp_table_sizes(uint32_t table, uint32_t *key, uint32_t *value);

/*
 * Takes a batch apart: *steps (owned by the caller, freed with free) points into it.
 *   -EINVAL malformed: unknown table or verb, cut short, not 8-aligned, another number of operations
 *   -ENOMEM
 */
int hyp_batch_parse(const void *batch, uint64_t bytes, uint32_t count, struct hyp_step **steps,
		    struct hyp_error *error);

/* Why no backend may take this row: 0, or -EINVAL with a sentence in *error. */
int hyp_step_check(const struct hyp_step *step, struct hyp_error *error);

#endif
