/* SPDX-License-Identifier: Apache-2.0 */
/* The node of neighbourhood.h, its clock, and what its walks send where. */
#ifndef TEST_WALK_NODE_H
#define TEST_WALK_NODE_H

#include "../src/backend/doca/walk.h"
#include "frame.h"

#define SENT_MAX 8

struct sent {
	uint32_t port; /* 0: through a tunnel */
	uint32_t vtep;
	uint32_t network;
	uint8_t receiver_mac;
	uint32_t length;
};

/* One test's node. */
struct node {
	struct doca_tables *tables;
	uint64_t milliseconds;
	int forgotten;
	struct sent sent[SENT_MAX];
	int count; /* of sent */
	struct walk_verdict verdict;
};

static inline void to_port(void *context, uint32_t port, const uint8_t *frame, uint32_t length)
{
	struct node *node = context;

	CHECK(node->count < SENT_MAX);
	node->sent[node->count++] =
		(struct sent){ .port = port, .receiver_mac = frame[5], .length = length };
}

static inline void to_tunnel(void *context, uint32_t vtep, uint32_t network, const uint8_t *frame,
		      uint32_t length)
{
	struct node *node = context;

	CHECK(node->count < SENT_MAX);
	node->sent[node->count++] = (struct sent){
		.vtep = vtep, .network = network, .receiver_mac = frame[5], .length = length
	};
}

static inline uint64_t milliseconds(void *context)
{
	const struct node *node = context;

	return node->milliseconds;
}

static inline void forgotten(void *context, const struct hyp_connection_key *key,
		      const struct hyp_connection *connection)
{
	struct node *node = context;

	CHECK(key->network != 0 && connection->timeout != 0);
	node->forgotten++;
}

static inline void open_node(struct node *node, uint32_t connections_max, bool rates_elsewhere)
{
	const struct doca_tables_options options = {
		.connections_max = connections_max,
		.rates_elsewhere = rates_elsewhere,
		.milliseconds = milliseconds,
		.forgotten = forgotten,
		.context = node,
	};

	memset(node, 0, sizeof(*node));
	node->milliseconds = 1;
	CHECK_EQUAL(doca_tables_new(&options, &node->tables), 0);
	put_neighbourhood(node->tables);
}

static inline void close_node(struct node *node)
{
	doca_tables_free(node->tables);
}

static inline struct walk_outlet outlet_of(struct node *node)
{
	return (struct walk_outlet){ .port = to_port, .tunnel = to_tunnel, .context = node };
}

/* The walk of a frame from a host's port. Returns the reason of its drop. */
static inline uint32_t send_from(struct node *node, uint32_t port, struct frame frame)
{
	const struct walk_outlet outlet = outlet_of(node);

	node->count = 0;
	walk_from_port(node->tables, port, frame.bytes, frame.length, FRAME_ROOM, &outlet,
		       &node->verdict);
	CHECK_EQUAL(node->verdict.what == WALK_DROPPED, node->verdict.reason != HYP_REASON_NONE);
	return node->verdict.reason;
}

static inline uint32_t receive_from(struct node *node, uint32_t vtep, uint32_t network, struct frame frame)
{
	const struct walk_outlet outlet = outlet_of(node);

	node->count = 0;
	walk_from_tunnel(node->tables, vtep, network, frame.bytes, frame.length, &outlet,
			 &node->verdict);
	return node->verdict.reason;
}

static inline uint32_t receive(struct node *node, struct frame frame)
{
	const struct walk_outlet outlet = outlet_of(node);

	node->count = 0;
	walk_from_wire(node->tables, frame.bytes, frame.length, &outlet, &node->verdict);
	return node->verdict.reason;
}

static inline struct hyp_drop_counter drop_counter(struct node *node, uint32_t endpoint,
						   uint32_t reason)
{
	struct hyp_drop_counter rows[64];
	uint64_t bytes;
	int64_t count = doca_tables_counters(node->tables, HYP_COUNTERS_DROP, rows, sizeof(rows),
					     &bytes, NULL);

	for (int64_t i = 0; i < count; i++) {
		if (rows[i].endpoint == endpoint && rows[i].reason == reason)
			return rows[i];
	}
	return (struct hyp_drop_counter){ 0 };
}

static inline uint64_t drops(struct node *node, uint32_t endpoint, uint32_t reason)
{
	return drop_counter(node, endpoint, reason).packets;
}

static inline uint64_t drop_bytes(struct node *node, uint32_t endpoint, uint32_t reason)
{
	return drop_counter(node, endpoint, reason).bytes;
}

#endif
