/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "../flow/spec.h"
#include "connection.h"

#define QUEUE_DEPTH_DEFAULT 512u
#define CONNECTIONS_DEFAULT 8192u
#define QUEUES_MAX 64u

struct doca_flow_ct_cfg {
	struct ct ct;
};

doca_error_t doca_flow_ct_cfg_create(struct doca_flow_ct_cfg **cfg)
{
	if (cfg == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	*cfg = calloc(1, sizeof(**cfg));
	if (*cfg == NULL)
		return DOCA_ERROR_NO_MEMORY;
	(*cfg)->ct.queues = 1;
	(*cfg)->ct.queue_depth = QUEUE_DEPTH_DEFAULT;
	(*cfg)->ct.ip4_max = (*cfg)->ct.ip6_max = CONNECTIONS_DEFAULT;
	return DOCA_SUCCESS;
}

doca_error_t doca_flow_ct_cfg_destroy(struct doca_flow_ct_cfg *cfg)
{
	if (cfg == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	free(cfg);
	return DOCA_SUCCESS;
}

doca_error_t doca_flow_ct_cfg_set_flags(struct doca_flow_ct_cfg *cfg, uint32_t flags)
{
	const uint32_t all = (DOCA_FLOW_CT_FLAG_DUP_FILTER_UDP_ONLY << 1) - 1;

	if (cfg == NULL || (flags & ~all) != 0)
		return DOCA_ERROR_INVALID_VALUE;
	cfg->ct.flags = flags;
	return DOCA_SUCCESS;
}

doca_error_t doca_flow_ct_cfg_set_queues(struct doca_flow_ct_cfg *cfg, uint32_t nb_arm_queues)
{
	if (cfg == NULL || nb_arm_queues == 0 || nb_arm_queues > QUEUES_MAX)
		return DOCA_ERROR_INVALID_VALUE;
	cfg->ct.queues = nb_arm_queues;
	return DOCA_SUCCESS;
}

doca_error_t doca_flow_ct_cfg_set_queue_depth(struct doca_flow_ct_cfg *cfg, uint32_t queue_depth)
{
	if (cfg == NULL || queue_depth == 0)
		return DOCA_ERROR_INVALID_VALUE;
	cfg->ct.queue_depth = queue_depth;
	return DOCA_SUCCESS;
}

/* Control queues are the pipe queues here: accepted, and not needed. */
doca_error_t doca_flow_ct_cfg_set_ctrl_queues(struct doca_flow_ct_cfg *cfg, uint32_t nb_ctrl_queues)
{
	(void)nb_ctrl_queues;
	return cfg == NULL ? DOCA_ERROR_INVALID_VALUE : DOCA_SUCCESS;
}

doca_error_t doca_flow_ct_cfg_set_user_actions(struct doca_flow_ct_cfg *cfg, uint32_t nb_user_actions)
{
	if (cfg == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	cfg->ct.user_actions = nb_user_actions;
	return DOCA_SUCCESS;
}

/* nb_total 0: the sum. */
doca_error_t doca_flow_ct_cfg_set_connections(struct doca_flow_ct_cfg *cfg, uint32_t nb_ipv4, uint32_t nb_ipv6,
					      uint32_t nb_total)
{
	if (cfg == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	cfg->ct.ip4_max = nb_ipv4;
	cfg->ct.ip6_max = nb_ipv6;
	cfg->ct.total_max = nb_total;
	return DOCA_SUCCESS;
}

/* Bounds a device's memory; zones have no memory of their own here. */
doca_error_t doca_flow_ct_cfg_set_max_connections_per_zone(struct doca_flow_ct_cfg *cfg,
							   uint32_t max_connections_per_zone)
{
	(void)max_connections_per_zone;
	return cfg == NULL ? DOCA_ERROR_INVALID_VALUE : DOCA_SUCCESS;
}

/* Bounds a device's memory; every direction has a counter here. */
doca_error_t doca_flow_ct_cfg_set_counter_asymmetric(struct doca_flow_ct_cfg *cfg, uint32_t nb_asymmetric)
{
	(void)nb_asymmetric;
	return cfg == NULL ? DOCA_ERROR_INVALID_VALUE : DOCA_SUCCESS;
}

/* Not supported, unless it is none: the API has no call that would hand it out. */
doca_error_t doca_flow_ct_cfg_set_entry_private_data_size(struct doca_flow_ct_cfg *cfg, uint32_t size)
{
	if (cfg == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	return size == 0 ? DOCA_SUCCESS : DOCA_ERROR_NOT_SUPPORTED;
}

/* NULL: nobody wants to know. */
doca_error_t doca_flow_ct_cfg_set_entry_finalize_cb(struct doca_flow_ct_cfg *cfg,
						    doca_flow_ct_entry_finalize_cb cb)
{
	if (cfg == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	cfg->ct.finalize = cb;
	return DOCA_SUCCESS;
}

/* Not supported: counters are queried. */
doca_error_t doca_flow_ct_cfg_set_status_update_cb(struct doca_flow_ct_cfg *cfg,
						   doca_flow_ct_stats_update_cb cb)
{
	if (cfg == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	return cb == NULL ? DOCA_SUCCESS : DOCA_ERROR_NOT_SUPPORTED;
}

/* Not used: ageing has no thread of its own. */
doca_error_t doca_flow_ct_cfg_set_aging_core(struct doca_flow_ct_cfg *cfg, uint32_t aging_core)
{
	(void)aging_core;
	return cfg == NULL ? DOCA_ERROR_INVALID_VALUE : DOCA_SUCCESS;
}

/* Not used: hits are known at once. */
doca_error_t doca_flow_ct_cfg_set_aging_query_delay(struct doca_flow_ct_cfg *cfg, uint32_t aging_query_delay_s)
{
	(void)aging_query_delay_s;
	return cfg == NULL ? DOCA_ERROR_INVALID_VALUE : DOCA_SUCCESS;
}

/* Not supported. */
doca_error_t doca_flow_ct_cfg_set_aging_plugin_ops(struct doca_flow_ct_cfg *cfg,
						   struct doca_flow_ct_aging_ops *aging_ops)
{
	if (cfg == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	return aging_ops == NULL ? DOCA_SUCCESS : DOCA_ERROR_NOT_SUPPORTED;
}

/* Not used: connections are found by their matches, and never made twice. */
doca_error_t doca_flow_ct_cfg_set_dup_filter_size(struct doca_flow_ct_cfg *cfg, uint32_t dup_filter_size)
{
	(void)dup_filter_size;
	return cfg == NULL ? DOCA_ERROR_INVALID_VALUE : DOCA_SUCCESS;
}

/* A zone is bits of one word. */
static bool zone_mask_fits(const struct doca_flow_meta *mask)
{
	unsigned int words = mask->pkt_meta != 0;

	for (unsigned int index = 0; index < DOCA_FLOW_META_SCRATCH_PAD_MAX; index++)
		words += mask->u32[index] != 0;
	return words <= 1;
}

doca_error_t doca_flow_ct_cfg_set_direction(struct doca_flow_ct_cfg *cfg, bool direction, bool match_inner,
					    struct doca_flow_meta *zone_match_mask,
					    struct doca_flow_ct_meta *meta_modify_mask)
{
	unsigned int index = direction ? REPLY : ORIGIN;

	if (cfg == NULL || zone_match_mask == NULL || meta_modify_mask == NULL ||
	    !zone_mask_fits(zone_match_mask))
		return DOCA_ERROR_INVALID_VALUE;
	/* There is no field that would hold a mark. */
	if (meta_modify_mask->mark != 0)
		return DOCA_ERROR_NOT_SUPPORTED;
	cfg->ct.direction[index].inner = match_inner;
	cfg->ct.direction[index].zone_mask = *zone_match_mask;
	cfg->ct.direction[index].modify_mask = *meta_modify_mask;
	return DOCA_SUCCESS;
}

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
	if (nic->ct == NULL)
		return;
	for (uint32_t index = 0; index < nic->ct->nr_forwards; index++)
		fwd_free(&nic->ct->forwards[index]);
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

doca_error_t doca_flow_ct_fwd_register(struct doca_flow_port *port, uint32_t nb_fwd,
				       const struct doca_flow_fwd *fwd, uint32_t *fwd_handles)
{
	doca_error_t result = DOCA_SUCCESS;
	struct nic *nic;
	struct ct *ct;

	if (port == NULL || fwd == NULL || fwd_handles == NULL || nb_fwd == 0)
		return DOCA_ERROR_INVALID_VALUE;
	nic = port->nic;
	nic_enter(nic);
	ct = nic->ct;
	if (ct == NULL)
		result = DOCA_ERROR_BAD_STATE;
	else if (nb_fwd > CT_FORWARDS_MAX - ct->nr_forwards)
		result = DOCA_ERROR_FULL;
	for (uint32_t index = 0; index < nb_fwd && result == DOCA_SUCCESS; index++) {
		result = fwd_copy(&ct->forwards[ct->nr_forwards], &fwd[index]);
		if (result == DOCA_SUCCESS)
			fwd_handles[index] = ++ct->nr_forwards;
	}
	nic_leave(nic);
	return result;
}
