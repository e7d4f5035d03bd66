/* SPDX-License-Identifier: Apache-2.0 */
/* VXLAN, byte by byte. The wire's part is played by a VF, which needs no second host. */
#include "checks.h"

#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/udp.h>

#include "../tunnel.h"

#define MARK 0x10001234u
#define SENT 0x40005678u
#define VNI 0x0abcdeu
#define LOCAL_IP 0xc0000201u  /* 192.0.2.1 */
#define REMOTE_IP 0xc0000202u /* 192.0.2.2 */

static void write_tunnel(struct pipe_draft *draft)
{
	draft->acts = true;
	draft->actions.encap_type = DOCA_FLOW_RESOURCE_TYPE_NON_SHARED;
	draft->actions.encap_cfg.is_l2 = true;
	memset(draft->actions.encap_cfg.encap.outer.eth.src_mac, 0xff, 6);
	memset(draft->actions.encap_cfg.encap.outer.eth.dst_mac, 0xff, 6);
	draft->actions.encap_cfg.encap.outer.l3_type = DOCA_FLOW_L3_TYPE_IP4;
	draft->actions.encap_cfg.encap.outer.ip4.src_ip = UINT32_MAX;
	draft->actions.encap_cfg.encap.outer.ip4.dst_ip = UINT32_MAX;
	draft->actions.encap_cfg.encap.outer.ip4.ttl = UINT8_MAX;
	draft->actions.encap_cfg.encap.outer.ip4.flags_fragment_offset = UINT16_MAX;
	draft->actions.encap_cfg.encap.outer.l4_type_ext = DOCA_FLOW_L4_TYPE_EXT_UDP;
	draft->actions.encap_cfg.encap.outer.udp.l4_port.dst_port = htons(TUNNEL_UDP_PORT);
	draft->actions.encap_cfg.encap.tun.type = DOCA_FLOW_TUN_VXLAN;
	draft->actions.encap_cfg.encap.tun.vxlan_tun_id = UINT32_MAX;
}

static void entry_tunnel(struct doca_flow_actions *actions)
{
	struct doca_flow_encap_action *encap = &actions->encap_cfg.encap;

	actions->encap_type = DOCA_FLOW_RESOURCE_TYPE_NON_SHARED;
	actions->encap_cfg.is_l2 = true;
	memcpy(encap->outer.eth.src_mac, bench_source_mac, 6);
	memcpy(encap->outer.eth.dst_mac, bench_destination_mac, 6);
	encap->outer.l3_type = DOCA_FLOW_L3_TYPE_IP4;
	encap->outer.ip4.src_ip = htonl(LOCAL_IP);
	encap->outer.ip4.dst_ip = htonl(REMOTE_IP);
	encap->outer.ip4.ttl = TUNNEL_TTL;
	encap->outer.ip4.flags_fragment_offset = htons(0x4000);
	encap->outer.l4_type_ext = DOCA_FLOW_L4_TYPE_EXT_UDP;
	encap->tun.type = DOCA_FLOW_TUN_VXLAN;
	encap->tun.vxlan_tun_id = htonl(VNI);
}

static void expected_header(uint8_t header[TUNNEL_HEADER_BYTES], uint32_t length)
{
	struct hyp_uplink_value local = { .ipv4 = htonl(LOCAL_IP) };
	struct hyp_vtep_value remote = { .ipv4 = htonl(REMOTE_IP) };

	memcpy(local.mac, bench_source_mac, 6);
	memcpy(remote.mac, bench_destination_mac, 6);
	tunnel_header(header, &local, &remote, VNI, length, 0);
}

