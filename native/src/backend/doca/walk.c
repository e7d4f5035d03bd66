/* SPDX-License-Identifier: Apache-2.0 */
#define HYP_BINDING "../src/backend/doca/binding.h"

#include "../../../walk/from_port.h"
#include "../../../walk/from_tunnel.h"
#include "../../../walk/gateway.h"

#include "walk.h"

#define VXLAN_PORT 4789
#define VXLAN_HAS_VNI 0x08 /* the I flag, RFC 7348 §5 */

struct vxlan {
	__u8 flags;
	__u8 reserved[3];
	__u8 vni[3];
	__u8 reserved2;
};

/* The rows that a connection was decided under are those of now, and it may go on. */
static bool is_current(const struct hyp_connection_key *key, const struct hyp_connection *connection)
{
	int low = !!(connection->flags & HYP_CONNECTION_INITIATOR_LOW);
	const union hyp_address *addresses[2] = { low ? &key->low : &key->high,
						  low ? &key->high : &key->low };
	/* Of a packet in its direction as far as owns() asks. */
	struct packet packet = { .ethertype = is_mapped(&key->low) ? ETH_P_IP : ETH_P_IPV6 };

	for (int side = 0; side < 2; side++) {
		struct hyp_endpoint_value remote;
		const struct hyp_endpoint_value *row = row_of(key->network, connection->endpoint[side],
							      addresses[side], &remote);

		if (!row || row->network != key->network || row->mode == HYP_MODE_QUARANTINE ||
		    row->generation != connection->generation[side] ||
		    !owns(row, &packet, addresses[side]))
			return false;
	}
	return true;
}

bool doca_tables_connection_current(struct doca_tables *tables, const struct hyp_connection_key *key,
				    const struct hyp_connection *connection)
{
	walking = tables;
	return is_current(key, connection);
}

/* Whether the packets of this one's connection that look like it have nothing left to be decided. */
static bool may_pass_by(const struct packet *packet)
{
	if (packet->fragment != WHOLE || packet->kind != KIND_FLOW)
		return false;
	if (packet->transport != ETH_HLEN + (is_ipv4(packet) ? sizeof(struct iphdr)
							     : sizeof(struct ipv6hdr)))
		return false;
	if (packet->protocol == IPPROTO_TCP)
		return !(packet->tcp_flags & (HYP_TCP_SYN | HYP_TCP_FIN | HYP_TCP_RST));
	return packet->protocol == IPPROTO_UDP;
}

/* Finds the connection that a delivered packet belongs to. */
static void add_connection(const struct packet *packet, struct walk_verdict *verdict)
{
	int low = is_low(packet);
	struct hyp_connection *connection;
	int initiator;

	if (packet->fragment == LATER_FRAGMENT || packet->kind == KIND_ERROR ||
	    packet->kind == KIND_STATELESS)
		return;
	connection_key(packet, low, &verdict->key);
	connection = doca_tables_connection(walking, &verdict->key);
	if (!connection)
		return;
	initiator = from_initiator(connection, low);
	if (now_jiffies() - connection->seen > connection->timeout ||
	    connection->endpoint[initiator ? 0 : 1] != packet->sender ||
	    connection->endpoint[initiator ? 1 : 0] != packet->receiver ||
	    !is_current(&verdict->key, connection))
		return;
	verdict->connection = connection;
	verdict->from_initiator = initiator;
	verdict->offloadable = may_pass_by(packet);
}

static void fill_verdict(const struct hyp_frame *frame, const struct packet *packet, int outcome,
			 struct walk_verdict *verdict)
{
	bool multicast = outcome == WALK_DELIVERED && is_multicast(packet);

	*verdict = (struct walk_verdict){
		.what = (enum walk_outcome)outcome,
		.network = packet->network,
		.sender = known_index(packet->sender),
		.receiver = multicast ? 0 : known_index(packet->receiver),
		.protocol = packet->protocol,
	};
	if (is_remote(packet->sender))
		verdict->vtep = vtep_of(packet->sender);
	else if (is_remote(packet->receiver))
		verdict->vtep = vtep_of(packet->receiver);
	if (outcome == WALK_DROPPED) {
		verdict->reason = frame->reason;
		verdict->culprit = frame->culprit;
	}
	if (outcome != WALK_DELIVERED || multicast)
		return;
	memcpy(verdict->receiver_mac, frame->bytes, sizeof(verdict->receiver_mac));
	add_connection(packet, verdict);
}

void walk_from_port(struct doca_tables *tables, uint32_t port, uint8_t *frame, uint32_t length,
		    uint32_t capacity, const struct walk_outlet *outlet,
		    struct walk_verdict *verdict)
{
	struct hyp_frame walked = {
		.bytes = frame,
		.length = length,
		.capacity = capacity,
		.port = port,
		.outlet = outlet,
	};
	struct packet packet = { 0 };
	int outcome;

	walking = tables;
	outcome = from_port(&walked, &packet);
	fill_verdict(&walked, &packet, outcome, verdict);
}

void walk_gateway(struct doca_tables *tables, uint32_t port, enum hyp_direction direction,
		  uint8_t *frame, uint32_t length, struct walk_verdict *verdict)
{
	struct hyp_frame walked = {
		.bytes = frame,
		.length = length,
		.capacity = length,
		.port = port,
	};
	struct packet packet = { 0 };
	int outcome;

	walking = tables;
	outcome = through_gateway(&walked, &packet, direction);
	fill_verdict(&walked, &packet, outcome, verdict);
}

