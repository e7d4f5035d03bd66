/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The books of program.h: for each thing that has entries, what each entry holds. A thing is touched
 * when what it depends on may have changed; a run compares what it wants with what it holds.
 */
#ifndef HYPERION_DOCA_PROGRAM_BOOKS_H
#define HYPERION_DOCA_PROGRAM_BOOKS_H

#include "hash.h"
#include "meter.h"
#include "program.h"
#include "row.h"
#include "tables.h"

/* One entry, or the place for one. */
struct slot {
	struct nic_entry entry;
	struct row row; /* what it holds, unless ABSENT */
	bool there;     /* counted as an entry on the NIC */
	uint64_t packets, bytes; /* of its counter, as far as reported */
};

enum thing_kind { THING_PORT, THING_ENDPOINT, THING_NEIGHBOUR, THING_TUNNEL };

struct thing {
	uint8_t kind;  /* enum thing_kind */
	uint8_t count; /* of slots */
	bool touched;
	int result;         /* of the last run that had it: 0 or -errno */
	struct thing *next; /* of those touched */
	struct slot *slots;
};

/* PUNT_METER … of a port, a tunnel or the wire; each kind begins with these. */
enum source_slot { SOURCE_PUNT_METER, SOURCE_PUNT_LIMITED, SOURCE_DENY_INGRESS, SOURCE_SLOTS };

enum port_slot {
	PORT_ROOT = SOURCE_SLOTS,
	PORT_SEND,
	PORT_DENY_EGRESS,
	PORT_UPLINK, /* the uplink's only */
	PORT_SLOTS,
};

struct port_book {
	struct thing thing;
	uint16_t id;
	uint32_t ifindex;
	bool attached;
	uint32_t sender;           /* the endpoint behind it; 0: none */
	struct port_book *same_sender, **sender_place; /* list of sender's ports */
	uint32_t receiver;         /* the endpoint that is delivered here; 0: none */
	struct slot slots[PORT_SLOTS];
};

enum endpoint_slot {
	ENDPOINT_GUARD4,
	ENDPOINT_GUARD6,
	ENDPOINT_GUARD_LINK_LOCAL,
	ENDPOINT_METER_TX,
	ENDPOINT_TX_LIMITED,
	ENDPOINT_DELIVER,
	ENDPOINT_METER_RX,
	ENDPOINT_RX_LIMITED,
	ENDPOINT_RX_UNDELIVERED,
	ENDPOINT_EGRESS_ROOT,
	ENDPOINT_METER_SEND,
	ENDPOINT_SEND,
	ENDPOINT_SEND_LIMITED,
	ENDPOINT_SEND_UNDELIVERED,
	ENDPOINT_POSTURE,                        /* two, by enum side */
	ENDPOINT_DENIED = ENDPOINT_POSTURE + 2,  /* two */
	ENDPOINT_SLOTS = ENDPOINT_DENIED + 2,
};

struct endpoint_book {
	struct thing thing;
	uint32_t index;
	struct port_book *home;           /* where it is delivered; NULL: not attached */
	struct meter meter[METER_USES];
	struct slot slots[ENDPOINT_SLOTS];
};

struct tunnel_book;

enum neighbour_slot { NEIGHBOUR_DESTINATION, NEIGHBOUR_GUARD, NEIGHBOUR_SLOTS };

struct neighbour_book {
	struct thing thing;
	struct hyp_neighbour_key key;
	uint32_t endpoint; /* whose list it is in; 0: none */
	struct neighbour_book *same_endpoint, **endpoint_place;
	struct tunnel_book *tunnel; /* which it uses */
	struct slot slots[NEIGHBOUR_SLOTS];
};

enum tunnel_slot { TUNNEL_DECAP = SOURCE_SLOTS, TUNNEL_ENCAP, TUNNEL_SLOTS };

/* A pair of VTEP and network that a neighbour is behind. */
struct tunnel_book {
	struct thing thing;
	uint32_t vtep, network;
	uint32_t users; /* neighbours */
	struct tunnel_book *next, **place; /* of all */
	struct slot slots[TUNNEL_SLOTS];
};

struct policy_books {
	struct hash rows; /* struct hyp_policy_key: struct policy_row * */
	struct hash sets; /* uint32_t: struct policy_set * */
	struct policy_row *touched;
	struct policy_set *touched_sets;
	bool changed; /* any of them, by the last run */
	bool blind;   /* there was no memory for a row: the NIC lacks it, and nobody knows which */
};

/* What a network's tunnels and meters depend on. */
struct network_memory {
	bool present;
	uint32_t vni, mtu;
};

