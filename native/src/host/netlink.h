/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One rtnetlink conversation: open, ask, read the answer, close. A socket belongs to the thread
 * that opened it, and to the network namespace that thread was in.
 */
#ifndef HYPERION_HOST_NETLINK_H
#define HYPERION_HOST_NETLINK_H

#include <hyperion/host.h>
#include <libmnl/libmnl.h>

/* A kernel that holds RTNL longer than this for one request is stuck; the caller gets -ETIMEDOUT. */
#define NETLINK_TIMEOUT_S 10

/* Room for one request: a link message with a nested peer is under 300 bytes. */
#define NETLINK_REQUEST_BYTES 1024

/* The largest datagram the kernel packs a dump into (NLMSG_GOODSIZE of the reader's own buffer). */
#define NETLINK_DATAGRAM_BYTES 32768

/* How often a dump is begun again when what it lists came or went meanwhile. */
#define NETLINK_DUMP_ATTEMPTS 16

/* Why a request failed, for *error (may be NULL): `why`, else the text of `code`, a positive errno.
 * The caller knows the device and what it asked for. Returns -code. */
int netlink_fail(struct hyp_error *error, int code, const char *why);

/* Opens a socket with extended acks and a receive deadline. NULL with *error and errno on failure. */
struct mnl_socket *netlink_open(struct hyp_error *error);

/*
 * Sends the request and reads to its end: the acknowledgement, or the last part of a dump. `row`
 * (may be NULL) gets every message that is not an acknowledgement and returns MNL_CB_OK.
 * 0, or -errno with the kernel's own sentence in *error where it gave one. -EINTR: a dump was cut by
 * a change; ask again.
 */
int netlink_ask(struct mnl_socket *socket, struct nlmsghdr *request, mnl_cb_t row, void *data,
		struct hyp_error *error);

/* The same on a socket of its own. */
int netlink_ask_once(struct nlmsghdr *request, mnl_cb_t row, void *data, struct hyp_error *error);

#endif
