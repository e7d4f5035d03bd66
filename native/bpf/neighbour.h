/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ARP (RFC 826, RFC 5227) and neighbour discovery (RFC 4861), answered here and never passed on.
 *
 * Every answer comes from the table, so what an endpoint announces changes nothing for anybody:
 * announcements and probes of its own addresses are NEIGHBOUR_CONSUMED, of others' SPOOFED_NEIGHBOUR.
 * A probe for an address that somebody else has is answered for its owner, who never sees it: the
 * prober learns of the conflict (RFC 5227 §2.1.1, RFC 4862 §5.4.4).
 */
#ifndef HYPERION_BPF_NEIGHBOUR_H
#define HYPERION_BPF_NEIGHBOUR_H

#include <linux/pkt_cls.h>

#include "event.h"
#include "guard.h"
#include "maps.h"
#include "parse.h"

static __always_inline const struct hyp_neighbour_value *
find_neighbour(__u32 network, const union hyp_address *address)
{
	struct hyp_neighbour_key key = { .network = network };

	__builtin_memcpy(key.address, address, 16);
	return bpf_map_lookup_elem(&hyp_neighbour, &key);
}

/* linux/if_arp.h pulls the C library in. */
#define HYP_ARP_ETHERNET 1
#define HYP_ARP_REQUEST 1
#define HYP_ARP_REPLY 2

struct arp_frame {
	struct ethhdr ethernet;
	__be16 hardware;
	__be16 protocol;
	__u8 hardware_length;
	__u8 protocol_length;
	__be16 operation;
	__u8 sender_mac[6];
	__be32 sender_ip;
	__u8 target_mac[6];
	__be32 target_ip;
} __attribute__((packed));

static __always_inline int send_back(struct __sk_buff *skb)
{
	return bpf_redirect(skb->ifindex, 0);
}

/* Turns a request into the answer. NONE: it is on its way. */
static __always_inline int answer_arp(struct __sk_buff *skb, struct arp_frame *frame,
				      const __u8 *mac)
{
	__be32 target = frame->target_ip;

	__builtin_memcpy(frame->ethernet.h_dest, frame->sender_mac, 6);
	__builtin_memcpy(frame->ethernet.h_source, mac, 6);
	frame->operation = bpf_htons(HYP_ARP_REPLY);
	frame->target_ip = frame->sender_ip;
	__builtin_memcpy(frame->target_mac, frame->sender_mac, 6);
	frame->sender_ip = target;
	__builtin_memcpy(frame->sender_mac, mac, 6);
	return bpf_skb_store_bytes(skb, 0, frame, sizeof(*frame), 0) == 0 ? HYP_REASON_NONE
									   : HYP_REASON_MALFORMED;
}

static __noinline int receive_arp(struct __sk_buff *skb, struct packet *packet,
				  const struct hyp_endpoint_value *sender)
{
	const struct hyp_neighbour_value *neighbour;
	union hyp_address target = {};
	struct arp_frame frame;

	if (bpf_skb_load_bytes(skb, 0, &frame, sizeof(frame)) ||
	    frame.hardware != bpf_htons(HYP_ARP_ETHERNET) || frame.protocol != bpf_htons(ETH_P_IP) ||
	    frame.hardware_length != 6 || frame.protocol_length != 4)
		return HYP_REASON_MALFORMED;
	if (frame.operation != bpf_htons(HYP_ARP_REQUEST) && frame.operation != bpf_htons(HYP_ARP_REPLY))
		return HYP_REASON_MALFORMED;
	packet->source.words[2] = bpf_htonl(0xffff);
	packet->source.words[3] = frame.sender_ip;
	target.words[2] = bpf_htonl(0xffff);
	target.words[3] = frame.target_ip;
	packet->destination = target;
	if (!same_mac(frame.sender_mac, sender->mac))
		return HYP_REASON_SPOOFED_NEIGHBOUR;
	/* A request without a sender is a probe (RFC 5227). */
	if (!owns_ipv4(sender, frame.sender_ip) &&
	    (frame.sender_ip != 0 || frame.operation != bpf_htons(HYP_ARP_REQUEST)))
		return HYP_REASON_SPOOFED_NEIGHBOUR;
	if (frame.operation == bpf_htons(HYP_ARP_REPLY) || owns_ipv4(sender, frame.target_ip))
		return HYP_REASON_NEIGHBOUR_CONSUMED;
	neighbour = find_neighbour(packet->network, &target);
	if (!neighbour)
		return HYP_REASON_UNKNOWN_NEIGHBOUR;
	packet->receiver = neighbour->endpoint;
	return answer_arp(skb, &frame, neighbour->mac);
}

