/* SPDX-License-Identifier: Apache-2.0 */
#include "offload.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "../../abi/error.h"
#include "device.h"
#include "hash.h"
#include "program.h"
#include "tables.h"

/* Whose an entry is: local endpoints by index, then VTEPs. */
#define OWNERS (HYP_ENDPOINTS_MAX + HYP_VTEPS_MAX)

/* Packets of a closing TCP connection that stay with software: most close for good within these, and
 * an entry for the last acknowledgement would only fill the NIC. */
#define CLOSING_PACKETS_MAX 16u

struct link {
	struct flow *next, **here;
};

/* One direction of a connection. */
struct direction {
	struct hyp_connection_key key;
	uint32_t low_to_high; /* 0 or 1 */
	uint32_t reserved;
};
_Static_assert(sizeof(struct direction) == sizeof(struct hyp_connection_key) + 8, "no hidden padding");

/* One direction of a connection on the NIC. */
struct flow {
	struct nic_entry entry;
	struct doca *doca;
	struct direction direction;
	uint32_t sender, receiver; /* endpoint indices; 0: remote */
	uint64_t packets, bytes;   /* counted so far */
	struct link by_owner[2]; /* of sender and receiver */
	struct flow *removing;   /* list of those whose removal was asked for */
	struct flow *doomed;     /* list of those whose connection is forgotten */
	bool gone, lost;
};

struct offload {
	struct hash flows; /* struct flow *, by direction */
	struct flow *owners[2][OWNERS]; /* as sender, as receiver */
	struct flow *removing;
	struct flow *doomed;
	struct offload_counts counts;
};

int offload_new(struct doca *doca, uint32_t connections_max, struct hyp_error *error)
{
	struct offload *offload = calloc(1, sizeof(*offload));

	if (offload) {
		offload->flows = (struct hash){ .key_size = sizeof(struct direction),
						.value_size = sizeof(struct flow *),
						.limit = connections_max * 2 };
		if (hash_init(&offload->flows) == 0) {
			doca->offload = offload;
			return 0;
		}
		free(offload);
	}
	return hyp_fail(error, -ENOMEM, "no memory for the books of %u connections", connections_max);
}

static void insert(struct link *link, struct flow **head, struct flow *flow,
		   struct link *(*of)(struct flow *))
{
	link->next = *head;
	link->here = head;
	if (*head)
		of(*head)->here = &link->next;
	*head = flow;
}

static void take_out(struct link *link, struct link *(*of)(struct flow *))
{
	*link->here = link->next;
	if (link->next)
		of(link->next)->here = link->here;
}

static struct link *by_sender(struct flow *flow)
{
	return &flow->by_owner[0];
}

static struct link *by_receiver(struct flow *flow)
{
	return &flow->by_owner[1];
}

static struct flow *find(const struct offload *offload, const struct hyp_connection_key *key,
			 bool low_to_high)
{
	const struct direction direction = { .key = *key, .low_to_high = low_to_high };
	struct flow **flow = hash_find(&offload->flows, &direction);

	return flow ? *flow : NULL;
}

/* Counts what the NIC carried of this flow since the last time. */
static void count(struct flow *flow)
{
	uint64_t packets = 0, bytes = 0;

	entry_count(&flow->entry, &packets, &bytes);
	if (packets <= flow->packets)
		return;
	doca_tables_count_traffic(flow->doca->tables, flow->sender, flow->receiver,
				  packets - flow->packets, bytes - flow->bytes);
	flow->doca->offload->counts.carried += packets - flow->packets;
	flow->packets = packets;
	flow->bytes = bytes;
	doca_tables_touch(flow->doca->tables, &flow->direction.key);
}

/* Takes a flow off the NIC. Its memory stays until the NIC has said so. */
static void drop(struct flow *flow)
{
	struct offload *offload = flow->doca->offload;

	if (flow->gone)
		return;
	count(flow);
	flow->gone = true;
	hash_remove(&offload->flows, &flow->direction);
	take_out(&flow->by_owner[0], by_sender);
	take_out(&flow->by_owner[1], by_receiver);
	flow->removing = offload->removing;
	offload->removing = flow;
	offload->counts.present--;
	offload->counts.removed++;
	entry_remove(&flow->entry, flow->doca->device.manager);
}

