/* SPDX-License-Identifier: Apache-2.0 */
/* From one state of the tables to the next on the NIC: how little it takes, and what if some of it
 * fails. softnic, without netdevs and without root. */
#include <errno.h>

#include <softnic.h>

#include "../src/backend/doca/assumptions.h"
#include "../src/backend/doca/policy.h"
#include "doca_bench.h"

#define WEB 80
#define CLIENT 40000

static void everything_up(void)
{
	struct batch rows = neighbourhood();

	bench_up();
	CHECK_EQUAL(batch_apply(&rows), 0);
	CHECK_EQUAL(attach_all(), 0);
}

/* Whether the NIC would deny it: with the budget for that used up, it does not reach software. */
static bool denies(uint32_t port, const struct frame *frame)
{
	uint32_t seen = 0;

	for (uint32_t i = 0; i < DENY_BURST + 64; i++)
		seen += way(port, frame) == SOFTWARE;
	return seen < DENY_BURST + 32;
}

static struct hyp_policy_key rule(uint32_t identity, uint16_t port, uint8_t length, uint8_t direction)
{
	return (struct hyp_policy_key){ .policy = direction == HYP_INGRESS ? 2 : 1,
					.identity = identity,
					.port = port,
					.prefix_length = length,
					.protocol = 6,
					.direction = direction };
}

static const struct hyp_policy_value allow = { .rule = 1, .verdict = HYP_VERDICT_ALLOW };
static const struct hyp_policy_value deny = { .rule = 2, .verdict = HYP_VERDICT_DENY };
static const struct hyp_policy_value log_deny = { .rule = 2,
						  .verdict = HYP_VERDICT_DENY,
						  .flags = HYP_POLICY_LOG };

static void set_lengths(uint32_t endpoint, uint32_t egress, uint32_t ingress)
{
	struct hyp_endpoint_value value = endpoint_of((uint8_t)endpoint);
	struct hyp_endpoint_key key = { endpoint };

	value.prefix_lengths[HYP_EGRESS] = egress;
	value.prefix_lengths[HYP_INGRESS] = ingress;
	CHECK_EQUAL(change(HYP_TABLE_ENDPOINT, &key, &value), 0);
}

static void policy_is_asked_in_order(void)
{
	struct hyp_policy_key range = rule(101, 0x0040, 10, HYP_INGRESS); /* 64 … 127 */
	struct hyp_policy_key anyone = rule(HYP_IDENTITY_ANY, 81, 16, HYP_INGRESS);
	struct hyp_policy_key egress = rule(102, 82, 16, HYP_EGRESS);
	struct frame frame81 = tcp(1, 2, CLIENT, 81, SYN), frame82 = tcp(1, 2, CLIENT, 82, SYN);
	struct frame frame80 = tcp(1, 2, CLIENT, WEB, SYN), frame200 = tcp(1, 2, CLIENT, 200, SYN);

	everything_up();
	CHECK(denies(1, &frame81)); /* posture */
	CHECK_EQUAL(change(HYP_TABLE_POLICY, &anyone, &allow), 0);
	CHECK(!denies(1, &frame81));
	/* Somebody's own row goes before anyone's, however short its prefix. */
	CHECK_EQUAL(change(HYP_TABLE_POLICY, &range, &deny), 0);
	set_lengths(2, 0, 1u << 16 | 1u << 10);
	CHECK(denies(1, &frame81));
	CHECK(!denies(1, &frame80));
	CHECK(denies(1, &frame200));
	CHECK_EQUAL(change(HYP_TABLE_POLICY, &range, &log_deny), 0); /* to be reported, each */
	CHECK(!denies(1, &frame81));
	CHECK_EQUAL(change(HYP_TABLE_POLICY, &range, &allow), 0);
	CHECK(!denies(1, &frame82));
	/* Both sides are asked: who opens and who is opened to. */
	CHECK_EQUAL(change(HYP_TABLE_POLICY, &egress, &deny), 0);
	set_lengths(1, 1u << 16, 0);
	CHECK(denies(1, &frame82));
	drops_read();
	CHECK(drops_of(1, HYP_REASON_POLICY_EGRESS) > 0);
	CHECK_EQUAL(change(HYP_TABLE_POLICY, &egress, NULL), 0);
	CHECK(!denies(1, &frame82));
	bench_down();
}

