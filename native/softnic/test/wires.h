/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Network namespaces for the tests of netdevs: the NIC's, which the process starts in, and three hosts,
 * each at the far end of a veth pair: eth0 there, port0, port1 or port2 here. Host n is 10.0.0.n+1,
 * fd00::n+1 and 02:00:00:00:00:0n+1.
 */
#ifndef SOFTNIC_TEST_WIRES_H
#define SOFTNIC_TEST_WIRES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum place { NIC, HOST0, HOST1, HOST2, PLACES };

/* Namespaces and pairs; the process moves to the NIC. */
void wires_create(void);
void wires_destroy(void);
/* The calling thread moves. */
void go_to(enum place place);

/* A shell command in a place; printf's format. The status of its exit. */
int shell(enum place place, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* One that has to work. */
void run(enum place place, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Serve until the process ends at port `port`, on every address: each datagram is sent back; each TCP
 * connection gets back the sum over what it sent. */
void serve_udp(enum place place, uint16_t port);
void serve_tcp(enum place place, uint16_t port);

/* Sends `rounds` datagrams, one after each answer. The median of the times in µs, or -1 when one was not
 * answered within a second. */
double ping(enum place from, const char *to, uint16_t port, unsigned int rounds);
/* Whether one is answered soon: a kernel takes up to a second to notice that its link is back. */
bool reaches(enum place from, const char *to, uint16_t port);
/* Sends one of `bytes` which the device cuts to datagrams of `size`: how many came back. */
unsigned int ping_cut(enum place from, const char *to, uint16_t port, size_t bytes, uint16_t size);
/* Sends `bytes` by TCP and checks that they arrived. MB/s, or -1. */
double stream(enum place from, const char *to, uint16_t port, size_t bytes);

uint64_t now_us(void);
/* Processor time of all threads of the process. */
uint64_t busy_us(void);
unsigned int open_descriptors(void);

#endif
