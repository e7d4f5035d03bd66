/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include <doca_flow.h>

/* Nothing can be configured, and nothing defined: the objects are there to be made and destroyed. */
struct doca_flow_definitions_cfg {
	char nothing;
};

struct doca_flow_definitions {
	char nothing;
};

/* The one target there is. Its address says which; nobody looks inside. */
struct doca_flow_target {
	enum doca_flow_target_type type;
};

doca_error_t doca_flow_definitions_cfg_create(struct doca_flow_definitions_cfg **cfg)
{
	if (cfg == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	*cfg = calloc(1, sizeof(**cfg));
	return *cfg != NULL ? DOCA_SUCCESS : DOCA_ERROR_NO_MEMORY;
}

doca_error_t doca_flow_definitions_cfg_destroy(struct doca_flow_definitions_cfg *cfg)
{
	if (cfg == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	free(cfg);
	return DOCA_SUCCESS;
}

doca_error_t doca_flow_definitions_create(struct doca_flow_definitions_cfg *cfg,
					  struct doca_flow_definitions **definitions)
{
	if (cfg == NULL || definitions == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	*definitions = calloc(1, sizeof(**definitions));
	return *definitions != NULL ? DOCA_SUCCESS : DOCA_ERROR_NO_MEMORY;
}

void doca_flow_definitions_destroy(struct doca_flow_definitions *definitions)
{
	free(definitions);
}

/* Not supported: softnic matches and writes what struct doca_flow_match and doca_flow_actions have. */
doca_error_t doca_flow_definitions_add_field(struct doca_flow_definitions *definitions, const char *field,
					     uint32_t offset, uint32_t length)
{
	(void)offset;
	if (definitions == NULL || field == NULL || length == 0)
		return DOCA_ERROR_INVALID_VALUE;
	return DOCA_ERROR_NOT_SUPPORTED;
}

doca_error_t doca_flow_get_target(enum doca_flow_target_type type, struct doca_flow_target **target)
{
	static struct doca_flow_target kernel = { DOCA_FLOW_TARGET_KERNEL };

	if (target == NULL || type != DOCA_FLOW_TARGET_KERNEL)
		return DOCA_ERROR_INVALID_VALUE;
	*target = &kernel;
	return DOCA_SUCCESS;
}
