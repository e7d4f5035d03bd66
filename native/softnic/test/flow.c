/* SPDX-License-Identifier: Apache-2.0 */
/* The API's life cycle, and entries from their addition to their removal. */
#include "flow_fixture.h"

#define HOST IP(10, 0, 0, 1)
#define FRAME frame_udp(IP(10, 0, 0, 9), HOST, 1000, 2000)

static void null_is_an_error_everywhere(void)
{
	struct doca_flow_pipe_cfg *none = NULL;
	uint32_t id = 0;

	CHECK_EQUAL(doca_flow_cfg_create(NULL), DOCA_ERROR_INVALID_VALUE);
	CHECK_EQUAL(doca_flow_cfg_destroy(NULL), DOCA_ERROR_INVALID_VALUE);
	CHECK_EQUAL(doca_flow_init(NULL), DOCA_ERROR_INVALID_VALUE);
	CHECK_EQUAL(doca_flow_port_start(NULL, NULL), DOCA_ERROR_BAD_STATE);
	CHECK_EQUAL(doca_flow_port_stop(NULL), DOCA_ERROR_INVALID_VALUE);
	CHECK_EQUAL(doca_flow_pipe_cfg_create(&none, NULL), DOCA_ERROR_INVALID_VALUE);
	CHECK_EQUAL(doca_flow_pipe_create(NULL, NULL, NULL, NULL), DOCA_ERROR_INVALID_VALUE);
	CHECK_EQUAL(doca_flow_pipe_basic_add_entry(0, NULL, NULL, 0, NULL, NULL, NULL, 0, NULL, NULL),
		    DOCA_ERROR_INVALID_VALUE);
	CHECK_EQUAL(doca_flow_pipe_remove_entry(0, 0, NULL), DOCA_ERROR_INVALID_VALUE);
	CHECK_EQUAL(doca_flow_entries_process(NULL, 0, 0, 0), DOCA_ERROR_INVALID_VALUE);
	CHECK_EQUAL(doca_flow_aging_handle(NULL, 0, 0, 0), -1);
	CHECK_EQUAL(doca_flow_shared_resource_set_cfg(DOCA_FLOW_SHARED_RESOURCE_METER, 0, NULL),
		    DOCA_ERROR_BAD_STATE);
	CHECK_EQUAL(doca_flow_port_shared_resource_get(NULL, DOCA_FLOW_SHARED_RESOURCE_METER, &id),
		    DOCA_ERROR_INVALID_VALUE);
	CHECK(doca_flow_port_switch_get(NULL) == NULL);
	CHECK(doca_flow_port_priv_data(NULL) == NULL);
	doca_flow_pipe_destroy(NULL);
	doca_flow_port_pipes_flush(NULL);
	doca_flow_pipe_dump(NULL, stderr);
	doca_flow_destroy();
}

static void the_mode_has_a_grammar(void)
{
	static const char *const good[] = {
		"vnf", "switch", "switch,hws,expert", "vnf,hws,isolated,hairpinq_num=4",
		"switch,hws,cpds",
	};
	static const char *const bad[] = {
		"",	      "hws",	 "vnf,", "switch,,hws", "switch,hairpinq_num=",
		"vnf,expert", "switch,x", "remote", "vnf,hairpinq_num=4x",
	};
	struct doca_flow_cfg *cfg;

	OK(doca_flow_cfg_create(&cfg));
	CHECK_EQUAL(doca_flow_init(cfg), DOCA_ERROR_INVALID_VALUE);
	for (unsigned int index = 0; index < sizeof(good) / sizeof(good[0]); index++)
		OK(doca_flow_cfg_set_mode_args(cfg, good[index]));
	for (unsigned int index = 0; index < sizeof(bad) / sizeof(bad[0]); index++)
		CHECK_EQUAL(doca_flow_cfg_set_mode_args(cfg, bad[index]), DOCA_ERROR_INVALID_VALUE);
	OK(doca_flow_cfg_destroy(cfg));
}

