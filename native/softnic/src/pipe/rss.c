/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which software queue a packet goes to: by a hash over the addresses and ports that the flags name.
 * Not Toeplitz: softnic promises one queue per flow, not the queue of a certain device.
 */
#include "../flow/nic.h"
#include "forward.h"
#include "keymap.h"

struct flow {
	uint64_t source, destination; /* mixed from addresses and ports */
};

static void mix(uint64_t *into, const void *bytes, size_t size)
{
	uint64_t padded[2] = { 0, 0 };

	memcpy(padded, bytes, size);
	*into = (uint64_t)key_hash((const uint8_t *)padded, sizeof(padded)) + *into * 31;
}

static void mix_stack(struct flow *flow, uint32_t flags, uint32_t layers,
		      const struct doca_flow_header_format *header)
{
	bool tcp = (layers & LAYER_TCP) != 0, udp = (layers & LAYER_UDP) != 0;

	if ((flags & DOCA_FLOW_RSS_AUTO) != 0)
		flags |= DOCA_FLOW_RSS_IPV4 | DOCA_FLOW_RSS_IPV6 | DOCA_FLOW_RSS_UDP |
			 DOCA_FLOW_RSS_TCP;
	if ((layers & LAYER_IP4) != 0) {
		if ((flags & (DOCA_FLOW_RSS_IPV4 | DOCA_FLOW_RSS_IPV4_SRC)) != 0)
			mix(&flow->source, &header->ip4.src_ip, 4);
		if ((flags & (DOCA_FLOW_RSS_IPV4 | DOCA_FLOW_RSS_IPV4_DST)) != 0)
			mix(&flow->destination, &header->ip4.dst_ip, 4);
	}
	if ((layers & LAYER_IP6) != 0) {
		if ((flags & (DOCA_FLOW_RSS_IPV6 | DOCA_FLOW_RSS_IPV6_SRC)) != 0)
			mix(&flow->source, header->ip6.src_ip, 16);
		if ((flags & (DOCA_FLOW_RSS_IPV6 | DOCA_FLOW_RSS_IPV6_DST)) != 0)
			mix(&flow->destination, header->ip6.dst_ip, 16);
	}
	if ((tcp && (flags & (DOCA_FLOW_RSS_TCP | DOCA_FLOW_RSS_TCP_SRC)) != 0) ||
	    (udp && (flags & (DOCA_FLOW_RSS_UDP | DOCA_FLOW_RSS_UDP_SRC)) != 0))
		mix(&flow->source, &header->transport.src_port, 2);
	if ((tcp && (flags & (DOCA_FLOW_RSS_TCP | DOCA_FLOW_RSS_TCP_DST)) != 0) ||
	    (udp && (flags & (DOCA_FLOW_RSS_UDP | DOCA_FLOW_RSS_UDP_DST)) != 0))
		mix(&flow->destination, &header->transport.dst_port, 2);
}

static uint32_t flow_hash(uint32_t outer_flags, uint32_t inner_flags, bool symmetric,
			  const struct packet *packet)
{
	const uint32_t stack = LAYER_IP4 | LAYER_IP6 | LAYER_TCP | LAYER_UDP;
	struct flow flow = { 0, 0 };
	uint64_t key[2];

	mix_stack(&flow, outer_flags, packet->layers & stack, &packet->view.outer);
	if ((outer_flags & DOCA_FLOW_RSS_ESP) != 0 && (packet->layers & LAYER_ESP) != 0)
		mix(&flow.source, &packet->view.tun.esp_spi, 4);
	mix_stack(&flow, inner_flags, packet->layers / INNER(1) & stack, &packet->view.inner);
	if (symmetric) {
		key[0] = flow.source ^ flow.destination;
		key[1] = flow.source + flow.destination;
	} else {
		key[0] = flow.source;
		key[1] = flow.destination;
	}
	return key_hash((const uint8_t *)key, sizeof(key));
}

uint16_t forward_queue(const struct forward *forward, const struct nic *nic,
		       const struct packet *packet)
{
	const struct doca_flow_resource_rss_cfg *shared;
	uint32_t hash;

	if (forward->shared_rss_id == UINT32_MAX) {
		if (forward->nr_queues == 1)
			return forward->queues[0];
		hash = flow_hash(forward->outer_flags, forward->inner_flags, forward->symmetric,
				 packet);
		return forward->queues[hash % forward->nr_queues];
	}
	/* Its queues may have been set anew, or taken away. */
	shared = &nic->shared[DOCA_FLOW_SHARED_RESOURCE_RSS][forward->shared_rss_id].cfg.rss_cfg;
	if (shared->queues_array == NULL || shared->nr_queues <= 0)
		return 0;
	hash = flow_hash(shared->outer_flags, shared->inner_flags,
			 shared->rss_hash_func == DOCA_FLOW_RSS_HASH_FUNCTION_SYMMETRIC_TOEPLITZ,
			 packet);
	return shared->queues_array[hash % (uint32_t)shared->nr_queues];
}
