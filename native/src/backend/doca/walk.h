/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The walk of a packet in software: the very decisions of the kernel's program (native/walk), for
 * packets that the NIC's tables do not decide. Counts and reports what it does.
 */
#ifndef HYPERION_DOCA_WALK_H
#define HYPERION_DOCA_WALK_H

#include "tables.h"

enum walk_outcome {
	WALK_DROPPED = 0,   /* for `reason`, counted for `culprit` */
	WALK_DELIVERED = 1, /* handed to the outlet; multicast: as many copies as policy allowed */
	WALK_ANSWERED = 2,  /* an ARP or ND answer went back through the sender's port */
	WALK_FOREIGN = 3,   /* from the wire, but no tunnel packet of ours: the host's, uncounted */
	WALK_PASSED = 4,    /* through a gateway port: goes on as it is */
};

struct walk_verdict {
	enum walk_outcome what;
	uint32_t reason;  /* enum hyp_reason; NONE unless dropped */
	uint32_t culprit; /* the endpoint that the drop was counted for, 0 for none of ours */
	uint32_t network; /* 0: unknown */
	uint32_t sender;  /* endpoint indices; 0: unknown, remote, or several receivers */
	uint32_t receiver;
	uint32_t vtep;    /* index of the remote's VTEP, sender or receiver; 0: both are local */
	uint8_t receiver_mac[6]; /* what the frame was delivered with, in place of its own */

	/* The connection that a delivered packet opened or belongs to, under the present
	 * generations; NULL if none. Valid until the tables change. */
	struct hyp_connection *connection;
	struct hyp_connection_key key; /* of `connection` */
	bool from_initiator;           /* this packet travels as the connection was opened */
	uint8_t protocol;              /* as on the wire */
	/*
	 * The packets of this connection and direction may pass without the walk for as long as
	 * doca_tables_connection_current() says so: whole unicast TCP or UDP. Always for the walk,
	 * still: TCP with SYN, FIN or RST set, fragments, IPv4 options, IPv6 extension headers.
	 */
	bool offloadable;
};

/* Where packets go. A frame is the callee's to read until it returns. */
struct walk_outlet {
	/* Into the VF behind a port (kernel index of its representor). */
	void (*port)(void *context, uint32_t port, const uint8_t *frame, uint32_t length);
	/* Through the tunnel of a network to a VTEP, the frame without any outer header. */
	void (*tunnel)(void *context, uint32_t vtep, uint32_t network, const uint8_t *frame,
		       uint32_t length);
	void *context;
};

/* Bytes that a frame's buffer has at least: room for the longest answer. */
#define WALK_CAPACITY_MIN 128u

/*
 * A frame that came from the VF behind `port`. It may be changed in place, and may grow up to
 * `capacity` (≥ WALK_CAPACITY_MIN, ≥ length). `length` is without the frame check sequence.
 */
void walk_from_port(struct doca_tables *tables, uint32_t port, uint8_t *frame, uint32_t length,
		    uint32_t capacity, const struct walk_outlet *outlet,
		    struct walk_verdict *verdict);

/* The inner frame of a packet that the tunnel of `network` brought from a VTEP. */
void walk_from_tunnel(struct doca_tables *tables, uint32_t vtep, uint32_t network, uint8_t *frame,
		      uint32_t length, const struct walk_outlet *outlet,
		      struct walk_verdict *verdict);

/*
 * A frame from the wire with its outer headers (Ethernet, IPv4, UDP, VXLAN). WALK_FOREIGN and
 * untouched unless it is VXLAN to the address of one of our uplinks.
 */
void walk_from_wire(struct doca_tables *tables, uint8_t *frame, uint32_t length,
		    const struct walk_outlet *outlet, struct walk_verdict *verdict);

/*
 * A frame that a gateway port received from its container (HYP_EGRESS) or sends to it (HYP_INGRESS).
 * Nothing goes to an outlet, and *verdict speaks of no connection.
 */
void walk_gateway(struct doca_tables *tables, uint32_t port, enum hyp_direction direction,
		  uint8_t *frame, uint32_t length, struct walk_verdict *verdict);

/*
 * Counts and reports a frame from a port that nobody walks (HYP_REASON_PUNT_LIMIT), as a drop of
 * the port's endpoint.
 */
void walk_refuse_from_port(struct doca_tables *tables, uint32_t port, uint8_t *frame,
			   uint32_t length, uint32_t reason);

/* The same of one from the wire, counted for none of ours. */
void walk_refuse_from_wire(struct doca_tables *tables, uint8_t *frame, uint32_t length,
			   uint32_t reason);

#endif
