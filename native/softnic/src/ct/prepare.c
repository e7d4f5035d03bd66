/* SPDX-License-Identifier: Apache-2.0 */
/* Connections before they are added. */
#include "../flow/steering.h"
#include "connection.h"

const uint32_t ct_direction_flag[DIRECTIONS] = { DOCA_FLOW_CT_ENTRY_FLAGS_DIR_ORIGIN,
						 DOCA_FLOW_CT_ENTRY_FLAGS_DIR_REPLY };
const uint32_t ct_ip6_flag[DIRECTIONS] = { DOCA_FLOW_CT_ENTRY_FLAGS_IPV6_ORIGIN,
					   DOCA_FLOW_CT_ENTRY_FLAGS_IPV6_REPLY };

bool ct_call_fits(const struct doca_flow_pipe *pipe, uint16_t queue)
{
	return pipe != NULL && pipe->spec.type == DOCA_FLOW_PIPE_CT && queue >= pipe->nic->queues &&
	       queue < nic_all_queues(pipe->nic);
}

bool ct_entry_fits(const struct doca_flow_pipe *pipe, uint16_t queue,
		   const struct doca_flow_pipe_entry *entry)
{
	return ct_call_fits(pipe, queue) && entry != NULL && entry->pipe == pipe;
}

static struct doca_flow_pipe_entry *find(struct doca_flow_pipe *pipe, uint32_t flags,
					 const struct doca_flow_ct_match *const matches[DIRECTIONS])
{
	for (unsigned int direction = 0; direction < DIRECTIONS; direction++) {
		struct doca_flow_pipe_entry *entry;
		struct ct_key key;

		if (matches[direction] == NULL)
			continue;
		key = ct_key_of(pipe->nic->ct, direction, (flags & ct_ip6_flag[direction]) != 0,
				matches[direction]);
		entry = connection_find(pipe, direction, &key);
		if (entry != NULL)
			return entry;
	}
	return NULL;
}

/* NOT_FOUND: it is not there, and was not to be made. Two threads that prepare the same connection both
 * get one: the second addition fails. */
doca_error_t doca_flow_ct_entry_prepare(uint16_t queue, struct doca_flow_pipe *pipe, uint32_t flags,
					const struct doca_flow_ct_match *match_origin, uint32_t hash_origin,
					const struct doca_flow_ct_match *match_reply, uint32_t hash_reply,
					struct doca_flow_pipe_entry **entry, bool *conn_found)
{
	const struct doca_flow_ct_match *const matches[DIRECTIONS] = { match_origin, match_reply };
	const uint32_t first_ip6 = ct_ip6_flag[match_origin != NULL ? ORIGIN : REPLY];
	doca_error_t result = DOCA_SUCCESS;
	struct doca_flow_pipe_entry *found;

	if (!ct_call_fits(pipe, queue) || entry == NULL || (match_origin == NULL && match_reply == NULL))
		return DOCA_ERROR_INVALID_VALUE;
	nic_enter(pipe->nic);
	found = find(pipe, flags, matches);
	if (conn_found != NULL)
		*conn_found = found != NULL;
	if (found == NULL) {
		result = flags & DOCA_FLOW_CT_ENTRY_FLAGS_ALLOC_ON_MISS ?
				 connection_new(pipe, (flags & first_ip6) != 0, &found) :
				 DOCA_ERROR_NOT_FOUND;
		if (result == DOCA_SUCCESS) {
			found->queue = queue;
			connection_of(found)->hash[ORIGIN] = hash_origin;
			connection_of(found)->hash[REPLY] = hash_reply;
		}
	}
	if (result == DOCA_SUCCESS)
		*entry = found;
	nic_leave(pipe->nic);
	return result;
}

/* BAD_STATE: it was added. */
doca_error_t doca_flow_ct_entry_prepare_rollback(uint16_t queue, struct doca_flow_pipe *pipe,
						 struct doca_flow_pipe_entry *entry)
{
	doca_error_t result = DOCA_SUCCESS;

	if (!ct_entry_fits(pipe, queue, entry))
		return DOCA_ERROR_INVALID_VALUE;
	nic_enter(pipe->nic);
	if (entry->visible || entry->pending > 0 || entry->removed) {
		result = DOCA_ERROR_BAD_STATE;
	} else {
		entry_delist(entry);
		entry_dispose(entry);
	}
	nic_leave(pipe->nic);
	return result;
}
