/* SPDX-License-Identifier: Apache-2.0 */
/* Byte order and bit fields of big-endian words. The conversions of constants are constants. */
#ifndef DOCA_BITFIELD_H_
#define DOCA_BITFIELD_H_

#include <endian.h>

#include "doca_types.h"

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define DOCA_HTOBE16(value) ((doca_be16_t)__builtin_bswap16((uint16_t)(value)))
#define DOCA_HTOBE32(value) ((doca_be32_t)__builtin_bswap32((uint32_t)(value)))
#define DOCA_HTOBE64(value) ((doca_be64_t)__builtin_bswap64((uint64_t)(value)))
#else
#define DOCA_HTOBE16(value) ((doca_be16_t)(value))
#define DOCA_HTOBE32(value) ((doca_be32_t)(value))
#define DOCA_HTOBE64(value) ((doca_be64_t)(value))
#endif
/* Swapping is its own inverse. */
#define DOCA_BETOH16(value) ((uint16_t)DOCA_HTOBE16(value))
#define DOCA_BETOH32(value) ((uint32_t)DOCA_HTOBE32(value))
#define DOCA_BETOH64(value) ((uint64_t)DOCA_HTOBE64(value))

/* Bits `high` to `low` of the word's value, both included. */
#define DOCA_GENMASK32(high, low) ((UINT32_MAX >> (31 - (high))) & (UINT32_MAX << (low)))
#define DOCA_BE32_GENMASK(high, low) DOCA_HTOBE32(DOCA_GENMASK32(high, low))

/* A value put into, or taken out of, the field that a big-endian mask marks. The mask is not 0. */
#define DOCA_BE32_SET(mask, value)                                                                 \
	DOCA_HTOBE32(((uint32_t)(value) << __builtin_ctz(DOCA_BETOH32(mask))) & DOCA_BETOH32(mask))
#define DOCA_BE32_GET(mask, value)                                                                 \
	((DOCA_BETOH32(value) & DOCA_BETOH32(mask)) >> __builtin_ctz(DOCA_BETOH32(mask)))

#endif
