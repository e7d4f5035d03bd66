/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer: the input makes pipes and entries of all types, with templates, actions, monitors and
 * forwards that lead anywhere, changes and removes them, and sends packets through. Nothing may crash or
 * leak, and every packet and every copy of one ends exactly once: what the trace says of the last pipe
 * that it passed decides whether and where it comes out.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../src/pipe/forward.h"
#include "pipe_input.h"

#define PIPES_MAX 10
#define FLOODS_MAX 2
#define OPERATIONS_MAX 96
#define SHARED_ROOM 3

#define DEMAND(condition)                                                                          \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);    \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct nic nic;
static struct doca_flow_port port;
/* A pipe with what its spec points to. */
struct made {
	struct doca_flow_pipe pipe; /* first */
	struct doca_flow_actions actions, mask, *list, *masks;
	struct doca_flow_action_desc desc[2];
	struct doca_flow_action_descs descs, *all;
	struct doca_flow_monitor monitor;
	struct doca_flow_ordered_list_element elements[2];
	struct doca_flow_ordered_list ordered, *lists;
	uint16_t queues[2], miss_queues[2];
};
static struct doca_flow_pipe *pipes[PIPES_MAX];
static size_t nr_pipes, nr_floods;
static FILE *nowhere;

/* ---- What must happen next to the packet on its way. */

enum next { NEXT_ANY, NEXT_PIPE, NEXT_END, NEXT_PORT, NEXT_SOFTWARE, NEXT_KERNEL };

static struct {
	bool due; /* a pipe was passed, and nothing came out since */
	enum next next;
} fate;

static void came_out(enum next how)
{
	DEMAND(fate.due);
	DEMAND(fate.next == NEXT_ANY || fate.next == how);
	fate.due = false;
}

static void check_packet(const struct packet *packet)
{
	DEMAND(packet->length <= PACKET_LENGTH_MAX);
	DEMAND(packet->layers == 0 || packet->outer.end <= packet->length);
}

static void to_port(void *context, uint16_t port_id, struct packet *packet)
{
	(void)context;
	(void)port_id;
	check_packet(packet);
	came_out(NEXT_PORT);
}

static void to_software(void *context, uint16_t queue, struct packet *packet)
{
	(void)context;
	DEMAND(queue < NIC_QUEUES_MAX);
	check_packet(packet);
	came_out(NEXT_SOFTWARE);
}

static void to_kernel(void *context, struct packet *packet)
{
	(void)context;
	check_packet(packet);
	came_out(NEXT_KERNEL);
}

static enum next by_default(void)
{
	return nic.walk.default_miss == MISS_DROP     ? NEXT_END
	       : nic.walk.default_miss == MISS_KERNEL ? NEXT_KERNEL
						      : NEXT_SOFTWARE;
}

static enum next expected(const struct doca_flow_pipe *pipe, const struct doca_flow_pipe_entry *entry)
{
	const struct forward *forward = entry == NULL	     ? pipe->miss
					: entry->fwd != NULL ? entry->fwd
							     : pipe->fwd;

	/* Actions that fail end the packet. */
	if (entry != NULL &&
	    (entry->program != NULL || pipe->spec.type == DOCA_FLOW_PIPE_ORDERED_LIST))
		return NEXT_ANY;
	if (forward == NULL)
		return by_default();
	switch (forward->type) {
	case DOCA_FLOW_FWD_PORT:
		return NEXT_PORT;
	case DOCA_FLOW_FWD_RSS:
		return NEXT_SOFTWARE;
	case DOCA_FLOW_FWD_TARGET:
		return NEXT_KERNEL;
	case DOCA_FLOW_FWD_DROP:
		return NEXT_END;
	default:
		/* A pipe that was destroyed, or one too many, ends it. */
		return NEXT_PIPE;
	}
}

static bool must_come_out(enum next next)
{
	return next == NEXT_PORT || next == NEXT_SOFTWARE || next == NEXT_KERNEL;
}

static void trace(void *context, const struct doca_flow_pipe *pipe,
		  const struct doca_flow_pipe_entry *entry, const struct packet *packet)
{
	(void)context;
	check_packet(packet);
	DEMAND(entry == NULL || (entry->pipe == pipe && entry->visible));
	/* Where the one before had to come out, it has. */
	DEMAND(!fate.due || !must_come_out(fate.next));
	fate.due = true;
	fate.next = expected(pipe, entry);
}