static doca_error_t start(struct doca_flow_port_cfg *cfg)
{
	struct doca_flow_port *port;

	return doca_flow_port_start(cfg, &port);
}

static void ports_start_behind_their_manager_and_stop_before_it(void)
{
	struct doca_flow_cfg *cfg = nic_cfg();
	struct doca_flow_port_cfg *port_cfg;

	OK(doca_flow_init(cfg));
	CHECK_EQUAL(doca_flow_init(cfg), DOCA_ERROR_ALREADY_EXIST);
	OK(doca_flow_cfg_destroy(cfg));
	OK(doca_flow_port_cfg_create(&port_cfg));
	CHECK_EQUAL(start(port_cfg), DOCA_ERROR_INVALID_VALUE); /* no id */
	OK(doca_flow_port_cfg_set_port_id(port_cfg, VF0));
	CHECK_EQUAL(start(port_cfg), DOCA_ERROR_INVALID_VALUE); /* no device */
	OK(doca_flow_port_cfg_set_dev_rep(port_cfg, representors[0]));
	CHECK_EQUAL(start(port_cfg), DOCA_ERROR_BAD_STATE); /* no manager */
	OK(doca_flow_port_cfg_set_priv_data_size(port_cfg, 32));
	ports[UPLINK] = port_up(UPLINK);
	OK(doca_flow_port_start(port_cfg, &ports[VF0]));
	memset(doca_flow_port_priv_data(ports[VF0]), 1, 32);
	CHECK_EQUAL(start(port_cfg), DOCA_ERROR_ALREADY_EXIST);
	CHECK(doca_flow_port_switch_get(NULL) == ports[UPLINK]);
	CHECK(doca_flow_port_switch_get(ports[VF0]) == ports[UPLINK]);
	CHECK_EQUAL(doca_flow_port_stop(ports[UPLINK]), DOCA_ERROR_IN_USE);
	CHECK_EQUAL(doca_flow_port_pair(ports[UPLINK], ports[VF0]), DOCA_ERROR_NOT_SUPPORTED);
	OK(doca_flow_port_stop(ports[VF0]));
	destination_pipe();
	CHECK_EQUAL(doca_flow_port_stop(ports[UPLINK]), DOCA_ERROR_IN_USE);
	doca_flow_port_pipes_flush(ports[UPLINK]);
	OK(doca_flow_port_stop(ports[UPLINK]));
	OK(doca_flow_port_cfg_destroy(port_cfg));
	doca_flow_destroy();
}

static void what_is_left_goes_with_the_library(void)
{
	nic_up();
	destination_add(destination_pipe(), HOST, UPLINK, DOCA_FLOW_ENTRY_FLAGS_WAIT_FOR_BATCH);
	inject(VF0, FRAME);
	doca_flow_destroy();
	doca_flow_destroy();
}

static void a_vnf_port_steers_alone(void)
{
	struct doca_flow_cfg *cfg = nic_cfg();
	struct doca_flow_port_cfg *port_cfg;
	struct softnic_received received;
	struct frame frame = FRAME;
	uint8_t bytes[256];

	OK(doca_flow_cfg_set_mode_args(cfg, "vnf,hws"));
	OK(doca_flow_init(cfg));
	OK(doca_flow_cfg_destroy(cfg));
	OK(doca_flow_port_cfg_create(&port_cfg));
	OK(doca_flow_port_cfg_set_port_id(port_cfg, 1));
	OK(doca_flow_port_cfg_set_dev_rep(port_cfg, representors[0]));
	CHECK_EQUAL(start(port_cfg), DOCA_ERROR_NOT_SUPPORTED);
	OK(doca_flow_port_cfg_destroy(port_cfg));
	ports[UPLINK] = port_up(UPLINK);
	CHECK(doca_flow_port_switch_get(NULL) == NULL);
	/* Without a pipe all goes to software, and what that sends goes out. */
	inject(UPLINK, frame);
	CHECK_EQUAL(softnic_receive(ports[UPLINK], 0, &received, bytes, 10, 0), DOCA_ERROR_TOO_BIG);
	CHECK_EQUAL(received.length, frame.length);
	OK(softnic_receive(ports[UPLINK], 0, &received, bytes, sizeof(bytes), 0));
	CHECK(memcmp(bytes, frame.bytes, frame.length) == 0);
	CHECK_EQUAL(softnic_receive(ports[UPLINK], 0, &received, bytes, sizeof(bytes), 1000),
		    DOCA_ERROR_AGAIN);
	OK(softnic_send(ports[UPLINK], 77, frame.bytes, frame.length));
	CHECK(sent(UPLINK, NULL));
	OK(doca_flow_port_stop(ports[UPLINK]));
	doca_flow_destroy();
}

