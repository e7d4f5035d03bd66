/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The walk (native/walk) in the kernel. Runs where the representor of a VF receives (tc, direct
 * action), and hands what passes to the receiver's VF.
 */
#define HYP_BINDING "../bpf/binding.h"

#include "../walk/from_port.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("tc")
int hyp_from_vf(struct __sk_buff *skb)
{
	struct packet packet = {};

	return from_port(skb, &packet);
}
