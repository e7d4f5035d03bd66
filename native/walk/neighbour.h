/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ARP (RFC 826, RFC 5227) and neighbour discovery (RFC 4861), answered here and never passed on.
 *
 * Every answer comes from the table, so what an endpoint announces changes nothing for anybody:
 * announcements and probes of its own addresses are NEIGHBOUR_CONSUMED, of others' SPOOFED_NEIGHBOUR.
 * A probe for an address that somebody else has is answered for its owner, who never sees it: the
 * prober learns of the conflict (RFC 5227 §2.1.1, RFC 4862 §5.4.4).
 */
#ifndef HYPERION_WALK_NEIGHBOUR_H
#define HYPERION_WALK_NEIGHBOUR_H


#include "event.h"
#include "guard.h"
#include "parse.h"
#include "remote.h"

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

/* Turns a request into the answer. NONE: it is on its way. */
static __always_inline int answer_arp(struct hyp_frame *frame, struct arp_frame *arp,
				      const __u8 *mac)
{
	__be32 target = arp->target_ip;

	__builtin_memcpy(arp->ethernet.h_dest, arp->sender_mac, 6);
	__builtin_memcpy(arp->ethernet.h_source, mac, 6);
	arp->operation = cpu_to_be16(HYP_ARP_REPLY);
	arp->target_ip = arp->sender_ip;
	__builtin_memcpy(arp->target_mac, arp->sender_mac, 6);
	arp->sender_ip = target;
	__builtin_memcpy(arp->sender_mac, mac, 6);
	return store_bytes(frame, 0, arp, sizeof(*arp)) == 0 ? HYP_REASON_NONE
									   : HYP_REASON_MALFORMED;
}

static __noinline int receive_arp(struct hyp_frame *frame, struct packet *packet,
				  const struct hyp_endpoint_value *sender)
{
	const struct hyp_neighbour_value *neighbour;
	union hyp_address target = {};
	struct arp_frame arp;

	if (load_bytes(frame, 0, &arp, sizeof(arp)) ||
	    arp.hardware != cpu_to_be16(HYP_ARP_ETHERNET) || arp.protocol != cpu_to_be16(ETH_P_IP) ||
	    arp.hardware_length != 6 || arp.protocol_length != 4)
		return HYP_REASON_MALFORMED;
	if (arp.operation != cpu_to_be16(HYP_ARP_REQUEST) && arp.operation != cpu_to_be16(HYP_ARP_REPLY))
		return HYP_REASON_MALFORMED;
	packet->source.words[2] = cpu_to_be32(0xffff);
	packet->source.words[3] = arp.sender_ip;
	target.words[2] = cpu_to_be32(0xffff);
	target.words[3] = arp.target_ip;
	packet->destination = target;
	if (!same_mac(arp.sender_mac, sender->mac))
		return HYP_REASON_SPOOFED_NEIGHBOUR;
	/* A request without a sender is a probe (RFC 5227). */
	if (!owns_ipv4(sender, arp.sender_ip) &&
	    (arp.sender_ip != 0 || arp.operation != cpu_to_be16(HYP_ARP_REQUEST)))
		return HYP_REASON_SPOOFED_NEIGHBOUR;
	if (arp.operation == cpu_to_be16(HYP_ARP_REPLY) || owns_ipv4(sender, arp.target_ip))
		return HYP_REASON_NEIGHBOUR_CONSUMED;
	neighbour = find_neighbour(packet->network, &target);
	if (!neighbour)
		return HYP_REASON_UNKNOWN_NEIGHBOUR;
	packet->receiver = index_of(neighbour);
	return answer_arp(frame, &arp, neighbour->mac);
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
	struct nd_frame nd;
} __attribute__((packed, aligned(8)));

#define HYP_ND_OFFSET (ETH_HLEN + sizeof(struct ipv6hdr))

