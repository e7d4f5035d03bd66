/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The device in a data plane's URL, behind "doca:". Two implementations: address_softnic.c takes
 * "softnic" with arguments, address_pci.c a PCI address.
 */
#ifndef HYPERION_DOCA_ADDRESS_H
#define HYPERION_DOCA_ADDRESS_H

#include <hyperion/dataplane.h>

/* Does what must be done before devices are listed. *pci becomes the PCI address to look for (part of
 * `address`), or NULL for the only device. 0, or -EINVAL with what would be right. */
int address_prepare(const char *address, const char **pci, struct hyp_error *error);

#endif
