/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of connections while they last: counters and news of them, hits, ageing, the end. */
#include "ct_fixture.h"

#include <time.h>

static struct flow udp(uint16_t number)
{
	return flow_to_server(false, DOCA_FLOW_PROTO_UDP, number);
}

static unsigned int finalized, updates;
static struct doca_flow_resource_query last[2];
static void *last_data;
static struct doca_flow_pipe_entry *doomed; /* goes with the next news */

static void on_finalize(struct doca_flow_pipe *pipe, void *entry, uint16_t queue, void *usr_ctx)
{
	struct doca_flow_resource_query origin, reply;

	CHECK_EQUAL(queue, CT_QUEUE);
	CHECK(usr_ctx == &finalized);
	CHECK_EQUAL(heard.removed, 1); /* the entry callback came before */
	OK(doca_flow_ct_query_entry(queue, pipe, 0, entry, &origin, &reply, NULL));
	CHECK_EQUAL(origin.counter.total_pkts, 2);
	CHECK_EQUAL(reply.counter.total_pkts, 1);
	finalized++;
}

static void connections_count_until_they_are_gone(void)
{
	const struct flow flow = udp(0), back = flow_back(flow);
	const struct doca_flow_ct_match origin = match_of(&flow), reply = match_of(&back);
	struct doca_flow_resource_query there, here;
	struct doca_flow_ct_cfg *cfg = ct_cfg();
	struct doca_flow_pipe_entry *entry;
	struct doca_flow_pipe *pipe;
	uint64_t last_hit, now;

	finalized = 0;
	OK(doca_flow_ct_cfg_set_entry_finalize_cb(cfg, on_finalize));
	ct_up(cfg);
	pipe = ct_pipe(NULL, NULL, 0);
	entry = prepare(pipe, 0, &flow);
	OK(doca_flow_ct_add_entry(CT_QUEUE, pipe, BOTH | NOW | COUNTED | DOCA_FLOW_CT_ENTRY_FLAGS_ENTRY_FINALIZE,
				  &origin, &reply, NULL, NULL, 0, 0, 0, &finalized, entry));
	ct_process();
	expect_flow(flow, UPLINK);
	expect_flow(flow, UPLINK);
	sleep_ms(1100);
	expect_flow(back, UPLINK);
	now = (uint64_t)time(NULL);
	OK(doca_flow_ct_query_entry(CT_QUEUE, pipe, 0, entry, &there, &here, &last_hit));
	CHECK_EQUAL(there.counter.total_pkts, 2);
	CHECK_EQUAL(there.counter.total_bytes, 2 * frame_of(&flow).length);
	CHECK_EQUAL(here.counter.total_pkts, 1);
	CHECK_EQUAL(here.counter.total_bytes, frame_of(&back).length);
	CHECK(last_hit <= now + 1 && last_hit + 1 >= now);
	OK(doca_flow_ct_rm_entry(CT_QUEUE, pipe, NOW, entry));
	CHECK_EQUAL(finalized, 0);
	ct_process();
	CHECK_EQUAL(finalized, 1);
	ct_down();
}

/* One counter for both, one for one, or none. */
static void counters_are_asked_for(void)
{
	static const struct {
		uint32_t flags;
		unsigned int there, here;
	} asked[] = {
		{ COUNTED | DOCA_FLOW_CT_ENTRY_FLAGS_COUNTER_SHARED, 3, 3 },
		{ DOCA_FLOW_CT_ENTRY_FLAGS_COUNTER_REPLY, 0, 2 },
		{ 0, 0, 0 },
	};
	struct doca_flow_resource_query there, here;
	struct doca_flow_pipe_entry *entries[3];
	struct doca_flow_pipe *pipe;
	struct flow flow;

	ct_up(ct_cfg());
	pipe = ct_pipe(NULL, NULL, 0);
	softnic_set_counter_lag(1);
	for (uint16_t i = 0; i < 3; i++) {
		flow = udp(i);
		entries[i] = connect_flow(pipe, &flow, BOTH | asked[i].flags, NULL, NULL, 0);
		expect_flow(flow, UPLINK);
		expect_flow(flow_back(flow), UPLINK);
		expect_flow(flow_back(flow), UPLINK);
		OK(doca_flow_ct_query_entry(CT_QUEUE, pipe, 0, entries[i], &there, &here, NULL));
		CHECK_EQUAL(there.counter.total_pkts + here.counter.total_pkts, 0);
	}
	sleep_ms(1050); /* the service cycle */
	for (unsigned int i = 0; i < 3; i++) {
		OK(doca_flow_ct_query_entry(CT_QUEUE, pipe, 0, entries[i], &there, &here, NULL));
		CHECK_EQUAL(there.counter.total_pkts, asked[i].there);
		CHECK_EQUAL(here.counter.total_pkts, asked[i].here);
	}
	softnic_set_counter_lag(0);
	ct_down();
}

/* A program may do anything from there: it removes a connection that would be next. */
static void on_update(struct doca_flow_pipe *pipe, void *priv_data, struct doca_flow_resource_query *origin,
		      struct doca_flow_resource_query *reply)
{
	struct doca_flow_pipe_entry *entry;

	memcpy(&entry, priv_data, sizeof(entry));
	CHECK(doca_flow_ct_entry_get_priv_data(CT_QUEUE, pipe, entry) == priv_data);
	last[0] = *origin;
	last[1] = *reply;
	last_data = priv_data;
	updates++;
	if (doomed == NULL)
		return;
	OK(doca_flow_ct_rm_entry(CT_QUEUE, pipe, NOW, doomed));
	doomed = NULL;
	ct_process(); /* in vain: its caller is at it */
	CHECK_EQUAL(heard.removed, 0);
}

