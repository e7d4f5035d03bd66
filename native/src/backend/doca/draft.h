/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pipe, or an entry of one, while it is written down. Every match uses the one form that all
 * readings of the documentation agree on: the template is all ones, the mask says which bits count,
 * the entry has the value.
 */
#ifndef HYPERION_DOCA_DRAFT_H
#define HYPERION_DOCA_DRAFT_H

#include <arpa/inet.h>
#include <string.h>

#include "assumptions.h"
#include "pipes.h"

#define TOP_BITS(n) (0xffffffffu << (32 - (n)))

struct pipe_draft {
	enum nic_pipe id;
	const char *name;
	uint32_t entries;
	enum doca_flow_pipe_type type;
	enum doca_flow_pipe_domain domain;
	bool is_root;
	struct doca_flow_match match, mask; /* BASIC */
	bool acts, masks; /* actions are given; with masks */
	struct doca_flow_actions actions, actions_mask;
	struct doca_flow_monitor monitor;
	struct doca_flow_fwd fwd, miss;
};

/* The field's value comes from each entry; all its bits count. */
#define MATCH(draft, field)                                                                        \
	do {                                                                                       \
		memset(&(draft)->match.field, 0xff, sizeof((draft)->match.field));                 \
		memset(&(draft)->mask.field, 0xff, sizeof((draft)->mask.field));                   \
	} while (0)
/* These bits of it. */
#define MATCH_BITS(draft, field, bits)                                                             \
	do {                                                                                       \
		memset(&(draft)->match.field, 0xff, sizeof((draft)->match.field));                 \
		(draft)->mask.field = (bits);                                                      \
	} while (0)
/* Chooses the arm of a union, in match and mask alike. */
#define ARM(draft, field, value)                                                                   \
	do {                                                                                       \
		(draft)->match.field = (value);                                                    \
		(draft)->mask.field = (value);                                                     \
	} while (0)
/* An action writes the field; each entry has the value, which may be 0. */
#define WRITE(draft, field)                                                                        \
	do {                                                                                       \
		(draft)->acts = true;                                                              \
		(draft)->masks = true;                                                             \
		memset(&(draft)->actions.field, 0xff, sizeof((draft)->actions.field));             \
		memset(&(draft)->actions_mask.field, 0xff, sizeof((draft)->actions_mask.field));   \
	} while (0)

/* A pipe of its table's name and size, BASIC, DEFAULT, that drops what it misses. */
void draft_begin(struct doca *doca, struct pipe_draft *draft, enum nic_pipe pipe);
/* Makes the pipe. 0 or -errno. */
int draft_make(struct doca *doca, const struct pipe_draft *draft, struct doca_flow_pipe **pipe,
	       struct hyp_error *error);
/* … and enters it in doca->pipes under its id. */
int draft_build(struct doca *doca, const struct pipe_draft *draft, struct hyp_error *error);

/* An entry of a CONTROL pipe. A value of 0 counts where the mask has bits. */
struct control_draft {
	struct doca_flow_match match, mask;
};
/* For MATCH's and ARM's fields: the value, and all bits of the mask. */
#define EXPECT(draft, field, value)                                                                \
	do {                                                                                       \
		(draft)->match.field = (value);                                                    \
		memset(&(draft)->mask.field, 0xff, sizeof((draft)->mask.field));                   \
	} while (0)
/* Adds one that never changes. 0 or -errno. */
int control_fix(struct doca *doca, enum nic_pipe pipe, const struct control_draft *draft,
		const struct doca_flow_fwd *fwd, struct hyp_error *error);

static inline struct doca_flow_fwd fwd_to(const struct doca *doca, enum nic_pipe pipe)
{
	return (struct doca_flow_fwd){ .type = DOCA_FLOW_FWD_PIPE,
				       .next_pipe = doca->pipes->pipe[pipe] };
}
/* Each entry says which pipe. */
static inline struct doca_flow_fwd fwd_to_any_pipe(void)
{
	return (struct doca_flow_fwd){ .type = DOCA_FLOW_FWD_PIPE, .next_pipe = NULL };
}
static inline struct doca_flow_fwd fwd_to_port(uint16_t id)
{
	return (struct doca_flow_fwd){ .type = DOCA_FLOW_FWD_PORT, .port_id = id };
}
/* Each entry says which port. */
#define FWD_ANY_PORT UINT16_MAX
static inline struct doca_flow_fwd fwd_drop(void)
{
	return (struct doca_flow_fwd){ .type = DOCA_FLOW_FWD_DROP };
}

/* A pipe behind a meter's: RED to one pipe, everything else to another. */
int draft_colour(struct doca *doca, enum nic_pipe pipe, enum doca_flow_pipe_domain domain,
		 enum nic_pipe red, enum nic_pipe green, struct hyp_error *error);

/* The first pipe of a side's policy. */
struct doca_flow_pipe *policy_head(const struct pipes *pipes, enum side side);

/* The source in u32[4]; the network is above it. */
#define DOCA_SOURCE_BITS 0x0000ffffu
#define DOCA_NETWORK_BITS 0xffff0000u

/* pkt_meta: the kind; of what software sends, the port or the receiver; the sender of what is metered. */
#define META_KIND_BITS 0xf0000000u
#define META_TO_BITS 0x00003fffu
#define META_SENDER_BITS 0x0fffc000u
_Static_assert(DOCA_PORTS_MAX - 1 <= META_TO_BITS, "a port in META_SEND");
_Static_assert(HYP_ENDPOINTS_MAX - 1 <= META_TO_BITS, "an endpoint in META_SEND_METERED");

/* The parts of the graph, each of which needs those before it. */
int pipes_build_punt(struct doca *doca, struct hyp_error *error);
int pipes_build_policy(struct doca *doca, struct hyp_error *error);
int pipes_build_egress(struct doca *doca, struct hyp_error *error);
int pipes_build_send(struct doca *doca, struct hyp_error *error); /* by pipes_build_egress */
int pipes_build_rx(struct doca *doca, struct hyp_error *error);
int pipes_build_vf(struct doca *doca, struct hyp_error *error);
int pipes_build_tx(struct doca *doca, struct hyp_error *error);
int pipes_build_wire(struct doca *doca, struct hyp_error *error);
int pipes_build_root(struct doca *doca, struct hyp_error *error);

#endif
