/* SPDX-License-Identifier: Apache-2.0 */
/* A thread per queue adds and removes, while others inject, receive, query and count. */
#include <pthread.h>
#include <stdatomic.h>

#include "flow_fixture.h"

#define QUEUES 2u
#define ROUNDS 60u
#define HOSTS 64u

static struct doca_flow_pipe *pipe_of_all;
static atomic_uint added[QUEUES], removed[QUEUES];
static atomic_bool over;

static void count(struct doca_flow_pipe_entry *entry, uint16_t queue, enum doca_flow_entry_status status,
		  enum doca_flow_entry_op op, void *user_ctx)
{
	(void)entry;
	(void)user_ctx;
	CHECK_EQUAL(status, DOCA_FLOW_ENTRY_STATUS_SUCCESS);
	atomic_fetch_add(op == DOCA_FLOW_ENTRY_OP_ADD ? &added[queue] : &removed[queue], 1);
}

static uint32_t host_of(uint16_t queue, uint32_t index)
{
	return IP(10, queue, 0, 0) + index;
}

static struct doca_flow_pipe_entry *add(uint16_t queue, uint32_t index)
{
	struct doca_flow_match match = { .outer = { .l3_type = DOCA_FLOW_L3_TYPE_IP4,
						    .ip4.dst_ip = htobe32(host_of(queue, index)) } };
	struct doca_flow_fwd fwd = fwd_port(index % 2 == 0 ? UPLINK : VF1);
	struct doca_flow_pipe_entry *entry;

	OK(doca_flow_pipe_basic_add_entry(queue, pipe_of_all, &match, 0, NULL, NULL, &fwd,
					  DOCA_FLOW_ENTRY_FLAGS_WAIT_FOR_BATCH, NULL, &entry));
	return entry;
}

static void *offload(void *argument)
{
	uint16_t queue = (uint16_t)(uintptr_t)argument;
	struct doca_flow_pipe_entry *entries[HOSTS];

	for (uint32_t round = 0; round < ROUNDS; round++) {
		for (uint32_t index = 0; index < HOSTS; index++)
			entries[index] = add(queue, index);
		OK(doca_flow_entries_process(ports[UPLINK], queue, 0, 0));
		for (uint32_t index = 0; index < HOSTS; index++)
			OK(doca_flow_pipe_remove_entry(queue, 0, entries[index]));
		CHECK_EQUAL(doca_flow_aging_handle(ports[UPLINK], queue, 0, 0), -1);
		OK(doca_flow_entries_process(ports[UPLINK], queue, 0, 0));
	}
	return NULL;
}

static void *traffic(void *argument)
{
	(void)argument;
	for (uint32_t index = 0; !atomic_load(&over); index++) {
		inject(VF0, frame_udp(1, host_of(index % QUEUES, index / QUEUES % HOSTS), 1, 1));
		sent(UPLINK, NULL);
		statistics();
	}
	return NULL;
}

static void *listen_to_queue(void *argument)
{
	struct softnic_received received;
	uint8_t bytes[256];

	(void)argument;
	while (!atomic_load(&over)) {
		doca_error_t result = softnic_receive(ports[UPLINK], 0, &received, bytes, sizeof(bytes), 1000);

		CHECK(result == DOCA_SUCCESS || result == DOCA_ERROR_AGAIN);
	}
	return NULL;
}

static void set_up(void)
{
	struct doca_flow_cfg *cfg = nic_cfg();
	struct doca_flow_match match = { .outer = { .l3_type = DOCA_FLOW_L3_TYPE_IP4,
						    .ip4.dst_ip = UINT32_MAX } };
	uint16_t queues[] = { 0 };
	struct doca_flow_fwd fwd = fwd_port(UINT16_MAX), punt = fwd_rss(queues, 1), miss;
	struct doca_flow_pipe_cfg *pipe;
	struct doca_flow_pipe *software;

	OK(doca_flow_cfg_set_cb_entry_process(cfg, count));
	OK(doca_flow_init(cfg));
	OK(doca_flow_cfg_destroy(cfg));
	ports_up();
	pipe = pipe_cfg("software", DOCA_FLOW_PIPE_BASIC, false);
	match.outer.ip4.dst_ip = 0;
	OK(doca_flow_pipe_cfg_set_match(pipe, &match, NULL));
	software = pipe_up(pipe, &punt, NULL);
	OK(doca_flow_pipe_basic_add_entry(0, software, NULL, 0, NULL, NULL, NULL, 0, NULL, NULL));
	miss = fwd_pipe(software);
	pipe = pipe_cfg("hosts", DOCA_FLOW_PIPE_BASIC, true);
	match.outer.ip4.dst_ip = UINT32_MAX;
	OK(doca_flow_pipe_cfg_set_match(pipe, &match, NULL));
	pipe_of_all = pipe_up(pipe, &fwd, &miss);
	process();
	CHECK_EQUAL(atomic_exchange(&added[0], 0), 1);
}

int main(void)
{
	pthread_t queues[QUEUES], sender, listener;

	devices_open();
	set_up();
	CHECK_EQUAL(pthread_create(&sender, NULL, traffic, NULL), 0);
	CHECK_EQUAL(pthread_create(&listener, NULL, listen_to_queue, NULL), 0);
	for (uintptr_t queue = 0; queue < QUEUES; queue++)
		CHECK_EQUAL(pthread_create(&queues[queue], NULL, offload, (void *)queue), 0);
	for (unsigned int queue = 0; queue < QUEUES; queue++) {
		CHECK_EQUAL(pthread_join(queues[queue], NULL), 0);
		CHECK_EQUAL(atomic_load(&added[queue]), ROUNDS * HOSTS);
		CHECK_EQUAL(atomic_load(&removed[queue]), ROUNDS * HOSTS);
	}
	atomic_store(&over, true);
	CHECK_EQUAL(pthread_join(sender, NULL), 0);
	CHECK_EQUAL(pthread_join(listener, NULL), 0);
	nic_down();
	devices_close();
	return 0;
}
