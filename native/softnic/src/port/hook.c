/* SPDX-License-Identifier: Apache-2.0 */
#include "hook.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include <libmnl/libmnl.h>

#define PRIORITY 1
/* A filter's handle says whether the qdisc under it is ours, to whoever takes it over too. */
#define HANDLE_QDISC_MADE 1
#define HANDLE_QDISC_FOUND 2

#define INGRESS TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS)
#define EGRESS TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS)

/* Netlink addresses between the largest process id, which sockets get by default, and the negative ones
 * that they get when that is taken. */
#define ADDRESS_BASE 0x50000000u

#define MESSAGE_BYTES 512
#define ANSWER_BYTES 16384

/* What is on the hook already. */
struct survey {
	const struct hook *hook;
	uint32_t parent;   /* being read; 0: qdiscs */
	uint32_t handles[2]; /* of our filters: ingress, egress; 0: none */
	bool foreign;
};

static struct tcmsg *begin(const struct hook *hook, void *buffer, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);
	struct tcmsg *message;

	header->nlmsg_type = type;
	header->nlmsg_flags = NLM_F_REQUEST | flags;
	message = mnl_nlmsg_put_extra_header(header, sizeof(*message));
	message->tcm_family = AF_UNSPEC;
	message->tcm_ifindex = (int)hook->index;
	return message;
}

/* Sends a request and reads its answers to the end. */
static int ask(const struct hook *hook, const struct nlmsghdr *header, mnl_cb_t callback, void *data)
{
	_Alignas(struct nlmsghdr) char answer[ANSWER_BYTES];
	int result = MNL_CB_OK;

	if (mnl_socket_sendto(hook->netlink, header, header->nlmsg_len) < 0)
		return -errno;
	while (result == MNL_CB_OK) {
		ssize_t length = mnl_socket_recvfrom(hook->netlink, answer, sizeof(answer));

		if (length < 0 && errno == EINTR)
			continue;
		if (length < 0)
			return -errno;
		result = mnl_cb_run(answer, (size_t)length, 0, mnl_socket_get_portid(hook->netlink),
				    callback, data);
	}
	return result == MNL_CB_STOP ? 0 : -errno;
}

static int qdisc(const struct hook *hook, uint16_t type, uint16_t flags)
{
	_Alignas(struct nlmsghdr) char buffer[MESSAGE_BYTES];
	struct tcmsg *message = begin(hook, buffer, type, flags | NLM_F_ACK);

	message->tcm_parent = TC_H_CLSACT;
	message->tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0);
	mnl_attr_put_strz((struct nlmsghdr *)buffer, TCA_KIND, "clsact");
	return ask(hook, (struct nlmsghdr *)buffer, NULL, NULL);
}

/* Puts a filter on, in one step over the one of the same handle. */
static int filter_put(const struct hook *hook, uint32_t parent, uint32_t handle, int program,
		      const char *name)
{
	_Alignas(struct nlmsghdr) char buffer[MESSAGE_BYTES];
	struct tcmsg *message = begin(hook, buffer, RTM_NEWTFILTER, NLM_F_CREATE | NLM_F_ACK);
	struct nlmsghdr *header = (struct nlmsghdr *)buffer;
	struct nlattr *options;

	message->tcm_parent = parent;
	message->tcm_handle = handle;
	message->tcm_info = TC_H_MAKE(PRIORITY << 16, htons(ETH_P_ALL));
	mnl_attr_put_strz(header, TCA_KIND, "bpf");
	options = mnl_attr_nest_start(header, TCA_OPTIONS);
	mnl_attr_put_u32(header, TCA_BPF_FD, (uint32_t)program);
	mnl_attr_put_strz(header, TCA_BPF_NAME, name);
	mnl_attr_put_u32(header, TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT);
	mnl_attr_nest_end(header, options);
	return ask(hook, header, NULL, NULL);
}

static void filter_remove(const struct hook *hook, uint32_t parent, uint32_t handle)
{
	_Alignas(struct nlmsghdr) char buffer[MESSAGE_BYTES];
	struct tcmsg *message = begin(hook, buffer, RTM_DELTFILTER, NLM_F_ACK);

	message->tcm_parent = parent;
	message->tcm_handle = handle;
	message->tcm_info = TC_H_MAKE(PRIORITY << 16, htons(ETH_P_ALL));
	mnl_attr_put_strz((struct nlmsghdr *)buffer, TCA_KIND, "bpf");
	(void)ask(hook, (struct nlmsghdr *)buffer, NULL, NULL);
}

struct attributes {
	const char *kind, *name;
};

static int read_option(const struct nlattr *attribute, void *data)
{
	struct attributes *attributes = data;

	if (mnl_attr_get_type(attribute) == TCA_BPF_NAME)
		attributes->name = mnl_attr_get_str(attribute);
	return MNL_CB_OK;
}

