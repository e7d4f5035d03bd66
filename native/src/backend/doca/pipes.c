/* SPDX-License-Identifier: Apache-2.0 */
#include "pipes.h"

#include <errno.h>
#include <stdlib.h>

#include "../../abi/error.h"
#include "draft.h"

/* Operations in flight on the one queue; more wait in entry_add. */
#define QUEUE_DEPTH 1024u

/* Pairs of VTEP and network that neighbours are behind. */
#define TUNNELS_MAX 8192u
/* Ports, tunnels and the wire. */
#define SOURCES_MAX (DOCA_PORTS_MAX + TUNNELS_MAX)

struct plan {
	const char *name;
	uint32_t entries; /* 0: as many as connections have directions */
	bool acts, counts, meters;
};

/* The sizes of all pipes. What is bounded by a table has the table's limit. */
static const struct plan plans[PIPES] = {
	[PIPE_PUNT] = { "PUNT", 1, false, false, false },
	[PIPE_PUNT_LIMITED] = { "PUNT_LIMITED", SOURCES_MAX, false, true, false },
	[PIPE_PUNT_COLOUR] = { "PUNT_COLOUR", 4, false, false, false },
	[PIPE_PUNT_METER] = { "PUNT_METER", SOURCES_MAX, false, false, true },
	[PIPE_DENIED_EGRESS] = { "DENIED_EGRESS", HYP_ENDPOINTS_MAX, false, true, false },
	[PIPE_DENIED_INGRESS] = { "DENIED_INGRESS", HYP_ENDPOINTS_MAX, false, true, false },
	[PIPE_DENY_COLOUR_EGRESS] = { "DENY_COLOUR_EGRESS", 4, false, false, false },
	[PIPE_DENY_COLOUR_INGRESS] = { "DENY_COLOUR_INGRESS", 4, false, false, false },
	[PIPE_DENY_METER_EGRESS] = { "DENY_METER_EGRESS", DOCA_PORTS_MAX, false, false, true },
	[PIPE_DENY_METER_INGRESS] = { "DENY_METER_INGRESS", SOURCES_MAX, false, false, true },
	[PIPE_POSTURE_INGRESS] = { "POSTURE_INGRESS", HYP_ENDPOINTS_MAX, false, false, false },
	[PIPE_POSTURE_EGRESS] = { "POSTURE_EGRESS", HYP_ENDPOINTS_MAX, false, false, false },
	[PIPE_ENCAP] = { "ENCAP", TUNNELS_MAX, true, false, false },
	[PIPE_SEND] = { "SEND", HYP_ENDPOINTS_MAX, false, false, false },
	[PIPE_SEND_UNDELIVERED] = { "SEND_UNDELIVERED", HYP_ENDPOINTS_MAX, false, true, false },
	[PIPE_SEND_LIMITED] = { "SEND_LIMITED", HYP_ENDPOINTS_MAX, false, true, false },
	[PIPE_SEND_COLOUR] = { "SEND_COLOUR", 4, false, false, false },
	[PIPE_METER_SEND] = { "METER_SEND", HYP_ENDPOINTS_MAX, false, false, false },
	[PIPE_EGRESS_ROOT] = { "EGRESS_ROOT", DOCA_PORTS_MAX + HYP_ENDPOINTS_MAX, false, false, false },
	[PIPE_DELIVER] = { "DELIVER", HYP_ENDPOINTS_MAX, false, false, false },
	[PIPE_RX_UNDELIVERED] = { "RX_UNDELIVERED", HYP_ENDPOINTS_MAX, false, true, false },
	[PIPE_RX_LIMITED] = { "RX_LIMITED", HYP_ENDPOINTS_MAX, false, true, false },
	[PIPE_RX_COLOUR] = { "RX_COLOUR", 4, false, false, false },
	[PIPE_METER_RX] = { "METER_RX", HYP_ENDPOINTS_MAX, false, false, false },
	[PIPE_DESTINATION4] = { "DESTINATION4", HYP_NEIGHBOURS_MAX, true, false, false },
	[PIPE_DESTINATION6] = { "DESTINATION6", HYP_NEIGHBOURS_MAX, true, false, false },
	[PIPE_ESTABLISHED4] = { "ESTABLISHED4", 0, true, true, false },
	[PIPE_ESTABLISHED6] = { "ESTABLISHED6", 0, true, true, false },
	[PIPE_L4_4] = { "L4_4", 8, false, false, false },
	[PIPE_L4_6] = { "L4_6", 8, false, false, false },
	/* An endpoint has a neighbour of its own; of IPv6, one more address that its MAC implies. */
	[PIPE_GUARD4] = { "GUARD4", HYP_NEIGHBOURS_MAX, true, false, false },
	[PIPE_GUARD6] = { "GUARD6", HYP_NEIGHBOURS_MAX + HYP_ENDPOINTS_MAX, true, false, false },
	[PIPE_CLASS] = { "CLASS", 8, false, false, false },
	[PIPE_TX_LIMITED] = { "TX_LIMITED", HYP_ENDPOINTS_MAX, false, true, false },
	[PIPE_TX_COLOUR] = { "TX_COLOUR", 4, false, false, false },
	[PIPE_METER_TX] = { "METER_TX", HYP_ENDPOINTS_MAX, false, false, false },
	[PIPE_TUNNEL] = { "TUNNEL", TUNNELS_MAX, true, false, false },
	[PIPE_UPLINK] = { "UPLINK", 8, false, false, false },
	[PIPE_ROOT] = { "ROOT", DOCA_PORTS_MAX, true, false, false },
};

