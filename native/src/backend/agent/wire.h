/* SPDX-License-Identifier: Apache-2.0 */
/* Whole messages through a non-blocking descriptor, until a moment of CLOCK_MONOTONIC. */
#ifndef HYPERION_AGENT_WIRE_H
#define HYPERION_AGENT_WIRE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Milliseconds of CLOCK_MONOTONIC. */
int64_t wire_now(void);

/* 0, -ETIMEDOUT, -EPIPE when the other end is gone, or another -errno. */
int wire_send(int descriptor, const void *bytes, size_t count, int64_t deadline);

/* The same; -EPIPE also when the other end goes before everything is there. */
int wire_receive(int descriptor, void *bytes, size_t count, int64_t deadline);

/* 0 when a descriptor can be read from or has been closed at the other end, or -ETIMEDOUT, or -errno. */
int wire_await(int descriptor, int64_t deadline);

/* Process id of the other end of a Unix socket (for one that was connected: of who listens); 0 when
 * it is of another PID namespace. *user becomes its effective user. -errno when there is none. */
pid_t wire_peer(int descriptor, uid_t *user);

#endif
