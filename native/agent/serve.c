/* SPDX-License-Identifier: Apache-2.0 */
#include "serve.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "abi/error.h"
#include "backend/agent/protocol.h"
#include "backend/agent/wire.h"
#include "backend/backend.h"
#include "dispatch.h"
#include "log.h"

#define TURN_MS 60000 /* between looks at the log's size when nobody asks for anything */

static void hang_up(struct server *server, const char *why)
{
	log_line("process %u: %s", server->process, why);
	close(server->client);
	server->client = -1;
	server->opened = 0;
}

/* Opens the data plane for a client: it is open, so this compares and counts. */
static void open_for(struct server *server, const char *body, uint64_t bytes,
		     struct agent_reply *reply, struct hyp_capabilities *capabilities)
{
	const char *url, *pin_path;

	if (agent_strings_parse(body, bytes, &url, &pin_path) != 0) {
		reply->result = hyp_fail(&reply->error, -EINVAL, "the URL is malformed");
		return;
	}
	if (strcmp(url, server->url) != 0) {
		reply->result = hyp_fail(&reply->error, -EPROTO,
					 AGENT_PROGRAM " (pid %d) serves \"%.80s\": its end ends "
					 "forwarding; to start anew: kill %d",
					 (int)getpid(), server->url, (int)getpid());
		return;
	}
	reply->result = server->dataplane->backend->capabilities(server->dataplane, capabilities);
	if (reply->result < 0) {
		hyp_fail(&reply->error, (int)reply->result, "no capabilities: %s",
			 strerror((int)-reply->result));
		return;
	}
	if (server->served)
		capabilities->adopted = 1;
	server->served = 1;
	server->opened = 1;
	reply->bytes = sizeof(*capabilities);
}

/* Answers a request whose body is there. 0, or why the connection is of no more use. */
static int answer(struct server *server, const struct agent_request *request, const void *body)
{
	struct hyp_capabilities capabilities = { 0 };
	struct agent_reply reply = { .magic = AGENT_MAGIC, .call = request->call };
	void *rows = NULL;
	int64_t deadline;
	int result;

	if (request->call == AGENT_OPEN)
		open_for(server, body, request->bytes, &reply, &capabilities);
	else if (request->call == AGENT_SHUTDOWN)
		server->ending = 1;
	else
		rows = dispatch(server->dataplane, request, body, &reply);
	deadline = wire_now() + AGENT_SEND_MS;
	result = wire_send(server->client, &reply, sizeof(reply), deadline);
	if (result == 0)
		result = wire_send(server->client, rows ? rows : &capabilities, reply.bytes, deadline);
	free(rows);
	return result;
}

/* True for a request that may come now: a connection begins with one that the others may not repeat. */
static int is_expected(const struct server *server, const struct agent_request *request)
{
	return agent_request_valid(request) && (request->call > AGENT_SHUTDOWN) == server->opened;
}

/* Reads one request of the client and answers it. */
static void turn(struct server *server)
{
	int64_t deadline = wire_now() + AGENT_SEND_MS;
	struct agent_request request;
	void *body;
	int result = wire_receive(server->client, &request, sizeof(request), deadline);

	if (result == -EPIPE)
		return hang_up(server, "gone");
	if (result != 0)
		return hang_up(server, strerror(-result));
	if (!is_expected(server, &request))
		return hang_up(server, "malformed request, closed");
	body = malloc(request.bytes ? request.bytes : 1);
	if (!body)
		return hang_up(server, "no memory for its request, closed");
	result = wire_receive(server->client, body, request.bytes, deadline);
	if (result == 0)
		result = answer(server, &request, body);
	free(body);
	if (result != 0)
		hang_up(server, result == -EPIPE ? "gone in the middle" : strerror(-result));
}

/* Takes a connection, or says why not. */
static void take(struct server *server)
{
	struct agent_hello hello = { .magic = AGENT_MAGIC, .version = AGENT_VERSION };
	int client = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	uid_t user = (uid_t)-1;
	pid_t process;

	if (client < 0)
		return;
	process = wire_peer(client, &user);
	if (process < 0 || (user != 0 && user != geteuid())) {
		hello.status = -EPERM;
	} else if (server->client >= 0) {
		hello.status = -EBUSY;
		hello.holder = server->process;
	}
	if (wire_send(client, &hello, sizeof(hello), wire_now()) != 0 || hello.status != 0) {
		log_line("process %d: refused: %s", (int)process, strerror(-hello.status));
		close(client);
		return;
	}
	server->client = client;
	server->process = (uint32_t)process;
	log_line("process %u: connected", server->process);
	/* It begins at once, so that nobody holds the place for nothing. */
	turn(server);
}

void serve(struct server *server)
{
	while (!server->ending) {
		struct pollfd ready[] = {
			{ .fd = server->signals, .events = POLLIN },
			{ .fd = server->client, .events = POLLIN },
			{ .fd = server->listener, .events = POLLIN },
		};

		log_turn();
		if (poll(ready, sizeof(ready) / sizeof(ready[0]), TURN_MS) <= 0)
			continue;
		if (ready[0].revents != 0)
			return;
		/* A client that is gone makes room for the next before that one is looked at. */
		if (ready[1].revents != 0)
			turn(server);
		if (!server->ending && ready[2].revents != 0)
			take(server);
	}
}
