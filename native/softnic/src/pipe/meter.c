/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "meter.h"

#define NS_PER_SECOND 1000000000u

/* Fills with `rate` tokens a second up to `size`. */
struct bucket {
	uint64_t rate, size, tokens;
	uint64_t rest; /* of a token, in 1/NS_PER_SECOND */
};

enum mode { MODE_RFC2697, MODE_RFC2698, MODE_RFC4115, MODE_SINGLE };

struct meter {
	enum mode mode;
	bool packets, aware;
	bool begun;
	uint64_t last_ns;
	struct bucket c; /* committed */
	struct bucket e; /* excess; RFC 2698: peak */
};

static struct bucket bucket_full(uint64_t rate, uint64_t size)
{
	return (struct bucket){ .rate = rate, .size = size, .tokens = size };
}

/* Returns what did not go in. */
static uint64_t bucket_add(struct bucket *bucket, uint64_t tokens)
{
	uint64_t room = bucket->size - bucket->tokens;

	if (tokens <= room) {
		bucket->tokens += tokens;
		return 0;
	}
	bucket->tokens = bucket->size;
	bucket->rest = 0;
	return tokens - room;
}

static uint64_t bucket_earned(struct bucket *bucket, uint64_t elapsed_ns)
{
	unsigned __int128 earned = (unsigned __int128)elapsed_ns * bucket->rate + bucket->rest;
	unsigned __int128 tokens = earned / NS_PER_SECOND;

	bucket->rest = (uint64_t)(earned % NS_PER_SECOND);
	return tokens > UINT64_MAX ? UINT64_MAX : (uint64_t)tokens;
}

static bool bucket_covers(const struct bucket *bucket, uint64_t tokens)
{
	return bucket->tokens >= tokens;
}

static void refill(struct meter *meter, uint64_t now_ns)
{
	uint64_t elapsed, over;

	/* The buckets are full at first: time begins with the first packet. */
	if (!meter->begun || now_ns <= meter->last_ns) {
		if (!meter->begun)
			meter->last_ns = now_ns;
		meter->begun = true;
		return;
	}
	elapsed = now_ns - meter->last_ns;
	meter->last_ns = now_ns;
	over = bucket_add(&meter->c, bucket_earned(&meter->c, elapsed));
	if (meter->mode == MODE_RFC2697)
		bucket_add(&meter->e, over); /* one rate: what C cannot hold goes to E */
	else
		bucket_add(&meter->e, bucket_earned(&meter->e, elapsed));
}

struct meter *meter_new(const struct doca_flow_resource_meter_cfg *cfg)
{
	struct meter *meter = calloc(1, sizeof(*meter));

	if (meter == NULL)
		return NULL;
	meter->packets = cfg->limit_type == DOCA_FLOW_METER_LIMIT_TYPE_PACKETS;
	meter->aware = cfg->color_mode == DOCA_FLOW_METER_COLOR_MODE_AWARE;
	meter->c = bucket_full(cfg->cir, cfg->cbs);
	switch (cfg->alg) {
	case DOCA_FLOW_METER_ALGORITHM_TYPE_RFC2698:
		meter->mode = MODE_RFC2698;
		meter->e = bucket_full(cfg->rfc2698.pir, cfg->rfc2698.pbs);
		break;
	case DOCA_FLOW_METER_ALGORITHM_TYPE_RFC4115:
		meter->mode = MODE_RFC4115;
		meter->e = bucket_full(cfg->rfc4115.eir, cfg->rfc4115.ebs);
		break;
	default:
		meter->mode = MODE_RFC2697;
		meter->e = bucket_full(0, cfg->rfc2697.ebs);
		break;
	}
	return meter;
}

struct meter *meter_new_single(enum doca_flow_meter_limit_type limit, uint64_t cir, uint64_t cbs)
{
	struct meter *meter = calloc(1, sizeof(*meter));

	if (meter == NULL)
		return NULL;
	meter->mode = MODE_SINGLE;
	meter->packets = limit == DOCA_FLOW_METER_LIMIT_TYPE_PACKETS;
	meter->c = bucket_full(cir, cbs);
	return meter;
}

void meter_free(struct meter *meter)
{
	free(meter);
}

/* RFC 2698 §3: the peak bucket decides first, and GREEN is paid out of both. */
static enum doca_flow_meter_color two_rate(struct meter *meter, uint64_t cost,
					   enum doca_flow_meter_color colour)
{
	if (colour == DOCA_FLOW_METER_COLOR_RED || !bucket_covers(&meter->e, cost))
		return DOCA_FLOW_METER_COLOR_RED;
	meter->e.tokens -= cost;
	if (colour == DOCA_FLOW_METER_COLOR_YELLOW || !bucket_covers(&meter->c, cost))
		return DOCA_FLOW_METER_COLOR_YELLOW;
	meter->c.tokens -= cost;
	return DOCA_FLOW_METER_COLOR_GREEN;
}

enum doca_flow_meter_color meter_colour(struct meter *meter, uint32_t bytes,
					enum doca_flow_meter_color colour, uint64_t now_ns)
{
	uint64_t cost = meter->packets ? 1 : bytes;

	refill(meter, now_ns);
	if (!meter->aware)
		colour = DOCA_FLOW_METER_COLOR_GREEN;
	if (meter->mode == MODE_RFC2698)
		return two_rate(meter, cost, colour);
	/* RFC 2697 §3, RFC 4115 §2.1: first C, then E. */
	if (colour == DOCA_FLOW_METER_COLOR_GREEN && bucket_covers(&meter->c, cost)) {
		meter->c.tokens -= cost;
		return DOCA_FLOW_METER_COLOR_GREEN;
	}
	if (meter->mode != MODE_SINGLE && colour != DOCA_FLOW_METER_COLOR_RED &&
	    bucket_covers(&meter->e, cost)) {
		meter->e.tokens -= cost;
		return DOCA_FLOW_METER_COLOR_YELLOW;
	}
	return DOCA_FLOW_METER_COLOR_RED;
}