void check_encap(struct bench *bench)
{
	const struct doca_flow_match any = { 0 };
	struct doca_flow_fwd next = { .type = DOCA_FLOW_FWD_PIPE };
	uint8_t frame[BENCH_FRAME_BYTES], got[BENCH_FRAME_BYTES] = { 0 };
	uint8_t header[TUNNEL_HEADER_BYTES];
	struct pipe_draft draft = bench_draft("encap");
	struct doca_flow_actions actions = { 0 };
	uint32_t length = bench_frame(frame, 1000, 2000, 1), received;
	uint16_t ports[2] = { 0 };
	uint32_t id_at = ETH_HLEN + offsetof(struct iphdr, id);
	bool bytes;

	draft.domain = DOCA_FLOW_PIPE_DOMAIN_EGRESS;
	draft.entries = 1;
	draft.fwd = fwd_to_port(bench->port[1]->id);
	write_tunnel(&draft);
	next.next_pipe = bench_pipe(bench, &draft);
	entry_tunnel(&actions);
	bench_entry(bench, next.next_pipe, &any, &actions, NULL, NULL);
	next.next_pipe = bench_egress_root(bench, SENT, &next);
	bench_root(bench, MARK, &next);
	for (int i = 0; i < 2; i++) {
		length = bench_frame(frame, (uint16_t)(1000 + i), 2000, 1);
		bench_send(bench, 0, frame, length);
		received = bench_receive(bench, 1, got, BENCH_PATIENCE_MS);
		if (received == length + TUNNEL_HEADER_BYTES)
			memcpy(&ports[i], got + ETH_HLEN + sizeof(struct iphdr), 2);
	}
	expected_header(header, length);
	/* The source port is compared below; id and so the checksum may be the NIC's own. */
	memcpy(header + ETH_HLEN + sizeof(struct iphdr), &ports[1], 2);
	memcpy(header + id_at, got + id_at, 2);
	memcpy(header + ETH_HLEN + offsetof(struct iphdr, check),
	       got + ETH_HLEN + offsetof(struct iphdr, check), 2);
	bytes = received == length + TUNNEL_HEADER_BYTES &&
		memcmp(got, header, sizeof(header)) == 0 &&
		memcmp(got + sizeof(header), frame, length) == 0;
	bench_say(bench, "encapsulation in an EGRESS pipe makes the frame of RFC 7348", bytes,
		  received == 0 ? "nothing arrived" : "%u bytes arrived, %s", received,
		  bytes ? "as expected" : "not those expected");
	bench_say(bench, "ASSUME_OUTER_SOURCE_PORT", bytes && ports[0] != ports[1],
		  "two flows left with UDP source ports %u and %u", ntohs(ports[0]), ntohs(ports[1]));
}

void check_decap(struct bench *bench)
{
	struct doca_flow_fwd next = { .type = DOCA_FLOW_FWD_PIPE };
	uint8_t inner[BENCH_FRAME_BYTES], frame[BENCH_FRAME_BYTES], got[BENCH_FRAME_BYTES];
	struct pipe_draft draft = bench_draft("decap");
	struct doca_flow_actions actions = { 0 };
	struct doca_flow_match match = { 0 };
	uint32_t length = bench_frame(inner, 1, 2, 1), received;

	ARM(&draft, outer.l3_type, DOCA_FLOW_L3_TYPE_IP4);
	MATCH(&draft, outer.ip4.src_ip);
	MATCH(&draft, outer.ip4.dst_ip);
	ARM(&draft, tun.type, DOCA_FLOW_TUN_VXLAN);
	MATCH(&draft, tun.vxlan_tun_id);
	draft.acts = true;
	draft.actions.decap_type = DOCA_FLOW_RESOURCE_TYPE_NON_SHARED;
	draft.actions.decap_cfg.is_l2 = true;
	draft.fwd = fwd_to_port(bench->port[1]->id);
	next.next_pipe = bench_pipe(bench, &draft);
	match.outer.l3_type = DOCA_FLOW_L3_TYPE_IP4;
	match.outer.ip4.src_ip = htonl(LOCAL_IP);
	match.outer.ip4.dst_ip = htonl(REMOTE_IP);
	match.tun.type = DOCA_FLOW_TUN_VXLAN;
	match.tun.vxlan_tun_id = htonl(VNI);
	actions.decap_type = DOCA_FLOW_RESOURCE_TYPE_NON_SHARED;
	actions.decap_cfg.is_l2 = true;
	bench_entry(bench, next.next_pipe, &match, &actions, NULL, NULL);
	bench_root(bench, MARK, &next);
	expected_header(frame, length);
	memcpy(frame + TUNNEL_HEADER_BYTES, inner, length);
	bench_send(bench, 0, frame, length + TUNNEL_HEADER_BYTES);
	received = bench_receive(bench, 1, got, BENCH_PATIENCE_MS);
	bench_say(bench, "decapsulation leaves the inner frame, known by peer and VNI",
		  received == length && memcmp(got, inner, length) == 0,
		  received == 0 ? "nothing arrived" : "%u bytes arrived, the inner frame has %u", received,
		  length);
}
