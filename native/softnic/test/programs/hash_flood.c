/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A switch of MAC addresses, which floods what it does not know:
 *
 *   hash_flood -r pci/0000:03:00.0,pf0vf[0-1] -m 0,02:00:00:00:00:03 -m 1,02:00:00:00:00:01
 *
 * MACS (basic root: MAC → port) → else FLOOD (hash: a copy to every member) → a GATE each (control: not back where
 * it came from) → port.
 */
#include <stdio.h>

#include "nic.h"

DOCA_LOG_REGISTER(HASH_FLOOD);

#define MEMBERS_MAX 4 /* a power of two */

static struct known {
	uint16_t port_id;
	uint8_t mac[6];
	struct doca_flow_pipe_entry *entry;
} known[PORTS_MAX];
static uint16_t nr_known;

/* "1,02:00:00:00:00:01" */
static doca_error_t take_mac(void *param, void *config)
{
	const char *text = param;
	struct known *next = &known[nr_known];
	int length = -1;

	(void)config;
	if (nr_known == PORTS_MAX)
		return DOCA_ERROR_TOO_BIG;
	if (sscanf(text, "%hu,%hhx:%hhx:%hhx:%hhx:%hhx:%hhx%n", &next->port_id, &next->mac[0],
		   &next->mac[1], &next->mac[2], &next->mac[3], &next->mac[4], &next->mac[5],
		   &length) != 7 || text[length] != '\0') {
		DOCA_LOG_ERR("\"%s\" is not like 1,02:00:00:00:00:01", text);
		return DOCA_ERROR_INVALID_VALUE;
	}
	nr_known++;
	return DOCA_SUCCESS;
}

static doca_error_t parameters(void)
{
	struct doca_argp_param *param;

	TRY(doca_argp_param_create(&param));
	doca_argp_param_set_short_name(param, "m");
	doca_argp_param_set_long_name(param, "mac");
	doca_argp_param_set_arguments(param, "<port,MAC>");
	doca_argp_param_set_description(param, "Where a MAC address is");
	doca_argp_param_set_callback(param, take_mac);
	doca_argp_param_set_type(param, DOCA_ARGP_TYPE_STRING);
	doca_argp_param_set_multiplicity(param);
	return doca_argp_register_param(param);
}

static doca_error_t make_gate(struct doca_flow_port *port, uint16_t id, struct doca_flow_pipe **pipe)
{
	/* Without a mask, 0 would be any port. */
	struct doca_flow_match same = { .parser_meta.port_id = id };
	struct doca_flow_match mask = { .parser_meta.port_id = UINT16_MAX };
	struct doca_flow_match any = { 0 };
	struct doca_flow_fwd drop = { .type = DOCA_FLOW_FWD_DROP };
	struct doca_flow_fwd out = { .type = DOCA_FLOW_FWD_PORT, .port_id = id };
	struct doca_flow_pipe_cfg *cfg;
	struct batch batch = { 0 };

	TRY(nic_pipe_cfg(port, "GATE", DOCA_FLOW_PIPE_CONTROL, false, &cfg));
	TRY(nic_pipe(cfg, NULL, NULL, pipe));
	TRY(doca_flow_pipe_control_add_entry(QUEUE, *pipe, &same, &mask, NULL, NULL, NULL, NULL, NULL, 0,
					     &drop, &batch, NULL));
	TRY(doca_flow_pipe_control_add_entry(QUEUE, *pipe, &any, NULL, NULL, NULL, NULL, NULL, NULL, 1, &out,
					     &batch, NULL));
	return nic_complete(port, &batch, 2);
}

static doca_error_t make_flood(struct doca_flow_port *port, uint16_t nr_members,
			       struct doca_flow_pipe **pipe)
{
	struct doca_flow_match mask = { .outer.eth.dst_mac = { 255, 255, 255, 255, 255, 255 } };
	struct doca_flow_fwd fwd = { .type = DOCA_FLOW_FWD_PIPE };
	struct doca_flow_pipe *gates[MEMBERS_MAX];
	struct doca_flow_pipe_cfg *cfg;
	struct batch batch = { 0 };

