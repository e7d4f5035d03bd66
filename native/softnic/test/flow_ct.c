/* SPDX-License-Identifier: Apache-2.0 */
/* Connection tracking through the API. */
#include <time.h>

#include <doca_flow_ct.h>

#include "flow_fixture.h"

#define CLIENT IP(10, 0, 0, 9)
#define SERVER IP(10, 0, 0, 1)
#define QUEUE 2u /* behind the two pipe queues */
#define BOTH (DOCA_FLOW_CT_ENTRY_FLAGS_DIR_ORIGIN | DOCA_FLOW_CT_ENTRY_FLAGS_DIR_REPLY)
#define NOW DOCA_FLOW_CT_ENTRY_FLAGS_NO_WAIT

static struct frame request, answer;
static unsigned int finalized;

static void on_finalize(struct doca_flow_pipe *pipe, void *entry, uint16_t queue, void *usr_ctx)
{
	struct doca_flow_resource_query origin;

	CHECK_EQUAL(queue, QUEUE);
	CHECK(usr_ctx == &finalized);
	OK(doca_flow_ct_query_entry(queue, pipe, 0, entry, &origin, NULL, NULL));
	finalized++;
}

static void ct_up(uint32_t zone_mask, uint32_t modify_mask)
{
	struct doca_flow_cfg *cfg = nic_cfg();
	struct doca_flow_ct_cfg *ct;
	struct doca_flow_meta zone = { .u32[1] = htobe32(zone_mask) };
	struct doca_flow_ct_meta modify = { .flow.pkt_meta = htobe32(modify_mask) };

	memset(&heard, 0, sizeof(heard));
	OK(doca_flow_ct_cfg_create(&ct));
	OK(doca_flow_ct_cfg_set_connections(ct, 2, 1, 0));
	OK(doca_flow_ct_cfg_set_queue_depth(ct, 4));
	OK(doca_flow_ct_cfg_set_user_actions(ct, 1));
	OK(doca_flow_ct_cfg_set_entry_finalize_cb(ct, on_finalize));
	OK(doca_flow_ct_cfg_set_direction(ct, false, false, &zone, &modify));
	OK(doca_flow_ct_cfg_set_direction(ct, true, false, &zone, &modify));
	CHECK_EQUAL(doca_flow_ct_init(ct), DOCA_ERROR_BAD_STATE);
	OK(doca_flow_init(cfg));
	OK(doca_flow_ct_init(ct));
	CHECK_EQUAL(doca_flow_ct_init(ct), DOCA_ERROR_ALREADY_EXIST);
	OK(doca_flow_cfg_destroy(cfg));
	OK(doca_flow_ct_cfg_destroy(ct));
	ports_up();
}

static void ct_down(void)
{
	ports_down();
	doca_flow_ct_destroy();
	doca_flow_destroy();
}

/* A root that leads to a CT pipe: hits leave by the uplink, misses are dropped. */
static struct doca_flow_pipe *ct_pipe(struct doca_flow_actions *const *actions)
{
	struct doca_flow_match match = { 0 };
	struct doca_flow_fwd fwd = fwd_port(UPLINK), drop = fwd_drop(), on;
	struct doca_flow_pipe_cfg *cfg = pipe_cfg("ct", DOCA_FLOW_PIPE_CT, false);
	struct doca_flow_pipe *pipe;

	OK(doca_flow_pipe_cfg_set_match(cfg, &match, NULL));
	OK(doca_flow_pipe_cfg_set_miss_counter(cfg, true));
	if (actions != NULL)
		OK(doca_flow_pipe_cfg_set_actions(cfg, actions, NULL, NULL, 1));
	pipe = pipe_up(cfg, &fwd, &drop);
	on = fwd_pipe(pipe);
	cfg = pipe_cfg("root", DOCA_FLOW_PIPE_BASIC, true);
	OK(doca_flow_pipe_cfg_set_nr_entries(cfg, 0));
	pipe_up(cfg, NULL, &on);
	return pipe;
}

