/*
 * Frames from one device to another, through whatever is between their other ends.
 *
 *   packets latency FROM TO FRAME first|same COUNT        prints {"count", "lost", "p50Us", "p99Us"}
 *   packets stream FROM TO FRAME RATE MILLISECONDS        prints {"sent", "received", "seconds"}
 *
 * FRAME is an IPv4 UDP frame in hexadecimal digits, the last eight bytes of its payload ours to number.
 * `first`: each from a source port of its own, so that it opens a connection. RATE is in packets a
 * second; 0: as many as can be sent.
 *
 * C, because the runtime of a script would take longer than the trip.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	FRAME_MAX = 1514,
	SOURCE_PORT = 34,
	UDP_CHECKSUM = 40,
	SAMPLES_MAX = 1 << 20,
	PRIMING = 20, /* frames before the first that counts: the connection is established, caches are warm */
	PAUSE_US = 200, /* between two frames of `latency`, so that none waits for another */
	PATIENCE_US = 500000,
	BUFFER_BYTES = 32 << 20,
	FIRST_PORT = 10000,
	PORTS = 50000,
};

struct frame {
	uint8_t bytes[FRAME_MAX];
	size_t length;
};

static void die(const char *what)
{
	fprintf(stderr, "packets: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t now_ns(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static int open_device(const char *name)
{
	struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
	struct timeval patience = {.tv_usec = PATIENCE_US};
	struct ifreq request = {0};
	int on = 1, bytes = BUFFER_BYTES;
	int s = socket(AF_PACKET, SOCK_RAW, 0);

	if (s < 0)
		die("socket");
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%.15s", name);
	if (ioctl(s, SIOCGIFINDEX, &request) < 0)
		die(name);
	address.sll_ifindex = request.ifr_ifindex;
	if (setsockopt(s, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)) < 0 ||
	    setsockopt(s, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) < 0 ||
	    setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) < 0 ||
	    bind(s, (struct sockaddr *)&address, sizeof(address)) < 0)
		die(name);
	return s;
}

static void read_frame(const char *digits, struct frame *frame)
{
	frame->length = strlen(digits) / 2;
	if (frame->length < UDP_CHECKSUM + 2 + 8 || frame->length > FRAME_MAX) {
		errno = EMSGSIZE;
		die("frame");
	}
	for (size_t i = 0; i < frame->length; i++) {
		unsigned int byte;

		if (sscanf(digits + 2 * i, "%2x", &byte) != 1)
			die("frame");
		frame->bytes[i] = (uint8_t)byte;
	}
	/* 0: none, as we change what it would be of. */
	memset(frame->bytes + UDP_CHECKSUM, 0, 2);
}

static void set_number(struct frame *frame, uint64_t number)
{
	memcpy(frame->bytes + frame->length - sizeof(number), &number, sizeof(number));
}

static void set_source_port(struct frame *frame, uint64_t nth)
{
	uint16_t port = htons((uint16_t)(FIRST_PORT + nth % PORTS));

	memcpy(frame->bytes + SOURCE_PORT, &port, sizeof(port));
}

/* True when it was sent; false: the device's queue is full. */
static bool send_frame(int s, const struct frame *frame)
{
	if (send(s, frame->bytes, frame->length, 0) == (ssize_t)frame->length)
		return true;
	if (errno != ENOBUFS && errno != EAGAIN)
		die("send");
	return false;
}

/* The number of the next frame of ours; false: none within the patience. */
static bool receive_frame(int s, size_t length, uint64_t *number)
{
	uint8_t bytes[FRAME_MAX];
	ssize_t got;

	do {
		got = recv(s, bytes, sizeof(bytes), 0);
		if (got < 0 && errno != EAGAIN && errno != EINTR)
			die("receive");
		if (got < 0)
			return false;
	} while ((size_t)got != length);
	memcpy(number, bytes + length - sizeof(*number), sizeof(*number));
	return true;
}

static int by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static int latency(int from, int to, struct frame *frame, bool first, uint64_t count)
{
	static uint32_t samples[SAMPLES_MAX];
	/* Another run must not find connections of this one. */
	uint64_t port = now_ns() / 1000 % PORTS, lost = 0;
	size_t taken = 0;

	for (uint64_t i = 0; i < count + PRIMING && taken < SAMPLES_MAX; i++) {
		uint64_t number = i, start, back = ~i;

		set_number(frame, number);
		set_source_port(frame, first ? port + i : port);
		start = now_ns();
		if (!send_frame(from, frame))
			continue;
		while (back != number && receive_frame(to, frame->length, &back))
			;
		if (back != number)
			lost++;
		else if (i >= PRIMING)
			samples[taken++] = (uint32_t)(now_ns() - start);
		usleep(PAUSE_US);
	}
	if (taken == 0) {
		errno = ETIMEDOUT;
		die("nothing arrived");
	}
	qsort(samples, taken, sizeof(*samples), by_value);
	printf("{\"count\": %zu, \"lost\": %llu, \"p50Us\": %.3f, \"p99Us\": %.3f}\n", taken,
	       (unsigned long long)lost, samples[taken / 2] / 1e3, samples[taken * 99 / 100] / 1e3);
	return 0;
}

struct receiver {
	int s;
	size_t length;
	uint64_t received;
	uint64_t last_ns;
	atomic_bool ended; /* the sender has */
};

static void *receive_all(void *context)
{
	struct receiver *receiver = context;
	uint64_t number;

	for (;;) {
		bool ended = receiver->ended;

		if (receive_frame(receiver->s, receiver->length, &number)) {
			receiver->received++;
			receiver->last_ns = now_ns();
		} else if (ended) {
			return NULL;
		}
	}
}

static int stream(int from, int to, struct frame *frame, uint64_t rate, uint64_t milliseconds)
{
	struct receiver receiver = {.s = to, .length = frame->length};
	uint64_t start, end, sent = 0, back;
	pthread_t thread;

	set_source_port(frame, now_ns() / 1000 % PORTS);
	for (int i = 0; i < PRIMING; i++) {
		set_number(frame, ~0ull);
		send_frame(from, frame);
		if (!receive_frame(to, frame->length, &back))
			die("nothing arrived");
	}
	if (pthread_create(&thread, NULL, receive_all, &receiver) != 0)
		die("thread");
	start = now_ns();
	end = start + milliseconds * 1000000u;
	for (uint64_t now = start; now < end; now = now_ns()) {
		if (rate != 0 && sent >= (now - start) * rate / 1000000000u) {
			usleep(100);
			continue;
		}
		set_number(frame, sent);
		sent += send_frame(from, frame);
	}
	receiver.ended = true;
	pthread_join(thread, NULL);
	printf("{\"sent\": %llu, \"received\": %llu, \"seconds\": %.3f}\n", (unsigned long long)sent,
	       (unsigned long long)receiver.received,
	       receiver.received ? (double)(receiver.last_ns - start) / 1e9 : 0.0);
	return 0;
}

int main(int argc, char **argv)
{
	struct frame frame;
	int from, to;

	if (argc != 7) {
		fprintf(stderr, "usage: packets latency FROM TO FRAME first|same COUNT\n"
				"       packets stream FROM TO FRAME RATE MILLISECONDS\n");
		return 2;
	}
	from = open_device(argv[2]);
	to = open_device(argv[3]);
	read_frame(argv[4], &frame);
	if (strcmp(argv[1], "latency") == 0)
		return latency(from, to, &frame, strcmp(argv[5], "first") == 0, strtoull(argv[6], NULL, 10));
	return stream(from, to, &frame, strtoull(argv[5], NULL, 10), strtoull(argv[6], NULL, 10));
}
