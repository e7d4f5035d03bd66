/*
 * Round trips of four bytes over TCP or UDP, one under way at a time.
 *
 *   round-trip serve PORT                          echoes on both protocols until killed
 *   round-trip tcp|udp ADDRESS PORT MILLISECONDS   prints {"count", "meanUs", "p50Us", "p99Us"}
 *
 * C, because the runtime of a script would take longer than the trip.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { CLIENTS_MAX = 64, SAMPLES_MAX = 4 << 20, UDP_TIMEOUT_MS = 200 };

static void die(const char *what)
{
	fprintf(stderr, "round-trip: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t now_ns(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void no_delay(int tcp)
{
	int on = 1;

	setsockopt(tcp, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

static int bound(int type, uint16_t port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
	int on = 1;
	int s = socket(AF_INET, type, 0);

	if (s < 0)
		die("socket");
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(s, (struct sockaddr *)&address, sizeof(address)) < 0)
		die("bind");
	return s;
}

/* True while the peer is there. */
static bool echo(int tcp)
{
	char bytes[64];
	ssize_t n = recv(tcp, bytes, sizeof(bytes), 0);

	return n > 0 && send(tcp, bytes, (size_t)n, MSG_NOSIGNAL) == n;
}

static void echo_datagram(int udp)
{
	struct sockaddr_in from;
	socklen_t length = sizeof(from);
	char bytes[64];
	ssize_t n = recvfrom(udp, bytes, sizeof(bytes), 0, (struct sockaddr *)&from, &length);

	if (n >= 0)
		sendto(udp, bytes, (size_t)n, 0, (struct sockaddr *)&from, length);
}

static _Noreturn void serve(uint16_t port)
{
	struct pollfd fds[2 + CLIENTS_MAX] = {
		{.fd = bound(SOCK_STREAM, port), .events = POLLIN},
		{.fd = bound(SOCK_DGRAM, port), .events = POLLIN},
	};
	nfds_t count = 2;

	if (listen(fds[0].fd, 16) < 0)
		die("listen");
	for (;;) {
		if (poll(fds, count, -1) < 0)
			die("poll");
		if (fds[1].revents)
			echo_datagram(fds[1].fd);
		for (nfds_t i = 2; i < count; i++) {
			if (!fds[i].revents || echo(fds[i].fd))
				continue;
			close(fds[i].fd);
			fds[i--] = fds[--count];
		}
		if (fds[0].revents && count < sizeof(fds) / sizeof(*fds)) {
			int client = accept(fds[0].fd, NULL, NULL);

			if (client < 0)
				continue;
			no_delay(client);
			fds[count++] = (struct pollfd){.fd = client, .events = POLLIN};
		}
	}
}

static int by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static int connected(bool tcp, const char *host, uint16_t port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct timeval timeout = {.tv_sec = tcp ? 5 : 0, .tv_usec = tcp ? 0 : UDP_TIMEOUT_MS * 1000};
	int s = socket(AF_INET, tcp ? SOCK_STREAM : SOCK_DGRAM, 0);

	if (s < 0 || inet_pton(AF_INET, host, &address.sin_addr) != 1)
		die("address");
	setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
	if (connect(s, (struct sockaddr *)&address, sizeof(address)) < 0)
		die("connect");
	if (tcp)
		no_delay(s);
	return s;
}

static int measure(bool tcp, const char *host, uint16_t port, uint64_t milliseconds)
{
	static uint32_t samples[SAMPLES_MAX];
	int s = connected(tcp, host, port);
	uint64_t end = now_ns() + milliseconds * 1000000u, sum = 0;
	size_t count = 0;
	uint32_t trip = 0, back;

	while (count < SAMPLES_MAX) {
		uint64_t start = now_ns(), took;

		if (start >= end)
			break;
		trip++;
		if (send(s, &trip, sizeof(trip), MSG_NOSIGNAL) != sizeof(trip))
			die("send");
		/* UDP promises nothing: what is lost is not counted, what is late is not taken for the next. */
		do {
			back = trip - 1;
			if (recv(s, &back, sizeof(back), MSG_WAITALL) < 0 && (tcp || errno != EAGAIN))
				die("receive");
		} while (back != trip && now_ns() - start < UDP_TIMEOUT_MS * 1000000ull);
		if (back != trip)
			continue;
		took = now_ns() - start;
		samples[count++] = took > UINT32_MAX ? UINT32_MAX : (uint32_t)took;
		sum += took;
	}
	if (count == 0) {
		errno = ETIMEDOUT;
		die("nothing came back");
	}
	qsort(samples, count, sizeof(*samples), by_value);
	printf("{\"count\": %zu, \"meanUs\": %.3f, \"p50Us\": %.3f, \"p99Us\": %.3f}\n", count,
	       (double)sum / (double)count / 1e3, samples[count / 2] / 1e3, samples[count * 99 / 100] / 1e3);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "serve") == 0)
		serve((uint16_t)atoi(argv[2]));
	if (argc == 5 && (strcmp(argv[1], "tcp") == 0 || strcmp(argv[1], "udp") == 0))
		return measure(argv[1][0] == 't', argv[2], (uint16_t)atoi(argv[3]), strtoull(argv[4], NULL, 10));
	fprintf(stderr, "usage: round-trip serve PORT | tcp|udp ADDRESS PORT MILLISECONDS\n");
	return 2;
}
