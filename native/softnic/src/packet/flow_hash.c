/* SPDX-License-Identifier: Apache-2.0 */
#include "packet.h"

#include "bytes.h"

/* The rounds and the end of MurmurHash3 of 32 bits. */
static uint32_t mix(uint32_t hash, uint32_t word)
{
	word *= 0xcc9e2d51u;
	word = word << 15 | word >> 17;
	word *= 0x1b873593u;
	hash ^= word;
	hash = hash << 13 | hash >> 19;
	return hash * 5 + 0xe6546b64u;
}

static uint32_t finish(uint32_t hash)
{
	hash ^= hash >> 16;
	hash *= 0x85ebca6bu;
	hash ^= hash >> 13;
	hash *= 0xc2b2ae35u;
	return hash ^ hash >> 16;
}

static uint32_t mix_bytes(uint32_t hash, const void *bytes, uint32_t words)
{
	for (uint32_t i = 0; i < words; i++)
		hash = mix(hash, get32((const uint8_t *)bytes + 4 * i));
	return hash;
}

uint32_t packet_flow_hash(const struct packet *packet)
{
	bool is_inner = packet->layers & INNER(LAYER_IP4 | LAYER_IP6 | LAYER_ETH);
	const struct doca_flow_header_format *view = is_inner ? &packet->view.inner : &packet->view.outer;
	uint32_t layers = is_inner ? packet->layers >> 10 : packet->layers;
	bool fragmented = is_inner ? packet->view.parser_meta.inner_ip_fragmented :
				     packet->view.parser_meta.outer_ip_fragmented;
	uint32_t hash = 0;

	if (layers & LAYER_IP4) {
		hash = mix_bytes(hash, &view->ip4.src_ip, 1);
		hash = mix_bytes(hash, &view->ip4.dst_ip, 1);
		hash = mix(hash, view->ip4.next_proto);
	} else if (layers & LAYER_IP6) {
		hash = mix_bytes(hash, view->ip6.src_ip, 4);
		hash = mix_bytes(hash, view->ip6.dst_ip, 4);
		/* Not the next header: a packet may have extension headers that the next one lacks. */
	} else {
		uint8_t addresses[16] = { 0 };

		memcpy(addresses, view->eth.dst_mac, 6);
		memcpy(addresses + 6, view->eth.src_mac, 6);
		memcpy(addresses + 12, &view->eth.type, 2);
		return finish(mix_bytes(hash, addresses, 4));
	}
	/* Fragments go where the first one goes, which alone has ports. */
	if ((layers & (LAYER_TCP | LAYER_UDP)) && !fragmented) {
		hash = mix(hash, view->l4_type_ext);
		hash = mix_bytes(hash, &view->transport, 1);
	}
	return finish(hash);
}
