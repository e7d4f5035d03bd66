/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "../flow/nic.h"
#include "forward.h"
#include "hash.h"

bool forward_given(const struct doca_flow_fwd *fwd)
{
	return fwd != NULL && fwd->type != DOCA_FLOW_FWD_NONE;
}

/* Whether entries bring it, or a part of it. */
static bool changeable(const struct doca_flow_fwd *fwd)
{
	switch (fwd->type) {
	case DOCA_FLOW_FWD_CHANGEABLE:
		return true;
	case DOCA_FLOW_FWD_PORT:
		return fwd->port_id == UINT16_MAX;
	case DOCA_FLOW_FWD_PIPE:
		return fwd->next_pipe == NULL;
	case DOCA_FLOW_FWD_ORDERED_LIST_PIPE:
		return fwd->ordered_list_pipe.pipe == NULL ||
		       fwd->ordered_list_pipe.idx == UINT32_MAX;
	case DOCA_FLOW_FWD_HASH_PIPE:
		return fwd->hash_pipe.pipe == NULL;
	case DOCA_FLOW_FWD_RSS:
		if (fwd->rss_type == DOCA_FLOW_RESOURCE_TYPE_SHARED)
			return fwd->shared_rss_id == UINT32_MAX;
		return fwd->rss.nr_queues < 0 || fwd->rss.queues_array == NULL;
	default:
		return false;
	}
}

/* A packet passes the domains in this order. */
static int domain_rank(const struct doca_flow_pipe *pipe)
{
	switch (pipe->spec.domain) {
	case DOCA_FLOW_PIPE_DOMAIN_SECURE_INGRESS:
		return 0;
	case DOCA_FLOW_PIPE_DOMAIN_DEFAULT:
		return 1;
	case DOCA_FLOW_PIPE_DOMAIN_EGRESS:
		return 2;
	default:
		return 3;
	}
}

/* Not back, except for the copies of a flooding hash pipe, which may begin anew. */
static bool passable(const struct doca_flow_pipe *from, const struct doca_flow_pipe *to)
{
	return domain_rank(to) >= domain_rank(from) ||
	       (from->spec.type == DOCA_FLOW_PIPE_HASH &&
		(from->spec.hash_algorithm & DOCA_FLOW_PIPE_HASH_MAP_ALGORITHM_FLOODING) != 0);
}

static doca_error_t to_pipe(const struct doca_flow_pipe *from, const struct doca_flow_fwd *fwd,
			    struct way *way)
{
	enum doca_flow_pipe_type type;

	switch (fwd->type) {
	case DOCA_FLOW_FWD_ORDERED_LIST_PIPE:
		way->pipe = fwd->ordered_list_pipe.pipe;
		way->index = fwd->ordered_list_pipe.idx;
		break;
	case DOCA_FLOW_FWD_HASH_PIPE:
		way->pipe = fwd->hash_pipe.pipe;
		way->algorithm = fwd->hash_pipe.algorithm;
		break;
	default:
		way->pipe = fwd->next_pipe;
		break;
	}
	if (way->pipe == NULL || !passable(from, way->pipe))
		return DOCA_ERROR_INVALID_VALUE;
	type = way->pipe->spec.type;
	if ((type == DOCA_FLOW_PIPE_ORDERED_LIST) != (fwd->type == DOCA_FLOW_FWD_ORDERED_LIST_PIPE))
		return DOCA_ERROR_INVALID_VALUE;
	if (fwd->type == DOCA_FLOW_FWD_HASH_PIPE) {
		if (type != DOCA_FLOW_PIPE_HASH)
			return DOCA_ERROR_INVALID_VALUE;
		return hash_prepare(way->pipe, &way->algorithm);
	}
	return DOCA_SUCCESS;
}

static doca_error_t pipe_forward(const struct doca_flow_pipe *from, const struct doca_flow_fwd *fwd,
				 struct forward **out)
{
	struct way way = { .pipe = NULL };
	struct pipe_table *table;
	struct forward *forward;
	doca_error_t result = to_pipe(from, fwd, &way);

