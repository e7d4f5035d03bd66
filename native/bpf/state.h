/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Tables that only the kernel's backend knows: shared by its programs and its user side. What they,
 * and those of walk/state.h, mean may change with HYP_STATE_VERSION, which the pinned `hyp_meta`
 * carries; tables.h is the contract.
 */
#ifndef HYPERION_BPF_STATE_H
#define HYPERION_BPF_STATE_H

#include "../walk/state.h"

/* To be raised when a structure below, or its use, changes without changing its size. */
#define HYP_STATE_VERSION 3u

/* One entry, written last when the tables are made: what is pinned and complete. */
struct hyp_meta {
	__u32 abi;    /* HYP_ABI_VERSION */
	__u32 state;  /* HYP_STATE_VERSION */
	__u64 object; /* hash of the object that the pinned program came from */
};

#define HYP_NEAR_PORTS 65536u

/* A near port's row in one word, so that it changes at one go; 0: none. */
#define HYP_NEAR_PORT(endpoint, kind) ((__u64)(kind) << 32 | (endpoint))

/* Key of the prefix table: IPv4 and IPv6 apart, which tables.h tells apart by the address alone. */
struct hyp_prefix_trie_key {
	__u32 length; /* bits of what follows; named by the kernel: prefixlen */
	__u32 family; /* HYP_FAMILY_* */
	__u8 address[16];
};
#define HYP_FAMILY_IPV4 4u
#define HYP_FAMILY_IPV6 6u
#define HYP_FAMILY_BITS 32u

/*
 * An endpoint's row is never written where a program may be reading it. It has four slots in
 * `hyp_endpoint`; `hyp_current` says which one counts: 0 none, n: slot n - 1. User space fills a slot
 * that no program can be reading any more and publishes it with a single store.
 */
#define HYP_ENDPOINT_SLOTS 4u

/* Names, of no more than the 15 characters that the kernel keeps. */
#define HYP_PROGRAM_VF "hyp_from_vf"
#define HYP_PROGRAM_GATEWAY_OUT "hyp_gateway_out"
#define HYP_PROGRAM_GATEWAY_IN "hyp_gateway_in"

#endif
