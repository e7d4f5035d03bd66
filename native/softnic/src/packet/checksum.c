/* SPDX-License-Identifier: Apache-2.0 */
#include "checksum.h"

#include "bytes.h"

uint64_t checksum_add(uint64_t sum, const void *bytes, size_t length)
{
	const uint8_t *next = bytes;

	/* Words of 32 bits: their halves meet when the sum is folded. No frame is long enough to overflow. */
	for (; length >= 4; length -= 4, next += 4)
		sum += load32(next);
	if (length >= 2) {
		sum += load16(next);
		next += 2;
		length -= 2;
	}
	if (length == 1) {
		uint8_t last[2] = { *next, 0 };

		sum += load16(last);
	}
	return sum;
}

uint16_t checksum_fold(uint64_t sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* A sum of bytes that begin at an odd place has its halves the other way round (RFC 1071 §2 B). */
static uint16_t sum_of(const void *bytes, size_t length, int odd)
{
	uint16_t sum = checksum_fold(checksum_add(0, bytes, length));

	return odd ? (uint16_t)(sum << 8 | sum >> 8) : sum;
}

uint16_t checksum_update(uint16_t check, const void *before, const void *after, size_t length, int odd)
{
	uint64_t sum = (uint16_t)~check;

	sum += (uint16_t)~sum_of(before, length, odd);
	sum += sum_of(after, length, odd);
	return (uint16_t)~checksum_fold(sum);
}
