/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A router into VXLAN tunnels:
 *
 *   lpm_vxlan -r pci/0000:03:00.0,pf0vf[0-1]
 *
 * ROOT (basic: port) → ROUTES (LPM: which tunnel, the next hop's MAC) → TUNNELS (basic, EGRESS: encapsulates) → wire,
 * ROOT → VXLAN (basic: VNI, decapsulates) → VF. We are 172.16.0.1, 02:00:00:00:00:fe.
 */
#include <string.h>

#include "nic.h"

DOCA_LOG_REGISTER(LPM_VXLAN);

enum { WIRE, VF0, VF1 };
#define TUNNELS 2

static const uint8_t router_mac[6] = { 2, 0, 0, 0, 0, 0xfe }, wire_mac[6] = { 2, 0, 0, 0, 0, 3 };
static const uint32_t vnis[TUNNELS] = { 100, 200 };
static struct doca_flow_pipe_entry *encapsulated[TUNNELS], *decapsulated[TUNNELS];

static doca_error_t make_tunnels(struct doca_flow_port *port, struct doca_flow_pipe **pipe)
{
	/* The tunnel's number, which ROUTES wrote. */
	struct doca_flow_match match = { .meta.pkt_meta = UINT32_MAX };
	struct doca_flow_actions template = {
		.encap_type = DOCA_FLOW_RESOURCE_TYPE_NON_SHARED,
		.encap_cfg = {
			.is_l2 = true,
			.encap = {
				.outer = {
					.l3_type = DOCA_FLOW_L3_TYPE_IP4,
					.ip4 = { .src_ip = UINT32_MAX, .dst_ip = UINT32_MAX, .ttl = UINT8_MAX },
					.l4_type_ext = DOCA_FLOW_L4_TYPE_EXT_UDP,
					.udp.l4_port.dst_port = DOCA_HTOBE16(DOCA_FLOW_VXLAN_DEFAULT_PORT),
				},
				.tun = { .type = DOCA_FLOW_TUN_VXLAN, .vxlan_tun_id = UINT32_MAX },
			},
		},
	}, *templates[] = { &template };
	struct doca_flow_header_format *outer = &template.encap_cfg.encap.outer;
	struct doca_flow_monitor monitor = { .counter_type = DOCA_FLOW_RESOURCE_TYPE_NON_SHARED };
	struct doca_flow_fwd fwd = { .type = DOCA_FLOW_FWD_PORT, .port_id = WIRE };
	struct doca_flow_fwd miss = { .type = DOCA_FLOW_FWD_DROP };
	struct doca_flow_actions actions;
	struct doca_flow_pipe_cfg *cfg;
	struct batch batch = { 0 };

	memset(outer->eth.src_mac, UINT8_MAX, sizeof(outer->eth.src_mac));
	memset(outer->eth.dst_mac, UINT8_MAX, sizeof(outer->eth.dst_mac));
	TRY(nic_pipe_cfg(port, "TUNNELS", DOCA_FLOW_PIPE_BASIC, true, &cfg));
	TRY(doca_flow_pipe_cfg_set_domain(cfg, DOCA_FLOW_PIPE_DOMAIN_EGRESS));
	TRY(doca_flow_pipe_cfg_set_match(cfg, &match, &match));
	TRY(doca_flow_pipe_cfg_set_actions(cfg, templates, NULL, NULL, 1));
	TRY(doca_flow_pipe_cfg_set_monitor(cfg, &monitor));
	TRY(nic_pipe(cfg, &fwd, &miss, pipe));
	actions = template;
	outer = &actions.encap_cfg.encap.outer;
	memcpy(outer->eth.src_mac, router_mac, sizeof(router_mac));
	memcpy(outer->eth.dst_mac, wire_mac, sizeof(wire_mac));
	outer->ip4.src_ip = IP4(172, 16, 0, 1);
	outer->ip4.dst_ip = IP4(172, 16, 0, 2);
	outer->ip4.ttl = 64;
	for (uint32_t i = 0; i < TUNNELS; i++) {
		match.meta.pkt_meta = DOCA_HTOBE32(i + 1);
		actions.encap_cfg.encap.tun.vxlan_tun_id = DOCA_HTOBE32(vnis[i]);
		/* The forward is the template's; many a program says it again. */
		TRY(doca_flow_pipe_basic_add_entry(QUEUE, *pipe, &match, 0, &actions, NULL, &fwd, 0, &batch,
						   &encapsulated[i]));
	}
	return nic_complete(port, &batch, TUNNELS);
}

static doca_error_t add_route(struct doca_flow_pipe *pipe, doca_be32_t prefix, doca_be32_t mask,
			      uint32_t tunnel, const uint8_t next_hop[6], struct batch *batch)
{
	struct doca_flow_match match = { .outer = { .l3_type = DOCA_FLOW_L3_TYPE_IP4, .ip4.dst_ip = prefix } };
	struct doca_flow_match match_mask = { .outer = { .l3_type = DOCA_FLOW_L3_TYPE_IP4, .ip4.dst_ip = mask } };
	struct doca_flow_actions actions = { .meta.pkt_meta = DOCA_HTOBE32(tunnel) };

	memcpy(actions.outer.eth.src_mac, router_mac, sizeof(router_mac));
	memcpy(actions.outer.eth.dst_mac, next_hop, 6);
	TRY(doca_flow_pipe_lpm_add_entry(QUEUE, pipe, &match, &match_mask, 0, &actions, NULL, NULL,
					 DOCA_FLOW_ENTRY_FLAGS_WAIT_FOR_BATCH, batch, NULL));
	return DOCA_SUCCESS;
}

static doca_error_t make_routes(struct doca_flow_port *port, struct doca_flow_pipe *tunnels,
				struct doca_flow_pipe **pipe)
{
	static const uint8_t far_mac[TUNNELS][6] = { { 2, 0, 0, 0, 1, 0 }, { 2, 0, 0, 0, 2, 0 } };
	struct doca_flow_match match = {
		.outer = { .l3_type = DOCA_FLOW_L3_TYPE_IP4, .ip4.dst_ip = UINT32_MAX },
	};
	struct doca_flow_actions template = { .meta.pkt_meta = UINT32_MAX }, *templates[] = { &template };
	struct doca_flow_fwd fwd = { .type = DOCA_FLOW_FWD_PIPE, .next_pipe = tunnels };
	struct doca_flow_fwd miss = { .type = DOCA_FLOW_FWD_DROP };
	struct doca_flow_pipe_cfg *cfg;
	struct batch batch = { 0 };

	memset(template.outer.eth.src_mac, UINT8_MAX, 6);
	memset(template.outer.eth.dst_mac, UINT8_MAX, 6);
	TRY(nic_pipe_cfg(port, "ROUTES", DOCA_FLOW_PIPE_LPM, false, &cfg));
	TRY(doca_flow_pipe_cfg_set_match(cfg, &match, NULL));
	TRY(doca_flow_pipe_cfg_set_actions(cfg, templates, NULL, NULL, 1));
	TRY(nic_pipe(cfg, &fwd, &miss, pipe));
	TRY(add_route(*pipe, IP4(10, 1, 0, 0), IP4(255, 255, 0, 0), 1, far_mac[0], &batch));
	TRY(add_route(*pipe, IP4(10, 1, 2, 0), IP4(255, 255, 255, 0), 2, far_mac[1], &batch));
	return nic_complete(port, &batch, 2);
}

static doca_error_t make_vxlan(struct doca_flow_port *port, struct doca_flow_pipe **pipe)
{
	struct doca_flow_match match = {
		.outer = {
			.l3_type = DOCA_FLOW_L3_TYPE_IP4,
			.ip4 = { .src_ip = IP4(172, 16, 0, 2), .dst_ip = IP4(172, 16, 0, 1) },
			.l4_type_ext = DOCA_FLOW_L4_TYPE_EXT_UDP,
			.udp.l4_port.dst_port = DOCA_HTOBE16(DOCA_FLOW_VXLAN_DEFAULT_PORT),
		},
		.tun = { .type = DOCA_FLOW_TUN_VXLAN, .vxlan_tun_id = UINT32_MAX },
	};
	struct doca_flow_actions template = {
		.decap_type = DOCA_FLOW_RESOURCE_TYPE_NON_SHARED,
		.decap_cfg.is_l2 = true,
	}, *templates[] = { &template };
	struct doca_flow_monitor monitor = { .counter_type = DOCA_FLOW_RESOURCE_TYPE_NON_SHARED };
	struct doca_flow_fwd fwd = { .type = DOCA_FLOW_FWD_PORT, .port_id = UINT16_MAX };
	struct doca_flow_fwd miss = { .type = DOCA_FLOW_FWD_DROP };
	struct doca_flow_pipe_cfg *cfg;
	struct batch batch = { 0 };

	TRY(nic_pipe_cfg(port, "VXLAN", DOCA_FLOW_PIPE_BASIC, false, &cfg));
	TRY(doca_flow_pipe_cfg_set_match(cfg, &match, NULL));
	TRY(doca_flow_pipe_cfg_set_actions(cfg, templates, NULL, NULL, 1));
	TRY(doca_flow_pipe_cfg_set_monitor(cfg, &monitor));
	TRY(nic_pipe(cfg, &fwd, &miss, pipe));
	memset(&match, 0, sizeof(match));
	match.tun.type = DOCA_FLOW_TUN_VXLAN;
	for (uint16_t i = 0; i < TUNNELS; i++) {
		match.tun.vxlan_tun_id = DOCA_HTOBE32(vnis[i]);
		fwd.port_id = (uint16_t)(VF0 + i);
		TRY(doca_flow_pipe_basic_add_entry(QUEUE, *pipe, &match, 0, NULL, NULL, &fwd, 0, &batch,
						   &decapsulated[i]));
	}
	return nic_complete(port, &batch, TUNNELS);
}

static doca_error_t make_root(struct doca_flow_port *port, struct doca_flow_pipe *routes,
			      struct doca_flow_pipe *vxlan)
{
	struct doca_flow_match match = { .parser_meta.port_id = UINT16_MAX };
	struct doca_flow_fwd fwd = { .type = DOCA_FLOW_FWD_PIPE }; /* NULL: the entry's */
	struct doca_flow_fwd miss = { .type = DOCA_FLOW_FWD_DROP };
	struct doca_flow_pipe_cfg *cfg;
	struct doca_flow_pipe *pipe;
	struct batch batch = { 0 };

	TRY(nic_pipe_cfg(port, "ROOT", DOCA_FLOW_PIPE_BASIC, true, &cfg));
	TRY(doca_flow_pipe_cfg_set_match(cfg, &match, &match));
	TRY(nic_pipe(cfg, &fwd, &miss, &pipe));
	for (uint16_t id = WIRE; id <= VF1; id++) {
		match.parser_meta.port_id = id;
		fwd.next_pipe = id == WIRE ? vxlan : routes;
		TRY(doca_flow_pipe_basic_add_entry(QUEUE, pipe, &match, 0, NULL, NULL, &fwd, 0, &batch, NULL));
	}
	return nic_complete(port, &batch, VF1 + 1);
}

static doca_error_t serve(struct nic *nic)
{
	struct doca_flow_pipe *tunnels, *routes, *vxlan;
	struct doca_flow_port *port;

	TRY(nic_start(nic, "switch,hws", 64));
	port = doca_flow_port_switch_get(NULL);
	TRY(make_tunnels(port, &tunnels));
	TRY(make_routes(port, tunnels, &routes));
	TRY(make_vxlan(port, &vxlan));
	TRY(make_root(port, routes, vxlan));
	nic_serve();
	TRY(nic_report("into VNI 100", encapsulated[0]));
	TRY(nic_report("into VNI 200", encapsulated[1]));
	TRY(nic_report("out of VNI 100", decapsulated[0]));
	TRY(nic_report("out of VNI 200", decapsulated[1]));
	return DOCA_SUCCESS;
}

int main(int argc, char **argv)
{
	struct nic nic;
	doca_error_t result = nic_arguments("lpm_vxlan", &nic, NULL);

	if (result == DOCA_SUCCESS)
		result = doca_argp_start(argc, argv);
	if (result == DOCA_SUCCESS)
		result = serve(&nic);
	nic_stop(&nic);
	return result == DOCA_SUCCESS ? 0 : 1;
}
