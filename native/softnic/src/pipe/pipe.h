/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pipes and their entries as the walk of a packet sees them. No threads, queues or devices here: the
 * caller holds the NIC's lock around every call, and what comes out goes through struct outlet.
 */
#ifndef SOFTNIC_PIPE_H
#define SOFTNIC_PIPE_H

#include "../packet/packet.h"

struct nic; /* ../flow/nic.h */

/* What doca_flow_pipe_cfg_* collected, by value (the caller's structures may be gone). */
struct pipe_spec {
	char name[64];
	enum doca_flow_pipe_type type;
	enum doca_flow_pipe_domain domain;
	bool is_root;
	uint32_t nr_entries; /* bound; 0 is for pipes that only miss */
	bool is_resizable;
	bool miss_counter;
	uint8_t congestion_level; /* percent; 0: no callback */
	uint32_t hash_algorithm;  /* enum doca_flow_pipe_hash_map_algorithm */
	bool has_match, has_mask, has_monitor, has_fwd, has_miss;
	struct doca_flow_match match, mask;
	struct doca_flow_monitor monitor;
	struct doca_flow_fwd fwd, miss;
	size_t nr_actions;
	struct doca_flow_actions **actions; /* owned; each may have a mask and descriptors, or NULL */
	struct doca_flow_actions **action_masks;
	struct doca_flow_action_descs **descs; /* deep copies, strings included */
	size_t nr_ordered_lists;
	struct doca_flow_ordered_list **ordered_lists;
};

/* Arguments of an add or update, as given; what is NULL was not given. */
struct entry_spec {
	const struct doca_flow_match *match;
	const struct doca_flow_match *mask;
	const struct doca_flow_match_condition *condition;
	const struct doca_flow_actions *actions;
	const struct doca_flow_actions *action_mask;  /* control */
	const struct doca_flow_action_descs *descs;   /* control */
	const struct doca_flow_ordered_list *ordered; /* ordered list */
	const struct doca_flow_monitor *monitor;
	const struct doca_flow_fwd *fwd;
	uint32_t priority; /* control, ACL: lower wins */
	uint32_t index;    /* hash, ordered list */
	uint8_t action_idx;
};

struct pipe_table; /* of the pipe's type: pipe/{basic,control,lpm,acl,hash,ordered}.c */
struct template;   /* compiled match, pipe/template.h */
struct program;    /* compiled actions, pipe/action.h */
struct forward;    /* compiled fwd, pipe/forward.h */
struct meter;      /* pipe/meter.h */

struct count {
	uint64_t packets;
	uint64_t bytes;
};

struct doca_flow_pipe {
	struct nic *nic;
	struct doca_flow_port *port; /* whose steering it is part of */
	struct pipe_spec spec;
	struct template *match;
	struct pipe_table *table;
	struct forward *fwd;  /* NULL: entries bring it */
	struct forward *miss; /* NULL: the port's default */
	uint32_t entries;     /* visible and pending: what nr_entries bounds */
	struct count missed;  /* counted with miss_counter */
	void *user_ctx;
	struct doca_flow_pipe *next; /* of its port's list, owned by ../flow */
	struct doca_flow_pipe_entry *first_entry; /* of all its entries, owned by ../flow */
	bool congested; /* ../flow: the callback was called and not yet answered by a resize */
};

struct doca_flow_pipe_entry {
	struct doca_flow_pipe *pipe;
	uint8_t *key; /* compiled match of this entry; layout is the table's */
	struct program *program; /* NULL: no actions */
	struct forward *fwd;     /* NULL: the pipe's */
	struct meter *meter;     /* its own; NULL: none or shared */
	uint32_t shared_meter, shared_counter; /* UINT32_MAX: none */
	enum doca_flow_meter_color init_colour; /* with which packets come to the shared meter */
	uint32_t aging_sec; /* 0: never */
	bool counts;        /* NON_SHARED counter */
	bool visible;       /* in the table */
	uint32_t priority, index;
	struct count count;      /* bytes of the frame as it arrived at the pipe */
	uint64_t last_hit_ns;    /* CLOCK_MONOTONIC; set at insertion, too */
	struct doca_flow_pipe_entry *table_next; /* for the table's use */

