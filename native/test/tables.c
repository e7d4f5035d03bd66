/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of the walk in user space, and what is taken into any table. */
#include <errno.h>

#include "../src/backend/doca/hash.h"
#include "neighbourhood.h"

static struct doca_tables *open_tables(void)
{
	const struct doca_tables_options options = { 0 };
	struct doca_tables *tables;

	CHECK_EQUAL(doca_tables_new(&options, &tables), 0);
	CHECK_EQUAL(doca_tables_connections_max(tables), HYP_CONNECTIONS_DEFAULT);
	return tables;
}

static int64_t dump(struct doca_tables *tables, uint32_t table, void *buffer, uint64_t capacity)
{
	struct hyp_error error;
	uint64_t bytes = 0;
	int64_t count = doca_tables_dump(tables, table, buffer, capacity, &bytes, &error);

	CHECK(count < 0 ? bytes > capacity : bytes <= capacity);
	return count;
}

static void dumps_what_was_applied(void)
{
	static const uint32_t rows[HYP_TABLES] = {
		[HYP_TABLE_PORT] = 7,   [HYP_TABLE_NETWORK] = 2, [HYP_TABLE_ENDPOINT] = 5,
		[HYP_TABLE_NEIGHBOUR] = 14, [HYP_TABLE_MEMBER] = 2, [HYP_TABLE_POLICY] = 2,
		[HYP_TABLE_VTEP] = 2,   [HYP_TABLE_UPLINK] = 1,  [HYP_TABLE_PREFIX] = 3,
	};
	struct {
		struct hyp_uplink_key key;
		struct hyp_uplink_value value;
	} uplink;
	uint8_t buffer[2048];
	struct doca_tables *tables = open_tables();

	put_neighbourhood(tables);
	for (uint32_t table = 0; table < HYP_TABLES; table++) {
		CHECK_EQUAL(dump(tables, table, buffer, sizeof(buffer)), rows[table]);
		CHECK_EQUAL(dump(tables, table, buffer, 7), -ENOSPC);
	}
	/* Once more changes nothing. */
	put_neighbourhood(tables);
	CHECK_EQUAL(dump(tables, HYP_TABLE_NEIGHBOUR, buffer, sizeof(buffer)), 14);
	CHECK_EQUAL(dump(tables, HYP_TABLE_UPLINK, &uplink, sizeof(uplink)), 1);
	CHECK_EQUAL(uplink.key.port, UPLINK_PORT);
	CHECK_EQUAL(uplink.value.ipv4, underlay_of(1));
	CHECK_EQUAL(uplink.value.mtu, 1500);
	for (uint8_t host = 1; host <= 5; host++) {
		put(tables, HYP_TABLE_ENDPOINT, &(struct hyp_endpoint_key){ host }, NULL);
		put(tables, HYP_TABLE_PORT, &(struct hyp_port_key){ 10u + host }, NULL);
		put(tables, HYP_TABLE_PORT, &(struct hyp_port_key){ 10u + host }, NULL);
	}
	for (uint32_t port = 21; port <= 22; port++)
		put(tables, HYP_TABLE_PORT, &(struct hyp_port_key){ port }, NULL);
	CHECK_EQUAL(dump(tables, HYP_TABLE_ENDPOINT, NULL, 0), 0);
	CHECK_EQUAL(dump(tables, HYP_TABLE_PORT, NULL, 0), 0);
	CHECK(!doca_tables_endpoint(tables, 1));
	CHECK_EQUAL(doca_tables_endpoint_of_port(tables, 11, HYP_PORT_VF), 0);
	doca_tables_free(tables);
}

