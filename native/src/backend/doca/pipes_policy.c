/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Policy of new TCP connections. A side is a chain: a pipe for each length of port prefix, the longest
 * first, those with an identity before those of anyone; then the posture. A pipe is spliced in when the
 * first row needs it, and goes when it is empty and another is needed.
 */
#include <errno.h>
#include <stdio.h>

#include "../../abi/error.h"
#include "draft.h"
#include "policy.h"
#include "row.h"

/* Rows of one length, side and kind; of single ports, which are most, more. */
#define POLICY_PIPE_ENTRIES 65536u
#define POLICY_HEAD_ENTRIES 262144u

uint32_t policy_pipe_size(uint32_t length)
{
	return length == POLICY_LENGTHS - 1 ? POLICY_HEAD_ENTRIES : POLICY_PIPE_ENTRIES;
}

struct doca_flow_pipe *policy_head(const struct pipes *pipes, enum side side)
{
	return pipes->policy[side][0][POLICY_LENGTHS - 1];
}

static int build_posture(struct doca *doca, enum side side, struct hyp_error *error)
{
	struct pipe_draft draft;

	draft_begin(doca, &draft, pipe_posture(side));
	if (side == SIDE_EGRESS)
		MATCH_BITS(&draft, meta.u32[4], htonl(DOCA_SOURCE_BITS));
	else
		MATCH(&draft, meta.u32[5]);
	draft.fwd = fwd_to(doca, PIPE_DENY_METER_EGRESS + side);
	draft.miss = fwd_to(doca, PIPE_PUNT_METER);
	if (side == SIDE_EGRESS)
		draft.miss.next_pipe = policy_head(doca->pipes, SIDE_INGRESS);
	return draft_build(doca, &draft, error);
}

/* The upper `length` bits of a port, in wire order. */
static uint16_t port_bits(uint32_t length)
{
	return htons((uint16_t)(0xffff0000u >> length));
}

/* Makes the pipe whose misses go to `next`. */
static int build(struct doca *doca, enum side side, bool anyone, uint32_t length,
		 struct doca_flow_pipe *next, struct hyp_error *error)
{
	struct doca_flow_pipe **pipe = &doca->pipes->policy[side][anyone][length];
	struct pipe_draft draft;
	char name[48];

	snprintf(name, sizeof(name), "POLICY_%s_%s_%u", side == SIDE_EGRESS ? "EGRESS" : "INGRESS",
		 anyone ? "ANYONE" : "IDENTITY", length);
	draft_begin(doca, &draft, pipe_posture(side));
	draft.name = name;
	draft.entries = policy_pipe_size(length);
	/* The policy set of the side's endpoint, the identity of the other. */
	if (side == SIDE_EGRESS)
		MATCH(&draft, meta.u32[0]);
	else
		MATCH(&draft, meta.u32[3]);
	if (!anyone && side == SIDE_EGRESS)
		MATCH(&draft, meta.u32[1]);
	if (!anyone && side == SIDE_INGRESS)
		MATCH(&draft, meta.u32[2]);
	MATCH(&draft, parser_meta.outer_l4_type);
	if (length > 0) {
		ARM(&draft, outer.l4_type_ext, DOCA_FLOW_L4_TYPE_EXT_TCP);
		MATCH_BITS(&draft, outer.tcp.l4_port.dst_port, port_bits(length));
	}
	draft.fwd = fwd_to_any_pipe();
	draft.miss = (struct doca_flow_fwd){ .type = DOCA_FLOW_FWD_PIPE, .next_pipe = next };
	return draft_make(doca, &draft, pipe, error);
}

/* Pipes of a side as numbers, in the order in which packets pass them. 0 is the head. */
#define PLACES (2 * POLICY_LENGTHS)
static struct doca_flow_pipe *at(const struct pipes *pipes, enum side side, uint32_t place)
{
	return pipes->policy[side][place / POLICY_LENGTHS]
			    [POLICY_LENGTHS - 1 - place % POLICY_LENGTHS];
}

static bool is_empty(const struct pipes *pipes, enum side side, uint32_t place)
{
	return pipes->policy_held[side][place / POLICY_LENGTHS]
				 [POLICY_LENGTHS - 1 - place % POLICY_LENGTHS] == 0;
}

/* The one that packets come to after this place, and the one before it (NULL: none). */
static struct doca_flow_pipe *after(const struct pipes *pipes, enum side side, uint32_t place)
{
	for (uint32_t i = place + 1; i < PLACES; i++) {
		if (at(pipes, side, i))
			return at(pipes, side, i);
	}
	return pipes->pipe[pipe_posture(side)];
}

static struct doca_flow_pipe *before(const struct pipes *pipes, enum side side, uint32_t place)
{
	while (place-- > 0) {
		if (at(pipes, side, place))
			return at(pipes, side, place);
	}
	return NULL;
}

/* Sends the misses of what is before a place to `next`. */
static doca_error_t splice(const struct pipes *pipes, enum side side, uint32_t place,
			   struct doca_flow_pipe *next)
{
	const struct doca_flow_fwd miss = { .type = DOCA_FLOW_FWD_PIPE, .next_pipe = next };

