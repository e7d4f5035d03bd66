/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "faults.h"
#include "pipe_cfg.h"
#include "queue.h"
#include "shared.h"
#include "spec.h"
#include "steering.h"

void pipe_hold(struct doca_flow_pipe *pipe)
{
	steering_of(pipe)->holds++;
}

static void pipe_free(struct steering_pipe *steering)
{
	spec_free(&steering->pipe.spec);
	free(steering->relocating);
	free(steering);
}

void pipe_release(struct doca_flow_pipe *pipe)
{
	struct steering_pipe *steering = steering_of(pipe);

	steering->holds--;
	if (steering->holds > 0 || !steering->destroyed)
		return;
	pipe_demolish(pipe);
	pipe_free(steering);
}

/* The searches for aged entries go on with the next pipe. */
static void queues_pass_over(struct doca_flow_pipe *pipe)
{
	for (uint16_t index = 0; index < nic_all_queues(pipe->nic); index++) {
		struct queue *queue = &pipe->port->queues[index];

		queue_forget(queue, pipe);
		if (queue->aging_pipe == pipe) {
			queue->aging_pipe = pipe->next;
			queue->aging_entry = pipe->next != NULL ? pipe->next->first_entry : NULL;
		}
	}
}

static void pipe_delist(struct doca_flow_pipe *pipe)
{
	struct doca_flow_pipe **link = &pipe->port->pipes;

	while (*link != pipe)
		link = &(*link)->next;
	*link = pipe->next;
	for (unsigned int domain = 0; domain < NIC_DOMAINS; domain++) {
		if (pipe->port->roots[domain] == pipe)
			pipe->port->roots[domain] = NULL;
	}
}

void pipe_remove(struct doca_flow_pipe *pipe)
{
	pipe_hold(pipe);
	pipe_delist(pipe);
	queues_pass_over(pipe);
	while (pipe->first_entry != NULL) {
		struct doca_flow_pipe_entry *entry = pipe->first_entry;

		entry_delist(entry);
		entry_dispose(entry);
	}
	steering_of(pipe)->destroyed = true;
	shared_unbind(pipe->nic, pipe);
	pipe_release(pipe);
}

/* What the pipe's own checks do not know of. */
static doca_error_t check_spec(const struct pipe_spec *spec)
{
	if (spec->is_resizable && spec->type != DOCA_FLOW_PIPE_BASIC && spec->type != DOCA_FLOW_PIPE_CONTROL)
		return DOCA_ERROR_NOT_SUPPORTED;
	return DOCA_SUCCESS;
}

/* The spec of a pipe: what the configuration says, and its fwds. */
static doca_error_t complete_spec(struct pipe_spec *spec, const struct doca_flow_pipe_cfg *cfg,
				  const struct doca_flow_fwd *fwd, const struct doca_flow_fwd *fwd_miss)
{
	struct pipe_spec whole = cfg->spec; /* borrows */

	whole.has_fwd = fwd != NULL && fwd->type != DOCA_FLOW_FWD_NONE;
	if (whole.has_fwd)
		whole.fwd = *fwd;
	whole.has_miss = fwd_miss != NULL && fwd_miss->type != DOCA_FLOW_FWD_NONE;
	if (whole.has_miss)
		whole.miss = *fwd_miss;
	return spec_copy(spec, &whole);
}

static void pipe_enlist(struct doca_flow_pipe *pipe)
{
	pipe->next = pipe->port->pipes;
	pipe->port->pipes = pipe;
	if (pipe->spec.is_root)
		pipe->port->roots[pipe->spec.domain] = pipe;
}

doca_error_t doca_flow_pipe_create(const struct doca_flow_pipe_cfg *cfg, const struct doca_flow_fwd *fwd,
				   const struct doca_flow_fwd *fwd_miss, struct doca_flow_pipe **pipe)
{
	struct steering_pipe *steering;
	doca_error_t result;

	if (cfg == NULL || pipe == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	result = check_spec(&cfg->spec);
	if (result != DOCA_SUCCESS)
		return result;
	steering = calloc(1, sizeof(*steering));
	if (steering == NULL)
		return DOCA_ERROR_NO_MEMORY;
	result = complete_spec(&steering->pipe.spec, cfg, fwd, fwd_miss);
	if (result != DOCA_SUCCESS) {
		free(steering);
		return result;
	}
	steering->pipe.port = cfg->port->manager;
	steering->pipe.nic = cfg->port->nic;
	steering->pipe.user_ctx = cfg->user_ctx;
	steering->excluded_queues = cfg->excluded_queues;
	nic_enter(steering->pipe.nic);
	result = pipe_build(&steering->pipe);
	if (result == DOCA_SUCCESS)
		pipe_enlist(&steering->pipe);
	nic_leave(steering->pipe.nic);
	if (result != DOCA_SUCCESS) {
		pipe_free(steering);
		return result;
	}
	*pipe = &steering->pipe;
	return DOCA_SUCCESS;
}

void doca_flow_pipe_destroy(struct doca_flow_pipe *pipe)
{
	struct nic *nic;

	if (pipe == NULL)
		return;
	nic = pipe->nic;
	nic_enter(nic);
	pipe_remove(pipe);
	nic_leave(nic);
}

doca_error_t doca_flow_pipe_update_miss(struct doca_flow_pipe *pipe, const struct doca_flow_fwd *fwd_miss)
{
	struct doca_flow_fwd copy;
	doca_error_t result;

	if (pipe == NULL || fwd_miss == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	result = fwd_copy(&copy, fwd_miss);
	if (result != DOCA_SUCCESS)
		return result;
	nic_enter(pipe->nic);
	result = pipe_set_miss(pipe, &copy);
	if (result == DOCA_SUCCESS) {
		if (pipe->spec.has_miss)
			fwd_free(&pipe->spec.miss);
		pipe->spec.miss = copy;
		pipe->spec.has_miss = true;
	}
	nic_leave(pipe->nic);
	if (result != DOCA_SUCCESS)
		fwd_free(&copy);
	return result;
}

doca_error_t doca_flow_pipe_calc_hash(struct doca_flow_pipe *pipe, const struct doca_flow_match *match,
				      uint32_t *hash)
{
	doca_error_t result;

	if (pipe == NULL || match == NULL || hash == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	if (pipe->spec.type != DOCA_FLOW_PIPE_HASH)
		return DOCA_ERROR_NOT_SUPPORTED;
	nic_enter(pipe->nic);
	result = pipe_hash(pipe, match, hash);
	nic_leave(pipe->nic);
	return result;
}

void doca_flow_pipe_dump(struct doca_flow_pipe *pipe, FILE *f)
{
	if (pipe == NULL || f == NULL)
		return;
	nic_enter(pipe->nic);
	pipe_print(pipe, f);
	nic_leave(pipe->nic);
}
