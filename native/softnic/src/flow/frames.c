/* SPDX-License-Identifier: Apache-2.0 */
#include "frames.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct frame {
	struct softnic_received head;
	uint8_t *data;
};

struct frames {
	pthread_mutex_t lock;
	pthread_cond_t filled;
	uint32_t capacity, first, used;
	struct frame slots[];
};

struct frames *frames_new(uint32_t capacity)
{
	struct frames *frames = calloc(1, sizeof(*frames) + capacity * sizeof(struct frame));
	pthread_condattr_t attributes;

	if (frames == NULL)
		return NULL;
	frames->capacity = capacity;
	if (pthread_condattr_init(&attributes) != 0)
		goto fail;
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	if (pthread_cond_init(&frames->filled, &attributes) != 0) {
		pthread_condattr_destroy(&attributes);
		goto fail;
	}
	pthread_condattr_destroy(&attributes);
	pthread_mutex_init(&frames->lock, NULL);
	return frames;
fail:
	free(frames);
	return NULL;
}

static struct frame *frames_slot(struct frames *frames, uint32_t index)
{
	return &frames->slots[(frames->first + index) % frames->capacity];
}

static void frames_drop_first(struct frames *frames)
{
	free(frames_slot(frames, 0)->data);
	frames->first = (frames->first + 1) % frames->capacity;
	frames->used--;
}

void frames_free(struct frames *frames)
{
	if (frames == NULL)
		return;
	while (frames->used > 0)
		frames_drop_first(frames);
	pthread_cond_destroy(&frames->filled);
	pthread_mutex_destroy(&frames->lock);
	free(frames);
}

bool frames_put(struct frames *frames, const struct softnic_received *head, const uint8_t *data,
		bool push_out)
{
	uint8_t *copy = malloc(head->length > 0 ? head->length : 1);
	struct frame *slot;

	if (copy == NULL)
		return false;
	memcpy(copy, data, head->length);
	pthread_mutex_lock(&frames->lock);
	if (frames->used == frames->capacity) {
		if (!push_out) {
			pthread_mutex_unlock(&frames->lock);
			free(copy);
			return false;
		}
		frames_drop_first(frames);
	}
	slot = frames_slot(frames, frames->used++);
	slot->head = *head;
	slot->data = copy;
	pthread_cond_signal(&frames->filled);
	pthread_mutex_unlock(&frames->lock);
	return true;
}

static struct timespec deadline_in(uint64_t timeout_us)
{
	struct timespec when;

	clock_gettime(CLOCK_MONOTONIC, &when);
	when.tv_sec += (time_t)(timeout_us / 1000000);
	when.tv_nsec += (long)(timeout_us % 1000000) * 1000;
	if (when.tv_nsec >= 1000000000) {
		when.tv_sec++;
		when.tv_nsec -= 1000000000;
	}
	return when;
}

/* True when there is a frame. The lock is held. */
static bool frames_wait(struct frames *frames, uint64_t timeout_us)
{
	/* Longer than a year is for ever, and does not overflow. */
	const uint64_t longest = 365ull * 86400 * 1000000;
	struct timespec deadline;

	if (frames->used > 0 || timeout_us == 0)
		return frames->used > 0;
	deadline = deadline_in(timeout_us < longest ? timeout_us : longest);
	while (frames->used == 0) {
		if (pthread_cond_timedwait(&frames->filled, &frames->lock, &deadline) != 0)
			break;
	}
	return frames->used > 0;
}

doca_error_t frames_take(struct frames *frames, struct softnic_received *head, void *data,
			 uint32_t capacity, uint64_t timeout_us)
{
	doca_error_t result = DOCA_SUCCESS;
	const struct frame *oldest;

	pthread_mutex_lock(&frames->lock);
	if (!frames_wait(frames, timeout_us)) {
		result = DOCA_ERROR_AGAIN;
		goto out;
	}
	oldest = frames_slot(frames, 0);
	*head = oldest->head;
	if (oldest->head.length > capacity) {
		result = DOCA_ERROR_TOO_BIG;
		goto out;
	}
	memcpy(data, oldest->data, oldest->head.length);
	frames_drop_first(frames);
out:
	pthread_mutex_unlock(&frames->lock);
	return result;
}
