/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of connection tracking. */
#ifndef SOFTNIC_CONNECTION_H
#define SOFTNIC_CONNECTION_H

#include <doca_flow_ct.h>

#include "../pipe/keymap.h"
#include "../pipe/table.h"
#include "ct.h"

enum { ORIGIN, REPLY, DIRECTIONS };

#define CT_FORWARDS_MAX 64u

/* What doca_flow_ct_init was told. */
struct ct {
	uint32_t flags;
	uint32_t queues, queue_depth;
	uint32_t user_actions;
	uint32_t ip4_max, ip6_max, total_max;
	doca_flow_ct_entry_finalize_cb finalize;
	struct {
		bool inner;
		struct doca_flow_meta zone_mask;
		struct doca_flow_ct_meta modify_mask;
	} direction[DIRECTIONS];

	/* Registered forwards; the handle of one is its index + 1, and 0 is the pipe's own. */
	struct doca_flow_fwd forwards[CT_FORWARDS_MAX];
	uint32_t nr_forwards;
};

/* What a packet of one direction looks like. Words of IPv4 addresses are the first ones, the rest zero. */
struct ct_key {
	doca_be32_t source[4], destination[4];
	struct doca_flow_header_l4_port ports;
	doca_be32_t zone;
	uint8_t protocol;
	uint8_t is_ip6;
	uint8_t zero[6];
};
_Static_assert(sizeof(struct ct_key) == 48, "compared as bytes, in words of 8");

/* The key of an entry of the reply map. */
struct reply {
	struct ct_key key;
	struct doca_flow_pipe_entry *origin;
};

/* The key of an entry of the origin map: of the connection. */
struct connection {
	struct ct_key key;
	struct doca_flow_pipe_entry *reply;
	bool used[DIRECTIONS]; /* has this direction */
	bool in[DIRECTIONS];   /* in the map */
	bool finalizes, counts_together;
	bool is_ip6; /* as it is counted */
	struct doca_flow_ct_match match[DIRECTIONS];
	uint32_t hash[DIRECTIONS];
	uint64_t flags; /* as given to add, with those of add_dir */
};

struct shared_actions {
	bool used;
	struct doca_flow_ct_actions actions;
};

struct ct_table {
	struct pipe_table table;
	struct keymap maps[DIRECTIONS];
	uint32_t connections[2]; /* IPv4, IPv6 */
	struct shared_actions *shared; /* ct.user_actions of them */
};

/* What an update or another direction brings. */
struct ct_change {
	struct {
		bool given; /* the rest is this direction's */
		bool added; /* the connection gets it */
		struct program *program;
		bool with_program;
		struct forward *fwd;
		bool with_fwd;
	} direction[DIRECTIONS];
	bool with_timeout;
	uint32_t timeout_s;
};

static inline struct ct_table *ct_table_of(const struct doca_flow_pipe *pipe)
{
	return (struct ct_table *)pipe->table;
}

static inline struct connection *connection_of(const struct doca_flow_pipe_entry *entry)
{
	return (struct connection *)entry->key;
}

static inline struct doca_flow_pipe_entry *direction_of(struct doca_flow_pipe_entry *entry,
							 unsigned int direction)
{
	return direction == ORIGIN ? entry : connection_of(entry)->reply;
}

extern const struct table_type ct_type;
extern const uint32_t ct_direction_flag[DIRECTIONS], ct_ip6_flag[DIRECTIONS];

/* Whether a call's arguments belong together. Queues of connections are behind those of other entries. */
bool ct_call_fits(const struct doca_flow_pipe *pipe, uint16_t queue);
bool ct_entry_fits(const struct doca_flow_pipe *pipe, uint16_t queue,
		   const struct doca_flow_pipe_entry *entry);

struct ct_key ct_key_of(const struct ct *ct, unsigned int direction, bool is_ip6,
			const struct doca_flow_ct_match *match);

/* A connection that is in no map yet; FULL, NO_MEMORY. Counted, and in the pipe's list. */
doca_error_t connection_new(struct doca_flow_pipe *pipe, bool is_ip6, struct doca_flow_pipe_entry **out);
/* Puts one direction into its map. ALREADY_EXIST, NO_MEMORY. */
doca_error_t connection_show(struct doca_flow_pipe_entry *entry, unsigned int direction);
/* The connection with this direction; NULL. */
struct doca_flow_pipe_entry *connection_find(struct doca_flow_pipe *pipe, unsigned int direction,
					     const struct ct_key *key);

/* The program of a direction's actions; NULL for none. */
doca_error_t ct_program(struct doca_flow_pipe *pipe, unsigned int direction, bool is_ip6, uint8_t protocol,
			const struct doca_flow_ct_actions *actions, struct program **out);
/* The forward of a handle; NULL for the pipe's own. */
doca_error_t ct_forward(struct doca_flow_pipe *pipe, uint32_t handle, struct forward **out);

#endif
