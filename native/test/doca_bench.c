/* SPDX-License-Identifier: Apache-2.0 */
#include "doca_bench.h"

#include <stdlib.h>

#include <softnic.h>

#include "../src/backend/doca/assumptions.h"
#include "../src/backend/doca/pipes.h"

#define CONNECTIONS 1024u

struct doca doca;
struct hyp_error said;
struct doca_port ports[PORTS];
static struct doca_dev_rep *representors[VFS];
static struct {
	uint64_t now, before;
} drops[16][HYP_REASON_COUNT]; /* as the last two drops_read found them */

static void devices_up(void)
{
	struct doca_devinfo **devices;
	struct doca_devinfo_rep **reps;
	uint32_t count;

	setenv("SOFTNIC_PORTS", "p0=;pf0vf0=;pf0vf1=;pf0vf2=;pf0vf3=;pf0vf4=", 1);
	CHECK_EQUAL(doca_devinfo_create_list(&devices, &count), DOCA_SUCCESS);
	CHECK_EQUAL(doca_dev_open(devices[0], &doca.device.dev), DOCA_SUCCESS);
	CHECK_EQUAL(doca_devinfo_destroy_list(devices), DOCA_SUCCESS);
	CHECK_EQUAL(doca_devinfo_rep_create_list(doca.device.dev, DOCA_DEVINFO_REP_FILTER_ALL, &reps,
						 &count),
		    DOCA_SUCCESS);
	CHECK_EQUAL(count, VFS);
	for (uint32_t i = 0; i < VFS; i++)
		CHECK_EQUAL(doca_dev_rep_open(reps[i], &representors[i]), DOCA_SUCCESS);
	CHECK_EQUAL(doca_devinfo_rep_destroy_list(reps), DOCA_SUCCESS);
}

static void flow_up(uint32_t meters)
{
	struct pipes_budget budget;
	struct doca_flow_cfg *cfg;

	pipes_budget(CONNECTIONS, &budget);
	CHECK_EQUAL(doca_flow_cfg_create(&cfg), DOCA_SUCCESS);
	CHECK_EQUAL(doca_flow_cfg_set_mode_args(cfg, ASSUME_MODE_ARGS), DOCA_SUCCESS);
	CHECK_EQUAL(doca_flow_cfg_set_pipe_queues(cfg, 1), DOCA_SUCCESS);
	CHECK_EQUAL(doca_flow_cfg_set_queue_depth(cfg, 16), DOCA_SUCCESS); /* soon full */
	CHECK_EQUAL(doca_flow_cfg_set_nr_counters(cfg, budget.counters), DOCA_SUCCESS);
	CHECK_EQUAL(doca_flow_cfg_set_nr_meters(cfg, meters ? meters : budget.meters), DOCA_SUCCESS);
	CHECK_EQUAL(doca_flow_cfg_set_nr_shared_resource(cfg, budget.shared_meters,
							 DOCA_FLOW_SHARED_RESOURCE_METER),
		    DOCA_SUCCESS);
	CHECK_EQUAL(doca_flow_cfg_set_cb_entry_process(cfg, entry_process), DOCA_SUCCESS);
	CHECK_EQUAL(doca_flow_init(cfg), DOCA_SUCCESS);
	CHECK_EQUAL(doca_flow_cfg_destroy(cfg), DOCA_SUCCESS);
}

static void port_up(uint16_t id)
{
	struct doca_flow_port_cfg *cfg;

	ports[id] = (struct doca_port){ .id = id, .ifindex = id == 0 ? UPLINK_PORT : 10u + id };
	CHECK_EQUAL(doca_flow_port_cfg_create(&cfg), DOCA_SUCCESS);
	CHECK_EQUAL(doca_flow_port_cfg_set_port_id(cfg, id), DOCA_SUCCESS);
	CHECK_EQUAL(id == 0 ? doca_flow_port_cfg_set_dev(cfg, doca.device.dev)
			    : doca_flow_port_cfg_set_dev_rep(cfg, representors[id - 1]),
		    DOCA_SUCCESS);
	CHECK_EQUAL(doca_flow_port_start(cfg, &ports[id].flow), DOCA_SUCCESS);
	CHECK_EQUAL(doca_flow_port_cfg_destroy(cfg), DOCA_SUCCESS);
	doca.device.ports[id] = &ports[id];
}

void bench_up_short(uint32_t meters)
{
	struct doca_tables_options options = { .rates_elsewhere = true };
	struct hyp_error error = { "" };

	memset(&doca, 0, sizeof(doca));
	memset(drops, 0, sizeof(drops));
	devices_up();
	flow_up(meters);
	for (uint16_t id = 0; id < PORTS; id++)
		port_up(id);
	doca.device.manager = ports[0].flow;
	CHECK_EQUAL(doca_tables_new(&options, &doca.tables), 0);
	if (pipes_build(&doca, CONNECTIONS, &error) != 0 || program_new(&doca, &error) != 0) {
		fprintf(stderr, "%s\n", error.message);
		exit(1);
	}
	CHECK_EQUAL(program_attach(&doca, &ports[0]), 0);
}

