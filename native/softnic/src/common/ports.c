/* SPDX-License-Identifier: Apache-2.0 */
#include "ports.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"

/* A decimal number up to `most`, whose end goes to *end; -1 for none. */
static long number(const char *text, const char *limit, long most, const char **end)
{
	long value = 0;

	if (text == limit || !isdigit((unsigned char)*text))
		return -1;
	for (; text < limit && isdigit((unsigned char)*text); text++) {
		value = value * 10 + (*text - '0');
		if (value > most)
			return -1;
	}
	*end = text;
	return value;
}

static bool netdev_name(const char *text, size_t length, bool pattern)
{
	size_t stars = 0;

	for (size_t i = 0; i < length; i++) {
		stars += text[i] == '*';
		if (text[i] == '/' || text[i] == ':' || isspace((unsigned char)text[i]))
			return false;
	}
	if (pattern)
		return stars == 1 && length <= IFNAMSIZ; /* the star may stand for nothing */
	return stars == 0 && length < IFNAMSIZ;
}

/* One pair, such as "pf0vf3=veth7". What is wrong with it, or NULL. */
static const char *parse(const char *text, size_t length, struct port *port)
{
	const char *end = text + length;
	const char *equals = memchr(text, '=', length);
	const char *at = text;

	memset(port, 0, sizeof(*port));
	if (equals == NULL)
		return "not of the form port=netdev";
	if (at == equals || *at++ != 'p')
		return "neither pN nor pfNvfM";
	if (at < equals && *at == 'f') {
		port->is_representor = true;
		at++;
	}
	long device = number(at, equals, PORTS_DEVICES_MAX - 1, &at);
	if (device < 0)
		return "no device number from 0 to 255";
	port->device = (uint16_t)device;
	if (port->is_representor) {
		if (equals - at < 3 || at[0] != 'v' || at[1] != 'f')
			return "neither pN nor pfNvfM";
		at += 2;
		if (*at == '*') {
			port->is_pattern = true;
			at++;
		} else {
			long vf = number(at, equals, UINT16_MAX - 1, &at);
			if (vf < 0)
				return "no VF number from 0 to 65534";
			port->vf = (uint16_t)vf;
		}
	}
	if (at != equals)
		return "neither pN nor pfNvfM";
	at = equals + 1;
	if (!netdev_name(at, (size_t)(end - at), port->is_pattern))
		return port->is_pattern ? "no netdev name with one *" : "no netdev name";
	memcpy(port->netdev, at, (size_t)(end - at));
	return NULL;
}

static bool same_port(const struct port *a, const struct port *b)
{
	return a->device == b->device && a->is_representor == b->is_representor &&
	       a->is_pattern == b->is_pattern && a->vf == b->vf;
}

/* What is wrong with a port beside the ones before it, or NULL. */
static const char *conflict(const struct ports *ports, const struct port *port)
{
	for (size_t i = 0; i < ports->count; i++) {
		if (same_port(&ports->list[i], port))
			return "port named twice";
		if (port->netdev[0] != '\0' && strcmp(ports->list[i].netdev, port->netdev) == 0)
			return "netdev named twice";
	}
	return NULL;
}

static bool has_device(const struct ports *ports, uint16_t device)
{
	for (size_t i = 0; i < ports->count; i++)
		if (!ports->list[i].is_representor && ports->list[i].device == device)
			return true;
	return false;
}

doca_error_t ports_read(struct ports **out)
{
	const char *text = getenv("SOFTNIC_PORTS");
	size_t room = 1;

	if (text == NULL)
		text = "";
	for (const char *c = text; *c != '\0'; c++)
		room += *c == ';';
	struct ports *ports = calloc(1, sizeof(*ports) + room * sizeof(ports->list[0]));
	if (ports == NULL)
		return DOCA_ERROR_NO_MEMORY;
	for (size_t length; *text != '\0'; text += length + (text[length] == ';')) {
		length = strcspn(text, ";");
		if (length == 0)
			continue;
		struct port *port = &ports->list[ports->count];
		const char *wrong = parse(text, length, port);
		if (wrong == NULL)
			wrong = conflict(ports, port);
		if (wrong != NULL) {
			SOFTNIC_LOG_ERR("COMMON", "SOFTNIC_PORTS: \"%.*s\": %s", (int)length, text,
					wrong);
			free(ports);
			return DOCA_ERROR_INVALID_VALUE;
		}
		ports->count++;
	}
	for (size_t i = 0; i < ports->count; i++) {
		uint16_t device = ports->list[i].device;
		if (has_device(ports, device))
			continue;
		SOFTNIC_LOG_ERR("COMMON", "SOFTNIC_PORTS: a representor pf%uvf…, but no port p%u",
				device, device);
		free(ports);
		return DOCA_ERROR_INVALID_VALUE;
	}
	*out = ports;
	return DOCA_SUCCESS;
}

static bool fits(const struct port *pattern, const char *netdev)
{
	const char *star = strchr(pattern->netdev, '*');
	size_t before = (size_t)(star - pattern->netdev);
	size_t after = strlen(star + 1);
	size_t length = strlen(netdev);

	return length >= before + after && strncmp(netdev, pattern->netdev, before) == 0 &&
	       strcmp(netdev + length - after, star + 1) == 0;
}

bool ports_matches(const struct ports *ports, const struct port *pattern, const char *netdev)
{
	for (const struct port *port = ports->list; port < ports->list + ports->count; port++) {
		if (port->is_pattern ? port < pattern && fits(port, netdev) :
				       strcmp(port->netdev, netdev) == 0)
			return false;
	}
	return fits(pattern, netdev);
}

size_t ports_numbers(const char *text, const char *end, uint16_t *numbers, size_t room)
{
	size_t count = 0;
	bool bracket = text < end && *text == '[';

	if (bracket && (end[-1] != ']' || end - text < 3))
		return 0;
	if (bracket) {
		text++;
		end--;
	}
	for (;;) {
		long first = number(text, end, UINT16_MAX - 1, &text);
		long last = first;
		if (first < 0)
			return 0;
		if (bracket && text < end && *text == '-')
			last = number(text + 1, end, UINT16_MAX - 1, &text);
		if (last < first || (size_t)(last - first) >= room - count)
			return 0;
		while (first <= last)
			numbers[count++] = (uint16_t)first++;
		if (text == end)
			return count;
		if (!bracket || *text++ != ',')
			return 0;
	}
}