/* Names may be two rows' on the way from one state to the next, in any order. */
static void moves_names(void)
{
	const struct hyp_network_key first = { 10 }, second = { 11 };
	const struct hyp_network_value with = { .vni = 300 }, without = { .vni = 0 };
	const struct hyp_vtep_key vteps[] = { { 20 }, { 21 } };
	const struct hyp_vtep_value there = { .ipv4 = underlay_of(20) };
	struct doca_tables *tables = open_tables();

	put(tables, HYP_TABLE_NETWORK, &first, &with);
	put(tables, HYP_TABLE_NETWORK, &second, &with);
	CHECK_EQUAL(doca_tables_network_of_vni(tables, 300), 11);
	put(tables, HYP_TABLE_NETWORK, &second, &without);
	CHECK_EQUAL(doca_tables_network_of_vni(tables, 300), 10);
	put(tables, HYP_TABLE_NETWORK, &first, NULL);
	CHECK_EQUAL(doca_tables_network_of_vni(tables, 300), 0);
	CHECK_EQUAL(doca_tables_network_of_vni(tables, 0), 0);
	put(tables, HYP_TABLE_VTEP, &vteps[0], &there);
	put(tables, HYP_TABLE_VTEP, &vteps[1], &there);
	put(tables, HYP_TABLE_VTEP, &vteps[0], NULL);
	CHECK_EQUAL(doca_tables_vtep_of_address(tables, underlay_of(20)), 21);
	put(tables, HYP_TABLE_VTEP, &vteps[1], NULL);
	CHECK_EQUAL(doca_tables_vtep_of_address(tables, underlay_of(20)), 0);
	doca_tables_free(tables);
}

static void is_full_at_its_limit(void)
{
	const struct hyp_port_value value = { .endpoint = 1 };
	struct doca_tables *tables = open_tables();
	struct hyp_port_key key = { 0 };
	struct hyp_step step = { HYP_TABLE_PORT, HYP_UPSERT, &key, &value };

	for (key.port = 1; key.port <= HYP_PORTS_MAX; key.port++)
		CHECK_EQUAL(doca_tables_apply(tables, &step), 0);
	CHECK_EQUAL(doca_tables_apply(tables, &step), -E2BIG);
	key.port = 1; /* one that is there still changes */
	CHECK_EQUAL(doca_tables_apply(tables, &step), 0);
	step.verb = HYP_DELETE;
	CHECK_EQUAL(doca_tables_apply(tables, &step), 0);
	step.verb = HYP_UPSERT;
	key.port = HYP_PORTS_MAX + 1;
	CHECK_EQUAL(doca_tables_apply(tables, &step), 0);
	for (key.port = 2; key.port <= HYP_PORTS_MAX + 1; key.port++)
		CHECK_EQUAL(doca_tables_endpoint_of_port(tables, key.port, HYP_PORT_VF), 1);
	CHECK_EQUAL(doca_tables_endpoint_of_port(tables, 1, HYP_PORT_VF), 0);
	doca_tables_free(tables);
}

static void counts_for_others(void)
{
	struct hyp_endpoint_counter traffic;
	struct hyp_drop_counter drops[2];
	struct doca_tables *tables = open_tables();
	uint64_t bytes;

	put_neighbourhood(tables);
	doca_tables_count_traffic(tables, 1, 0, 3, 300);
	doca_tables_count_traffic(tables, 0, 1, 2, 200);
	doca_tables_count_drops(tables, 1, HYP_REASON_RATE_EGRESS, 5, 500);
	doca_tables_count_drops(tables, 1, HYP_REASON_RATE_EGRESS, 1, 100);
	doca_tables_count_drops(tables, 0, HYP_REASON_UNKNOWN_VTEP, 1, 60);
	CHECK_EQUAL(doca_tables_counters(tables, HYP_COUNTERS_ENDPOINT, &traffic, sizeof(traffic),
					 &bytes, NULL),
		    1);
	CHECK_EQUAL(traffic.sent_packets, 3);
	CHECK_EQUAL(traffic.received_bytes, 200);
	CHECK_EQUAL(doca_tables_counters(tables, HYP_COUNTERS_DROP, drops, sizeof(drops), &bytes, NULL),
		    2);
	CHECK_EQUAL(drops[0].endpoint, 0);
	CHECK_EQUAL(drops[1].packets, 6);
	doca_tables_uncount_traffic(tables, 1, 0, 1, 100);
	doca_tables_uncount_traffic(tables, 0, 1, 3, 300); /* one more than is known yet */
	CHECK_EQUAL(doca_tables_counters(tables, HYP_COUNTERS_ENDPOINT, &traffic, sizeof(traffic),
					 &bytes, NULL),
		    1);
	CHECK_EQUAL(traffic.sent_packets, 2);
	CHECK_EQUAL(traffic.sent_bytes, 200);
	CHECK_EQUAL(traffic.received_packets, 0);
	doca_tables_count_traffic(tables, 0, 1, 4, 400);
	CHECK_EQUAL(doca_tables_counters(tables, HYP_COUNTERS_ENDPOINT, &traffic, sizeof(traffic),
					 &bytes, NULL),
		    1);
	CHECK_EQUAL(traffic.received_bytes, 300);
	/* An index that is used again begins at zero. */
	put(tables, HYP_TABLE_ENDPOINT, &(struct hyp_endpoint_key){ 1 }, NULL);
	put_endpoint(tables, 1, endpoint_of(1));
	CHECK_EQUAL(doca_tables_counters(tables, HYP_COUNTERS_ENDPOINT, NULL, 0, &bytes, NULL), 0);
	CHECK_EQUAL(doca_tables_counters(tables, HYP_COUNTERS_DROP, drops, sizeof(drops), &bytes, NULL),
		    1);
	doca_tables_free(tables);
}

