/* SPDX-License-Identifier: Apache-2.0 */
#include "client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../abi/batch.h"
#include "../../abi/error.h"
#include "connection.h"
#include "run_path.h"
#include "wire.h"

struct client {
	struct hyp_dataplane dataplane; /* first: the handle is this */
	struct connection connection;
	struct hyp_dataplane_options options; /* with strings of its own */
	struct hyp_capabilities capabilities;
	/* The agent was lost: bit t is set until table t has been read back, `silent` until any has. */
	uint32_t unread;
	int silent;
	int64_t retry_at; /* no attempt to get it back before */
	struct hyp_error why; /* it was lost, or could not be got back */
};

_Static_assert(HYP_TABLES <= 32, "unread has a bit for each");

static struct client *client_of(struct hyp_dataplane *dataplane)
{
	return (struct client *)dataplane;
}

static void client_free(struct client *client)
{
	connection_close(&client->connection);
	free((void *)(uintptr_t)client->options.url);
	free((void *)(uintptr_t)client->options.pin_path);
	free((void *)(uintptr_t)client->options.run_path);
	free(client);
}

static struct client *client_new(const struct hyp_backend *backend,
				 const struct hyp_dataplane_options *options)
{
	struct client *client = calloc(1, sizeof(*client));

	if (!client)
		return NULL;
	client->dataplane.backend = backend;
	client->connection.socket = -1;
	client->options = *options;
	client->options.url = strdup(options->url);
	client->options.pin_path = strdup(options->pin_path);
	client->options.run_path = strdup(options->run_path);
	if (client->options.url && client->options.pin_path && client->options.run_path)
		return client;
	client_free(client);
	return NULL;
}

static int check_options(const struct hyp_dataplane_options *options, struct hyp_error *error)
{
	if (!options->run_path)
		return hyp_fail(error, -EINVAL, "\"%.100s\" needs a run path", options->url);
	return run_path_make(options->run_path, error);
}

static int client_open(const struct hyp_backend *backend, const struct hyp_dataplane_options *options,
		       struct hyp_dataplane **out, struct hyp_error *error)
{
	struct client *client;
	int result = check_options(options, error);

	if (result != 0)
		return result;
	client = client_new(backend, options);
	if (!client)
		return hyp_fail(error, -ENOMEM, "no memory for a data plane");
	result = connection_open(&client->connection, &client->options, &client->capabilities, error);
	if (result != 0) {
		client_free(client);
		return result;
	}
	*out = &client->dataplane;
	return 0;
}

static int open_agent(const struct hyp_dataplane_options *options, struct hyp_dataplane **out,
		      struct hyp_error *error)
{
	return client_open(&hyp_backend_agent, options, out, error);
}

static int open_doca(const struct hyp_dataplane_options *options, struct hyp_dataplane **out,
		     struct hyp_error *error)
{
	return client_open(&hyp_backend_doca_agent, options, out, error);
}

static void client_close(struct hyp_dataplane *dataplane)
{
	client_free(client_of(dataplane));
}

static int client_capabilities(struct hyp_dataplane *dataplane, struct hyp_capabilities *capabilities)
{
	*capabilities = client_of(dataplane)->capabilities;
	return 0;
}

static void lose(struct client *client)
{
	connection_close(&client->connection);
	client->unread = UINT32_MAX;
	client->silent = 1;
}

/* -ENOTCONN, with the reason why the agent is not there. */
static int fail_lost(const struct client *client, struct hyp_error *error)
{
	return hyp_fail(error, -ENOTCONN, "%s", client->why.message);
}

/* Connects to the agent again, or to a new one. */
static int reconnect(struct client *client, struct hyp_error *error)
{
	struct hyp_error why = { "" };

	if (wire_now() < client->retry_at)
		return fail_lost(client, error);
	client->retry_at = wire_now() + AGENT_RETRY_MS;
	if (connection_open(&client->connection, &client->options, &client->capabilities, &why) == 0)
		return 0;
	client->why = why;
	return fail_lost(client, error);
}

/* Asks the agent; what it answers, or -ENOTCONN. */
static int64_t ask(struct client *client, struct agent_request *request, const void *body,
		   struct agent_reply *reply, void *into, uint64_t capacity, struct hyp_error *error)
{
	int result;

	if (client->connection.socket < 0) {
		result = reconnect(client, error);
		if (result != 0)
			return result;
	}
	result = connection_ask(&client->connection, request, body, reply, into, capacity);
	if (result != 0) {
		hyp_fail(&client->why, result, "lost " AGENT_PROGRAM " (pid %u): %s",
			 client->connection.process, strerror(-result));
		lose(client);
		return fail_lost(client, error);
	}
	if (error && reply->error.message[0] != '\0')
		*error = reply->error;
	return reply->result;
}

