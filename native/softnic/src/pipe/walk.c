/* SPDX-License-Identifier: Apache-2.0 */
#include <doca_bitfield.h>

#include "action.h"
#include "forward.h"
#include "hash.h"
#include "monitor.h"
#include "ordered.h"
#include "random.h"

static void travel(struct walk *walk, struct way way, uint32_t passed, struct packet *packet);

static void scramble(struct walk *walk, doca_be32_t *word, uint32_t bits)
{
	doca_be32_t mask = DOCA_HTOBE32(bits);

	*word = (*word & ~mask) | ((doca_be32_t)(random_next(&walk->random) >> 32) & mask);
}

/* The words that such pipes use for themselves on the device. */
static void clobber(struct walk *walk, const struct doca_flow_pipe *pipe, struct packet *packet)
{
	doca_be32_t *scratch = packet->view.meta.u32;

	switch (pipe->spec.type) {
	case DOCA_FLOW_PIPE_LPM:
		scramble(walk, &scratch[0], UINT32_MAX);
		if (pipe->match->nr_parts != 0)
			scramble(walk, &scratch[1], UINT32_MAX);
		break;
	case DOCA_FLOW_PIPE_ACL:
		for (size_t i = 0; i < 4; i++)
			scramble(walk, &scratch[i], UINT32_MAX);
		break;
	case DOCA_FLOW_PIPE_HASH:
		scramble(walk, &scratch[3], 0xffff0000);
		break;
	default:
		break;
	}
}

/* Neither root nor miss decides. */
static void miss_by_default(struct walk *walk, struct doca_flow_pipe *pipe, struct packet *packet)
{
	const struct outlet *outlet = walk->outlet;

	if (pipe != NULL && pipe->port != NULL && pipe->port->counts_missed) {
		pipe->port->missed.packets++;
		pipe->port->missed.bytes += packet->length;
	}
	switch (walk->default_miss) {
	case MISS_KERNEL:
		outlet->kernel(outlet->context, packet);
		break;
	case MISS_SOFTWARE:
		outlet->software(outlet->context, 0, packet);
		break;
	default:
		break;
	}
}

/* Follows a forward: true when `way` says where it goes on. */
static bool follow(struct walk *walk, const struct doca_flow_pipe *pipe,
		   const struct forward *forward, struct packet *packet, struct way *way)
{
	const struct outlet *outlet = walk->outlet;

	switch (forward->type) {
	case DOCA_FLOW_FWD_PORT:
		outlet->port(outlet->context, forward->port_id, packet);
		return false;
	case DOCA_FLOW_FWD_RSS:
		outlet->software(outlet->context, forward_queue(forward, pipe->nic, packet),
				 packet);
		return false;
	case DOCA_FLOW_FWD_TARGET:
		outlet->kernel(outlet->context, packet);
		return false;
	case DOCA_FLOW_FWD_PIPE:
	case DOCA_FLOW_FWD_ORDERED_LIST_PIPE:
	case DOCA_FLOW_FWD_HASH_PIPE:
		*way = forward->way;
		return way->pipe != NULL; /* NULL: it was destroyed */
	default:
		return false;
	}
}

/* Does what the entry says, as far as the forward. False: the packet is dropped. */
static bool hit(struct walk *walk, struct doca_flow_pipe_entry *entry, struct packet *packet)
{
	struct doca_flow_pipe *pipe = entry->pipe;
	uint32_t bytes = packet->length;

	if (walk->outlet->trace != NULL)
		walk->outlet->trace(walk->outlet->context, pipe, entry, packet);
	entry->last_hit_ns = walk->now_ns;
	if (entry->counts) {
		entry->count.packets++;
		entry->count.bytes += bytes;
	}
	monitor_counter(pipe->nic, entry->shared_counter, bytes);
	if (entry->meter != NULL || entry->shared_meter != UINT32_MAX) {
		monitor_meter(pipe->nic, entry->meter, entry->shared_meter, entry->init_colour,
			      bytes, walk->now_ns, packet);
		if (walk->poison)
			scramble(walk, &packet->view.meta.u32[1], 0xff);
	}
	if (pipe->spec.type == DOCA_FLOW_PIPE_ORDERED_LIST)
		return ordered_run(entry, walk, packet) == DOCA_SUCCESS;
	return entry->program == NULL || program_run(entry->program, pipe->nic, walk->source_port,
						     packet) == DOCA_SUCCESS;
}

