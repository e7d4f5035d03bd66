/* SPDX-License-Identifier: Apache-2.0 */
/* From what the slots of a thing hold to what it wants, by the smallest difference; what they count. */
#include <errno.h>
#include <string.h>

#include "../../abi/error.h"
#include "program_books.h"

void program_tell(struct program *program, struct hyp_error *error, int result, const char *what,
		  uint32_t held, uint32_t room)
{
	program->counts.failed++;
	if (program->told)
		return;
	program->told = true;
	if (result == -ENOSPC || result == -ENOMEM)
		hyp_fail(error, result, "the NIC takes no more for %s: it has %u, and was asked for room for %u",
			 what, held, room);
	else
		hyp_fail(error, result, "the NIC refused an entry of %s, which has %u of %u: %s", what, held,
			 room, strerror(-result));
}

static void fail(struct doca *doca, struct thing *thing, const struct slot *slot, int result,
		 struct hyp_error *error)
{
	enum nic_pipe pipe = slot->row.pipe;

	program_tell(doca->program, error, result, pipe_name(pipe), doca->pipes->held[pipe],
		     doca->pipes->size[pipe]);
	if (thing->result == 0)
		thing->result = result;
}

/* Whether the entry may stay as it is or be updated to what is wanted. */
static bool keeps(const struct slot *slot, const struct row *wanted)
{
	if (!wanted->wanted || slot->entry.state != ENTRY_PRESENT ||
	    !row_same_match(&slot->row, wanted))
		return false;
	return row_updates(wanted->pipe) ||
	       (row_same_effect(&slot->row, wanted) && !slot->entry.failed);
}

static uint32_t owner_of(const struct thing *thing)
{
	switch (thing->kind) {
	case THING_PORT:
		return ((const struct port_book *)thing)->sender;
	case THING_ENDPOINT:
		return ((const struct endpoint_book *)thing)->index;
	default:
		return 0;
	}
}

static enum drop_slot drop_of(enum nic_pipe pipe)
{
	switch (pipe) {
	case PIPE_TX_LIMITED:
		return DROP_RATE_EGRESS;
	case PIPE_RX_LIMITED:
	case PIPE_SEND_LIMITED:
		return DROP_RATE_INGRESS;
	case PIPE_RX_UNDELIVERED:
	case PIPE_SEND_UNDELIVERED:
		return DROP_UNDELIVERED;
	case PIPE_DENIED_EGRESS:
		return DROP_POLICY_EGRESS;
	case PIPE_DENIED_INGRESS:
		return DROP_POLICY_INGRESS;
	default:
		return DROP_PUNT_LIMIT;
	}
}

/* Credits what the entry counted since the last time to whoever owns it now. */
static void count(struct program *program, const struct thing *thing, struct slot *slot)
{
	struct hyp_count *drops;
	uint64_t packets, bytes;

	if (slot->entry.state == ENTRY_ABSENT || !row_counts(slot->row.pipe))
		return;
	entry_count(&slot->entry, &packets, &bytes);
	if (packets <= slot->packets)
		return;
	drops = &program->drops[owner_of(thing)][drop_of(slot->row.pipe)];
	drops->packets += packets - slot->packets;
	drops->bytes += bytes - slot->bytes;
	slot->packets = packets;
	slot->bytes = bytes;
}

void slots_count(struct program *program, struct thing *thing)
{
	for (uint32_t i = 0; i < thing->count; i++)
		count(program, thing, &thing->slots[i]);
}

static void count_thing(void *context, struct thing *thing)
{
	slots_count(context, thing);
}

static void count_all(struct program *program)
{
	for (uint32_t id = 0; id < DOCA_PORTS_MAX; id++) {
		if (program->ports[id])
			slots_count(program, &program->ports[id]->thing);
	}
	for (uint32_t i = 0; i < HYP_ENDPOINTS_MAX; i++) {
		if (program->endpoints[i])
			slots_count(program, &program->endpoints[i]->thing);
	}
	tunnels_each(program, 0, 0, count_thing, program);
}

