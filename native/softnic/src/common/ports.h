/* SPDX-License-Identifier: Apache-2.0 */
/* What SOFTNIC_PORTS says: its pairs, each checked, and together. */
#ifndef SOFTNIC_PORTS_H
#define SOFTNIC_PORTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <net/if.h>

#include <doca_error.h>

#define PORTS_DEVICES_MAX 256u

struct port {
	uint16_t device; /* N of pN and pfNvfM */
	bool is_representor;
	bool is_pattern;	 /* any VF; netdev has one `*` */
	uint16_t vf;
	char netdev[IFNAMSIZ + 1]; /* "": no link */
};

struct ports {
	size_t count;
	struct port list[];
};

/* Of the environment as it is now; no ports when the variable is not set. INVALID_VALUE, with a line in
 * the log that names the part. To be freed. */
doca_error_t ports_read(struct ports **out);

/* Whether a netdev is one of the pattern's: it matches, no port names it, and no pattern before has it. */
bool ports_matches(const struct ports *ports, const struct port *pattern, const char *netdev);

/* "3" or "[0-3]" or "[0,2,5-7]", up to `end`; into `numbers`, of which there may be `room`. The count,
 * or 0 for what is none of these. */
size_t ports_numbers(const char *text, const char *end, uint16_t *numbers, size_t room);

#endif
