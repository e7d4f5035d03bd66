/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SOFTNIC_PARAM_H
#define SOFTNIC_PARAM_H

#include <stdbool.h>

#include <doca_argp.h>

struct doca_argp_param {
	const char *short_name;
	const char *long_name;
	const char *arguments;
	const char *description;
	doca_argp_param_cb_t callback;
	enum doca_argp_type type;
	bool mandatory;
	bool multiple;
	bool given;
	struct doca_argp_param *next; /* in the order of registration */
};

struct validation {
	doca_argp_validation_cb_t callback;
	struct validation *next;
};

struct argp {
	char *program;
	void *config;
	struct doca_argp_param *params;
	struct doca_argp_param **end;
	struct validation *validations;
	struct validation **validations_end;
	doca_argp_ver_cb_t version;
	doca_argp_dpdk_cb_t dpdk;
	char **eal; /* arguments given to dpdk, which may keep them */
};

/* Between doca_argp_init and _destroy, else NULL. */
struct argp *argp_current(void);

/* Gives a value to the parameter's callback. INVALID_VALUE, with a line on stderr, for one that is none
 * of its type; `text` is NULL where the command line had none. */
doca_error_t param_give(const struct argp *argp, const struct doca_argp_param *param,
			const char *text);

void argp_print_help(const struct argp *argp);

#endif
