/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is documented too thinly to rely on and cannot be tried without a ConnectX or a BlueField. Each
 * is one name, used wherever it matters, with what would confirm it and what to do if it is wrong.
 * docs/design/doca.md says what was taken from which public source.
 */
#ifndef HYPERION_DOCA_ASSUMPTIONS_H
#define HYPERION_DOCA_ASSUMPTIONS_H

#include <doca_flow.h>

#include "compat.h"

/* Expert mode: no rule but ours, so that EGRESS_ROOT sees what software sends. Confirmed by
 * doca_flow_init taking it, and a sent packet leaving by the port its pkt_meta names. */
#define ASSUME_MODE_ARGS "switch,hws,expert"

/* Of a device probed for switch mode, as NVIDIA's samples have them. Confirmed by the probe. */
#define ASSUME_DEVARGS "dv_flow_en=2,fdb_def_rule_en=0,dv_xmeta_en=4"

/* pkt_meta is big-endian in matches and actions, in the host's order in a DPDK packet. Confirmed by
 * the kind that a punted packet says it is of; if not, both become htonl. */
#define ASSUME_META_TO_HOST(word) (word)
#define ASSUME_META_TO_NIC(word) (word)

/* Memory that an entry with actions takes of its port's. The documented most. Too little shows as
 * additions that fail for want of memory. */
#define ASSUME_ACTIONS_BYTES_PER_ENTRY DOCA_FLOW_MAX_ENTRY_ACTIONS_MEM_SIZE

/* An entry that waits for its batch is pushed by doca_flow_entries_process at the latest. Confirmed by
 * the completion of one that is added alone; if not: DOCA_FLOW_ENTRY_FLAGS_NO_WAIT. */
#define ASSUME_BATCH_FLAGS DOCA_FLOW_ENTRY_FLAGS_WAIT_FOR_BATCH

/* Removals of entries of several pipes in one batch were reported to fail on HWS: each is pushed.
 * Confirmed by a batch of such removals completing; then ASSUME_BATCH_FLAGS serves here, too. */
#define ASSUME_REMOVE_FLAGS DOCA_FLOW_ENTRY_FLAGS_NO_WAIT

/* What an insertion that completed with an error left behind is freed by the library. If it is not
 * (counters of failed entries run out), 1: we remove it. */
#define ASSUME_FAILED_ADD_KEEPS_ENTRY 0

/* A shared meter takes a new configuration while entries use it. If it does not, its call fails, or
 * the old rate goes on: then 0, and a change of rate takes a fresh meter. */
#define ASSUME_METER_RECONFIGURES 1

/* One shared meter serves entries of both DEFAULT and EGRESS pipes: what the NIC delivers to an
 * endpoint and what software sends it share its rate. If adding to METER_SEND fails: 0, a meter each. */
#define ASSUME_METERS_CROSS_DOMAINS 1

/* The ports of TCP and UDP in one pipe, told apart by parser_meta.outer_l4_type, as NVIDIA's sample
 * flow_modify_header has it. Confirmed by EST4 carrying both; if not, a pipe for each protocol. */
#define ASSUME_PORTS_ARM DOCA_FLOW_L4_TYPE_EXT_TRANSPORT

/* version_ihl can be matched, which keeps IPv4 options from established connections. Confirmed by L4_4
 * being created and a packet with options reaching software. If not: 0, and such packets of
 * established connections pass unseen, like any other of them. */
#define ASSUME_IHL_MATCHES 1

/* A pipe of the DEFAULT domain whose entries bring their fwd, type and all, may have some that go to a
 * port and some that go to the EGRESS root. Confirmed by the creation of EST4 and its entries; if not,
 * a pipe behind it that forwards by u32[5]. */
#define ASSUME_FWD_OF_ENTRIES DOCA_FLOW_FWD_CHANGEABLE

/* What a DEFAULT pipe forwards to a port does not pass the EGRESS root. Confirmed by ENCAP's misses
 * not counting local packets; if it does, ENCAP's miss is a pipe that forwards by u32[5]. */
#define ASSUME_ENCAP_MISS DOCA_FLOW_FWD_DROP

/* Policy pipes of a side that a packet may pass: each takes time, and nowhere is it said how many there
 * may be. Rows that would need one more are left to software. softnic stops at 64 pipes of all kinds. */
#define ASSUME_POLICY_DEPTH 22u

/* The NIC writes an outer UDP source port that depends on the inner flow where the encapsulation
 * leaves it 0. Confirmed by a capture; if not, all flows between two hosts take one path. */
#define ASSUME_OUTER_SOURCE_PORT 0

#endif
