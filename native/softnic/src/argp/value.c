/* SPDX-License-Identifier: Apache-2.0 */
/* From the text of an argument to what its callback takes. */
#include "param.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/device.h"

#define REPRESENTORS_MAX 1024u

static doca_error_t bad(const struct argp *argp, const struct doca_argp_param *param,
			const char *text, const char *why)
{
	fprintf(stderr, "%s: %s%s: \"%s\": %s\n", argp->program,
		param->long_name != NULL ? "--" : "-",
		param->long_name != NULL ? param->long_name : param->short_name, text, why);
	return DOCA_ERROR_INVALID_VALUE;
}

static doca_error_t give_int(const struct argp *argp, const struct doca_argp_param *param,
			     const char *text)
{
	char *end;
	int number;

	errno = 0;
	long value = strtol(text, &end, 0);
	if (end == text || *end != '\0')
		return bad(argp, param, text, "not a number");
	if (errno != 0 || value < INT_MIN || value > INT_MAX)
		return bad(argp, param, text, "number out of range");
	number = (int)value;
	return param->callback(&number, argp->config);
}

static doca_error_t give_boolean(const struct argp *argp, const struct doca_argp_param *param,
				 const char *text)
{
	bool value = true;

	if (text != NULL && strcmp(text, "false") == 0)
		value = false;
	else if (text != NULL && strcmp(text, "true") != 0)
		return bad(argp, param, text, "neither true nor false");
	return param->callback(&value, argp->config);
}

/* Opens the device at the beginning of `text`; *rest: what follows its comma, or NULL. */
static doca_error_t open_device(const struct argp *argp, const struct doca_argp_param *param,
				const char *text, struct doca_dev **dev, const char **rest)
{
	const char *name = strncmp(text, "pci/", 4) == 0 ? text + 4 : text;
	size_t length = strcspn(name, ",");
	char address[DOCA_DEVINFO_PCI_ADDR_SIZE];
	struct doca_devinfo **list;
	doca_error_t error;
	uint32_t count;

	if (length >= sizeof(address))
		return bad(argp, param, text, "no PCI address");
	memcpy(address, name, length);
	address[length] = '\0';
	error = doca_devinfo_create_list(&list, &count);
	if (error != DOCA_SUCCESS)
		return bad(argp, param, text, "no devices (SOFTNIC_PORTS)");
	error = DOCA_ERROR_NOT_FOUND;
	for (uint32_t i = 0; i < count && error == DOCA_ERROR_NOT_FOUND; i++) {
		uint8_t equal = 0;

		if (doca_devinfo_is_equal_pci_addr(list[i], address, &equal) == DOCA_SUCCESS && equal)
			error = doca_dev_open(list[i], dev);
	}
	doca_devinfo_destroy_list(list);
	if (error == DOCA_ERROR_NOT_FOUND)
		return bad(argp, param, text, "no such device");
	*rest = name[length] == ',' ? name + length + 1 : NULL;
	return error;
}

static doca_error_t give_device(const struct argp *argp, const struct doca_argp_param *param,
				const char *text)
{
	struct doca_argp_device_ctx context = { .dev = NULL };
	doca_error_t error = open_device(argp, param, text, &context.dev, &context.devargs);

	if (error != DOCA_SUCCESS)
		return error;
	error = param->callback(&context, argp->config);
	if (error != DOCA_SUCCESS)
		doca_dev_close(context.dev);
	return error;
}

/* One call of the callback for each. */
static doca_error_t give_vfs(const struct argp *argp, const struct doca_argp_param *param,
			     const char *text, struct doca_argp_device_rep_ctx *context,
			     const uint16_t *vfs, size_t count)
{
	doca_error_t error = DOCA_SUCCESS;

	for (size_t i = 0; i < count && error == DOCA_SUCCESS; i++) {
		error = softnic_rep_open_vf(context->dev_ctx.dev, vfs[i], &context->dev_rep);
		if (error == DOCA_ERROR_NOT_FOUND)
			return bad(argp, param, text, "no such representor");
		if (error != DOCA_SUCCESS)
			return error;
		error = param->callback(context, argp->config);
		if (error != DOCA_SUCCESS)
			doca_dev_rep_close(context->dev_rep);
	}
	return error;
}

static doca_error_t give_representors(const struct argp *argp, const struct doca_argp_param *param,
				      const char *text)
{
	struct doca_argp_device_rep_ctx context = { .dev_rep = NULL };
	size_t count = REPRESENTORS_MAX;
	const char *rest, *end;
	uint16_t *vfs;
	doca_error_t error = open_device(argp, param, text, &context.dev_ctx.dev, &rest);

	if (error != DOCA_SUCCESS)
		return error;
	/* The numbers end at the first comma outside of brackets. */
	end = rest;
	if (rest != NULL) {
		end += strcspn(rest, "[,");
		if (*end == '[')
			end += strcspn(end, "]");
		end += strcspn(end, ",");
		context.dev_ctx.devargs = *end == ',' ? end + 1 : NULL;
	}
	vfs = calloc(count, sizeof(*vfs));
	if (vfs == NULL)
		error = DOCA_ERROR_NO_MEMORY;
	else if (rest == NULL)
		error = bad(argp, param, text, "no representor");
	else
		error = softnic_dev_parse_vfs(context.dev_ctx.dev, rest, end, vfs, &count);
	if (error == DOCA_ERROR_NOT_SUPPORTED)
		bad(argp, param, text, "softnic has no subfunctions");
	else if (error == DOCA_ERROR_INVALID_VALUE && rest != NULL)
		bad(argp, param, text, "no representors of this device");
	else if (error == DOCA_SUCCESS)
		error = give_vfs(argp, param, text, &context, vfs, count);
	free(vfs);
	/* The representors keep their device open. */
	doca_dev_close(context.dev_ctx.dev);
	return error;
}

doca_error_t param_give(const struct argp *argp, const struct doca_argp_param *param,
			const char *text)
{
	switch (param->type) {
	case DOCA_ARGP_TYPE_STRING:
		/* The callback is given part of argv and, as the API has it, may write there. */
		return param->callback((char *)(uintptr_t)text, argp->config);
	case DOCA_ARGP_TYPE_INT:
		return give_int(argp, param, text);
	case DOCA_ARGP_TYPE_BOOLEAN:
		return give_boolean(argp, param, text);
	case DOCA_ARGP_TYPE_DEVICE:
		return give_device(argp, param, text);
	case DOCA_ARGP_TYPE_DEVICE_REP:
		return give_representors(argp, param, text);
	case DOCA_ARGP_TYPE_JSON_OBJ:
	case DOCA_ARGP_TYPE_UNKNOWN:
		break;
	}
	return DOCA_ERROR_NOT_SUPPORTED;
}
