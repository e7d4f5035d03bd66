/* SPDX-License-Identifier: Apache-2.0 */
/* What may arrive at hyperion-agent's socket: nothing of it harms anybody but who sent it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent_fixture.h"

static void test_protocol(void)
{
	struct agent_request request = { .magic = AGENT_MAGIC, .version = AGENT_VERSION };
	const char *url, *pin_path;

	request.call = AGENT_CONNECTIONS;
	CHECK(agent_request_valid(&request));
	request.bytes = 1;
	CHECK(!agent_request_valid(&request));
	request.call = AGENT_CONNECTIONS + 1;
	CHECK(!agent_request_valid(&request));
	CHECK_EQUAL(agent_strings_parse("a\0b", 4, &url, &pin_path), 0);
	CHECK_EQUAL(strcmp(url, "a"), 0);
	CHECK_EQUAL(strcmp(pin_path, "b"), 0);
	CHECK_EQUAL(agent_strings_parse("\0", 2, &url, &pin_path), 0);
	CHECK_EQUAL(agent_strings_parse("ab", 2, &url, &pin_path), -EINVAL);
	CHECK_EQUAL(agent_strings_parse("a", 2, &url, &pin_path), -EINVAL);
	CHECK_EQUAL(agent_strings_parse("a\0b", 3, &url, &pin_path), -EINVAL);
	CHECK_EQUAL(agent_strings_parse("a\0b\0c", 6, &url, &pin_path), -EINVAL);
}

/* A connection without the client: greeted, nothing sent yet. */
static int connect_raw(void)
{
	const struct timeval patience = { .tv_sec = WAIT_MS / 1000 + 2 };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct agent_hello hello;

	CHECK(descriptor >= 0);
	CHECK_EQUAL(setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);
	run_file(address.sun_path, AGENT_SOCKET);
	CHECK_EQUAL(connect(descriptor, (const struct sockaddr *)&address, sizeof(address)), 0);
	CHECK_EQUAL(recv(descriptor, &hello, sizeof(hello), MSG_WAITALL), sizeof(hello));
	CHECK_EQUAL(hello.magic, AGENT_MAGIC);
	CHECK_EQUAL(hello.version, AGENT_VERSION);
	CHECK_EQUAL(hello.status, 0);
	return descriptor;
}

static void send_request(int descriptor, const struct agent_request *request, const void *body)
{
	CHECK_EQUAL(send(descriptor, request, sizeof(*request), MSG_NOSIGNAL), sizeof(*request));
	if (body)
		CHECK_EQUAL(send(descriptor, body, request->bytes, MSG_NOSIGNAL), (ssize_t)request->bytes);
}

static void expect_closed(int descriptor)
{
	char byte;
	ssize_t got = recv(descriptor, &byte, 1, 0);

	CHECK(got == 0 || (got < 0 && errno == ECONNRESET));
	close(descriptor);
}

static struct agent_request request_of(uint32_t call, uint32_t argument, uint64_t capacity,
				       uint64_t bytes)
{
	return (struct agent_request){
		.magic = AGENT_MAGIC,
		.version = AGENT_VERSION,
		.call = call,
		.argument = argument,
		.capacity = capacity,
		.bytes = bytes,
	};
}

static int open_raw(void)
{
	static const char strings[] = URL "\0";
	const struct agent_request request = request_of(AGENT_OPEN, 0, 0, sizeof(strings));
	struct hyp_capabilities capabilities;
	struct agent_reply reply;
	int descriptor = connect_raw();

	send_request(descriptor, &request, strings);
	CHECK_EQUAL(recv(descriptor, &reply, sizeof(reply), MSG_WAITALL), sizeof(reply));
	CHECK_EQUAL(reply.result, 0);
	CHECK_EQUAL(recv(descriptor, &capabilities, sizeof(capabilities), MSG_WAITALL),
		    sizeof(capabilities));
	return descriptor;
}

static void test_malformed(void)
{
	const struct agent_request malformed[] = {
		{ .magic = AGENT_MAGIC + 1, .version = AGENT_VERSION, .call = AGENT_CONNECTIONS },
		{ .magic = AGENT_MAGIC, .version = AGENT_VERSION + 1, .call = AGENT_CONNECTIONS },
		{ 0 },
		request_of(0, 0, 0, 0),
		request_of(AGENT_CONNECTIONS + 1, 0, 0, 0),
		request_of(AGENT_CONNECTIONS, 0, 0, 1),
		request_of(AGENT_OPEN, 0, 0, 2), /* once is enough */
		request_of(AGENT_SHUTDOWN, 0, 0, 0),
		request_of(AGENT_ATTACH, 0, 0, 0),
		request_of(AGENT_ATTACH, UINT32_MAX, 0, 0),
		request_of(AGENT_DUMP, HYP_TABLES, 0, 0),
		request_of(AGENT_DUMP, 0, AGENT_ROWS_MAX + 1ull, 0),
		request_of(AGENT_COUNTERS, HYP_COUNTERS_NIC + 1, 0, 0),
		request_of(AGENT_COUNTERS, 0, UINT64_MAX, 0),
		request_of(AGENT_EVENTS, 0, AGENT_EVENTS_MAX + 1, 0),
		request_of(AGENT_APPLY, 1, 0, AGENT_BATCH_MAX + 1ull),
		request_of(AGENT_APPLY, 1, 0, UINT64_MAX),
		request_of(AGENT_APPLY, UINT32_MAX, 0, 64),
	};
	const struct agent_request early[] = {
		request_of(AGENT_DUMP, 0, 64, 0),
		request_of(AGENT_OPEN, 0, 0, AGENT_STRINGS_MAX + 1),
		request_of(AGENT_OPEN, 0, 0, 0),
	};
	const struct agent_request truncated = request_of(AGENT_APPLY, 1, 0, 64);
	struct agent_reply reply;
	char zeros[64] = { 0 };
	pid_t process;
	int raw;

	hyp_dataplane_close(open_agent(0));
	process = agent_process();
	for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
		raw = open_raw();
		send_request(raw, &malformed[i], NULL);
		expect_closed(raw);
	}
	for (size_t i = 0; i < sizeof(early) / sizeof(early[0]); i++) {
		raw = connect_raw();
		send_request(raw, &early[i], NULL);
		expect_closed(raw);
	}

	/* A batch that is none is refused, and nothing else. */
	raw = open_raw();
	send_request(raw, &truncated, zeros);
	CHECK_EQUAL(recv(raw, &reply, sizeof(reply), MSG_WAITALL), sizeof(reply));
	CHECK_EQUAL(reply.result, -EINVAL);
	CHECK_EQUAL(reply.bytes, 0);

	/* Cut short: by its end, or by its going nowhere. */
	send_request(raw, &truncated, NULL);
	CHECK_EQUAL(shutdown(raw, SHUT_WR), 0);
	expect_closed(raw);
	raw = open_raw();
	CHECK_EQUAL(send(raw, &truncated, 9, MSG_NOSIGNAL), 9);
	expect_closed(raw);

	hyp_dataplane_close(open_agent(1));
	CHECK_EQUAL(agent_process(), process);
	remove_all();
}

void test_messages(void)
{
	test_protocol();
	test_malformed();
}
