/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A node with a few endpoints and one behind a tunnel, in the tables of the walk: for its tests and
 * for what is thrown at it.
 *
 *   network 1, VNI 100                          network 2, VNI 200, multicast
 *     1  port 11  10.0.0.1 fd00::1  id 101        3  port 13  10.0.0.3  id 101
 *     2  port 12  10.0.0.2 fd00::2  id 102        4  port 14  10.0.0.4  id 102
 *     5  port 15  10.0.0.5, quarantined
 *     9  10.0.0.9 fd00::9, behind VTEP 7 (192.0.2.7), identity 103; in both networks
 *
 * Endpoints 2 and 4 let in TCP to port 80 of identities 101 and 103 and nothing else; all others let
 * in and out what comes. VTEP 8 is 192.0.2.8, with nobody behind it. We are 192.0.2.1.
 *
 * Ports 21 and 22 lead the containers of endpoints 1 and 2 out: to identity 201 in 10.0.0.0/24, 202 at
 * 10.0.0.77, 203 in fd00::/8.
 */
#ifndef TEST_NEIGHBOURHOOD_H
#define TEST_NEIGHBOURHOOD_H

#include <string.h>

#include "../src/abi/batch.h"
#include "../src/backend/doca/tables.h"
#include "check.h"

#define NETWORK 1u
#define MULTICAST_NETWORK 2u
#define VTEP 7u
#define OTHER_VTEP 8u
#define REMOTE_IDENTITY 103u
#define REMOTE_HOST 9u
#define UPLINK_PORT 20u

/* The last byte of its addresses and MAC is all that tells one host from another. */
static inline uint32_t ipv4_of(uint8_t host)
{
	const uint8_t bytes[4] = { 10, 0, 0, host };
	uint32_t word;

	memcpy(&word, bytes, sizeof(word));
	return word;
}

static inline uint32_t underlay_of(uint8_t host)
{
	const uint8_t bytes[4] = { 192, 0, 2, host };
	uint32_t word;

	memcpy(&word, bytes, sizeof(word));
	return word;
}

static inline union hyp_address address4(uint8_t host)
{
	union hyp_address address = { .bytes = { [10] = 0xff, [11] = 0xff } };
	uint32_t ipv4 = ipv4_of(host);

	memcpy(address.bytes + 12, &ipv4, sizeof(ipv4));
	return address;
}

static inline union hyp_address address6(uint8_t host)
{
	return (union hyp_address){ .bytes = { [0] = 0xfd, [15] = host } };
}

static inline void mac_of(uint8_t host, uint8_t mac[6])
{
	const uint8_t bytes[6] = { 2, 0, 0, 0, 0, host };

	memcpy(mac, bytes, sizeof(bytes));
}

static inline void put(struct doca_tables *tables, uint32_t table, const void *key,
		       const void *value)
{
	const struct hyp_step step = {
		.table = table,
		.verb = value ? HYP_UPSERT : HYP_DELETE,
		.key = key,
		.value = value,
	};

	CHECK_EQUAL(hyp_step_check(&step, NULL), 0);
	CHECK_EQUAL(doca_tables_apply(tables, &step), 0);
}

static inline void put_neighbour(struct doca_tables *tables, uint32_t network,
				 union hyp_address address, struct hyp_neighbour_value value,
				 uint8_t host)
{
	struct hyp_neighbour_key key = { .network = network };

	memcpy(key.address, &address, sizeof(key.address));
	mac_of(host, value.mac);
	put(tables, HYP_TABLE_NEIGHBOUR, &key, &value);
}

static inline void put_remote(struct doca_tables *tables, uint32_t network, uint32_t identity,
			      uint32_t vtep)
{
	const struct hyp_neighbour_value value = { .identity = identity, .vtep = vtep };

	put_neighbour(tables, network, address4(REMOTE_HOST), value, REMOTE_HOST);
	put_neighbour(tables, network, address6(REMOTE_HOST), value, REMOTE_HOST);
}

static inline struct hyp_endpoint_value endpoint_of(uint8_t host)
{
	int strict = host == 2 || host == 4;
	struct hyp_endpoint_value value = {
		.generation = 1000u + host,
		.network = host == 3 || host == 4 ? MULTICAST_NETWORK : NETWORK,
		.port = 10u + host,
		.identity = strict ? 102 : 101,
		.policy = strict ? 2 : 1,
		.flags = strict ? HYP_ENDPOINT_INGRESS_DENY : 0,
		.prefix_lengths = { 0, strict ? 1u << 16 : 0 },
		.ipv4 = ipv4_of(host),
		.mode = host == 5 ? HYP_MODE_QUARANTINE : HYP_MODE_ENFORCE,
	};
	union hyp_address ipv6 = address6(host);

	memcpy(value.ipv6, &ipv6, sizeof(value.ipv6));
	mac_of(host, value.mac);
	return value;
}

