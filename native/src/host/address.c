/* SPDX-License-Identifier: Apache-2.0 */
/* The addresses of this machine, those for broadcast too, in the network namespace of the calling thread. */
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "netlink.h"

#define IPV4_BYTES 4
#define MAPPED_PREFIX_BYTES 12

struct listing {
	struct hyp_host_address *addresses;
	uint32_t capacity;
	uint32_t count;
};

struct attributes {
	const struct nlattr *local;
	const struct nlattr *address;
	const struct nlattr *broadcast;
};

static int read_attribute(const struct nlattr *attribute, void *data)
{
	struct attributes *found = data;

	if (mnl_attr_get_type(attribute) == IFA_LOCAL)
		found->local = attribute;
	else if (mnl_attr_get_type(attribute) == IFA_ADDRESS)
		found->address = attribute;
	else if (mnl_attr_get_type(attribute) == IFA_BROADCAST)
		found->broadcast = attribute;
	return MNL_CB_OK;
}

/* IPv4 as ::ffff:a.b.c.d. False for what is neither. */
static bool to_address(const struct nlattr *attribute, struct hyp_host_address *address)
{
	static const uint8_t mapped[MAPPED_PREFIX_BYTES] = {[10] = 0xff, [11] = 0xff};
	size_t bytes = mnl_attr_get_payload_len(attribute);

	if (bytes == sizeof(address->address)) {
		memcpy(address->address, mnl_attr_get_payload(attribute), bytes);
		return true;
	}
	memcpy(address->address, mapped, sizeof(mapped));
	memcpy(address->address + sizeof(mapped), mnl_attr_get_payload(attribute),
	       bytes < IPV4_BYTES ? bytes : IPV4_BYTES);
	return bytes == IPV4_BYTES;
}

static void list_address(struct listing *listing, const struct nlattr *attribute)
{
	struct hyp_host_address address;

	if (attribute == NULL || !to_address(attribute, &address))
		return;
	if (listing->count < listing->capacity)
		listing->addresses[listing->count] = address;
	listing->count++;
}

static int take_address(const struct nlmsghdr *message, void *data)
{
	struct listing *listing = data;
	struct attributes found = {0};

	if (message->nlmsg_type != RTM_NEWADDR ||
	    mnl_nlmsg_get_payload_len(message) < sizeof(struct ifaddrmsg))
		return MNL_CB_OK;
	mnl_attr_parse(message, sizeof(struct ifaddrmsg), read_attribute, &found);
	/* Where both are there, IFA_ADDRESS is the other end of the line. */
	list_address(listing, found.local != NULL ? found.local : found.address);
	list_address(listing, found.broadcast);
	return MNL_CB_OK;
}

int hyp_host_addresses(struct hyp_host_address *addresses, uint32_t capacity, struct hyp_error *error)
{
	struct listing listing = {.addresses = addresses, .capacity = capacity};
	int code = -EINTR;

	for (int attempt = 0; attempt < NETLINK_DUMP_ATTEMPTS && code == -EINTR; attempt++) {
		char buffer[NETLINK_REQUEST_BYTES];
		struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
		struct ifaddrmsg *header;

		request->nlmsg_type = RTM_GETADDR;
		request->nlmsg_flags = NLM_F_DUMP;
		header = mnl_nlmsg_put_extra_header(request, sizeof(*header));
		header->ifa_family = AF_UNSPEC;
		listing.count = 0;
		code = netlink_ask_once(request, take_address, &listing, error);
	}
	return code == 0 ? (int)listing.count : code;
}
