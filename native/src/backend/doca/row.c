/* SPDX-License-Identifier: Apache-2.0 */
#include "row.h"

#include <arpa/inet.h>
#include <string.h>

void row_clear(struct row *row)
{
	memset(row, 0, sizeof(*row));
}

bool row_same_match(const struct row *a, const struct row *b)
{
	return a->pipe == b->pipe && memcmp(&a->match, &b->match, sizeof(a->match)) == 0;
}

bool row_same_effect(const struct row *a, const struct row *b)
{
	return memcmp(&a->effect, &b->effect, sizeof(a->effect)) == 0;
}

bool row_updates(enum nic_pipe pipe)
{
	switch (pipe) {
	case PIPE_ROOT:
	case PIPE_GUARD4:
	case PIPE_GUARD6:
	case PIPE_DESTINATION4:
	case PIPE_DESTINATION6:
	case PIPE_DELIVER:
	case PIPE_SEND:
	case PIPE_EGRESS_ROOT:
		return true;
	default: /* meters and encapsulations: what an update does to them is nowhere said */
		return false;
	}
}

bool row_counts(enum nic_pipe pipe)
{
	switch (pipe) {
	case PIPE_PUNT_LIMITED:
	case PIPE_DENIED_EGRESS:
	case PIPE_DENIED_INGRESS:
	case PIPE_SEND_UNDELIVERED:
	case PIPE_SEND_LIMITED:
	case PIPE_RX_UNDELIVERED:
	case PIPE_RX_LIMITED:
	case PIPE_TX_LIMITED:
		return true;
	default:
		return false;
	}
}

static void describe(const struct doca *doca, const struct row *row, struct entry_draft *draft)
{
	memset(draft, 0, sizeof(*draft));
	switch (row->pipe) {
	case PIPE_PUNT_LIMITED:
	case PIPE_PUNT_METER:
	case PIPE_DENY_METER_EGRESS:
	case PIPE_DENY_METER_INGRESS:
		entry_draft_punt(row, draft);
		return;
	case PIPE_POSTURE_EGRESS:
	case PIPE_POSTURE_INGRESS:
		draft->match.meta.u32[4] = htonl(row->match.source);
		draft->match.meta.u32[5] = htonl(row->match.destination);
		return;
	case PIPE_EGRESS_ROOT:
		entry_draft_egress(doca, row, draft);
		return;
	case PIPE_ENCAP:
	case PIPE_TUNNEL:
		entry_draft_tunnel(row, draft);
		return;
	case PIPE_ROOT:
	case PIPE_GUARD4:
	case PIPE_GUARD6:
	case PIPE_DESTINATION4:
	case PIPE_DESTINATION6:
		entry_draft_vf(doca, row, draft);
		return;
	default:
		entry_draft_rate(row, draft);
		return;
	}
}

int row_add(struct doca *doca, const struct row *row, struct nic_entry *entry)
{
	struct entry_draft draft;

	if (row->pipe == PIPE_UPLINK)
		return uplink_add(doca, row, entry);
	describe(doca, row, &draft);
	return entry_add(entry, doca->device.manager, doca->pipes->pipe[row->pipe], &draft.match, 0,
			 draft.acts ? &draft.actions : NULL, draft.monitors ? &draft.monitor : NULL,
			 draft.forwards ? &draft.fwd : NULL);
}

int row_update(struct doca *doca, const struct row *row, struct nic_entry *entry)
{
	struct entry_draft draft;

	describe(doca, row, &draft);
	return entry_update(entry, doca->device.manager, doca->pipes->pipe[row->pipe], 0,
			    draft.acts ? &draft.actions : NULL, draft.forwards ? &draft.fwd : NULL);
}
