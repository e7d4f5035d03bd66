/* SPDX-License-Identifier: Apache-2.0 */
#include "netlink.h"

#include <abi/error.h>
#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

int netlink_fail(struct hyp_error *error, int code, const char *why)
{
	/* strerrordesc_np is the thread-safe strerror, and ignores the locale. */
	if (why == NULL || why[0] == '\0')
		why = strerrordesc_np(code);
	return hyp_fail(error, -code, "%s", why != NULL ? why : "unknown error");
}

struct mnl_socket *netlink_open(struct hyp_error *error)
{
	const struct timeval deadline = {.tv_sec = NETLINK_TIMEOUT_S};
	int on = 1;
	struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);

	if (socket == NULL)
		goto fail;
	if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0)
		goto fail;
	if (setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_RCVTIMEO, &deadline,
		       sizeof(deadline)) < 0)
		goto fail;
	/* Sentences instead of bare errno, and no copy of the request in the answer. */
	if (mnl_socket_setsockopt(socket, NETLINK_EXT_ACK, &on, sizeof(on)) < 0)
		goto fail;
	if (mnl_socket_setsockopt(socket, NETLINK_CAP_ACK, &on, sizeof(on)) < 0)
		goto fail;
	return socket;

fail: {
	int code = errno;

	netlink_fail(error, code, NULL);
	if (socket != NULL)
		mnl_socket_close(socket);
	errno = code;
	return NULL;
}
}

static int take_sentence(const struct nlattr *attribute, void *data)
{
	const char **sentence = data;

	if (mnl_attr_get_type(attribute) == NLMSGERR_ATTR_MSG &&
	    mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) >= 0)
		*sentence = mnl_attr_get_str(attribute);
	return MNL_CB_OK;
}

/* The answer of an acknowledgement or of the end of a dump: 0 or a positive errno, and the sentence. */
static int outcome(const struct nlmsghdr *message, const char **sentence)
{
	size_t fixed = message->nlmsg_type == NLMSG_ERROR ? sizeof(struct nlmsgerr) : sizeof(int);
	int code = 0;

	if (mnl_nlmsg_get_payload_len(message) < fixed)
		return message->nlmsg_type == NLMSG_ERROR ? EBADMSG : 0;
	/* nlmsgerr begins with the same int as the payload of NLMSG_DONE: a negative errno. */
	memcpy(&code, mnl_nlmsg_get_payload(message), sizeof(code));
	if (message->nlmsg_flags & NLM_F_ACK_TLVS)
		mnl_attr_parse(message, (unsigned int)fixed, take_sentence, sentence);
	return -code;
}

struct answer {
	mnl_cb_t row;
	void *data;
	bool interrupted;
	bool ended;
	int code;
	const char *sentence;
};

/* Reads the messages of one datagram into *answer. */
static void read_datagram(const void *buffer, size_t bytes, unsigned int sequence,
			  unsigned int port, struct answer *answer)
{
	int left = (int)bytes;
	const struct nlmsghdr *message = buffer;

	for (; mnl_nlmsg_ok(message, left) && !answer->ended;
	     message = mnl_nlmsg_next(message, &left)) {
		if (!mnl_nlmsg_seq_ok(message, sequence) || !mnl_nlmsg_portid_ok(message, port))
			continue;
		if (message->nlmsg_flags & NLM_F_DUMP_INTR)
			answer->interrupted = true;
		if (message->nlmsg_type == NLMSG_ERROR || message->nlmsg_type == NLMSG_DONE) {
			answer->code = outcome(message, &answer->sentence);
			answer->ended = true;
		} else if (message->nlmsg_type >= NLMSG_MIN_TYPE && answer->row != NULL) {
			answer->row(message, answer->data);
		}
	}
}

int netlink_ask(struct mnl_socket *socket, struct nlmsghdr *request, mnl_cb_t row, void *data,
		struct hyp_error *error)
{
	struct answer answer = {.row = row, .data = data};
	const size_t capacity = NETLINK_DATAGRAM_BYTES;
	/* On the heap, as callers run on small stacks. */
	void *buffer = malloc(capacity);
	int code = 0;

	if (buffer == NULL)
		return netlink_fail(error, ENOMEM, NULL);
	request->nlmsg_seq = 1; /* one request per socket at a time */
	request->nlmsg_flags |= NLM_F_REQUEST;
	/* Both bits of it: of a request to create, one of them means NLM_F_EXCL. */
	if ((request->nlmsg_flags & NLM_F_DUMP) != NLM_F_DUMP)
		request->nlmsg_flags |= NLM_F_ACK;
	if (mnl_socket_sendto(socket, request, request->nlmsg_len) < 0) {
		code = netlink_fail(error, errno, NULL);
		goto out;
	}
	while (!answer.ended) {
		ssize_t bytes = mnl_socket_recvfrom(socket, buffer, capacity);

		if (bytes < 0 && errno == EINTR)
			continue;
		if (bytes < 0) {
			int reason = errno == EAGAIN ? ETIMEDOUT : errno;

			code = netlink_fail(error, reason, NULL);
			goto out;
		}
		read_datagram(buffer, (size_t)bytes, request->nlmsg_seq,
			      mnl_socket_get_portid(socket), &answer);
	}
	if (answer.code != 0)
		code = netlink_fail(error, answer.code, answer.sentence);
	else if (answer.interrupted)
		code = netlink_fail(error, EINTR, NULL);
out:
	free(buffer);
	return code;
}

int netlink_ask_once(struct nlmsghdr *request, mnl_cb_t row, void *data, struct hyp_error *error)
{
	struct mnl_socket *socket = netlink_open(error);
	int code;

	if (socket == NULL)
		return -errno;
	code = netlink_ask(socket, request, row, data, error);
	mnl_socket_close(socket);
	return code;
}
