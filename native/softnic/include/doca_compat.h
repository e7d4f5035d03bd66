/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Marks of the API's functions. Both kinds are exported; softnic warns of neither, so
 * DOCA_ALLOW_EXPERIMENTAL_API and DOCA_ALLOW_DEPRECATED_API change nothing here.
 */
#ifndef DOCA_COMPAT_H_
#define DOCA_COMPAT_H_

#define DOCA_STABLE __attribute__((visibility("default")))
#define DOCA_EXPERIMENTAL __attribute__((visibility("default")))

#endif
