/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A frame, taken apart. Packet pointers are read and never written through: a program that could
 * write so would unclone every TCP segment on entry.
 */
#ifndef HYPERION_WALK_PARSE_H
#define HYPERION_WALK_PARSE_H

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>

#include "../include/hyperion/reasons.h"
#include "order.h"
#include "state.h"
#include HYP_BINDING

#define HYP_VLAN_BYTES 4 /* of a tag */
#define HYP_IPV6_EXTENSIONS_MAX 6 /* headers walked before a packet is UNSUPPORTED_PROTOCOL */

#define HYP_ICMP_ECHO_REPLY 0
#define HYP_ICMP_UNREACHABLE 3
#define HYP_ICMP_SOURCE_QUENCH 4
#define HYP_ICMP_REDIRECT 5
#define HYP_ICMP_ECHO 8
#define HYP_ICMP_ROUTER_ADVERTISEMENT 9
#define HYP_ICMP_TIME_EXCEEDED 11
#define HYP_ICMP_PARAMETER_PROBLEM 12

#define HYP_ICMP6_ECHO 128
#define HYP_ICMP6_ECHO_REPLY 129
#define HYP_ICMP6_MLD_REPORT 131
#define HYP_ICMP6_MLD_DONE 132
#define HYP_ICMP6_ROUTER_SOLICITATION 133
#define HYP_ICMP6_ROUTER_ADVERTISEMENT 134
#define HYP_ICMP6_NEIGHBOUR_SOLICITATION 135
#define HYP_ICMP6_NEIGHBOUR_ADVERTISEMENT 136
#define HYP_ICMP6_REDIRECT 137
#define HYP_ICMP6_MLD2_REPORT 143

#define HYP_TCP_FIN 0x01
#define HYP_TCP_SYN 0x02
#define HYP_TCP_RST 0x04
#define HYP_TCP_ACK 0x10

enum fragment {
	WHOLE = 0,
	FIRST_FRAGMENT = 1,
	LATER_FRAGMENT = 2, /* has no transport header */
};

/* What the packet is to its connection. */
enum kind {
	KIND_FLOW = 0,      /* starts a connection or belongs to one, whoever sends it */
	KIND_OPENS = 1,     /* TCP SYN without ACK: always decided anew */
	KIND_REQUEST = 2,   /* ICMP echo: only the initiator's */
	KIND_REPLY = 3,     /* ICMP echo reply: only the responder's */
	KIND_STATELESS = 4, /* other ICMP messages: each is decided by itself */
	KIND_ERROR = 5,     /* ICMP error: belongs to the connection that it quotes */
};

struct packet {
	union hyp_address source;
	union hyp_address destination;
	__u32 bytes;   /* with the Ethernet header */
	__u32 network;
	__u32 sender;   /* endpoint indices; 0 while unknown */
	__u32 receiver;
	__u32 fragment_id;
	__u16 ethertype;        /* host order */
	__u16 transport;        /* offset of the transport header in the frame */
	__u16 source_port;      /* host order; ICMP echo: identifier on the asking side, else 0 */
	__u16 destination_port;
	__u16 service;          /* what policy matches: destination port, or ICMP type << 8 | code */
	__u8 protocol;          /* as on the wire */
	__u8 tcp_flags;
	__u8 fragment;          /* enum fragment */
	__u8 kind;              /* enum kind */
	__u8 source_mac[6];
	__u8 destination_mac[6];
	/* Who denied it, filled by policy. */
	__u8 direction;
	__u8 logged; /* the deciding rule has `log` */
	__u8 again;  /* it was decided before, and is under the present rules */
	__u32 culprit;
	__u32 policy;
	__u32 rule;
};

static __always_inline int is_ipv4(const struct packet *packet)
{
	return packet->ethertype == ETH_P_IP;
}

static __always_inline __u8 icmp_type(const struct packet *packet)
{
	return packet->service >> 8;
}

static __always_inline int is_icmp(const struct packet *packet)
{
	return packet->protocol == (is_ipv4(packet) ? IPPROTO_ICMP : IPPROTO_ICMPV6);
}

/* The protocol as policy tells protocols apart. */
static __always_inline __u8 policy_protocol(const struct packet *packet)
{
	switch (packet->protocol) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_SCTP:
		return packet->protocol;
	default:
		return is_icmp(packet) ? packet->protocol : HYP_PROTOCOL_OTHER;
	}
}

static __always_inline __u16 read16(const __u8 *bytes)
{
	return (__u16)(bytes[0] << 8 | bytes[1]);
}

