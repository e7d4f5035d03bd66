/* SPDX-License-Identifier: Apache-2.0 */
/* VXLAN around a packet that software decided (RFC 7348); what the NIC carries, ENCAP puts in. */
#ifndef HYPERION_DOCA_TUNNEL_H
#define HYPERION_DOCA_TUNNEL_H

#include <stdint.h>

#include <hyperion/tables.h>

/* Ethernet, IPv4, UDP, VXLAN. */
#define TUNNEL_HEADER_BYTES 50u
#define TUNNEL_UDP_PORT 4789u
#define TUNNEL_TTL 64u

/* Writes the headers for a frame of `length` bytes whose flow has this hash. */
void tunnel_header(uint8_t header[TUNNEL_HEADER_BYTES], const struct hyp_uplink_value *local,
		   const struct hyp_vtep_value *remote, uint32_t vni, uint32_t length, uint32_t hash);

/* The same for both packets of one direction of one flow: over MACs, addresses and ports. */
uint32_t tunnel_flow_hash(const uint8_t *frame, uint32_t length);

#endif
