/* SPDX-License-Identifier: Apache-2.0 */
/* Soft VFs: veth pairs. */
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "name.h"
#include "netlink.h"

unsigned int if_nametoindex(const char *name); /* <net/if.h> clashes with <linux/if.h> */

/* A VF has one queue each way: veth would otherwise make one per possible CPU, of which it uses
 * one, and on a 128-core host those that idle cost 100 KiB a pair. */
#define VF_QUEUES 1

static void put_end(struct nlmsghdr *request, const char *name, uint32_t mtu)
{
	mnl_attr_put_strz(request, IFLA_IFNAME, name);
	mnl_attr_put_u32(request, IFLA_MTU, mtu);
	mnl_attr_put_u32(request, IFLA_NUM_TX_QUEUES, VF_QUEUES);
	mnl_attr_put_u32(request, IFLA_NUM_RX_QUEUES, VF_QUEUES);
}

/* Both ends in one message, so that one hold of RTNL makes a pair or nothing. */
static int create_pair(struct mnl_socket *socket, const char *vf, const char *representor,
		       uint32_t mtu, struct hyp_error *error)
{
	char buffer[NETLINK_REQUEST_BYTES];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct ifinfomsg *link;
	struct nlattr *info, *data, *peer;

	request->nlmsg_type = RTM_NEWLINK;
	request->nlmsg_flags = NLM_F_CREATE | NLM_F_EXCL;
	link = mnl_nlmsg_put_extra_header(request, sizeof(*link));
	link->ifi_family = AF_UNSPEC;
	put_end(request, representor, mtu);
	info = mnl_attr_nest_start(request, IFLA_LINKINFO);
	mnl_attr_put_strz(request, IFLA_INFO_KIND, "veth");
	data = mnl_attr_nest_start(request, IFLA_INFO_DATA);
	peer = mnl_attr_nest_start(request, VETH_INFO_PEER);
	mnl_nlmsg_put_extra_header(request, sizeof(struct ifinfomsg));
	put_end(request, vf, mtu);
	mnl_attr_nest_end(request, peer);
	mnl_attr_nest_end(request, data);
	mnl_attr_nest_end(request, info);
	return netlink_ask(socket, request, NULL, NULL, error);
}

/* Sets the representor up. `without_address`: the kernel shall give it no IPv6 address of its own. */
static int set_up(struct mnl_socket *socket, uint32_t port, bool without_address,
		  struct hyp_error *error)
{
	char buffer[NETLINK_REQUEST_BYTES];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct ifinfomsg *link;

	request->nlmsg_type = RTM_SETLINK;
	link = mnl_nlmsg_put_extra_header(request, sizeof(*link));
	link->ifi_family = AF_UNSPEC;
	link->ifi_index = (int)port;
	link->ifi_flags = IFF_UP;
	link->ifi_change = IFF_UP;
	if (without_address) {
		struct nlattr *families = mnl_attr_nest_start(request, IFLA_AF_SPEC);
		struct nlattr *inet6 = mnl_attr_nest_start(request, AF_INET6);

		mnl_attr_put_u8(request, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
		mnl_attr_nest_end(request, inet6);
		mnl_attr_nest_end(request, families);
	}
	return netlink_ask(socket, request, NULL, NULL, error);
}

/*
 * Keeps the host's own IPv6 off the representor: without this a forwarding host reports its router
 * groups (MLD) into the container. Best effort: /proc/sys is read-only in some sandboxes, and a
 * report tells the container nothing it may not know. Cannot replace IN6_ADDR_GEN_MODE_NONE, as a
 * write to conf/all/disable_ipv6 undoes it.
 */
static void disable_ipv6(const char *representor)
{
	char path[sizeof("/proc/sys/net/ipv6/conf//disable_ipv6") + HYP_NAME_MAX];
	int descriptor;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/disable_ipv6", representor);
	descriptor = open(path, O_WRONLY | O_CLOEXEC);
	if (descriptor < 0)
		return;
	(void)!write(descriptor, "1", 1);
	close(descriptor);
}

/*
 * What the kernel takes only for a device that exists. The VF is down until it is in its container,
 * so the representor has no carrier and sends nothing before this takes hold.
 */
static int set_representor_up(struct mnl_socket *socket, const char *representor, uint32_t port,
			      struct hyp_error *error)
{
	int code;

	disable_ipv6(representor);
	code = set_up(socket, port, true, error);
	if (code == -EAFNOSUPPORT) /* no IPv6 in this kernel, or an MTU below IPv6's least */
		code = set_up(socket, port, false, error);
	return code;
}

int hyp_host_vf_create(const char *vf, const char *representor, uint32_t mtu, uint32_t *port,
		       struct hyp_error *error)
{
	struct mnl_socket *socket;
	uint32_t index;
	int code;

	if (!name_is_valid(vf) || !name_is_valid(representor))
		return netlink_fail(error, EINVAL, NAME_RULE);
	socket = netlink_open(error);
	if (socket == NULL)
		return -errno;
	code = create_pair(socket, vf, representor, mtu, error);
	if (code != 0)
		goto close;
	index = if_nametoindex(representor);
	if (index == 0) {
		code = netlink_fail(error, errno, NULL);
		goto undo;
	}
	code = set_representor_up(socket, representor, index, error);
	if (code == 0) {
		*port = index;
		goto close;
	}
undo:
	/* Best effort: the first failure is the one to report. */
	(void)hyp_host_link_delete(representor, NULL);
close:
	mnl_socket_close(socket);
	return code;
}