/* Frees what the NIC has let go; asks again for what it would not let go. */
static void sweep(struct doca *doca)
{
	struct flow **place = &doca->offload->removing;

	while (*place) {
		struct flow *flow = *place;

		if (flow->entry.state == ENTRY_LOST)
			entry_remove(&flow->entry, doca->device.manager);
		if (flow->entry.state != ENTRY_ABSENT || flow->lost) {
			place = &flow->removing;
			continue;
		}
		*place = flow->removing;
		free(flow);
	}
}

static void on_aged(struct nic_entry *entry, void *context)
{
	struct flow *flow = context;

	(void)entry;
	flow->doca->offload->counts.aged++;
	drop(flow);
}

/* The sender's word of u32[4], or the receiver's of u32[5]. */
static uint32_t end_of(uint32_t endpoint, uint32_t vtep)
{
	return endpoint != 0 ? endpoint : DOCA_REMOTE | vtep;
}

/* False when there is nowhere to send it: the receiver or its port is gone. */
static bool describe(const struct doca *doca, const struct walk_verdict *verdict, bool low_to_high,
		     struct established *established)
{
	const struct hyp_connection_key *key = &verdict->key;
	const union hyp_address *from = low_to_high ? &key->low : &key->high;
	const union hyp_address *to = low_to_high ? &key->high : &key->low;
	const struct hyp_endpoint_value *receiver;
	const struct doca_port *port;
	/* IPv4 is mapped: ::ffff:a.b.c.d. */
	bool mapped = from->halves[0] == 0 && from->words[2] == htonl(0xffff);

	*established = (struct established){
		.family = mapped ? IPV4 : IPV6,
		.source = doca_source(verdict->network, end_of(verdict->sender, verdict->vtep)),
		.source_port = htons(low_to_high ? key->low_port : key->high_port),
		.destination_port = htons(low_to_high ? key->high_port : key->low_port),
		.protocol = verdict->protocol,
		.destination = end_of(verdict->receiver, verdict->vtep),
		.remote = verdict->receiver == 0,
		.aging_seconds = doca_tables_seconds(verdict->connection->timeout),
	};
	if (mapped) {
		established->source_address[0] = from->words[3];
		established->destination_address[0] = to->words[3];
	} else {
		memcpy(established->source_address, from, sizeof(*from));
		memcpy(established->destination_address, to, sizeof(*to));
	}
	memcpy(established->destination_mac, verdict->receiver_mac, 6);
	if (established->remote)
		return true;
	receiver = doca_tables_endpoint(doca->tables, verdict->receiver);
	port = receiver ? device_port(&doca->device, receiver->port) : NULL;
	if (!port)
		return false;
	established->metered = receiver->rate[HYP_INGRESS] != 0;
	established->port = port->id;
	return true;
}

/* Whether an endpoint wants none of its connections on the NIC. */
static bool stays_with_software(const struct doca *doca, uint32_t endpoint)
{
	const struct hyp_endpoint_value *row = doca_tables_endpoint(doca->tables, endpoint);

	return row && row->flags & HYP_ENDPOINT_SOFTWARE;
}

/* Whether this direction belongs on the NIC. */
static bool worth(const struct doca *doca, const struct walk_verdict *verdict)
{
	struct hyp_connection *connection = verdict->connection;

	if (!connection || !verdict->offloadable || (verdict->sender == 0 && verdict->receiver == 0))
		return false;
	if (stays_with_software(doca, verdict->sender) || stays_with_software(doca, verdict->receiver))
		return false;
	/* The mark: packets since the connection began to close. */
	return !(connection->flags & HYP_CONNECTION_CLOSING) ||
	       connection->mark++ >= CLOSING_PACKETS_MAX;
}

/* Enters a new flow in the books and on the NIC. False when one of them has no room. */
static bool enter(struct offload *offload, struct flow *flow, const struct established *established)
{
	if (hash_put(&offload->flows, &flow->direction, &flow) != 0)
		return false;
	if (pipes_add_established(flow->doca, established, &flow->entry) == 0)
		return true;
	hash_remove(&offload->flows, &flow->direction);
	return false;
}

