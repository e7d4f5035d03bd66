/* SPDX-License-Identifier: Apache-2.0 */
#include "policy.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct policy_row {
	struct nic_entry entry;
	struct hyp_policy_key key;
	uint8_t wanted, held; /* enum policy_outcome; held: unless ABSENT */
	bool touched;
	bool left;  /* to software: the NIC has no pipe for it */
	bool wrong; /* the NIC does not have what is wanted: counted in its set */
	bool there; /* counted as an entry on the NIC */
	int result;
	struct policy_set *set;
	struct policy_row *next; /* of those touched */
};

/* What is known of the rows of one policy set. */
struct policy_set {
	uint32_t policy;
	uint32_t rows;  /* books */
	uint32_t wrong;
	uint32_t with_length[2][POLICY_LENGTHS]; /* rows wanted, by side */
	uint32_t lengths[2]; /* as of the last run: bit n: there are rows of n bits */
	bool complete;       /* as of the last run */
	bool touched;
	bool changed; /* the last run changed one of these two */
	int result;   /* of the endpoints that it made to be looked at again */
	struct policy_set *next; /* of those touched */
};

int policy_new(struct program *program)
{
	int result;

	program->policy.rows = (struct hash){ .key_size = sizeof(struct hyp_policy_key),
					      .value_size = sizeof(struct policy_row *),
					      .limit = 2 * HYP_POLICY_ENTRIES_MAX };
	program->policy.sets = (struct hash){ .key_size = sizeof(uint32_t),
					      .value_size = sizeof(struct policy_set *),
					      .limit = 2 * HYP_POLICY_ENTRIES_MAX };
	result = hash_init(&program->policy.rows);
	return result == 0 ? hash_init(&program->policy.sets) : result;
}

static void free_book(void *context, const void *key, const void *value)
{
	void *book;

	(void)context;
	(void)key;
	memcpy(&book, value, sizeof(book));
	free(book);
}

void policy_free(struct program *program)
{
	struct hash *tables[] = { &program->policy.rows, &program->policy.sets };

	for (uint32_t i = 0; i < 2; i++) {
		if (!tables[i]->chains)
			continue;
		hash_each(tables[i], free_book, NULL);
		hash_free(tables[i]);
	}
}

static struct policy_row *find(const struct program *program, const struct hyp_policy_key *key)
{
	struct policy_row **row = hash_find(&program->policy.rows, key);

	return row ? *row : NULL;
}

static struct policy_set *find_set(const struct program *program, uint32_t policy)
{
	struct policy_set **set = hash_find(&program->policy.sets, &policy);

	return set ? *set : NULL;
}

static struct policy_set *open_set(struct program *program, uint32_t policy)
{
	struct policy_set *set = find_set(program, policy);

	if (set)
		return set;
	set = calloc(1, sizeof(*set));
	if (!set)
		return NULL;
	set->policy = policy;
	set->complete = true;
	if (hash_put(&program->policy.sets, &policy, &set) == 0)
		return set;
	free(set);
	return NULL;
}

static struct policy_row *open_row(struct program *program, const struct hyp_policy_key *key)
{
	struct policy_row *row = calloc(1, sizeof(*row));

	if (!row)
		return NULL;
	row->key = *key;
	row->set = open_set(program, key->policy);
	if (row->set && hash_put(&program->policy.rows, key, &row) == 0) {
		row->set->rows++;
		return row;
	}
	free(row); /* a set without rows goes with the next run that touches it, or stays, empty */
	return NULL;
}

static void set_wrong(struct policy_row *row, bool wrong)
{
	if (row->wrong == wrong)
		return;
	row->wrong = wrong;
	row->set->wrong += wrong ? 1 : (uint32_t)-1;
}

static void set_wanted(struct policy_row *row, enum policy_outcome outcome)
{
	uint32_t *rows = &row->set->with_length[row->key.direction][row->key.prefix_length];

	*rows += (outcome != POLICY_NONE) - (row->wanted != POLICY_NONE);
	row->wanted = (uint8_t)outcome;
}

