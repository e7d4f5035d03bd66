/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol.h"

#include <errno.h>
#include <string.h>

/* True when the call takes a body of that many bytes. */
static int body_valid(const struct agent_request *request)
{
	switch (request->call) {
	case AGENT_OPEN:
		return request->bytes >= 2 && request->bytes <= AGENT_STRINGS_MAX;
	case AGENT_APPLY:
		return request->bytes <= AGENT_BATCH_MAX;
	default:
		return request->bytes == 0;
	}
}

static int argument_valid(const struct agent_request *request)
{
	switch (request->call) {
	case AGENT_ATTACH:
		return request->argument >= 1 && request->argument <= INT32_MAX &&
		       request->capacity <= HYP_PORT_GATEWAY;
	case AGENT_DETACH:
		return request->argument >= 1 && request->argument <= INT32_MAX;
	case AGENT_APPLY:
		return request->argument <= request->bytes / sizeof(struct hyp_operation);
	case AGENT_DUMP:
		return request->argument < HYP_TABLES && request->capacity <= AGENT_ROWS_MAX;
	case AGENT_COUNTERS:
		return request->argument <= HYP_COUNTERS_NIC && request->capacity <= AGENT_ROWS_MAX;
	case AGENT_EVENTS:
		return request->capacity <= AGENT_EVENTS_MAX;
	default:
		return 1;
	}
}

int agent_request_valid(const struct agent_request *request)
{
	return request->magic == AGENT_MAGIC && request->version == AGENT_VERSION &&
	       request->call >= AGENT_OPEN && request->call <= AGENT_CONNECTIONS &&
	       body_valid(request) && argument_valid(request);
}

int agent_strings_parse(const char *body, uint64_t bytes, const char **url, const char **pin_path)
{
	const char *end = memchr(body, '\0', bytes);
	uint64_t left;

	if (!end)
		return -EINVAL;
	left = bytes - (uint64_t)(end + 1 - body);
	if (left == 0 || memchr(end + 1, '\0', left) != end + left)
		return -EINVAL;
	*url = body;
	*pin_path = end + 1;
	return 0;
}