/* An answer that cannot be one: the connection is no better than a lost one. */
static int64_t refuse(struct client *client, struct hyp_error *error)
{
	hyp_fail(&client->why, -EBADMSG, AGENT_PROGRAM " (pid %u) answers nonsense",
		 client->connection.process);
	lose(client);
	return fail_lost(client, error);
}

static int ask_port(struct hyp_dataplane *dataplane, uint32_t call, uint32_t port, uint32_t kind,
		    struct hyp_error *error)
{
	struct agent_request request = { .call = call, .argument = port, .capacity = kind };
	struct agent_reply reply;

	return (int)ask(client_of(dataplane), &request, NULL, &reply, NULL, 0, error);
}

static int client_attach(struct hyp_dataplane *dataplane, uint32_t port, uint32_t kind,
			 struct hyp_error *error)
{
	return ask_port(dataplane, AGENT_ATTACH, port, kind, error);
}

static int client_detach(struct hyp_dataplane *dataplane, uint32_t port, struct hyp_error *error)
{
	return ask_port(dataplane, AGENT_DETACH, port, 0, error);
}

/* Bytes of a step in a batch. */
static uint64_t step_bytes(const struct hyp_step *step)
{
	uint32_t key = 0, value = 0;

	hyp_table_sizes(step->table, &key, &value);
	return sizeof(struct hyp_operation) + (key + (step->value ? value : 0) + 7) / 8 * 8;
}

static void write_step(uint8_t *to, const struct hyp_step *step)
{
	const struct hyp_operation operation = { .table = (uint16_t)step->table,
						 .verb = (uint8_t)step->verb };
	uint32_t key = 0, value = 0;

	hyp_table_sizes(step->table, &key, &value);
	memset(to, 0, step_bytes(step));
	memcpy(to, &operation, sizeof(operation));
	memcpy(to + sizeof(operation), step->key, key);
	if (step->value)
		memcpy(to + sizeof(operation) + key, step->value, value);
}

/* Sends as many steps as one message holds; *count becomes their number. */
static int apply_piece(struct client *client, const struct hyp_step *steps, uint32_t *count,
		       int32_t *results, uint8_t *batch, struct hyp_error *error)
{
	struct agent_request request = { .call = AGENT_APPLY };
	struct agent_reply reply;
	int64_t result;

	while (request.argument < *count &&
	       request.bytes + step_bytes(&steps[request.argument]) <= AGENT_BATCH_MAX) {
		write_step(batch + request.bytes, &steps[request.argument]);
		request.bytes += step_bytes(&steps[request.argument++]);
	}
	*count = request.argument;
	result = ask(client, &request, batch, &reply, results, *count * sizeof(*results), error);
	if (result >= 0 && (reply.bytes != *count * sizeof(*results) || result > *count))
		result = refuse(client, error);
	return (int)result;
}

static int apply_steps(struct client *client, const struct hyp_step *steps, uint32_t count,
		       int32_t *results, uint8_t *batch, struct hyp_error *error)
{
	int failed = 0;

	for (uint32_t done = 0; done < count;) {
		uint32_t piece = count - done;
		int result = apply_piece(client, steps + done, &piece, results + done, batch, error);

		if (result < 0)
			return result;
		failed += result;
		done += piece;
	}
	return failed;
}

static int client_apply(struct hyp_dataplane *dataplane, const struct hyp_step *steps, uint32_t count,
			int32_t *results, struct hyp_error *error)
{
	struct client *client = client_of(dataplane);
	uint64_t bytes = 0;
	uint8_t *batch;
	int result;

	for (uint32_t i = 0; i < count; i++) {
		if ((client->unread & 1u << steps[i].table) != 0)
			return hyp_fail(error, -ENOTCONN, "%.200s; read table %u back first",
					client->why.message, steps[i].table);
		bytes += step_bytes(&steps[i]);
	}
	if (count == 0)
		return 0;
	batch = malloc(bytes < AGENT_BATCH_MAX ? bytes : AGENT_BATCH_MAX);
	if (!batch)
		return hyp_fail(error, -ENOMEM, "no memory for a batch of %u operations", count);
	result = apply_steps(client, steps, count, results, batch, error);
	free(batch);
	return result;
}

