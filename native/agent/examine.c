/* SPDX-License-Identifier: Apache-2.0 */
#include "examine.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "abi/error.h"
#include "backend/doca/examine.h"
#include "backend/doca/selftest/selftest.h"

#define SCHEME "doca:"

static const char *const findings[] = { [HOLDS] = "holds", [FAILS] = "fails", [UNSEEN] = "unseen" };

/* A JSON string. Messages are ASCII; what is not is left out. */
static void print_string(const char *text)
{
	putchar('"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			putchar('\\');
		if (*text >= ' ' && *text <= '~')
			putchar(*text);
	}
	putchar('"');
}

static void print_pair(const char *name, const char *value)
{
	printf(",\"%s\":", name);
	print_string(value);
}

static void print_device(void *context, const struct examined_device *device)
{
	(void)context;
	printf("{\"kind\":\"device\",\"representors\":%u", device->representors);
	print_pair("pci", device->pci);
	print_pair("netdev", device->netdev);
	print_pair("rdma", device->rdma);
	print_pair("mac", device->mac);
	puts("}");
}

static void print_finding(void *context, const char *assumption, enum finding finding,
			  const char *seen)
{
	(void)context;
	printf("{\"kind\":\"finding\"");
	print_pair("finding", findings[finding]);
	print_pair("assumption", assumption);
	print_pair("seen", seen);
	puts("}");
	fflush(stdout); /* each takes a moment: whoever waits sees how far it is */
}

static int offer(const char *address, struct hyp_error *error)
{
	struct examined_offer offered;
	int result = examine_offer(address, &offered, error);

	if (result == 0)
		printf("{\"kind\":\"offer\",\"connections\":%u,\"counters\":%u,\"meters\":%u,"
		       "\"sharedMeters\":%u}\n",
		       offered.connections, offered.counters, offered.meters, offered.shared_meters);
	return result;
}

static int selftest(const char *address, char **names, struct hyp_error *error)
{
	struct selftest_options options = { .address = address };
	uint32_t *const indices[] = { &options.representors[0], &options.vfs[0],
				      &options.representors[1], &options.vfs[1] };

	for (int i = 0; i < 4; i++) {
		*indices[i] = if_nametoindex(names[i]);
		if (*indices[i] == 0)
			return hyp_fail(error, -ENODEV, "there is no device %s", names[i]);
	}
	return doca_selftest(&options, print_finding, NULL, error);
}

int examine(int count, char **arguments)
{
	struct hyp_error error = { .message = "" };
	const char *address;
	int result;

	if (count < 2 || strncmp(arguments[1], SCHEME, strlen(SCHEME)) != 0)
		return 2;
	address = arguments[1] + strlen(SCHEME);
	if (count == 2 && strcmp(arguments[0], "devices") == 0)
		result = examine_devices(address, print_device, NULL, &error);
	else if (count == 2 && strcmp(arguments[0], "offer") == 0)
		result = offer(address, &error);
	else if (count == 6 && strcmp(arguments[0], "selftest") == 0)
		result = selftest(address, arguments + 2, &error);
	else
		return 2;
	if (result == 0)
		return 0;
	printf("{\"kind\":\"error\"");
	print_pair("message", error.message);
	puts("}");
	return 1;
}
