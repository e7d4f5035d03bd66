/* SPDX-License-Identifier: Apache-2.0 */
/* Meters colour packets and drop none. RFC 2697, RFC 2698, RFC 4115, colour-blind and -aware. */
#ifndef SOFTNIC_METER_H
#define SOFTNIC_METER_H

#include <stdint.h>

#include <doca_flow.h>

struct meter;

/* NULL without memory. The buckets are full at first. */
struct meter *meter_new(const struct doca_flow_resource_meter_cfg *cfg);
/* A NON_SHARED one: single rate; GREEN within cir and cbs, RED beyond. */
struct meter *meter_new_single(enum doca_flow_meter_limit_type limit, uint64_t cir, uint64_t cbs);
void meter_free(struct meter *meter);

/* The colour of a packet of `bytes` that comes with `colour` at `now_ns`. */
enum doca_flow_meter_color meter_colour(struct meter *meter, uint32_t bytes,
					enum doca_flow_meter_color colour, uint64_t now_ns);

#endif
