/* SPDX-License-Identifier: Apache-2.0 */
/* Any network device: delete, change, describe, list. */
#include <errno.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "name.h"
#include "netlink.h"

static struct nlmsghdr *begin(char *buffer, uint16_t type, const char *name)
{
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct ifinfomsg *link;

	request->nlmsg_type = type;
	link = mnl_nlmsg_put_extra_header(request, sizeof(*link));
	link->ifi_family = AF_UNSPEC;
	if (name != NULL)
		mnl_attr_put_strz(request, IFLA_IFNAME, name);
	return request;
}

int hyp_host_link_delete(const char *name, struct hyp_error *error)
{
	char buffer[NETLINK_REQUEST_BYTES];
	int code;

	if (!name_is_valid(name))
		return netlink_fail(error, EINVAL, NAME_RULE);
	code = netlink_ask_once(begin(buffer, RTM_DELLINK, name), NULL, NULL, error);
	return code == -ENODEV ? 0 : code;
}

/* Devices on their way out. Two callers at once may delete each other's, which both are there for. */
#define DOOMED_GROUP 0x48595044 /* "HYPD" */

static int set_group(struct mnl_socket *socket, const char *name, uint32_t group,
		     struct hyp_error *error)
{
	char buffer[NETLINK_REQUEST_BYTES];
	struct nlmsghdr *request = begin(buffer, RTM_SETLINK, name);
	int code;

	mnl_attr_put_u32(request, IFLA_GROUP, group);
	code = netlink_ask(socket, request, NULL, NULL, error);
	return code == -ENODEV ? 0 : code;
}

static int set_group_of_all(struct mnl_socket *socket, const char *names, uint32_t count,
			    uint32_t group, struct hyp_error *error)
{
	int code = 0;

	for (uint32_t i = 0; i < count && code == 0; i++) {
		const char *name = names + (size_t)i * HYP_NAME_MAX;

		if (memchr(name, '\0', HYP_NAME_MAX) == NULL || !name_is_valid(name))
			code = netlink_fail(error, EINVAL, NAME_RULE);
		else
			code = set_group(socket, name, group, error);
	}
	return code;
}

int hyp_host_links_delete(const char *names, uint32_t count, struct hyp_error *error)
{
	char buffer[NETLINK_REQUEST_BYTES];
	struct nlmsghdr *request;
	struct mnl_socket *socket = netlink_open(error);
	int code;

	if (socket == NULL)
		return -errno;
	code = set_group_of_all(socket, names, count, DOOMED_GROUP, error);
	if (code == 0) {
		request = begin(buffer, RTM_DELLINK, NULL);
		mnl_attr_put_u32(request, IFLA_GROUP, DOOMED_GROUP);
		code = netlink_ask(socket, request, NULL, NULL, error);
		if (code == -ENODEV) /* none of them was there */
			code = 0;
	}
	/* The kernel deletes a whole group or nothing: one that it refuses must not stay in it. */
	if (code != 0)
		(void)set_group_of_all(socket, names, count, 0, NULL);
	mnl_socket_close(socket);
	return code;
}

int hyp_host_link_set_mtu(const char *name, uint32_t mtu, struct hyp_error *error)
{
	char buffer[NETLINK_REQUEST_BYTES];
	struct nlmsghdr *request;

	if (!name_is_valid(name))
		return netlink_fail(error, EINVAL, NAME_RULE);
	request = begin(buffer, RTM_SETLINK, name);
	mnl_attr_put_u32(request, IFLA_MTU, mtu);
	return netlink_ask_once(request, NULL, NULL, error);
}

int hyp_host_link_set_up(const char *name, uint32_t up, struct hyp_error *error)
{
	char buffer[NETLINK_REQUEST_BYTES];
	struct nlmsghdr *request;
	struct ifinfomsg *link;

	if (!name_is_valid(name))
		return netlink_fail(error, EINVAL, NAME_RULE);
	request = begin(buffer, RTM_SETLINK, name);
	link = mnl_nlmsg_get_payload(request);
	link->ifi_flags = up != 0 ? IFF_UP : 0;
	link->ifi_change = IFF_UP;
	return netlink_ask_once(request, NULL, NULL, error);
}

static void copy_name(char to[HYP_NAME_MAX], const struct nlattr *attribute)
{
	size_t bytes = mnl_attr_get_payload_len(attribute);

	if (bytes >= HYP_NAME_MAX)
		bytes = HYP_NAME_MAX - 1;
	memcpy(to, mnl_attr_get_payload(attribute), bytes);
	to[bytes] = '\0';
}

