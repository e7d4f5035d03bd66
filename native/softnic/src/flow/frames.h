/* SPDX-License-Identifier: Apache-2.0 */
/* A bounded queue of frames with a lock of its own, taken inside the NIC's. */
#ifndef SOFTNIC_FRAMES_H
#define SOFTNIC_FRAMES_H

#include <stdbool.h>
#include <stdint.h>

#include <softnic.h>

struct frames;

/* NULL without memory. Nobody may be in frames_take when it is freed. */
struct frames *frames_new(uint32_t capacity);
void frames_free(struct frames *frames);

/* Copies the frame in. When the queue is full the oldest gives way if `push_out`, else the new one is
 * refused. False: refused, or no memory. */
bool frames_put(struct frames *frames, const struct softnic_received *head, const uint8_t *data,
		bool push_out);

/* As softnic_receive says. */
doca_error_t frames_take(struct frames *frames, struct softnic_received *head, void *data,
			 uint32_t capacity, uint64_t timeout_us);

#endif
