/* SPDX-License-Identifier: Apache-2.0 */
/* The log of softnic's own libraries: lines go to the SDK's backends. */
#ifndef SOFTNIC_LOG_H
#define SOFTNIC_LOG_H

#include <stdint.h>

#include <doca_log.h>

/* `library`: "FLOW", "ARGP", …. Without a newline at the end. */
__attribute__((visibility("default"), format(printf, 5, 6))) void
softnic_log(uint32_t level, const char *library, const char *function, int line,
	    const char *format, ...);

#define SOFTNIC_LOG_ERR(library, ...)                                                              \
	softnic_log(DOCA_LOG_LEVEL_ERROR, library, __func__, __LINE__, __VA_ARGS__)
#define SOFTNIC_LOG_WARN(library, ...)                                                             \
	softnic_log(DOCA_LOG_LEVEL_WARNING, library, __func__, __LINE__, __VA_ARGS__)
#define SOFTNIC_LOG_INFO(library, ...)                                                             \
	softnic_log(DOCA_LOG_LEVEL_INFO, library, __func__, __LINE__, __VA_ARGS__)

#endif
