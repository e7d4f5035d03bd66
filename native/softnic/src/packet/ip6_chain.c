/* SPDX-License-Identifier: Apache-2.0 */
#include "ip6_chain.h"

#include <netinet/in.h>

#include "bytes.h"

/* Longer chains than any honest packet has (RFC 8200 §4.1) are not followed. */
#define CHAIN_MAX 8

#define ROUTING_SOURCE 0 /* RFC 2460 */
#define ROUTING_MOBILE 2 /* RFC 6275 */
#define ROUTING_SEGMENT 4 /* RFC 8754 */

/* While segments are left, the pseudo header has the address at the end of the route. */
static void read_routing(const uint8_t *data, uint32_t at, uint32_t length, struct ip6_chain *chain)
{
	uint8_t type = data[at + 2], left = data[at + 3];

	if (left == 0 || length < 24)
		return;
	if (type == ROUTING_SOURCE || type == ROUTING_MOBILE)
		chain->destination = at + length - 16;
	else if (type == ROUTING_SEGMENT)
		chain->destination = at + 8; /* segments are listed backwards */
}

static void read_fragment(const uint8_t *data, uint32_t at, struct ip6_chain *chain)
{
	uint16_t word = get16(data + at + 2);

	chain->later_fragment = (word & 0xfff8) != 0;
	chain->fragmented = chain->later_fragment || (word & 1) != 0;
}

void ip6_chain_read(const uint8_t *data, uint32_t l3, uint32_t limit, struct ip6_chain *chain)
{
	*chain = (struct ip6_chain){
		.end = l3 + IP6_HEADER,
		.destination = l3 + 24,
		.next = data[l3 + 6],
	};
	for (int i = 0; i < CHAIN_MAX; i++) {
		uint32_t at = chain->end, length;

		switch (chain->next) {
		case IPPROTO_HOPOPTS:
		case IPPROTO_ROUTING:
		case IPPROTO_DSTOPTS:
		case IPPROTO_FRAGMENT:
		case IPPROTO_AH:
			break;
		default:
			chain->whole = true;
			return;
		}
		if (at + 8 > limit)
			return;
		if (chain->next == IPPROTO_FRAGMENT)
			length = 8;
		else if (chain->next == IPPROTO_AH)
			length = (data[at + 1] + 2u) * 4;
		else
			length = (data[at + 1] + 1u) * 8;
		if (at + length > limit)
			return;
		if (chain->next == IPPROTO_ROUTING)
			read_routing(data, at, length, chain);
		else if (chain->next == IPPROTO_FRAGMENT)
			read_fragment(data, at, chain);
		chain->next = data[at];
		chain->end = at + length;
		if (chain->later_fragment) {
			chain->whole = true;
			return;
		}
	}
}