/* Rows that an endpoint does not look for are no reason to deny it anything. */
static void what_policy_is_not_asked_for_is_not_denied(void)
{
	struct hyp_policy_key range = rule(101, 0x0040, 10, HYP_INGRESS);
	struct frame frame = tcp(1, 2, CLIENT, WEB, SYN);

	everything_up();
	CHECK_EQUAL(change(HYP_TABLE_POLICY, &range, &deny), 0);
	frame = tcp(1, 2, CLIENT, 81, SYN);
	CHECK(!denies(1, &frame)); /* software says so, from its own rows */
	set_lengths(2, 0, 1u << 16 | 1u << 10);
	CHECK(denies(1, &frame));
	bench_down();
}

/* More lengths than a packet may be sent through pipes for: then software decides alone. */
static void too_deep_policy_is_left_to_software(void)
{
	struct frame frame = tcp(1, 2, CLIENT, 81, SYN);
	uint32_t lengths = 0;

	everything_up();
	for (uint8_t length = 1; length <= 16; length++) {
		struct hyp_policy_key own = rule(101, 0x8000, length, HYP_INGRESS);
		struct hyp_policy_key anyone = rule(HYP_IDENTITY_ANY, 0x8000, length, HYP_INGRESS);

		CHECK_EQUAL(change(HYP_TABLE_POLICY, &own, &allow), 0);
		CHECK_EQUAL(change(HYP_TABLE_POLICY, &anyone, &allow), 0);
		lengths |= 1u << length;
	}
	set_lengths(2, 0, lengths);
	CHECK(!denies(1, &frame));
	for (uint8_t length = 9; length <= 16; length++) {
		struct hyp_policy_key own = rule(101, 0x8000, length, HYP_INGRESS);
		struct hyp_policy_key anyone = rule(HYP_IDENTITY_ANY, 0x8000, length, HYP_INGRESS);

		CHECK_EQUAL(change(HYP_TABLE_POLICY, &own, NULL), 0);
		CHECK_EQUAL(change(HYP_TABLE_POLICY, &anyone, NULL), 0);
	}
	CHECK(denies(1, &frame)); /* the NIC has all that there is again */
	for (uint8_t length = 12; length <= 14; length++) { /* in pipes that others left */
		struct hyp_policy_key anyone = rule(HYP_IDENTITY_ANY, 0x50, length, HYP_INGRESS);

		CHECK_EQUAL(change(HYP_TABLE_POLICY, &anyone, &allow), 0);
	}
	CHECK(!denies(1, &frame));
	bench_down();
}

static uint64_t operations(void)
{
	struct program_counts now = counts();

	return now.added + now.updated + now.removed;
}

static void a_row_costs_one_operation(void)
{
	struct hyp_policy_key key = rule(101, 443, 16, HYP_INGRESS);
	struct hyp_policy_key icmp = rule(101, 0x0800, 16, HYP_INGRESS);
	struct hyp_endpoint_value endpoint = endpoint_of(2);
	struct hyp_endpoint_key endpoint_key = { 2 };
	struct hyp_network_key network_key = { NETWORK };
	struct hyp_network_value network = { .mtu = 1450, .vni = 100, .members = 3 };
	struct batch rows = neighbourhood();
	uint64_t before;

	everything_up();
	before = operations();
	CHECK_EQUAL(batch_apply(&rows), 0);
	CHECK_EQUAL(change(HYP_TABLE_NETWORK, &network_key, &network), 0);
	CHECK_EQUAL(operations(), before); /* nothing new */
	CHECK_EQUAL(change(HYP_TABLE_POLICY, &key, &allow), 0);
	CHECK_EQUAL(operations(), before + 1);
	CHECK_EQUAL(change(HYP_TABLE_POLICY, &key, &deny), 0);
	CHECK_EQUAL(operations(), before + 2);
	CHECK_EQUAL(change(HYP_TABLE_POLICY, &key, NULL), 0);
	CHECK_EQUAL(operations(), before + 3);
	icmp.protocol = 1;
	CHECK_EQUAL(change(HYP_TABLE_POLICY, &icmp, &deny), 0);
	CHECK_EQUAL(operations(), before + 3);
	endpoint.generation++;
	CHECK_EQUAL(change(HYP_TABLE_ENDPOINT, &endpoint_key, &endpoint), 0);
	CHECK_EQUAL(operations(), before + 3);
	endpoint.identity = 105; /* its three guards, and where it is a destination twice */
	CHECK_EQUAL(change(HYP_TABLE_ENDPOINT, &endpoint_key, &endpoint), 0);
	CHECK_EQUAL(operations(), before + 8);
	bench_down();
}

