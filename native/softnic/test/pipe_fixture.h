/* SPDX-License-Identifier: Apache-2.0 */
/* A NIC without devices, frames by hand, and an outlet that remembers where packets went. */
#ifndef TEST_PIPE_FIXTURE_H
#define TEST_PIPE_FIXTURE_H

#include <string.h>

#include <doca_bitfield.h>

#include "../../test/check.h"
#include "../src/flow/nic.h"
#include "../src/packet/field.h"
#include "../src/pipe/meter.h"
#include "../src/pipe/pipe.h"

extern struct nic nic;
extern struct doca_flow_port port;
extern struct walk walk;

#define FATES_MAX 1024u

enum fate_kind { FATE_PORT, FATE_SOFTWARE, FATE_KERNEL };
struct fate {
	enum fate_kind kind;
	uint32_t where; /* port or queue */
	struct packet packet; /* with its view; data is below */
	uint8_t frame[2048];
};
extern struct fate fates[FATES_MAX];
extern size_t nr_fates;

/* The shared resources of the NIC that tests set up: 4 of each type. */
void fixture_begin(void);
/* Demolishes all pipes and frees all entries made below. */
void fixture_end(void);

struct doca_flow_pipe *pipe_new(const struct pipe_spec *spec);
doca_error_t pipe_try(const struct pipe_spec *spec);
struct doca_flow_pipe_entry *entry_new(struct doca_flow_pipe *pipe, const struct entry_spec *spec);
/* Of compiling and inserting; what succeeds stays. */
doca_error_t entry_try(struct doca_flow_pipe *pipe, const struct entry_spec *spec);
void entry_remove(struct doca_flow_pipe_entry *entry);
doca_error_t entry_update(struct doca_flow_pipe_entry *entry, const struct entry_spec *spec);
/* A pipe is demolished before the end. Its entries go, too. */
void pipe_drop(struct doca_flow_pipe *pipe);

/* BASIC, 64 entries, fwd to this port; a miss is dropped. */
struct pipe_spec basic_to(uint16_t port_id);

struct frame {
	uint8_t bytes[1600];
	uint32_t length;
};
struct tuple {
	uint32_t src, dst; /* host byte order */
	uint16_t sport, dport;
	uint8_t proto; /* IPPROTO_*; neither TCP nor UDP: no ports */
	uint16_t tag;  /* VLAN id; 0: none */
	uint16_t payload;
	uint16_t fragment; /* as in the header */
};
struct frame frame_ip4(struct tuple tuple);
struct frame frame_ip6(uint16_t last_of_src, uint16_t last_of_dst, uint8_t proto, uint16_t sport,
		       uint16_t dport);
struct frame frame_arp(void);
/* Around an inner frame. */
struct frame frame_vxlan(uint32_t vni, const struct frame *inner);

#define IP(a, b, c, d) ((uint32_t)(a) << 24 | (b) << 16 | (c) << 8 | (d))

/* Sends it from a port, or with port UINT16_MAX and pkt_meta from software. Returns how many times it came
 * out; fates has where and how. */
size_t send_frame(struct doca_flow_pipe *root, const struct frame *frame, uint16_t from);
size_t send_software(struct doca_flow_pipe *root, const struct frame *frame, uint32_t meta);
/* The port that it came out of, alone, -1: dropped, -2: anything else. */
int port_of(struct doca_flow_pipe *root, const struct frame *frame);

#endif