/* Into the tables. What UNDELIVERED and RATE_INGRESS have was counted as traffic before it was dropped. */
static void report(struct doca_tables *tables, uint32_t endpoint, enum drop_slot drop,
		   const struct hyp_count *count)
{
	static const enum hyp_reason reasons[DROP_SLOTS] = {
		[DROP_RATE_EGRESS] = HYP_REASON_RATE_EGRESS,
		[DROP_RATE_INGRESS] = HYP_REASON_RATE_INGRESS,
		[DROP_POLICY_EGRESS] = HYP_REASON_POLICY_EGRESS,
		[DROP_POLICY_INGRESS] = HYP_REASON_POLICY_INGRESS,
		[DROP_PUNT_LIMIT] = HYP_REASON_PUNT_LIMIT,
	};

	if (drop == DROP_UNDELIVERED) {
		doca_tables_uncount_traffic(tables, endpoint, 0, count->packets, count->bytes);
		return;
	}
	if (drop == DROP_RATE_INGRESS)
		doca_tables_uncount_traffic(tables, 0, endpoint, count->packets, count->bytes);
	doca_tables_count_drops(tables, endpoint, reasons[drop], count->packets, count->bytes);
}

void program_drops(struct doca *doca)
{
	struct program *program = doca->program;

	count_all(program);
	for (uint32_t i = 0; i < HYP_ENDPOINTS_MAX; i++) {
		for (uint32_t drop = 0; drop < DROP_SLOTS; drop++) {
			struct hyp_count *drops = &program->drops[i][drop];

			if (drops->packets != 0)
				report(doca->tables, i, drop, drops);
			*drops = (struct hyp_count){ 0 };
		}
	}
}

void slots_retire(struct doca *doca, struct thing *thing, const struct row *rows,
		  struct hyp_error *error)
{
	for (uint32_t i = 0; i < thing->count; i++) {
		struct slot *slot = &thing->slots[i];
		int result;

		if (slot->entry.state == ENTRY_ABSENT || keeps(slot, &rows[i]))
			continue;
		count(doca->program, thing, slot);
		result = entry_remove(&slot->entry, doca->device.manager);
		if (result == 0)
			doca->program->counts.removed++;
		else
			fail(doca, thing, slot, result, error);
	}
}

static int settle(struct doca *doca, struct slot *slot, const struct row *wanted)
{
	struct program *program = doca->program;
	int result;

	if (slot->entry.state == ENTRY_PRESENT) { /* keeps() let it stay */
		if (row_same_effect(&slot->row, wanted) && !slot->entry.failed)
			return 0;
		slot->row = *wanted;
		result = row_update(doca, wanted, &slot->entry);
		program->counts.updated += result == 0;
		return result;
	}
	slot->row = *wanted;
	slot->packets = 0;
	slot->bytes = 0;
	result = row_add(doca, wanted, &slot->entry);
	program->counts.added += result == 0;
	return result;
}

void slots_settle(struct doca *doca, struct thing *thing, const struct row *rows,
		  struct hyp_error *error)
{
	for (uint32_t i = 0; i < thing->count; i++) {
		struct slot *slot = &thing->slots[i];
		int result;

		/* What could not be removed keeps its place: slots_check says so. */
		if (!rows[i].wanted ||
		    (slot->entry.state != ENTRY_ABSENT && slot->entry.state != ENTRY_PRESENT) ||
		    (slot->entry.state == ENTRY_PRESENT && !keeps(slot, &rows[i])))
			continue;
		result = settle(doca, slot, &rows[i]);
		if (result != 0)
			fail(doca, thing, slot, result, error);
	}
}

/* Keeps the number of entries on the NIC. */
static void note(struct doca *doca, struct slot *slot)
{
	bool there = slot->entry.state != ENTRY_ABSENT;

	if (slot->there == there)
		return;
	slot->there = there;
	doca->program->counts.entries += there ? 1 : (uint64_t)-1;
	doca->pipes->held[slot->row.pipe] += there ? 1 : (uint32_t)-1;
}

void slots_check(struct doca *doca, struct thing *thing, const struct row *rows,
		 struct hyp_error *error)
{
	for (uint32_t i = 0; i < thing->count; i++) {
		struct slot *slot = &thing->slots[i];
		bool right;

		note(doca, slot);
		right = rows[i].wanted ? slot->entry.state == ENTRY_PRESENT && !slot->entry.failed
				       : slot->entry.state == ENTRY_ABSENT;
		if (!right && thing->result == 0)
			fail(doca, thing, slot, -EIO, error);
	}
}

bool slots_empty(const struct thing *thing)
{
	for (uint32_t i = 0; i < thing->count; i++) {
		if (thing->slots[i].entry.state != ENTRY_ABSENT)
			return false;
	}
	return true;
}
