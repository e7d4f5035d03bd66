/* SPDX-License-Identifier: Apache-2.0 */
/* Towards ports and the wire (EGRESS domain), and from the wire: tunnels off and on. */
#include "draft.h"
#include "row.h"
#include "tunnel.h"

#define PORT_SOFTWARE UINT16_MAX /* parser_meta.port_id of what software sends */
#define IPV4_DONT_FRAGMENT 0x4000u

/* The outer header; what is all ones comes from the entry. */
static void set_outer(struct doca_flow_actions *actions)
{
	struct doca_flow_encap_action *encap = &actions->encap_cfg.encap;

	actions->encap_type = DOCA_FLOW_RESOURCE_TYPE_NON_SHARED;
	actions->encap_cfg.is_l2 = true;
	encap->outer.l3_type = DOCA_FLOW_L3_TYPE_IP4;
	encap->outer.ip4.ttl = TUNNEL_TTL;
	encap->outer.ip4.flags_fragment_offset = htons(IPV4_DONT_FRAGMENT);
	encap->outer.l4_type_ext = DOCA_FLOW_L4_TYPE_EXT_UDP;
	encap->outer.udp.l4_port.src_port = htons(ASSUME_OUTER_SOURCE_PORT);
	encap->outer.udp.l4_port.dst_port = htons(TUNNEL_UDP_PORT);
	encap->tun.type = DOCA_FLOW_TUN_VXLAN;
}

/*
 * Only what came from a port: scratch words of what software sends hold anything, and could name a
 * tunnel by chance.
 */
static int build_encap(struct doca *doca, struct hyp_error *error)
{
	struct doca_flow_encap_action *encap;
	struct pipe_draft draft;

	draft_begin(doca, &draft, PIPE_ENCAP);
	draft.domain = DOCA_FLOW_PIPE_DOMAIN_EGRESS;
	MATCH_BITS(&draft, meta.pkt_meta, htonl(META_KIND_BITS));
	MATCH_BITS(&draft, meta.u32[4], htonl(DOCA_NETWORK_BITS));
	MATCH(&draft, meta.u32[5]);
	draft.acts = true;
	set_outer(&draft.actions);
	encap = &draft.actions.encap_cfg.encap;
	memset(encap->outer.eth.src_mac, 0xff, 6);
	memset(encap->outer.eth.dst_mac, 0xff, 6);
	encap->outer.ip4.src_ip = UINT32_MAX;
	encap->outer.ip4.dst_ip = UINT32_MAX;
	encap->tun.vxlan_tun_id = UINT32_MAX;
	draft.fwd = fwd_to_port(DOCA_UPLINK_PORT);
	draft.miss = (struct doca_flow_fwd){ .type = ASSUME_ENCAP_MISS };
	return draft_build(doca, &draft, error);
}

static int build_egress_root(struct doca *doca, struct hyp_error *error)
{
	struct pipe_draft draft;

	draft_begin(doca, &draft, PIPE_EGRESS_ROOT);
	draft.domain = DOCA_FLOW_PIPE_DOMAIN_EGRESS;
	draft.is_root = true;
	MATCH(&draft, parser_meta.port_id);
	MATCH_BITS(&draft, meta.pkt_meta, htonl(META_KIND_BITS | META_TO_BITS));
	draft.fwd.type = ASSUME_FWD_OF_ENTRIES;
	draft.miss = fwd_to(doca, PIPE_ENCAP);
	return draft_build(doca, &draft, error);
}

int pipes_build_egress(struct doca *doca, struct hyp_error *error)
{
	int result = build_encap(doca, error);

	if (result == 0)
		result = pipes_build_send(doca, error);
	return result == 0 ? build_egress_root(doca, error) : result;
}

static int build_tunnel(struct doca *doca, struct hyp_error *error)
{
	struct pipe_draft draft;

	draft_begin(doca, &draft, PIPE_TUNNEL);
	ARM(&draft, outer.l3_type, DOCA_FLOW_L3_TYPE_IP4);
	MATCH(&draft, outer.ip4.src_ip);
	MATCH(&draft, outer.ip4.dst_ip);
	ARM(&draft, outer.l4_type_ext, DOCA_FLOW_L4_TYPE_EXT_UDP);
	ARM(&draft, tun.type, DOCA_FLOW_TUN_VXLAN);
	MATCH(&draft, tun.vxlan_tun_id);
	draft.acts = true; /* without masks: neither word is ever 0 */
	draft.actions.decap_type = DOCA_FLOW_RESOURCE_TYPE_NON_SHARED;
	draft.actions.decap_cfg.is_l2 = true;
	draft.actions.meta.pkt_meta = UINT32_MAX;
	draft.actions.meta.u32[4] = UINT32_MAX;
	draft.fwd = fwd_to(doca, PIPE_CLASS);
	draft.miss = fwd_to(doca, PIPE_PUNT_METER);
	return draft_build(doca, &draft, error);
}

