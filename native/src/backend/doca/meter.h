/* SPDX-License-Identifier: Apache-2.0 */
/* Shared meters: the rates of endpoints. Ids are ours to give (resource mode SYSTEM, which both 3.2 and
 * 3.3 begin with). */
#ifndef HYPERION_DOCA_METER_H
#define HYPERION_DOCA_METER_H

#include "doca.h"

/* What an endpoint may need a meter for. */
enum meter_use { METER_OF_TX, METER_OF_RX, METER_OF_SEND, METER_USES };

struct meter {
	bool set;
	uint32_t id;
	uint64_t rate, burst;
	bool retiring; /* the one before it, which entries still use */
	uint32_t retired;
};

struct meters {
	uint32_t size, taken;
	uint64_t *used, *bound; /* bit per id */
};

/* 0 or -ENOMEM. */
int meters_new(struct meters *meters, uint32_t size);
void meters_free(struct meters *meters);

/*
 * Makes *meter one of this rate (bytes per second) and burst. If it has another and cannot be changed,
 * it gets another id, and keeps the old one until meter_retire. 0 or -errno; -EBUSY: the one before
 * the last is still in use.
 */
int meter_set(struct doca *doca, struct meter *meter, uint64_t rate, uint64_t burst);
/* No entry uses the former one any more. */
void meter_retire(struct meters *meters, struct meter *meter);
/* No entry uses it any more. */
void meter_drop(struct meters *meters, struct meter *meter);

#endif
