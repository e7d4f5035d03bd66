/* SPDX-License-Identifier: Apache-2.0 */
#include "error.h"

#include <stdarg.h>
#include <stdio.h>

int hyp_fail(struct hyp_error *error, int code, const char *format, ...)
{
	va_list arguments;

	if (!error)
		return code;
	va_start(arguments, format);
	if (vsnprintf(error->message, sizeof(error->message), format, arguments) < 0)
		error->message[0] = '\0';
	va_end(arguments);
	return code;
}
