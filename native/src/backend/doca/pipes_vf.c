/* SPDX-License-Identifier: Apache-2.0 */
/* From a port, or out of a tunnel, to what is known of the packet: ROOT … DESTINATION. */
#include <netinet/in.h>

#include "../../abi/error.h"
#include "draft.h"
#include "row.h"

#define ETHERNET_GROUP 0x01u /* of the first byte of a MAC: broadcast and multicast */
#define IPV4_PLAIN 0x45u     /* version and length of a header without options */

#define TCP_DECIDES (DOCA_FLOW_MATCH_TCP_FLAG_SYN | DOCA_FLOW_MATCH_TCP_FLAG_FIN | DOCA_FLOW_MATCH_TCP_FLAG_RST)

static void choose_family(struct pipe_draft *draft, enum family family)
{
	ARM(draft, outer.l3_type, family == IPV4 ? DOCA_FLOW_L3_TYPE_IP4 : DOCA_FLOW_L3_TYPE_IP6);
}

static void match_source(struct pipe_draft *draft, enum family family)
{
	if (family == IPV4)
		MATCH(draft, outer.ip4.src_ip);
	else
		MATCH(draft, outer.ip6.src_ip);
}

static void match_destination(struct pipe_draft *draft, enum family family)
{
	if (family == IPV4)
		MATCH(draft, outer.ip4.dst_ip);
	else
		MATCH(draft, outer.ip6.dst_ip);
}

/* Who is asked for: the network, and what policy says of the receiver. */
static int build_destination(struct doca *doca, enum family family, struct hyp_error *error)
{
	struct pipe_draft draft;

	draft_begin(doca, &draft, PIPE_DESTINATION4 + family);
	MATCH_BITS(&draft, meta.u32[4], htonl(DOCA_NETWORK_BITS));
	choose_family(&draft, family);
	match_destination(&draft, family);
	WRITE(&draft, meta.u32[1]);
	WRITE(&draft, meta.u32[3]);
	WRITE(&draft, meta.u32[5]);
	draft.fwd = (struct doca_flow_fwd){ .type = DOCA_FLOW_FWD_PIPE,
					    .next_pipe = policy_head(doca->pipes, SIDE_EGRESS) };
	draft.miss = fwd_to(doca, PIPE_PUNT_METER);
	return draft_build(doca, &draft, error);
}

static int build_established(struct doca *doca, enum family family, struct hyp_error *error)
{
	struct pipe_draft draft;

	draft_begin(doca, &draft, PIPE_ESTABLISHED4 + family);
	MATCH(&draft, meta.u32[4]);
	MATCH(&draft, parser_meta.outer_l4_type);
	choose_family(&draft, family);
	match_source(&draft, family);
	match_destination(&draft, family);
	ARM(&draft, outer.l4_type_ext, ASSUME_PORTS_ARM);
	MATCH(&draft, outer.transport.src_port);
	MATCH(&draft, outer.transport.dst_port);
	WRITE(&draft, outer.eth.dst_mac);
	WRITE(&draft, meta.u32[5]);
	draft.monitor.counter_type = DOCA_FLOW_RESOURCE_TYPE_NON_SHARED;
	draft.monitor.aging_sec = UINT32_MAX;
	draft.fwd.type = ASSUME_FWD_OF_ENTRIES;
	draft.miss = fwd_to(doca, PIPE_PUNT_METER);
	return draft_build(doca, &draft, error);
}

/* TCP or UDP right behind an IP header without options or extensions. */
static void expect_protocol(struct control_draft *draft, enum family family, uint8_t protocol)
{
	EXPECT(draft, parser_meta.outer_l4_type,
	       protocol == IPPROTO_TCP ? DOCA_FLOW_L4_META_TCP : DOCA_FLOW_L4_META_UDP);
	ARM(draft, outer.l3_type, family == IPV4 ? DOCA_FLOW_L3_TYPE_IP4 : DOCA_FLOW_L3_TYPE_IP6);
	if (family == IPV6) {
		EXPECT(draft, outer.ip6.next_proto, protocol);
		return;
	}
	EXPECT(draft, outer.ip4.next_proto, protocol);
	if (ASSUME_IHL_MATCHES)
		EXPECT(draft, outer.ip4.version_ihl, IPV4_PLAIN);
}

static void expect_flags(struct control_draft *draft, uint8_t flags, uint8_t of)
{
	ARM(draft, outer.l4_type_ext, DOCA_FLOW_L4_TYPE_EXT_TCP);
	draft->match.outer.tcp.flags = flags;
	draft->mask.outer.tcp.flags = of;
}

