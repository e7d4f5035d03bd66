/* SPDX-License-Identifier: Apache-2.0 */
/* The directory on a BPF filesystem that keeps maps and programs when nobody has them open. */
#ifndef HYPERION_EBPF_PIN_H
#define HYPERION_EBPF_PIN_H

#include <bpf/libbpf.h>

#include "ebpf.h"

#define PIN_PATH_MAX 192 /* of the directory, with the NUL */

/*
 * Makes the directory if it is missing and takes its lock, which the returned descriptor holds.
 *   -ENOTDIR/-ENOENT not on a BPF filesystem
 */
int pin_directory(const char *path, struct hyp_error *error);

/* Name of a map: of its pin and in the object. */
const char *pin_map_name(enum map map);

/* The same of a program. */
const char *pin_program_name(enum program program);

/* Opens what is pinned. Returns a descriptor, -ENOENT when there is none, or -errno. */
int pin_open(const char *directory, const char *name);

/* Pins a descriptor, in the place of what has that name: there is no moment without one. */
int pin_replace(const char *directory, const char *name, int descriptor);

/* Unpins what an open() that did not finish has left, and every other pin of ours. */
int pin_clear(const char *directory);

int hyp_pin_remove(const char *path, struct hyp_error *error);

#endif