static enum policy_outcome outcome_of(const struct hyp_policy_value *value)
{
	if (!value)
		return POLICY_NONE;
	if (value->flags != 0)
		return POLICY_REPORTS;
	return value->verdict == HYP_VERDICT_ALLOW ? POLICY_ALLOWS : POLICY_DENIES;
}

static void touch_set(struct policy_books *books, struct policy_set *set)
{
	if (set->touched)
		return;
	set->touched = true;
	set->next = books->touched_sets;
	books->touched_sets = set;
}

static void touch_row(struct policy_books *books, struct policy_row *row)
{
	touch_set(books, row->set);
	if (row->touched)
		return;
	row->touched = true;
	row->next = books->touched;
	books->touched = row;
}

/* A row is missing that no book tells of: the NIC is not asked for anybody any more. */
static void go_blind(struct doca *doca)
{
	if (doca->program->policy.blind)
		return;
	doca->program->policy.blind = true;
	for (uint32_t i = 1; i < HYP_ENDPOINTS_MAX; i++)
		endpoint_touch(doca, i, false);
}

void policy_touch(struct doca *doca, const struct hyp_policy_key *key,
		  const struct hyp_policy_value *value)
{
	struct program *program = doca->program;
	struct policy_row *row;

	if (key->protocol != IPPROTO_TCP || key->policy == 0)
		return; /* set 0 is what nobody has: the word that matches nothing */
	row = find(program, key);
	if (!row && !value)
		return;
	if (!row)
		row = open_row(program, key);
	if (!row) {
		go_blind(doca);
		return;
	}
	set_wanted(row, outcome_of(value));
	touch_row(&program->policy, row);
}

static void fail(struct doca *doca, struct policy_row *row, int result, struct hyp_error *error)
{
	const struct hyp_policy_key *key = &row->key;
	bool anyone = key->identity == HYP_IDENTITY_ANY;
	char what[64];

	snprintf(what, sizeof(what), "%s policy of %s, port prefixes of %u bits",
		 key->direction == HYP_EGRESS ? "egress" : "ingress", anyone ? "anyone" : "an identity",
		 key->prefix_length);
	program_tell(doca->program, error, result, what,
		     doca->pipes->policy_held[key->direction][anyone][key->prefix_length],
		     policy_pipe_size(key->prefix_length));
	if (row->result == 0)
		row->result = result;
}

static bool is_right(const struct policy_row *row)
{
	if (row->wanted == POLICY_NONE)
		return row->entry.state == ENTRY_ABSENT;
	return row->entry.state == ENTRY_PRESENT && !row->entry.failed && row->held == row->wanted;
}

static void retire(struct doca *doca, struct policy_row *row, struct hyp_error *error)
{
	int result;

	row->result = 0;
	row->left = false;
	if (row->entry.state == ENTRY_ABSENT ||
	    (row->wanted != POLICY_NONE && row->entry.state == ENTRY_PRESENT))
		return;
	result = entry_remove(&row->entry, doca->device.manager);
	if (result == 0)
		doca->program->counts.removed++;
	else
		fail(doca, row, result, error);
}

/* Keeps the number of entries on the NIC, from the moment one is on its way. */
static void note(struct doca *doca, struct policy_row *row)
{
	const struct hyp_policy_key *key = &row->key;
	bool there = row->entry.state != ENTRY_ABSENT;

	if (row->there == there)
		return;
	row->there = there;
	doca->program->counts.entries += there ? 1 : (uint64_t)-1;
	doca->pipes->policy_held[key->direction][key->identity == HYP_IDENTITY_ANY]
				[key->prefix_length] += there ? 1 : (uint32_t)-1;
}

static void settle(struct doca *doca, struct policy_row *row, struct hyp_error *error)
{
	struct program_counts *counts = &doca->program->counts;
	int result = 0;

	if (row->wanted == POLICY_NONE || is_right(row))
		return;
	if (row->entry.state == ENTRY_PRESENT) {
		row->held = row->wanted;
		result = policy_entry_update(doca, &row->key, row->wanted, &row->entry);
		counts->updated += result == 0;
	} else if (row->entry.state == ENTRY_ABSENT) {
		row->held = row->wanted;
		result = policy_entry_add(doca, &row->key, row->wanted, &row->entry);
		counts->added += result == 0;
		row->left = result == -E2BIG;
	}
	note(doca, row);
	if (result != 0 && !row->left)
		fail(doca, row, result, error);
}