	return doca_flow_pipe_update_miss(before(pipes, side, place), &miss);
}

/* Whether there is room for one more; an empty one may have to go for it. */
static bool make_room(struct pipes *pipes, enum side side)
{
	uint32_t depth = 0;

	for (uint32_t place = 0; place < PLACES; place++)
		depth += at(pipes, side, place) != NULL;
	for (uint32_t place = 1; depth >= ASSUME_POLICY_DEPTH && place < PLACES; place++) {
		struct doca_flow_pipe *pipe = at(pipes, side, place);

		if (!pipe || !is_empty(pipes, side, place) ||
		    splice(pipes, side, place, after(pipes, side, place)) != DOCA_SUCCESS)
			continue;
		doca_flow_pipe_destroy(pipe);
		pipes->policy[side][place / POLICY_LENGTHS]
			     [POLICY_LENGTHS - 1 - place % POLICY_LENGTHS] = NULL;
		depth--;
	}
	return depth < ASSUME_POLICY_DEPTH;
}

int policy_pipe(struct doca *doca, enum side side, bool anyone, uint32_t length,
		struct doca_flow_pipe **out, struct hyp_error *error)
{
	uint32_t place = anyone * POLICY_LENGTHS + POLICY_LENGTHS - 1 - length;
	struct pipes *pipes = doca->pipes;
	doca_error_t result;
	int built;

	*out = at(pipes, side, place);
	if (*out)
		return 0;
	if (!make_room(pipes, side))
		return -E2BIG;
	built = build(doca, side, anyone, length, after(pipes, side, place), error);
	if (built != 0)
		return built;
	*out = at(pipes, side, place);
	if (place == 0) /* the head: nothing leads to it yet */
		return 0;
	result = splice(pipes, side, place, *out);
	if (result == DOCA_SUCCESS)
		return 0;
	doca_flow_pipe_destroy(*out);
	pipes->policy[side][anyone][length] = NULL;
	return doca_fail(error, result, "a policy pipe cannot be spliced in");
}

int pipes_build_policy(struct doca *doca, struct hyp_error *error)
{
	struct doca_flow_pipe *head;
	int result = build_posture(doca, SIDE_INGRESS, error);

	if (result == 0)
		result = policy_pipe(doca, SIDE_INGRESS, false, POLICY_LENGTHS - 1, &head, error);
	if (result == 0)
		result = build_posture(doca, SIDE_EGRESS, error);
	return result == 0 ? policy_pipe(doca, SIDE_EGRESS, false, POLICY_LENGTHS - 1, &head, error)
			   : result;
}

/* Where a verdict leads. */
static struct doca_flow_fwd lead(const struct doca *doca, enum side side, enum policy_outcome outcome)
{
	switch (outcome) {
	case POLICY_DENIES:
		return fwd_to(doca, PIPE_DENY_METER_EGRESS + side);
	case POLICY_ALLOWS:
		if (side == SIDE_EGRESS)
			return (struct doca_flow_fwd){ .type = DOCA_FLOW_FWD_PIPE,
						       .next_pipe = policy_head(doca->pipes,
										SIDE_INGRESS) };
		return fwd_to(doca, PIPE_PUNT_METER);
	default:
		return fwd_to(doca, PIPE_PUNT_METER);
	}
}

int policy_entry_add(struct doca *doca, const struct hyp_policy_key *key, enum policy_outcome outcome,
		     struct nic_entry *entry)
{
	enum side side = key->direction == HYP_EGRESS ? SIDE_EGRESS : SIDE_INGRESS;
	struct doca_flow_fwd fwd = lead(doca, side, outcome);
	bool anyone = key->identity == HYP_IDENTITY_ANY;
	struct doca_flow_match match = { 0 };
	struct doca_flow_pipe *pipe;
	int result = policy_pipe(doca, side, anyone, key->prefix_length, &pipe, NULL);

	if (result != 0)
		return result;
	match.meta.u32[side == SIDE_EGRESS ? 0 : 3] = htonl(key->policy);
	if (!anyone)
		match.meta.u32[side == SIDE_EGRESS ? 1 : 2] = htonl(key->identity);
	match.parser_meta.outer_l4_type = DOCA_FLOW_L4_META_TCP;
	if (key->prefix_length > 0) {
		match.outer.l4_type_ext = DOCA_FLOW_L4_TYPE_EXT_TCP;
		match.outer.tcp.l4_port.dst_port = htons(key->port);
	}
	return entry_add(entry, doca->device.manager, pipe, &match, 0, NULL, NULL, &fwd);
}

int policy_entry_update(struct doca *doca, const struct hyp_policy_key *key,
			enum policy_outcome outcome, struct nic_entry *entry)
{
	enum side side = key->direction == HYP_EGRESS ? SIDE_EGRESS : SIDE_INGRESS;
	struct doca_flow_fwd fwd = lead(doca, side, outcome);
	bool anyone = key->identity == HYP_IDENTITY_ANY;

	return entry_update(entry, doca->device.manager,
			    doca->pipes->policy[side][anyone][key->prefix_length], 0, NULL, &fwd);
}
