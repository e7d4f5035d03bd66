/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HYPERION_HOST_NAME_H
#define HYPERION_HOST_NAME_H

#include <stdbool.h>

/*
 * True for a name the kernel takes literally: 1 to 15 characters, no '/', ':' or white space
 * (dev_valid_name), and no '%', which the kernel would read as a pattern to fill in.
 */
bool name_is_valid(const char *name);

#endif