	for (uint16_t id = 0; id < nr_members; id++)
		TRY(make_gate(port, id, &gates[id]));
	TRY(nic_pipe_cfg(port, "FLOOD", DOCA_FLOW_PIPE_HASH, false, &cfg));
	TRY(doca_flow_pipe_cfg_set_match(cfg, NULL, &mask));
	TRY(doca_flow_pipe_cfg_set_nr_entries(cfg, MEMBERS_MAX));
	TRY(doca_flow_pipe_cfg_set_hash_map_algorithm(cfg, DOCA_FLOW_PIPE_HASH_MAP_ALGORITHM_FLOODING));
	TRY(nic_pipe(cfg, &fwd, NULL, pipe));
	for (uint16_t id = 0; id < nr_members; id++) {
		fwd.next_pipe = gates[id];
		TRY(doca_flow_pipe_hash_add_entry(QUEUE, *pipe, id, 0, NULL, NULL, &fwd,
						  DOCA_FLOW_ENTRY_FLAGS_NO_WAIT, &batch, NULL));
	}
	return nic_complete(port, &batch, nr_members);
}

static doca_error_t make_macs(struct doca_flow_port *port, struct doca_flow_pipe *flood,
			      struct doca_flow_pipe **pipe)
{
	struct doca_flow_match match = { .outer.eth.dst_mac = { 255, 255, 255, 255, 255, 255 } };
	struct doca_flow_monitor monitor = { .counter_type = DOCA_FLOW_RESOURCE_TYPE_NON_SHARED };
	struct doca_flow_fwd fwd = { .type = DOCA_FLOW_FWD_PORT, .port_id = UINT16_MAX };
	struct doca_flow_fwd miss = { .type = DOCA_FLOW_FWD_PIPE, .next_pipe = flood };
	struct doca_flow_pipe_cfg *cfg;
	struct batch batch = { 0 };

	TRY(nic_pipe_cfg(port, "MACS", DOCA_FLOW_PIPE_BASIC, true, &cfg));
	TRY(doca_flow_pipe_cfg_set_match(cfg, &match, NULL));
	TRY(doca_flow_pipe_cfg_set_monitor(cfg, &monitor));
	TRY(doca_flow_pipe_cfg_set_miss_counter(cfg, true));
	TRY(nic_pipe(cfg, &fwd, &miss, pipe));
	for (uint16_t i = 0; i < nr_known; i++) {
		for (unsigned int byte = 0; byte < 6; byte++)
			match.outer.eth.dst_mac[byte] = known[i].mac[byte];
		fwd.port_id = known[i].port_id;
		TRY(doca_flow_pipe_basic_add_entry(QUEUE, *pipe, &match, 0, NULL, NULL, &fwd,
						   DOCA_FLOW_ENTRY_FLAGS_NO_WAIT, &batch,
						   &known[i].entry));
	}
	return nic_complete(port, &batch, nr_known);
}

static doca_error_t serve(struct nic *nic)
{
	struct doca_flow_resource_query missed;
	struct doca_flow_pipe *flood, *macs;
	struct doca_flow_port *port;
	uint64_t packets = 0;

	TRY(nic_start(nic, "switch,hws", 64));
	if (nic->nr_ports > MEMBERS_MAX)
		return DOCA_ERROR_TOO_BIG;
	port = doca_flow_port_switch_get(NULL);
	TRY(make_flood(port, nic->nr_ports, &flood));
	TRY(make_macs(port, flood, &macs));
	nic_serve();
	for (uint16_t i = 0; i < nr_known; i++) {
		struct doca_flow_resource_query query;

		TRY(doca_flow_resource_query_entry(known[i].entry, &query));
		packets += query.counter.total_pkts;
	}
	TRY(doca_flow_resource_query_pipe_miss(macs, &missed));
	DOCA_LOG_INFO("counted known: %llu", (unsigned long long)packets);
	DOCA_LOG_INFO("counted flooded: %llu", (unsigned long long)missed.counter.total_pkts);
	return DOCA_SUCCESS;
}

int main(int argc, char **argv)
{
	struct nic nic;
	doca_error_t result = nic_arguments("hash_flood", &nic, parameters);

	if (result == DOCA_SUCCESS)
		result = doca_argp_start(argc, argv);
	if (result == DOCA_SUCCESS)
		result = serve(&nic);
	nic_stop(&nic);
	return result == DOCA_SUCCESS ? 0 : 1;
}
