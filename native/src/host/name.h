/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HYPERION_HOST_NAME_H
#define HYPERION_HOST_NAME_H

#include <stdbool.h>

/*
 * True for a name the kernel takes literally: 1 to 15 characters, no '/', ':' or white space
 * (dev_valid_name), and no '%', which the kernel would read as a pattern to fill in.
 */
#define NAME_RULE "a device name is 1 to 15 characters, without / : % or space"

bool name_is_valid(const char *name);

#endif