static void entries_complete_when_asked_for(void)
{
	struct doca_flow_pipe *pipe;
	struct doca_flow_pipe_entry *entry;

	nic_up();
	pipe = destination_pipe();
	expect(FRAME, PORTS);
	entry = destination_add(pipe, HOST, UPLINK, 0);
	CHECK_EQUAL(doca_flow_pipe_entry_get_status(entry), DOCA_FLOW_ENTRY_STATUS_IN_PROCESS);
	CHECK_EQUAL(heard.added, 0);
	OK(doca_flow_entries_process(ports[UPLINK], 1, 0, 0)); /* another queue */
	CHECK_EQUAL(heard.added, 0);
	process();
	CHECK_EQUAL(heard.added, 1);
	CHECK(heard.last == entry);
	CHECK_EQUAL(doca_flow_pipe_entry_get_status(entry), DOCA_FLOW_ENTRY_STATUS_SUCCESS);
	expect(FRAME, UPLINK);
	OK(doca_flow_pipe_remove_entry(0, 0, entry));
	expect(FRAME, PORTS);
	CHECK_EQUAL(doca_flow_pipe_remove_entry(0, 0, entry), DOCA_ERROR_BAD_STATE);
	CHECK_EQUAL(heard.removed, 0);
	process();
	CHECK_EQUAL(heard.removed, 1);
	CHECK_EQUAL(statistics().entry_operations, 2);
	nic_down();
}

static void batches_wait_for_their_end(void)
{
	struct doca_flow_pipe *pipe;

	nic_up();
	pipe = destination_pipe();
	destination_add(pipe, HOST, UPLINK, DOCA_FLOW_ENTRY_FLAGS_WAIT_FOR_BATCH);
	destination_add(pipe, HOST + 1, UPLINK, DOCA_FLOW_ENTRY_FLAGS_WAIT_FOR_BATCH);
	expect(FRAME, PORTS);
	destination_add(pipe, HOST + 2, UPLINK, DOCA_FLOW_ENTRY_FLAGS_NO_WAIT);
	expect(FRAME, UPLINK);
	OK(doca_flow_entries_process(ports[UPLINK], 0, 1000, 2));
	CHECK_EQUAL(heard.added, 2);
	destination_add(pipe, HOST + 3, UPLINK, DOCA_FLOW_ENTRY_FLAGS_WAIT_FOR_BATCH);
	process(); /* pushes */
	CHECK_EQUAL(heard.added, 4);
	nic_down();
}

static void a_full_queue_completes_by_itself(void)
{
	struct doca_flow_pipe *pipe;

	nic_up();
	pipe = destination_pipe();
	for (uint32_t host = 0; host < 40; host++)
		destination_add(pipe, HOST + host, UPLINK, DOCA_FLOW_ENTRY_FLAGS_WAIT_FOR_BATCH);
	CHECK_EQUAL(heard.added, 32); /* twice the depth of 16 */
	process();
	CHECK_EQUAL(heard.added, 40);
	nic_down();
}

