/* SPDX-License-Identifier: Apache-2.0 */
#include "wires.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

#define CHUNK 65536

static int places[PLACES];

void go_to(enum place place)
{
	CHECK_EQUAL(setns(places[place], CLONE_NEWNET), 0);
}

static int command(enum place place, const char *format, va_list arguments)
{
	char line[512];
	int length = vsnprintf(line, sizeof(line), format, arguments);
	pid_t child;
	int status;

	CHECK(length > 0 && length < (int)sizeof(line));
	child = fork();
	CHECK(child >= 0);
	if (child == 0) {
		if (setns(places[place], CLONE_NEWNET) == 0)
			execl("/bin/sh", "sh", "-c", line, (char *)NULL);
		_exit(127);
	}
	CHECK_EQUAL(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int shell(enum place place, const char *format, ...)
{
	va_list arguments;
	int status;

	va_start(arguments, format);
	status = command(place, format, arguments);
	va_end(arguments);
	return status;
}

void run(enum place place, const char *format, ...)
{
	va_list arguments;
	int status;

	va_start(arguments, format);
	status = command(place, format, arguments);
	va_end(arguments);
	if (status != 0)
		fprintf(stderr, "%s\n", format);
	CHECK_EQUAL(status, 0);
}

void wires_create(void)
{
	for (int place = PLACES - 1; place >= 0; place--) {
		CHECK_EQUAL(unshare(CLONE_NEWNET), 0);
		places[place] = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
		CHECK(places[place] >= 0);
		run((enum place)place, "ip link set lo up; echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad");
	}
	for (int host = 0; host < PLACES - HOST0; host++) {
		enum place place = (enum place)(HOST0 + host);

		run(NIC, "ip link add port%d type veth peer name eth0 address 02:00:00:00:00:%02x netns /proc/%d/fd/%d",
		    host, host + 1, getpid(), places[place]);
		run(NIC, "ip link set port%d up", host);
		run(place, "ip link set eth0 up && ip address add 10.0.0.%d/24 dev eth0 &&"
			   "ip address add fd00::%d/64 dev eth0 nodad", host + 1, host + 1);
	}
}

void wires_destroy(void)
{
	for (int host = 0; host < PLACES - HOST0; host++)
		(void)shell(NIC, "ip link del port%d 2>/dev/null", host);
	for (int place = 0; place < PLACES; place++)
		close(places[place]);
}

uint64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

uint64_t busy_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

unsigned int open_descriptors(void)
{
	DIR *directory = opendir("/proc/self/fd");
	unsigned int count = 0;

	CHECK(directory != NULL);
	while (readdir(directory))
		count++;
	closedir(directory);
	return count;
}

/* A socket of a place, which it stays in. */
static int socket_in(enum place place, int family, int type)
{
	int one = 1, result;

	go_to(place);
	result = socket(family, type | SOCK_CLOEXEC, 0);
	CHECK(result >= 0);
	CHECK_EQUAL(setsockopt(result, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)), 0);
	go_to(NIC);
	return result;
}

static int server(enum place place, int type, uint16_t port)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	int result = socket_in(place, AF_INET6, type);

	CHECK_EQUAL(bind(result, (struct sockaddr *)&any, sizeof(any)), 0);
	return result;
}

static int client(enum place place, int type, const char *to, uint16_t port)
{
	struct sockaddr_in four = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	bool is_four = inet_pton(AF_INET, to, &four.sin_addr) == 1;
	struct timeval patience = { .tv_sec = type == SOCK_STREAM ? 3 : 1 };
	int result = socket_in(place, is_four ? AF_INET : AF_INET6, type);

	CHECK_EQUAL(setsockopt(result, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);
	CHECK_EQUAL(setsockopt(result, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)), 0);
	if (!is_four)
		CHECK_EQUAL(inet_pton(AF_INET6, to, &six.sin6_addr), 1);
	if (connect(result, is_four ? (struct sockaddr *)&four : (struct sockaddr *)&six,
		    is_four ? sizeof(four) : sizeof(six)) < 0) {
		close(result);
		return -1;
	}
	return result;
}

static void *echo(void *data)
{
	int socket = (int)(intptr_t)data;
	static _Thread_local char bytes[CHUNK];

	for (;;) {
		struct sockaddr_in6 from;
		socklen_t size = sizeof(from);
		ssize_t length = recvfrom(socket, bytes, sizeof(bytes), 0, (struct sockaddr *)&from, &size);

		if (length >= 0)
			(void)sendto(socket, bytes, (size_t)length, 0, (struct sockaddr *)&from, size);
	}
	return NULL;
}

/* Adler's, so that order counts. */
struct sum {
	uint32_t a, b;
};