static const struct outlet outlet = {
	.port = to_port,
	.software = to_software,
	.kernel = to_kernel,
	.trace = trace,
};

/* ---- Operations. */

static struct doca_flow_pipe *any_pipe(void)
{
	return nr_pipes != 0 ? pipes[take() % nr_pipes] : NULL;
}

static void fill_spec(struct made *made, struct pipe_spec *spec)
{
	uint8_t what = take();

	*spec = (struct pipe_spec){ .name = "fuzz", .type = take() % 7, .nr_entries = 4 };
	if (spec->type == DOCA_FLOW_PIPE_CT) /* has no entries of this kind */
		spec->type = DOCA_FLOW_PIPE_BASIC;
	spec->domain = take() % 8 == 0 ? DOCA_FLOW_PIPE_DOMAIN_EGRESS : DOCA_FLOW_PIPE_DOMAIN_DEFAULT;
	spec->has_match = (what & 1) != 0;
	spec->has_mask = (what & 2) != 0;
	spec->has_monitor = (what & 4) != 0;
	spec->has_miss = (what & 8) != 0;
	spec->has_fwd = (what & 0x30) != 0;
	spec->miss_counter = (what & 0x40) != 0;
	spec->match = make_match();
	spec->mask = make_match();
	spec->monitor = made->monitor;
	spec->fwd = make_fwd(any_pipe(), made->queues);
	spec->miss = make_fwd(any_pipe(), made->miss_queues);
	spec->hash_algorithm = take() % 64;
	if ((spec->hash_algorithm & DOCA_FLOW_PIPE_HASH_MAP_ALGORITHM_FLOODING) != 0 &&
	    nr_floods == FLOODS_MAX)
		spec->hash_algorithm = 0;
	if ((what & 0x80) != 0) {
		spec->nr_actions = 1;
		spec->actions = &made->list;
		spec->action_masks = (take() & 1) != 0 ? &made->masks : NULL;
		spec->descs = (take() & 1) != 0 ? &made->all : NULL;
	}
	if (spec->type == DOCA_FLOW_PIPE_ORDERED_LIST) {
		spec->nr_ordered_lists = 1;
		spec->ordered_lists = &made->lists;
		spec->has_match = spec->has_mask = false;
	}
}

static void new_pipe(void)
{
	struct made *made = calloc(1, sizeof(*made));
	struct doca_flow_pipe *pipe = &made->pipe;

	DEMAND(made != NULL);
	pipe->nic = &nic;
	pipe->port = &port;
	made->actions = make_actions();
	made->mask = make_actions();
	make_descs(&made->descs, made->desc);
	made->monitor = make_monitor();
	made->list = &made->actions;
	made->masks = &made->mask;
	made->all = &made->descs;
	made->elements[0] = (struct doca_flow_ordered_list_element){
		.type = DOCA_FLOW_ORDERED_LIST_ELEMENT_ACTIONS,
		.actions = &made->actions,
		.action_descs = &made->descs,
	};
	made->elements[1] = (struct doca_flow_ordered_list_element){
		.type = DOCA_FLOW_ORDERED_LIST_ELEMENT_MONITOR,
		.monitor = &made->monitor,
	};
	made->ordered = (struct doca_flow_ordered_list){ .size = 2, .elements = made->elements };
	made->lists = &made->ordered;
	fill_spec(made, &pipe->spec);
	if (pipe_build(pipe) != DOCA_SUCCESS) {
		DEMAND(pipe->table == NULL && pipe->match == NULL && pipe->fwd == NULL);
		free(made);
		return;
	}
	if (pipe->spec.type == DOCA_FLOW_PIPE_HASH &&
	    (pipe->spec.hash_algorithm & DOCA_FLOW_PIPE_HASH_MAP_ALGORITHM_FLOODING) != 0)
		nr_floods++;
	pipes[nr_pipes++] = pipe;
}

static void link_entry(struct doca_flow_pipe_entry *entry)
{
	struct doca_flow_pipe *pipe = entry->pipe;

	entry->pipe_next = pipe->first_entry;
	entry->pipe_link = &pipe->first_entry;
	if (entry->pipe_next != NULL)
		entry->pipe_next->pipe_link = &entry->pipe_next;
	pipe->first_entry = entry;
}

