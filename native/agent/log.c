/* SPDX-License-Identifier: Apache-2.0 */
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LOG_BYTES_MAX (1 << 20) /* there are up to two such files */
#define LINE_BYTES_MAX 512

static char file[128]; /* empty: stderr is somebody else's */

int log_open(const char *path)
{
	int descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	int result = 0;

	if (descriptor < 0)
		return -errno;
	if (dup2(descriptor, STDOUT_FILENO) < 0 || dup2(descriptor, STDERR_FILENO) < 0)
		result = -errno;
	close(descriptor);
	snprintf(file, sizeof(file), "%s", path);
	return result;
}

void log_turn(void)
{
	char old[sizeof(file) + 4];
	struct stat status;

	if (file[0] == '\0' || fstat(STDERR_FILENO, &status) != 0 || status.st_size <= LOG_BYTES_MAX)
		return;
	snprintf(old, sizeof(old), "%s.old", file);
	/* Without a new file the old one goes on growing: nothing else can be done about it here. */
	if (rename(file, old) == 0)
		log_open(file);
}

void log_line(const char *format, ...)
{
	char line[LINE_BYTES_MAX];
	struct tm utc;
	time_t now = time(NULL);
	size_t length = 0;
	va_list arguments;

	if (gmtime_r(&now, &utc))
		length = strftime(line, sizeof(line), "%Y-%m-%dT%H:%M:%SZ ", &utc);
	va_start(arguments, format);
	/* One byte is left for the newline. */
	vsnprintf(line + length, sizeof(line) - 1 - length, format, arguments);
	va_end(arguments);
	length = strlen(line);
	line[length++] = '\n';
	if (write(STDERR_FILENO, line, length) < 0)
		return; /* a full disk stops nobody from forwarding */
}
