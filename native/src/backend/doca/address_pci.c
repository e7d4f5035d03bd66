/* SPDX-License-Identifier: Apache-2.0 */
/* "0000:03:00.0" */
#include "address.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "../../abi/error.h"

#define PATTERN "xxxx:xx:xx.x"

int address_prepare(const char *address, const char **pci, struct hyp_error *error)
{
	size_t length = strlen(PATTERN);

	for (size_t i = 0; i < length; i++) {
		char expected = PATTERN[i];

		if (expected == 'x' ? !isxdigit((unsigned char)address[i]) : address[i] != expected)
			return hyp_fail(error, -EINVAL,
					"\"doca:%s\": a PCI address is like doca:0000:03:00.0", address);
	}
	if (address[length])
		return hyp_fail(error, -EINVAL, "\"doca:%s\": nothing may follow the PCI address",
				address);
	*pci = address;
	return 0;
}
