/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The data plane of another process: every call goes to the agent that owns it. A NIC's program lives
 * as long as the process that made it; the agent outlives the daemon.
 */
#ifndef HYPERION_AGENT_CLIENT_H
#define HYPERION_AGENT_CLIENT_H

#include "../backend.h"

/* "agent:" and the URL of any data plane: that one, in an agent. */
#define AGENT_SCHEME "agent"

extern const struct hyp_backend hyp_backend_agent;

/* "doca:…": the agent's doca data plane, without being asked. */
extern const struct hyp_backend hyp_backend_doca_agent;

#endif
