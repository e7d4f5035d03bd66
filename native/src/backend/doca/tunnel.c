/* SPDX-License-Identifier: Apache-2.0 */
#include "tunnel.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>
#include <string.h>

#define VXLAN_VNI_VALID 0x08u
#define SOURCE_PORT_FIRST 49152u /* RFC 7348 §5: the dynamic range */
#define SOURCE_PORTS 16384u
#define IP_DONT_FRAGMENT 0x4000u

struct vxlan {
	uint8_t flags;
	uint8_t reserved[3];
	uint32_t vni; /* wire order, upper 24 bits */
};

struct outer {
	struct ethhdr ethernet;
	struct iphdr ip;
	struct udphdr udp;
	struct vxlan vxlan;
} __attribute__((packed));
_Static_assert(sizeof(struct outer) == TUNNEL_HEADER_BYTES, "outer headers");

static uint16_t ip_checksum(const struct iphdr *ip)
{
	uint16_t words[sizeof(*ip) / 2];
	uint32_t sum = 0;

	memcpy(words, ip, sizeof(*ip));
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		sum += words[i];
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~((sum & 0xffff) + (sum >> 16));
}

void tunnel_header(uint8_t header[TUNNEL_HEADER_BYTES], const struct hyp_uplink_value *local,
		   const struct hyp_vtep_value *remote, uint32_t vni, uint32_t length, uint32_t hash)
{
	uint32_t udp_bytes = sizeof(struct udphdr) + sizeof(struct vxlan) + length;
	struct outer outer = {
		.ethernet = { .h_proto = htons(ETH_P_IP) },
		.ip = {
			.version = 4,
			.ihl = 5,
			.tot_len = htons((uint16_t)(sizeof(struct iphdr) + udp_bytes)),
			.frag_off = htons(IP_DONT_FRAGMENT),
			.ttl = TUNNEL_TTL,
			.protocol = IPPROTO_UDP,
			.saddr = local->ipv4,
			.daddr = remote->ipv4,
		},
		.udp = {
			.source = htons((uint16_t)(SOURCE_PORT_FIRST + hash % SOURCE_PORTS)),
			.dest = htons(TUNNEL_UDP_PORT),
			.len = htons((uint16_t)udp_bytes),
		},
		.vxlan = { .flags = VXLAN_VNI_VALID, .vni = htonl(vni << 8) },
	};
	struct iphdr ip;

	memcpy(outer.ethernet.h_dest, remote->mac, ETH_ALEN);
	memcpy(outer.ethernet.h_source, local->mac, ETH_ALEN);
	ip = outer.ip;
	outer.ip.check = ip_checksum(&ip);
	memcpy(header, &outer, sizeof(outer));
}

static uint32_t mix(uint32_t hash, const uint8_t *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		hash = (hash ^ bytes[i]) * 0x01000193u; /* FNV-1a */
	return hash;
}

uint32_t tunnel_flow_hash(const uint8_t *frame, uint32_t length)
{
	uint32_t hash = 0x811c9dc5u;
	size_t transport;
	uint16_t type;

	if (length < ETH_HLEN + sizeof(struct iphdr))
		return hash;
	hash = mix(hash, frame, 2 * ETH_ALEN);
	type = (uint16_t)(frame[12] << 8 | frame[13]);
	if (type == ETH_P_IP) {
		uint8_t protocol = frame[ETH_HLEN + 9];
		int fragment = (frame[ETH_HLEN + 6] & 0x3f) | frame[ETH_HLEN + 7];

		hash = mix(hash, frame + ETH_HLEN + 12, 8);
		transport = ETH_HLEN + (frame[ETH_HLEN] & 0xfu) * 4;
		if (fragment || (protocol != IPPROTO_TCP && protocol != IPPROTO_UDP))
			return hash;
	} else if (type == ETH_P_IPV6 && length >= ETH_HLEN + sizeof(struct ipv6hdr)) {
		uint8_t protocol = frame[ETH_HLEN + 6];

		hash = mix(hash, frame + ETH_HLEN + 8, 32);
		transport = ETH_HLEN + sizeof(struct ipv6hdr);
		if (protocol != IPPROTO_TCP && protocol != IPPROTO_UDP)
			return hash;
	} else {
		return hash;
	}
	return transport + 4 <= length ? mix(hash, frame + transport, 4) : hash;
}