static int drop_from_wire(struct hyp_frame *frame, const struct packet *packet, uint32_t reason)
{
	return refuse(frame, packet, 0, reason);
}

void walk_from_tunnel(struct doca_tables *tables, uint32_t vtep, uint32_t network, uint8_t *frame,
		      uint32_t length, const struct walk_outlet *outlet,
		      struct walk_verdict *verdict)
{
	struct hyp_frame walked = {
		.bytes = frame,
		.length = length,
		.capacity = length,
		.outlet = outlet,
	};
	const struct hyp_network_value *value = doca_tables_network(tables, network);
	struct packet packet = { 0 };
	int outcome;

	walking = tables;
	/* A packet may have been on its way while the rows that let it in went. */
	if (!doca_tables_vtep(tables, vtep)) {
		parse(&walked, &packet);
		outcome = drop_from_wire(&walked, &packet, HYP_REASON_UNKNOWN_VTEP);
	} else if (!value || value->vni == 0) {
		parse(&walked, &packet);
		outcome = drop_from_wire(&walked, &packet, HYP_REASON_UNKNOWN_VNI);
	} else {
		outcome = from_tunnel(&walked, &packet, vtep, network);
	}
	fill_verdict(&walked, &packet, outcome, verdict);
}

static void find_local(void *context, const void *key, const void *value)
{
	struct hyp_uplink_value uplink;
	__u32 *address = context; /* becomes 0 when it is one of ours */

	(void)key;
	memcpy(&uplink, value, sizeof(uplink));
	if (*address == uplink.ipv4)
		*address = 0;
}

/* Whether this is whole UDP over IPv4 to the tunnel port of one of our addresses. */
static bool is_tunnel(const struct packet *packet, int malformed)
{
	__u32 address = packet->destination.words[3];

	if (malformed != HYP_REASON_NONE || !is_ipv4(packet) || packet->protocol != IPPROTO_UDP ||
	    packet->fragment != WHOLE || packet->destination_port != VXLAN_PORT || address == 0)
		return false;
	hash_each(&walking->uplinks, find_local, &address);
	return address == 0;
}

/* Whose tunnel, and of what network, this is. NONE or a reason. *inner: offset of the inner frame. */
static int open_tunnel(const struct hyp_frame *frame, const struct packet *packet, __u32 *vtep,
		       __u32 *network, __u32 *inner)
{
	struct vxlan vxlan;

	*inner = packet->transport + 8u + (__u32)sizeof(vxlan);
	*vtep = doca_tables_vtep_of_address(walking, packet->source.words[3]);
	if (*vtep == 0)
		return HYP_REASON_UNKNOWN_VTEP;
	if (load_bytes(frame, packet->transport + 8u, &vxlan, sizeof(vxlan)) ||
	    !(vxlan.flags & VXLAN_HAS_VNI))
		return HYP_REASON_MALFORMED;
	*network = doca_tables_network_of_vni(
		walking, (__u32)vxlan.vni[0] << 16 | (__u32)vxlan.vni[1] << 8 | vxlan.vni[2]);
	return *network == 0 ? HYP_REASON_UNKNOWN_VNI : HYP_REASON_NONE;
}

void walk_from_wire(struct doca_tables *tables, uint8_t *frame, uint32_t length,
		    const struct walk_outlet *outlet, struct walk_verdict *verdict)
{
	struct hyp_frame outer = { .bytes = frame, .length = length, .capacity = length };
	__u32 vtep = 0, network = 0, inner = 0;
	struct packet packet = { 0 };
	int reason;

	walking = tables;
	reason = parse(&outer, &packet);
	if (!is_tunnel(&packet, reason)) {
		*verdict = (struct walk_verdict){ .what = WALK_FOREIGN };
		return;
	}
	reason = open_tunnel(&outer, &packet, &vtep, &network, &inner);
	if (reason != HYP_REASON_NONE) {
		drop_from_wire(&outer, &packet, (uint32_t)reason);
		fill_verdict(&outer, &packet, WALK_DROPPED, verdict);
		verdict->vtep = vtep;
		return;
	}
	walk_from_tunnel(tables, vtep, network, frame + inner, length - inner, outlet, verdict);
}

void walk_refuse_from_port(struct doca_tables *tables, uint32_t port, uint8_t *frame,
			   uint32_t length, uint32_t reason)
{
	struct hyp_frame walked = { .bytes = frame, .length = length, .port = port };
	const struct hyp_endpoint_value *sender;
	struct packet packet = { 0 };

	walking = tables;
	parse(&walked, &packet);
	packet.sender = endpoint_of_port(port, HYP_PORT_VF);
	sender = endpoint_row(packet.sender);
	if (sender)
		packet.network = sender->network;
	refuse(&walked, &packet, sender ? packet.sender : 0, reason);
}

void walk_refuse_from_wire(struct doca_tables *tables, uint8_t *frame, uint32_t length,
			   uint32_t reason)
{
	struct hyp_frame walked = { .bytes = frame, .length = length };
	struct packet packet = { 0 };

	walking = tables;
	parse(&walked, &packet);
	drop_from_wire(&walked, &packet, reason);
}
