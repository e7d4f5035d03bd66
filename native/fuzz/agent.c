/* SPDX-License-Identifier: Apache-2.0 */
/* What hyperion-agent makes of what arrives on its socket: one request, and its body. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "abi/batch.h"
#include "abi/error.h"
#include "backend/agent/protocol.h"
#include "dispatch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A data plane that reads all that it is given and writes all that it may. */
static int any_port(struct hyp_dataplane *dataplane, uint32_t port, struct hyp_error *error)
{
	(void)dataplane;
	return hyp_fail(error, port % 2 == 0 ? 0 : -ENODEV, "port %u", port);
}

static int any_attach(struct hyp_dataplane *dataplane, uint32_t port, uint32_t kind,
		      struct hyp_error *error)
{
	return kind > HYP_PORT_GATEWAY ? -EINVAL : any_port(dataplane, port, error);
}

static int any_apply(struct hyp_dataplane *dataplane, const struct hyp_step *steps, uint32_t count,
		     int32_t *results, struct hyp_error *error)
{
	int failed = 0;

	(void)dataplane;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t key, value;
		uint8_t sum = 0;

		if (!hyp_table_sizes(steps[i].table, &key, &value))
			abort();
		for (uint32_t j = 0; j < key; j++)
			sum ^= ((const uint8_t *)steps[i].key)[j];
		for (uint32_t j = 0; steps[i].value && j < value; j++)
			sum ^= ((const uint8_t *)steps[i].value)[j];
		results[i] = hyp_step_check(&steps[i], error) != 0 ? -EINVAL : sum & 1;
		failed += results[i] != 0;
	}
	return failed;
}

static int64_t any_rows(struct hyp_dataplane *dataplane, uint32_t table, void *buffer,
			uint64_t capacity, uint64_t *bytes, struct hyp_error *error)
{
	(void)dataplane;
	*bytes = capacity % 3 == 0 ? capacity : capacity + table;
	if (*bytes > capacity)
		return hyp_fail(error, -ENOSPC, "table %u", table);
	memset(buffer, 1, capacity);
	return (int64_t)(capacity / 8);
}

static int any_events(struct hyp_dataplane *dataplane, struct hyp_event *events, uint32_t capacity,
		      uint64_t *lost, struct hyp_error *error)
{
	(void)dataplane;
	(void)error;
	memset(events, 1, capacity * sizeof(*events));
	*lost = capacity;
	return (int)capacity;
}

static int64_t any_connections(struct hyp_dataplane *dataplane, struct hyp_error *error)
{
	(void)dataplane;
	(void)error;
	return 7;
}

static const struct hyp_backend backend = {
	.scheme = "any",
	.attach = any_attach,
	.detach = any_port,
	.apply = any_apply,
	.dump = any_rows,
	.counters = any_rows,
	.events = any_events,
	.connections = any_connections,
};

static void answer(const struct agent_request *request, const char *body)
{
	struct hyp_dataplane dataplane = { .backend = &backend };
	struct agent_reply reply;
	uint8_t *rows = dispatch(&dataplane, request, body, &reply);

	/* Everything that would be sent is there. */
	if (reply.bytes != 0 && (!rows || rows[0] + rows[reply.bytes - 1] > 2 * UINT8_MAX))
		abort();
	if (reply.bytes > request->capacity * sizeof(struct hyp_event) &&
	    reply.bytes != request->argument * sizeof(int32_t))
		abort();
	free(rows);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct agent_request request;
	const char *url, *pin_path;
	char *body;

	if (size < sizeof(request))
		return 0;
	memcpy(&request, data, sizeof(request));
	/* Found by nobody who has to guess; what follows is worth more of the time. */
	request.magic = AGENT_MAGIC;
	request.version = AGENT_VERSION;
	if (!agent_request_valid(&request) || request.bytes > size - sizeof(request))
		return 0;
	body = malloc(request.bytes ? request.bytes : 1);
	if (!body)
		return 0;
	memcpy(body, data + sizeof(request), request.bytes);
	if (request.call == AGENT_OPEN) {
		if (agent_strings_parse(body, request.bytes, &url, &pin_path) == 0 &&
		    strlen(url) + strlen(pin_path) + 2 != request.bytes)
			abort();
	} else if (request.call != AGENT_SHUTDOWN) {
		answer(&request, body);
	}
	free(body);
	return 0;
}
