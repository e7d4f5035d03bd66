/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Command lines of DOCA programs. What each has: -h/--help, -v/--version, -l/--log-level,
 * --sdk-log-level. A file of arguments (-j/--json) is DOCA_ERROR_NOT_SUPPORTED.
 *
 * A device is "pci/0000:08:00.0[,devargs]" (or the address alone), a representor
 * "pci/08:00.0,pf0vf[0-3][,devargs]"; numbers as "3", "[0-3]" or "[0,2,5-7]".
 */
#ifndef DOCA_ARGP_H_
#define DOCA_ARGP_H_

#include <stdbool.h>

#include "doca_compat.h"
#include "doca_dev.h"
#include "doca_error.h"

#ifdef __cplusplus
extern "C" {
#endif

enum doca_argp_type {
	DOCA_ARGP_TYPE_UNKNOWN = 0,
	DOCA_ARGP_TYPE_STRING = 1,
	DOCA_ARGP_TYPE_INT = 2,
	DOCA_ARGP_TYPE_BOOLEAN = 3,
	DOCA_ARGP_TYPE_JSON_OBJ = 4,
	DOCA_ARGP_TYPE_DEVICE = 5,
	DOCA_ARGP_TYPE_DEVICE_REP = 6,
};

/* An opened device, the callback's to close; devargs, part of argv, or NULL. */
struct doca_argp_device_ctx {
	struct doca_dev *dev;
	const char *devargs;
};

/* An opened representor, the callback's to close. Its device stays open as long as it: the callback
 * does not close that. */
struct doca_argp_device_rep_ctx {
	struct doca_argp_device_ctx dev_ctx;
	struct doca_dev_rep *dev_rep;
};

struct doca_argp_param;

/* `param`: char * for STRING, int * for INT, bool * for BOOLEAN, one of the above for devices. */
typedef doca_error_t (*doca_argp_param_cb_t)(void *param, void *config);
typedef doca_error_t (*doca_argp_validation_cb_t)(void *config);
typedef doca_error_t (*doca_argp_ver_cb_t)(void *param, void *config);
typedef doca_error_t (*doca_argp_dpdk_cb_t)(int argc, char **argv);

/* `config` is handed to every callback. ALREADY_EXIST before doca_argp_destroy. */
DOCA_EXPERIMENTAL doca_error_t doca_argp_init(const char *program_name, void *program_config);
/* Calls the parameters' callbacks in the order of the command line, then the validations, then the
 * DPDK program. Exits for -h and -v. INVALID_VALUE, with a line on stderr, for a bad command line. */
DOCA_EXPERIMENTAL doca_error_t doca_argp_start(int argc, char **argv);
DOCA_EXPERIMENTAL doca_error_t doca_argp_destroy(void);
/* What is left of "--" is DPDK's (EAL) and goes to the callback; only what is right of it is ours. */
DOCA_EXPERIMENTAL void doca_argp_set_dpdk_program(doca_argp_dpdk_cb_t callback);
DOCA_EXPERIMENTAL doca_error_t
doca_argp_register_validation_callback(doca_argp_validation_cb_t callback);
/* In place of printing the version. */
DOCA_EXPERIMENTAL doca_error_t doca_argp_register_version_callback(doca_argp_ver_cb_t callback);
/* Prints the help to standard output and exits. */
DOCA_EXPERIMENTAL __attribute__((noreturn)) void doca_argp_usage(void);

DOCA_EXPERIMENTAL doca_error_t doca_argp_param_create(struct doca_argp_param **param);
/* One that was not registered. */
DOCA_EXPERIMENTAL doca_error_t doca_argp_param_destroy(struct doca_argp_param *param);
/* Strings are the caller's and live until doca_argp_destroy. Names without dashes. */
DOCA_EXPERIMENTAL void doca_argp_param_set_short_name(struct doca_argp_param *param,
						      const char *name);
DOCA_EXPERIMENTAL void doca_argp_param_set_long_name(struct doca_argp_param *param,
						     const char *name);
DOCA_EXPERIMENTAL void doca_argp_param_set_arguments(struct doca_argp_param *param,
						     const char *arguments);
DOCA_EXPERIMENTAL void doca_argp_param_set_description(struct doca_argp_param *param,
						       const char *description);
DOCA_EXPERIMENTAL void doca_argp_param_set_callback(struct doca_argp_param *param,
						    doca_argp_param_cb_t callback);
DOCA_EXPERIMENTAL void doca_argp_param_set_type(struct doca_argp_param *param,
						enum doca_argp_type type);
DOCA_EXPERIMENTAL void doca_argp_param_set_mandatory(struct doca_argp_param *param);
DOCA_EXPERIMENTAL void doca_argp_param_set_multiplicity(struct doca_argp_param *param);
/* Not from a file of arguments; changes nothing here. */
DOCA_EXPERIMENTAL void doca_argp_param_set_cli_only(struct doca_argp_param *param);
/* Hands the parameter over. INVALID_VALUE without type, callback or any name; ALREADY_EXIST. */
DOCA_EXPERIMENTAL doca_error_t doca_argp_register_param(struct doca_argp_param *param);

#ifdef __cplusplus
}
#endif

#endif
