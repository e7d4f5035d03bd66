/* SPDX-License-Identifier: Apache-2.0 */
/* Writing the Ethernet header, with tags, that encapsulations and decapsulations put on. */
#ifndef SOFTNIC_ETHERNET_H
#define SOFTNIC_ETHERNET_H

#include "bytes.h"
#include "stack.h"

#define ETHERNET_MAX (ETHERNET_HEADER + DOCA_FLOW_VLAN_MAX * VLAN_TAG)

/* Two tags: the outer one is the service's (IEEE 802.1ad). `type`: in network order. Its length. */
static inline uint32_t ethernet_write(uint8_t out[static ETHERNET_MAX],
				      const struct doca_flow_header_eth *eth, uint16_t valid,
				      const struct doca_flow_header_eth_vlan *vlan, doca_be16_t type)
{
	uint32_t at = 12;

	memcpy(out, eth->dst_mac, 6);
	memcpy(out + 6, eth->src_mac, 6);
	if (valid & DOCA_FLOW_L2_VALID_HEADER_VLAN_0) {
		put16(out + at, valid & DOCA_FLOW_L2_VALID_HEADER_VLAN_1 ?
					DOCA_FLOW_ETHER_TYPE_QINQ :
					DOCA_FLOW_ETHER_TYPE_VLAN);
		memcpy(out + at + 2, &vlan[0].tci, 2);
		at += VLAN_TAG;
	}
	if (valid & DOCA_FLOW_L2_VALID_HEADER_VLAN_1) {
		put16(out + at, DOCA_FLOW_ETHER_TYPE_VLAN);
		memcpy(out + at + 2, &vlan[1].tci, 2);
		at += VLAN_TAG;
	}
	memcpy(out + at, &type, 2);
	return at + 2;
}

#endif
