/* SPDX-License-Identifier: Apache-2.0 */
/* The near ends of the wires as ports of a loop, which does with their frames what the test says. */
#ifndef SOFTNIC_TEST_NEAR_H
#define SOFTNIC_TEST_NEAR_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "../src/port/netdev.h"
#include "wires.h"

/* Served in every place. */
#define ECHO 7
#define SINK 9

/* What becomes of a frame. */
enum fate { DROP, FORWARD, TO_KERNEL };

struct port {
	struct netdev *netdev;
	struct port *peer;
	_Atomic int fate;
	atomic_uint longest, tagged;
	atomic_uint right; /* tagged and with right checksums */
	uint32_t tag;      /* last seen, type and TCI */
};

extern struct netdev_loop *loop;
extern struct port ports[2];
extern atomic_uint ticks;

/* Wires, servers, the loop and both ports; takes them away again, and checks that nothing is left. */
void near_create(void);
void near_destroy(void);

struct netdev_loop *start_loop(void);
int open_port(unsigned int number);
void close_port(unsigned int number);
/* The lock that receive runs under. */
void enter(void);
void leave(void);
/* Of the frames of both ports from now on; what was seen of them is forgotten. */
void set_fate(enum fate fate);
struct netdev_counts counts(unsigned int number);
bool has_filters(const char *device);
bool has_clsact(const char *device);

#endif