	/* ../flow's: queue, status, context. */
	struct doca_flow_pipe_entry *pipe_next, **pipe_link;
	enum doca_flow_entry_status status;
	void *user_ctx;
	uint16_t queue;
	bool aged;    /* reported by aging_handle, not yet removed */
	bool removed; /* asked to be removed */
	uint32_t pending; /* operations not yet completed */
	struct count *cached; /* what a query shows while counters lag; NULL: nothing yet */
};

/*
 * Builds match, table, fwd and miss from pipe->spec, which the caller filled (with nic, port).
 * INVALID_VALUE or NOT_SUPPORTED for what the documentation forbids: two roots, LPM/ACL/ORDERED_LIST as
 * root, mask without match (but for hash pipes, whose mask names the fields), EGRESS → DEFAULT (but for
 * the copies of a flooding hash pipe), a miss that is neither PIPE, DROP nor TARGET, a hash of no power
 * of two. After an error nothing is held but pipe->spec.
 */
doca_error_t pipe_build(struct doca_flow_pipe *pipe);
void pipe_demolish(struct doca_flow_pipe *pipe);
doca_error_t pipe_set_miss(struct doca_flow_pipe *pipe, const struct doca_flow_fwd *miss);

/* Compiles an entry; it is not yet visible. TOO_BIG beyond nr_entries, INVALID_VALUE for what does not
 * fit the template (fwd missing or of another type, action_idx, a shared resource that is not set up). */
doca_error_t entry_compile(struct doca_flow_pipe *pipe, const struct entry_spec *spec,
			   struct doca_flow_pipe_entry **out);
/* Makes it visible to packets. ALREADY_EXIST for a key that is there. */
doca_error_t entry_insert(struct doca_flow_pipe_entry *entry);
/* Takes it out; does nothing if it is not in. */
void entry_withdraw(struct doca_flow_pipe_entry *entry);
/* Frees a withdrawn entry. */
void entry_free(struct doca_flow_pipe_entry *entry);
/* Its NON_SHARED counters: one or none, or those of an ordered list in order. Returns how many it has
 * and writes at most `room`. */
size_t entry_counts(const struct doca_flow_pipe_entry *entry, struct count *counts, size_t room);
/* What an update changes, compiled; then swapped in at once. Counters go on. */
struct entry_change;
doca_error_t entry_change_compile(struct doca_flow_pipe_entry *entry, const struct entry_spec *spec,
				  struct entry_change **out);
void entry_change_apply(struct doca_flow_pipe_entry *entry, struct entry_change *change); /* frees it */
void entry_change_free(struct entry_change *change);

/* Prints the pipe with its match, actions, fwd and entries with their counters. */
void pipe_print(const struct doca_flow_pipe *pipe, FILE *to);
/* The hash that a HASH pipe computes for a match: doca_flow_pipe_calc_hash. */
doca_error_t pipe_hash(const struct doca_flow_pipe *pipe, const struct doca_flow_match *match,
		       uint32_t *hash);

/* Where packets leave the pipes. `packet` is the callee's until it returns; it may not keep it. */
struct outlet {
	void (*port)(void *context, uint16_t port_id, struct packet *packet);
	void (*software)(void *context, uint16_t queue, struct packet *packet);
	void (*kernel)(void *context, struct packet *packet);
	/* A pipe was passed: entry NULL for a miss. NULL function: no trace. */
	void (*trace)(void *context, const struct doca_flow_pipe *pipe,
		      const struct doca_flow_pipe_entry *entry, const struct packet *packet);
	void *context;
};

/* What becomes of a packet that no root and no miss decides. */
enum default_miss { MISS_KERNEL, MISS_SOFTWARE, MISS_DROP };

/* Pipes that one packet may pass before it is dropped as going round. */
#define WALK_PIPES_MAX 64u

struct walk {
	const struct outlet *outlet;
	enum default_miss default_miss;
	enum source_port source_port; /* of encapsulations */
	uint64_t now_ns;              /* CLOCK_MONOTONIC */
	uint32_t loops;               /* packets dropped at WALK_PIPES_MAX; counts on */
	bool poison;                  /* scratch words random at entry, composite pipes clobber theirs */
	uint64_t random;              /* state of the generator for poison and parser_meta.random */
};

/*
 * Sends a parsed packet through the pipes from `root` (NULL: the default miss) to the outlet or
 * nowhere. packet->view.parser_meta.port_id says where it came from.
 */
void walk_packet(struct walk *walk, struct doca_flow_pipe *root, struct packet *packet);

#endif
