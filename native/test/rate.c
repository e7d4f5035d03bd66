/* SPDX-License-Identifier: Apache-2.0 */
/* A rate is kept whatever the packets that ask for it are like. */
#define HYP_BINDING "../test/rate_clock.h"

#include "../walk/rate.h"

#include "check.h"

#define SECOND_NS 1000000000ull

/* Bytes per second that pass in ten seconds after the burst, of packets at a distance. */
static uint64_t passing(uint64_t rate, uint32_t bytes, uint64_t distance_ns)
{
	uint64_t passed = 0;

	the_bucket = (struct hyp_bucket){ 0 };
	the_time_ns = 20 * SECOND_NS;
	while (take_tokens(1, HYP_EGRESS, rate, bytes, bytes))
		continue;
	for (uint64_t end = the_time_ns + 10 * SECOND_NS; the_time_ns < end; the_time_ns += distance_ns)
		passed += take_tokens(1, HYP_EGRESS, rate, bytes, bytes) ? bytes : 0;
	return passed / 10;
}

static void check_kept(uint64_t rate, uint32_t bytes, uint64_t distance_ns)
{
	const uint64_t found = passing(rate, bytes, distance_ns);

	if (found * 100 >= rate * 99 && found * 100 <= rate * 101)
		return;
	fprintf(stderr, "%llu B/s: %llu pass, of packets of %u bytes each %llu ns\n",
		(unsigned long long)rate, (unsigned long long)found, bytes,
		(unsigned long long)distance_ns);
	exit(1);
}

int main(void)
{
	/* A flood, whose packets come within less than a byte's time, or in one and a half bytes'. */
	check_kept(125000, 100, 7000);
	check_kept(125000, 100, 15900);
	check_kept(190000, 60, 10000);
	check_kept(12500, 60, 1500);
	check_kept(1000000, 1500, 1999);
	/* What fills the line, and more than it. */
	check_kept(125000000, 1500, 10000);
	check_kept(12500000000, 65549, 5100);
	return 0;
}
