/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HYPERION_AGENT_DISPATCH_H
#define HYPERION_AGENT_DISPATCH_H

#include "backend/agent/protocol.h"
#include "backend/backend.h"

/*
 * Does what a valid request other than AGENT_OPEN and AGENT_SHUTDOWN asks for. Fills *reply; its body,
 * or NULL, is returned and freed with free.
 */
void *dispatch(struct hyp_dataplane *dataplane, const struct agent_request *request, const void *body,
	       struct agent_reply *reply);

#endif
