/* SPDX-License-Identifier: Apache-2.0 */
/* Goes through a command line. */
#include "param.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <doca_log.h>
#include <doca_version.h>

/* The options of every program come by the same way as its own. */
static doca_error_t set_log_level(void *param, void *config)
{
	(void)config;
	doca_error_t error = doca_log_level_set_global_lower_limit((uint32_t)*(int *)param);
	if (error != DOCA_SUCCESS)
		fprintf(stderr, "log level %d: one of 10, 20, … 70\n", *(int *)param);
	return error;
}

static doca_error_t set_sdk_log_level(void *param, void *config)
{
	(void)config;
	doca_error_t error = doca_log_level_set_global_sdk_limit((uint32_t)*(int *)param);
	if (error != DOCA_SUCCESS)
		fprintf(stderr, "log level %d: one of 10, 20, … 70\n", *(int *)param);
	return error;
}

static doca_error_t print_help(void *param, void *config)
{
	(void)param;
	(void)config;
	doca_argp_usage();
}

static doca_error_t print_version(void *param, void *config)
{
	(void)param;
	const struct argp *argp = argp_current();
	if (argp->version != NULL)
		return argp->version(param, config);
	printf("DOCA SDK     Version (Compilation): %s\nDOCA Runtime Version (Runtime):     %s\n",
	       doca_version(), doca_version_runtime());
	exit(EXIT_SUCCESS);
}

/* Reading arguments from a file is not supported. */
static doca_error_t read_json(void *param, void *config)
{
	(void)config;
	fprintf(stderr, "--json %s: softnic reads no files of arguments\n", (const char *)param);
	return DOCA_ERROR_NOT_SUPPORTED;
}

static struct doca_argp_param general[] = {
	{ .short_name = "h", .long_name = "help", .callback = print_help, .multiple = true,
	  .type = DOCA_ARGP_TYPE_BOOLEAN, .description = "Print a help synopsis" },
	{ .short_name = "v", .long_name = "version", .callback = print_version, .multiple = true,
	  .type = DOCA_ARGP_TYPE_BOOLEAN, .description = "Print program version information" },
	{ .short_name = "l", .long_name = "log-level", .callback = set_log_level, .multiple = true,
	  .type = DOCA_ARGP_TYPE_INT,
	  .description = "Set the program's log level <10=DISABLE, 20=CRITICAL, 30=ERROR, "
			 "40=WARNING, 50=INFO, 60=DEBUG, 70=TRACE>" },
	{ .long_name = "sdk-log-level", .callback = set_sdk_log_level, .multiple = true,
	  .type = DOCA_ARGP_TYPE_INT,
	  .description = "Set the libraries' log level, numbered likewise" },
	{ .short_name = "j", .long_name = "json", .callback = read_json, .multiple = true,
	  .type = DOCA_ARGP_TYPE_STRING, .description = "Not supported" },
};
#define GENERAL_COUNT (sizeof(general) / sizeof(general[0]))

static void print_param(const struct doca_argp_param *param)
{
	static const char *const kinds[] = {
		[DOCA_ARGP_TYPE_STRING] = " <string>",	[DOCA_ARGP_TYPE_INT] = " <number>",
		[DOCA_ARGP_TYPE_BOOLEAN] = "",		[DOCA_ARGP_TYPE_DEVICE] = " <pci/address>",
		[DOCA_ARGP_TYPE_DEVICE_REP] = " <pci/address,pfNvfM>",
	};
	const char *kind = param->arguments != NULL ? "" : kinds[param->type];
	int width = 0;

	width += printf("  ");
	if (param->short_name != NULL)
		width += printf("-%s", param->short_name);
	if (param->short_name != NULL && param->long_name != NULL)
		width += printf(", ");
	if (param->long_name != NULL)
		width += printf("--%s", param->long_name);
	width += printf("%s", kind);
	if (param->arguments != NULL)
		width += printf(" %s", param->arguments);
	printf("%*s %s%s\n", width < 34 ? 34 - width : 0, "",
	       param->description != NULL ? param->description : "",
	       param->mandatory ? " (mandatory)" : "");
}

void argp_print_help(const struct argp *argp)
{
	printf("Usage: %s %s[DOCA Flags] [Program Flags]\n\nDOCA Flags:\n", argp->program,
	       argp->dpdk != NULL ? "[DPDK Flags] -- " : "");
	for (size_t i = 0; i < GENERAL_COUNT; i++)
		print_param(&general[i]);
	if (argp->params != NULL)
		printf("\nProgram Flags:\n");
	for (const struct doca_argp_param *param = argp->params; param != NULL; param = param->next)
		print_param(param);
}

