/* SPDX-License-Identifier: Apache-2.0 */
/* The graph of pipes of docs/design/doca.md, and the entries that never change. */
#ifndef HYPERION_DOCA_PIPES_H
#define HYPERION_DOCA_PIPES_H

#include "entry.h"

enum family { IPV4 = 0, IPV6 = 1 };
enum side { SIDE_EGRESS = HYP_EGRESS, SIDE_INGRESS = HYP_INGRESS };

/* In the order in which they are built: whom others lead to comes first. */
enum nic_pipe {
	PIPE_PUNT,
	PIPE_PUNT_LIMITED,
	PIPE_PUNT_COLOUR,
	PIPE_PUNT_METER,
	PIPE_DENIED_EGRESS, /* pairs by enum side or enum family: the first, plus the other's number */
	PIPE_DENIED_INGRESS,
	PIPE_DENY_COLOUR_EGRESS,
	PIPE_DENY_COLOUR_INGRESS,
	PIPE_DENY_METER_EGRESS,
	PIPE_DENY_METER_INGRESS,
	PIPE_POSTURE_INGRESS, /* the policy pipes of a side lead to its posture */
	PIPE_POSTURE_EGRESS,
	PIPE_ENCAP,
	PIPE_SEND,
	PIPE_SEND_UNDELIVERED,
	PIPE_SEND_LIMITED,
	PIPE_SEND_COLOUR,
	PIPE_METER_SEND,
	PIPE_EGRESS_ROOT,
	PIPE_DELIVER,
	PIPE_RX_UNDELIVERED,
	PIPE_RX_LIMITED,
	PIPE_RX_COLOUR,
	PIPE_METER_RX,
	PIPE_DESTINATION4,
	PIPE_DESTINATION6,
	PIPE_ESTABLISHED4,
	PIPE_ESTABLISHED6,
	PIPE_L4_4,
	PIPE_L4_6,
	PIPE_GUARD4,
	PIPE_GUARD6,
	PIPE_CLASS,
	PIPE_TX_LIMITED,
	PIPE_TX_COLOUR,
	PIPE_METER_TX,
	PIPE_TUNNEL,
	PIPE_UPLINK,
	PIPE_ROOT,
	PIPES,
};

static inline enum nic_pipe pipe_posture(enum side side)
{
	return side == SIDE_EGRESS ? PIPE_POSTURE_EGRESS : PIPE_POSTURE_INGRESS;
}

#define POLICY_LENGTHS 17u /* of port prefixes: 0 … 16 */
#define PIPES_FIXED_MAX 32u

/* Software's queue of the manager: where PUNT sends to. */
#define PUNT_QUEUE 0u

/* What software is asked to decide: each source (a port, a tunnel, the wire) has a budget. */
#define PUNT_RATE 20000u /* packets per second */
#define PUNT_BURST 4096u
/* Of that, for packets that policy will deny: reports enough for people, and nothing to live on. */
#define DENY_RATE 256u
#define DENY_BURST 256u

struct pipes {
	struct doca_flow_pipe *pipe[PIPES];
	/* Made when the first row needs one, save those of 16 bits with an identity: they come first. */
	struct doca_flow_pipe *policy[2][2][POLICY_LENGTHS]; /* side; 0 identity, 1 anyone; length */
	uint32_t policy_held[2][2][POLICY_LENGTHS]; /* entries */
	uint32_t size[PIPES]; /* entries that there is room for */
	uint32_t held[PIPES]; /* entries; not counted for established */
	struct nic_entry fixed[PIPES_FIXED_MAX];
	uint32_t fixed_count;
};

/* What doca_flow_init is asked for, for this many connections. */
struct pipes_budget {
	uint32_t entries; /* with actions */
	uint32_t counters, meters, shared_meters;
	uint32_t queue_depth;
};
void pipes_budget(uint32_t connections, struct pipes_budget *budget);

/* Builds the graph, leaves first. `connections`: room of the established pipes, per family and
 * direction. 0 or -errno. */
int pipes_build(struct doca *doca, uint32_t connections, struct hyp_error *error);
/* Destroys it, root first, with every entry. */
void pipes_destroy(struct doca *doca);

/* An established connection in one direction, ready to be added: match, actions, monitor and fwd of
 * its entry. Addresses and ports in wire order, IPv4 in the first word. */
struct established {
	enum family family;
	uint32_t source; /* u32[4], host order */
	uint32_t source_address[4], destination_address[4];
	uint16_t source_port, destination_port;
	uint8_t protocol; /* IPPROTO_TCP or IPPROTO_UDP */
	uint8_t destination_mac[6];
	uint32_t destination; /* u32[5], host order */
	uint16_t port;        /* logical id of a local receiver without ingress rate */
	bool metered;         /* local receiver with one */
	bool remote;
	uint32_t aging_seconds;
};
int pipes_add_established(struct doca *doca, const struct established *connection,
			  struct nic_entry *entry);

/* The name of a pipe, in errors. */
const char *pipe_name(enum nic_pipe pipe);

#endif
