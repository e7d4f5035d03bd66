/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables of one data plane in the memory of this process: the rows it was told, and the
 * connections, fragments, counters and events of the packets that it decided itself (walk.h).
 *
 * An instance is used by one thread at a time; whoever has several holds a lock of his own around
 * every call. Pointers to rows and connections are valid until the next call that may change them:
 * apply, forget, or the walk of a packet.
 */
#ifndef HYPERION_DOCA_TABLES_H
#define HYPERION_DOCA_TABLES_H

#include <stdbool.h>

#include "../../../walk/state.h"
#include "../backend.h"

struct doca_tables;

struct doca_tables_options {
	uint32_t connections_max; /* 0: HYP_CONNECTIONS_DEFAULT */
	/* Somebody else polices egress and ingress rates: the walk lets everything through. */
	bool rates_elsewhere;
	/* Milliseconds that only grow, from wherever; NULL: CLOCK_MONOTONIC. */
	uint64_t (*milliseconds)(void *context);
	/*
	 * A connection is no longer remembered: evicted or replaced by a newer one, or
	 * written anew by a packet that opens it again. Must not call into the tables. May be NULL.
	 */
	void (*forgotten)(void *context, const struct hyp_connection_key *key,
			  const struct hyp_connection *connection);
	void *context; /* of both */
};

/* 0 and *out, freed with doca_tables_free, or -ENOMEM. */
int doca_tables_new(const struct doca_tables_options *options, struct doca_tables **out);

/* Tells nobody about the connections it forgets. NULL is fine. */
void doca_tables_free(struct doca_tables *tables);

/*
 * Applies one operation that hyp_step_check() has accepted. 0 or -errno:
 *   -E2BIG   the table is full     -ENOMEM
 */
int doca_tables_apply(struct doca_tables *tables, const struct hyp_step *step);

/* As hyp_dataplane_dump, …_counters, …_events and …_connections. */
int64_t doca_tables_dump(const struct doca_tables *tables, uint32_t table, void *buffer,
			 uint64_t capacity, uint64_t *bytes, struct hyp_error *error);
int64_t doca_tables_counters(const struct doca_tables *tables, uint32_t counters, void *buffer,
			     uint64_t capacity, uint64_t *bytes, struct hyp_error *error);
int doca_tables_events(struct doca_tables *tables, struct hyp_event *events, uint32_t capacity,
		       uint64_t *lost);
int64_t doca_tables_connections(const struct doca_tables *tables);

uint32_t doca_tables_connections_max(const struct doca_tables *tables);

/* Rows; NULL when there is none. */
const struct hyp_endpoint_value *doca_tables_endpoint(const struct doca_tables *tables,
						      uint32_t endpoint);
const struct hyp_network_value *doca_tables_network(const struct doca_tables *tables,
						    uint32_t network);
const struct hyp_neighbour_value *doca_tables_neighbour(const struct doca_tables *tables,
							uint32_t network,
							const union hyp_address *address);
const struct hyp_vtep_value *doca_tables_vtep(const struct doca_tables *tables, uint32_t vtep);
const struct hyp_uplink_value *doca_tables_uplink(const struct doca_tables *tables, uint32_t port);

/* Indices; 0 when there is none. Addresses in wire order. */
uint32_t doca_tables_endpoint_of_port(const struct doca_tables *tables, uint32_t port, uint32_t kind);
uint32_t doca_tables_network_of_vni(const struct doca_tables *tables, uint32_t vni);
uint32_t doca_tables_vtep_of_address(const struct doca_tables *tables, uint32_t ipv4);

/* The connection of a key, also one whose time has run out, or NULL. Not a use of it. */
struct hyp_connection *doca_tables_connection(const struct doca_tables *tables,
					      const struct hyp_connection_key *key);

/* Whether the connection is still what the present rows say: its endpoints, their generations. */
bool doca_tables_connection_current(struct doca_tables *tables, const struct hyp_connection_key *key,
				    const struct hyp_connection *connection);

/* A time of a connection (`timeout`) in seconds. */
uint32_t doca_tables_seconds(uint32_t timeout);

/* Somebody else (the NIC) passed packets of this connection just now. */
void doca_tables_touch(struct doca_tables *tables, const struct hyp_connection_key *key);

/* What somebody else (the NIC) delivered or dropped. Endpoint 0: unknown, or remote. */
void doca_tables_count_traffic(struct doca_tables *tables, uint32_t sender, uint32_t receiver,
			       uint64_t packets, uint64_t bytes);
/* Of what was counted as delivered, this was not, after all. */
void doca_tables_uncount_traffic(struct doca_tables *tables, uint32_t sender, uint32_t receiver,
				 uint64_t packets, uint64_t bytes);
void doca_tables_count_drops(struct doca_tables *tables, uint32_t endpoint, uint32_t reason,
			     uint64_t packets, uint64_t bytes);

#endif