static struct doca_flow_ct_match match_of(uint32_t source, uint32_t destination, uint16_t source_port,
					  uint16_t port)
{
	return (struct doca_flow_ct_match){ .ipv4 = { .l4_port = { htobe16(source_port), htobe16(port) },
						      .src_ip = htobe32(source),
						      .dst_ip = htobe32(destination),
						      .next_proto = DOCA_FLOW_PROTO_UDP } };
}

static struct doca_flow_pipe_entry *prepare(struct doca_flow_pipe *pipe,
					    const struct doca_flow_ct_match *origin,
					    const struct doca_flow_ct_match *reply)
{
	struct doca_flow_pipe_entry *entry;
	bool found = true;

	OK(doca_flow_ct_entry_prepare(QUEUE, pipe, DOCA_FLOW_CT_ENTRY_FLAGS_ALLOC_ON_MISS, origin, 11, reply,
				      22, &entry, &found));
	CHECK(!found);
	return entry;
}

static void ct_process(void)
{
	OK(doca_flow_ct_entries_process(ports[UPLINK], QUEUE, 0, 0, NULL));
}

static void connections_have_two_directions(void)
{
	struct doca_flow_ct_match origin = match_of(CLIENT, SERVER, 1000, 80), seen;
	struct doca_flow_ct_match reply = match_of(SERVER, CLIENT, 80, 1000);
	struct doca_flow_fwd to_vf1 = fwd_port(VF1);
	struct doca_flow_pipe_entry *entry, *other;
	struct doca_flow_resource_query sent_stats, reply_stats;
	struct doca_flow_pipe *pipe;
	uint32_t handle, hash, room;
	uint64_t last_hit;
	bool found;

	ct_up(0, 0);
	OK(doca_flow_ct_fwd_register(ports[UPLINK], 1, &to_vf1, &handle));
	pipe = ct_pipe(NULL);
	expect(request, PORTS);
	CHECK_EQUAL(doca_flow_ct_entry_prepare(QUEUE, pipe, 0, &origin, 0, &reply, 0, &entry, &found),
		    DOCA_ERROR_NOT_FOUND);
	entry = prepare(pipe, &origin, &reply);
	OK(doca_flow_ct_entry_prepare_rollback(QUEUE, pipe, entry));
	entry = prepare(pipe, &origin, &reply);
	OK(doca_flow_ct_add_entry(QUEUE, pipe, BOTH | NOW | DOCA_FLOW_CT_ENTRY_FLAGS_ENTRY_FINALIZE, &origin,
				  &reply, NULL, NULL, 0, handle, 0, &finalized, entry));
	CHECK_EQUAL(doca_flow_ct_rm_entry(QUEUE, pipe, NOW, entry), DOCA_ERROR_IN_PROGRESS);
	CHECK_EQUAL(heard.added, 0);
	OK(doca_flow_ct_entries_process(ports[UPLINK], QUEUE, 4, 0, &room));
	CHECK_EQUAL(room, 4);
	CHECK_EQUAL(heard.added, 1);
	expect(request, UPLINK);
	expect(answer, VF1);
	expect(answer, VF1);
	OK(doca_flow_ct_query_entry(QUEUE, pipe, 0, entry, &sent_stats, &reply_stats, &last_hit));
	CHECK_EQUAL(sent_stats.counter.total_pkts, 1);
	CHECK_EQUAL(reply_stats.counter.total_pkts, 2);
	CHECK(last_hit + 5 > (uint64_t)time(NULL));
	OK(doca_flow_ct_entry_prepare(QUEUE, pipe, 0, NULL, 0, &reply, 0, &other, &found));
	CHECK(found && other == entry);
	OK(doca_flow_ct_get_entry(QUEUE, pipe, 0, entry, &seen, NULL, NULL, &hash, NULL));
	CHECK_EQUAL(hash, 11);
	CHECK_EQUAL(seen.ipv4.dst_ip, origin.ipv4.dst_ip);
	/* Another way for the requests. */
	OK(doca_flow_ct_update_entry(QUEUE, pipe, DOCA_FLOW_CT_ENTRY_FLAGS_DIR_ORIGIN | NOW, entry, NULL, NULL,
				     handle, 0, 0));
	ct_process();
	CHECK_EQUAL(heard.updated, 1);
	expect(request, VF1);
	CHECK_EQUAL(doca_flow_pipe_remove_entry(0, 0, entry), DOCA_ERROR_NOT_SUPPORTED);
	OK(doca_flow_ct_rm_entry(QUEUE, pipe, NOW, entry));
	expect(request, PORTS);
	CHECK_EQUAL(doca_flow_ct_rm_entry(QUEUE, pipe, NOW, entry), DOCA_ERROR_NOT_FOUND);
	ct_process();
	CHECK_EQUAL(heard.removed, 1);
	CHECK_EQUAL(finalized, 1);
	ct_down();
}