/*
 * What opens a TCP connection is new by itself: policy sees it. Everything else may be of a connection,
 * in either direction; policy, which only knows who may open, is not asked about it here. What closes
 * one is for software.
 */
static int build_l4(struct doca *doca, enum family family, struct hyp_error *error)
{
	struct doca_flow_fwd established = fwd_to(doca, PIPE_ESTABLISHED4 + family);
	struct doca_flow_fwd destination = fwd_to(doca, PIPE_DESTINATION4 + family);
	struct control_draft opens = { 0 }, tcp = { 0 }, udp = { 0 };
	enum nic_pipe pipe = PIPE_L4_4 + family;
	struct pipe_draft draft;
	int result;

	draft_begin(doca, &draft, pipe);
	draft.type = DOCA_FLOW_PIPE_CONTROL;
	draft.miss = fwd_to(doca, PIPE_PUNT_METER);
	result = draft_build(doca, &draft, error);
	expect_protocol(&opens, family, IPPROTO_TCP);
	expect_flags(&opens, DOCA_FLOW_MATCH_TCP_FLAG_SYN, TCP_DECIDES | DOCA_FLOW_MATCH_TCP_FLAG_ACK);
	expect_protocol(&tcp, family, IPPROTO_TCP);
	expect_flags(&tcp, 0, TCP_DECIDES);
	expect_protocol(&udp, family, IPPROTO_UDP);
	if (result == 0)
		result = control_fix(doca, pipe, &opens, &destination, error);
	if (result == 0)
		result = control_fix(doca, pipe, &tcp, &established, error);
	return result == 0 ? control_fix(doca, pipe, &udp, &established, error) : result;
}

/* Nobody speaks for somebody else; who speaks, and what policy says of him. */
static int build_guard(struct doca *doca, enum family family, struct hyp_error *error)
{
	struct pipe_draft draft;

	draft_begin(doca, &draft, PIPE_GUARD4 + family);
	MATCH(&draft, meta.u32[4]);
	MATCH(&draft, outer.eth.src_mac);
	choose_family(&draft, family);
	match_source(&draft, family);
	WRITE(&draft, meta.u32[0]);
	WRITE(&draft, meta.u32[2]);
	draft.fwd = fwd_to(doca, PIPE_L4_4 + family);
	draft.miss = fwd_to(doca, PIPE_PUNT_METER);
	return draft_build(doca, &draft, error);
}

/* Whole unicast IP without a VLAN tag; the rest is for software. */
static int fix_class(struct doca *doca, enum family family, struct hyp_error *error)
{
	struct doca_flow_fwd guard = fwd_to(doca, PIPE_GUARD4 + family);
	struct control_draft whole = { 0 };

	EXPECT(&whole, parser_meta.outer_l2_type, DOCA_FLOW_L2_META_NO_VLAN);
	EXPECT(&whole, parser_meta.outer_l3_type,
	       family == IPV4 ? DOCA_FLOW_L3_META_IPV4 : DOCA_FLOW_L3_META_IPV6);
	EXPECT(&whole, parser_meta.outer_ip_fragmented, 0);
	whole.mask.outer.eth.dst_mac[0] = ETHERNET_GROUP;
	return control_fix(doca, PIPE_CLASS, &whole, &guard, error);
}

static int build_class(struct doca *doca, struct hyp_error *error)
{
	struct pipe_draft draft;
	int result;

	draft_begin(doca, &draft, PIPE_CLASS);
	draft.type = DOCA_FLOW_PIPE_CONTROL;
	draft.miss = fwd_to(doca, PIPE_PUNT_METER);
	result = draft_build(doca, &draft, error);
	if (result == 0)
		result = fix_class(doca, IPV4, error);
	return result == 0 ? fix_class(doca, IPV6, error) : result;
}

int pipes_build_vf(struct doca *doca, struct hyp_error *error)
{
	int result = 0;

	for (enum family family = IPV4; result == 0 && family <= IPV6; family++) {
		result = build_destination(doca, family, error);
		if (result == 0)
			result = build_established(doca, family, error);
		if (result == 0)
			result = build_l4(doca, family, error);
		if (result == 0)
			result = build_guard(doca, family, error);
	}
	return result == 0 ? build_class(doca, error) : result;
}

