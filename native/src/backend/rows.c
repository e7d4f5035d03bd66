/* SPDX-License-Identifier: Apache-2.0 */
#include "rows.h"

#include <errno.h>
#include <string.h>

#include "../abi/error.h"

void hyp_rows_add(struct hyp_rows *rows, const void *row, size_t size)
{
	if (rows->bytes + size <= rows->capacity)
		memcpy(rows->buffer + rows->bytes, row, size);
	rows->bytes += size;
	rows->count++;
}

int64_t hyp_rows_end(const struct hyp_rows *rows, uint64_t *bytes, struct hyp_error *error)
{
	*bytes = rows->bytes;
	if (rows->bytes > rows->capacity)
		return hyp_fail(error, -ENOSPC, "%llu bytes needed, room for %llu",
				(unsigned long long)rows->bytes, (unsigned long long)rows->capacity);
	return rows->count;
}
