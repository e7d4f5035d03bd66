/* SPDX-License-Identifier: Apache-2.0 */
#include "meter.h"

#include <errno.h>
#include <stdlib.h>

#include "assumptions.h"
#include "program_books.h"

#define WORD_BITS 64u

int meters_new(struct meters *meters, uint32_t size)
{
	uint32_t words = (size + WORD_BITS - 1) / WORD_BITS;

	meters->size = size;
	meters->used = calloc(words, sizeof(*meters->used));
	meters->bound = calloc(words, sizeof(*meters->bound));
	return meters->used && meters->bound ? 0 : -ENOMEM;
}

void meters_free(struct meters *meters)
{
	free(meters->used);
	free(meters->bound);
}

static int take(struct meters *meters, uint32_t *id)
{
	for (uint32_t at = 0; at < meters->size; at++) {
		if (meters->used[at / WORD_BITS] == UINT64_MAX) {
			at |= WORD_BITS - 1;
			continue;
		}
		if (meters->used[at / WORD_BITS] & 1ull << at % WORD_BITS)
			continue;
		meters->used[at / WORD_BITS] |= 1ull << at % WORD_BITS;
		meters->taken++;
		*id = at;
		return 0;
	}
	return -ENOSPC;
}

static void give(struct meters *meters, uint32_t id)
{
	meters->used[id / WORD_BITS] &= ~(1ull << id % WORD_BITS);
	meters->taken--;
}

/* An id is bound once: nothing unbinds it but the end of its port. */
static int bind(struct doca *doca, uint32_t id)
{
	uint64_t *word = &doca->program->meters.bound[id / WORD_BITS];
	doca_error_t result;

	if (*word & 1ull << id % WORD_BITS)
		return 0;
	result = doca_flow_shared_resources_bind(DOCA_FLOW_SHARED_RESOURCE_METER, &id, 1,
						 doca->device.manager);
	if (result != DOCA_SUCCESS)
		return doca_fail(NULL, result, "");
	*word |= 1ull << id % WORD_BITS;
	return 0;
}

static int configure(uint32_t id, uint64_t rate, uint64_t burst)
{
	struct doca_flow_shared_resource_cfg cfg = {
		.meter_cfg = {
			.limit_type = DOCA_FLOW_METER_LIMIT_TYPE_BYTES,
			.color_mode = DOCA_FLOW_METER_COLOR_MODE_BLIND,
			.alg = DOCA_FLOW_METER_ALGORITHM_TYPE_RFC2697,
			.cir = rate,
			.cbs = burst,
			/* No excess: what is beyond the burst is RED, never YELLOW. */
			.rfc2697 = { .ebs = 0 },
		},
	};
	doca_error_t result = doca_flow_shared_resource_set_cfg(DOCA_FLOW_SHARED_RESOURCE_METER, id, &cfg);

	return result == DOCA_SUCCESS ? 0 : doca_fail(NULL, result, "");
}

static int fresh(struct doca *doca, uint64_t rate, uint64_t burst, uint32_t *id)
{
	struct meters *meters = &doca->program->meters;
	int result = take(meters, id);

	if (result != 0)
		return result;
	result = configure(*id, rate, burst);
	if (result == 0)
		result = bind(doca, *id);
	if (result != 0)
		give(meters, *id);
	return result;
}

int meter_set(struct doca *doca, struct meter *meter, uint64_t rate, uint64_t burst)
{
	uint32_t id;
	int result;

	if (meter->set && meter->rate == rate && meter->burst == burst)
		return 0;
	if (!meter->set || !ASSUME_METER_RECONFIGURES || configure(meter->id, rate, burst) != 0) {
		if (meter->set && meter->retiring)
			return -EBUSY;
		result = fresh(doca, rate, burst, &id);
		if (result != 0)
			return result;
		meter->retiring = meter->set;
		meter->retired = meter->id;
		meter->id = id;
		meter->set = true;
	}
	meter->rate = rate;
	meter->burst = burst;
	return 0;
}

void meter_retire(struct meters *meters, struct meter *meter)
{
	if (meter->retiring)
		give(meters, meter->retired);
	meter->retiring = false;
}

void meter_drop(struct meters *meters, struct meter *meter)
{
	meter_retire(meters, meter);
	if (meter->set)
		give(meters, meter->id);
	meter->set = false;
}
