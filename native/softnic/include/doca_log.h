/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Log of the program, through sources it registers, and of the libraries ("SDK"). A backend is where
 * lines go; without one nothing is printed. Levels: a line is printed if its level is at most the limit.
 */
#ifndef DOCA_LOG_H_
#define DOCA_LOG_H_

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "doca_compat.h"
#include "doca_error.h"

#ifdef __cplusplus
extern "C" {
#endif

enum doca_log_level {
	DOCA_LOG_LEVEL_DISABLE = 10,
	DOCA_LOG_LEVEL_CRIT = 20,
	DOCA_LOG_LEVEL_ERROR = 30,
	DOCA_LOG_LEVEL_WARNING = 40,
	DOCA_LOG_LEVEL_INFO = 50,
	DOCA_LOG_LEVEL_DEBUG = 60,
	DOCA_LOG_LEVEL_TRACE = 70,
};

struct doca_log_backend;

/* The program's: up to INFO on standard output, errors and worse on standard error. ALREADY_EXIST. */
DOCA_EXPERIMENTAL doca_error_t doca_log_backend_create_standard(void);
/* The program's. The file stays the caller's. Backends live as long as the process. */
DOCA_EXPERIMENTAL doca_error_t doca_log_backend_create_with_file(FILE *file,
								 struct doca_log_backend **backend);
/* The libraries'. Level WARNING at first. */
DOCA_EXPERIMENTAL doca_error_t doca_log_backend_create_with_file_sdk(FILE *file,
								     struct doca_log_backend **backend);
DOCA_EXPERIMENTAL doca_error_t doca_log_backend_set_sdk_level(struct doca_log_backend *backend,
							      uint32_t level);
DOCA_EXPERIMENTAL doca_error_t
doca_log_backend_set_level_lower_limit(struct doca_log_backend *backend, uint32_t level);
/* Of all backends of the program, and of all of the libraries. */
DOCA_EXPERIMENTAL doca_error_t doca_log_level_set_global_lower_limit(uint32_t level);
DOCA_EXPERIMENTAL uint32_t doca_log_level_get_global_lower_limit(void);
DOCA_EXPERIMENTAL doca_error_t doca_log_level_set_global_sdk_limit(uint32_t level);
DOCA_EXPERIMENTAL uint32_t doca_log_level_get_global_sdk_limit(void);

DOCA_EXPERIMENTAL doca_error_t doca_log_register_source(const char *source_name, int *source);
DOCA_EXPERIMENTAL doca_error_t doca_log(uint32_t level, int source, const char *file, int line,
					const char *function, const char *format, ...)
	__attribute__((format(printf, 6, 7)));

/* Once in a file: gives the log of this file a name, such as APP or APP::PART. */
#define DOCA_LOG_REGISTER(SOURCE)                                                                  \
	static int log_source;                                                                     \
	static void __attribute__((constructor)) doca_log_register_this_file(void)                 \
	{                                                                                          \
		if (doca_log_register_source(#SOURCE, &log_source) != DOCA_SUCCESS)                \
			log_source = -1;                                                           \
	}

#define DOCA_LOG(level, ...)                                                                       \
	do {                                                                                       \
		(void)doca_log(level, log_source, __FILE__, __LINE__, __func__, __VA_ARGS__);      \
	} while (0)
#define DOCA_LOG_CRIT(...) DOCA_LOG(DOCA_LOG_LEVEL_CRIT, __VA_ARGS__)
#define DOCA_LOG_ERR(...) DOCA_LOG(DOCA_LOG_LEVEL_ERROR, __VA_ARGS__)
#define DOCA_LOG_WARN(...) DOCA_LOG(DOCA_LOG_LEVEL_WARNING, __VA_ARGS__)
#define DOCA_LOG_INFO(...) DOCA_LOG(DOCA_LOG_LEVEL_INFO, __VA_ARGS__)
#define DOCA_LOG_DBG(...) DOCA_LOG(DOCA_LOG_LEVEL_DEBUG, __VA_ARGS__)
#define DOCA_LOG_TRC(...) DOCA_LOG(DOCA_LOG_LEVEL_TRACE, __VA_ARGS__)

#ifdef __cplusplus
}
#endif

#endif