static void quarantine_and_release(void)
{
	struct frame frame = tcp(1, 2, CLIENT, WEB, ACK), seen;
	struct hyp_endpoint_value endpoint = endpoint_of(1);
	struct hyp_endpoint_key key = { 1 };
	uint64_t entries;

	everything_up();
	entries = counts().entries;
	endpoint.mode = HYP_MODE_QUARANTINE;
	CHECK_EQUAL(change(HYP_TABLE_ENDPOINT, &key, &endpoint), 0);
	inject(1, &frame);
	CHECK_EQUAL(punted(&seen), meta(META_FROM_PORT, 1));
	CHECK(counts().entries < entries);
	CHECK_EQUAL(change(HYP_TABLE_ENDPOINT, &key, NULL), 0);
	CHECK_EQUAL(way(1, &frame), SOFTWARE);
	endpoint.mode = HYP_MODE_ENFORCE;
	CHECK_EQUAL(change(HYP_TABLE_ENDPOINT, &key, &endpoint), 0);
	CHECK_EQUAL(counts().entries, entries);
	CHECK_EQUAL(program_detach(&doca, &ports[1]), 0);
	CHECK_EQUAL(way(1, &frame), NOWHERE);
	CHECK_EQUAL(program_attach(&doca, &ports[1]), 0);
	CHECK_EQUAL(program_attach(&doca, &ports[1]), 0);
	CHECK_EQUAL(counts().entries, entries);
	CHECK_EQUAL(way(1, &frame), SOFTWARE);
	bench_down();
}

/* What an entry counted outlives it, until the endpoint is deleted. */
static void counters_survive_their_entries(void)
{
	struct frame frame = tcp(1, 2, CLIENT, 81, SYN);
	struct hyp_endpoint_value endpoint = endpoint_of(2);
	struct hyp_endpoint_key key = { 2 };

	everything_up();
	CHECK(denies(1, &frame));
	endpoint.mode = HYP_MODE_AUDIT;
	CHECK_EQUAL(change(HYP_TABLE_ENDPOINT, &key, &endpoint), 0);
	drops_read();
	CHECK(drops_of(2, HYP_REASON_POLICY_INGRESS) > 0);
	endpoint.mode = HYP_MODE_ENFORCE;
	CHECK_EQUAL(change(HYP_TABLE_ENDPOINT, &key, &endpoint), 0);
	CHECK(denies(1, &frame));
	CHECK_EQUAL(change(HYP_TABLE_ENDPOINT, &key, NULL), 0);
	CHECK_EQUAL(change(HYP_TABLE_ENDPOINT, &key, &endpoint), 0);
	drops_read();
	CHECK_EQUAL(drops_of(2, HYP_REASON_POLICY_INGRESS), 0);
	bench_down();
}

/* A life of the neighbourhood, in stages that can be repeated. */
static int stage_rows(void)
{
	struct batch rows = neighbourhood();

	return batch_apply(&rows);
}

static int stage_changes(void)
{
	const struct hyp_policy_key web = rule(101, WEB, 16, HYP_INGRESS);
	const struct hyp_policy_key anyone = rule(HYP_IDENTITY_ANY, 0, 8, HYP_INGRESS);
	const struct hyp_vtep_key vtep = { VTEP };
	const struct hyp_vtep_value moved = { .ipv4 = underlay_of(77), .mac = { 2, 8 } };
	const struct hyp_endpoint_key keys[] = { { 1 }, { 2 }, { 3 } };
	struct hyp_endpoint_value values[] = { endpoint_of(1), endpoint_of(2), endpoint_of(3) };
	struct batch batch = { 0 };

	values[0].rate[HYP_EGRESS] = values[0].rate[HYP_INGRESS] = 1000000;
	values[1].ipv4 = ipv4_of(22);
	values[1].prefix_lengths[HYP_INGRESS] |= 1u << 8;
	values[1].flags |= HYP_ENDPOINT_EGRESS_DENY;
	values[2].mode = HYP_MODE_QUARANTINE;
	batch_add(&batch, HYP_TABLE_POLICY, &web, &deny);
	batch_add(&batch, HYP_TABLE_POLICY, &anyone, &deny);
	batch_add(&batch, HYP_TABLE_VTEP, &vtep, &moved);
	for (uint32_t i = 0; i < 3; i++)
		batch_add(&batch, HYP_TABLE_ENDPOINT, &keys[i], &values[i]);
	return batch_apply(&batch);
}