/* A model of it: which keys are there, and who was used last. */
static void hashes_what_it_should(void)
{
	struct hash hash = { .key_size = 12, .value_size = 4, .limit = 1000, .evicts = true };
	uint32_t used[3000] = { 0 }; /* when; 0: not there */
	uint32_t seed = 1, count = 0;

	CHECK_EQUAL(hash_init(&hash), 0);
	for (uint32_t now = 1; now <= 20000; now++) {
		uint32_t key[3] = { 7, 0, 9 }, oldest = 0, n;

		seed = seed * 1103515245u + 12345u;
		n = seed >> 16;
		key[1] = n % 3000;
		if (n % 5 == 0) {
			CHECK_EQUAL(hash_remove(&hash, key), used[key[1]] != 0);
			count -= used[key[1]] != 0;
			used[key[1]] = 0;
			continue;
		}
		if (n % 5 == 1) {
			const uint32_t *value = hash_use(&hash, key);

			CHECK_EQUAL(value != NULL, used[key[1]] != 0);
			if (value) {
				CHECK_EQUAL(*value, key[1]);
				used[key[1]] = now;
			}
			continue;
		}
		if (used[key[1]] == 0 && count == 1000) {
			for (uint32_t i = 0; i < 3000; i++) {
				if (used[i] != 0 && (used[oldest] == 0 || used[i] < used[oldest]))
					oldest = i;
			}
			used[oldest] = 0;
			count--;
		}
		CHECK_EQUAL(hash_put(&hash, key, &key[1]), 0);
		count += used[key[1]] == 0;
		used[key[1]] = now;
		CHECK_EQUAL(hash.count, count);
	}
	for (uint32_t i = 0; i < 3000; i++) {
		uint32_t key[3] = { 7, i, 9 };

		CHECK_EQUAL(hash_find(&hash, key) != NULL, used[i] != 0);
	}
	hash_free(&hash);
}

static int check(uint32_t table, const void *key, const void *value)
{
	const struct hyp_step step = { table, HYP_UPSERT, key, value };
	struct hyp_error error = { "" };
	int result = hyp_step_check(&step, &error);

	CHECK_EQUAL(result != 0, error.message[0] != '\0');
	return result;
}

