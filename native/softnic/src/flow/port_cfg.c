/* SPDX-License-Identifier: Apache-2.0 */
#include "port_cfg.h"

#include <stdlib.h>

#define ACTIONS_MEM_SIZE_MIN 64u
#define CYCLE_MS_DEFAULT 1000u

doca_error_t doca_flow_port_cfg_create(struct doca_flow_port_cfg **cfg)
{
	if (cfg == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	*cfg = calloc(1, sizeof(**cfg));
	if (*cfg == NULL)
		return DOCA_ERROR_NO_MEMORY;
	(*cfg)->cycle_ms = CYCLE_MS_DEFAULT;
	return DOCA_SUCCESS;
}

doca_error_t doca_flow_port_cfg_destroy(struct doca_flow_port_cfg *cfg)
{
	if (cfg == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	free(cfg);
	return DOCA_SUCCESS;
}

doca_error_t doca_flow_port_cfg_set_port_id(struct doca_flow_port_cfg *cfg, uint16_t port_id)
{
	if (cfg == NULL || port_id >= NIC_PORTS_MAX)
		return DOCA_ERROR_INVALID_VALUE;
	cfg->id = port_id;
	cfg->has_id = true;
	return DOCA_SUCCESS;
}

doca_error_t doca_flow_port_cfg_set_dev(struct doca_flow_port_cfg *cfg, struct doca_dev *dev)
{
	if (cfg == NULL || dev == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	cfg->dev = dev;
	return DOCA_SUCCESS;
}

doca_error_t doca_flow_port_cfg_set_dev_rep(struct doca_flow_port_cfg *cfg, struct doca_dev_rep *dev_rep)
{
	if (cfg == NULL || dev_rep == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	cfg->dev_rep = dev_rep;
	return DOCA_SUCCESS;
}

/* Options of a hardware's; softnic has none to set. */
doca_error_t doca_flow_port_cfg_set_devargs(struct doca_flow_port_cfg *cfg, const char *devargs)
{
	return cfg == NULL || devargs == NULL ? DOCA_ERROR_INVALID_VALUE : DOCA_SUCCESS;
}

doca_error_t doca_flow_port_cfg_set_priv_data_size(struct doca_flow_port_cfg *cfg,
						   uint16_t priv_data_size)
{
	if (cfg == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	cfg->priv_data_size = priv_data_size;
	return DOCA_SUCCESS;
}

/* NOT_SUPPORTED: some of a kind that needs cryptography. */
doca_error_t doca_flow_port_cfg_set_nr_resources(struct doca_flow_port_cfg *cfg,
						 enum doca_flow_resource resource,
						 uint32_t nr_resources)
{
	if (cfg == NULL || (unsigned int)resource >= NIC_RESOURCES)
		return DOCA_ERROR_INVALID_VALUE;
	if (nr_resources > 0 &&
	    (resource == DOCA_FLOW_RESOURCE_PSP || resource == DOCA_FLOW_RESOURCE_IPSEC_SA))
		return DOCA_ERROR_NOT_SUPPORTED;
	cfg->nr_resources[resource] = nr_resources;
	return DOCA_SUCCESS;
}

/* Checked and not used: actions take what memory they need. */
doca_error_t doca_flow_port_cfg_set_actions_mem_size(struct doca_flow_port_cfg *cfg, uint32_t size)
{
	if (cfg == NULL || (size & (size - 1)) != 0 || (size > 0 && size < ACTIONS_MEM_SIZE_MIN))
		return DOCA_ERROR_INVALID_VALUE;
	return DOCA_SUCCESS;
}

/* Not used: counters have no thread of their own. */
doca_error_t doca_flow_port_cfg_set_service_threads_core(struct doca_flow_port_cfg *cfg, uint32_t core)
{
	(void)core;
	return cfg == NULL ? DOCA_ERROR_INVALID_VALUE : DOCA_SUCCESS;
}

doca_error_t doca_flow_port_cfg_set_service_threads_cycle(struct doca_flow_port_cfg *cfg,
							  uint32_t cycle_ms)
{
	if (cfg == NULL || cycle_ms == 0)
		return DOCA_ERROR_INVALID_VALUE;
	cfg->cycle_ms = cycle_ms;
	return DOCA_SUCCESS;
}

doca_error_t doca_flow_port_cfg_set_operation_state(struct doca_flow_port_cfg *cfg,
						    enum doca_flow_port_operation_state state)
{
	if (cfg == NULL || (unsigned int)state > DOCA_FLOW_PORT_OPERATION_STATE_UNCONNECTED)
		return DOCA_ERROR_INVALID_VALUE;
	cfg->state = state;
	return DOCA_SUCCESS;
}