	if (result != DOCA_SUCCESS)
		return result;
	forward = calloc(1, sizeof(*forward));
	if (forward == NULL)
		return DOCA_ERROR_NO_MEMORY;
	table = way.pipe->table;
	forward->type = fwd->type;
	forward->way = way;
	forward->next = table->referrers;
	forward->link = &table->referrers;
	if (forward->next != NULL)
		forward->next->link = &forward->next;
	table->referrers = forward;
	*out = forward;
	return DOCA_SUCCESS;
}

static bool shared_rss_ready(const struct nic *nic, uint32_t id)
{
	return nic != NULL && nic->shared[DOCA_FLOW_SHARED_RESOURCE_RSS] != NULL &&
	       id < nic->shared_budget[DOCA_FLOW_SHARED_RESOURCE_RSS].room &&
	       nic->shared[DOCA_FLOW_SHARED_RESOURCE_RSS][id].configured;
}

static doca_error_t rss_forward(const struct doca_flow_pipe *from, const struct doca_flow_fwd *fwd,
				struct forward **out)
{
	const struct doca_flow_resource_rss_cfg *rss = &fwd->rss;
	const struct doca_flow_fwd *template = &from->spec.fwd;
	bool shared = fwd->rss_type == DOCA_FLOW_RESOURCE_TYPE_SHARED;
	size_t queues = 0;
	struct forward *forward;

	if (shared) {
		if (!shared_rss_ready(from->nic, fwd->shared_rss_id))
			return DOCA_ERROR_INVALID_VALUE;
	} else {
		if (rss->queues_array == NULL || rss->nr_queues <= 0 ||
		    rss->nr_queues > (int)NIC_QUEUES_MAX)
			return DOCA_ERROR_INVALID_VALUE;
		queues = (size_t)rss->nr_queues;
	}
	forward = calloc(1, sizeof(*forward) + queues * sizeof(forward->queues[0]));
	if (forward == NULL)
		return DOCA_ERROR_NO_MEMORY;
	forward->type = DOCA_FLOW_FWD_RSS;
	forward->shared_rss_id = shared ? fwd->shared_rss_id : UINT32_MAX;
	if (!shared) {
		forward->outer_flags = rss->outer_flags;
		forward->inner_flags = rss->inner_flags;
		forward->symmetric =
			rss->rss_hash_func == DOCA_FLOW_RSS_HASH_FUNCTION_SYMMETRIC_TOEPLITZ;
		/* Entries that only bring their queues are spread as the template says. */
		if (rss->outer_flags == 0 && rss->inner_flags == 0 && from->spec.has_fwd &&
		    template->type == DOCA_FLOW_FWD_RSS &&
		    template->rss_type != DOCA_FLOW_RESOURCE_TYPE_SHARED) {
			forward->outer_flags = template->rss.outer_flags;
			forward->inner_flags = template->rss.inner_flags;
		}
		forward->nr_queues = (uint16_t)queues;
		memcpy(forward->queues, rss->queues_array, queues * sizeof(forward->queues[0]));
	}
	*out = forward;
	return DOCA_SUCCESS;
}

doca_error_t forward_new(const struct doca_flow_pipe *from, const struct doca_flow_fwd *fwd,
			 struct forward **out)
{
	struct forward *forward;

	if (changeable(fwd))
		return DOCA_ERROR_INVALID_VALUE;
	switch (fwd->type) {
	case DOCA_FLOW_FWD_PIPE:
	case DOCA_FLOW_FWD_ORDERED_LIST_PIPE:
	case DOCA_FLOW_FWD_HASH_PIPE:
		return pipe_forward(from, fwd, out);
	case DOCA_FLOW_FWD_RSS:
		return rss_forward(from, fwd, out);
	case DOCA_FLOW_FWD_TARGET:
		if (fwd->target == NULL)
			return DOCA_ERROR_INVALID_VALUE;
		break;
	case DOCA_FLOW_FWD_PORT:
	case DOCA_FLOW_FWD_DROP:
		break;
	default:
		return DOCA_ERROR_INVALID_VALUE;
	}
	forward = calloc(1, sizeof(*forward));
	if (forward == NULL)
		return DOCA_ERROR_NO_MEMORY;
	forward->type = fwd->type;
	if (fwd->type == DOCA_FLOW_FWD_PORT)
		forward->port_id = fwd->port_id;
	*out = forward;
	return DOCA_SUCCESS;
}

