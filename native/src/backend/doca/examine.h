/* SPDX-License-Identifier: Apache-2.0 */
/* What there is and what it offers, found out by asking and trying. */
#ifndef HYPERION_DOCA_EXAMINE_H
#define HYPERION_DOCA_EXAMINE_H

#include <hyperion/dataplane.h>

struct examined_device {
	char pci[16];
	char netdev[256]; /* "" : none in this network namespace */
	char rdma[64];
	char mac[18];
	uint32_t representors;
};

/* Every DOCA device of this machine; `address` as behind "doca:". 0 or -errno. */
int examine_devices(const char *address,
		    void (*each)(void *context, const struct examined_device *device), void *context,
		    struct hyp_error *error);

/* What was asked for, and granted: the device was opened and every pipe made, then let go. */
struct examined_offer {
	uint32_t connections, counters, meters, shared_meters;
};
int examine_offer(const char *address, struct examined_offer *offer, struct hyp_error *error);

#endif
