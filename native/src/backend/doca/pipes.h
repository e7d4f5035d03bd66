/* SPDX-License-Identifier: Apache-2.0 */
/* The fixed graph of docs/design/doca.md, and the entries that never change. */
#ifndef HYPERION_DOCA_PIPES_H
#define HYPERION_DOCA_PIPES_H

#include "entry.h"

enum family { IPV4 = 0, IPV6 = 1 };
enum side { SIDE_EGRESS = HYP_EGRESS, SIDE_INGRESS = HYP_INGRESS };

struct pipes {
	struct doca_flow_pipe *root, *class, *uplink, *tunnel;
	struct doca_flow_pipe *meter_tx, *tx_colour, *tx_limited;
	struct doca_flow_pipe *guard[2], *l4[2], *established[2], *destination[2];
	struct doca_flow_pipe *meter_rx, *rx_colour, *rx_limited, *deliver;
	struct doca_flow_pipe *deny_meter, *deny_colour[2], *denied[2];
	struct doca_flow_pipe *posture[2];
	struct doca_flow_pipe *punt_meter, *punt_colour, *punt_limited, *punt;
	struct doca_flow_pipe *egress_root, *encap, *meter_send, *send_colour, *send_limited;
};

/* Builds the graph, leaves first. `connections`: room of the established pipes, per family. 0 or -errno. */
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

#endif