static void directions_come_one_by_one_and_are_bounded(void)
{
	struct doca_flow_ct_match origin = match_of(CLIENT, SERVER, 1000, 80);
	struct doca_flow_ct_match reply = match_of(SERVER, CLIENT, 80, 1000);
	struct doca_flow_pipe_entry *entry, *twin, *third;
	struct doca_flow_pipe *pipe;

	ct_up(0, 0);
	pipe = ct_pipe(NULL);
	entry = prepare(pipe, &origin, NULL);
	twin = prepare(pipe, &origin, NULL);
	CHECK_EQUAL(doca_flow_ct_entry_prepare(QUEUE, pipe, DOCA_FLOW_CT_ENTRY_FLAGS_ALLOC_ON_MISS, &origin, 0,
					       NULL, 0, &third, NULL),
		    DOCA_ERROR_FULL);
	OK(doca_flow_ct_add_entry(QUEUE, pipe, DOCA_FLOW_CT_ENTRY_FLAGS_DIR_ORIGIN, &origin, NULL, NULL, NULL, 0, 0,
				  0, NULL, entry));
	expect(request, PORTS); /* waits for its batch */
	OK(doca_flow_ct_add_entry(QUEUE, pipe, DOCA_FLOW_CT_ENTRY_FLAGS_DIR_ORIGIN | NOW, &origin, NULL, NULL,
				  NULL, 0, 0, 0, NULL, twin));
	ct_process();
	CHECK_EQUAL(heard.added, 1);
	CHECK_EQUAL(heard.errors, 1);
	expect(request, UPLINK);
	expect(answer, PORTS);
	softnic_fail_entry(1);
	OK(doca_flow_ct_entry_add_dir(QUEUE, pipe, DOCA_FLOW_CT_ENTRY_FLAGS_DIR_REPLY | NOW, &reply, NULL, 0,
				      entry));
	ct_process();
	CHECK_EQUAL(heard.errors, 2);
	expect(answer, PORTS);
	expect(request, UPLINK);
	OK(doca_flow_ct_entry_add_dir(QUEUE, pipe, DOCA_FLOW_CT_ENTRY_FLAGS_DIR_REPLY | NOW, &reply, NULL, 0,
				      entry));
	ct_process();
	expect(answer, UPLINK);
	CHECK_EQUAL(doca_flow_ct_entry_add_dir(QUEUE, pipe, DOCA_FLOW_CT_ENTRY_FLAGS_DIR_REPLY | NOW, &reply,
					       NULL, 0, entry),
		    DOCA_ERROR_ALREADY_EXIST);
	prepare(pipe, &reply, NULL); /* goes with the pipe */
	ct_down();
}