static void counters_that_move_are_reported(void)
{
	const struct flow flows[] = { udp(0), udp(1), udp(2) };
	const uint32_t report = DOCA_FLOW_CT_ENTRY_FLAGS_STATS_UPDATES | COUNTED | BOTH;
	struct doca_flow_ct_cfg *cfg = ct_cfg();
	struct doca_flow_pipe_entry *entries[3];
	struct doca_flow_pipe *pipe;

	updates = 0;
	OK(doca_flow_ct_cfg_set_entry_private_data_size(cfg, sizeof(entries[0])));
	OK(doca_flow_ct_cfg_set_status_update_cb(cfg, on_update));
	ct_up(cfg);
	pipe = ct_pipe(NULL, NULL, 0);
	for (unsigned int i = 0; i < 3; i++) {
		entries[i] = connect_flow(pipe, &flows[i], i == 2 ? BOTH | COUNTED : report, NULL, NULL, 0);
		memcpy(doca_flow_ct_entry_get_priv_data(CT_QUEUE, pipe, entries[i]), &entries[i],
		       sizeof(entries[i]));
	}
	expect_flow(flows[2], UPLINK); /* nobody wants to know */
	ct_process();
	CHECK_EQUAL(updates, 0);
	expect_flow(flows[0], UPLINK);
	expect_flow(flow_back(flows[0]), UPLINK);
	expect_flow(flow_back(flows[0]), UPLINK);
	ct_process();
	CHECK_EQUAL(updates, 1);
	CHECK_EQUAL(last[0].counter.total_pkts, 1);
	CHECK_EQUAL(last[1].counter.total_pkts, 2);
	CHECK(last_data == doca_flow_ct_entry_get_priv_data(CT_QUEUE, pipe, entries[0]));
	ct_process();
	CHECK_EQUAL(updates, 1);
	/* The younger one's are told first. */
	expect_flow(flows[0], UPLINK);
	expect_flow(flows[1], UPLINK);
	doomed = entries[0];
	ct_process();
	CHECK_EQUAL(updates, 2);
	CHECK(last_data == doca_flow_ct_entry_get_priv_data(CT_QUEUE, pipe, entries[1]));
	ct_process();
	CHECK_EQUAL(heard.removed, 1);
	CHECK_EQUAL(updates, 2);
	doca_flow_pipe_destroy(pipe); /* with those that are still reported */
	ct_process();
	ct_down();
}

/* ---- Ageing. */

static int age(void)
{
	return doca_flow_aging_handle(ports[UPLINK], CT_QUEUE, 0, 0);
}

/* Packets of either direction keep a connection young. */
static void idle_connections_age(void)
{
	const struct flow flow = udp(0), lasting = udp(1);
	struct doca_flow_pipe_entry *entry;
	struct doca_flow_pipe *pipe;

	ct_up(ct_cfg());
	pipe = ct_pipe(NULL, NULL, 0);
	entry = connect_flow(pipe, &flow, BOTH, NULL, NULL, 1);
	connect_flow(pipe, &lasting, BOTH, NULL, NULL, 0);
	sleep_ms(600);
	expect_flow(flow_back(flow), UPLINK);
	sleep_ms(600);
	CHECK_EQUAL(age(), -1);
	sleep_ms(500);
	CHECK_EQUAL(doca_flow_aging_handle(ports[UPLINK], CT_QUEUE + 1, 0, 0), -1);
	CHECK_EQUAL(age(), 1);
	CHECK_EQUAL(heard.aged, 1);
	CHECK(heard.last == entry);
	CHECK_EQUAL(age(), -1); /* once is enough */
	expect_flow(flow, UPLINK);
	/* Given more time it may age again. */
	OK(doca_flow_ct_update_entry(CT_QUEUE, pipe, NOW, entry, NULL, NULL, 0, 0, 1));
	ct_process();
	CHECK_EQUAL(age(), -1);
	sleep_ms(1100);
	CHECK_EQUAL(age(), 1);
	OK(doca_flow_ct_update_entry(CT_QUEUE, pipe, NOW, entry, NULL, NULL, 0, 0, 0));
	ct_process();
	CHECK_EQUAL(age(), -1);
	ct_down();
}

static void nothing_ages_without_ageing(void)
{
	struct doca_flow_ct_cfg *cfg = ct_cfg();
	const struct flow flow = udp(0);
	struct doca_flow_pipe_entry *entry;
	struct doca_flow_pipe *pipe;

	OK(doca_flow_ct_cfg_set_flags(cfg, DOCA_FLOW_CT_FLAG_NO_AGING | DOCA_FLOW_CT_FLAG_NO_COUNTER));
	ct_up(cfg);
	pipe = ct_pipe(NULL, NULL, 0);
	entry = connect_flow(pipe, &flow, BOTH | COUNTED, NULL, NULL, 1);
	OK(doca_flow_ct_update_entry(CT_QUEUE, pipe, NOW, entry, NULL, NULL, 0, 0, 1));
	ct_process();
	sleep_ms(1100);
	CHECK_EQUAL(age(), -1);
	ct_down();
}

int main(void)
{
	devices_open();
	for (unsigned int cycle = 0; cycle < 2; cycle++) {
		connections_count_until_they_are_gone();
		counters_are_asked_for();
		counters_that_move_are_reported();
	}
	idle_connections_age();
	nothing_ages_without_ageing();
	devices_close();
	return 0;
}
