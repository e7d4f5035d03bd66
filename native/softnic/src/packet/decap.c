/* SPDX-License-Identifier: Apache-2.0 */
#include "packet.h"

#include "bytes.h"
#include "ethernet.h"
#include "ip6_chain.h"
#include "room.h"
#include "tunnel.h"

/* Where the tunnel's payload ends: Ethernet may have padded the frame behind it. The parser sees a
 * tunnel only if all lengths are within the frame. */
static uint32_t payload_end(const struct packet *packet)
{
	const uint8_t *data = packet->data;
	uint32_t end = packet->outer.l3;

	end += packet->layers & LAYER_IP4 ? get16(data + end + 2) : IP6_HEADER + get16(data + end + 4);
	if (packet->layers & LAYER_UDP)
		end = packet->outer.l4 + get16(data + packet->outer.l4 + 4);
	if (packet->layers & LAYER_GTPU)
		end = packet->tunnel + GTPU_HEADER + get16(data + packet->tunnel + 2);
	return end;
}

doca_error_t packet_decap(struct packet *packet, const struct doca_flow_resource_decap_cfg *decap)
{
	uint8_t header[ETHERNET_MAX];
	uint32_t length = 0, strip;

	if (packet->view.tun.type == DOCA_FLOW_TUN_NONE)
		return DOCA_ERROR_NOT_FOUND;
	if (packet->view.tun.type == DOCA_FLOW_TUN_ESP)
		return DOCA_ERROR_NOT_SUPPORTED;
	if (decap->is_l2) {
		if (packet->inner.eth == PACKET_ABSENT)
			return DOCA_ERROR_INVALID_VALUE;
		strip = packet->inner.eth;
	} else {
		doca_be16_t type = decap->eth.type;

		if (packet->inner.l3 == PACKET_ABSENT)
			return DOCA_ERROR_INVALID_VALUE;
		if (type == 0)
			put16((uint8_t *)&type, packet->layers & INNER(LAYER_IP4) ?
							DOCA_FLOW_ETHER_TYPE_IPV4 :
							DOCA_FLOW_ETHER_TYPE_IPV6);
		strip = packet->inner.l3;
		length = ethernet_write(header, &decap->eth, decap->l2_valid_headers, decap->eth_vlan,
					type);
	}
	if (!room_fits_front(packet, length, strip))
		return DOCA_ERROR_TOO_BIG;
	room_end_at(packet, payload_end(packet));
	room_take_front(packet, strip);
	room_give_front(packet, length);
	memcpy(packet->data, header, length);
	packet_parse(packet);
	return DOCA_SUCCESS;
}
