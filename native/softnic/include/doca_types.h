/* SPDX-License-Identifier: Apache-2.0 */
/* Types that several libraries share. */
#ifndef DOCA_TYPES_H_
#define DOCA_TYPES_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Values in network byte order. */
typedef __be16 doca_be16_t;
typedef __be32 doca_be32_t;
typedef __be64 doca_be64_t;

/* What a PCI function, or the representor of one, is. */
enum doca_pci_func_type {
	DOCA_PCI_FUNC_TYPE_PF = 0,
	DOCA_PCI_FUNC_TYPE_VF = 1,
	DOCA_PCI_FUNC_TYPE_SF = 2,
};

/* A value of the caller's that the library only carries. */
union doca_data {
	void *ptr;
	uint64_t u64;
};

#ifdef __cplusplus
}
#endif

#endif
