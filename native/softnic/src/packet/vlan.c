/* SPDX-License-Identifier: Apache-2.0 */
#include "packet.h"

#include "bytes.h"
#include "room.h"
#include "stack.h"

#define ADDRESSES 12u /* tags come behind them */

doca_error_t packet_push_vlan(struct packet *packet, doca_be16_t eth_type, doca_be16_t tci)
{
	if (!(packet->layers & LAYER_ETH))
		return DOCA_ERROR_INVALID_VALUE;
	if (!room_fits_front(packet, VLAN_TAG, 0))
		return DOCA_ERROR_TOO_BIG;
	room_give_front(packet, VLAN_TAG);
	memmove(packet->data, packet->data + VLAN_TAG, ADDRESSES);
	if (eth_type != 0)
		memcpy(packet->data + ADDRESSES, &eth_type, 2);
	else
		put16(packet->data + ADDRESSES, DOCA_FLOW_ETHER_TYPE_VLAN);
	memcpy(packet->data + ADDRESSES + 2, &tci, 2);
	packet_parse(packet);
	return DOCA_SUCCESS;
}

void packet_pop_vlan(struct packet *packet)
{
	if (!(packet->layers & LAYER_VLAN0))
		return;
	memmove(packet->data + VLAN_TAG, packet->data, ADDRESSES);
	room_take_front(packet, VLAN_TAG);
	packet_parse(packet);
}
