/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HYPERION_AGENT_SERVE_H
#define HYPERION_AGENT_SERVE_H

#include <hyperion/dataplane.h>

struct server {
	struct hyp_dataplane *dataplane;
	const char *url; /* that it was asked for by */
	int listener;
	int signals; /* a signalfd: those that end the agent */
	int client; /* -1: nobody is connected */
	uint32_t process; /* the client's, 0 when unknown */
	int opened; /* the client has opened the data plane */
	int served; /* somebody has, since the agent started */
	int ending;
};

/* Serves one client at a time until a signal or a client ends it. A client that asked for the end
 * stays connected, in `client`, to see it. */
void serve(struct server *server);

#endif