static int read_info(const struct nlattr *attribute, void *data)
{
	struct hyp_link *link = data;

	if (mnl_attr_get_type(attribute) == IFLA_INFO_KIND)
		copy_name(link->kind, attribute);
	return MNL_CB_OK;
}

static int read_attribute(const struct nlattr *attribute, void *data)
{
	struct hyp_link *link = data;

	switch (mnl_attr_get_type(attribute)) {
	case IFLA_IFNAME:
		copy_name(link->name, attribute);
		break;
	case IFLA_MTU:
		if (mnl_attr_validate(attribute, MNL_TYPE_U32) >= 0)
			link->mtu = mnl_attr_get_u32(attribute);
		break;
	case IFLA_LINK:
		if (mnl_attr_validate(attribute, MNL_TYPE_U32) >= 0)
			link->peer = mnl_attr_get_u32(attribute);
		break;
	case IFLA_MASTER:
		if (mnl_attr_validate(attribute, MNL_TYPE_U32) >= 0)
			link->master = mnl_attr_get_u32(attribute);
		break;
	case IFLA_LINK_NETNSID:
		/* Negative for a namespace on its way out: like none, as it is no name of anything. */
		if (mnl_attr_validate(attribute, MNL_TYPE_U32) >= 0 &&
		    (int32_t)mnl_attr_get_u32(attribute) >= 0)
			link->peer_namespace = mnl_attr_get_u32(attribute);
		break;
	case IFLA_ADDRESS:
		/* Tunnels have addresses of other lengths; those have no MAC. */
		if (mnl_attr_get_payload_len(attribute) == sizeof(link->mac))
			memcpy(link->mac, mnl_attr_get_payload(attribute), sizeof(link->mac));
		break;
	case IFLA_LINKINFO:
		mnl_attr_parse_nested(attribute, read_info, link);
		break;
	default:
		break;
	}
	return MNL_CB_OK;
}

/* False when the message is not a device. */
static bool read_link(const struct nlmsghdr *message, struct hyp_link *link)
{
	const struct ifinfomsg *header = mnl_nlmsg_get_payload(message);

	memset(link, 0, sizeof(*link));
	link->peer_namespace = HYP_NO_NAMESPACE;
	if (message->nlmsg_type != RTM_NEWLINK ||
	    mnl_nlmsg_get_payload_len(message) < sizeof(*header))
		return false;
	link->index = (uint32_t)header->ifi_index;
	link->up = (header->ifi_flags & IFF_UP) != 0;
	link->carrier = (header->ifi_flags & IFF_LOWER_UP) != 0;
	mnl_attr_parse(message, sizeof(*header), read_attribute, link);
	return true;
}

static int take_link(const struct nlmsghdr *message, void *data)
{
	read_link(message, data);
	return MNL_CB_OK;
}

int hyp_host_link(const char *name, struct hyp_link *link, struct hyp_error *error)
{
	char buffer[NETLINK_REQUEST_BYTES];
	struct nlmsghdr *request;

	if (!name_is_valid(name))
		return netlink_fail(error, EINVAL, NAME_RULE);
	memset(link, 0, sizeof(*link));
	request = begin(buffer, RTM_GETLINK, name);
	/* Statistics are the larger part of a link message, and nobody here reads them. */
	mnl_attr_put_u32(request, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	return netlink_ask_once(request, take_link, link, error);
}

struct listing {
	const char *prefix;
	size_t prefix_length;
	struct hyp_link *links;
	uint32_t capacity;
	uint32_t count;
};

static int take_listed(const struct nlmsghdr *message, void *data)
{
	struct listing *listing = data;
	struct hyp_link link;

	if (!read_link(message, &link) ||
	    strncmp(link.name, listing->prefix, listing->prefix_length) != 0)
		return MNL_CB_OK;
	if (listing->count < listing->capacity)
		listing->links[listing->count] = link;
	listing->count++;
	return MNL_CB_OK;
}

int hyp_host_links(const char *prefix, struct hyp_link *links, uint32_t capacity,
		   struct hyp_error *error)
{
	struct listing listing = {
		.prefix = prefix,
		.prefix_length = strlen(prefix),
		.links = links,
		.capacity = capacity,
	};
	int code = -EINTR;

	for (int attempt = 0; attempt < NETLINK_DUMP_ATTEMPTS && code == -EINTR; attempt++) {
		char buffer[NETLINK_REQUEST_BYTES];
		struct nlmsghdr *request = begin(buffer, RTM_GETLINK, NULL);

		request->nlmsg_flags = NLM_F_DUMP;
		mnl_attr_put_u32(request, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
		listing.count = 0;
		code = netlink_ask_once(request, take_listed, &listing, error);
	}
	return code == 0 ? (int)listing.count : code;
}