void bench_up(void)
{
	bench_up_short(0);
}

void bench_down(void)
{
	pipes_destroy(&doca);
	program_free(&doca);
	for (uint32_t id = PORTS; id-- > 0;)
		CHECK_EQUAL(doca_flow_port_stop(ports[id].flow), DOCA_SUCCESS);
	doca_flow_destroy();
	for (uint32_t i = 0; i < VFS; i++)
		CHECK_EQUAL(doca_dev_rep_close(representors[i]), DOCA_SUCCESS);
	CHECK_EQUAL(doca_dev_close(doca.device.dev), DOCA_SUCCESS);
	doca_tables_free(doca.tables);
}

int attach_all(void)
{
	int first = 0;

	for (uint32_t id = 1; id < PORTS; id++) {
		int result = program_attach(&doca, &ports[id]);

		first = first != 0 ? first : result;
	}
	return first;
}

void batch_add(struct batch *batch, uint32_t table, const void *key, const void *value)
{
	uint8_t *bytes = batch->bytes[batch->count];
	uint32_t key_size, value_size;

	CHECK(batch->count < 64);
	CHECK(hyp_table_sizes(table, &key_size, &value_size));
	CHECK(key_size + value_size <= sizeof(batch->bytes[0]));
	memcpy(bytes, key, key_size);
	if (value)
		memcpy(bytes + key_size, value, value_size);
	batch->steps[batch->count++] = (struct hyp_step){
		.table = table,
		.verb = value ? HYP_UPSERT : HYP_DELETE,
	};
}

int batch_apply(struct batch *batch)
{
	struct hyp_error error = { "" };
	int failed;

	for (uint32_t i = 0; i < batch->count; i++) {
		struct hyp_step *step = &batch->steps[i];
		uint32_t key_size, value_size;

		hyp_table_sizes(step->table, &key_size, &value_size);
		step->key = batch->bytes[i];
		step->value = step->verb == HYP_UPSERT ? batch->bytes[i] + key_size : NULL;
		batch->results[i] = 0;
		CHECK_EQUAL(hyp_step_check(step, NULL), 0);
		CHECK_EQUAL(doca_tables_apply(doca.tables, step), 0);
		program_touch(&doca, step);
	}
	failed = program_run(&doca, batch->steps, batch->count, batch->results, &error);
	CHECK_EQUAL(failed != 0, error.message[0] != '\0');
	said = error;
	return failed;
}

int change(uint32_t table, const void *key, const void *value)
{
	struct batch batch = { 0 };

	batch_add(&batch, table, key, value);
	CHECK_EQUAL(batch_apply(&batch), batch.results[0] != 0);
	return batch.results[0];
}

static void add_neighbour(struct batch *batch, uint32_t network, union hyp_address address,
			  const struct hyp_neighbour_value *value, uint8_t host)
{
	struct hyp_neighbour_key key = { .network = network };
	struct hyp_neighbour_value row;

	memcpy(key.address, &address, sizeof(key.address));
	if (value) {
		row = *value;
		mac_of(host, row.mac);
	}
	batch_add(batch, HYP_TABLE_NEIGHBOUR, &key, value ? &row : NULL);
}

static void add_host(struct batch *batch, uint8_t host, bool gone)
{
	const struct hyp_endpoint_value value = endpoint_of(host);
	const struct hyp_neighbour_value neighbour = { .endpoint = host };
	const struct hyp_endpoint_key key = { .endpoint = host };
	const struct hyp_port_key port = { .port = 10u + host };
	const struct hyp_port_value sender = { .endpoint = host };

	batch_add(batch, HYP_TABLE_ENDPOINT, &key, gone ? NULL : &value);
	batch_add(batch, HYP_TABLE_PORT, &port, gone ? NULL : &sender);
	add_neighbour(batch, value.network, address4(host), gone ? NULL : &neighbour, host);
	add_neighbour(batch, value.network, address6(host), gone ? NULL : &neighbour, host);
}

static void add_network(struct batch *batch, uint32_t network, bool gone)
{
	const struct hyp_neighbour_value remote = { .identity = REMOTE_IDENTITY, .vtep = VTEP };
	const struct hyp_network_key key = { .network = network };
	const struct hyp_network_value value = { .mtu = 1450, .vni = network * 100 };

	batch_add(batch, HYP_TABLE_NETWORK, &key, gone ? NULL : &value);
	add_neighbour(batch, network, address4(REMOTE_HOST), gone ? NULL : &remote, REMOTE_HOST);
	add_neighbour(batch, network, address6(REMOTE_HOST), gone ? NULL : &remote, REMOTE_HOST);
}