static int stage_detach(void)
{
	return program_detach(&doca, &ports[2]);
}

static int stage_delete(void)
{
	struct batch rows = no_neighbourhood();
	const struct hyp_policy_key anyone = rule(HYP_IDENTITY_ANY, 0, 8, HYP_INGRESS);

	batch_add(&rows, HYP_TABLE_POLICY, &anyone, NULL);
	return batch_apply(&rows);
}

static int (*const stages[])(void) = { stage_rows,    attach_all,   stage_changes,
				       stage_detach, stage_delete };
#define STAGES (sizeof(stages) / sizeof(stages[0]))

/* Lives through it with the n-th operation failing; whether one failed. */
static bool live(uint64_t nth, uint64_t entries[STAGES])
{
	bool failed = false;

	bench_up();
	softnic_fail_entry(nth);
	for (uint32_t i = 0; i < STAGES; i++) {
		int result = stages[i]();

		if (nth == 0) {
			CHECK_EQUAL(result, 0);
			entries[i] = counts().entries;
			continue;
		}
		if (result != 0) {
			CHECK(!failed);
			failed = true;
			CHECK(counts().failed > 0);
			CHECK_EQUAL(stages[i](), 0);
		}
		CHECK_EQUAL(counts().entries, entries[i]);
	}
	softnic_fail_entry(0);
	CHECK_EQUAL(doca.program->meters.taken, 0);
	bench_down();
	return failed;
}

static void any_operation_may_fail(void)
{
	uint64_t entries[STAGES], nth = 1;

	live(0, entries);
	while (live(nth, entries))
		nth++;
	CHECK(nth > 100);
}

/* A set of which a row is missing decides nothing: what a row allows must not be denied for its want. */
static void missing_rows_deny_nobody(void)
{
	struct hyp_policy_key key = rule(101, 443, 16, HYP_INGRESS);
	struct frame frame = tcp(1, 2, CLIENT, 443, SYN), other = tcp(1, 2, CLIENT, 81, SYN);

	everything_up();
	CHECK(denies(1, &frame));
	softnic_fail_entry(1);
	CHECK_EQUAL(change(HYP_TABLE_POLICY, &key, &allow), -EIO);
	CHECK(!denies(1, &frame));
	CHECK(!denies(1, &other));
	CHECK_EQUAL(change(HYP_TABLE_POLICY, &key, &allow), 0);
	CHECK(!denies(1, &frame));
	CHECK(denies(1, &other));
	bench_down();
}

/* A NIC that has less than it was asked for: who goes without is said, and the others are served. */
static void a_short_nic_says_so(void)
{
	struct batch rows = neighbourhood();
	struct frame frame = tcp(1, 2, CLIENT, WEB, SYN);

	bench_up_short(5); /* for the wire, and the three of a tunnel, or of a port */
	CHECK_EQUAL(attach_all(), -ENOMEM);
	CHECK_EQUAL(way(1, &frame), SOFTWARE);
	CHECK_EQUAL(way(5, &frame), NOWHERE);
	CHECK(batch_apply(&rows) > 0);
	CHECK(strstr(said.message, "asked for room for") != NULL);
	bench_down();
}

/* Completions that come late, of operations that the queue has no room for at once. */
static void completions_may_take_their_time(void)
{
	uint64_t entries[STAGES];

	softnic_delay_completions(3);
	live(0, entries);
	softnic_delay_completions(1);
}

int main(void)
{
	softnic_set_poison(1);
	policy_is_asked_in_order();
	what_policy_is_not_asked_for_is_not_denied();
	too_deep_policy_is_left_to_software();
	a_row_costs_one_operation();
	quarantine_and_release();
	counters_survive_their_entries();
	missing_rows_deny_nobody();
	a_short_nic_says_so();
	completions_may_take_their_time();
	any_operation_may_fail();
	return 0;
}