static void connections_translate_addresses(void)
{
	struct doca_flow_actions nat = {
		.meta.pkt_meta = UINT32_MAX,
		.outer = { .l3_type = DOCA_FLOW_L3_TYPE_IP4,
			   .ip4 = { .src_ip = UINT32_MAX, .dst_ip = UINT32_MAX },
			   .l4_type_ext = DOCA_FLOW_L4_TYPE_EXT_UDP,
			   .transport = { UINT16_MAX, UINT16_MAX } },
	};
	struct doca_flow_actions *actions[] = { &nat };
	struct doca_flow_ct_actions to_backend = {
		.resource_type = DOCA_FLOW_RESOURCE_TYPE_NON_SHARED,
		.data = { .l4_port = { htobe16(1000), htobe16(8080) },
			  .ip4 = { htobe32(CLIENT), htobe32(IP(10, 0, 0, 77)) } },
	};
	struct doca_flow_ct_actions shared = { .resource_type = DOCA_FLOW_RESOURCE_TYPE_SHARED };
	struct doca_flow_ct_match origin = match_of(CLIENT, SERVER, 1000, 80);
	struct doca_flow_pipe_entry *entry;
	struct doca_flow_pipe *pipe;
	struct frame translated;
	uint32_t handle, full;

	ct_up(0, 0);
	pipe = ct_pipe(actions);
	OK(doca_flow_ct_actions_add_shared(QUEUE, pipe, &to_backend, 1, &handle));
	CHECK_EQUAL(doca_flow_ct_actions_add_shared(QUEUE, pipe, &to_backend, 1, &full), DOCA_ERROR_FULL);
	shared.action_handle = handle;
	entry = prepare(pipe, &origin, NULL);
	OK(doca_flow_ct_add_entry(QUEUE, pipe, DOCA_FLOW_CT_ENTRY_FLAGS_DIR_ORIGIN | NOW, &origin, NULL, &shared,
				  NULL, 0, 0, 0, NULL, entry));
	ct_process();
	CHECK_EQUAL(heard.added, 1);
	inject(VF0, request);
	CHECK(sent(UPLINK, &translated));
	CHECK_EQUAL(translated.bytes[33], 77);
	CHECK_EQUAL(translated.bytes[36] << 8 | translated.bytes[37], 8080);
	OK(doca_flow_ct_actions_rm_shared(QUEUE, pipe, &handle, 1));
	CHECK_EQUAL(doca_flow_ct_actions_rm_shared(QUEUE, pipe, &handle, 1), DOCA_ERROR_NOT_FOUND);
	ct_down();
}

/* Without actions of the pipe's, the meta data under the modify mask is written: software sees it. */
static void connections_write_meta_data_and_age(void)
{
	struct doca_flow_ct_actions mark = { .resource_type = DOCA_FLOW_RESOURCE_TYPE_NON_SHARED,
					     .data.meta.flow.pkt_meta = htobe32(0x1234) };
	struct doca_flow_ct_match origin = match_of(CLIENT, SERVER, 1000, 80);
	struct doca_flow_ct_match reply = match_of(SERVER, CLIENT, 80, 1000);
	const struct timespec most = { .tv_nsec = 600000000 }, rest = { .tv_nsec = 500000000 };
	struct softnic_received received;
	struct doca_flow_pipe_entry *entry;
	struct doca_flow_pipe *pipe;
	uint16_t queues[] = { 5 };
	struct doca_flow_fwd punt = fwd_rss(queues, 1);
	uint32_t handle;
	uint8_t bytes[256];

	ct_up(0, 0xffff);
	OK(doca_flow_ct_fwd_register(ports[UPLINK], 1, &punt, &handle));
	pipe = ct_pipe(NULL);
	entry = prepare(pipe, &origin, &reply);
	OK(doca_flow_ct_add_entry(QUEUE, pipe, BOTH | NOW, &origin, &reply, &mark, NULL, handle, 0, 1, NULL, entry));
	ct_process();
	inject(VF0, request);
	OK(softnic_receive(ports[UPLINK], 5, &received, bytes, sizeof(bytes), 0));
	CHECK_EQUAL(received.pkt_meta, 0x1234);
	nanosleep(&most, NULL);
	expect(answer, UPLINK); /* a reply keeps it young */
	nanosleep(&rest, NULL);
	CHECK_EQUAL(doca_flow_aging_handle(ports[UPLINK], QUEUE, 0, 0), -1);
	nanosleep(&most, NULL);
	CHECK_EQUAL(doca_flow_aging_handle(ports[UPLINK], QUEUE, 0, 0), 1);
	CHECK_EQUAL(heard.aged, 1);
	ct_down();
}