static void add_web(struct batch *batch, uint32_t identity, bool gone)
{
	const struct hyp_policy_key key = { .policy = 2,
					    .identity = identity,
					    .port = 80,
					    .prefix_length = 16,
					    .protocol = 6,
					    .direction = HYP_INGRESS };
	const struct hyp_policy_value value = { .rule = 1, .verdict = HYP_VERDICT_ALLOW };

	batch_add(batch, HYP_TABLE_POLICY, &key, gone ? NULL : &value);
}

static struct batch all(bool gone)
{
	const struct hyp_uplink_key port = { .port = UPLINK_PORT };
	const struct hyp_uplink_value uplink = { .ipv4 = underlay_of(1), .mac = { 2, 1 }, .mtu = 1500 };
	const struct hyp_vtep_key vtep = { .vtep = VTEP };
	const struct hyp_vtep_value value = { .ipv4 = underlay_of(VTEP), .mac = { 2, 7 } };
	struct batch batch = { 0 };

	add_web(&batch, 101, gone);
	add_web(&batch, REMOTE_IDENTITY, gone);
	batch_add(&batch, HYP_TABLE_UPLINK, &port, gone ? NULL : &uplink);
	batch_add(&batch, HYP_TABLE_VTEP, &vtep, gone ? NULL : &value);
	add_network(&batch, NETWORK, gone);
	add_network(&batch, MULTICAST_NETWORK, gone);
	for (uint8_t host = 1; host <= VFS; host++)
		add_host(&batch, host, gone);
	return batch;
}

struct batch neighbourhood(void)
{
	return all(false);
}

struct batch no_neighbourhood(void)
{
	return all(true);
}

void inject(uint32_t port, const struct frame *frame)
{
	CHECK_EQUAL(softnic_inject(ports[port].flow, frame->bytes, frame->length), DOCA_SUCCESS);
}

bool sent(uint32_t port, struct frame *frame)
{
	doca_error_t result = softnic_sent(ports[port].flow, frame->bytes, FRAME_ROOM, &frame->length);

	CHECK(result == DOCA_SUCCESS || result == DOCA_ERROR_AGAIN);
	return result == DOCA_SUCCESS;
}

uint32_t punted(struct frame *frame)
{
	struct softnic_received received;
	doca_error_t result = softnic_receive(doca.device.manager, PUNT_QUEUE, &received, frame->bytes,
					      FRAME_ROOM, 0);

	CHECK(result == DOCA_SUCCESS || result == DOCA_ERROR_AGAIN);
	if (result != DOCA_SUCCESS)
		return 0;
	frame->length = received.length;
	return received.pkt_meta;
}

int way(uint32_t port, const struct frame *frame)
{
	int found = NOWHERE;
	struct frame out;

	inject(port, frame);
	for (uint32_t id = 0; id < PORTS; id++) {
		if (!sent(id, &out))
			continue;
		CHECK_EQUAL(found, NOWHERE);
		found = (int)id;
	}
	if (punted(&out) != 0) {
		CHECK_EQUAL(found, NOWHERE);
		found = SOFTWARE;
	}
	return found;
}

void drops_read(void)
{
	struct hyp_drop_counter rows[64];
	uint64_t bytes;
	int64_t count;

	program_drops(&doca);
	count = doca_tables_counters(doca.tables, HYP_COUNTERS_DROP, rows, sizeof(rows), &bytes, NULL);
	CHECK(count >= 0);
	for (uint32_t endpoint = 0; endpoint < 16; endpoint++) {
		for (uint32_t reason = 0; reason < HYP_REASON_COUNT; reason++) {
			drops[endpoint][reason].before = drops[endpoint][reason].now;
			drops[endpoint][reason].now = 0;
		}
	}
	for (int64_t i = 0; i < count; i++) {
		CHECK(rows[i].endpoint < 16 && rows[i].bytes > 0);
		drops[rows[i].endpoint][rows[i].reason].now = rows[i].packets;
	}
}

uint64_t drops_of(uint32_t endpoint, uint32_t reason)
{
	uint64_t now = drops[endpoint][reason].now, before = drops[endpoint][reason].before;

	return now < before ? now : now - before; /* less: they restarted with the endpoint */
}

struct hyp_endpoint_counter traffic_of(uint32_t endpoint)
{
	struct hyp_endpoint_counter rows[16];
	uint64_t bytes;
	int64_t count = doca_tables_counters(doca.tables, HYP_COUNTERS_ENDPOINT, rows, sizeof(rows),
					     &bytes, NULL);

	CHECK(count >= 0);
	for (int64_t i = 0; i < count; i++) {
		if (rows[i].endpoint == endpoint)
			return rows[i];
	}
	return (struct hyp_endpoint_counter){ .endpoint = endpoint };
}

struct program_counts counts(void)
{
	struct program_counts counts;

	program_count(&doca, &counts);
	return counts;
}