static void delayed_completions_fill_the_queue(void)
{
	struct doca_flow_pipe *pipe;
	struct doca_flow_match match = { .outer.l3_type = DOCA_FLOW_L3_TYPE_IP4 };
	struct doca_flow_fwd fwd = fwd_port(UPLINK);

	nic_up();
	pipe = destination_pipe();
	softnic_delay_completions(3);
	for (uint32_t host = 0; host < 16; host++)
		destination_add(pipe, HOST + host, UPLINK, 0);
	CHECK_EQUAL(doca_flow_pipe_basic_add_entry(0, pipe, &match, 0, NULL, NULL, &fwd, 0, NULL, NULL),
		    DOCA_ERROR_AGAIN);
	expect(FRAME, PORTS);
	process();
	process();
	CHECK_EQUAL(heard.added, 0);
	process();
	CHECK_EQUAL(heard.added, 16);
	expect(FRAME, UPLINK);
	softnic_delay_completions(0);
	nic_down();
}

static void the_nth_operation_fails(void)
{
	struct doca_flow_pipe *pipe;
	struct doca_flow_pipe_entry *entry;
	struct doca_flow_fwd fwd = fwd_port(VF1);

	nic_up();
	pipe = destination_pipe();
	softnic_fail_entry(2);
	destination_add(pipe, HOST, UPLINK, 0);
	destination_add(pipe, HOST + 1, UPLINK, 0);
	destination_add(pipe, HOST + 2, UPLINK, 0);
	process();
	CHECK_EQUAL(heard.added, 2);
	CHECK_EQUAL(heard.errors, 1);
	expect(frame_udp(1, HOST + 1, 1, 1), PORTS);
	/* Its place is free again. */
	entry = destination_add(pipe, HOST + 1, UPLINK, 0);
	process();
	expect(frame_udp(1, HOST + 1, 1, 1), UPLINK);
	/* A failed update leaves the old, a failed removal the entry. */
	softnic_fail_entry(1);
	OK(doca_flow_pipe_basic_update_entry(0, pipe, 0, NULL, NULL, &fwd, 0, entry));
	process();
	expect(frame_udp(1, HOST + 1, 1, 1), UPLINK);
	softnic_fail_entry(1);
	OK(doca_flow_pipe_remove_entry(0, 0, entry));
	process();
	CHECK_EQUAL(heard.errors, 3);
	expect(frame_udp(1, HOST + 1, 1, 1), UPLINK);
	OK(doca_flow_pipe_remove_entry(0, 0, entry));
	process();
	CHECK_EQUAL(heard.removed, 1);
	nic_down();
}

static void a_key_that_is_there_is_an_error(void)
{
	struct doca_flow_pipe *pipe;

	nic_up();
	pipe = destination_pipe();
	destination_add(pipe, HOST, UPLINK, 0);
	destination_add(pipe, HOST, VF1, 0);
	process();
	CHECK_EQUAL(heard.added, 1);
	CHECK_EQUAL(heard.errors, 1);
	expect(FRAME, UPLINK);
	nic_down();
}

static void an_addition_may_be_removed_before_it_completes(void)
{
	struct doca_flow_pipe *pipe;
	struct doca_flow_pipe_entry *entry;
	struct doca_flow_fwd fwd = fwd_port(VF1);

	nic_up();
	pipe = destination_pipe();
	entry = destination_add(pipe, HOST, UPLINK, 0);
	CHECK_EQUAL(doca_flow_pipe_basic_update_entry(0, pipe, 0, NULL, NULL, &fwd, 0, entry),
		    DOCA_ERROR_AGAIN);
	CHECK_EQUAL(doca_flow_pipe_remove_entry(1, 0, entry), DOCA_ERROR_AGAIN);
	OK(doca_flow_pipe_remove_entry(0, 0, entry));
	process();
	CHECK_EQUAL(heard.added, 1);
	CHECK_EQUAL(heard.removed, 1);
	/* And if the addition failed, too. */
	softnic_fail_entry(1);
	entry = destination_add(pipe, HOST, UPLINK, 0);
	OK(doca_flow_pipe_remove_entry(0, 0, entry));
	process();
	CHECK_EQUAL(heard.errors, 1);
	CHECK_EQUAL(heard.removed, 2);
	nic_down();
}

