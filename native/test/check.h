/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_CHECK_H
#define TEST_CHECK_H

#include <stdio.h>
#include <stdlib.h>

/* Exit status by which meson knows a test that cannot run here. */
#define CHECK_SKIPPED 77

/* Unlike assert(): stays in release builds, and prints both values. */
#define CHECK_EQUAL(found, expected)                                                               \
	do {                                                                                       \
		long long check_found = (found), check_expected = (expected);                      \
		if (check_found != check_expected) {                                               \
			fprintf(stderr, "%s:%d: %s is %lld, expected %lld\n", __FILE__, __LINE__,  \
				#found, check_found, check_expected);                              \
			exit(1);                                                                   \
		}                                                                                  \
	} while (0)

#define CHECK(condition) CHECK_EQUAL(!!(condition), 1)

#endif
