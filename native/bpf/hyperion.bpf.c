/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The walk (native/walk) in the kernel (tc, direct action). Runs where the representor of a VF
 * receives, and hands what passes to the receiver's VF; and where the host's end of a gateway's veth
 * receives and sends, and lets what passes go on.
 */
#define HYP_BINDING "../bpf/binding.h"

#include "../walk/from_port.h"
#include "../walk/gateway.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("tc")
int hyp_from_vf(struct __sk_buff *skb)
{
	struct packet packet = {};

	return from_port(skb, &packet);
}

/* From a container to the outside: the host receives it. */
SEC("tc")
int hyp_gateway_out(struct __sk_buff *skb)
{
	struct packet packet = {};

	return through_gateway(skb, &packet, HYP_EGRESS);
}

/* From the outside to a container: the host sends it. */
SEC("tc")
int hyp_gateway_in(struct __sk_buff *skb)
{
	struct packet packet = {};

	return through_gateway(skb, &packet, HYP_INGRESS);
}
