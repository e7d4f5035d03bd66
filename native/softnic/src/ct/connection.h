/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of connection tracking. */
#ifndef SOFTNIC_CONNECTION_H
#define SOFTNIC_CONNECTION_H

#include <doca_flow_ct.h>

#include "../pipe/keymap.h"
#include "../pipe/table.h"
#include "ct.h"

enum { ORIGIN, REPLY, DIRECTIONS };

/* What doca_flow_ct_init was told. */
struct ct {
	uint32_t flags;
	uint32_t queues, queue_depth;
	uint32_t user_actions;
	uint32_t ip4_max, ip6_max, total_max;
	uint32_t private_size;
	uint64_t update_ns; /* between two calls of stats_update for the same connections */
	doca_flow_ct_entry_finalize_cb finalize;
	doca_flow_ct_stats_update_cb stats_update;
	struct {
		bool inner;
		struct doca_flow_meta zone_mask;
		struct doca_flow_ct_meta modify_mask;
	} direction[DIRECTIONS];
};

/* Registered for a port; the handle of one is its index + 1, and 0 is the pipe's own. */
struct ct_forwards {
	uint32_t count;
	struct forward *forwards[];
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
	bool used[DIRECTIONS];  /* has this direction */
	bool kept[DIRECTIONS];  /* in the map, so that nobody makes it again */
	bool shown[DIRECTIONS]; /* and packets find it */
	bool draws[DIRECTIONS]; /* its actions are one of the pipe's user actions */
	bool finalizes, counts_together;
	bool is_ip6; /* as it is counted */
	struct doca_flow_ct_match match[DIRECTIONS];
	uint32_t hash[DIRECTIONS];
	uint64_t flags; /* as given to add, with those of add_dir */
	void *private_data; /* ct.private_size of it; NULL: none */

	/* Of those of its queue whose counters are reported; report_link NULL: it is not. */
	struct doca_flow_pipe_entry *report_next, **report_link;
	struct count reported[DIRECTIONS];
};

struct shared_actions {
	bool used;
	struct doca_flow_ct_actions actions;
};

struct ct_table {
	struct pipe_table table;
	struct keymap maps[DIRECTIONS];
	uint32_t connections[2]; /* IPv4, IPv6 */
	uint32_t user_actions;   /* in use, by handles and by connections with actions of their own */
	struct shared_actions *shared; /* ct.user_actions of them */
};

/* What an update or another direction brings. */
struct ct_change {
	struct doca_flow_pipe *pipe;
	uint32_t flags;
	struct {
		bool given; /* the rest is this direction's */
		bool added; /* the connection gets it */
		struct program *program;
		bool with_program, draws;
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

static inline uint32_t ct_timeout(const struct ct *ct, uint32_t timeout_s)
{
	return ct->flags & DOCA_FLOW_CT_FLAG_NO_AGING ? 0 : timeout_s;
}

extern const struct table_type ct_type;
extern const uint32_t ct_direction_flag[DIRECTIONS], ct_ip6_flag[DIRECTIONS];

/* Whether a call's arguments belong together. Queues of connections are behind those of other entries. */
bool ct_call_fits(const struct doca_flow_pipe *pipe, uint16_t queue, uint32_t flags);
bool ct_entry_fits(const struct doca_flow_pipe *pipe, uint16_t queue, uint32_t flags,
		   const struct doca_flow_pipe_entry *entry);
/* Prepared, and neither added nor on its way. */
bool ct_entry_prepared(const struct doca_flow_pipe_entry *entry);

struct ct_key ct_key_of(const struct ct *ct, unsigned int direction, bool is_ip6,
			const struct doca_flow_ct_match *match);
/* What answers look like. */
struct doca_flow_ct_match ct_match_reversed(const struct doca_flow_ct_match *match, bool is_ip6);
/* Both start with the key: the connection, which is that of the origin's entry, and struct reply. */
struct ct_key *connection_key(struct doca_flow_pipe_entry *entry, unsigned int direction);

/* Whether a direction that is made with these flags has a counter. */
bool ct_counts_direction(const struct ct *ct, unsigned int direction, uint32_t flags);

/* A connection that is in no map yet; FULL, NO_MEMORY. Counted, and in the pipe's list. */
doca_error_t connection_new(struct doca_flow_pipe *pipe, bool is_ip6, struct doca_flow_pipe_entry **out);
/* Counts it as one of the other family. FULL. */
doca_error_t connection_set_family(struct doca_flow_pipe_entry *entry, bool is_ip6);
/* Another key for a direction that packets do not find. */
void connection_set_key(struct doca_flow_pipe_entry *entry, unsigned int direction,
			const struct ct_key *key);
/* Puts one direction into its map: found by connection_find, or by packets, too. ALREADY_EXIST,
 * NO_MEMORY. */
doca_error_t connection_keep(struct doca_flow_pipe_entry *entry, unsigned int direction);
doca_error_t connection_show(struct doca_flow_pipe_entry *entry, unsigned int direction);
/* As the duplication filters of the call's flags ask. That another one has the key is told when it is
 * shown. */
void connection_filter(struct doca_flow_pipe_entry *entry, unsigned int direction, uint32_t flags);
/* The connection with this direction; NULL. */
struct doca_flow_pipe_entry *connection_find(struct doca_flow_pipe *pipe, unsigned int direction,
					     const struct ct_key *key);

/* Of both directions, as they are shown to the application. */
void connection_counts(struct doca_flow_pipe_entry *entry, struct count counts[DIRECTIONS]);
/* Its counters are reported from now on to whoever processes its queue, until it goes. */
void connection_report(struct doca_flow_pipe_entry *entry);
void connection_report_no_more(struct doca_flow_pipe_entry *entry);

/* The program of a direction's actions, NULL for none, and whether it draws on the user actions. */
doca_error_t ct_program(struct doca_flow_pipe *pipe, unsigned int direction, const struct ct_key *key,
			const struct doca_flow_ct_actions *actions, struct program **out, bool *draws);
void ct_program_free(struct doca_flow_pipe *pipe, struct program *program, bool draws);
/* The forward of a handle; NULL for the pipe's own. */
doca_error_t ct_forward(struct doca_flow_pipe *pipe, uint32_t handle, struct forward **out);

#endif
