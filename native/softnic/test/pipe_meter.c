/* SPDX-License-Identifier: Apache-2.0 */
/* Meters against the RFCs, on a clock by hand. */
#include "../../test/check.h"
#include "../src/pipe/meter.h"

#define MS 1000000u
#define RED DOCA_FLOW_METER_COLOR_RED
#define YELLOW DOCA_FLOW_METER_COLOR_YELLOW
#define GREEN DOCA_FLOW_METER_COLOR_GREEN

static uint64_t now = 5000 * (uint64_t)MS;

static struct doca_flow_resource_meter_cfg config(enum doca_flow_meter_algorithm_type alg,
						  enum doca_flow_meter_color_mode mode)
{
	return (struct doca_flow_resource_meter_cfg){
		.limit_type = DOCA_FLOW_METER_LIMIT_TYPE_BYTES,
		.color_mode = mode,
		.alg = alg,
		.cir = 1000,
		.cbs = 500,
	};
}

/* GREEN while the bucket covers the packet, else RED; tokens come by time and not beyond cbs. */
static void test_single(void)
{
	struct meter *meter = meter_new_single(DOCA_FLOW_METER_LIMIT_TYPE_BYTES, 1000, 500);

	CHECK_EQUAL(meter_colour(meter, 400, GREEN, now), GREEN);
	CHECK_EQUAL(meter_colour(meter, 101, GREEN, now), RED);
	CHECK_EQUAL(meter_colour(meter, 100, GREEN, now), GREEN);
	CHECK_EQUAL(meter_colour(meter, 1, GREEN, now), RED);
	now += 1 * MS; /* one byte */
	CHECK_EQUAL(meter_colour(meter, 1, RED, now), GREEN);
	/* Fractions of a token are kept. */
	for (int i = 0; i < 3; i++) {
		now += MS / 4;
		CHECK_EQUAL(meter_colour(meter, 1, GREEN, now), RED);
	}
	now += MS / 4;
	CHECK_EQUAL(meter_colour(meter, 1, GREEN, now), GREEN);
	now += 1000000 * (uint64_t)MS;
	CHECK_EQUAL(meter_colour(meter, 500, GREEN, now), GREEN);
	CHECK_EQUAL(meter_colour(meter, 1, GREEN, now), RED);
	CHECK_EQUAL(meter_colour(meter, 1, GREEN, now - MS), RED); /* a clock that goes back */
	meter_free(meter);

	meter = meter_new_single(DOCA_FLOW_METER_LIMIT_TYPE_PACKETS, 10, 2);
	CHECK_EQUAL(meter_colour(meter, 9000, GREEN, now), GREEN);
	CHECK_EQUAL(meter_colour(meter, 9000, GREEN, now), GREEN);
	CHECK_EQUAL(meter_colour(meter, 1, GREEN, now), RED);
	now += 100 * MS;
	CHECK_EQUAL(meter_colour(meter, 9000, GREEN, now), GREEN);
	meter_free(meter);

	/* Rates and times beyond what products of 64 bits hold. */
	meter = meter_new_single(DOCA_FLOW_METER_LIMIT_TYPE_BYTES, UINT64_MAX - 1, UINT64_MAX - 1);
	CHECK_EQUAL(meter_colour(meter, UINT32_MAX, GREEN, 0), GREEN);
	CHECK_EQUAL(meter_colour(meter, UINT32_MAX, GREEN, UINT64_MAX), GREEN);
	meter_free(meter);
}

/* RFC 2697: one rate fills C, and what C cannot hold E; GREEN from C, YELLOW from E. */
static void test_rfc2697(void)
{
	struct doca_flow_resource_meter_cfg cfg = config(DOCA_FLOW_METER_ALGORITHM_TYPE_RFC2697,
							 DOCA_FLOW_METER_COLOR_MODE_BLIND);
	struct meter *meter;

	cfg.rfc2697.ebs = 300;
	meter = meter_new(&cfg);
	CHECK_EQUAL(meter_colour(meter, 500, RED, now), GREEN); /* blind */
	CHECK_EQUAL(meter_colour(meter, 300, GREEN, now), YELLOW);
	CHECK_EQUAL(meter_colour(meter, 1, GREEN, now), RED);
	now += 600 * MS; /* C full, 100 for E */
	CHECK_EQUAL(meter_colour(meter, 500, GREEN, now), GREEN);
	CHECK_EQUAL(meter_colour(meter, 101, GREEN, now), RED);
	CHECK_EQUAL(meter_colour(meter, 100, GREEN, now), YELLOW);
	meter_free(meter);

	cfg.color_mode = DOCA_FLOW_METER_COLOR_MODE_AWARE;
	meter = meter_new(&cfg);
	CHECK_EQUAL(meter_colour(meter, 100, RED, now), RED);
	CHECK_EQUAL(meter_colour(meter, 200, YELLOW, now), YELLOW); /* of E, though C has some */
	CHECK_EQUAL(meter_colour(meter, 101, YELLOW, now), RED);
	CHECK_EQUAL(meter_colour(meter, 500, GREEN, now), GREEN);
	CHECK_EQUAL(meter_colour(meter, 100, GREEN, now), YELLOW);
	meter_free(meter);
}