#define HYP_ND_OPTION_SOURCE_LINK_LAYER 1
#define HYP_ND_OPTION_TARGET_LINK_LAYER 2
#define HYP_ND_OPTIONS_MAX 4 /* options of a message that are looked at; more is MALFORMED */
#define HYP_ND_SOLICITED 0x40
#define HYP_ND_OVERRIDE 0x20

/* A solicitation or an advertisement without its options. */
struct nd_message {
	__u8 type;
	__u8 code;
	__be16 checksum;
	__u8 flags;
	__u8 reserved[3];
	union hyp_address target;
} __attribute__((packed));

struct nd_option {
	__u8 type;
	__u8 length; /* units of 8 bytes */
	__u8 mac[6];
} __attribute__((packed));

struct nd_frame {
	struct ethhdr ethernet;
	struct ipv6hdr ip;
	struct nd_message message;
	struct nd_option option;
} __attribute__((packed));

/* Frame with two bytes in front, so that addresses are on word boundaries. */
struct nd_answer {
	__u16 pad;
	struct nd_frame frame;
} __attribute__((packed, aligned(8)));

#define HYP_ND_OFFSET (ETH_HLEN + sizeof(struct ipv6hdr))

/* Link-layer options must name the sender's own MAC. NONE or a reason. */
static __always_inline int check_nd_options(struct __sk_buff *skb, const struct packet *packet,
					    const struct hyp_endpoint_value *sender)
{
	__u32 offset = HYP_ND_OFFSET + sizeof(struct nd_message);
	struct nd_option option;

	for (int i = 0; i < HYP_ND_OPTIONS_MAX; i++) {
		if (offset == packet->bytes)
			return HYP_REASON_NONE;
		if (bpf_skb_load_bytes(skb, offset, &option, sizeof(option)) || option.length == 0)
			return HYP_REASON_MALFORMED;
		if (option.type == HYP_ND_OPTION_SOURCE_LINK_LAYER ||
		    option.type == HYP_ND_OPTION_TARGET_LINK_LAYER) {
			if (is_unspecified(&packet->source)) /* RFC 4861 §7.1.1 */
				return HYP_REASON_MALFORMED;
			if (option.length != 1 || !same_mac(option.mac, sender->mac))
				return HYP_REASON_SPOOFED_NEIGHBOUR;
		}
		offset += option.length * 8u;
	}
	return offset == packet->bytes ? HYP_REASON_NONE : HYP_REASON_MALFORMED;
}

static __always_inline __be16 fold(__u64 sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (__be16)~sum;
}

/* RFC 4443 §2.3: over the pseudo header and the message with its option. */
static __always_inline __be16 nd_checksum(struct nd_frame *frame)
{
	__be32 rest[2] = { bpf_htonl(sizeof(frame->message) + sizeof(frame->option)),
			   bpf_htonl(IPPROTO_ICMPV6) };
	void *addresses = (__u8 *)frame + ETH_HLEN + 8;
	void *message = (__u8 *)frame + HYP_ND_OFFSET;
	__s64 sum = bpf_csum_diff(NULL, 0, addresses, 32, 0);

	sum = bpf_csum_diff(NULL, 0, rest, sizeof(rest), (__u32)sum);
	sum = bpf_csum_diff(NULL, 0, message, sizeof(frame->message) + sizeof(frame->option),
			    (__u32)sum);
	return fold((__u32)sum);
}

