/* SPDX-License-Identifier: Apache-2.0 */
/* The version of DOCA whose API softnic has. */
#ifndef DOCA_VERSION_H_
#define DOCA_VERSION_H_

#include "doca_compat.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DOCA_VERSION_MAJOR 3
#define DOCA_VERSION_MINOR 3
#define DOCA_VERSION_PATCH 0
#define DOCA_VERSION_STRING "3.3.0"

#define DOCA_VERSION_EXACT_CREATE(major, minor, patch) ((major) << 24 | (minor) << 16 | (patch))
#define DOCA_VERSION_EXACT                                                                         \
	DOCA_VERSION_EXACT_CREATE(DOCA_VERSION_MAJOR, DOCA_VERSION_MINOR, DOCA_VERSION_PATCH)

/* That of these headers, and that of the library at run time; static strings. */
static inline const char *doca_version(void)
{
	return DOCA_VERSION_STRING;
}
DOCA_STABLE const char *doca_version_runtime(void);

#ifdef __cplusplus
}
#endif

#endif