static void add(struct doca *doca, const struct walk_verdict *verdict, bool low_to_high)
{
	struct offload *offload = doca->offload;
	struct established established;
	struct flow *flow;

	if (!describe(doca, verdict, low_to_high, &established))
		return;
	flow = calloc(1, sizeof(*flow));
	if (!flow) {
		offload->counts.refused++;
		return;
	}
	flow->doca = doca;
	flow->direction = (struct direction){ .key = verdict->key, .low_to_high = low_to_high };
	flow->sender = verdict->sender;
	flow->receiver = verdict->receiver;
	flow->entry.aged = on_aged;
	flow->entry.context = flow;
	if (!enter(offload, flow, &established)) {
		offload->counts.refused++;
		free(flow);
		return;
	}
	insert(&flow->by_owner[0],
	       &offload->owners[0][flow->sender ? flow->sender : HYP_ENDPOINTS_MAX + verdict->vtep],
	       flow, by_sender);
	insert(&flow->by_owner[1],
	       &offload->owners[1][flow->receiver ? flow->receiver : HYP_ENDPOINTS_MAX + verdict->vtep],
	       flow, by_receiver);
	offload->counts.present++;
	offload->counts.added++;
}

void offload_passed(struct doca *doca, const struct walk_verdict *verdict)
{
	struct flow *flow;
	bool low_to_high;

	if (!verdict->connection)
		return;
	if (verdict->connection->flags & HYP_CONNECTION_CLOSING && !verdict->offloadable) {
		offload_forget(doca, &verdict->key);
		verdict->connection->mark = 0;
		return;
	}
	if (!worth(doca, verdict))
		return;
	low_to_high = !!(verdict->connection->flags & HYP_CONNECTION_INITIATOR_LOW) ==
		      verdict->from_initiator;
	flow = find(doca->offload, &verdict->key, low_to_high);
	if (flow && flow->entry.state == ENTRY_ABSENT && !flow->lost) { /* its insertion failed */
		doca->offload->counts.refused++;
		drop(flow);
		flow = NULL;
	}
	if (flow && flow->lost) { /* of an earlier connection of the same key */
		drop(flow);
		flow = NULL;
	}
	if (!flow)
		add(doca, verdict, low_to_high);
}

void offload_forget_endpoint(struct doca *doca, uint32_t endpoint)
{
	if (endpoint == 0 || endpoint >= OWNERS)
		return;
	for (int role = 0; role < 2; role++) {
		while (doca->offload->owners[role][endpoint])
			drop(doca->offload->owners[role][endpoint]);
	}
}

void offload_forget_vtep(struct doca *doca, uint32_t vtep)
{
	offload_forget_endpoint(doca, HYP_ENDPOINTS_MAX + vtep);
}

void offload_forget(struct doca *doca, const struct hyp_connection_key *key)
{
	for (int direction = 0; direction < 2; direction++) {
		struct flow *flow = find(doca->offload, key, direction == 1);

		if (flow)
			drop(flow);
	}
}

void offload_lose(struct doca *doca, const struct hyp_connection_key *key)
{
	for (int direction = 0; direction < 2; direction++) {
		struct flow *flow = find(doca->offload, key, direction == 1);

		if (!flow || flow->lost)
			continue;
		flow->lost = true;
		flow->doomed = doca->offload->doomed;
		doca->offload->doomed = flow;
	}
}

void offload_settle(struct doca *doca)
{
	while (doca->offload->doomed) {
		struct flow *flow = doca->offload->doomed;

		doca->offload->doomed = flow->doomed;
		flow->lost = false; /* off that list */
		drop(flow);
	}
	sweep(doca);
}

static void count_row(void *context, const void *key, const void *value)
{
	struct flow *flow;

	(void)context;
	(void)key;
	memcpy(&flow, value, sizeof(flow));
	count(flow);
}

void offload_count(struct doca *doca)
{
	hash_each(&doca->offload->flows, count_row, NULL);
}

void offload_statistics(const struct doca *doca, struct offload_counts *counts)
{
	*counts = doca->offload->counts;
}

static void free_row(void *context, const void *key, const void *value)
{
	struct flow *flow;

	(void)context;
	(void)key;
	memcpy(&flow, value, sizeof(flow));
	free(flow);
}

void offload_free(struct doca *doca)
{
	struct offload *offload = doca->offload;

	if (!offload)
		return;
	hash_each(&offload->flows, free_row, NULL);
	while (offload->removing) {
		struct flow *flow = offload->removing;

		offload->removing = flow->removing;
		free(flow);
	}
	hash_free(&offload->flows);
	free(offload);
	doca->offload = NULL;
}
