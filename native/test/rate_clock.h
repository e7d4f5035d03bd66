/* SPDX-License-Identifier: Apache-2.0 */
/* What native/walk/rate.h asks of the world it runs in: here one bucket, and a clock that a test sets. */
#ifndef TEST_RATE_CLOCK_H
#define TEST_RATE_CLOCK_H

#include <stdint.h>

#include "../walk/state.h"

#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif

static struct hyp_bucket the_bucket;
static uint64_t the_time_ns;

static inline int polices_rates(void)
{
	return 1;
}

static inline struct hyp_bucket *find_bucket(__u32 index)
{
	(void)index;
	return &the_bucket;
}

static inline __u64 now_ns(void)
{
	return the_time_ns;
}

static inline void lock_bucket(struct hyp_bucket *bucket)
{
	(void)bucket;
}

static inline void unlock_bucket(struct hyp_bucket *bucket)
{
	(void)bucket;
}

#endif
