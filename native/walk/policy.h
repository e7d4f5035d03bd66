/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * May this endpoint open a connection to that one. Both sides are asked: the egress of who opens it
 * and the ingress of the other.
 *
 * A row that is deleted while it is read may, once, give the answer of the row that took its memory:
 * the kernel reuses elements of a hash at once. What is decided so is remembered under a generation
 * that the same change makes stale, so it lasts for one packet.
 */
#ifndef HYPERION_WALK_POLICY_H
#define HYPERION_WALK_POLICY_H

#include "event.h"
#include "parse.h"
#include "remote.h"

#define HYP_PREFIX_LENGTH_MAX 16

struct decision {
	__u32 rule;
	__u8 verdict;
	__u8 flags;
};

/* The entry of one identity. 1: found. */
static __always_inline int find_entry(struct hyp_policy_key *key, __u32 prefix_lengths,
				      __u16 service, struct decision *decision)
{
	for (int length = HYP_PREFIX_LENGTH_MAX; length >= 0; length--) {
		const struct hyp_policy_value *value;

		if (!(prefix_lengths & 1u << length))
			continue;
		key->port = service & (__u16)(0xffff0000u >> length);
		key->prefix_length = length;
		value = policy_row(key);
		if (value) {
			decision->rule = value->rule;
			decision->verdict = value->verdict;
			decision->flags = value->flags;
			return 1;
		}
	}
	return 0;
}

/* What the policy of an endpoint says of one remote identity. */
static __noinline int look_up(const struct packet *packet, __u32 direction,
			      const struct hyp_endpoint_value *endpoint, __u32 identity,
			      struct decision *decision)
{
	__u32 prefix_lengths = direction == HYP_EGRESS ? endpoint->prefix_lengths[HYP_EGRESS]
						       : endpoint->prefix_lengths[HYP_INGRESS];
	__u32 denies = direction == HYP_EGRESS ? HYP_ENDPOINT_EGRESS_DENY : HYP_ENDPOINT_INGRESS_DENY;
	struct hyp_policy_key key = {
		.policy = endpoint->policy,
		.identity = identity,
		.protocol = policy_protocol(packet),
		.direction = direction,
	};

	if (prefix_lengths != 0) {
		if (find_entry(&key, prefix_lengths, packet->service, decision))
			return 0;
		key.identity = HYP_IDENTITY_ANY;
		if (find_entry(&key, prefix_lengths, packet->service, decision))
			return 0;
	}
	decision->rule = HYP_RULE_POSTURE;
	decision->verdict = endpoint->flags & denies ? HYP_VERDICT_DENY : HYP_VERDICT_ALLOW;
	decision->flags = 0;
	return 0;
}

/* One side's verdict, counted and, where asked for, reported. 1: passes. */
static __noinline int side_allows(struct packet *packet, __u32 direction,
				  const struct hyp_endpoint_value *endpoint, __u32 identity,
				  const __u32 *who /* the endpoint, its peer */)
{
	__u32 reason = HYP_REASON_NONE;
	struct decision decision;

	look_up(packet, direction, endpoint, identity, &decision);
	count_rule(endpoint->policy, decision.rule, direction, packet->bytes);
	packet->direction = direction;
	packet->policy = endpoint->policy;
	packet->rule = decision.rule;
	packet->culprit = who[0];
	packet->logged = 0;
	if (decision.verdict != HYP_VERDICT_ALLOW)
		reason = direction == HYP_EGRESS ? HYP_REASON_POLICY_EGRESS
						 : HYP_REASON_POLICY_INGRESS;
	if (endpoint->mode == HYP_MODE_LEARN && !packet->again)
		report(packet, HYP_EVENT_FLOW, reason, who[0], who[1]);
	if (reason == HYP_REASON_NONE) {
		if (decision.flags & HYP_POLICY_LOG)
			report(packet, HYP_EVENT_LOG, HYP_REASON_NONE, who[0], who[1]);
		return 1;
	}
	if (endpoint->mode >= HYP_MODE_AUDIT || decision.flags & HYP_POLICY_AUDIT) {
		report(packet, HYP_EVENT_AUDIT, reason, who[0], who[1]);
		return 1;
	}
	packet->logged = decision.flags & HYP_POLICY_LOG ? 1 : 0;
	return 0;
}

/*
 * Decides packet->service from `initiator` to `responder`. NONE, or the reason; packet->culprit is
 * then the endpoint whose policy it was. A remote's own policy is asked on its node. `reversed`: the packet travels from responder to initiator.
 */
HYP_VERIFIED_ALONE int decide(struct packet *packet, const struct hyp_endpoint_value *initiator,
		      const struct hyp_endpoint_value *responder, __u32 reversed)
{
	__u32 who[2];

	if (!packet || !initiator || !responder)
		return HYP_REASON_MALFORMED;
	who[0] = reversed ? packet->receiver : packet->sender;
	who[1] = reversed ? packet->sender : packet->receiver;
	if (!is_remote(who[0]) &&
	    !side_allows(packet, HYP_EGRESS, initiator, responder->identity, who))
		return HYP_REASON_POLICY_EGRESS;
	who[0] = reversed ? packet->sender : packet->receiver;
	who[1] = reversed ? packet->receiver : packet->sender;
	if (!is_remote(who[0]) &&
	    !side_allows(packet, HYP_INGRESS, responder, initiator->identity, who))
		return HYP_REASON_POLICY_INGRESS;
	packet->direction = 0;
	packet->policy = 0;
	packet->rule = 0;
	return HYP_REASON_NONE;
}

#endif
