/* SPDX-License-Identifier: Apache-2.0 */
#include "name.h"

#include <hyperion/host.h>
#include <string.h>

bool name_is_valid(const char *name)
{
	if (name == NULL || name[0] == '\0' || strlen(name) >= HYP_NAME_MAX)
		return false;
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return false;
	return strpbrk(name, "/:% \t\n\v\f\r") == NULL;
}
