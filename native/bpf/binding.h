/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the walk (native/walk) asks of the world it runs in: here the kernel's, with its helpers and
 * maps. backend/doca/binding.h offers the same in user space.
 */
#ifndef HYPERION_BPF_BINDING_H
#define HYPERION_BPF_BINDING_H

#include <linux/bpf.h>
#include <linux/if_packet.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_helpers.h>

#include "maps.h"

/* These programs know no tunnels: what is about them is compiled out. */
#define HYP_WALK_TUNNELS 0

/* A function that the verifier looks at by itself, once, whoever calls it. */
#define HYP_VERIFIED_ALONE __noinline

/* A frame on its walk. A macro: the verifier knows its context by this name only. */
#define hyp_frame __sk_buff

/* What the walk of a frame returns when no more of it is to go anywhere. */
#define HYP_DROPPED TC_ACT_SHOT
#define HYP_COPIED TC_ACT_SHOT /* the original; the copies are on their way */
#define HYP_PASSED TC_ACT_OK   /* on through the host's stack */

/* Jiffies per second, which user space finds out: reading them costs a tenth of reading a clock. */
const volatile __u32 hyp_hz = 0;

/* Wraps after 49 days at 1000 per second; only differences are looked at. */
static __always_inline __u32 now_jiffies(void)
{
	return (__u32)bpf_jiffies64();
}

static __always_inline __u64 now_ns(void)
{
	return bpf_ktime_get_ns();
}

static __always_inline __u32 frame_port(const struct hyp_frame *frame)
{
	return frame->ifindex;
}

static __always_inline __u32 frame_length(const struct hyp_frame *frame)
{
	return frame->len;
}

/* A VLAN tag that is not in the frame's bytes. */
static __always_inline int has_vlan(const struct hyp_frame *frame)
{
	return frame->vlan_present;
}

/* Whether the frame is to be cut into several, and how many it counts as. */
static __always_inline int is_segmented(const struct hyp_frame *frame)
{
	return frame->gso_size != 0;
}

static __always_inline __u32 frame_packets(const struct hyp_frame *frame)
{
	return frame->gso_segs ? frame->gso_segs : 1;
}

/* Has the first `wanted` bytes of a frame, or all, in one piece: *data up to *end. */
static __always_inline void load_head(struct hyp_frame *frame, __u32 wanted, const void **data,
				      const void **end)
{
	*data = (const void *)(long)frame->data;
	*end = (const void *)(long)frame->data_end;
	if (*data + wanted <= *end || frame->len <= *end - *data)
		return;
	bpf_skb_pull_data(frame, frame->len < wanted ? frame->len : wanted);
	*data = (const void *)(long)frame->data;
	*end = (const void *)(long)frame->data_end;
}

/* 0, or not when the frame is shorter. */
static __always_inline int load_bytes(const struct hyp_frame *frame, __u32 offset, void *to,
				      __u32 length)
{
	return bpf_skb_load_bytes(frame, offset, to, length);
}

static __always_inline int store_bytes(struct hyp_frame *frame, __u32 offset, const void *from,
				       __u32 length)
{
	return bpf_skb_store_bytes(frame, offset, from, length, 0);
}

/* Cuts a frame's end off, or appends zero bytes. 0, or not when it cannot be. */
static __always_inline int resize(struct hyp_frame *frame, __u32 length)
{
	return bpf_skb_change_tail(frame, length, 0);
}

/* Adds words to a ones' complement sum that is not folded yet. `size` is a multiple of 4. */
static __always_inline __s64 add_to_sum(const void *words, __u32 size, __s64 sum)
{
	return bpf_csum_diff(NULL, 0, (__be32 *)words, size, (__u32)sum);
}

/* Into the namespace of the VF behind a port. Ends the walk. */
static __always_inline int hand_over(struct hyp_frame *frame, __u32 port)
{
	/* The representor took it for somebody else's, and the receiver's stack would believe that. (From
	 * 6.16 on bpf_redirect_peer does away with it.) */
	if (frame->pkt_type != PACKET_HOST)
		bpf_skb_change_type(frame, PACKET_HOST);
	return bpf_redirect_peer(port, 0);
}

/* A copy to a port. 0, or not when there was no memory for it. */
static __always_inline int copy_to_port(struct hyp_frame *frame, __u32 port)
{
	return bpf_clone_redirect(frame, port, 0);
}

/* Back to where it came from. Ends the walk. */
static __always_inline int send_back(struct hyp_frame *frame)
{
	return bpf_redirect(frame->ifindex, 0);
}

/* Nobody asks: the counters say it. */
static __always_inline void note_drop(struct hyp_frame *frame, __u32 endpoint, __u32 reason)
{
	(void)frame;
	(void)endpoint;
	(void)reason;
}

/* Rates are this program's own. */
static __always_inline int polices_rates(void)
{
	return 1;
}

/* Whether packets of a network can be sent to a VTEP. */
static __always_inline int has_tunnel(__u32 network, __u32 vtep)
{
	(void)network;
	(void)vtep;
	return 0;
}

#endif
