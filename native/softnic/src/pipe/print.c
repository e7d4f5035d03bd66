/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "action.h"
#include "forward.h"
#include "table.h"

void print_bytes(const void *bytes, size_t size, FILE *to)
{
	const uint8_t *byte = bytes;

	for (size_t i = 0; i < size; i++)
		fprintf(to, "%02x", byte[i]);
}

static void print_masked(const struct field *field, const void *value, const struct words *mask,
			 FILE *to)
{
	fprintf(to, " %s=", field->name);
	print_bytes(value, field->size, to);
	if (!words_equal(*mask, words_full(field->size))) {
		fputc('/', to);
		print_bytes(mask, field->size, to);
	}
}

void print_criteria(const struct criterion *criteria, size_t count, FILE *to)
{
	for (size_t i = 0; i < count; i++) {
		const struct criterion *criterion = &criteria[i];

		if (criterion->is_range)
			fprintf(to, " %s=%u-%u", criterion->field->name, criterion->low,
				criterion->high);
		else
			print_masked(criterion->field, &criterion->value, &criterion->mask, to);
	}
}

void print_parts(const struct template *template, const uint8_t *key, FILE *to)
{
	for (size_t i = 0; i < template->nr_parts; i++) {
		const struct part *part = &template->parts[i];

		print_masked(part->field, key + part->at, &part->mask, to);
	}
}

static const char *name_of(const struct doca_flow_pipe *pipe)
{
	return pipe == NULL ? "(destroyed)" : pipe->spec.name;
}

static void print_forward(const struct forward *forward, const char *none, FILE *to)
{
	if (forward == NULL) {
		fprintf(to, " %s", none);
		return;
	}
	switch (forward->type) {
	case DOCA_FLOW_FWD_PORT:
		fprintf(to, " port %u", forward->port_id);
		break;
	case DOCA_FLOW_FWD_PIPE:
		fprintf(to, " pipe \"%s\"", name_of(forward->way.pipe));
		break;
	case DOCA_FLOW_FWD_ORDERED_LIST_PIPE:
		fprintf(to, " ordered list \"%s\" index %u", name_of(forward->way.pipe),
			forward->way.index);
		break;
	case DOCA_FLOW_FWD_HASH_PIPE:
		fprintf(to, " hash \"%s\" algorithm %#x", name_of(forward->way.pipe),
			forward->way.algorithm);
		break;
	case DOCA_FLOW_FWD_RSS:
		if (forward->shared_rss_id != UINT32_MAX) {
			fprintf(to, " shared queues %u", forward->shared_rss_id);
			break;
		}
		fputs(" queues", to);
		for (uint16_t i = 0; i < forward->nr_queues; i++)
			fprintf(to, "%c%u", i == 0 ? ' ' : ',', forward->queues[i]);
		break;
	case DOCA_FLOW_FWD_TARGET:
		fputs(" kernel", to);
		break;
	default:
		fputs(" drop", to);
		break;
	}
}

static void print_step(const struct step *step, FILE *to)
{
	const struct field *field = step->kind == STEP_SET ? step->field : step->to.field;

	fprintf(to, " %s", field->name);
	if (step->kind == STEP_COPY || step->kind == STEP_SUM)
		fprintf(to, "%s%s", step->kind == STEP_SUM ? "+=" : "=", step->from.field->name);
	else if (step->at != STEP_CONSTANT)
		fputs(step->kind == STEP_ADD ? "+=(entry)" : "=(entry)", to);
	else if (step->kind == STEP_ADD)
		fprintf(to, "+=%#" PRIx64, step->addend);
	else {
		fputc('=', to);
		print_bytes(&step->value, field->size, to);
	}
}

static void print_reformat(const char *name, enum doca_flow_resource_type type, uint32_t shared,
			   FILE *to)
{
	if (type == DOCA_FLOW_RESOURCE_TYPE_NONE)
		return;
	fprintf(to, " %s", name);
	if (type == DOCA_FLOW_RESOURCE_TYPE_SHARED)
		fprintf(to, "(shared %" PRIu32 ")", shared);
}

static void print_plan(const struct plan *plan, FILE *to)
{
	print_reformat("decap", plan->decap_type, plan->shared_decap_id, to);
	if (plan->pop_vlan)
		fputs(" pop-vlan", to);
	for (size_t i = 0; i < plan->nr_steps; i++)
		print_step(&plan->steps[i], to);
	if (plan->has_push)
		fputs(" push-vlan", to);
	print_reformat("encap", plan->encap_type, plan->shared_encap_id, to);
}

static void print_entry(const struct doca_flow_pipe_entry *entry, FILE *to)
{
	const struct pipe_table *table = entry->pipe->table;

	fputs(entry->visible ? "  entry" : "  pending", to);
	table->type->print_key(entry, to);
	for (size_t i = 0; i < table->nr_plans && entry->program != NULL; i++) {
		if (entry->program->plan == table->plans[i])
			fprintf(to, " actions %zu", i);
	}
	if (entry->program != NULL && table->nr_plans == 0) {
		fputs(" actions:", to);
		print_plan(entry->program->plan, to);
	}
	if (entry->fwd != NULL) {
		fputs(" ->", to);
		print_forward(entry->fwd, "", to);
	}
	if (entry->counts)
		fprintf(to, " packets %" PRIu64 " bytes %" PRIu64, entry->count.packets,
			entry->count.bytes);
	if (entry->shared_counter != UINT32_MAX)
		fprintf(to, " counter %" PRIu32, entry->shared_counter);
	if (entry->meter != NULL)
		fputs(" meter", to);
	if (entry->shared_meter != UINT32_MAX)
		fprintf(to, " meter %" PRIu32, entry->shared_meter);
	if (entry->aging_sec != 0)
		fprintf(to, " ages after %" PRIu32 " s", entry->aging_sec);
	fputc('\n', to);
}

void pipe_print(const struct doca_flow_pipe *pipe, FILE *to)
{
	static const char *const domains[] = { "default", "secure ingress", "egress",
					       "secure egress" };
	const struct pipe_table *table = pipe->table;

	fprintf(to, "pipe \"%s\" %s, %s%s, %" PRIu32 " of %" PRIu32 " entries\n", pipe->spec.name,
		table->type->name, domains[pipe->spec.domain], pipe->spec.is_root ? " root" : "",
		pipe->entries, pipe->spec.nr_entries);
	if (pipe->match != NULL) {
		fputs("  match", to);
		print_criteria(pipe->match->criteria, pipe->match->nr_criteria, to);
		for (size_t i = 0; i < pipe->match->nr_parts; i++) {
			const struct part *part = &pipe->match->parts[i];

			fprintf(to, " %s=(entry)", part->field->name);
			if (!words_equal(part->mask, words_full(part->field->size))) {
				fputc('/', to);
				print_bytes(&part->mask, part->field->size, to);
			}
		}
		fputc('\n', to);
	}
	for (size_t i = 0; i < table->nr_plans; i++) {
		fprintf(to, "  actions %zu:", i);
		print_plan(table->plans[i], to);
		fputc('\n', to);
	}
	fputs("  fwd", to);
	print_forward(pipe->fwd, "(entry)", to);
	fputs(", miss", to);
	print_forward(pipe->miss, "(default)", to);
	if (pipe->spec.miss_counter)
		fprintf(to, ", missed %" PRIu64 " packets", pipe->missed.packets);
	fputc('\n', to);
	for (const struct doca_flow_pipe_entry *entry = pipe->first_entry; entry != NULL;
	     entry = entry->pipe_next)
		print_entry(entry, to);
}
