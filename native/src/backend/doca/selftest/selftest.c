/* SPDX-License-Identifier: Apache-2.0 */
#include "selftest.h"

#include "checks.h"

static void (*const checks[])(struct bench *) = {
	check_punt,	     check_send,     check_forward,	 check_entry_forwards,
	check_ports_arm,     check_options,  check_update_miss, check_removals,
	check_meter,	     check_shared_meter, check_counter,	 check_ageing,
	check_encap,	     check_decap,
};

int doca_selftest(const struct selftest_options *options, selftest_report report, void *context,
		  struct hyp_error *error)
{
	struct bench bench = { .vf = { -1, -1 }, .report = report, .context = context };
	int result = bench_open(&bench, options, error);

	for (size_t i = 0; result == 0 && i < sizeof(checks) / sizeof(checks[0]); i++) {
		checks[i](&bench);
		bench_clear(&bench);
	}
	if (result == 0)
		report(context, "the wire: a second host sees what the uplink sends", UNSEEN,
		       "needs two hosts and a cable");
	bench_close(&bench);
	return result;
}