/* Ports of an ICMP message. `header` holds its first 8 bytes. */
static __always_inline void parse_icmp(struct packet *packet, const __u8 *header)
{
	int v4 = is_ipv4(packet);
	__u8 type = header[0];

	packet->service = read16(header);
	packet->source_port = 0;
	packet->destination_port = 0;
	if (type == (v4 ? HYP_ICMP_ECHO : HYP_ICMP6_ECHO)) {
		packet->kind = KIND_REQUEST;
		packet->source_port = read16(header + 4);
	} else if (type == (v4 ? HYP_ICMP_ECHO_REPLY : HYP_ICMP6_ECHO_REPLY)) {
		packet->kind = KIND_REPLY;
		packet->destination_port = read16(header + 4);
	} else if (v4 ? type == HYP_ICMP_UNREACHABLE || type == HYP_ICMP_SOURCE_QUENCH ||
				type == HYP_ICMP_TIME_EXCEEDED ||
				type == HYP_ICMP_PARAMETER_PROBLEM
		      : type < 128) {
		packet->kind = KIND_ERROR;
	} else {
		packet->kind = KIND_STATELESS;
	}
}

/* The transport header at packet->transport. `available`: bytes from there to the end of the packet. */
static __always_inline int parse_transport(struct hyp_frame *frame, struct packet *packet,
					   __u32 available)
{
	__u8 header[20];

	switch (policy_protocol(packet)) {
	case IPPROTO_TCP:
		if (available < 20 || load_bytes(frame, packet->transport, header, 20))
			return HYP_REASON_MALFORMED;
		packet->tcp_flags = header[13];
		if ((header[13] & (HYP_TCP_SYN | HYP_TCP_ACK)) == HYP_TCP_SYN)
			packet->kind = KIND_OPENS;
		break;
	case IPPROTO_UDP:
	case IPPROTO_SCTP:
		if (available < 8 || load_bytes(frame, packet->transport, header, 8))
			return HYP_REASON_MALFORMED;
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		if (available < 8 || load_bytes(frame, packet->transport, header, 8))
			return HYP_REASON_MALFORMED;
		parse_icmp(packet, header);
		return HYP_REASON_NONE;
	default:
		return HYP_REASON_NONE;
	}
	packet->source_port = read16(header);
	packet->destination_port = read16(header + 2);
	packet->service = packet->destination_port;
	return HYP_REASON_NONE;
}

/* RFC 3128: a fragment that could overwrite the TCP header of the first one is an attack. */
static __always_inline int overlaps_header(const struct packet *packet, __u32 offset_bytes)
{
	return packet->protocol == IPPROTO_TCP && offset_bytes < 20;
}

static __always_inline int parse_ipv4(struct hyp_frame *frame, struct packet *packet,
				      const struct iphdr *ip)
{
	__u32 header = ip->ihl * 4u;
	__u32 total = be16_to_cpu(ip->tot_len);
	__u16 fragment = be16_to_cpu(ip->frag_off);

	packet->source.words[2] = cpu_to_be32(0xffff);
	packet->source.words[3] = ip->saddr;
	packet->destination.words[2] = cpu_to_be32(0xffff);
	packet->destination.words[3] = ip->daddr;
	packet->protocol = ip->protocol;
	packet->transport = ETH_HLEN + header;
	if (total == 0 && is_segmented(frame)) /* a segment to be cut that is longer than 65535 bytes */
		total = packet->bytes - ETH_HLEN;
	if (ip->version != 4 || header < sizeof(*ip) || total < header ||
	    total > packet->bytes - ETH_HLEN)
		return HYP_REASON_MALFORMED;
	if (fragment & 0x3fff) {
		packet->fragment_id = be16_to_cpu(ip->id);
		packet->fragment = fragment & 0x1fff ? LATER_FRAGMENT : FIRST_FRAGMENT;
		if (packet->fragment == LATER_FRAGMENT)
			return overlaps_header(packet, (fragment & 0x1fffu) * 8)
				       ? HYP_REASON_MALFORMED
				       : HYP_REASON_NONE;
	}
	return parse_transport(frame, packet, total - header);
}

struct fragment_header {
	__u8 next;
	__u8 reserved;
	__be16 offset; /* in units of 8 bytes, and flags */
	__be32 id;
};

