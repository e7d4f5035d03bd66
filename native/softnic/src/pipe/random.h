/* SPDX-License-Identifier: Apache-2.0 */
/* Pseudo-random numbers: xorshift64*. */
#ifndef SOFTNIC_RANDOM_H
#define SOFTNIC_RANDOM_H

#include <stdint.h>

/* The upper bits are the better ones. */
static inline uint64_t random_next(uint64_t *state)
{
	if (*state == 0) /* would stay there */
		*state = 0x9e3779b97f4a7c15u;
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1du;
}

#endif
