/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fields that a program appends to struct doca_flow_match or doca_flow_actions by a struct of its own
 * that begins with one of them.
 */
#ifndef DOCA_FLOW_DEFINITIONS_H_
#define DOCA_FLOW_DEFINITIONS_H_

#include "doca_compat.h"
#include "doca_error.h"
#include "doca_types.h"

#ifdef __cplusplus
extern "C" {
#endif

struct doca_flow_definitions_cfg;
struct doca_flow_definitions;

DOCA_EXPERIMENTAL doca_error_t
doca_flow_definitions_cfg_create(struct doca_flow_definitions_cfg **cfg);
DOCA_EXPERIMENTAL doca_error_t
doca_flow_definitions_cfg_destroy(struct doca_flow_definitions_cfg *cfg);

DOCA_EXPERIMENTAL doca_error_t doca_flow_definitions_create(struct doca_flow_definitions_cfg *cfg,
							    struct doca_flow_definitions **definitions);
DOCA_EXPERIMENTAL void doca_flow_definitions_destroy(struct doca_flow_definitions *definitions);

/* `field`: such as "actions.packet.meta.mark"; offset and length within the program's struct, in bytes.
 * NOT_SUPPORTED for a field that softnic does not know. */
DOCA_EXPERIMENTAL doca_error_t
doca_flow_definitions_add_field(struct doca_flow_definitions *definitions, const char *field,
				uint32_t offset, uint32_t length);

#ifdef __cplusplus
}
#endif

#endif
