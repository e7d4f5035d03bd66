/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The programs on a netdev that is a port. A frame for the kernel is sent out of the device with a mark
 * and turned round before it leaves: the kernel finds its type and its kind of destination anew, as for
 * every frame that the device receives.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_helpers.h>

#include "softnic.h"

/* Packet sockets are served before this hook, so softnic has seen the frame. */
SEC("tc")
int SOFTNIC_INGRESS(struct __sk_buff *skb)
{
	if (skb->mark != SOFTNIC_MARK)
		return TC_ACT_SHOT;
	skb->mark = 0; /* nothing for the rules of the host to see */
	return TC_ACT_OK;
}

SEC("tc")
int SOFTNIC_EGRESS(struct __sk_buff *skb)
{
	if (skb->mark != SOFTNIC_MARK)
		return TC_ACT_OK;
	return bpf_redirect(skb->ifindex, BPF_F_INGRESS);
}

char softnic_license[] SEC("license") = "Dual BSD/GPL";