static void an_update_swaps_at_once_and_counts_on(void)
{
	struct doca_flow_pipe *pipe;
	struct doca_flow_pipe_entry *entry;
	struct doca_flow_fwd fwd = fwd_port(VF1);

	nic_up();
	pipe = destination_pipe();
	entry = destination_add(pipe, HOST, UPLINK, 0);
	process();
	expect(FRAME, UPLINK);
	OK(doca_flow_pipe_basic_update_entry(0, pipe, 0, NULL, NULL, &fwd, 0, entry));
	CHECK_EQUAL(doca_flow_pipe_entry_get_status(entry), DOCA_FLOW_ENTRY_STATUS_IN_PROCESS);
	process();
	CHECK_EQUAL(heard.updated, 1);
	expect(FRAME, VF1);
	CHECK_EQUAL(packets_of(entry), 2);
	nic_down();
}

static struct doca_flow_pipe *destroyed_in_callback;

static void destroy_pipe(struct doca_flow_pipe_entry *entry, uint16_t queue,
			 enum doca_flow_entry_status status, enum doca_flow_entry_op op, void *user_ctx)
{
	on_entry(entry, queue, status, op, user_ctx);
	doca_flow_pipe_destroy(destroyed_in_callback);
	destroyed_in_callback = NULL;
}

static void a_callback_may_destroy_the_pipe(void)
{
	struct doca_flow_cfg *cfg = nic_cfg();
	struct doca_flow_pipe_entry *entry;
	struct doca_flow_pipe *pipe;

	OK(doca_flow_cfg_set_cb_entry_process(cfg, destroy_pipe));
	OK(doca_flow_init(cfg));
	OK(doca_flow_cfg_destroy(cfg));
	ports_up();
	memset(&heard, 0, sizeof(heard));
	for (int failing = 0; failing < 2; failing++) {
		destroyed_in_callback = destination_pipe();
		softnic_fail_entry((uint64_t)failing);
		destination_add(destroyed_in_callback, HOST, UPLINK, 0);
		destination_add(destroyed_in_callback, HOST + 1, UPLINK, 0);
		process();
		CHECK_EQUAL(heard.added, 1);
		CHECK_EQUAL(heard.errors, failing);
	}
	/* In the callback of a removal. */
	pipe = destination_pipe();
	entry = destination_add(pipe, HOST, UPLINK, 0);
	process();
	destroyed_in_callback = pipe;
	OK(doca_flow_pipe_remove_entry(0, 0, entry));
	process();
	CHECK_EQUAL(heard.removed, 1);
	expect(FRAME, PORTS);
	nic_down();
}

static void flushing_forgets_what_is_pending(void)
{
	struct doca_flow_pipe *pipe;
	struct doca_flow_pipe_entry *entry;

	nic_up();
	pipe = destination_pipe();
	entry = destination_add(pipe, HOST, UPLINK, 0);
	process();
	OK(doca_flow_pipe_remove_entry(0, DOCA_FLOW_ENTRY_FLAGS_WAIT_FOR_BATCH, entry));
	destination_add(pipe, HOST + 1, UPLINK, DOCA_FLOW_ENTRY_FLAGS_WAIT_FOR_BATCH);
	doca_flow_port_pipes_flush(ports[UPLINK]);
	process();
	CHECK_EQUAL(heard.added, 1);
	CHECK_EQUAL(heard.removed, 0);
	/* Nothing is left that could be told apart from a new start. */
	pipe = destination_pipe();
	for (uint32_t host = 0; host < 16; host++)
		destination_add(pipe, HOST + host, UPLINK, 0);
	CHECK_EQUAL(heard.added, 1);
	process();
	CHECK_EQUAL(heard.added, 17);
	nic_down();
}