static void takes_no_row_that_means_nothing(void)
{
	const struct hyp_neighbour_key neighbour = { .network = 1 };
	static const struct hyp_neighbour_value wrong[] = {
		{ .endpoint = 0 },
		{ .endpoint = HYP_ENDPOINTS_MAX },
		{ .endpoint = 1, .vtep = 1 },
		{ .endpoint = 1, .vtep = 1, .identity = 1 },
		{ .endpoint = 1, .identity = 1 },
		{ .vtep = 1 },
		{ .identity = 1 },
		{ .vtep = HYP_VTEPS_MAX, .identity = 1 },
	};
	const struct hyp_neighbour_value local = { .endpoint = 1 }, remote = { .vtep = 1, .identity = 1 };
	const struct hyp_vtep_value vtep = { .ipv4 = 1 }, nowhere = { 0 };
	const struct hyp_uplink_value uplink = { .ipv4 = 1 };
	const struct hyp_network_value network = { .vni = HYP_VNI_MAX },
				       beyond = { .vni = HYP_VNI_MAX + 1 };
	const struct hyp_port_value gateway = { .endpoint = 1, .kind = HYP_PORT_GATEWAY },
				    strange = { .endpoint = 1, .kind = HYP_PORT_GATEWAY + 1 };
	const struct hyp_prefix_value anyone = { .identity = HYP_IDENTITY_ANY };
	struct hyp_prefix_key whole = { .length = 0 }, halved = { .length = 7 };

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		CHECK_EQUAL(check(HYP_TABLE_NEIGHBOUR, &neighbour, &wrong[i]), -EINVAL);
	CHECK_EQUAL(check(HYP_TABLE_NEIGHBOUR, &neighbour, &local), 0);
	CHECK_EQUAL(check(HYP_TABLE_NEIGHBOUR, &neighbour, &remote), 0);
	CHECK_EQUAL(check(HYP_TABLE_VTEP, &(struct hyp_vtep_key){ 1 }, &vtep), 0);
	CHECK_EQUAL(check(HYP_TABLE_VTEP, &(struct hyp_vtep_key){ 0 }, &vtep), -EINVAL);
	CHECK_EQUAL(check(HYP_TABLE_VTEP, &(struct hyp_vtep_key){ HYP_VTEPS_MAX }, &vtep), -EINVAL);
	CHECK_EQUAL(check(HYP_TABLE_VTEP, &(struct hyp_vtep_key){ 1 }, &nowhere), -EINVAL);
	CHECK_EQUAL(check(HYP_TABLE_UPLINK, &(struct hyp_uplink_key){ 1 }, &uplink), 0);
	CHECK_EQUAL(check(HYP_TABLE_UPLINK, &(struct hyp_uplink_key){ 0 }, &uplink), -EINVAL);
	CHECK_EQUAL(check(HYP_TABLE_NETWORK, &(struct hyp_network_key){ 1 }, &network), 0);
	CHECK_EQUAL(check(HYP_TABLE_NETWORK, &(struct hyp_network_key){ 1 }, &beyond), -EINVAL);
	CHECK_EQUAL(check(HYP_TABLE_PORT, &(struct hyp_port_key){ 1 }, &gateway), 0);
	CHECK_EQUAL(check(HYP_TABLE_PORT, &(struct hyp_port_key){ 1 }, &strange), -EINVAL);
	CHECK_EQUAL(check(HYP_TABLE_PREFIX, &whole, &anyone), 0);
	CHECK_EQUAL(check(HYP_TABLE_PREFIX, &halved, &anyone), 0);
	halved.address[0] = 0xfe;
	CHECK_EQUAL(check(HYP_TABLE_PREFIX, &halved, &anyone), 0);
	halved.address[0] = 0xff;
	CHECK_EQUAL(check(HYP_TABLE_PREFIX, &halved, &anyone), -EINVAL);
	CHECK_EQUAL(check(HYP_TABLE_PREFIX, &halved, NULL), -EINVAL);
	whole.length = 129;
	CHECK_EQUAL(check(HYP_TABLE_PREFIX, &whole, &anyone), -EINVAL);
	whole.length = 128;
	whole.address[15] = 1;
	CHECK_EQUAL(check(HYP_TABLE_PREFIX, &whole, &anyone), 0);
}

int main(void)
{
	dumps_what_was_applied();
	moves_names();
	is_full_at_its_limit();
	counts_for_others();
	hashes_what_it_should();
	takes_no_row_that_means_nothing();
	return 0;
}
