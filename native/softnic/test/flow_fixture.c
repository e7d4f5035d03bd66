/* SPDX-License-Identifier: Apache-2.0 */
#include "flow_fixture.h"

struct doca_dev *device;
struct doca_dev_rep *representors[2];
struct doca_flow_port *ports[PORTS];
struct heard heard;

void devices_open(void)
{
	struct doca_devinfo **devices;
	struct doca_devinfo_rep **reps;
	uint32_t count;

	setenv("SOFTNIC_PORTS", "p0=;pf0vf0=;pf0vf1=", 0);
	OK(doca_devinfo_create_list(&devices, &count));
	CHECK_EQUAL(count, 1);
	OK(doca_dev_open(devices[0], &device));
	OK(doca_devinfo_destroy_list(devices));
	OK(doca_devinfo_rep_create_list(device, DOCA_DEVINFO_REP_FILTER_ALL, &reps, &count));
	CHECK_EQUAL(count, 2);
	OK(doca_dev_rep_open(reps[0], &representors[0]));
	OK(doca_dev_rep_open(reps[1], &representors[1]));
	OK(doca_devinfo_rep_destroy_list(reps));
}

void devices_close(void)
{
	OK(doca_dev_rep_close(representors[0]));
	OK(doca_dev_rep_close(representors[1]));
	OK(doca_dev_close(device));
}

void on_entry(struct doca_flow_pipe_entry *entry, uint16_t queue, enum doca_flow_entry_status status,
	      enum doca_flow_entry_op op, void *user_ctx)
{
	(void)queue;
	(void)user_ctx;
	heard.last = entry;
	if (status != DOCA_FLOW_ENTRY_STATUS_SUCCESS)
		heard.errors++;
	else if (op == DOCA_FLOW_ENTRY_OP_ADD)
		heard.added++;
	else if (op == DOCA_FLOW_ENTRY_OP_DEL)
		heard.removed++;
	else if (op == DOCA_FLOW_ENTRY_OP_UPD)
		heard.updated++;
	else
		heard.aged++;
}

void process(void)
{
	OK(doca_flow_entries_process(ports[UPLINK], 0, 0, 0));
}

struct doca_flow_cfg *nic_cfg(void)
{
	struct doca_flow_cfg *cfg;

	OK(doca_flow_cfg_create(&cfg));
	OK(doca_flow_cfg_set_mode_args(cfg, "switch,hws"));
	OK(doca_flow_cfg_set_pipe_queues(cfg, 2));
	OK(doca_flow_cfg_set_queue_depth(cfg, 16));
	OK(doca_flow_cfg_set_nr_counters(cfg, 64));
	OK(doca_flow_cfg_set_nr_meters(cfg, 16));
	OK(doca_flow_cfg_set_nr_shared_resource(cfg, 8, DOCA_FLOW_SHARED_RESOURCE_METER));
	OK(doca_flow_cfg_set_nr_shared_resource(cfg, 8, DOCA_FLOW_SHARED_RESOURCE_COUNTER));
	OK(doca_flow_cfg_set_nr_shared_resource(cfg, 8, DOCA_FLOW_SHARED_RESOURCE_RSS));
	OK(doca_flow_cfg_set_nr_shared_resource(cfg, 8, DOCA_FLOW_SHARED_RESOURCE_ENCAP));
	OK(doca_flow_cfg_set_nr_shared_resource(cfg, 8, DOCA_FLOW_SHARED_RESOURCE_DECAP));
	OK(doca_flow_cfg_set_cb_entry_process(cfg, on_entry));
	return cfg;
}

struct doca_flow_port *port_up(uint16_t id)
{
	struct doca_flow_port_cfg *cfg;
	struct doca_flow_port *port = NULL;

	OK(doca_flow_port_cfg_create(&cfg));
	OK(doca_flow_port_cfg_set_port_id(cfg, id));
	if (id == UPLINK)
		OK(doca_flow_port_cfg_set_dev(cfg, device));
	else
		OK(doca_flow_port_cfg_set_dev_rep(cfg, representors[id - VF0]));
	OK(doca_flow_port_start(cfg, &port));
	OK(doca_flow_port_cfg_destroy(cfg));
	return port;
}

void ports_up(void)
{
	for (uint16_t id = 0; id < PORTS; id++)
		ports[id] = port_up(id);
}

void nic_up(void)
{
	struct doca_flow_cfg *cfg = nic_cfg();

	memset(&heard, 0, sizeof(heard));
	OK(doca_flow_init(cfg));
	OK(doca_flow_cfg_destroy(cfg));
	ports_up();
}

void ports_down(void)
{
	doca_flow_port_pipes_flush(ports[UPLINK]);
	for (uint16_t id = PORTS; id > 0; id--)
		OK(doca_flow_port_stop(ports[id - 1]));
}

void nic_down(void)
{
	ports_down();
	doca_flow_destroy();
}

struct doca_flow_pipe_cfg *pipe_cfg(const char *name, enum doca_flow_pipe_type type, bool is_root)
{
	struct doca_flow_pipe_cfg *cfg;

	OK(doca_flow_pipe_cfg_create(&cfg, ports[UPLINK]));
	OK(doca_flow_pipe_cfg_set_name(cfg, name));
	OK(doca_flow_pipe_cfg_set_type(cfg, type));
	OK(doca_flow_pipe_cfg_set_is_root(cfg, is_root));
	return cfg;
}

