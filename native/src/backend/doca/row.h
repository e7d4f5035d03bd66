/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one entry of a pipe matches and does, in the words of the tables. Rows are compared byte by
 * byte: whoever makes one begins with row_clear. Host order unless said.
 */
#ifndef HYPERION_DOCA_ROW_H
#define HYPERION_DOCA_ROW_H

#include "pipes.h"

struct row {
	bool wanted; /* else there is to be no entry */
	uint8_t pipe; /* enum nic_pipe */
	struct {
		uint16_t port_id;
		uint32_t pkt_meta;
		uint32_t source;      /* u32[4], or the part that counts */
		uint32_t destination; /* u32[5] */
		uint32_t address[4];  /* wire order; IPv4 in the first */
		uint32_t local;       /* wire order: our end of tunnels */
		uint32_t vni;
		uint8_t mac[6];
	} match;
	struct {
		uint8_t next; /* enum nic_pipe */
		uint16_t port_id;
		uint32_t pkt_meta;
		uint32_t source, destination; /* u32[4], u32[5] */
		uint32_t policy, identity;
		uint32_t meter; /* shared */
		uint32_t local, remote; /* wire order: addresses of the outer header */
		uint32_t vni;
		uint8_t local_mac[6], remote_mac[6];
	} effect;
};

void row_clear(struct row *row);
bool row_same_match(const struct row *a, const struct row *b);
bool row_same_effect(const struct row *a, const struct row *b);
/* Whether entries of the pipe can be given another effect where they are. */
bool row_updates(enum nic_pipe pipe);
/* Whether they count packets. */
bool row_counts(enum nic_pipe pipe);

/* 0, or -errno at once; the rest at completion. */
int row_add(struct doca *doca, const struct row *row, struct nic_entry *entry);
int row_update(struct doca *doca, const struct row *row, struct nic_entry *entry);

/* For the files of the pipes: an entry of a BASIC pipe. */
struct entry_draft {
	struct doca_flow_match match;
	struct doca_flow_actions actions;
	struct doca_flow_monitor monitor;
	struct doca_flow_fwd fwd;
	bool acts, monitors, forwards; /* which of them the pipe leaves to its entries */
};
void entry_draft_punt(const struct row *row, struct entry_draft *draft);
void entry_draft_rate(const struct row *row, struct entry_draft *draft);
void entry_draft_vf(const struct doca *doca, const struct row *row, struct entry_draft *draft);
void entry_draft_egress(const struct doca *doca, const struct row *row, struct entry_draft *draft);
int uplink_add(struct doca *doca, const struct row *row, struct nic_entry *entry);
void entry_draft_tunnel(const struct row *row, struct entry_draft *draft);

#endif
