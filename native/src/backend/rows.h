/* SPDX-License-Identifier: Apache-2.0 */
/* Rows on their way into a caller's buffer; counts on when there is no more room. */
#ifndef HYPERION_ROWS_H
#define HYPERION_ROWS_H

#include <stddef.h>

#include <hyperion/dataplane.h>

struct hyp_rows {
	uint8_t *buffer;
	uint64_t capacity;
	uint64_t bytes; /* that all rows need */
	int64_t count;
};

void hyp_rows_add(struct hyp_rows *rows, const void *row, size_t size);

/* Number of rows, or -ENOSPC; *bytes becomes what they need. */
int64_t hyp_rows_end(const struct hyp_rows *rows, uint64_t *bytes, struct hyp_error *error);

#endif
