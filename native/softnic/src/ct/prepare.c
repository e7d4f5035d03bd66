/* SPDX-License-Identifier: Apache-2.0 */
/* Connections before they are added. */
#include <string.h>

#include "../flow/steering.h"
#include "connection.h"

const uint32_t ct_direction_flag[DIRECTIONS] = { DOCA_FLOW_CT_ENTRY_FLAGS_DIR_ORIGIN,
						 DOCA_FLOW_CT_ENTRY_FLAGS_DIR_REPLY };
const uint32_t ct_ip6_flag[DIRECTIONS] = { DOCA_FLOW_CT_ENTRY_FLAGS_IPV6_ORIGIN,
					   DOCA_FLOW_CT_ENTRY_FLAGS_IPV6_REPLY };

bool ct_call_fits(const struct doca_flow_pipe *pipe, uint16_t queue, uint32_t flags)
{
	const uint32_t all = (DOCA_FLOW_CT_ENTRY_FLAGS_STATS_UPDATES << 1) - 1;

	return pipe != NULL && pipe->spec.type == DOCA_FLOW_PIPE_CT && queue >= pipe->nic->queues &&
	       queue < nic_all_queues(pipe->nic) && (flags & ~all) == 0;
}

bool ct_entry_fits(const struct doca_flow_pipe *pipe, uint16_t queue, uint32_t flags,
		   const struct doca_flow_pipe_entry *entry)
{
	return ct_call_fits(pipe, queue, flags) && entry != NULL && entry->pipe == pipe;
}

bool ct_entry_prepared(const struct doca_flow_pipe_entry *entry)
{
	return !entry->visible && entry->pending == 0 && !entry->removed;
}

struct doca_flow_ct_match ct_match_reversed(const struct doca_flow_ct_match *match, bool is_ip6)
{
	struct doca_flow_ct_match reversed = *match;

	if (is_ip6) {
		reversed.ipv6.l4_port.src_port = match->ipv6.l4_port.dst_port;
		reversed.ipv6.l4_port.dst_port = match->ipv6.l4_port.src_port;
		memcpy(reversed.ipv6.src_ip, match->ipv6.dst_ip, sizeof(reversed.ipv6.src_ip));
		memcpy(reversed.ipv6.dst_ip, match->ipv6.src_ip, sizeof(reversed.ipv6.dst_ip));
	} else {
		reversed.ipv4.l4_port.src_port = match->ipv4.l4_port.dst_port;
		reversed.ipv4.l4_port.dst_port = match->ipv4.l4_port.src_port;
		reversed.ipv4.src_ip = match->ipv4.dst_ip;
		reversed.ipv4.dst_ip = match->ipv4.src_ip;
	}
	return reversed;
}

/* What the call looks for, as far as it says so. */
struct sought {
	bool given[DIRECTIONS];
	struct ct_key key[DIRECTIONS];
};

static struct sought sought_of(const struct ct *ct, uint32_t flags, const struct doca_flow_ct_match *origin,
			       const struct doca_flow_ct_match *reply)
{
	bool reverses = reply == NULL && origin != NULL && (flags & DOCA_FLOW_CT_ENTRY_FLAGS_DUP_FILTER_REPLY);
	struct sought sought = { .given = { origin != NULL, reply != NULL || reverses } };
	struct doca_flow_ct_match reversed;

	if (origin != NULL)
		sought.key[ORIGIN] = ct_key_of(ct, ORIGIN, (flags & ct_ip6_flag[ORIGIN]) != 0, origin);
	if (reverses) {
		reversed = ct_match_reversed(origin, (flags & ct_ip6_flag[ORIGIN]) != 0);
		sought.key[REPLY] = ct_key_of(ct, REPLY, (flags & ct_ip6_flag[ORIGIN]) != 0, &reversed);
	} else if (reply != NULL) {
		sought.key[REPLY] = ct_key_of(ct, REPLY, (flags & ct_ip6_flag[REPLY]) != 0, reply);
	}
	return sought;
}

static struct doca_flow_pipe_entry *find(struct doca_flow_pipe *pipe, const struct sought *sought)
{
	for (unsigned int direction = 0; direction < DIRECTIONS; direction++) {
		struct doca_flow_pipe_entry *entry = NULL;

		if (sought->given[direction])
			entry = connection_find(pipe, direction, &sought->key[direction]);
		if (entry != NULL)
			return entry;
	}
	return NULL;
}

static doca_error_t make(struct doca_flow_pipe *pipe, uint32_t flags, const struct sought *sought,
			 struct doca_flow_pipe_entry **out)
{
	const uint32_t first_ip6 = ct_ip6_flag[sought->given[ORIGIN] ? ORIGIN : REPLY];
	doca_error_t result = connection_new(pipe, (flags & first_ip6) != 0, out);

	for (unsigned int direction = 0; direction < DIRECTIONS && result == DOCA_SUCCESS; direction++) {
		if (!sought->given[direction])
			continue;
		connection_set_key(*out, direction, &sought->key[direction]);
		connection_filter(*out, direction, flags);
	}
	return result;
}

/*
 * Finds connections that were added and pushed, and those in a duplication filter from their preparation
 * on (on a device, those in a filter alone), unless they are on their way out. NOT_FOUND: there is none,
 * and ALLOC_ON_MISS was not given. FULL: the pipe has as many of the family, or in total, as
 * doca_flow_ct_cfg_set_connections said. Hashes are kept for doca_flow_ct_get_entry.
 */
doca_error_t doca_flow_ct_entry_prepare(uint16_t queue, struct doca_flow_pipe *pipe, uint32_t flags,
					const struct doca_flow_ct_match *match_origin, uint32_t hash_origin,
					const struct doca_flow_ct_match *match_reply, uint32_t hash_reply,
					struct doca_flow_pipe_entry **entry, bool *conn_found)
{
	doca_error_t result = DOCA_SUCCESS;
	struct doca_flow_pipe_entry *found;
	struct sought sought;

	if (!ct_call_fits(pipe, queue, flags) || entry == NULL || (match_origin == NULL && match_reply == NULL))
		return DOCA_ERROR_INVALID_VALUE;
	nic_enter(pipe->nic);
	sought = sought_of(pipe->nic->ct, flags, match_origin, match_reply);
	found = find(pipe, &sought);
	if (conn_found != NULL)
		*conn_found = found != NULL;
	if (found == NULL) {
		result = flags & DOCA_FLOW_CT_ENTRY_FLAGS_ALLOC_ON_MISS ? make(pipe, flags, &sought, &found) :
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

	if (!ct_entry_fits(pipe, queue, 0, entry))
		return DOCA_ERROR_INVALID_VALUE;
	nic_enter(pipe->nic);
	if (ct_entry_prepared(entry)) {
		entry_delist(entry);
		entry_dispose(entry);
	} else {
		result = DOCA_ERROR_BAD_STATE;
	}
	nic_leave(pipe->nic);
	return result;
}
