/* SPDX-License-Identifier: Apache-2.0 */
/* The user side of the eBPF data plane: what is pinned, its tables and what it counts. */
#include <fcntl.h>
#include <sys/stat.h>

#include "dataplane_fixture.h"

/* One operation, with its key and value, as it stands in a batch. */
struct endpoint_upsert {
	struct hyp_operation operation;
	struct hyp_endpoint_key key;
	struct hyp_endpoint_value value;
	uint8_t padding[4];
} __attribute__((packed));

struct endpoint_delete {
	struct hyp_operation operation;
	struct hyp_endpoint_key key;
	uint8_t padding[4];
} __attribute__((packed));

struct policy_upsert {
	struct hyp_operation operation;
	struct hyp_policy_key key;
	struct hyp_policy_value value;
} __attribute__((packed));

static struct endpoint_upsert endpoint(uint32_t index, uint32_t generation)
{
	return (struct endpoint_upsert){
		.operation = { .table = HYP_TABLE_ENDPOINT, .verb = HYP_UPSERT },
		.key = { .endpoint = index },
		.value = { .generation = generation, .network = 1, .port = 1, .identity = 1, .policy = 1,
			   .mode = HYP_MODE_ENFORCE },
	};
}

static int apply_one(struct hyp_dataplane *dataplane, const void *batch, uint64_t bytes)
{
	int32_t result = 1;
	int failed = hyp_dataplane_apply(dataplane, batch, bytes, &result, 1, NULL);

	if (failed < 0)
		return failed;
	CHECK_EQUAL(failed, result != 0);
	return result;
}

static uint32_t generation_of(struct hyp_dataplane *dataplane, uint32_t index)
{
	struct {
		struct hyp_endpoint_key key;
		struct hyp_endpoint_value value;
	} __attribute__((packed)) rows[16];
	uint64_t bytes;
	int64_t count = hyp_dataplane_dump(dataplane, HYP_TABLE_ENDPOINT, rows, sizeof(rows), &bytes, NULL);

	CHECK(count >= 0);
	CHECK_EQUAL(bytes, (uint64_t)count * 100);
	for (int64_t i = 0; i < count; i++) {
		if (rows[i].key.endpoint == index)
			return rows[i].value.generation;
	}
	return 0;
}

