/* SPDX-License-Identifier: Apache-2.0 */
/* The extension headers of an IPv6 packet. */
#ifndef SOFTNIC_IP6_CHAIN_H
#define SOFTNIC_IP6_CHAIN_H

#include <stdbool.h>
#include <stdint.h>

#define IP6_HEADER 40u

struct ip6_chain {
	uint32_t end;         /* offset behind the last extension header */
	uint32_t destination; /* offset of the address that a pseudo header has: the last one on the route */
	uint8_t next;         /* protocol behind the chain */
	bool whole;           /* false: cut short or too long; `end` and `next` mean nothing */
	bool fragmented;
	bool later_fragment; /* what is behind the chain is no header */
};

/* Reads the chain of the header at `l3`, of which 40 bytes are there; nothing at `limit` or behind. */
void ip6_chain_read(const uint8_t *data, uint32_t l3, uint32_t limit, struct ip6_chain *chain);

#endif