/* What is no tunnel packet of ours is the host's. */
static int build_uplink(struct doca *doca, struct hyp_error *error)
{
	struct pipe_draft draft;
	doca_error_t result;

	draft_begin(doca, &draft, PIPE_UPLINK);
	draft.type = DOCA_FLOW_PIPE_CONTROL;
	draft.miss.type = DOCA_FLOW_FWD_TARGET;
	result = doca_flow_get_target(DOCA_FLOW_TARGET_KERNEL, &draft.miss.target);
	if (result != DOCA_SUCCESS)
		return doca_fail(error, result, "the NIC cannot hand packets to the kernel");
	return draft_build(doca, &draft, error);
}

int pipes_build_wire(struct doca *doca, struct hyp_error *error)
{
	int result = build_tunnel(doca, error);

	return result == 0 ? build_uplink(doca, error) : result;
}

void entry_draft_egress(const struct doca *doca, const struct row *row, struct entry_draft *draft)
{
	draft->match.parser_meta.port_id = PORT_SOFTWARE;
	draft->match.meta.pkt_meta = htonl(row->match.pkt_meta);
	draft->forwards = true;
	draft->fwd = meta_kind(row->match.pkt_meta) == META_SEND_METERED
			     ? fwd_to(doca, PIPE_METER_SEND)
			     : fwd_to_port(row->effect.port_id);
}

static void draft_encap(const struct row *row, struct entry_draft *draft)
{
	struct doca_flow_encap_action *encap = &draft->actions.encap_cfg.encap;

	draft->match.meta.pkt_meta = htonl(meta(META_FROM_PORT, 0));
	draft->match.meta.u32[4] = htonl(row->match.source);
	draft->match.meta.u32[5] = htonl(row->match.destination);
	set_outer(&draft->actions);
	memcpy(encap->outer.eth.src_mac, row->effect.local_mac, 6);
	memcpy(encap->outer.eth.dst_mac, row->effect.remote_mac, 6);
	encap->outer.ip4.src_ip = row->effect.local;
	encap->outer.ip4.dst_ip = row->effect.remote;
	encap->tun.vxlan_tun_id = htonl(row->effect.vni);
}

void entry_draft_tunnel(const struct row *row, struct entry_draft *draft)
{
	draft->acts = true;
	if (row->pipe == PIPE_ENCAP) {
		draft_encap(row, draft);
		return;
	}
	draft->match.outer.l3_type = DOCA_FLOW_L3_TYPE_IP4;
	draft->match.outer.ip4.src_ip = row->match.address[0];
	draft->match.outer.ip4.dst_ip = row->match.local;
	draft->match.outer.l4_type_ext = DOCA_FLOW_L4_TYPE_EXT_UDP;
	draft->match.tun.type = DOCA_FLOW_TUN_VXLAN;
	draft->match.tun.vxlan_tun_id = htonl(row->match.vni);
	draft->actions.decap_type = DOCA_FLOW_RESOURCE_TYPE_NON_SHARED;
	draft->actions.decap_cfg.is_l2 = true;
	draft->actions.meta.pkt_meta = htonl(row->effect.pkt_meta);
	draft->actions.meta.u32[4] = htonl(row->effect.source);
}

int uplink_add(struct doca *doca, const struct row *row, struct nic_entry *entry)
{
	struct doca_flow_fwd tunnel = fwd_to(doca, PIPE_TUNNEL);
	struct control_draft draft = { 0 };

	EXPECT(&draft, parser_meta.outer_l3_type, DOCA_FLOW_L3_META_IPV4);
	EXPECT(&draft, parser_meta.outer_l4_type, DOCA_FLOW_L4_META_UDP);
	ARM(&draft, outer.l3_type, DOCA_FLOW_L3_TYPE_IP4);
	EXPECT(&draft, outer.ip4.dst_ip, row->match.local);
	ARM(&draft, outer.l4_type_ext, DOCA_FLOW_L4_TYPE_EXT_UDP);
	EXPECT(&draft, outer.udp.l4_port.dst_port, htons(TUNNEL_UDP_PORT));
	return entry_add_control(entry, doca->device.manager, doca->pipes->pipe[PIPE_UPLINK], &draft.match,
				 &draft.mask, 0, &tunnel);
}
