/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tables want on the NIC besides connections: who is behind which port and may send from
 * which address, where destinations are, rates, tunnels, policy. Declarative: a change names what it
 * touched, program_run brings the entries of that to what the tables say now. Runs after software's
 * tables have changed, so whatever the NIC lacks meanwhile is punted and decided by the new tables.
 */
#ifndef HYPERION_DOCA_PROGRAM_H
#define HYPERION_DOCA_PROGRAM_H

#include "pipes.h"

/* 0 or -errno. */
int program_new(struct doca *doca, struct hyp_error *error);
/* Forgets its books; the entries went with their pipes. */
void program_free(struct doca *doca);

/* Says that this row changed (before program_run; the tables hold the new content already). */
void program_touch(struct doca *doca, const struct hyp_step *step);
/* A port was attached or is about to be detached: its entries come, or go at once. */
int program_attach(struct doca *doca, struct doca_port *port);
int program_detach(struct doca *doca, struct doca_port *port);

/*
 * Brings everything touched to the NIC and waits for it. Returns how many of `steps` failed, their
 * results set to -errno (those of others, and of steps that had failed before, are left alone). What
 * failed is tried again by every run. Entries that no longer apply are gone from the NIC when it
 * returns, or it failed.
 */
int program_run(struct doca *doca, const struct hyp_step *steps, uint32_t count, int32_t *results,
		struct hyp_error *error);

/* Adds to the tables' counters what the NIC itself dropped and counted (TX_LIMITED, RX_LIMITED,
 * SEND_LIMITED, DENIED, PUNT_LIMITED) since the last call, and takes off what of it had been counted as
 * traffic. Whoever wants to know the traffic calls offload_count before this. */
void program_drops(struct doca *doca);

/* How a decided packet of an endpoint (0: remote) reaches a port: pkt_meta for the queue. Takes the way
 * through the ingress meter of whoever is delivered there, if he has a rate; an answer to who sent,
 * which no rate concerns, goes with meta(META_SEND, port->id). */
uint32_t program_send_meta(const struct doca *doca, uint32_t sender, const struct doca_port *port);

/* Entries on the NIC, and operations since open: how far a change reaches. */
struct program_counts {
	uint64_t entries, added, updated, removed, failed;
};
void program_count(const struct doca *doca, struct program_counts *counts);

#endif
