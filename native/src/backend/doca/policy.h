/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Policy rows as entries: those of TCP, which only packets that open a connection come to. Others are
 * decided in software alone, as nobody sees of their packets whether they open one.
 */
#ifndef HYPERION_DOCA_POLICY_H
#define HYPERION_DOCA_POLICY_H

#include "program_books.h"

/* What the NIC makes of a row. */
enum policy_outcome {
	POLICY_NONE = 0, /* the row is gone */
	POLICY_ALLOWS,
	POLICY_DENIES,
	POLICY_REPORTS, /* software decides and reports: audit, log */
};

/* 0 or -errno; program_new and program_free. */
int policy_new(struct program *program);
void policy_free(struct program *program);

/* A row was written (value) or deleted (NULL). */
void policy_touch(struct doca *doca, const struct hyp_policy_key *key,
		  const struct hyp_policy_value *value);
/* Brings the rows touched to the NIC. Afterwards policy_changed says of which sets the endpoints are to
 * be looked at again. */
void policy_run(struct doca *doca, struct hyp_error *error);
bool policy_changed(const struct program *program, uint32_t policy);
/* An endpoint of such a set could not be brought to it: its rows' results say so. */
void policy_blame(struct program *program, uint32_t policy, int result);
/* Ends a run: what policy_changed and policy_blame said is over. */
void policy_ran(struct program *program);
/* Of the row with this key, from the last run that had it. `written`: it was not deleted. 0 or -errno. */
int policy_result(const struct program *program, const struct hyp_policy_key *key, bool written);

/*
 * Whether the NIC has exactly the rows that software asks for this endpoint and side. If not, packets
 * that policy allows could be denied for want of a row: then the NIC must not be asked.
 */
bool policy_complete(const struct program *program, const struct hyp_endpoint_value *endpoint,
		     enum side side);

/* pipes_policy.c: a pipe, made if need be (-E2BIG: there are as many as may be); its room; entries. */
int policy_pipe(struct doca *doca, enum side side, bool anyone, uint32_t length,
		struct doca_flow_pipe **out, struct hyp_error *error);
uint32_t policy_pipe_size(uint32_t length);
int policy_entry_add(struct doca *doca, const struct hyp_policy_key *key, enum policy_outcome outcome,
		     struct nic_entry *entry);
int policy_entry_update(struct doca *doca, const struct hyp_policy_key *key,
			enum policy_outcome outcome, struct nic_entry *entry);

#endif