struct doca_flow_pipe *pipe_up(struct doca_flow_pipe_cfg *cfg, const struct doca_flow_fwd *fwd,
			       const struct doca_flow_fwd *miss)
{
	struct doca_flow_pipe *pipe = NULL;

	OK(doca_flow_pipe_create(cfg, fwd, miss, &pipe));
	OK(doca_flow_pipe_cfg_destroy(cfg));
	return pipe;
}

struct doca_flow_fwd fwd_port(uint16_t port_id)
{
	return (struct doca_flow_fwd){ .type = DOCA_FLOW_FWD_PORT, .port_id = port_id };
}

struct doca_flow_fwd fwd_pipe(struct doca_flow_pipe *pipe)
{
	return (struct doca_flow_fwd){ .type = DOCA_FLOW_FWD_PIPE, .next_pipe = pipe };
}

struct doca_flow_fwd fwd_drop(void)
{
	return (struct doca_flow_fwd){ .type = DOCA_FLOW_FWD_DROP };
}

struct doca_flow_fwd fwd_rss(uint16_t *queues, int count)
{
	return (struct doca_flow_fwd){
		.type = DOCA_FLOW_FWD_RSS,
		.rss_type = DOCA_FLOW_RESOURCE_TYPE_NON_SHARED,
		.rss = { .outer_flags = DOCA_FLOW_RSS_IPV4, .queues_array = queues, .nr_queues = count },
	};
}

static void put16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
	put16(at, (uint16_t)(value >> 16));
	put16(at + 2, (uint16_t)value);
}

static uint16_t checksum(const uint8_t *bytes, unsigned int length)
{
	uint32_t sum = 0;

	for (unsigned int at = 0; at < length; at += 2)
		sum += (uint32_t)(bytes[at] << 8 | bytes[at + 1]);
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

struct frame frame_udp(uint32_t source, uint32_t destination, uint16_t source_port, uint16_t port)
{
	static const uint8_t ethernet[14] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0 };
	struct frame frame = { .length = 64 };
	uint8_t *ip = frame.bytes + 14, *udp = ip + 20;

	memcpy(frame.bytes, ethernet, sizeof(ethernet));
	ip[0] = 0x45;
	put16(ip + 2, 50);
	ip[8] = 64;
	ip[9] = 17;
	put32(ip + 12, source);
	put32(ip + 16, destination);
	put16(ip + 10, checksum(ip, 20));
	put16(udp, source_port);
	put16(udp + 2, port);
	put16(udp + 4, 30);
	for (unsigned int at = 42; at < 64; at++)
		frame.bytes[at] = (uint8_t)at;
	return frame;
}

void inject(uint16_t port, struct frame frame)
{
	OK(softnic_inject(ports[port], frame.bytes, frame.length));
}

bool sent(uint16_t port, struct frame *frame)
{
	struct frame taken;
	doca_error_t result =
		softnic_sent(ports[port], taken.bytes, sizeof(taken.bytes), &taken.length);

	CHECK(result == DOCA_SUCCESS || result == DOCA_ERROR_AGAIN);
	if (result == DOCA_SUCCESS && frame != NULL)
		*frame = taken;
	return result == DOCA_SUCCESS;
}

void expect(struct frame frame, uint16_t port)
{
	inject(VF0, frame);
	for (uint16_t id = 0; id < PORTS; id++)
		CHECK_EQUAL(sent(id, NULL), id == port);
}

struct softnic_statistics statistics(void)
{
	struct softnic_statistics now;

	OK(softnic_statistics(&now));
	return now;
}

uint64_t packets_of(struct doca_flow_pipe_entry *entry)
{
	struct doca_flow_resource_query query;

	OK(doca_flow_resource_query_entry(entry, &query));
	return query.counter.total_pkts;
}

struct doca_flow_pipe *destination_pipe(void)
{
	struct doca_flow_match match = {
		.outer = { .l3_type = DOCA_FLOW_L3_TYPE_IP4, .ip4.dst_ip = UINT32_MAX },
	};
	struct doca_flow_monitor monitor = { .counter_type = DOCA_FLOW_RESOURCE_TYPE_NON_SHARED };
	struct doca_flow_fwd fwd = fwd_port(UINT16_MAX), miss = fwd_drop();
	struct doca_flow_pipe_cfg *cfg = pipe_cfg("destination", DOCA_FLOW_PIPE_BASIC, true);

	OK(doca_flow_pipe_cfg_set_match(cfg, &match, NULL));
	OK(doca_flow_pipe_cfg_set_monitor(cfg, &monitor));
	OK(doca_flow_pipe_cfg_set_nr_entries(cfg, 1024));
	OK(doca_flow_pipe_cfg_set_miss_counter(cfg, true));
	return pipe_up(cfg, &fwd, &miss);
}

struct doca_flow_pipe_entry *destination_add(struct doca_flow_pipe *pipe, uint32_t address, uint16_t port,
					     uint32_t flags)
{
	struct doca_flow_match match = {
		.outer = { .l3_type = DOCA_FLOW_L3_TYPE_IP4, .ip4.dst_ip = htobe32(address) },
	};
	struct doca_flow_fwd fwd = fwd_port(port);
	struct doca_flow_pipe_entry *entry = NULL;

	OK(doca_flow_pipe_basic_add_entry(0, pipe, &match, 0, NULL, NULL, &fwd, flags, NULL, &entry));
	return entry;
}