static void add(struct sum *sum, const unsigned char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		sum->a += bytes[i];
		sum->b += sum->a;
	}
}

static void *sum_up(void *data)
{
	int listener = (int)(intptr_t)data;
	static _Thread_local unsigned char bytes[CHUNK];

	for (;;) {
		int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		struct sum sum = { 0 };
		ssize_t length;

		if (connection < 0)
			continue;
		while ((length = recv(connection, bytes, sizeof(bytes), 0)) > 0)
			add(&sum, bytes, (size_t)length);
		if (length == 0)
			(void)send(connection, &sum, sizeof(sum), MSG_NOSIGNAL);
		close(connection);
	}
	return NULL;
}

static void start(void *(*work)(void *), int socket)
{
	pthread_t thread;

	CHECK_EQUAL(pthread_create(&thread, NULL, work, (void *)(intptr_t)socket), 0);
	CHECK_EQUAL(pthread_detach(thread), 0);
}

void serve_udp(enum place place, uint16_t port)
{
	start(echo, server(place, SOCK_DGRAM, port));
}

void serve_tcp(enum place place, uint16_t port)
{
	int listener = server(place, SOCK_STREAM, port);

	CHECK_EQUAL(listen(listener, 16), 0);
	start(sum_up, listener);
}

static int compare(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return (a > b) - (a < b);
}

double ping(enum place from, const char *to, uint16_t port, unsigned int rounds)
{
	int socket = client(from, SOCK_DGRAM, to, port);
	uint64_t *times = calloc(rounds, sizeof(*times));
	double median = -1;
	unsigned int round;

	CHECK(socket >= 0 && times != NULL);
	for (round = 0; round < rounds; round++) {
		uint64_t begun = now_us();
		unsigned int answer;

		if (send(socket, &round, sizeof(round), 0) != sizeof(round) ||
		    recv(socket, &answer, sizeof(answer), 0) != sizeof(answer))
			break;
		CHECK_EQUAL(answer, round);
		times[round] = now_us() - begun;
	}
	if (round == rounds) {
		qsort(times, rounds, sizeof(*times), compare);
		median = (double)times[rounds / 2];
	}
	free(times);
	close(socket);
	return median;
}

bool reaches(enum place from, const char *to, uint16_t port)
{
	for (unsigned int attempt = 0; attempt < 5; attempt++)
		if (ping(from, to, port, 1) > 0)
			return true;
	return false;
}

unsigned int ping_cut(enum place from, const char *to, uint16_t port, size_t bytes, uint16_t size)
{
	int socket = client(from, SOCK_DGRAM, to, port), segment = size;
	unsigned int count = 0;
	static char sent[CHUNK], answer[CHUNK];
	size_t at = 0;

	CHECK(socket >= 0 && bytes <= sizeof(sent));
	for (size_t i = 0; i < bytes; i++)
		sent[i] = (char)(i * 13 + i / 256);
	CHECK_EQUAL(setsockopt(socket, IPPROTO_UDP, UDP_SEGMENT, &segment, sizeof(segment)), 0);
	CHECK_EQUAL(send(socket, sent, bytes, 0), bytes);
	while (at < bytes) {
		ssize_t length = recv(socket, answer, sizeof(answer), 0);

		if (length < 0)
			break;
		CHECK(length == size || at + (size_t)length == bytes);
		CHECK(memcmp(answer, sent + at, (size_t)length) == 0);
		at += (size_t)length;
		count++;
	}
	close(socket);
	return count;
}

double stream(enum place from, const char *to, uint16_t port, size_t bytes)
{
	int socket = client(from, SOCK_STREAM, to, port);
	static unsigned char chunk[CHUNK];
	struct sum sent = { 0 }, arrived = { 0 };
	uint64_t begun = now_us();
	double rate = -1;

	if (socket < 0)
		return -1;
	for (size_t at = 0; at < bytes;) {
		size_t length = bytes - at < sizeof(chunk) ? bytes - at : sizeof(chunk);
		ssize_t taken;

		for (size_t i = 0; i < length; i += 8)
			memcpy(chunk + i, &(uint64_t){ (at + i) * 0x9e3779b97f4a7c15 }, 8);
		taken = send(socket, chunk, length, MSG_NOSIGNAL);
		if (taken <= 0)
			break;
		add(&sent, chunk, (size_t)taken);
		at += (size_t)taken;
	}
	CHECK_EQUAL(shutdown(socket, SHUT_WR), 0);
	if (recv(socket, &arrived, sizeof(arrived), MSG_WAITALL) == sizeof(arrived)) {
		CHECK_EQUAL(arrived.a, sent.a);
		CHECK_EQUAL(arrived.b, sent.b);
		rate = (double)bytes / (double)(now_us() - begun);
	}
	close(socket);
	return rate;
}
