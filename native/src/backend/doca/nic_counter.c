/* SPDX-License-Identifier: Apache-2.0 */
#include "nic_counter.h"

#include "../rows.h"
#include "offload.h"
#include "program.h"
#include "queue.h"

int64_t nic_counter(struct doca *doca, void *buffer, uint64_t capacity, uint64_t *bytes,
		    struct hyp_error *error)
{
	struct hyp_rows rows = { .buffer = buffer, .capacity = capacity };
	struct offload_counts connections;
	struct program_counts program;
	struct hyp_nic_counter row;

	offload_count(doca);
	offload_statistics(doca, &connections);
	program_count(doca, &program);
	row = (struct hyp_nic_counter){
		.entries = program.entries + connections.present,
		.connections = connections.present,
		.added = program.added + connections.added,
		.updated = program.updated,
		.removed = program.removed + connections.removed,
		.failed = program.failed,
		.connections_added = connections.added,
		.connections_refused = connections.refused,
		.carried = connections.carried,
		.punted = doca->punted,
		.lost = queue_lost(doca->queue),
	};
	hyp_rows_add(&rows, &row, sizeof(row));
	return hyp_rows_end(&rows, bytes, error);
}
