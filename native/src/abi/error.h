/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HYPERION_ABI_ERROR_H
#define HYPERION_ABI_ERROR_H

#include <hyperion/dataplane.h>

/*
 * Writes one line into *error (may be NULL) and returns `code`, a negative errno, so that a failing
 * function ends with `return hyp_fail(…)`.
 */
int hyp_fail(struct hyp_error *error, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