static void test_options(void)
{
	struct hyp_dataplane_options options = { .size = sizeof(options), .url = "ebpf", .pin_path = pins };
	struct hyp_dataplane *dataplane;
	char path[300];

	CHECK_EQUAL(hyp_dataplane_open(NULL, &dataplane, NULL), -EINVAL);
	options.size = 8;
	CHECK_EQUAL(hyp_dataplane_open(&options, &dataplane, NULL), -EINVAL);
	options.size = sizeof(options);
	options.url = "ebpf:eth0";
	CHECK_EQUAL(hyp_dataplane_open(&options, &dataplane, NULL), -EINVAL);
	options.url = "ebp";
	CHECK_EQUAL(hyp_dataplane_open(&options, &dataplane, NULL), -EINVAL);
	CHECK_EQUAL(open_on("", &dataplane), -EINVAL);
	CHECK_EQUAL(open_on("/tmp/not/bpf", &dataplane), -ENOTDIR);
	CHECK_EQUAL(access("/tmp/not", F_OK), -1);
	CHECK_EQUAL(open_on("relative", &dataplane), -ENOTDIR);
	memset(path, 'x', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	CHECK_EQUAL(open_on(path, &dataplane), -EINVAL);
	CHECK_EQUAL(dataplane == NULL, 1);
	hyp_dataplane_close(NULL);
	CHECK_EQUAL(remove_at("/nowhere"), 0);
	CHECK_EQUAL(remove_at("/tmp"), -ENOTDIR);
	CHECK_EQUAL(hyp_dataplane_remove(NULL, NULL), -EINVAL);
	options = (struct hyp_dataplane_options){ .size = sizeof(options), .url = "agent:ebpf", .pin_path = pins };
	CHECK_EQUAL(hyp_dataplane_open(&options, &dataplane, NULL), -EINVAL); /* no run path */
	options.run_path = "relative";
	CHECK_EQUAL(hyp_dataplane_open(&options, &dataplane, NULL), -EINVAL);
	options.run_path = "/tmp"; /* others may write to it */
	CHECK_EQUAL(hyp_dataplane_open(&options, &dataplane, NULL), -EPERM);
	CHECK_EQUAL(hyp_dataplane_remove(&options, NULL), -EPERM);
}

static void test_adopt(void)
{
	struct endpoint_upsert row = endpoint(1, 7);
	struct hyp_dataplane *first = open_pins(0);
	struct hyp_dataplane *second;

	CHECK_EQUAL(apply_one(first, &row, sizeof(row)), 0);
	second = open_pins(1); /* while the first is open */
	CHECK_EQUAL(generation_of(second, 1), 7);
	hyp_dataplane_close(first);
	hyp_dataplane_close(second);
	first = open_pins(1); /* and after everybody has left */
	CHECK_EQUAL(generation_of(first, 1), 7);
	hyp_dataplane_close(first);
	remove_pins();
	CHECK_EQUAL(access(pins, F_OK), -1);
	hyp_dataplane_close(open_pins(0));
	remove_pins();
}

static void test_versions(void)
{
	struct endpoint_upsert row = endpoint(1, 7);
	struct hyp_dataplane *dataplane = open_pins(0);

	CHECK_EQUAL(apply_one(dataplane, &row, sizeof(row)), 0);
	hyp_dataplane_close(dataplane);

	write_meta((struct hyp_meta){ .abi = HYP_ABI_VERSION + 1, .state = HYP_STATE_VERSION });
	CHECK_EQUAL(open_on(pins, &dataplane), -EPROTO);
	write_meta((struct hyp_meta){ .abi = HYP_ABI_VERSION, .state = HYP_STATE_VERSION + 1 });
	CHECK_EQUAL(open_on(pins, &dataplane), -EPROTO);

	/* Another program of the same version: loaded on the tables that are there. */
	write_meta((struct hyp_meta){ .abi = HYP_ABI_VERSION, .state = HYP_STATE_VERSION, .object = 1 });
	dataplane = open_pins(1);
	CHECK_EQUAL(generation_of(dataplane, 1), 7);
	hyp_dataplane_close(dataplane);

	/* An open() that did not come to its end: nothing of it is kept. */
	write_meta((struct hyp_meta){ .abi = 0 });
	dataplane = open_pins(0);
	CHECK_EQUAL(generation_of(dataplane, 1), 0);
	hyp_dataplane_close(dataplane);
	remove_pins();
}

/* A pinned map that is not laid out as ours. */
static void test_layout(void)
{
	struct hyp_dataplane *dataplane;
	char path[96];
	int map;

	hyp_dataplane_close(open_pins(0));
	write_meta((struct hyp_meta){ .abi = HYP_ABI_VERSION, .state = HYP_STATE_VERSION, .object = 1 });
	snprintf(path, sizeof(path), "%s/hyp_neighbour", pins);
	CHECK_EQUAL(unlink(path), 0);
	map = bpf_map_create(BPF_MAP_TYPE_HASH, "hyp_neighbour", 20, 16, 64, NULL);
	CHECK(map >= 0);
	CHECK_EQUAL(bpf_obj_pin(map, path), 0);
	close(map);
	CHECK_EQUAL(open_on(pins, &dataplane), -EPROTO);
	remove_pins();
}

static void test_malformed(void)
{
	struct endpoint_upsert two[2] = { endpoint(1, 1), endpoint(2, 1) };
	struct hyp_dataplane *dataplane = open_pins(0);
	struct endpoint_upsert row = endpoint(3, 1);
	int32_t results[4];

	CHECK_EQUAL(hyp_dataplane_apply(dataplane, two, sizeof(two), results, 1, NULL), -EINVAL);
	CHECK_EQUAL(hyp_dataplane_apply(dataplane, two, sizeof(two), results, 3, NULL), -EINVAL);
	CHECK_EQUAL(hyp_dataplane_apply(dataplane, two, sizeof(two) - 8, results, 2, NULL), -EINVAL);
	CHECK_EQUAL(hyp_dataplane_apply(dataplane, two, 4, results, 1, NULL), -EINVAL);
	CHECK_EQUAL(hyp_dataplane_apply(dataplane, two, sizeof(two), results, UINT32_MAX, NULL), -EINVAL);
	CHECK_EQUAL(hyp_dataplane_apply(dataplane, NULL, 8, results, 1, NULL), -EINVAL);
	two[1].operation.table = HYP_TABLES;
	CHECK_EQUAL(hyp_dataplane_apply(dataplane, two, sizeof(two), results, 2, NULL), -EINVAL);
	two[1].operation.table = HYP_TABLE_ENDPOINT;
	two[1].operation.verb = 0;
	CHECK_EQUAL(hyp_dataplane_apply(dataplane, two, sizeof(two), results, 2, NULL), -EINVAL);
	CHECK_EQUAL(generation_of(dataplane, 1), 0); /* nothing of any of them was applied */
	CHECK_EQUAL(hyp_dataplane_apply(dataplane, NULL, 0, NULL, 0, NULL), 0);

	row.key.endpoint = 0;
	CHECK_EQUAL(apply_one(dataplane, &row, sizeof(row)), -EINVAL);
	row.key.endpoint = HYP_ENDPOINTS_MAX;
	CHECK_EQUAL(apply_one(dataplane, &row, sizeof(row)), -EINVAL);
	row = endpoint(3, 1);
	row.value.mode = 9;
	CHECK_EQUAL(apply_one(dataplane, &row, sizeof(row)), -EINVAL);
	row = endpoint(3, 1);
	row.value.network = HYP_NETWORKS_MAX;
	CHECK_EQUAL(apply_one(dataplane, &row, sizeof(row)), -EINVAL);

	/* One that fails does not stop the next. */
	two[0] = row;
	two[1] = endpoint(2, 5);
	CHECK_EQUAL(hyp_dataplane_apply(dataplane, two, sizeof(two), results, 2, NULL), 1);
	CHECK_EQUAL(results[0], -EINVAL);
	CHECK_EQUAL(results[1], 0);
	CHECK_EQUAL(generation_of(dataplane, 2), 5);
	hyp_dataplane_close(dataplane);
	remove_pins();
}

static void test_rows(void)
{
	struct policy_upsert policy = {
		.operation = { .table = HYP_TABLE_POLICY, .verb = HYP_UPSERT },
		.key = { .policy = 1, .identity = 2, .prefix_length = 16, .protocol = 6 },
		.value = { .rule = 1, .verdict = HYP_VERDICT_ALLOW },
	};
	struct endpoint_delete gone = {
		.operation = { .table = HYP_TABLE_ENDPOINT, .verb = HYP_DELETE },
		.key = { .endpoint = 1 },
	};
	struct hyp_dataplane *dataplane = open_pins(0);
	struct endpoint_upsert row;
	uint64_t bytes = 0;
	uint8_t rows[24 * 3000];

	for (uint32_t generation = 1; generation <= 10; generation++) { /* more often than there are slots */
		row = endpoint(1, generation);
		CHECK_EQUAL(apply_one(dataplane, &row, sizeof(row)), 0);
		CHECK_EQUAL(generation_of(dataplane, 1), generation);
	}
	CHECK_EQUAL(apply_one(dataplane, &gone, sizeof(gone)), 0);
	CHECK_EQUAL(generation_of(dataplane, 1), 0);
	CHECK_EQUAL(apply_one(dataplane, &gone, sizeof(gone)), 0);

	policy.value.verdict = 3;
	CHECK_EQUAL(apply_one(dataplane, &policy, sizeof(policy)), -EINVAL);
	policy.value.verdict = HYP_VERDICT_ALLOW;
	policy.key.prefix_length = 8;
	policy.key.port = 0x0101;
	CHECK_EQUAL(apply_one(dataplane, &policy, sizeof(policy)), -EINVAL);
	policy.key.prefix_length = 16;
	for (uint16_t port = 0; port < 3000; port++) {
		policy.key.port = port;
		CHECK_EQUAL(apply_one(dataplane, &policy, sizeof(policy)), 0);
	}
	CHECK_EQUAL(hyp_dataplane_dump(dataplane, HYP_TABLE_POLICY, rows, sizeof(rows), &bytes, NULL), 3000);
	CHECK_EQUAL(bytes, sizeof(rows));
	CHECK_EQUAL(hyp_dataplane_dump(dataplane, HYP_TABLE_POLICY, rows, 100, &bytes, NULL), -ENOSPC);
	CHECK_EQUAL(bytes, sizeof(rows));
	CHECK_EQUAL(hyp_dataplane_dump(dataplane, HYP_TABLE_PORT, NULL, 0, &bytes, NULL), 0);
	CHECK_EQUAL(hyp_dataplane_dump(dataplane, HYP_TABLES, rows, sizeof(rows), &bytes, NULL), -EINVAL);
	CHECK_EQUAL(hyp_dataplane_connections(dataplane, NULL), 0);
	hyp_dataplane_close(dataplane);
	remove_pins();
}

struct vtep_upsert {
	struct hyp_operation operation;
	struct hyp_vtep_key key;
	struct hyp_vtep_value value;
} __attribute__((packed));

struct neighbour_upsert {
	struct hyp_operation operation;
	struct hyp_neighbour_key key;
	struct hyp_neighbour_value value;
} __attribute__((packed));

/* Refused with a sentence, and not there afterwards. */
static void test_tunnels(void)
{
	const struct vtep_upsert vtep = {
		.operation = { .table = HYP_TABLE_VTEP, .verb = HYP_UPSERT },
		.key = { .vtep = 1 },
		.value = { .ipv4 = 1 },
	};
	struct neighbour_upsert neighbour = {
		.operation = { .table = HYP_TABLE_NEIGHBOUR, .verb = HYP_UPSERT },
		.key = { .network = 1 },
		.value = { .vtep = 1, .identity = 7 },
	};
	const struct {
		struct hyp_operation operation;
		struct hyp_vtep_key key;
		uint8_t padding[4];
	} gone = { .operation = { .table = HYP_TABLE_VTEP, .verb = HYP_DELETE }, .key = { .vtep = 1 } };
	struct hyp_error error = { "" };
	struct hyp_dataplane *dataplane;
	int32_t result = 0;
	uint64_t bytes;

	CHECK_EQUAL(open_on(pins, &dataplane), 0);
	CHECK_EQUAL(hyp_dataplane_apply(dataplane, &vtep, sizeof(vtep), &result, 1, &error), 1);
	CHECK_EQUAL(result, -EOPNOTSUPP);
	CHECK(error.message[0] != '\0');
	CHECK_EQUAL(apply_one(dataplane, &neighbour, sizeof(neighbour)), -EOPNOTSUPP);
	CHECK_EQUAL(apply_one(dataplane, &gone, sizeof(gone)), 0);
	neighbour.value = (struct hyp_neighbour_value){ .endpoint = 1 };
	CHECK_EQUAL(apply_one(dataplane, &neighbour, sizeof(neighbour)), 0);
	CHECK_EQUAL(hyp_dataplane_dump(dataplane, HYP_TABLE_VTEP, NULL, 0, &bytes, NULL), 0);
	CHECK_EQUAL(hyp_dataplane_dump(dataplane, HYP_TABLE_UPLINK, NULL, 0, &bytes, NULL), 0);
	hyp_dataplane_close(dataplane);
	remove_pins();
}

static void test_reports(void)
{
	struct hyp_dataplane *dataplane = open_pins(0);
	struct hyp_event events[4];
	uint64_t bytes, lost = 1;

	CHECK_EQUAL(hyp_dataplane_events(dataplane, events, 4, &lost, NULL), 0);
	CHECK_EQUAL(lost, 0);
	CHECK_EQUAL(hyp_dataplane_events(dataplane, NULL, 4, &lost, NULL), -EINVAL);
	for (uint32_t counters = HYP_COUNTERS_ENDPOINT; counters <= HYP_COUNTERS_NIC; counters++)
		CHECK_EQUAL(hyp_dataplane_counters(dataplane, counters, NULL, 0, &bytes, NULL), 0);
	CHECK_EQUAL(hyp_dataplane_counters(dataplane, HYP_COUNTERS_NIC + 1, NULL, 0, &bytes, NULL), -EINVAL);
	hyp_dataplane_close(dataplane);
	remove_pins();
}

struct prefix_upsert {
	struct hyp_operation operation;
	struct hyp_prefix_key key;
	struct hyp_prefix_value value;
} __attribute__((aligned(8)));

static struct prefix_upsert prefix(const uint8_t address[16], uint32_t length, uint32_t identity)
{
	struct prefix_upsert row = {
		.operation = { .table = HYP_TABLE_PREFIX, .verb = HYP_UPSERT },
		.key = { .length = length },
		.value = { .identity = identity },
	};

	memcpy(row.key.address, address, sizeof(row.key.address));
	return row;
}

/* Both families' shortest prefix, and one within; more than one read of the table takes. */
static void test_prefixes(void)
{
	enum { MANY = 5000 };
	static struct {
		struct hyp_prefix_key key;
		struct hyp_prefix_value value;
	} rows[MANY + 3];
	const uint8_t nothing[16] = { 0 };
	uint8_t mapped[16] = { [10] = 0xff, [11] = 0xff };
	struct hyp_dataplane *dataplane = open_pins(0);
	struct prefix_upsert row = prefix(nothing, 0, 6);
	uint64_t bytes, sum = 0;

	CHECK_EQUAL(apply_one(dataplane, &row, sizeof(row)), 0);
	row = prefix(mapped, 96, 4);
	CHECK_EQUAL(apply_one(dataplane, &row, sizeof(row)), 0);
	row = prefix(mapped, 129, 4);
	CHECK_EQUAL(apply_one(dataplane, &row, sizeof(row)), -EINVAL);
	row = prefix(mapped, 95, 4);
	CHECK_EQUAL(apply_one(dataplane, &row, sizeof(row)), -EINVAL);
	for (uint32_t i = 0; i < MANY; i++) {
		mapped[14] = (uint8_t)(i >> 8);
		mapped[15] = (uint8_t)i;
		row = prefix(mapped, 128, 100 + i);
		CHECK_EQUAL(apply_one(dataplane, &row, sizeof(row)), 0);
	}
	hyp_dataplane_close(dataplane);
	dataplane = open_pins(1);
	CHECK_EQUAL(hyp_dataplane_dump(dataplane, HYP_TABLE_PREFIX, rows, sizeof(rows), &bytes, NULL),
		    MANY + 2);
	for (int i = 0; i < MANY + 2; i++) {
		if (rows[i].value.identity == 6)
			CHECK(rows[i].key.length == 0);
		else if (rows[i].value.identity == 4)
			CHECK(rows[i].key.length == 96 && rows[i].key.address[11] == 0xff);
		else
			CHECK_EQUAL(rows[i].value.identity,
				    100u + ((uint32_t)rows[i].key.address[14] << 8) +
					    rows[i].key.address[15]);
		sum += rows[i].value.identity;
	}
	CHECK_EQUAL(sum, 10 + 100ull * MANY + (uint64_t)MANY * (MANY - 1) / 2);
	hyp_dataplane_close(dataplane);
	remove_pins();
}

int main(void)
{
	enter();
	test_options();
	test_adopt();
	test_versions();
	test_layout();
	test_malformed();
	test_rows();
	test_tunnels();
	test_reports();
	test_prefixes();
	leave();
	return 0;
}