/* Shared meters: of an endpoint's egress and ingress, one more where domains cannot share one, and some
 * for changes of rate that take a fresh one. */
#define METERS_PER_ENDPOINT (ASSUME_METERS_CROSS_DOMAINS ? 2u : 3u)
#define METERS_SPARE 64u

const char *pipe_name(enum nic_pipe pipe)
{
	return plans[pipe].name;
}

void pipes_budget(uint32_t connections, struct pipes_budget *budget)
{
	*budget = (struct pipes_budget){
		/* A connection is of one family: both pipes together hold no more than all of them. */
		.entries = connections * 2,
		.counters = connections * 2,
		.shared_meters = METERS_PER_ENDPOINT * HYP_ENDPOINTS_MAX + METERS_SPARE,
		.queue_depth = QUEUE_DEPTH,
	};
	for (uint32_t pipe = 0; pipe < PIPES; pipe++) {
		const struct plan *plan = &plans[pipe];

		budget->entries += plan->acts ? plan->entries : 0;
		budget->counters += plan->counts ? plan->entries : 0;
		budget->meters += plan->meters ? plan->entries : 0;
	}
}

/* The fixed entries are on the NIC. */
static int check_fixed(struct doca *doca, struct hyp_error *error)
{
	int result = entries_complete(doca->device.manager);

	if (result != 0)
		return hyp_fail(error, result, "the NIC does not complete the first entries");
	for (uint32_t i = 0; i < doca->pipes->fixed_count; i++) {
		if (doca->pipes->fixed[i].state != ENTRY_PRESENT)
			return hyp_fail(error, -EIO, "the NIC did not take entry %u of the fixed %u", i,
					doca->pipes->fixed_count);
	}
	return 0;
}

int pipes_build(struct doca *doca, uint32_t connections, struct hyp_error *error)
{
	int result;

	doca->pipes = calloc(1, sizeof(*doca->pipes));
	if (!doca->pipes)
		return hyp_fail(error, -ENOMEM, "no memory for the pipes");
	for (uint32_t pipe = 0; pipe < PIPES; pipe++)
		doca->pipes->size[pipe] = plans[pipe].entries ? plans[pipe].entries : connections * 2;
	entries_forget();
	result = pipes_build_punt(doca, error);
	if (result == 0)
		result = pipes_build_policy(doca, error);
	if (result == 0)
		result = pipes_build_egress(doca, error);
	if (result == 0)
		result = pipes_build_rx(doca, error);
	if (result == 0)
		result = pipes_build_vf(doca, error);
	if (result == 0)
		result = pipes_build_tx(doca, error);
	if (result == 0)
		result = pipes_build_wire(doca, error);
	if (result == 0)
		result = pipes_build_root(doca, error);
	return result == 0 ? check_fixed(doca, error) : result;
}

/* Those of a side, in the order in which packets pass them. */
static void destroy_policy(struct pipes *pipes, enum side side)
{
	for (int anyone = 0; anyone < 2; anyone++) {
		for (uint32_t length = POLICY_LENGTHS; length-- > 0;) {
			if (pipes->policy[side][anyone][length])
				doca_flow_pipe_destroy(pipes->policy[side][anyone][length]);
		}
	}
}

void pipes_destroy(struct doca *doca)
{
	struct pipes *pipes = doca->pipes;

	if (!pipes)
		return;
	for (uint32_t pipe = PIPES; pipe-- > 0;) {
		if (pipe == PIPE_POSTURE_EGRESS)
			destroy_policy(pipes, SIDE_EGRESS);
		if (pipe == PIPE_POSTURE_INGRESS)
			destroy_policy(pipes, SIDE_INGRESS);
		if (pipes->pipe[pipe])
			doca_flow_pipe_destroy(pipes->pipe[pipe]);
	}
	entries_forget();
	free(pipes);
	doca->pipes = NULL;
}
