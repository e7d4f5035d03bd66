/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bump in the wire between two ports, which gives a server another address:
 *
 *   vnf_rewrite -a pci/0000:03:00.0 -a pci/0000:03:00.1
 *
 * Clients are at port 0. To them the server 10.0.0.2, at port 1, is 10.0.0.9; its MAC address they need not know. On
 * either port: REWRITE (basic root: address, MAC, TTL) → the pair, else OTHER (basic: anything) → the pair.
 */
#include <string.h>

#include "nic.h"

DOCA_LOG_REGISTER(VNF_REWRITE);

enum { CLIENTS, SERVER };

static const doca_be32_t inside = IP4(10, 0, 0, 2), outside = IP4(10, 0, 0, 9);
static const uint8_t server_mac[6] = { 2, 0, 0, 0, 0, 2 };

static doca_error_t make_other(struct doca_flow_port *port, uint16_t to, struct doca_flow_pipe **pipe)
{
	struct doca_flow_match any = { 0 };
	struct doca_flow_fwd fwd = { .type = DOCA_FLOW_FWD_PORT, .port_id = to };
	struct doca_flow_pipe_cfg *cfg;
	struct batch batch = { 0 };

	TRY(nic_pipe_cfg(port, "OTHER", DOCA_FLOW_PIPE_BASIC, false, &cfg));
	TRY(doca_flow_pipe_cfg_set_match(cfg, &any, NULL));
	TRY(nic_pipe(cfg, &fwd, NULL, pipe));
	TRY(doca_flow_pipe_basic_add_entry(QUEUE, *pipe, NULL, 0, NULL, NULL, NULL, 0, &batch, NULL));
	return nic_complete(port, &batch, 1);
}

/* template: what the pipe may write; the rest as for doca_flow_pipe_basic_add_entry. */
static doca_error_t make_rewrite(struct doca_flow_port *port, uint16_t to, struct doca_flow_pipe *other,
				 struct doca_flow_match *match, struct doca_flow_match *entry_match,
				 struct doca_flow_actions *template, struct doca_flow_actions *actions,
				 struct doca_flow_pipe_entry **entry)
{
	/* A TTL of 255 more is one of 1 less. */
	struct doca_flow_action_desc desc = {
		.type = DOCA_FLOW_ACTION_ADD,
		.field_op = { .dst.field_string = "outer.ipv4.ttl", .width = 8 },
	};
	struct doca_flow_action_descs descs = { .nb_action_desc = 1, .desc_array = &desc };
	struct doca_flow_action_descs *all_descs[] = { &descs };
	struct doca_flow_actions *templates[] = { template };
	struct doca_flow_monitor monitor = { .counter_type = DOCA_FLOW_RESOURCE_TYPE_NON_SHARED };
	struct doca_flow_fwd fwd = { .type = DOCA_FLOW_FWD_PORT, .port_id = to };
	struct doca_flow_fwd miss = { .type = DOCA_FLOW_FWD_PIPE, .next_pipe = other };
	struct doca_flow_pipe_cfg *cfg;
	struct doca_flow_pipe *pipe;
	struct batch batch = { 0 };

	template->outer.ip4.ttl = UINT8_MAX;
	actions->outer.ip4.ttl = UINT8_MAX;
	TRY(nic_pipe_cfg(port, "REWRITE", DOCA_FLOW_PIPE_BASIC, true, &cfg));
	TRY(doca_flow_pipe_cfg_set_match(cfg, match, NULL));
	TRY(doca_flow_pipe_cfg_set_actions(cfg, templates, NULL, all_descs, 1));
	TRY(doca_flow_pipe_cfg_set_monitor(cfg, &monitor));
	TRY(nic_pipe(cfg, &fwd, &miss, &pipe));
	TRY(doca_flow_pipe_basic_add_entry(QUEUE, pipe, entry_match, 0, actions, NULL, NULL, 0, &batch, entry));
	return nic_complete(port, &batch, 1);
}

static doca_error_t make_to_server(struct nic *nic, struct doca_flow_pipe_entry **entry)
{
	struct doca_flow_match match = { .outer.l3_type = DOCA_FLOW_L3_TYPE_IP4 }, entry_match = match;
	struct doca_flow_actions template = { .outer.l3_type = DOCA_FLOW_L3_TYPE_IP4 }, actions = template;
	struct doca_flow_pipe *other;

	TRY(make_other(nic->ports[CLIENTS], SERVER, &other));
	match.outer.ip4.dst_ip = UINT32_MAX;
	entry_match.outer.ip4.dst_ip = outside;
	memset(template.outer.eth.dst_mac, UINT8_MAX, sizeof(server_mac));
	template.outer.ip4.dst_ip = UINT32_MAX;
	memcpy(actions.outer.eth.dst_mac, server_mac, sizeof(server_mac));
	actions.outer.ip4.dst_ip = inside;
	return make_rewrite(nic->ports[CLIENTS], SERVER, other, &match, &entry_match, &template, &actions,
			    entry);
}

static doca_error_t make_to_clients(struct nic *nic, struct doca_flow_pipe_entry **entry)
{
	struct doca_flow_match match = { .outer.l3_type = DOCA_FLOW_L3_TYPE_IP4 }, entry_match = match;
	struct doca_flow_actions template = { .outer.l3_type = DOCA_FLOW_L3_TYPE_IP4 }, actions = template;
	struct doca_flow_pipe *other;

	TRY(make_other(nic->ports[SERVER], CLIENTS, &other));
	match.outer.ip4.src_ip = UINT32_MAX;
	entry_match.outer.ip4.src_ip = inside;
	template.outer.ip4.src_ip = UINT32_MAX;
	actions.outer.ip4.src_ip = outside;
	return make_rewrite(nic->ports[SERVER], CLIENTS, other, &match, &entry_match, &template, &actions,
			    entry);
}

static doca_error_t serve(struct nic *nic)
{
	struct doca_flow_pipe_entry *to_server, *to_clients;

	if (nic->nr_devices != 2 || nic->nr_representors != 0) {
		DOCA_LOG_ERR("two devices, please");
		return DOCA_ERROR_INVALID_VALUE;
	}
	TRY(nic_start(nic, "vnf,hws", 16));
	TRY(doca_flow_port_pair(nic->ports[CLIENTS], nic->ports[SERVER]));
	TRY(doca_flow_port_pair(nic->ports[SERVER], nic->ports[CLIENTS]));
	TRY(make_to_server(nic, &to_server));
	TRY(make_to_clients(nic, &to_clients));
	nic_serve();
	TRY(nic_report("to the server", to_server));
	TRY(nic_report("to clients", to_clients));
	return DOCA_SUCCESS;
}

int main(int argc, char **argv)
{
	struct nic nic;
	doca_error_t result = nic_arguments("vnf_rewrite", &nic, NULL);

	if (result == DOCA_SUCCESS)
		result = doca_argp_start(argc, argv);
	if (result == DOCA_SUCCESS)
		result = serve(&nic);
	nic_stop(&nic);
	return result == DOCA_SUCCESS ? 0 : 1;
}