int pipes_build_root(struct doca *doca, struct hyp_error *error)
{
	struct pipe_draft draft;

	draft_begin(doca, &draft, PIPE_ROOT);
	draft.is_root = true;
	MATCH(&draft, parser_meta.port_id);
	WRITE(&draft, meta.pkt_meta);
	WRITE(&draft, meta.u32[4]);
	draft.fwd = fwd_to_any_pipe();
	return draft_build(doca, &draft, error);
}

static void set_source(struct entry_draft *draft, enum family family, const uint32_t address[4])
{
	if (family == IPV4) {
		draft->match.outer.l3_type = DOCA_FLOW_L3_TYPE_IP4;
		draft->match.outer.ip4.src_ip = address[0];
	} else {
		draft->match.outer.l3_type = DOCA_FLOW_L3_TYPE_IP6;
		memcpy(draft->match.outer.ip6.src_ip, address, sizeof(draft->match.outer.ip6.src_ip));
	}
}

static void set_destination(struct entry_draft *draft, enum family family, const uint32_t address[4])
{
	if (family == IPV4) {
		draft->match.outer.l3_type = DOCA_FLOW_L3_TYPE_IP4;
		draft->match.outer.ip4.dst_ip = address[0];
	} else {
		draft->match.outer.l3_type = DOCA_FLOW_L3_TYPE_IP6;
		memcpy(draft->match.outer.ip6.dst_ip, address, sizeof(draft->match.outer.ip6.dst_ip));
	}
}

void entry_draft_vf(const struct doca *doca, const struct row *row, struct entry_draft *draft)
{
	draft->acts = true;
	switch (row->pipe) {
	case PIPE_ROOT:
		draft->match.parser_meta.port_id = row->match.port_id;
		draft->actions.meta.pkt_meta = htonl(row->effect.pkt_meta);
		draft->actions.meta.u32[4] = htonl(row->effect.source);
		draft->forwards = true;
		draft->fwd = fwd_to(doca, row->effect.next);
		return;
	case PIPE_GUARD4:
	case PIPE_GUARD6:
		draft->match.meta.u32[4] = htonl(row->match.source);
		memcpy(draft->match.outer.eth.src_mac, row->match.mac, 6);
		set_source(draft, row->pipe - PIPE_GUARD4, row->match.address);
		draft->actions.meta.u32[0] = htonl(row->effect.policy);
		draft->actions.meta.u32[2] = htonl(row->effect.identity);
		return;
	default: /* DESTINATION */
		draft->match.meta.u32[4] = htonl(row->match.source);
		set_destination(draft, row->pipe - PIPE_DESTINATION4, row->match.address);
		draft->actions.meta.u32[1] = htonl(row->effect.identity);
		draft->actions.meta.u32[3] = htonl(row->effect.policy);
		draft->actions.meta.u32[5] = htonl(row->effect.destination);
		return;
	}
}

int pipes_add_established(struct doca *doca, const struct established *connection,
			  struct nic_entry *entry)
{
	enum nic_pipe pipe = PIPE_ESTABLISHED4 + connection->family;
	struct entry_draft draft;

	memset(&draft, 0, sizeof(draft));
	draft.match.meta.u32[4] = htonl(connection->source);
	draft.match.parser_meta.outer_l4_type = connection->protocol == IPPROTO_TCP
							? DOCA_FLOW_L4_META_TCP
							: DOCA_FLOW_L4_META_UDP;
	set_source(&draft, connection->family, connection->source_address);
	set_destination(&draft, connection->family, connection->destination_address);
	draft.match.outer.l4_type_ext = ASSUME_PORTS_ARM;
	draft.match.outer.transport.src_port = connection->source_port;
	draft.match.outer.transport.dst_port = connection->destination_port;
	memcpy(draft.actions.outer.eth.dst_mac, connection->destination_mac, 6);
	draft.actions.meta.u32[5] = htonl(connection->destination);
	draft.monitor.counter_type = DOCA_FLOW_RESOURCE_TYPE_NON_SHARED;
	draft.monitor.aging_sec = connection->aging_seconds;
	if (connection->remote)
		draft.fwd = fwd_to(doca, PIPE_EGRESS_ROOT);
	else if (connection->metered)
		draft.fwd = fwd_to(doca, PIPE_METER_RX);
	else
		draft.fwd = fwd_to_port(connection->port);
	return entry_add(entry, doca->device.manager, doca->pipes->pipe[pipe], &draft.match, 0,
			 &draft.actions, &draft.monitor, &draft.fwd);
}