void forward_free(struct forward *forward)
{
	if (forward == NULL)
		return;
	switch (forward->type) {
	case DOCA_FLOW_FWD_PIPE:
	case DOCA_FLOW_FWD_ORDERED_LIST_PIPE:
	case DOCA_FLOW_FWD_HASH_PIPE:
		if (forward->way.pipe == NULL)
			break;
		*forward->link = forward->next;
		if (forward->next != NULL)
			forward->next->link = forward->link;
		break;
	default:
		break;
	}
	free(forward);
}

void forward_detach(struct pipe_table *table)
{
	struct forward *forward = table->referrers;

	while (forward != NULL) {
		struct forward *next = forward->next;

		forward->way.pipe = NULL;
		forward->next = NULL;
		forward = next;
	}
	table->referrers = NULL;
}

doca_error_t forward_template(struct doca_flow_pipe *pipe)
{
	const struct doca_flow_fwd *fwd = &pipe->spec.fwd;

	pipe->fwd = NULL;
	if (!pipe->spec.has_fwd || !forward_given(fwd) || changeable(fwd))
		return DOCA_SUCCESS;
	return forward_new(pipe, fwd, &pipe->fwd);
}

/* What the template leaves open, and nothing else, comes from the entry. */
static bool fits(const struct doca_flow_fwd *template, const struct doca_flow_fwd *fwd)
{
	if (template->type == DOCA_FLOW_FWD_CHANGEABLE)
		return true;
	if (template->type != fwd->type)
		return false;
	switch (fwd->type) {
	case DOCA_FLOW_FWD_RSS:
		return (template->rss_type == DOCA_FLOW_RESOURCE_TYPE_SHARED) ==
		       (fwd->rss_type == DOCA_FLOW_RESOURCE_TYPE_SHARED);
	case DOCA_FLOW_FWD_ORDERED_LIST_PIPE:
		return (template->ordered_list_pipe.pipe == NULL ||
			template->ordered_list_pipe.pipe == fwd->ordered_list_pipe.pipe) &&
		       (template->ordered_list_pipe.idx == UINT32_MAX ||
			template->ordered_list_pipe.idx == fwd->ordered_list_pipe.idx);
	default:
		return true;
	}
}

doca_error_t forward_entry(struct doca_flow_pipe *pipe, const struct doca_flow_fwd *fwd,
			   struct forward **out)
{
	*out = NULL;
	if (!forward_given(fwd))
		return pipe->fwd != NULL ? DOCA_SUCCESS : DOCA_ERROR_INVALID_VALUE;
	if (pipe->spec.type != DOCA_FLOW_PIPE_CONTROL) {
		if (pipe->fwd != NULL)
			return DOCA_SUCCESS;
		if (!pipe->spec.has_fwd || !fits(&pipe->spec.fwd, fwd))
			return DOCA_ERROR_INVALID_VALUE;
	}
	return forward_new(pipe, fwd, out);
}

doca_error_t forward_miss(struct doca_flow_pipe *pipe, const struct doca_flow_fwd *fwd,
			  struct forward **out)
{
	*out = NULL;
	if (!forward_given(fwd))
		return DOCA_SUCCESS;
	if (fwd->type != DOCA_FLOW_FWD_PIPE && fwd->type != DOCA_FLOW_FWD_DROP &&
	    fwd->type != DOCA_FLOW_FWD_TARGET)
		return DOCA_ERROR_NOT_SUPPORTED;
	return forward_new(pipe, fwd, out);
}
