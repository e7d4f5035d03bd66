/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Byte order of what is on the wire: the C library's names are not there for the kernel's programs. */
#ifndef HYPERION_WALK_ORDER_H
#define HYPERION_WALK_ORDER_H

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define cpu_to_be16(value) __builtin_bswap16(value)
#define cpu_to_be32(value) __builtin_bswap32(value)
#define cpu_to_be64(value) __builtin_bswap64(value)
#else
#define cpu_to_be16(value) (value)
#define cpu_to_be32(value) (value)
#define cpu_to_be64(value) (value)
#endif
#define be16_to_cpu(value) cpu_to_be16(value)
#define be32_to_cpu(value) cpu_to_be32(value)

#endif
