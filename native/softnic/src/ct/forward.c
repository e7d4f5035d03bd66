/* SPDX-License-Identifier: Apache-2.0 */
/* Where the packets of connections go: a port's registered forwards, by their handles. */
#include "../pipe/forward.h"

#include <stdlib.h>

#include "connection.h"

void ct_forwards_free(struct doca_flow_port *port)
{
	struct ct_forwards *registered = port->ct_forwards;

	for (uint32_t index = 0; registered != NULL && index < registered->count; index++)
		forward_free(registered->forwards[index]);
	free(registered);
	port->ct_forwards = NULL;
}

static bool has_ct_pipe(const struct doca_flow_port *port)
{
	for (const struct doca_flow_pipe *pipe = port->pipes; pipe != NULL; pipe = pipe->next) {
		if (pipe->spec.type == DOCA_FLOW_PIPE_CT)
			return true;
	}
	return false;
}

/* Each notes when its pipe goes, as the forward of an entry does. */
static doca_error_t compile(struct doca_flow_port *port, const struct doca_flow_fwd *fwd, struct forward **out)
{
	const struct doca_flow_pipe from = { .nic = port->nic, .port = port };

	if (fwd->type != DOCA_FLOW_FWD_PIPE)
		return DOCA_ERROR_NOT_SUPPORTED;
	if (fwd->next_pipe == NULL)
		return DOCA_ERROR_NOT_FOUND;
	return forward_new(&from, fwd, out);
}

/* All or none. The lock is held. */
static doca_error_t register_all(struct doca_flow_port *port, uint32_t nb_fwd, const struct doca_flow_fwd *fwd,
				 uint32_t *handles)
{
	uint32_t first = port->ct_forwards != NULL ? port->ct_forwards->count : 0;
	struct ct_forwards *registered;
	doca_error_t result = DOCA_SUCCESS;

	if (port->nic->ct == NULL || has_ct_pipe(port))
		return DOCA_ERROR_BAD_STATE;
	if (nb_fwd > UINT32_MAX / 2 - first)
		return DOCA_ERROR_INVALID_VALUE;
	registered = realloc(port->ct_forwards,
			     sizeof(*registered) + ((size_t)first + nb_fwd) * sizeof(struct forward *));
	if (registered == NULL)
		return DOCA_ERROR_NO_MEMORY;
	port->ct_forwards = registered;
	registered->count = first;
	while (registered->count - first < nb_fwd && result == DOCA_SUCCESS) {
		uint32_t index = registered->count - first;

		result = compile(port, &fwd[index], &registered->forwards[registered->count]);
		if (result == DOCA_SUCCESS)
			handles[index] = ++registered->count;
	}
	while (result != DOCA_SUCCESS && registered->count > first)
		forward_free(registered->forwards[--registered->count]);
	return result;
}

/* To pipes only, as the CT pipe's own: NOT_SUPPORTED for others. BAD_STATE: the port has a CT pipe already. */
doca_error_t doca_flow_ct_fwd_register(struct doca_flow_port *port, uint32_t nb_fwd,
				       const struct doca_flow_fwd *fwd, uint32_t *fwd_handles)
{
	doca_error_t result;

	if (port == NULL || fwd == NULL || fwd_handles == NULL || nb_fwd == 0)
		return DOCA_ERROR_INVALID_VALUE;
	port = port->manager;
	nic_enter(port->nic);
	result = register_all(port, nb_fwd, fwd, fwd_handles);
	nic_leave(port->nic);
	return result;
}

/* NOT_FOUND: its pipe was destroyed. */
doca_error_t ct_forward(struct doca_flow_pipe *pipe, uint32_t handle, struct forward **out)
{
	const struct ct_forwards *registered = pipe->port->ct_forwards;
	struct doca_flow_fwd fwd = { .type = DOCA_FLOW_FWD_PIPE };

	*out = NULL;
	if (handle == 0)
		return pipe->fwd != NULL ? DOCA_SUCCESS : DOCA_ERROR_INVALID_VALUE;
	if (registered == NULL || handle > registered->count)
		return DOCA_ERROR_INVALID_VALUE;
	fwd.next_pipe = registered->forwards[handle - 1]->way.pipe;
	if (fwd.next_pipe == NULL)
		return DOCA_ERROR_NOT_FOUND;
	return forward_new(pipe, &fwd, out);
}
