/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The programs' place on a netdev: a clsact qdisc with one filter in each direction. Filters stay when
 * their process is killed, so that the kernel does not get what was meant for the pipes; whoever opens
 * the device next takes them over.
 */
#ifndef SOFTNIC_HOOK_H
#define SOFTNIC_HOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "program.h"

struct mnl_socket;

struct hook {
	/* Stays open: it belongs to the namespace of the thread that opened it, and its address is the
	 * lock that keeps a second softnic off the device. */
	struct mnl_socket *netlink;
	uint32_t index;  /* of the netdev */
	bool qdisc_made; /* by us: goes when we go */
};

/* Puts the programs on. 0, -EBUSY (in use, or there are filters of others), -ENODEV, other -errno. */
int hook_open(struct hook *hook, uint32_t index, const struct programs *programs);
/* Takes them off. device_gone: its index may be another's by now. */
void hook_close(struct hook *hook, bool device_gone);

#endif
