/* SPDX-License-Identifier: Apache-2.0 */
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <linux/udp.h>

#include "bench.h"

/* Locally administered, and the same but for the last byte: is_ours() knows them by the rest. */
const uint8_t bench_source_mac[6] = { 0x02, 0x48, 0x59, 0x50, 0x00, 0x01 };
const uint8_t bench_destination_mac[6] = { 0x02, 0x48, 0x59, 0x50, 0x00, 0x02 };

#define PAYLOAD_BYTES 32u

static uint16_t sum(const uint8_t *bytes, uint32_t length, uint32_t start)
{
	for (uint32_t i = 0; i + 1 < length; i += 2)
		start += (uint32_t)(bytes[i] << 8 | bytes[i + 1]);
	while (start >> 16)
		start = (start & 0xffff) + (start >> 16);
	return htons((uint16_t)~start);
}

static uint8_t *begin(uint8_t *frame, uint8_t protocol, uint32_t transport_bytes)
{
	struct iphdr ip = {
		.version = 4,
		.ihl = 5,
		.tot_len = htons((uint16_t)(sizeof(ip) + transport_bytes)),
		.ttl = 64,
		.protocol = protocol,
		.saddr = htonl(BENCH_SOURCE_IP),
		.daddr = htonl(BENCH_DESTINATION_IP),
	};

	memcpy(frame, bench_destination_mac, ETH_ALEN);
	memcpy(frame + ETH_ALEN, bench_source_mac, ETH_ALEN);
	frame[12] = ETH_P_IP >> 8;
	frame[13] = ETH_P_IP & 0xff;
	memcpy(frame + ETH_HLEN, &ip, sizeof(ip));
	ip.check = sum(frame + ETH_HLEN, sizeof(ip), 0);
	memcpy(frame + ETH_HLEN, &ip, sizeof(ip));
	return frame + ETH_HLEN + sizeof(ip);
}

/* Of the pseudo header, without folding. */
static uint32_t pseudo(uint8_t protocol, uint32_t transport_bytes)
{
	return (BENCH_SOURCE_IP >> 16) + (BENCH_SOURCE_IP & 0xffff) + (BENCH_DESTINATION_IP >> 16) +
	       (BENCH_DESTINATION_IP & 0xffff) + protocol + transport_bytes;
}

uint32_t bench_frame(uint8_t *frame, uint16_t source_port, uint16_t destination_port, uint8_t number)
{
	uint32_t bytes = sizeof(struct udphdr) + PAYLOAD_BYTES;
	struct udphdr udp = { .source = htons(source_port),
			      .dest = htons(destination_port),
			      .len = htons((uint16_t)bytes) };
	uint8_t *transport = begin(frame, IPPROTO_UDP, bytes);

	memset(transport + sizeof(udp), number, PAYLOAD_BYTES);
	memcpy(transport, &udp, sizeof(udp));
	udp.check = sum(transport, bytes, pseudo(IPPROTO_UDP, bytes));
	memcpy(transport, &udp, sizeof(udp));
	return ETH_HLEN + sizeof(struct iphdr) + bytes;
}

uint32_t bench_tcp_frame(uint8_t *frame, uint16_t source_port, uint16_t destination_port, uint8_t flags,
			 uint8_t number)
{
	uint32_t bytes = sizeof(struct tcphdr) + PAYLOAD_BYTES;
	struct tcphdr tcp = { .source = htons(source_port),
			      .dest = htons(destination_port),
			      .doff = sizeof(tcp) / 4,
			      .window = htons(1024) };
	uint8_t *transport = begin(frame, IPPROTO_TCP, bytes);

	memset(transport + sizeof(tcp), number, PAYLOAD_BYTES);
	memcpy(transport, &tcp, sizeof(tcp));
	transport[13] = flags;
	memcpy(&tcp, transport, sizeof(tcp));
	tcp.check = sum(transport, bytes, pseudo(IPPROTO_TCP, bytes));
	memcpy(transport, &tcp, sizeof(tcp));
	return ETH_HLEN + sizeof(struct iphdr) + bytes;
}
