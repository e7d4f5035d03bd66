/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A frame on its way through the pipes, with every header laid out as the match structures of DOCA
 * Flow show it. Whoever changes the frame keeps the view true: packet_* and field_write do.
 */
#ifndef SOFTNIC_PACKET_H
#define SOFTNIC_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <doca_flow.h>

/* Room in front of a received frame: what pipes may push before it, encapsulations twice over. */
#define PACKET_HEADROOM 256u
#define PACKET_LENGTH_MAX 65535u
#define PACKET_ABSENT UINT16_MAX

/* Headers that a packet has. The inner ones are bits INNER(x). */
enum layer {
	LAYER_ETH = 1u << 0,
	LAYER_VLAN0 = 1u << 1,
	LAYER_VLAN1 = 1u << 2,
	LAYER_IP4 = 1u << 3,
	LAYER_IP6 = 1u << 4,
	LAYER_TCP = 1u << 5,
	LAYER_UDP = 1u << 6,
	LAYER_ICMP = 1u << 7,
	LAYER_ICMP6 = 1u << 8,
	LAYER_VXLAN = 1u << 20, /* standard, GBP and GPE alike; view.tun tells */
	LAYER_GRE = 1u << 21,   /* and NVGRE */
	LAYER_MPLS = 1u << 22,  /* over UDP */
	LAYER_GENEVE = 1u << 23,
	LAYER_GTPU = 1u << 24,
	LAYER_ESP = 1u << 25,
	LAYER_IP_IN_IP = 1u << 26,
	/* Beside LAYER_VXLAN and LAYER_GRE: what gives their optional fields a meaning. */
	LAYER_VXLAN_GPE = 1u << 27,
	LAYER_VXLAN_GBP = 1u << 28,
	LAYER_GRE_KEY = 1u << 29, /* a key, and not NVGRE */
	LAYER_NVGRE = 1u << 30,   /* GRE of Ethernet with a key and neither checksum nor sequence number */
};
#define INNER(layers) ((uint32_t)(layers) << 10)

/* Where the headers of one stack begin, as offsets from packet.data; PACKET_ABSENT: none. */
struct layout {
	uint16_t eth;
	uint16_t l3;
	uint16_t l4;
	uint16_t end; /* of the last header that was understood */
};

struct packet {
	uint8_t *data; /* the frame's first byte */
	uint32_t length;
	uint32_t headroom; /* writable bytes before data */
	uint32_t tailroom; /* writable bytes behind the frame */

	uint32_t layers; /* of enum layer and INNER() */
	struct layout outer;
	struct layout inner;
	uint16_t tunnel; /* offset of the tunnel header proper (VXLAN, GRE, …); PACKET_ABSENT */

	/* Every header as matched, in wire order; zero where absent. view.meta and
	 * view.parser_meta.{port_id,meter_color} belong to the walk, the rest of it to the parser, who clears
	 * only what he filled before: all of it is zero before the first packet_parse. */
	struct doca_flow_match view;
	doca_be32_t hash; /* last computed by a HASH pipe: parser_meta.hash.result */
};

/*
 * Reads all headers anew: layers, layouts, view.{outer,tun,inner}, the type, fragment and checksum
 * fields of view.parser_meta. Leaves view.meta, port_id, meter_color and random alone. Never fails: a
 * header that is cut short or contradicts itself is not there, and the ok bits say so. Tunnels are known
 * by UDP ports 4789, 4790, 6081, 2152, 6635 and IP protocols 4, 41, 47, 50, in whole datagrams only.
 *
 * eth.type is the type behind the tags. l3_ok and l4_ok: the header and the lengths it gives agree with
 * the frame. ip4_checksum_ok and l4_checksum_ok: verified and right; a fragment's transport checksum
 * cannot be. A UDP checksum of 0 is right over IPv4, and over IPv6 in front of a tunnel (RFC 6935).
 */
void packet_parse(struct packet *packet);

/* Strips the outermost tunnel as documented for is_l2, and parses again. NOT_FOUND without a tunnel,
 * INVALID_VALUE when it carries no Ethernet (is_l2) or no IP (else), NOT_SUPPORTED for ESP, TOO_BIG
 * without room for the Ethernet header that is_l2 = false puts on. After an error it is as it was. */
doca_error_t packet_decap(struct packet *packet, const struct doca_flow_resource_decap_cfg *decap);

/* How VXLAN, GENEVE and MPLS-over-UDP choose a UDP source port that the entry leaves 0. */
enum source_port {
	SOURCE_PORT_ZERO,
	SOURCE_PORT_HASH, /* RFC 7348 §5: 49152 + hash of the inner flow */
};

/* Puts a tunnel around the packet: lengths and the IPv4 checksum computed, UDP checksum 0 (RFC 6935
 * over IPv6), and parses again. TOO_BIG without room, INVALID_VALUE for what cannot be encapsulated,
 * NOT_SUPPORTED for ESP and PSP. After an error it is as it was. */
doca_error_t packet_encap(struct packet *packet, const struct doca_flow_resource_encap_cfg *encap,
			  enum source_port source_port);

/* One tag outermost; eth_type 0 means 802.1Q. TOO_BIG without room, INVALID_VALUE without Ethernet. */
doca_error_t packet_push_vlan(struct packet *packet, doca_be16_t eth_type, doca_be16_t tci);
/* Takes the outermost tag off; a packet without one stays as it is. */
void packet_pop_vlan(struct packet *packet);

/* A hash of the innermost flow, the same for every packet of one direction. */
uint32_t packet_flow_hash(const struct packet *packet);

#endif
