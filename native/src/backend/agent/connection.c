/* SPDX-License-Identifier: Apache-2.0 */
#include "connection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "../../abi/error.h"
#include "run_path.h"
#include "start.h"
#include "wire.h"

static void rest(void)
{
	const struct timespec moment = { .tv_nsec = AGENT_POLL_MS * 1000000 };

	nanosleep(&moment, NULL);
}

void connection_close(struct connection *connection)
{
	if (connection->socket >= 0)
		close(connection->socket);
	connection->socket = -1;
}

int connection_ask(const struct connection *connection, struct agent_request *request,
		   const void *body, struct agent_reply *reply, void *into, uint64_t capacity)
{
	int64_t deadline = wire_now() + AGENT_CALL_MS;
	int result;

	request->magic = AGENT_MAGIC;
	request->version = AGENT_VERSION;
	result = wire_send(connection->socket, request, sizeof(*request), deadline);
	if (result == 0)
		result = wire_send(connection->socket, body, request->bytes, deadline);
	if (result == 0)
		result = wire_receive(connection->socket, reply, sizeof(*reply), deadline);
	if (result != 0)
		return result;
	if (reply->magic != AGENT_MAGIC || reply->call != request->call || reply->bytes > capacity)
		return -EBADMSG;
	reply->error.message[sizeof(reply->error.message) - 1] = '\0';
	return wire_receive(connection->socket, into, reply->bytes, deadline);
}

/* Connects to the socket: a descriptor, or -errno. */
static int connect_socket(const char *run_path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int descriptor, result;

	run_path_file(address.sun_path, run_path, AGENT_SOCKET);
	descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (descriptor < 0)
		return -errno;
	if (connect(descriptor, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return descriptor;
	result = errno == ENOENT ? -ECONNREFUSED : -errno;
	close(descriptor);
	return result;
}

/* Hears the greeting of a connection that was just made. */
static int greet(struct connection *connection, struct hyp_error *error)
{
	struct agent_hello hello;
	uid_t user;
	pid_t process = wire_peer(connection->socket, &user);
	int result = wire_receive(connection->socket, &hello, sizeof(hello), wire_now() + AGENT_CALL_MS);

	connection->process = process > 0 ? (uint32_t)process : 0;
	if (result == -EPIPE) /* it is just ending */
		return hyp_fail(error, -ECONNREFUSED, "no " AGENT_PROGRAM " listens");
	if (result != 0)
		return hyp_fail(error, result, AGENT_PROGRAM " (pid %u) does not answer: %s",
				connection->process, strerror(-result));
	if (hello.magic != AGENT_MAGIC || hello.version != AGENT_VERSION)
		return hyp_fail(error, -EPROTO,
				AGENT_PROGRAM " (pid %u) is of version %u.%u, this is %u.%u: its end ends "
				"forwarding; to start anew: kill %u",
				connection->process, hello.version >> 16, hello.version & 0xffffu,
				AGENT_VERSION >> 16, AGENT_PROTOCOL, connection->process);
	if (hello.status == -EBUSY)
		return hyp_fail(error, -EBUSY, AGENT_PROGRAM " (pid %u) serves process %u; stop that first",
				connection->process, hello.holder);
	if (hello.status != 0)
		return hyp_fail(error, hello.status, AGENT_PROGRAM " (pid %u) refuses: %s",
				connection->process, strerror(-hello.status));
	return 0;
}

int connection_find(struct connection *connection, const char *run_path, struct hyp_error *error)
{
	int64_t deadline = wire_now() + AGENT_BUSY_MS;
	int result;

	for (;; rest()) {
		connection->socket = connect_socket(run_path);
		if (connection->socket >= 0)
			result = greet(connection, error);
		else
			result = hyp_fail(error, connection->socket, "cannot reach " AGENT_PROGRAM ": %s",
					  strerror(-connection->socket));
		if (result == 0)
			return 0;
		connection_close(connection);
		/* A full queue of connections, or somebody who is just dying: both pass. */
		if ((result != -EBUSY && result != -EAGAIN) || wire_now() >= deadline)
			return result;
	}
}

/* Connects, after starting an agent where none listens. */
static int find_or_start(struct connection *connection, const struct hyp_dataplane_options *options,
			 struct hyp_error *error)
{
	int64_t deadline = wire_now() + AGENT_START_MS, next_start = 0;
	int result;

	for (;; rest()) {
		result = connection_find(connection, options->run_path, error);
		if (result != -ECONNREFUSED || wire_now() >= deadline)
			return result;
		if (wire_now() < next_start)
			continue;
		result = agent_start(options, error);
		/* Another one that starts at this moment is as good. */
		if (result != 0 && (result != -EALREADY || wire_now() >= deadline))
			return result;
		next_start = wire_now() + AGENT_RETRY_MS;
	}
}

static int open_dataplane(const struct connection *connection,
			  const struct hyp_dataplane_options *options,
			  struct hyp_capabilities *capabilities, struct hyp_error *error)
{
	size_t url = strlen(options->url) + 1, pin_path = strlen(options->pin_path) + 1;
	struct agent_request request = { .call = AGENT_OPEN, .argument = options->connections_max };
	char body[AGENT_STRINGS_MAX];
	struct agent_reply reply;
	int result;

	if (url + pin_path > sizeof(body))
		return hyp_fail(error, -ENAMETOOLONG, "URL and pin path have %zu bytes, %zu is the most",
				url + pin_path, sizeof(body));
	memcpy(body, options->url, url);
	memcpy(body + url, options->pin_path, pin_path);
	request.bytes = url + pin_path;
	result = connection_ask(connection, &request, body, &reply, capabilities,
				sizeof(*capabilities));
	if (result != 0)
		return hyp_fail(error, result, AGENT_PROGRAM " (pid %u) does not answer: %s",
				connection->process, strerror(-result));
	if (reply.result < 0)
		return hyp_fail(error, (int)reply.result, "%s", reply.error.message);
	if (reply.bytes != sizeof(*capabilities))
		return hyp_fail(error, -EBADMSG, AGENT_PROGRAM " says nothing of its capabilities");
	return 0;
}

int connection_open(struct connection *connection, const struct hyp_dataplane_options *options,
		    struct hyp_capabilities *capabilities, struct hyp_error *error)
{
	int result = find_or_start(connection, options, error);

	if (result != 0)
		return result;
	result = open_dataplane(connection, options, capabilities, error);
	if (result != 0)
		connection_close(connection);
	return result;
}