static void zones_are_apart(void)
{
	struct doca_flow_ct_match origin = match_of(CLIENT, SERVER, 1000, 80);
	struct doca_flow_pipe_entry *entry;
	struct doca_flow_pipe *pipe;

	ct_up(0xff, 0);
	pipe = ct_pipe(NULL);
	origin.ipv4.metadata = htobe32(5);
	entry = prepare(pipe, &origin, NULL);
	OK(doca_flow_ct_add_entry(QUEUE, pipe, DOCA_FLOW_CT_ENTRY_FLAGS_DIR_ORIGIN | NOW, &origin, NULL, NULL, NULL,
				  0, 0, 0, NULL, entry));
	ct_process();
	expect(request, PORTS); /* its zone is 0 */
	OK(doca_flow_ct_rm_entry(QUEUE, pipe, NOW, entry));
	ct_process();
	origin.ipv4.metadata = htobe32(0x500); /* no bit of the mask */
	entry = prepare(pipe, &origin, NULL);
	OK(doca_flow_ct_add_entry(QUEUE, pipe, DOCA_FLOW_CT_ENTRY_FLAGS_DIR_ORIGIN | NOW, &origin, NULL, NULL, NULL,
				  0, 0, 0, NULL, entry));
	ct_process();
	expect(request, UPLINK);
	ct_down();
}

static struct frame frame_ip6(uint8_t source, uint8_t destination, uint16_t source_port, uint16_t port)
{
	struct frame frame = frame_udp(0, 0, 0, 0);
	uint8_t *ip = frame.bytes + 14;

	memset(ip, 0, sizeof(frame.bytes) - 14);
	frame.bytes[12] = 0x86;
	frame.bytes[13] = 0xdd;
	frame.length = 14 + 40 + 10;
	ip[0] = 0x60;
	ip[5] = 10;
	ip[6] = 17;
	ip[7] = 64;
	ip[8] = ip[24] = 0xfd;
	ip[23] = source;
	ip[39] = destination;
	ip[40] = (uint8_t)(source_port >> 8);
	ip[41] = (uint8_t)source_port;
	ip[42] = (uint8_t)(port >> 8);
	ip[43] = (uint8_t)port;
	ip[45] = 10;
	return frame;
}

static void ip6_connects_too(void)
{
	const uint32_t flags = DOCA_FLOW_CT_ENTRY_FLAGS_DIR_ORIGIN | DOCA_FLOW_CT_ENTRY_FLAGS_IPV6_ORIGIN;
	struct doca_flow_ct_match origin = {
		.ipv6 = { .l4_port = { htobe16(1000), htobe16(80) },
			  .src_ip = { htobe32(0xfd000000), 0, 0, htobe32(9) },
			  .dst_ip = { htobe32(0xfd000000), 0, 0, htobe32(1) },
			  .next_proto = DOCA_FLOW_PROTO_UDP },
	};
	struct doca_flow_pipe_entry *entry, *second;
	struct doca_flow_pipe *pipe;

	ct_up(0, 0);
	pipe = ct_pipe(NULL);
	OK(doca_flow_ct_entry_prepare(QUEUE, pipe, flags | DOCA_FLOW_CT_ENTRY_FLAGS_ALLOC_ON_MISS, &origin, 0, NULL,
				      0, &entry, NULL));
	CHECK_EQUAL(doca_flow_ct_entry_prepare(QUEUE, pipe, flags | DOCA_FLOW_CT_ENTRY_FLAGS_ALLOC_ON_MISS, &origin,
					       0, NULL, 0, &second, NULL),
		    DOCA_ERROR_FULL);
	OK(doca_flow_ct_add_entry(QUEUE, pipe, flags | NOW, &origin, NULL, NULL, NULL, 0, 0, 0, NULL, entry));
	ct_process();
	expect(frame_ip6(9, 1, 1000, 80), UPLINK);
	expect(frame_ip6(9, 1, 1000, 81), PORTS);
	expect(frame_ip6(9, 2, 1000, 80), PORTS);
	ct_down();
}

int main(void)
{
	request = frame_udp(CLIENT, SERVER, 1000, 80);
	answer = frame_udp(SERVER, CLIENT, 80, 1000);
	devices_open();
	connections_have_two_directions();
	directions_come_one_by_one_and_are_bounded();
	connections_translate_addresses();
	connections_write_meta_data_and_age();
	zones_are_apart();
	ip6_connects_too();
	devices_close();
	return 0;
}
