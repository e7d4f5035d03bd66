/* SPDX-License-Identifier: Apache-2.0 */
/* The directory of an agent's socket, lock and log. */
#ifndef HYPERION_AGENT_RUN_PATH_H
#define HYPERION_AGENT_RUN_PATH_H

#include <stddef.h>

#include <hyperion/dataplane.h>

/* With the NUL and room for a file's name; a socket's address has no room for more. */
#define RUN_PATH_MAX 108

/*
 * Makes the directory, mode 0700, if it is missing.
 *   -EINVAL not absolute   -ENAMETOOLONG   -ENOTDIR   -EPERM somebody else's, or others may write to it
 */
int run_path_make(const char *run_path, struct hyp_error *error);

/* The path of a file in it. The directory has been made or looked at by run_path_make. */
void run_path_file(char path[RUN_PATH_MAX], const char *run_path, const char *name);

#endif