/* RFC 2698: beyond the peak RED; beyond the committed rate YELLOW, which costs the peak bucket only. */
static void test_rfc2698(void)
{
	struct doca_flow_resource_meter_cfg cfg = config(DOCA_FLOW_METER_ALGORITHM_TYPE_RFC2698,
							 DOCA_FLOW_METER_COLOR_MODE_BLIND);
	struct meter *meter;

	cfg.rfc2698.pir = 2000;
	cfg.rfc2698.pbs = 800;
	meter = meter_new(&cfg);
	CHECK_EQUAL(meter_colour(meter, 400, GREEN, now), GREEN); /* C 100, P 400 */
	CHECK_EQUAL(meter_colour(meter, 300, GREEN, now), YELLOW); /* P 100 */
	CHECK_EQUAL(meter_colour(meter, 101, GREEN, now), RED);
	CHECK_EQUAL(meter_colour(meter, 100, GREEN, now), GREEN);
	CHECK_EQUAL(meter_colour(meter, 1, GREEN, now), RED);
	now += 100 * MS; /* C 100, P 200 */
	CHECK_EQUAL(meter_colour(meter, 150, GREEN, now), YELLOW);
	meter_free(meter);

	cfg.color_mode = DOCA_FLOW_METER_COLOR_MODE_AWARE;
	meter = meter_new(&cfg);
	CHECK_EQUAL(meter_colour(meter, 1, RED, now), RED);
	CHECK_EQUAL(meter_colour(meter, 700, YELLOW, now), YELLOW);
	CHECK_EQUAL(meter_colour(meter, 101, GREEN, now), RED);
	CHECK_EQUAL(meter_colour(meter, 100, GREEN, now), GREEN);
	meter_free(meter);
}

/* RFC 4115: two independent rates; GREEN costs C, YELLOW costs E. */
static void test_rfc4115(void)
{
	struct doca_flow_resource_meter_cfg cfg = config(DOCA_FLOW_METER_ALGORITHM_TYPE_RFC4115,
							 DOCA_FLOW_METER_COLOR_MODE_BLIND);
	struct meter *meter;

	cfg.rfc4115.eir = 2000;
	cfg.rfc4115.ebs = 300;
	meter = meter_new(&cfg);
	CHECK_EQUAL(meter_colour(meter, 500, GREEN, now), GREEN);
	CHECK_EQUAL(meter_colour(meter, 300, GREEN, now), YELLOW);
	CHECK_EQUAL(meter_colour(meter, 1, GREEN, now), RED);
	now += 50 * MS; /* C 50, E 100 */
	CHECK_EQUAL(meter_colour(meter, 60, GREEN, now), YELLOW);
	CHECK_EQUAL(meter_colour(meter, 50, GREEN, now), GREEN);
	CHECK_EQUAL(meter_colour(meter, 41, GREEN, now), RED);
	meter_free(meter);

	cfg.color_mode = DOCA_FLOW_METER_COLOR_MODE_AWARE;
	meter = meter_new(&cfg);
	CHECK_EQUAL(meter_colour(meter, 1, RED, now), RED);
	CHECK_EQUAL(meter_colour(meter, 300, YELLOW, now), YELLOW);
	CHECK_EQUAL(meter_colour(meter, 1, YELLOW, now), RED);
	CHECK_EQUAL(meter_colour(meter, 1, GREEN, now), GREEN);
	meter_free(meter);
}

int main(void)
{
	test_single();
	test_rfc2697();
	test_rfc2698();
	test_rfc4115();
	return 0;
}
