/* SPDX-License-Identifier: Apache-2.0 */
/* The switch between veth pairs, in a network namespace that lives as long as this process. */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include "flow_fixture.h"

#define HOST IP(10, 0, 0, 1)
/* Of experimental use: nothing else on these links is of it. */
#define ETHER_TYPE 0x88b5
#define WAIT_MS 2000

static void run(const char *command)
{
	CHECK_EQUAL(system(command), 0);
}

/* Both ends without IPv6, which would speak unasked. */
static void link_up(const char *port, const char *peer)
{
	char command[256];

	snprintf(command, sizeof(command),
		 "ip link add %s type veth peer name %s && "
		 "for end in %s %s; do ip link set $end addrgenmode none && ip link set $end up || exit 1; done",
		 port, peer, port, peer);
	run(command);
}

static int socket_on(const char *name)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)if_nametoindex(name),
	};
	int one = 1, descriptor = socket(AF_PACKET, SOCK_RAW, 0);

	CHECK(descriptor >= 0);
	CHECK_EQUAL(setsockopt(descriptor, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof(one)), 0);
	CHECK_EQUAL(bind(descriptor, (struct sockaddr *)&address, sizeof(address)), 0);
	return descriptor;
}

/* Whether this very frame arrives within the time. */
static bool arrives(int descriptor, const struct frame *frame, int wait_ms)
{
	struct pollfd poll_for = { .fd = descriptor, .events = POLLIN };
	uint8_t bytes[2048];

	while (poll(&poll_for, 1, wait_ms) > 0) {
		ssize_t length = recv(descriptor, bytes, sizeof(bytes), 0);

		if (length == (ssize_t)frame->length && memcmp(bytes, frame->bytes, frame->length) == 0)
			return true;
	}
	return false;
}

static void transmit(int descriptor, const struct frame *frame)
{
	CHECK_EQUAL(send(descriptor, frame->bytes, frame->length, 0), frame->length);
}

static void frames_cross_the_switch(int uplink, int vf0)
{
	struct doca_flow_pipe *pipe = destination_pipe();
	struct doca_flow_pipe_entry *entry = destination_add(pipe, HOST, UPLINK, 0);
	struct frame frame = frame_udp(IP(10, 0, 0, 9), HOST, 1, 2);

	process();
	transmit(vf0, &frame);
	CHECK(arrives(uplink, &frame, WAIT_MS));
	CHECK_EQUAL(packets_of(entry), 1);
	/* And the other way, out of software. */
	OK(softnic_send(ports[UPLINK], VF0, frame.bytes, frame.length));
	CHECK(arrives(vf0, &frame, WAIT_MS));
	OK(doca_flow_pipe_remove_entry(0, 0, entry));
	process();
	transmit(vf0, &frame);
	CHECK(!arrives(uplink, &frame, 100));
	doca_flow_pipe_destroy(pipe);
}

/* What no pipe decides comes to the kernel's side of the port, once. */
static void the_kernel_gets_what_is_left(int vf0)
{
	struct frame frame = frame_udp(IP(10, 0, 0, 9), HOST, 3, 4);
	uint64_t before = statistics().to_kernel;

	transmit(vf0, &frame);
	for (int tries = 0; tries < 200 && statistics().to_kernel == before; tries++)
		usleep(10000);
	CHECK_EQUAL(statistics().to_kernel, before + 1);
}

int main(void)
{
	int uplink, vf0;

	if (geteuid() != 0 || unshare(CLONE_NEWNET) != 0)
		return CHECK_SKIPPED;
	link_up("nic0", "wire0");
	link_up("rep0", "vf0");
	link_up("rep1", "vf1");
	setenv("SOFTNIC_PORTS", "p0=nic0;pf0vf0=rep0;pf0vf1=rep1", 1);
	uplink = socket_on("wire0");
	vf0 = socket_on("vf0");
	devices_open();
	for (int round = 0; round < 2; round++) {
		nic_up();
		frames_cross_the_switch(uplink, vf0);
		the_kernel_gets_what_is_left(vf0);
		nic_down();
	}
	devices_close();
	close(uplink);
	close(vf0);
	return 0;
}
