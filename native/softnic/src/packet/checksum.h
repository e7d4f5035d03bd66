/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Internet checksum (RFC 1071). Sums are of 16-bit words as they lie in memory: byte order does not
 * matter to them as long as it is the same for all.
 */
#ifndef SOFTNIC_CHECKSUM_H
#define SOFTNIC_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* The sum of `length` bytes that begin at an even place, added to `sum`; not folded. */
uint64_t checksum_add(uint64_t sum, const void *bytes, size_t length);

uint16_t checksum_fold(uint64_t sum);

/* Of a folded sum over everything, checksum included. 0 and 0xffff are the two zeros of one's complement;
 * the former comes only from bytes that are all zero. */
static inline int checksum_right(uint16_t folded)
{
	return folded == 0xffff || folded == 0;
}

/*
 * RFC 1624, equation 3: the checksum `check` (its two bytes as they lie in memory) after `length` bytes
 * of what it covers have changed. odd: they begin at an odd place, counted from where it begins.
 */
uint16_t checksum_update(uint16_t check, const void *before, const void *after, size_t length, int odd);

#endif