static void wrong_calls_are_refused(void)
{
	struct doca_flow_pipe_cfg *cfg;
	struct doca_flow_pipe *pipe, *second;
	struct doca_flow_match match = { .outer.l3_type = DOCA_FLOW_L3_TYPE_IP4 };
	struct doca_flow_fwd fwd = fwd_port(UPLINK);

	nic_up();
	pipe = destination_pipe();
	cfg = pipe_cfg("second root", DOCA_FLOW_PIPE_BASIC, true);
	OK(doca_flow_pipe_cfg_set_match(cfg, &match, NULL));
	CHECK_EQUAL(doca_flow_pipe_create(cfg, &fwd, NULL, &second), DOCA_ERROR_INVALID_VALUE);
	OK(doca_flow_pipe_cfg_set_domain(cfg, DOCA_FLOW_PIPE_DOMAIN_EGRESS));
	CHECK_EQUAL(doca_flow_pipe_cfg_set_domain(cfg, DOCA_FLOW_PIPE_DOMAIN_EGRESS),
		    DOCA_ERROR_ALREADY_EXIST);
	CHECK_EQUAL(doca_flow_pipe_cfg_set_congestion_level_threshold(cfg, 101), DOCA_ERROR_INVALID_VALUE);
	CHECK_EQUAL(doca_flow_pipe_cfg_set_actions(cfg, NULL, NULL, NULL, 1), DOCA_ERROR_INVALID_VALUE);
	CHECK_EQUAL(doca_flow_pipe_cfg_set_excluded_queue(cfg, 2), DOCA_ERROR_INVALID_VALUE);
	OK(doca_flow_pipe_cfg_destroy(cfg));
	CHECK_EQUAL(doca_flow_pipe_basic_add_entry(2, pipe, &match, 0, NULL, NULL, &fwd, 0, NULL, NULL),
		    DOCA_ERROR_INVALID_VALUE);
	CHECK_EQUAL(doca_flow_pipe_basic_add_entry(0, pipe, &match, 0, NULL, NULL, &fwd, 8, NULL, NULL),
		    DOCA_ERROR_INVALID_VALUE);
	CHECK_EQUAL(doca_flow_pipe_hash_add_entry(0, pipe, 0, 0, NULL, NULL, &fwd, 0, NULL, NULL),
		    DOCA_ERROR_NOT_SUPPORTED);
	CHECK_EQUAL(doca_flow_entries_process(ports[UPLINK], 2, 0, 0), DOCA_ERROR_INVALID_VALUE);
	CHECK_EQUAL(doca_flow_pipe_resize(pipe, 50, NULL, NULL), DOCA_ERROR_NOT_SUPPORTED);
	CHECK_EQUAL(softnic_inject(ports[UPLINK], "", 0), DOCA_ERROR_INVALID_VALUE);
	CHECK_EQUAL(softnic_send(ports[VF0], 0, "x", 1), DOCA_ERROR_INVALID_VALUE);
	nic_down();
}

int main(void)
{
	null_is_an_error_everywhere();
	the_mode_has_a_grammar();
	devices_open();
	ports_start_behind_their_manager_and_stop_before_it();
	what_is_left_goes_with_the_library();
	a_vnf_port_steers_alone();
	entries_complete_when_asked_for();
	batches_wait_for_their_end();
	a_full_queue_completes_by_itself();
	delayed_completions_fill_the_queue();
	the_nth_operation_fails();
	a_key_that_is_there_is_an_error();
	an_addition_may_be_removed_before_it_completes();
	an_update_swaps_at_once_and_counts_on();
	a_callback_may_destroy_the_pipe();
	flushing_forgets_what_is_pending();
	wrong_calls_are_refused();
	devices_close();
	return 0;
}
