/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HYPERION_AGENT_START_H
#define HYPERION_AGENT_START_H

#include <hyperion/dataplane.h>

/*
 * Starts hyperion-agent, from the directory that this library lies in, apart from this process, and
 * waits until it is ready. It gets the network namespace of the calling thread and, of the
 * environment, PATH, LD_LIBRARY_PATH and what begins with SOFTNIC_. Returns what the backend's open
 * returned, or
 *   -EALREADY   another agent has the run path and may not be ready yet
 *   -ETIMEDOUT  not ready within AGENT_START_MS
 *   -ENOTSUP    there is no hyperion-agent
 */
int agent_start(const struct hyp_dataplane_options *options, struct hyp_error *error);

#endif
