/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef HYPERION_WALK_RATE_H
#define HYPERION_WALK_RATE_H

#include "state.h"
#include HYP_BINDING

#define HYP_BUCKET_IDLE_NS 8000000000ll /* a bucket untouched for so long is full */
#define HYP_GAIN_EXACT (1ull << 30)     /* bytes below which their time fits in 64 bits */

/*
 * Takes bytes out of a token bucket. 1: they may pass. A bucket may go into debt for one packet, so
 * that one larger than the burst (64 KiB before segmentation) passes at the mean rate, too.
 */
static __always_inline int take_tokens(__u32 endpoint, __u32 direction, __u64 rate, __u64 burst,
				       __u32 bytes)
{
	__u32 index = endpoint * 2 + direction;
	struct hyp_bucket *bucket;
	__u64 now, microseconds, gain;
	__s64 elapsed;
	int passes;

	if (!polices_rates())
		return 1;
	bucket = find_bucket(index);
	now = now_ns();
	if (!bucket)
		return 0;
	lock_bucket(bucket);
	elapsed = now - bucket->time_ns; /* negative when another CPU came between clock and lock */
	if (elapsed >= HYP_BUCKET_IDLE_NS) {
		bucket->tokens = burst;
		bucket->time_ns = now;
	} else {
		microseconds = elapsed > 0 ? (__u64)elapsed / 1000 : 0;
		gain = microseconds * rate / 1000000;
		bucket->tokens += gain;
		/* The time of part of a byte stays uncredited, for a later packet. */
		bucket->time_ns += gain < HYP_GAIN_EXACT ? gain * 1000000000 / rate
							 : microseconds * 1000;
		if (bucket->tokens > (__s64)burst)
			bucket->tokens = burst;
	}
	passes = bucket->tokens > 0 || (burst == 0 && bucket->tokens == 0);
	if (passes)
		bucket->tokens -= bytes;
	unlock_bucket(bucket);
	return passes;
}

#endif
