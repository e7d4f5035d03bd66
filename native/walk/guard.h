/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Nobody speaks for somebody else: MAC, addresses, DHCP, routers. */
#ifndef HYPERION_WALK_GUARD_H
#define HYPERION_WALK_GUARD_H

#include "parse.h"

#define HYP_DHCP_SERVER_PORT 67
#define HYP_DHCP6_SERVER_PORT 547

static __always_inline int same_mac(const __u8 *a, const __u8 *b)
{
	return a[0] == b[0] && a[1] == b[1] && a[2] == b[2] && a[3] == b[3] && a[4] == b[4] &&
	       a[5] == b[5];
}

static __always_inline int same_address(const union hyp_address *a, const union hyp_address *b)
{
	return a->halves[0] == b->halves[0] && a->halves[1] == b->halves[1];
}

static __always_inline int is_unspecified(const union hyp_address *address)
{
	return (address->halves[0] | address->halves[1]) == 0;
}

/* IPv4 in the form that only tables have: nobody's IPv6 address. */
static __always_inline int is_mapped(const union hyp_address *address)
{
	return address->halves[0] == 0 && address->words[2] == cpu_to_be32(0xffff);
}

static __always_inline int is_multicast(const struct packet *packet)
{
	if (packet->destination_mac[0] & 1)
		return 1;
	if (is_ipv4(packet)) /* 224.0.0.0/4 and 255.255.255.255, with 240.0.0.0/4 that nobody has */
		return packet->destination.bytes[12] >= 224;
	return packet->destination.bytes[0] == 0xff;
}

/* The link-local address that a MAC implies (RFC 4291 appendix A). */
static __noinline int is_link_local_of(const union hyp_address *address, const __u8 *mac)
{
	const __u8 *id = address->bytes + 8;

	return address->halves[0] == cpu_to_be64(0xfe80000000000000ull) &&
	       id[0] == (mac[0] ^ 2) && id[1] == mac[1] && id[2] == mac[2] && id[3] == 0xff &&
	       id[4] == 0xfe && id[5] == mac[3] && id[6] == mac[4] && id[7] == mac[5];
}

static __always_inline int owns_ipv4(const struct hyp_endpoint_value *endpoint, __be32 address)
{
	return endpoint->ipv4 == address && address != 0;
}

static __always_inline int owns_ipv6(const struct hyp_endpoint_value *endpoint,
				     const union hyp_address *address)
{
	if (is_unspecified(address))
		return 0;
	return same_address((const union hyp_address *)endpoint->ipv6, address) ||
	       is_link_local_of(address, endpoint->mac);
}

static __always_inline int owns(const struct hyp_endpoint_value *endpoint,
				const struct packet *packet, const union hyp_address *address)
{
	return is_ipv4(packet) ? owns_ipv4(endpoint, address->words[3])
			       : owns_ipv6(endpoint, address);
}

/* What a host may send before it has an address: router solicitation (RFC 4861 §4.1) and multicast
 * listener reports (RFC 3590). */
static __always_inline int may_be_unspecified(const struct packet *packet)
{
	__u8 type = icmp_type(packet);

	return is_unspecified(&packet->source) && is_multicast(packet) && is_icmp(packet) &&
	       packet->fragment == WHOLE &&
	       (type == HYP_ICMP6_ROUTER_SOLICITATION || type == HYP_ICMP6_MLD_REPORT ||
		type == HYP_ICMP6_MLD_DONE || type == HYP_ICMP6_MLD2_REPORT);
}

static __always_inline int guard_icmp(const struct packet *packet)
{
	__u8 type = icmp_type(packet);

	if (packet->fragment == LATER_FRAGMENT)
		return HYP_REASON_NONE;
	if (is_ipv4(packet) ? type == HYP_ICMP_REDIRECT || type == HYP_ICMP_ROUTER_ADVERTISEMENT
			    : type == HYP_ICMP6_REDIRECT || type == HYP_ICMP6_ROUTER_ADVERTISEMENT)
		return HYP_REASON_ROGUE_ROUTER_ADVERTISEMENT;
	return HYP_REASON_NONE;
}

/* What only a server or a router says, and none of them is an endpoint. */
static __always_inline int guard_message(const struct packet *packet)
{
	if (packet->protocol == IPPROTO_UDP &&
	    packet->source_port ==
		    (is_ipv4(packet) ? HYP_DHCP_SERVER_PORT : HYP_DHCP6_SERVER_PORT))
		return HYP_REASON_ROGUE_DHCP;
	return is_icmp(packet) ? guard_icmp(packet) : HYP_REASON_NONE;
}

static __always_inline int guard_source(const struct packet *packet,
					const struct hyp_endpoint_value *sender)
{
	if (!owns(sender, packet, &packet->source) &&
	    (is_ipv4(packet) || !may_be_unspecified(packet)))
		return is_ipv4(packet) ? HYP_REASON_SPOOFED_IPV4 : HYP_REASON_SPOOFED_IPV6;
	return guard_message(packet);
}

#endif