static int64_t ask_rows(struct client *client, uint32_t call, uint32_t argument, void *buffer,
			uint64_t capacity, uint64_t *bytes, struct hyp_error *error)
{
	struct agent_request request = {
		.call = call,
		.argument = argument,
		.capacity = capacity < AGENT_ROWS_MAX ? capacity : AGENT_ROWS_MAX,
	};
	struct agent_reply reply;
	int64_t result = ask(client, &request, NULL, &reply, buffer, request.capacity, error);

	if (result >= 0 && reply.bytes != reply.number)
		return refuse(client, error);
	if (result >= 0 || result == -ENOSPC)
		*bytes = reply.number;
	return result;
}

static int64_t client_dump(struct hyp_dataplane *dataplane, uint32_t table, void *buffer,
			   uint64_t capacity, uint64_t *bytes, struct hyp_error *error)
{
	struct client *client = client_of(dataplane);
	int64_t result = ask_rows(client, AGENT_DUMP, table, buffer, capacity, bytes, error);

	if (result >= 0) {
		client->unread &= ~(1u << table);
		client->silent = 0;
	}
	return result;
}

static int64_t client_counters(struct hyp_dataplane *dataplane, uint32_t counters, void *buffer,
			       uint64_t capacity, uint64_t *bytes, struct hyp_error *error)
{
	return ask_rows(client_of(dataplane), AGENT_COUNTERS, counters, buffer, capacity, bytes, error);
}

static int client_events(struct hyp_dataplane *dataplane, struct hyp_event *events, uint32_t capacity,
			 uint64_t *lost, struct hyp_error *error)
{
	struct client *client = client_of(dataplane);
	struct agent_request request = {
		.call = AGENT_EVENTS,
		.capacity = capacity < AGENT_EVENTS_MAX ? capacity : AGENT_EVENTS_MAX,
	};
	struct agent_reply reply;
	int64_t result;

	/* Who asks for nothing but events is to learn of the loss, too. */
	if (client->silent)
		return hyp_fail(error, -ENOTCONN, "%.200s; read the tables back first",
				client->why.message);
	result = ask(client, &request, NULL, &reply, events, request.capacity * sizeof(*events), error);
	if (result >= 0 && reply.bytes != (uint64_t)result * sizeof(*events))
		return (int)refuse(client, error);
	if (result >= 0)
		*lost = reply.number;
	return (int)result;
}

static int64_t client_connections(struct hyp_dataplane *dataplane, struct hyp_error *error)
{
	struct agent_request request = { .call = AGENT_CONNECTIONS };
	struct agent_reply reply;

	return ask(client_of(dataplane), &request, NULL, &reply, NULL, 0, error);
}

/* Ends the agent that listens. It hangs up when everything is let go. */
static int shut_down(const struct hyp_dataplane_options *options, struct hyp_error *error)
{
	struct agent_request request = { .call = AGENT_SHUTDOWN };
	struct connection connection;
	struct agent_reply reply;
	int result = connection_find(&connection, options->run_path, error);
	char end;

	if (result == -ECONNREFUSED)
		return 0;
	if (result != 0)
		return result;
	result = connection_ask(&connection, &request, NULL, &reply, NULL, 0);
	if (result == 0)
		result = wire_receive(connection.socket, &end, sizeof(end), wire_now() + AGENT_CALL_MS);
	connection_close(&connection);
	if (result == -EPIPE)
		return 0;
	return hyp_fail(error, result < 0 ? result : -EBADMSG, AGENT_PROGRAM " (pid %u) does not end: %s",
			connection.process, strerror(-result));
}

static int remove_doca(const struct hyp_dataplane_options *options, struct hyp_error *error)
{
	int result = check_options(options, error);

	return result == 0 ? shut_down(options, error) : result;
}

/* Ends the agent, then removes what the data plane itself may leave behind. */
static int remove_agent(const struct hyp_dataplane_options *options, struct hyp_error *error)
{
	struct hyp_dataplane_options inner = *options;
	int result = remove_doca(options, error);

	if (result != 0)
		return result;
	inner.url += strlen(AGENT_SCHEME ":");
	return hyp_dataplane_remove(&inner, error);
}

#define CLIENT_CALLS \
	.close = client_close, .capabilities = client_capabilities, .attach = client_attach, \
	.detach = client_detach, .apply = client_apply, .dump = client_dump, \
	.counters = client_counters, .events = client_events, .connections = client_connections

const struct hyp_backend hyp_backend_agent = {
	.scheme = AGENT_SCHEME,
	.open = open_agent,
	.remove = remove_agent,
	CLIENT_CALLS,
};

const struct hyp_backend hyp_backend_doca_agent = {
	.scheme = "doca",
	.open = open_doca,
	.remove = remove_doca,
	CLIENT_CALLS,
};