static const struct forward *forward_of(const struct doca_flow_pipe_entry *entry)
{
	return entry->fwd != NULL ? entry->fwd : entry->pipe->fwd;
}

static void leave(struct walk *walk, struct doca_flow_pipe_entry *entry, uint32_t passed,
		  struct packet *packet)
{
	struct way way;

	if (hit(walk, entry, packet) &&
	    follow(walk, entry->pipe, forward_of(entry), packet, &way))
		travel(walk, way, passed, packet);
}

/* To every member: a copy each, and the packet itself to the last. */
static void flood(struct walk *walk, const struct doca_flow_pipe *pipe,
		  struct doca_flow_pipe_entry *const *members, uint32_t count, uint32_t passed,
		  struct packet *packet)
{
	struct packet copy;

	for (uint32_t i = 0; i + 1 < count; i++) {
		if (!hash_copy(pipe, packet, &copy)) {
			walk->loops++; /* this one is a copy that came back */
			return;
		}
		leave(walk, members[i], passed, &copy);
		hash_copy_done(pipe);
	}
	leave(walk, members[count - 1], passed, packet);
}

static const struct forward *miss(struct walk *walk, struct doca_flow_pipe *pipe,
				  struct packet *packet)
{
	if (pipe->spec.miss_counter) {
		pipe->missed.packets++;
		pipe->missed.bytes += packet->length;
	}
	if (walk->outlet->trace != NULL)
		walk->outlet->trace(walk->outlet->context, pipe, NULL, packet);
	return pipe->miss;
}

static void travel(struct walk *walk, struct way way, uint32_t passed, struct packet *packet)
{
	for (;;) {
		struct doca_flow_pipe *pipe = way.pipe;
		struct doca_flow_pipe_entry *const *members;
		struct doca_flow_pipe_entry *entry = NULL;
		const struct forward *forward;
		uint32_t count = 0;
		bool floods;

		if (passed++ == WALK_PIPES_MAX) {
			walk->loops++;
			return;
		}
		floods = hash_floods(&way, &members, &count);
		if (!floods)
			entry = pipe->table->type->lookup(walk, &way, packet);
		if (walk->poison)
			clobber(walk, pipe, packet);
		if (floods && count != 0) {
			flood(walk, pipe, members, count, passed, packet);
			return;
		}
		if (entry != NULL) {
			if (!hit(walk, entry, packet))
				return;
			forward = forward_of(entry);
		} else {
			forward = miss(walk, pipe, packet);
			if (forward == NULL) {
				miss_by_default(walk, pipe, packet);
				return;
			}
		}
		if (!follow(walk, pipe, forward, packet, &way))
			return;
	}
}

void walk_packet(struct walk *walk, struct doca_flow_pipe *root, struct packet *packet)
{
	struct doca_flow_parser_meta *parser = &packet->view.parser_meta;
	struct doca_flow_meta *meta = &packet->view.meta;

	/* Only software brings meta data, and only that word. */
	if (parser->port_id != UINT16_MAX)
		meta->pkt_meta = 0;
	for (size_t i = 0; i < DOCA_FLOW_META_SCRATCH_PAD_MAX; i++)
		meta->u32[i] = walk->poison ? (doca_be32_t)(random_next(&walk->random) >> 32) : 0;
	parser->meter_color = DOCA_FLOW_METER_COLOR_GREEN;
	parser->random = (doca_be16_t)(random_next(&walk->random) >> 48);
	packet->hash = 0;
	if (root == NULL) {
		miss_by_default(walk, NULL, packet);
		return;
	}
	travel(walk, (struct way){ .pipe = root }, 0, packet);
}