void doca_argp_usage(void)
{
	const struct argp *argp = argp_current();

	if (argp != NULL)
		argp_print_help(argp);
	exit(EXIT_SUCCESS);
}

static bool is_name(const char *name, const char *text, size_t length)
{
	return name != NULL && strlen(name) == length && memcmp(name, text, length) == 0;
}

/* Short names may have several letters; "--" takes only long names, "-" either. */
static struct doca_argp_param *find(struct argp *argp, const char *text, size_t length, bool is_long)
{
	for (size_t i = 0; i < GENERAL_COUNT; i++)
		if (is_name(general[i].long_name, text, length) ||
		    (!is_long && is_name(general[i].short_name, text, length)))
			return &general[i];
	for (struct doca_argp_param *param = argp->params; param != NULL; param = param->next)
		if (is_name(param->long_name, text, length) ||
		    (!is_long && is_name(param->short_name, text, length)))
			return param;
	return NULL;
}

/* Reads argv[*at] and the value behind it. */
static doca_error_t take(struct argp *argp, int argc, char **argv, int *at)
{
	const char *option = argv[*at];
	size_t dashes = strspn(option, "-");
	const char *value = strchr(option, '=');
	size_t length;
	struct doca_argp_param *param;

	if (dashes == 0 || dashes > 2) {
		fprintf(stderr, "%s: \"%s\" is no option\n", argp->program, option);
		return DOCA_ERROR_INVALID_VALUE;
	}
	length = value != NULL ? (size_t)(value - option) - dashes : strlen(option) - dashes;
	param = find(argp, option + dashes, length, dashes == 2);
	if (param == NULL) {
		fprintf(stderr, "%s: there is no option %s\n", argp->program, option);
		return DOCA_ERROR_INVALID_VALUE;
	}
	if (param->given && !param->multiple) {
		fprintf(stderr, "%s: %s more than once\n", argp->program, option);
		return DOCA_ERROR_INVALID_VALUE;
	}
	param->given = true;
	if (value != NULL) {
		value++;
	} else if (param->type != DOCA_ARGP_TYPE_BOOLEAN) {
		if (*at + 1 >= argc) {
			fprintf(stderr, "%s: %s wants a value\n", argp->program, option);
			return DOCA_ERROR_INVALID_VALUE;
		}
		value = argv[++*at];
	}
	return param_give(argp, param, value);
}

/* The program's name and what is left of the "--" at argv[separator]. */
static doca_error_t run_dpdk(struct argp *argp, int separator, char **argv)
{
	argp->eal = calloc((size_t)separator + 1, sizeof(char *));
	if (argp->eal == NULL)
		return DOCA_ERROR_NO_MEMORY;
	memcpy(argp->eal, argv, (size_t)separator * sizeof(char *));
	return argp->dpdk(separator, argp->eal);
}

doca_error_t doca_argp_start(int argc, char **argv)
{
	struct argp *argp = argp_current();
	doca_error_t error;
	int separator = 1;

	if (argp == NULL || argp->eal != NULL)
		return DOCA_ERROR_BAD_STATE;
	if (argc < 1 || argv == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	while (separator < argc && strcmp(argv[separator], "--") != 0)
		separator++;
	int at = separator + 1;
	/* Without a "--", or left of one in a program without EAL, all is ours. */
	if (separator == argc || argp->dpdk == NULL) {
		at = 1;
		separator = 1;
	}
	for (; at < argc; at++) {
		if (strcmp(argv[at], "--") == 0)
			continue;
		error = take(argp, argc, argv, &at);
		if (error != DOCA_SUCCESS)
			return error;
	}
	for (const struct doca_argp_param *param = argp->params; param != NULL; param = param->next) {
		if (!param->mandatory || param->given)
			continue;
		fprintf(stderr, "%s: %s%s is missing\n", argp->program,
			param->long_name != NULL ? "--" : "-",
			param->long_name != NULL ? param->long_name : param->short_name);
		return DOCA_ERROR_INVALID_VALUE;
	}
	for (struct validation *validation = argp->validations; validation != NULL;
	     validation = validation->next) {
		error = validation->callback(argp->config);
		if (error != DOCA_SUCCESS)
			return error;
	}
	return argp->dpdk == NULL ? DOCA_SUCCESS : run_dpdk(argp, separator, argv);
}
