/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What libhyperion and hyperion-agent say to each other, over a Unix stream socket that only root can
 * reach. The agent greets; then each request has one reply. Both ends are of one machine: integers are
 * in host byte order, structs as the compiler lays them out.
 */
#ifndef HYPERION_AGENT_PROTOCOL_H
#define HYPERION_AGENT_PROTOCOL_H

#include <hyperion/dataplane.h>

/* Grows when what is said changes while the ABI does not. */
#define AGENT_PROTOCOL 1u
#define AGENT_VERSION (HYP_ABI_VERSION << 16 | AGENT_PROTOCOL)
#define AGENT_MAGIC 0x61707968u /* "hypa" */

/* In the run path. */
#define AGENT_SOCKET "agent.sock"
#define AGENT_LOCK "agent.lock"
#define AGENT_LOG "agent.log"
#define AGENT_PROGRAM "hyperion-agent"

/* Limits, in bytes unless said otherwise. A message that exceeds one ends the connection. */
#define AGENT_STRINGS_MAX 1024u       /* URL and pin path, with their NULs */
#define AGENT_BATCH_MAX (4u << 20)    /* a larger one is sent in pieces */
#define AGENT_ROWS_MAX (64u << 20)    /* the largest table is less than half of it */
#define AGENT_EVENTS_MAX 16384u       /* events; the ring holds fewer */

/* Deadlines, in milliseconds. */
#define AGENT_CALL_MS 30000  /* a request, until its reply is there */
#define AGENT_START_MS 30000 /* from the start of an agent until it is ready: firmware is slow */
#define AGENT_BUSY_MS 2000   /* that a dying client's place may take to become free */
#define AGENT_SEND_MS 5000   /* for the other end to go on with a message it has begun, or to take one */
#define AGENT_RETRY_MS 1000  /* between attempts to get a lost agent back */
#define AGENT_POLL_MS 20     /* between looks for something that comes soon */

/* What the agent says first. */
struct agent_hello {
	uint32_t magic;
	uint32_t version; /* AGENT_VERSION of the agent */
	int32_t status;   /* 0; -EBUSY: somebody else is connected; -EPERM: not for this user */
	uint32_t holder;  /* with -EBUSY: the other's process id, 0 when unknown */
};

enum agent_call {
	AGENT_OPEN = 1,        /* first of a connection; argument: connections_max; body: two strings */
	AGENT_SHUTDOWN = 2,    /* or this: the agent lets go of everything and ends */
	AGENT_ATTACH = 3,      /* argument: port; capacity: enum hyp_port_kind */
	AGENT_DETACH = 4,      /* argument: port */
	AGENT_APPLY = 5,       /* argument: number of operations; body: a batch */
	AGENT_DUMP = 6,        /* argument: enum hyp_table; capacity: bytes */
	AGENT_COUNTERS = 7,    /* argument: enum hyp_counters; capacity: bytes */
	AGENT_EVENTS = 8,      /* capacity: events */
	AGENT_CONNECTIONS = 9,
};

struct agent_request {
	uint32_t magic;
	uint32_t version;
	uint32_t call; /* enum agent_call */
	uint32_t argument;
	uint64_t capacity; /* most that the reply's body may hold; or a second argument */
	uint64_t bytes;    /* of the body that follows */
};

struct agent_reply {
	uint32_t magic;
	uint32_t call;   /* the request's */
	int64_t result;  /* what the call returned */
	uint64_t number; /* dump, counters: bytes needed; events: events lost */
	uint64_t bytes;  /* of the body that follows: capabilities, results, rows or events */
	struct hyp_error error;
};

/* What a starting agent says to whoever started it, through a pipe. */
struct agent_ready {
	int32_t result; /* 0, or what the backend's open said; -EALREADY: another agent has the run path */
	uint32_t process; /* with -EALREADY: its process id, 0 when unknown */
	struct hyp_error error;
};

_Static_assert(sizeof(struct agent_hello) == 16, "hello");
_Static_assert(sizeof(struct agent_request) == 32, "request");
_Static_assert(sizeof(struct agent_reply) == 288, "reply");
_Static_assert(AGENT_ROWS_MAX / 2 > (uint64_t)HYP_POLICY_ENTRIES_MAX *
			(sizeof(struct hyp_policy_key) + sizeof(struct hyp_policy_value)), "rows");

/* True when the request may be read on: known call, arguments and sizes within bounds. */
int agent_request_valid(const struct agent_request *request);

/* Takes the body of AGENT_OPEN apart: two NUL-terminated strings and nothing else. 0 or -EINVAL. */
int agent_strings_parse(const char *body, uint64_t bytes, const char **url, const char **pin_path);

#endif