static void remove_entry(struct doca_flow_pipe_entry *entry)
{
	*entry->pipe_link = entry->pipe_next;
	if (entry->pipe_next != NULL)
		entry->pipe_next->pipe_link = entry->pipe_link;
	entry_withdraw(entry);
	entry_free(entry);
}

/* A new one, or an update of the pipe's newest. */
static void change_entry(struct doca_flow_pipe *pipe, bool update)
{
	struct doca_flow_match match = make_match(), mask = make_match();
	struct doca_flow_match_condition condition = { .operation = take() % 7 };
	struct doca_flow_actions actions = make_actions(), action_mask = make_actions();
	struct doca_flow_action_desc desc[2];
	struct doca_flow_action_descs descs;
	struct doca_flow_monitor monitor = make_monitor();
	uint16_t queues[2];
	struct doca_flow_fwd fwd = make_fwd(any_pipe(), queues);
	uint8_t what = take(), how = take();
	struct entry_spec spec = { .priority = how % 9, .index = how % 5, .action_idx = how == 7 };
	struct doca_flow_pipe_entry *entry;
	struct entry_change *change;

	memset(desc, 0, sizeof(desc));
	make_descs(&descs, desc);
	condition.field_op.a = make_operand();
	condition.field_op.b = make_operand();
	if (how >= 128)
		condition.field_op.b.field_string = NULL;
	condition.field_op.width = take();
	spec.match = (what & 1) == 0 ? &match : NULL;
	spec.mask = (what & 2) != 0 ? &mask : NULL;
	spec.condition = (what & 4) != 0 ? &condition : NULL;
	spec.actions = (what & 8) != 0 ? &actions : NULL;
	spec.action_mask = (what & 0x30) == 0x30 ? &action_mask : NULL;
	spec.descs = (what & 0x30) == 0x10 ? &descs : NULL;
	spec.monitor = (what & 0x40) != 0 ? &monitor : NULL;
	spec.fwd = (what & 0x80) != 0 ? &fwd : NULL;
	if (pipe->spec.type == DOCA_FLOW_PIPE_ORDERED_LIST)
		spec.ordered = pipe->spec.ordered_lists[0];
	if (update) {
		entry = pipe->first_entry;
		if (entry == NULL || entry_change_compile(entry, &spec, &change) != DOCA_SUCCESS)
			return;
		if (how == 8)
			entry_change_free(change);
		else
			entry_change_apply(entry, change);
		return;
	}
	if (entry_compile(pipe, &spec, &entry) != DOCA_SUCCESS)
		return;
	DEMAND(pipe->entries <= pipe->spec.nr_entries);
	if (how != 9 && entry_insert(entry) != DOCA_SUCCESS) {
		DEMAND(!entry->visible);
		entry_free(entry);
		return;
	}
	link_entry(entry);
}

static void drop_pipe(size_t i)
{
	struct doca_flow_pipe *pipe = pipes[i];

	if (pipe->spec.type == DOCA_FLOW_PIPE_HASH &&
	    (pipe->spec.hash_algorithm & DOCA_FLOW_PIPE_HASH_MAP_ALGORITHM_FLOODING) != 0)
		nr_floods--;
	pipes[i] = pipes[--nr_pipes];
	while (pipe->first_entry != NULL)
		remove_entry(pipe->first_entry);
	DEMAND(pipe->entries == 0);
	pipe_demolish(pipe);
	free(pipe);
}

/* Ethernet, IPv4 and UDP or VXLAN with a packet in it, and the input over them. */
static uint32_t make_frame(uint8_t *frame)
{
	static const uint8_t sample[] = {
		2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x08, 0x00, 0x45, 0, 0, 0x50, 0, 0, 0, 0, 64, 17, 0, 0,
		10, 0, 0, 1, 10, 0, 0, 2, 0xc0, 0, 0x12, 0xb5, 0, 0x3c, 0, 0, 8, 0, 0, 0, 0, 0, 10, 0,
		2, 0, 0, 0, 0, 4, 2, 0, 0, 0, 0, 3, 0x08, 0x00, 0x45, 0, 0, 0x1e, 0, 0, 0, 0, 64, 17, 0, 0,
		10, 1, 0, 1, 10, 1, 0, 2, 0, 1, 0, 10, 0, 0x0a, 0, 0, 1, 1,
	};
	uint8_t changes = take() % 8, cut = take();

	memcpy(frame, sample, sizeof(sample));
	for (uint8_t i = 0; i < changes; i++) {
		uint8_t at = take() % sizeof(sample);

		frame[at] = take();
	}
	return cut < 32 ? (uint32_t)(cut * 3 % sizeof(sample)) : (uint32_t)sizeof(sample);
}