/* Link-layer options must name the sender's own MAC. NONE or a reason. */
static __always_inline int check_nd_options(struct hyp_frame *frame, const struct packet *packet,
					    const struct hyp_endpoint_value *sender)
{
	__u32 offset = HYP_ND_OFFSET + sizeof(struct nd_message);
	struct nd_option option;

	for (int i = 0; i < HYP_ND_OPTIONS_MAX; i++) {
		if (offset == packet->bytes)
			return HYP_REASON_NONE;
		if (load_bytes(frame, offset, &option, sizeof(option)) || option.length == 0)
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
static __always_inline __be16 nd_checksum(struct nd_frame *nd)
{
	__be32 rest[2] = { cpu_to_be32(sizeof(nd->message) + sizeof(nd->option)),
			   cpu_to_be32(IPPROTO_ICMPV6) };
	void *addresses = (__u8 *)nd + ETH_HLEN + 8;
	void *message = (__u8 *)nd + HYP_ND_OFFSET;
	__s64 sum = add_to_sum(addresses, 32, 0);

	sum = add_to_sum(rest, sizeof(rest), sum);
	sum = add_to_sum(message, sizeof(nd->message) + sizeof(nd->option), sum);
	return fold((__u32)sum);
}

/* Turns a solicitation into the advertisement of `mac` for its target. */
static __always_inline int answer_nd(struct hyp_frame *frame, const struct packet *packet,
				     const union hyp_address *target, const __u8 *mac)
{
	struct nd_answer answer = {};
	struct nd_frame *nd = &answer.nd;

	if (is_unspecified(&packet->source)) { /* to everybody, RFC 4861 §7.2.4 */
		nd->ethernet.h_dest[0] = 0x33;
		nd->ethernet.h_dest[1] = 0x33;
		nd->ethernet.h_dest[5] = 0x01;
		nd->ip.daddr.in6_u.u6_addr8[0] = 0xff;
		nd->ip.daddr.in6_u.u6_addr8[1] = 0x02;
		nd->ip.daddr.in6_u.u6_addr8[15] = 0x01;
		nd->message.flags = HYP_ND_OVERRIDE;
	} else {
		__builtin_memcpy(nd->ethernet.h_dest, packet->source_mac, 6);
		__builtin_memcpy(&nd->ip.daddr, &packet->source, 16);
		nd->message.flags = HYP_ND_OVERRIDE | HYP_ND_SOLICITED;
	}
	__builtin_memcpy(nd->ethernet.h_source, mac, 6);
	nd->ethernet.h_proto = cpu_to_be16(ETH_P_IPV6);
	nd->ip.version = 6;
	nd->ip.payload_len = cpu_to_be16(sizeof(nd->message) + sizeof(nd->option));
	nd->ip.nexthdr = IPPROTO_ICMPV6;
	nd->ip.hop_limit = 255;
	__builtin_memcpy(&nd->ip.saddr, target, 16);
	nd->message.type = HYP_ICMP6_NEIGHBOUR_ADVERTISEMENT;
	__builtin_memcpy(&nd->message.target, target, 16);
	nd->option.type = HYP_ND_OPTION_TARGET_LINK_LAYER;
	nd->option.length = 1;
	__builtin_memcpy(nd->option.mac, mac, 6);
	nd->message.checksum = nd_checksum(nd);
	if (resize(frame, sizeof(*nd)) ||
	    store_bytes(frame, 0, nd, sizeof(*nd)))
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

static __noinline int receive_nd(struct hyp_frame *frame, struct packet *packet,
				 const struct hyp_endpoint_value *sender)
{
	const struct hyp_neighbour_value *neighbour;
	struct nd_message message;
	union hyp_address target;
	__u8 hop_limit = 0;
	int reason;

	/* Behind extension headers (RFC 6980 forbids the one that would hide it) it is not read. */
	if (packet->transport != HYP_ND_OFFSET || packet->fragment != WHOLE ||
	    load_bytes(frame, ETH_HLEN + 7, &hop_limit, 1) || hop_limit != 255 ||
	    load_bytes(frame, HYP_ND_OFFSET, &message, sizeof(message)) || message.code != 0)
		return HYP_REASON_MALFORMED;
	__builtin_memcpy(&target, &message.target, 16);
	if (target.bytes[0] == 0xff)
		return HYP_REASON_MALFORMED;
	if (!owns_ipv6(sender, &packet->source) &&
	    !(is_unspecified(&packet->source) && message.type == HYP_ICMP6_NEIGHBOUR_SOLICITATION))
		return HYP_REASON_SPOOFED_NEIGHBOUR;
	reason = check_nd_options(frame, packet, sender);
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
	packet->receiver = index_of(neighbour);
	return answer_nd(frame, packet, &target, neighbour->mac);
}

#endif
