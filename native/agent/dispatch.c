/* SPDX-License-Identifier: Apache-2.0 */
#include "dispatch.h"

#include <errno.h>
#include <stdlib.h>

#include "abi/batch.h"
#include "abi/error.h"

/* Room for a reply's body, or NULL with the reply saying that there is none. */
static void *make_room(struct agent_reply *reply, uint64_t count, size_t size)
{
	void *room = calloc(count ? count : 1, size);

	if (!room)
		reply->result = hyp_fail(&reply->error, -ENOMEM, "no memory for %llu bytes",
					 (unsigned long long)(count * size));
	return room;
}

static void *apply(struct hyp_dataplane *dataplane, const struct agent_request *request,
		   const void *body, struct agent_reply *reply)
{
	struct hyp_step *steps = NULL;
	int32_t *results = make_room(reply, request->argument, sizeof(*results));

	if (!results)
		return NULL;
	reply->result = hyp_batch_parse(body, request->bytes, request->argument, &steps, &reply->error);
	if (reply->result == 0)
		reply->result = dataplane->backend->apply(dataplane, steps, request->argument, results,
							  &reply->error);
	free(steps);
	if (reply->result >= 0)
		reply->bytes = request->argument * sizeof(*results);
	return results;
}

static void *rows(struct hyp_dataplane *dataplane, const struct agent_request *request,
		  struct agent_reply *reply)
{
	int64_t (*read)(struct hyp_dataplane *, uint32_t, void *, uint64_t, uint64_t *,
			struct hyp_error *) = request->call == AGENT_DUMP ?
						      dataplane->backend->dump :
						      dataplane->backend->counters;
	void *room = make_room(reply, request->capacity, 1);

	if (!room)
		return NULL;
	reply->result = read(dataplane, request->argument, room, request->capacity, &reply->number,
			     &reply->error);
	if (reply->result >= 0)
		reply->bytes = reply->number;
	return room;
}

static void *events(struct hyp_dataplane *dataplane, const struct agent_request *request,
		    struct agent_reply *reply)
{
	struct hyp_event *room = make_room(reply, request->capacity, sizeof(*room));

	if (!room)
		return NULL;
	reply->result = dataplane->backend->events(dataplane, room, (uint32_t)request->capacity,
						   &reply->number, &reply->error);
	if (reply->result >= 0)
		reply->bytes = (uint64_t)reply->result * sizeof(*room);
	return room;
}

void *dispatch(struct hyp_dataplane *dataplane, const struct agent_request *request, const void *body,
	       struct agent_reply *reply)
{
	const struct hyp_backend *backend = dataplane->backend;

	*reply = (struct agent_reply){ .magic = AGENT_MAGIC, .call = request->call };
	switch (request->call) {
	case AGENT_ATTACH:
		reply->result = backend->attach(dataplane, request->argument,
						(uint32_t)request->capacity, &reply->error);
		return NULL;
	case AGENT_DETACH:
		reply->result = backend->detach(dataplane, request->argument, &reply->error);
		return NULL;
	case AGENT_APPLY:
		return apply(dataplane, request, body, reply);
	case AGENT_DUMP:
	case AGENT_COUNTERS:
		return rows(dataplane, request, reply);
	case AGENT_EVENTS:
		return events(dataplane, request, reply);
	default:
		reply->result = backend->connections(dataplane, &reply->error);
		return NULL;
	}
}
