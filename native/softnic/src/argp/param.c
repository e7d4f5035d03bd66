/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters and what makes a program's set of them. */
#include "param.h"

#include <stdlib.h>
#include <string.h>

/* Of the process, as the API has no handle for it. */
static struct argp *current;

struct argp *argp_current(void)
{
	return current;
}

doca_error_t doca_argp_init(const char *program_name, void *program_config)
{
	struct argp *argp;

	if (current != NULL)
		return DOCA_ERROR_ALREADY_EXIST;
	if (program_name == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	argp = calloc(1, sizeof(*argp));
	if (argp == NULL)
		return DOCA_ERROR_NO_MEMORY;
	argp->program = strdup(program_name);
	if (argp->program == NULL) {
		free(argp);
		return DOCA_ERROR_NO_MEMORY;
	}
	argp->config = program_config;
	argp->end = &argp->params;
	argp->validations_end = &argp->validations;
	current = argp;
	return DOCA_SUCCESS;
}

doca_error_t doca_argp_destroy(void)
{
	struct argp *argp = current;

	if (argp == NULL)
		return DOCA_ERROR_BAD_STATE;
	while (argp->params != NULL) {
		struct doca_argp_param *param = argp->params;

		argp->params = param->next;
		free(param);
	}
	while (argp->validations != NULL) {
		struct validation *validation = argp->validations;

		argp->validations = validation->next;
		free(validation);
	}
	free(argp->eal);
	free(argp->program);
	free(argp);
	current = NULL;
	return DOCA_SUCCESS;
}

void doca_argp_set_dpdk_program(doca_argp_dpdk_cb_t callback)
{
	if (current != NULL)
		current->dpdk = callback;
}

doca_error_t doca_argp_register_validation_callback(doca_argp_validation_cb_t callback)
{
	struct validation *validation;

	if (callback == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	if (current == NULL)
		return DOCA_ERROR_BAD_STATE;
	validation = calloc(1, sizeof(*validation));
	if (validation == NULL)
		return DOCA_ERROR_NO_MEMORY;
	validation->callback = callback;
	*current->validations_end = validation;
	current->validations_end = &validation->next;
	return DOCA_SUCCESS;
}

doca_error_t doca_argp_register_version_callback(doca_argp_ver_cb_t callback)
{
	if (callback == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	if (current == NULL)
		return DOCA_ERROR_BAD_STATE;
	current->version = callback;
	return DOCA_SUCCESS;
}

doca_error_t doca_argp_param_create(struct doca_argp_param **param)
{
	if (param == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	*param = calloc(1, sizeof(**param));
	return *param == NULL ? DOCA_ERROR_NO_MEMORY : DOCA_SUCCESS;
}

doca_error_t doca_argp_param_destroy(struct doca_argp_param *param)
{
	if (param == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	free(param);
	return DOCA_SUCCESS;
}

void doca_argp_param_set_short_name(struct doca_argp_param *param, const char *name)
{
	param->short_name = name;
}

void doca_argp_param_set_long_name(struct doca_argp_param *param, const char *name)
{
	param->long_name = name;
}

void doca_argp_param_set_arguments(struct doca_argp_param *param, const char *arguments)
{
	param->arguments = arguments;
}

void doca_argp_param_set_description(struct doca_argp_param *param, const char *description)
{
	param->description = description;
}

void doca_argp_param_set_callback(struct doca_argp_param *param, doca_argp_param_cb_t callback)
{
	param->callback = callback;
}

void doca_argp_param_set_type(struct doca_argp_param *param, enum doca_argp_type type)
{
	param->type = type;
}

void doca_argp_param_set_mandatory(struct doca_argp_param *param)
{
	param->mandatory = true;
}

void doca_argp_param_set_multiplicity(struct doca_argp_param *param)
{
	param->multiple = true;
}

/* There are no files of arguments: every parameter is one of the command line only. */
void doca_argp_param_set_cli_only(struct doca_argp_param *param)
{
	(void)param;
}

static bool same(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcmp(a, b) == 0;
}

/* Names that every program has. */
static bool reserved(const struct doca_argp_param *param)
{
	static const char *const short_names[] = { "h", "v", "l", "j" };
	static const char *const long_names[] = { "help", "version", "log-level", "sdk-log-level",
						  "json" };

	for (size_t i = 0; i < sizeof(short_names) / sizeof(short_names[0]); i++)
		if (same(short_names[i], param->short_name))
			return true;
	for (size_t i = 0; i < sizeof(long_names) / sizeof(long_names[0]); i++)
		if (same(long_names[i], param->long_name))
			return true;
	return false;
}

/* A JSON_OBJ could only come from a file of arguments: NOT_SUPPORTED. */
doca_error_t doca_argp_register_param(struct doca_argp_param *param)
{
	if (param == NULL || param->callback == NULL || param->type <= DOCA_ARGP_TYPE_UNKNOWN ||
	    param->type > DOCA_ARGP_TYPE_DEVICE_REP ||
	    (param->short_name == NULL && param->long_name == NULL))
		return DOCA_ERROR_INVALID_VALUE;
	if (current == NULL)
		return DOCA_ERROR_BAD_STATE;
	if (param->type == DOCA_ARGP_TYPE_JSON_OBJ)
		return DOCA_ERROR_NOT_SUPPORTED;
	if (reserved(param))
		return DOCA_ERROR_ALREADY_EXIST;
	for (struct doca_argp_param *other = current->params; other != NULL; other = other->next)
		if (same(other->short_name, param->short_name) ||
		    same(other->long_name, param->long_name))
			return DOCA_ERROR_ALREADY_EXIST;
	*current->end = param;
	current->end = &param->next;
	return DOCA_SUCCESS;
}
