/* SPDX-License-Identifier: Apache-2.0 */
/* What is counted, metered and aged: a template's monitor and an entry's, made one. */
#ifndef SOFTNIC_MONITOR_H
#define SOFTNIC_MONITOR_H

#include "../flow/nic.h"

struct monitor {
	bool counts;             /* NON_SHARED */
	uint32_t shared_counter; /* UINT32_MAX: none */
	uint32_t shared_meter;   /* UINT32_MAX: none */
	enum doca_flow_meter_color init_colour; /* of the shared meter */
	struct meter *meter;     /* NON_SHARED, else NULL */
	uint32_t aging_sec;
};

/* template NULL: nothing is monitored. INVALID_VALUE: the entry lacks what the template leaves open, asks
 * for what it has not, or names a shared resource that is not set up. */
doca_error_t monitor_compile(const struct nic *nic, const struct doca_flow_monitor *template,
			     const struct doca_flow_monitor *given, struct monitor *monitor);

/* Counts, meters, colours. */
void monitor_counter(struct nic *nic, uint32_t shared_counter, uint32_t bytes);
void monitor_meter(struct nic *nic, struct meter *meter, uint32_t shared_meter,
		   enum doca_flow_meter_color init_colour, uint32_t bytes, uint64_t now_ns,
		   struct packet *packet);

#endif