/* Turns a solicitation into the advertisement of `mac` for its target. */
static __always_inline int answer_nd(struct __sk_buff *skb, const struct packet *packet,
				     const union hyp_address *target, const __u8 *mac)
{
	struct nd_answer answer = {};
	struct nd_frame *frame = &answer.frame;

	if (is_unspecified(&packet->source)) { /* to everybody, RFC 4861 §7.2.4 */
		frame->ethernet.h_dest[0] = 0x33;
		frame->ethernet.h_dest[1] = 0x33;
		frame->ethernet.h_dest[5] = 0x01;
		frame->ip.daddr.in6_u.u6_addr8[0] = 0xff;
		frame->ip.daddr.in6_u.u6_addr8[1] = 0x02;
		frame->ip.daddr.in6_u.u6_addr8[15] = 0x01;
		frame->message.flags = HYP_ND_OVERRIDE;
	} else {
		__builtin_memcpy(frame->ethernet.h_dest, packet->source_mac, 6);
		__builtin_memcpy(&frame->ip.daddr, &packet->source, 16);
		frame->message.flags = HYP_ND_OVERRIDE | HYP_ND_SOLICITED;
	}
	__builtin_memcpy(frame->ethernet.h_source, mac, 6);
	frame->ethernet.h_proto = bpf_htons(ETH_P_IPV6);
	frame->ip.version = 6;
	frame->ip.payload_len = bpf_htons(sizeof(frame->message) + sizeof(frame->option));
	frame->ip.nexthdr = IPPROTO_ICMPV6;
	frame->ip.hop_limit = 255;
	__builtin_memcpy(&frame->ip.saddr, target, 16);
	frame->message.type = HYP_ICMP6_NEIGHBOUR_ADVERTISEMENT;
	__builtin_memcpy(&frame->message.target, target, 16);
	frame->option.type = HYP_ND_OPTION_TARGET_LINK_LAYER;
	frame->option.length = 1;
	__builtin_memcpy(frame->option.mac, mac, 6);
	frame->message.checksum = nd_checksum(frame);
	if (bpf_skb_change_tail(skb, sizeof(*frame), 0) ||
	    bpf_skb_store_bytes(skb, 0, frame, sizeof(*frame), 0))
		return HYP_REASON_MALFORMED;
	return HYP_REASON_NONE;
}

static __always_inline int is_nd(const struct packet *packet)
{
	return packet->ethertype == ETH_P_IPV6 && packet->protocol == IPPROTO_ICMPV6 &&
	       packet->fragment != LATER_FRAGMENT &&
	       (icmp_type(packet) == HYP_ICMP6_NEIGHBOUR_SOLICITATION ||
		icmp_type(packet) == HYP_ICMP6_NEIGHBOUR_ADVERTISEMENT);
}

static __noinline int receive_nd(struct __sk_buff *skb, struct packet *packet,
				 const struct hyp_endpoint_value *sender)
{
	const struct hyp_neighbour_value *neighbour;
	struct nd_message message;
	union hyp_address target;
	__u8 hop_limit = 0;
	int reason;

	/* Behind extension headers (RFC 6980 forbids the one that would hide it) it is not read. */
	if (packet->transport != HYP_ND_OFFSET || packet->fragment != WHOLE ||
	    bpf_skb_load_bytes(skb, ETH_HLEN + 7, &hop_limit, 1) || hop_limit != 255 ||
	    bpf_skb_load_bytes(skb, HYP_ND_OFFSET, &message, sizeof(message)) || message.code != 0)
		return HYP_REASON_MALFORMED;
	__builtin_memcpy(&target, &message.target, 16);
	if (target.bytes[0] == 0xff)
		return HYP_REASON_MALFORMED;
	if (!owns_ipv6(sender, &packet->source) &&
	    !(is_unspecified(&packet->source) && message.type == HYP_ICMP6_NEIGHBOUR_SOLICITATION))
		return HYP_REASON_SPOOFED_NEIGHBOUR;
	reason = check_nd_options(skb, packet, sender);
	if (reason != HYP_REASON_NONE)
		return reason;
	if (message.type == HYP_ICMP6_NEIGHBOUR_ADVERTISEMENT)
		return owns_ipv6(sender, &target) ? HYP_REASON_NEIGHBOUR_CONSUMED
						  : HYP_REASON_SPOOFED_NEIGHBOUR;
	if (owns_ipv6(sender, &target))
		return HYP_REASON_NEIGHBOUR_CONSUMED;
	neighbour = find_neighbour(packet->network, &target);
	if (!neighbour)
		return HYP_REASON_UNKNOWN_NEIGHBOUR;
	packet->receiver = neighbour->endpoint;
	return answer_nd(skb, packet, &target, neighbour->mac);
}

#endif
