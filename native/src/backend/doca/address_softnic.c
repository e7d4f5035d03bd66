/* SPDX-License-Identifier: Apache-2.0 */
/* "softnic", "softnic?uplink=eth1", "softnic?uplink=eth1&representors=veth*" */
#include "address.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../abi/error.h"

#define SCHEME "softnic"
#define PORTS_VARIABLE "SOFTNIC_PORTS"
/* Those that the driver makes. */
#define REPRESENTORS_DEFAULT "hyr*"

/* Copies the value of an argument up to the next one. */
static int read_value(const char *argument, const char *name, char *value, struct hyp_error *error)
{
	size_t length = strcspn(argument, "&");

	if (length == 0 || length >= IFNAMSIZ || strcspn(argument, ";=/ ") < length)
		return hyp_fail(error, -EINVAL, "%s=%.*s is not the name of a device", name, (int)length,
				argument);
	memcpy(value, argument, length);
	value[length] = '\0';
	return 0;
}

static int read_arguments(const char *arguments, char *uplink, char *representors,
			  struct hyp_error *error)
{
	while (*arguments) {
		int result;

		if (strncmp(arguments, "uplink=", 7) == 0)
			result = read_value(arguments + 7, "uplink", uplink, error);
		else if (strncmp(arguments, "representors=", 13) == 0)
			result = read_value(arguments + 13, "representors", representors, error);
		else
			result = hyp_fail(error, -EINVAL,
					  "\"%s\": softnic takes uplink=DEVICE and representors=PATTERN",
					  arguments);
		if (result != 0)
			return result;
		arguments += strcspn(arguments, "&");
		arguments += *arguments == '&';
	}
	return 0;
}

int address_prepare(const char *address, const char **pci, struct hyp_error *error)
{
	char uplink[IFNAMSIZ] = "", representors[IFNAMSIZ] = REPRESENTORS_DEFAULT;
	char ports[2 * IFNAMSIZ + sizeof("p0=;pf0vf*=")];
	size_t scheme = strlen(SCHEME);
	int result;

	*pci = NULL;
	if (strncmp(address, SCHEME, scheme) != 0 || (address[scheme] && address[scheme] != '?'))
		return hyp_fail(error, -EINVAL,
				"this library is built with softnic and not with NVIDIA's SDK: \"doca:%s\" "
				"needs one built with -Ddoca=enabled; there is doca:softnic", address);
	result = address[scheme] ? read_arguments(address + scheme + 1, uplink, representors, error) : 0;
	if (result != 0)
		return result;
	if (uplink[0] && if_nametoindex(uplink) == 0)
		return hyp_fail(error, -ENODEV, "there is no device %s for the uplink", uplink);
	snprintf(ports, sizeof(ports), "p0=%s;pf0vf*=%s", uplink, representors);
	return setenv(PORTS_VARIABLE, ports, 1) == 0
		       ? 0
		       : hyp_fail(error, -errno, "cannot set " PORTS_VARIABLE ": %s", strerror(errno));
}
