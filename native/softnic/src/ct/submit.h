/* SPDX-License-Identifier: Apache-2.0 */
/* What additions, updates and removals of connections have in common. */
#ifndef SOFTNIC_CT_SUBMIT_H
#define SOFTNIC_CT_SUBMIT_H

#include <stdlib.h>

#include "../flow/queue.h"
#include "connection.h"

/* What a call says of one direction. */
struct side {
	const struct doca_flow_ct_match *match;
	const struct doca_flow_ct_actions *actions;
	uint32_t fwd_handle;
};

doca_error_t ct_side_compile(struct doca_flow_pipe *pipe, unsigned int direction, const struct side *side,
			     const struct ct_key *key, struct program **program, bool *draws,
			     struct forward **fwd);

static inline uint32_t ct_batch_flags(uint32_t flags)
{
	return flags & DOCA_FLOW_CT_ENTRY_FLAGS_NO_WAIT ? DOCA_FLOW_ENTRY_FLAGS_NO_WAIT :
							  DOCA_FLOW_ENTRY_FLAGS_WAIT_FOR_BATCH;
}

/* Those that say something of the connection, not of the call. */
static inline uint32_t ct_lasting_flags(uint32_t flags)
{
	return flags & ~(uint32_t)(DOCA_FLOW_CT_ENTRY_FLAGS_NO_WAIT | DOCA_FLOW_CT_ENTRY_FLAGS_ALLOC_ON_MISS);
}

/* Connections are of TCP or UDP. */
static inline bool ct_key_known(const struct ct_key *key)
{
	return key->protocol == DOCA_FLOW_PROTO_TCP || key->protocol == DOCA_FLOW_PROTO_UDP;
}

/* NULL without memory. */
static inline struct operation *ct_operation_new(struct doca_flow_pipe_entry *entry,
						 enum doca_flow_entry_op op)
{
	struct operation *operation = calloc(1, sizeof(*operation));

	if (operation != NULL) {
		operation->entry = entry;
		operation->op = op;
	}
	return operation;
}

#endif
