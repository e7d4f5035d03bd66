/* SPDX-License-Identifier: Apache-2.0 */
/* A connection to the agent of a run path. */
#ifndef HYPERION_AGENT_CONNECTION_H
#define HYPERION_AGENT_CONNECTION_H

#include "protocol.h"

struct connection {
	int socket; /* -1: none */
	uint32_t process; /* the agent's id, 0 when unknown */
};

/*
 * Connects to the agent that listens. -ECONNREFUSED when none does; -EBUSY when another process is
 * connected, and stays so; -EPROTO when it is of another version; -EPERM.
 */
int connection_find(struct connection *connection, const char *run_path, struct hyp_error *error);

/*
 * Connects to the agent of the options, started if need be, and opens its data plane. What the
 * backend's open says is passed on; -EPROTO when the agent serves another URL.
 */
int connection_open(struct connection *connection, const struct hyp_dataplane_options *options,
		    struct hyp_capabilities *capabilities, struct hyp_error *error);

void connection_close(struct connection *connection);

/*
 * Sends a request and receives its reply, with at most `capacity` bytes of body into `into`. `call`,
 * `argument`, `capacity` and `bytes` of the request are the caller's. On failure, -errno, the
 * connection is of no more use.
 */
int connection_ask(const struct connection *connection, struct agent_request *request,
		   const void *body, struct agent_reply *reply, void *into, uint64_t capacity);

#endif