static inline void put_endpoint(struct doca_tables *tables, uint8_t host,
				struct hyp_endpoint_value value)
{
	const struct hyp_neighbour_value neighbour = { .endpoint = host };
	const struct hyp_endpoint_key key = { .endpoint = host };
	const struct hyp_port_key port = { .port = 10u + host };
	const struct hyp_port_value sender = { .endpoint = host };

	put(tables, HYP_TABLE_ENDPOINT, &key, &value);
	put(tables, HYP_TABLE_PORT, &port, &sender);
	put_neighbour(tables, value.network, address4(host), neighbour, host);
	put_neighbour(tables, value.network, address6(host), neighbour, host);
}

static inline void put_web_policy(struct doca_tables *tables, uint32_t identity)
{
	const struct hyp_policy_key key = {
		.policy = 2,
		.identity = identity,
		.port = 80,
		.prefix_length = 16,
		.protocol = 6,
		.direction = HYP_INGRESS,
	};
	const struct hyp_policy_value value = { .rule = 1, .verdict = HYP_VERDICT_ALLOW };

	put(tables, HYP_TABLE_POLICY, &key, &value);
}

static inline void put_tunnels(struct doca_tables *tables)
{
	const struct hyp_vtep_key keys[] = { { VTEP }, { OTHER_VTEP } };
	const struct hyp_uplink_key port = { .port = UPLINK_PORT };
	const struct hyp_uplink_value uplink = { .ipv4 = underlay_of(1), .mtu = 1500 };

	for (int i = 0; i < 2; i++) {
		const struct hyp_vtep_value value = { .ipv4 = underlay_of((uint8_t)keys[i].vtep) };

		put(tables, HYP_TABLE_VTEP, &keys[i], &value);
	}
	put(tables, HYP_TABLE_UPLINK, &port, &uplink);
}

static inline void put_prefix(struct doca_tables *tables, union hyp_address address, uint32_t length,
			      uint32_t identity)
{
	const struct hyp_prefix_value value = { .identity = identity };
	struct hyp_prefix_key key = { .length = length };

	for (uint32_t bit = length; bit < 128; bit++)
		address.bytes[bit / 8] &= (uint8_t)~(0x80u >> bit % 8);
	memcpy(key.address, &address, sizeof(address));
	put(tables, HYP_TABLE_PREFIX, &key, &value);
}

static inline void put_outside(struct doca_tables *tables)
{
	for (uint32_t endpoint = 1; endpoint <= 2; endpoint++) {
		const struct hyp_port_key port = { .port = 20u + endpoint };
		const struct hyp_port_value way = { .endpoint = endpoint, .kind = HYP_PORT_GATEWAY };

		put(tables, HYP_TABLE_PORT, &port, &way);
	}
	put_prefix(tables, address4(77), 96 + 24, 201);
	put_prefix(tables, address4(77), 128, 202);
	put_prefix(tables, address6(77), 8, 203);
}

static inline void put_neighbourhood(struct doca_tables *tables)
{
	const struct hyp_network_key networks[] = { { NETWORK }, { MULTICAST_NETWORK } };
	const struct hyp_network_value values[] = {
		{ .mtu = 1450, .vni = 100 },
		{ .flags = HYP_NETWORK_MULTICAST, .mtu = 1450, .members = 2, .vni = 200 },
	};

	for (int i = 0; i < 2; i++) {
		const struct hyp_member_key slot = { .network = MULTICAST_NETWORK, .slot = (uint32_t)i };
		const struct hyp_member_value member = { .endpoint = 3u + (uint32_t)i };

		put(tables, HYP_TABLE_NETWORK, &networks[i], &values[i]);
		put(tables, HYP_TABLE_MEMBER, &slot, &member);
		put_remote(tables, networks[i].network, REMOTE_IDENTITY, VTEP);
	}
	for (uint8_t host = 1; host <= 5; host++)
		put_endpoint(tables, host, endpoint_of(host));
	put_web_policy(tables, 101);
	put_web_policy(tables, REMOTE_IDENTITY);
	put_tunnels(tables);
	put_outside(tables);
}

#endif
