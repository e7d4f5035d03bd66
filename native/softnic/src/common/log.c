/* SPDX-License-Identifier: Apache-2.0 */
#include "log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LOG_SOURCES_MAX 256
#define LOG_SOURCE_NAME_MAX 48

struct doca_log_backend {
	FILE *file; /* NULL: standard output and standard error */
	bool sdk;
	uint32_t level;
	struct doca_log_backend *next;
};

/* Of the process, as the API has no handle for it. Backends stay; their callers keep the pointers. */
static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;
static struct doca_log_backend *backends;
static uint32_t program_level = DOCA_LOG_LEVEL_INFO;
static uint32_t sdk_level = DOCA_LOG_LEVEL_WARNING;
static char sources[LOG_SOURCES_MAX][LOG_SOURCE_NAME_MAX];
static int sources_count;

static bool level_valid(uint32_t level)
{
	return level >= DOCA_LOG_LEVEL_DISABLE && level <= DOCA_LOG_LEVEL_TRACE && level % 10 == 0;
}

static const char *level_name(uint32_t level)
{
	static const char *const names[] = { "", "", "CRT", "ERR", "WRN", "INF", "DBG", "TRC" };

	return names[level / 10];
}

static doca_error_t backend_create(FILE *file, bool sdk, struct doca_log_backend **out)
{
	struct doca_log_backend *backend = calloc(1, sizeof(*backend));

	if (backend == NULL)
		return DOCA_ERROR_NO_MEMORY;
	backend->file = file;
	backend->sdk = sdk;
	pthread_mutex_lock(&log_lock);
	backend->level = sdk ? sdk_level : program_level;
	backend->next = backends;
	backends = backend;
	pthread_mutex_unlock(&log_lock);
	*out = backend;
	return DOCA_SUCCESS;
}

doca_error_t doca_log_backend_create_standard(void)
{
	struct doca_log_backend *backend;
	bool exists = false;

	pthread_mutex_lock(&log_lock);
	for (backend = backends; backend != NULL; backend = backend->next)
		exists |= backend->file == NULL;
	pthread_mutex_unlock(&log_lock);
	if (exists)
		return DOCA_ERROR_ALREADY_EXIST;
	return backend_create(NULL, false, &backend);
}

doca_error_t doca_log_backend_create_with_file(FILE *file, struct doca_log_backend **backend)
{
	if (file == NULL || backend == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	return backend_create(file, false, backend);
}

doca_error_t doca_log_backend_create_with_file_sdk(FILE *file, struct doca_log_backend **backend)
{
	if (file == NULL || backend == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	return backend_create(file, true, backend);
}

static doca_error_t backend_set_level(struct doca_log_backend *backend, bool sdk, uint32_t level)
{
	if (backend == NULL || backend->sdk != sdk || !level_valid(level))
		return DOCA_ERROR_INVALID_VALUE;
	pthread_mutex_lock(&log_lock);
	backend->level = level;
	pthread_mutex_unlock(&log_lock);
	return DOCA_SUCCESS;
}

doca_error_t doca_log_backend_set_sdk_level(struct doca_log_backend *backend, uint32_t level)
{
	return backend_set_level(backend, true, level);
}

doca_error_t doca_log_backend_set_level_lower_limit(struct doca_log_backend *backend, uint32_t level)
{
	return backend_set_level(backend, false, level);
}

static doca_error_t set_global(bool sdk, uint32_t *global, uint32_t level)
{
	if (!level_valid(level))
		return DOCA_ERROR_INVALID_VALUE;
	pthread_mutex_lock(&log_lock);
	*global = level;
	for (struct doca_log_backend *backend = backends; backend != NULL; backend = backend->next)
		if (backend->sdk == sdk)
			backend->level = level;
	pthread_mutex_unlock(&log_lock);
	return DOCA_SUCCESS;
}

static uint32_t get_global(const uint32_t *global)
{
	pthread_mutex_lock(&log_lock);
	uint32_t level = *global;
	pthread_mutex_unlock(&log_lock);
	return level;
}

doca_error_t doca_log_level_set_global_lower_limit(uint32_t level)
{
	return set_global(false, &program_level, level);
}

uint32_t doca_log_level_get_global_lower_limit(void)
{
	return get_global(&program_level);
}

doca_error_t doca_log_level_set_global_sdk_limit(uint32_t level)
{
	return set_global(true, &sdk_level, level);
}

uint32_t doca_log_level_get_global_sdk_limit(void)
{
	return get_global(&sdk_level);
}

doca_error_t doca_log_register_source(const char *source_name, int *source)
{
	if (source_name == NULL || source == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	if (strlen(source_name) >= LOG_SOURCE_NAME_MAX)
		return DOCA_ERROR_TOO_BIG;
	pthread_mutex_lock(&log_lock);
	int index = 0;
	while (index < sources_count && strcmp(sources[index], source_name) != 0)
		index++;
	if (index == LOG_SOURCES_MAX) {
		pthread_mutex_unlock(&log_lock);
		return DOCA_ERROR_FULL;
	}
	if (index == sources_count) {
		strcpy(sources[index], source_name);
		sources_count++;
	}
	pthread_mutex_unlock(&log_lock);
	*source = index;
	return DOCA_SUCCESS;
}

/* Prints one line to every backend of the kind that wants it; log_lock is held. */
__attribute__((nonnull(6), format(printf, 6, 0))) static void
print(bool sdk, uint32_t level, const char *name, const char *function, int line,
      const char *format, va_list arguments)
{
	struct timespec now;
	struct tm local;
	char stamp[16] = "";

	if (clock_gettime(CLOCK_REALTIME, &now) != 0 || localtime_r(&now.tv_sec, &local) == NULL ||
	    strftime(stamp, sizeof(stamp), "%H:%M:%S", &local) == 0)
		now.tv_nsec = 0;
	for (struct doca_log_backend *backend = backends; backend != NULL; backend = backend->next) {
		FILE *file = backend->file;
		va_list copy;

		if (backend->sdk != sdk || level > backend->level)
			continue;
		if (file == NULL)
			file = level <= DOCA_LOG_LEVEL_ERROR ? stderr : stdout;
		flockfile(file);
		fprintf(file, "[%s:%06ld][%d][DOCA][%s][%s:%d][%s] ", stamp, now.tv_nsec / 1000,
			(int)getpid(), level_name(level), name, line, function);
		va_copy(copy, arguments);
		vfprintf(file, format, copy);
		va_end(copy);
		fputc('\n', file);
		fflush(file);
		funlockfile(file);
	}
}

doca_error_t doca_log(uint32_t level, int source, const char *file, int line, const char *function,
		      const char *format, ...)
{
	va_list arguments;

	if (!level_valid(level) || level == DOCA_LOG_LEVEL_DISABLE || function == NULL ||
	    format == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	va_start(arguments, format);
	pthread_mutex_lock(&log_lock);
	/* A source that could not be registered is called by its file. */
	const char *name = source >= 0 && source < sources_count ? sources[source] :
			   file != NULL				 ? file :
								   "";
	print(false, level, name, function, line, format, arguments);
	pthread_mutex_unlock(&log_lock);
	va_end(arguments);
	return DOCA_SUCCESS;
}

void softnic_log(uint32_t level, const char *library, const char *function, int line,
		 const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	pthread_mutex_lock(&log_lock);
	print(true, level, library, function, line, format, arguments);
	pthread_mutex_unlock(&log_lock);
	va_end(arguments);
}