/* Walks the extension headers from packet->transport on (RFC 8200 §4). */
static __noinline int walk_extensions(struct hyp_frame *frame, struct packet *packet)
{
	__u8 next = packet->protocol;
	__u32 offset = packet->transport;
	struct fragment_header header;

	for (int i = 0; i < HYP_IPV6_EXTENSIONS_MAX; i++) {
		if (next != IPPROTO_HOPOPTS && next != IPPROTO_ROUTING && next != IPPROTO_DSTOPTS &&
		    next != IPPROTO_FRAGMENT)
			break;
		if (load_bytes(frame, offset, &header, sizeof(header)))
			return HYP_REASON_MALFORMED;
		if (next == IPPROTO_FRAGMENT) {
			__u16 place = be16_to_cpu(header.offset);

			packet->fragment_id = be32_to_cpu(header.id);
			if (place & 0xfff8)
				packet->fragment = LATER_FRAGMENT;
			else if (place & 1)
				packet->fragment = FIRST_FRAGMENT;
			offset += sizeof(header);
			packet->protocol = header.next;
			packet->transport = offset;
			if (packet->fragment == LATER_FRAGMENT)
				return overlaps_header(packet, place & 0xfff8) ? HYP_REASON_MALFORMED
									       : HYP_REASON_NONE;
		} else {
			offset += (header.reserved + 1u) * 8; /* the second byte is the length here */
		}
		next = header.next;
	}
	packet->protocol = next;
	packet->transport = offset;
	switch (next) {
	case IPPROTO_HOPOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_DSTOPTS:
	case IPPROTO_FRAGMENT:
	case 135: /* mobility */
	case 139: /* HIP */
	case 140: /* shim6 */
		return HYP_REASON_UNSUPPORTED_PROTOCOL;
	default:
		return HYP_REASON_NONE;
	}
}

static __always_inline int parse_ipv6(struct hyp_frame *frame, struct packet *packet,
				      const struct ipv6hdr *ip)
{
	__u32 end;

	__builtin_memcpy(&packet->source, &ip->saddr, 16);
	__builtin_memcpy(&packet->destination, &ip->daddr, 16);
	packet->protocol = ip->nexthdr;
	packet->transport = ETH_HLEN + sizeof(*ip);
	end = packet->transport + be16_to_cpu(ip->payload_len);
	if (ip->payload_len == 0 && is_segmented(frame)) /* RFC 2675 jumbogram, to be cut */
		end = packet->bytes;
	if (ip->version != 6 || end > packet->bytes)
		return HYP_REASON_MALFORMED;
	if (ip->nexthdr != IPPROTO_TCP && ip->nexthdr != IPPROTO_UDP) {
		int reason = walk_extensions(frame, packet);

		if (reason != HYP_REASON_NONE || packet->fragment == LATER_FRAGMENT)
			return reason;
		if (packet->transport > end)
			return HYP_REASON_MALFORMED;
	}
	return parse_transport(frame, packet, end - packet->transport);
}

#define HYP_HEAD_BYTES (sizeof(struct ethhdr) + sizeof(struct ipv6hdr))

/* Fills *packet, as far as it gets: also what is dropped is reported. Returns NONE or a reason. */
static __always_inline int parse(struct hyp_frame *frame, struct packet *packet)
{
	const struct ethhdr *ethernet;
	const void *data, *end;

	packet->bytes = frame_length(frame);
	load_head(frame, HYP_HEAD_BYTES, &data, &end);
	ethernet = data;
	if (data + sizeof(*ethernet) > end)
		return HYP_REASON_MALFORMED;
	packet->ethertype = be16_to_cpu(ethernet->h_proto);
	__builtin_memcpy(packet->source_mac, ethernet->h_source, 6);
	__builtin_memcpy(packet->destination_mac, ethernet->h_dest, 6);
	if (has_vlan(frame))
		packet->bytes += HYP_VLAN_BYTES;
	if (has_vlan(frame) || packet->ethertype == ETH_P_8021Q ||
	    packet->ethertype == ETH_P_8021AD)
		return HYP_REASON_VLAN_TAGGED;
	data += sizeof(*ethernet);
	switch (packet->ethertype) {
	case ETH_P_IP:
		return data + sizeof(struct iphdr) <= end ? parse_ipv4(frame, packet, data)
							  : HYP_REASON_MALFORMED;
	case ETH_P_IPV6:
		return data + sizeof(struct ipv6hdr) <= end ? parse_ipv6(frame, packet, data)
							    : HYP_REASON_MALFORMED;
	case ETH_P_ARP:
		return HYP_REASON_NONE;
	default:
		return HYP_REASON_UNSUPPORTED_PROTOCOL;
	}
}

#endif
