/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The far side of a packet test: a network namespace of its own in which the other ends of the ports
 * under test are, and a packet socket on each of them.
 *
 *   wire PREFIX COUNT
 *
 * Makes the namespace, writes "r" and waits. The parent moves devices PREFIX1 … PREFIXcount into it
 * (by this process's id) and writes "o"; wire brings them up, opens them and writes "o". From then on
 * records of struct record, each followed by its bytes, go both ways: towards wire what is to be
 * sent, from it what a device received. Ends when its input does, and the namespace with it.
 */
#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>

#define DEVICES_MAX 16
#define FRAME_MAX 65536

struct record {
	uint8_t device; /* from 1 */
	uint8_t type;   /* PACKET_HOST, …: what the stack takes a received frame for; else 0 */
	uint16_t reserved;
	uint32_t length;
};

static void fail(const char *what)
{
	fprintf(stderr, "wire: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void write_all(const void *bytes, size_t length)
{
	const uint8_t *next = bytes;

	while (length > 0) {
		ssize_t wrote = write(STDOUT_FILENO, next, length);

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote <= 0)
			fail("write");
		next += wrote;
		length -= (size_t)wrote;
	}
}

/* 0 at the end of the input. */
static int read_all(void *bytes, size_t length)
{
	uint8_t *next = bytes;

	while (length > 0) {
		ssize_t got = read(STDIN_FILENO, next, length);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			fail("read");
		if (got == 0)
			return 0;
		next += got;
		length -= (size_t)got;
	}
	return 1;
}

/* The stack of the far side must not speak: no neighbour discovery, no router solicitations. */
static void silence_ipv6(void)
{
	static const char *const paths[] = {
		"/proc/sys/net/ipv6/conf/all/disable_ipv6",
		"/proc/sys/net/ipv6/conf/default/disable_ipv6",
	};

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		FILE *file = fopen(paths[i], "w");

		if (!file || fputs("1", file) == EOF || fclose(file) != 0)
			fail(paths[i]);
	}
}

static int open_device(const char *name)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	struct ifreq request = { 0 };
	int one = 1;
	int descriptor = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (descriptor < 0)
		fail("socket");
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (ioctl(descriptor, SIOCGIFINDEX, &request) != 0)
		fail(name);
	address.sll_ifindex = request.ifr_ifindex;
	request.ifr_flags = IFF_UP;
	if (ioctl(descriptor, SIOCSIFFLAGS, &request) != 0)
		fail(name);
	if (setsockopt(descriptor, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof(one)) != 0 ||
	    bind(descriptor, (struct sockaddr *)&address, sizeof(address)) != 0)
		fail(name);
	return descriptor;
}

static void receive(int descriptor, uint8_t device, uint8_t *frame)
{
	struct sockaddr_ll from;
	socklen_t size = sizeof(from);
	ssize_t length = recvfrom(descriptor, frame, FRAME_MAX, MSG_DONTWAIT, (struct sockaddr *)&from,
				  &size);
	struct record record = { .device = device };

	if (length < 0)
		return; /* taken back between poll and here, or the device went down */
	record.type = from.sll_pkttype;
	record.length = (uint32_t)length;
	write_all(&record, sizeof(record));
	write_all(frame, (size_t)length);
}

/* One record of the input. 0 at its end. */
static int transmit(const int *descriptors, int count, uint8_t *frame)
{
	struct record record;

	if (!read_all(&record, sizeof(record)))
		return 0;
	if (record.device < 1 || record.device > count || record.length > FRAME_MAX) {
		errno = EINVAL;
		fail("record");
	}
	if (!read_all(frame, record.length))
		return 0;
	if (send(descriptors[record.device - 1], frame, record.length, 0) < 0)
		fail("send");
	return 1;
}

int main(int argc, char **argv)
{
	static uint8_t frame[FRAME_MAX];
	struct pollfd polls[DEVICES_MAX + 1];
	int descriptors[DEVICES_MAX];
	int count = argc == 3 ? atoi(argv[2]) : 0;
	char go;

	if (count < 1 || count > DEVICES_MAX) {
		fprintf(stderr, "usage: wire PREFIX COUNT (1 … %d)\n", DEVICES_MAX);
		return 2;
	}
	if (unshare(CLONE_NEWNET) != 0)
		fail("unshare");
	silence_ipv6();
	write_all("r", 1);
	if (!read_all(&go, 1))
		return 0;
	for (int i = 0; i < count; i++) {
		char name[IFNAMSIZ];

		snprintf(name, sizeof(name), "%.12s%d", argv[1], i + 1);
		descriptors[i] = open_device(name);
		polls[i] = (struct pollfd){ .fd = descriptors[i], .events = POLLIN };
	}
	polls[count] = (struct pollfd){ .fd = STDIN_FILENO, .events = POLLIN };
	write_all("o", 1);
	for (;;) {
		if (poll(polls, (nfds_t)count + 1, -1) < 0 && errno != EINTR)
			fail("poll");
		for (int i = 0; i < count; i++) {
			if (polls[i].revents & POLLIN)
				receive(descriptors[i], (uint8_t)(i + 1), frame);
		}
		if (polls[count].revents && !transmit(descriptors, count, frame))
			return 0;
	}
}