/* Drops that the NIC counts, by reason. UNDELIVERED: those of RATE_INGRESS once more, by sender. */
enum drop_slot { DROP_RATE_EGRESS, DROP_RATE_INGRESS, DROP_POLICY_EGRESS, DROP_POLICY_INGRESS,
		 DROP_PUNT_LIMIT, DROP_UNDELIVERED, DROP_SLOTS };

struct program {
	struct doca *doca;
	struct thing *touched;
	struct port_book *ports[DOCA_PORTS_MAX]; /* by logical id */
	struct hash port_of_ifindex; /* uint32_t: struct port_book * */
	struct endpoint_book *endpoints[HYP_ENDPOINTS_MAX];
	struct port_book *ports_of[HYP_ENDPOINTS_MAX];
	struct neighbour_book *neighbours_of[HYP_ENDPOINTS_MAX];
	struct hash neighbours; /* struct hyp_neighbour_key: struct neighbour_book * */
	struct hash tunnels;    /* uint32_t META_TUNNEL_VALUE: struct tunnel_book * */
	struct tunnel_book *first_tunnel;
	struct network_memory networks[HYP_NETWORKS_MAX];
	struct policy_books policy;
	struct meters meters;
	struct hyp_count drops[HYP_ENDPOINTS_MAX][DROP_SLOTS]; /* not yet reported */
	struct program_counts counts;
	bool told; /* *error of this run says something */
};

/* slot.c. A run is: slots_retire of all, entries_complete, slots_settle of all, entries_complete,
 * slots_check of all. `rows`: what is wanted, one for each slot. */
void slots_retire(struct doca *doca, struct thing *thing, const struct row *rows,
		  struct hyp_error *error);
void slots_settle(struct doca *doca, struct thing *thing, const struct row *rows,
		  struct hyp_error *error);
void slots_check(struct doca *doca, struct thing *thing, const struct row *rows,
		 struct hyp_error *error);
bool slots_empty(const struct thing *thing);
/* Adds what the slots counted since the last time to program->drops. */
void slots_count(struct program *program, struct thing *thing);
/* Says in *error what failed, if it is the first of this run. */
void program_tell(struct program *program, struct hyp_error *error, int result, const char *what,
		  uint32_t held, uint32_t room);

void thing_touch(struct program *program, struct thing *thing);
/* Called for each thing that a row concerns. */
typedef void (*visit_thing)(void *context, struct thing *thing);

/* PUNT_METER, PUNT_LIMITED and DENY_METER_INGRESS of a source. */
void source_want(uint32_t pkt_meta, bool denies, struct row *rows);

/* program_port.c */
struct port_book *port_by_ifindex(const struct program *program, uint32_t ifindex);
void port_want(struct doca *doca, const struct port_book *port, struct row *rows);
void port_settled(struct program *program, struct port_book *port);
void port_touch(struct doca *doca, uint32_t ifindex);
void port_book_free(struct program *program, struct port_book *port);

/* program_endpoint.c */
/* Makes the book if there is a row and none. */
void endpoint_touch(struct doca *doca, uint32_t endpoint, bool deleted);
int endpoint_prepare(struct doca *doca, struct endpoint_book *endpoint, struct hyp_error *error);
void endpoint_want(struct doca *doca, const struct endpoint_book *endpoint, struct row *rows);
void endpoint_settled(struct program *program, struct endpoint_book *endpoint);
/* Where it is delivered, now that ports or its row changed. */
void endpoint_place(struct doca *doca, struct endpoint_book *endpoint);
/* The policy set that the NIC is to ask for a side of this endpoint; 0: none. */
uint32_t endpoint_policy(const struct program *program, const struct hyp_endpoint_value *row,
			 enum side side);

/* program_neighbour.c */
void neighbour_touch(struct doca *doca, const struct hyp_neighbour_key *key);
struct neighbour_book *neighbour_by_key(const struct program *program,
					const struct hyp_neighbour_key *key);
void neighbour_want(struct doca *doca, const struct neighbour_book *neighbour, struct row *rows);
void neighbour_settled(struct program *program, struct neighbour_book *neighbour);

/* program_tunnel.c */
struct tunnel_book *tunnel_use(struct program *program, uint32_t vtep, uint32_t network);
void tunnel_unuse(struct program *program, struct tunnel_book *tunnel);
/* Those of a VTEP and of a network; 0: of all. */
void tunnels_each(const struct program *program, uint32_t vtep, uint32_t network, visit_thing visit,
		  void *context);
void tunnel_want(struct doca *doca, const struct tunnel_book *tunnel, struct row *rows);
void tunnel_settled(struct program *program, struct tunnel_book *tunnel);

#endif
