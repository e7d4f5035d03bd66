/* SPDX-License-Identifier: Apache-2.0 */
/* What is behind the handles of devices and representors. */
#ifndef SOFTNIC_HANDLE_H
#define SOFTNIC_HANDLE_H

#include <stdbool.h>
#include <stdint.h>

#include <net/if.h>

#include <doca_dev.h>

struct doca_devinfo {
	uint16_t index; /* N of pN */
	char netdev[IFNAMSIZ];
	bool has_mac;
	uint8_t mac[DOCA_DEVINFO_MAC_ADDR_SIZE];
};

struct doca_devinfo_rep {
	struct doca_dev *dev; /* held */
	uint16_t vf;
	char netdev[IFNAMSIZ];
};

struct doca_dev_rep {
	struct doca_devinfo_rep info;
};

/* One for each physical port, however often it is opened; gone when nobody holds it any more. */
struct doca_dev {
	struct doca_devinfo info;
	uint32_t holders;
	struct doca_dev *next;
};

void dev_hold(struct doca_dev *dev);
void dev_release(struct doca_dev *dev);

#endif
