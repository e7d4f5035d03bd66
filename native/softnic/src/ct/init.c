/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "cfg.h"

/* Between doca_flow_init and the first port. */
doca_error_t doca_flow_ct_init(const struct doca_flow_ct_cfg *cfg)
{
	struct nic *nic = nic_current();
	doca_error_t result = DOCA_SUCCESS;
	struct ct *ct;

	if (cfg == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	if (nic == NULL)
		return DOCA_ERROR_BAD_STATE;
	ct = malloc(sizeof(*ct));
	if (ct == NULL)
		return DOCA_ERROR_NO_MEMORY;
	*ct = cfg->ct;
	nic_enter(nic);
	if (nic->ct != NULL)
		result = DOCA_ERROR_ALREADY_EXIST;
	else if (nic->first_port != NULL)
		result = DOCA_ERROR_BAD_STATE;
	if (result == DOCA_SUCCESS) {
		nic->ct = ct;
		nic->ct_type = &ct_type;
		nic->ct_queues = (uint16_t)ct->queues;
	}
	nic_leave(nic);
	if (result != DOCA_SUCCESS)
		free(ct);
	return result;
}

void ct_free(struct nic *nic)
{
	free(nic->ct);
	nic->ct = NULL;
	nic->ct_type = NULL;
	nic->ct_queues = 0;
}

/* While ports are started their queues need it: then it goes with the library. */
void doca_flow_ct_destroy(void)
{
	struct nic *nic = nic_current();

	if (nic == NULL)
		return;
	nic_enter(nic);
	if (nic->first_port == NULL)
		ct_free(nic);
	nic_leave(nic);
}

/* Every device of softnic's does. */
doca_error_t doca_flow_ct_cap_is_dev_supported(const struct doca_devinfo *devinfo)
{
	return devinfo == NULL ? DOCA_ERROR_INVALID_VALUE : DOCA_SUCCESS;
}

uint32_t ct_queue_depth(const struct nic *nic)
{
	return nic->ct != NULL ? nic->ct->queue_depth : 0;
}
