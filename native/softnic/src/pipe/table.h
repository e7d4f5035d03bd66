/* SPDX-License-Identifier: Apache-2.0 */
/* What the types of pipes have in common: how entries are kept and found. */
#ifndef SOFTNIC_TABLE_H
#define SOFTNIC_TABLE_H

#include "pipe.h"
#include "template.h"

struct plan; /* action.h */

/* Where a packet goes on: a pipe, and what its table is told beside the packet. */
struct way {
	struct doca_flow_pipe *pipe;
	uint32_t index;     /* ordered list: of the entry */
	uint32_t algorithm; /* hash: instead of the pipe's own; 0: that */
};

struct table_type {
	const char *name;
	/* Sets pipe->match and pipe->table; undone by demolish also after an error. */
	doca_error_t (*build)(struct doca_flow_pipe *pipe);
	void (*demolish)(struct doca_flow_pipe *pipe);
	/* Allocates the entry with its key. */
	doca_error_t (*compile)(struct doca_flow_pipe *pipe, const struct entry_spec *spec,
				struct doca_flow_pipe_entry **out);
	/* Frees what the key holds; NULL: nothing. */
	void (*release)(struct doca_flow_pipe_entry *entry);
	doca_error_t (*insert)(struct doca_flow_pipe_entry *entry);
	void (*withdraw)(struct doca_flow_pipe_entry *entry);
	/* NULL: a miss. */
	struct doca_flow_pipe_entry *(*lookup)(struct walk *walk, const struct way *way,
					       struct packet *packet);
	void (*print_key)(const struct doca_flow_pipe_entry *entry, FILE *to);
};

/* The first member of each type's own. */
struct pipe_table {
	const struct table_type *type;
	struct plan **plans; /* by action_idx */
	size_t nr_plans;
	struct forward *referrers; /* that lead to this pipe */
};

extern const struct table_type basic_type, control_type, lpm_type, acl_type, hash_type, ordered_type;

/* NULL for types that are not supported. */
const struct table_type *table_type_of(enum doca_flow_pipe_type type);

/* An entry, zero, with room for the key behind it, aligned for anything. */
struct doca_flow_pipe_entry *entry_alloc(size_t key_size);

/* Names and values as hexadecimal bytes in the order of the wire. */
void print_bytes(const void *bytes, size_t size, FILE *to);
void print_criteria(const struct criterion *criteria, size_t count, FILE *to);
void print_parts(const struct template *template, const uint8_t *key, FILE *to);

#endif