static void send(void)
{
	static uint8_t room[PACKET_HEADROOM + 512];
	static struct packet packet;
	uint8_t what = take();

	memset(&packet, 0, sizeof(packet));
	packet.data = room + PACKET_HEADROOM;
	packet.length = make_frame(packet.data);
	packet.headroom = what % 4 == 0 ? 20 : PACKET_HEADROOM;
	packet.tailroom = 512 - packet.length;
	packet_parse(&packet);
	packet.view.parser_meta.port_id = what < 200 ? what % 4 : UINT16_MAX;
	nic.walk.poison = (what & 8) != 0;
	nic.walk.default_miss = what % 3;
	nic.walk.now_ns += (uint64_t)what * 1000000;
	fate.due = true;
	fate.next = nr_pipes == 0 ? by_default() : NEXT_ANY;
	walk_packet(&nic.walk, nr_pipes != 0 ? pipes[what % nr_pipes] : NULL, &packet);
	DEMAND(!fate.due || !must_come_out(fate.next));
}

static void operate(uint8_t what)
{
	struct doca_flow_pipe *pipe = any_pipe();
	uint16_t queues[2];
	struct doca_flow_fwd fwd;
	uint32_t hash;

	if (what < 40) {
		if (nr_pipes < PIPES_MAX)
			new_pipe();
	} else if (pipe == NULL || what < 100) {
		send();
	} else if (what < 200) {
		change_entry(pipe, what >= 180);
	} else if (what < 220) {
		if (pipe->first_entry != NULL)
			remove_entry(pipe->first_entry);
	} else if (what < 230) {
		drop_pipe(take() % nr_pipes);
	} else if (what < 240) {
		fwd = make_fwd(any_pipe(), queues);
		(void)pipe_set_miss(pipe, &fwd);
	} else if (what < 245) {
		pipe_print(pipe, nowhere);
	} else if (what < 250) {
		struct doca_flow_match match = make_match();

		(void)pipe_hash(pipe, &match, &hash);
	}
}

static void begin(void)
{
	static struct meter *meter;
	static uint16_t queues[] = { 1, 2, 3 };

	memset(&nic, 0, sizeof(nic));
	memset(&port, 0, sizeof(port));
	nic.walk.outlet = &outlet;
	nic.walk.random = 1;
	port.nic = &nic;
	port.counts_missed = true;
	for (size_t type = 0; type < NIC_RESOURCES; type++) {
		static struct shared_resource shared[NIC_RESOURCES][SHARED_ROOM];

		nic.shared[type] = shared[type];
		nic.shared_budget[type].room = SHARED_ROOM;
		shared[type][1].configured = true;
	}
	if (meter == NULL)
		meter = meter_new_single(DOCA_FLOW_METER_LIMIT_TYPE_PACKETS, 1, 2);
	DEMAND(meter != NULL);
	nic.shared[DOCA_FLOW_SHARED_RESOURCE_METER][1].meter = meter;
	nic.shared[DOCA_FLOW_SHARED_RESOURCE_RSS][1].cfg.rss_cfg.queues_array = queues;
	nic.shared[DOCA_FLOW_SHARED_RESOURCE_RSS][1].cfg.rss_cfg.nr_queues = 3;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (nowhere == NULL)
		nowhere = fopen("/dev/null", "w");
	DEMAND(nowhere != NULL);
	input = data;
	input_size = size;
	begin();
	for (size_t i = 0; i < OPERATIONS_MAX && input_size != 0; i++)
		operate(take());
	while (nr_pipes != 0)
		drop_pipe(0);
	DEMAND(nr_floods == 0);
	return 0;
}