static int read_attribute(const struct nlattr *attribute, void *data)
{
	struct attributes *attributes = data;

	if (mnl_attr_get_type(attribute) == TCA_KIND)
		attributes->kind = mnl_attr_get_str(attribute);
	/* Of other kinds the numbers mean something else; the kind comes first. */
	else if (mnl_attr_get_type(attribute) == TCA_OPTIONS && attributes->kind &&
		 strcmp(attributes->kind, "bpf") == 0)
		mnl_attr_parse_nested(attribute, read_option, attributes);
	return MNL_CB_OK;
}

static int read_message(const struct nlmsghdr *header, void *data)
{
	const struct tcmsg *message = mnl_nlmsg_get_payload(header);
	struct survey *survey = data;
	struct attributes attributes = { 0 };
	bool egress = survey->parent == EGRESS;

	if (message->tcm_ifindex != (int)survey->hook->index)
		return MNL_CB_OK;
	mnl_attr_parse(header, sizeof(*message), read_attribute, &attributes);
	if (header->nlmsg_type == RTM_NEWQDISC) {
		if (message->tcm_parent == TC_H_CLSACT && attributes.kind &&
		    strcmp(attributes.kind, "clsact") != 0)
			survey->foreign = true;
		return MNL_CB_OK;
	}
	if (message->tcm_handle == 0) /* announces a priority, not a filter */
		return MNL_CB_OK;
	if (TC_H_MAJ(message->tcm_info) >> 16 == PRIORITY && message->tcm_handle <= HANDLE_QDISC_FOUND &&
	    attributes.name &&
	    strcmp(attributes.name, egress ? PROGRAM_EGRESS : PROGRAM_INGRESS) == 0)
		survey->handles[egress] = message->tcm_handle;
	else
		survey->foreign = true;
	return MNL_CB_OK;
}

static int look(struct survey *survey, uint16_t type, uint32_t parent)
{
	_Alignas(struct nlmsghdr) char buffer[MESSAGE_BYTES];
	struct tcmsg *message = begin(survey->hook, buffer, type, NLM_F_DUMP);

	message->tcm_parent = parent;
	survey->parent = parent;
	return ask(survey->hook, (struct nlmsghdr *)buffer, read_message, survey);
}

static int look_round(const struct hook *hook, struct survey *survey)
{
	int result;

	memset(survey, 0, sizeof(*survey));
	survey->hook = hook;
	result = look(survey, RTM_GETQDISC, 0);
	if (result == 0 && !survey->foreign)
		result = look(survey, RTM_GETTFILTER, INGRESS);
	if (result == 0 && !survey->foreign)
		result = look(survey, RTM_GETTFILTER, EGRESS);
	return result;
}

/* The lock: no two sockets of a namespace have one address. */
static int claim(struct hook *hook)
{
	hook->netlink = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!hook->netlink)
		return -errno;
	if (mnl_socket_bind(hook->netlink, 0, (pid_t)(ADDRESS_BASE + hook->index)) == 0)
		return 0;
	return errno == EADDRINUSE ? -EBUSY : -errno;
}

/* The clsact qdisc, made or found; *handle is that of our filters. */
static int prepare(struct hook *hook, uint32_t *handle)
{
	struct survey survey;
	int result = qdisc(hook, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL);

	hook->qdisc_made = result == 0;
	if (result == -EEXIST) {
		result = look_round(hook, &survey);
		if (result == 0 && survey.foreign)
			result = -EBUSY;
		if (result == 0)
			hook->qdisc_made = survey.handles[0] == HANDLE_QDISC_MADE ||
					   survey.handles[1] == HANDLE_QDISC_MADE;
	}
	*handle = hook->qdisc_made ? HANDLE_QDISC_MADE : HANDLE_QDISC_FOUND;
	return result;
}

int hook_open(struct hook *hook, uint32_t index, const struct programs *programs)
{
	uint32_t handle;
	int result;

	memset(hook, 0, sizeof(*hook));
	hook->index = index;
	result = claim(hook);
	if (result == 0)
		result = prepare(hook, &handle);
	if (result != 0) {
		if (hook->netlink)
			mnl_socket_close(hook->netlink);
		return result;
	}
	result = filter_put(hook, INGRESS, handle, programs->ingress, PROGRAM_INGRESS);
	if (result == 0)
		result = filter_put(hook, EGRESS, handle, programs->egress, PROGRAM_EGRESS);
	if (result != 0)
		hook_close(hook, false);
	return result;
}

void hook_close(struct hook *hook, bool device_gone)
{
	uint32_t handle = hook->qdisc_made ? HANDLE_QDISC_MADE : HANDLE_QDISC_FOUND;
	struct survey survey;

	if (!device_gone) {
		filter_remove(hook, EGRESS, handle);
		filter_remove(hook, INGRESS, handle);
		/* Somebody may have put filters on our qdisc since; then it is theirs. */
		if (hook->qdisc_made && look_round(hook, &survey) == 0 && !survey.foreign)
			(void)qdisc(hook, RTM_DELQDISC, 0);
	}
	mnl_socket_close(hook->netlink);
	hook->netlink = NULL;
}
