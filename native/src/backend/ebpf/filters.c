/* SPDX-License-Identifier: Apache-2.0 */
#include "filters.h"

#include <errno.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <time.h>

#include <libmnl/libmnl.h>

#define ANSWER_BYTES 16384

struct reading {
	struct filters *filters;
	uint32_t port;
	uint32_t parent; /* of the filters being read; 0: qdiscs */
};

static int read_option(const struct nlattr *attribute, void *data)
{
	if (mnl_attr_get_type(attribute) == TCA_BPF_ID &&
	    mnl_attr_get_payload_len(attribute) >= sizeof(uint32_t))
		*(uint32_t *)data = mnl_attr_get_u32(attribute);
	return MNL_CB_OK;
}

struct attributes {
	const char *kind;
	const struct nlattr *options;
};

static int read_attribute(const struct nlattr *attribute, void *data)
{
	struct attributes *attributes = data;

	if (mnl_attr_get_type(attribute) == TCA_KIND)
		attributes->kind = mnl_attr_get_str(attribute);
	else if (mnl_attr_get_type(attribute) == TCA_OPTIONS)
		attributes->options = attribute;
	return MNL_CB_OK;
}

static void add_filter(struct reading *reading, const struct tcmsg *message,
		       const struct attributes *attributes)
{
	struct filter_side *side = reading->parent == TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS)
					   ? &reading->filters->egress
					   : &reading->filters->ingress;
	struct filter *filter = &side->filter[side->count];

	if (message->tcm_handle == 0) /* announces a priority, not a filter */
		return;
	if (side->count == FILTERS_MAX) {
		side->more = 1;
		return;
	}
	filter->handle = message->tcm_handle;
	filter->priority = TC_H_MAJ(message->tcm_info) >> 16;
	filter->program = 0;
	if (attributes->kind && strcmp(attributes->kind, "bpf") == 0 && attributes->options)
		mnl_attr_parse_nested(attributes->options, read_option, &filter->program);
	side->count++;
}

static int read_message(const struct nlmsghdr *header, void *data)
{
	const struct tcmsg *message = mnl_nlmsg_get_payload(header);
	struct attributes attributes = { 0 };
	struct reading *reading = data;

	if (message->tcm_ifindex != (int)reading->port)
		return MNL_CB_OK;
	mnl_attr_parse(header, sizeof(*message), read_attribute, &attributes);
	if (header->nlmsg_type == RTM_NEWTFILTER)
		add_filter(reading, message, &attributes);
	else if (message->tcm_parent == TC_H_INGRESS && attributes.kind &&
		 strcmp(attributes.kind, "clsact") != 0)
		reading->filters->foreign_qdisc = 1;
	return MNL_CB_OK;
}

/* Asks for a dump and reads it to its end. */
static int ask(struct mnl_socket *socket, uint16_t type, struct reading *reading)
{
	_Alignas(struct nlmsghdr) char buffer[ANSWER_BYTES];
	struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);
	uint32_t sequence = (uint32_t)time(NULL);
	struct tcmsg *message;
	ssize_t length;
	int result;

	header->nlmsg_type = type;
	header->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	header->nlmsg_seq = sequence;
	message = mnl_nlmsg_put_extra_header(header, sizeof(*message));
	message->tcm_family = AF_UNSPEC;
	message->tcm_ifindex = (int)reading->port;
	message->tcm_parent = reading->parent;
	if (mnl_socket_sendto(socket, header, header->nlmsg_len) < 0)
		return -errno;
	do {
		length = mnl_socket_recvfrom(socket, buffer, sizeof(buffer));
		if (length < 0)
			return -errno;
		result = mnl_cb_run(buffer, (size_t)length, sequence, mnl_socket_get_portid(socket),
				    read_message, reading);
	} while (result == MNL_CB_OK);
	return result == MNL_CB_STOP ? 0 : -errno;
}

int filters_read(uint32_t port, struct filters *filters)
{
	struct reading reading = { .filters = filters, .port = port };
	struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	int result = 0;

	memset(filters, 0, sizeof(*filters));
	if (!socket)
		return -errno;
	if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) != 0)
		result = -errno;
	if (result == 0)
		result = ask(socket, RTM_GETQDISC, &reading);
	reading.parent = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS);
	if (result == 0)
		result = ask(socket, RTM_GETTFILTER, &reading);
	reading.parent = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS);
	if (result == 0)
		result = ask(socket, RTM_GETTFILTER, &reading);
	mnl_socket_close(socket);
	return result;
}