static void check(struct doca *doca, struct policy_row *row, struct hyp_error *error)
{
	note(doca, row);
	set_wrong(row, !is_right(row));
	if (row->wrong && !row->left && row->result == 0)
		fail(doca, row, -EIO, error);
}

static void close_row(struct program *program, struct policy_row *row)
{
	struct hyp_policy_key key = row->key;

	row->set->rows--;
	hash_remove(&program->policy.rows, &key);
	free(row);
}

/* What the last run said of sets is forgotten, and sets without rows are. */
static void close_sets(struct program *program)
{
	struct policy_books *books = &program->policy;
	struct policy_set *set = books->touched_sets, *next;

	books->touched_sets = NULL;
	for (; set; set = next) {
		uint32_t policy = set->policy;

		next = set->next;
		set->touched = false;
		set->changed = false;
		set->result = 0;
		if (set->rows != 0)
			continue;
		hash_remove(&books->sets, &policy);
		free(set);
	}
	books->changed = false;
}

static void judge_set(struct policy_books *books, struct policy_set *set)
{
	uint32_t lengths[2] = { 0 };

	for (uint32_t side = 0; side < 2; side++) {
		for (uint32_t length = 0; length < POLICY_LENGTHS; length++)
			lengths[side] |= (set->with_length[side][length] != 0) << length;
	}
	set->changed = memcmp(lengths, set->lengths, sizeof(lengths)) != 0 ||
		       set->complete != (set->wrong == 0);
	memcpy(set->lengths, lengths, sizeof(lengths));
	set->complete = set->wrong == 0;
	books->changed |= set->changed;
}

void policy_run(struct doca *doca, struct hyp_error *error)
{
	struct policy_books *books = &doca->program->policy;
	struct policy_row *row, *next;

	books->changed = false;
	if (!books->touched)
		return;
	for (row = books->touched; row; row = row->next)
		retire(doca, row, error);
	entries_complete(doca->device.manager);
	for (row = books->touched; row; row = row->next)
		settle(doca, row, error);
	entries_complete(doca->device.manager);
	row = books->touched;
	books->touched = NULL;
	for (; row; row = next) {
		next = row->next;
		row->touched = false;
		check(doca, row, error);
		if (row->result != 0)
			touch_row(books, row); /* every run tries again */
		else if (row->wanted == POLICY_NONE)
			close_row(doca->program, row);
	}
	for (struct policy_set *set = books->touched_sets; set; set = set->next)
		judge_set(books, set);
}

void policy_ran(struct program *program)
{
	struct policy_row *row = program->policy.touched;

	close_sets(program);
	for (; row; row = row->next) /* to be tried again: their sets may change, then */
		touch_set(&program->policy, row->set);
}

bool policy_changed(const struct program *program, uint32_t policy)
{
	const struct policy_set *set = find_set(program, policy);

	return set && set->changed;
}

void policy_blame(struct program *program, uint32_t policy, int result)
{
	struct policy_set *set = find_set(program, policy);

	if (set && set->result == 0)
		set->result = result;
}

int policy_result(const struct program *program, const struct hyp_policy_key *key, bool written)
{
	const struct policy_set *set = find_set(program, key->policy);
	const struct policy_row *row = find(program, key);

	if (key->protocol != IPPROTO_TCP || key->policy == 0)
		return 0;
	if (row && row->result != 0)
		return row->result;
	if (!row && written && program->policy.blind)
		return -ENOMEM;
	return set ? set->result : 0;
}

bool policy_complete(const struct program *program, const struct hyp_endpoint_value *endpoint,
		     enum side side)
{
	const struct policy_set *set = find_set(program, endpoint->policy);

	if (program->policy.blind)
		return false;
	return !set || (set->complete && (set->lengths[side] & ~endpoint->prefix_lengths[side]) == 0);
}
