/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "cfg.h"

#define QUEUE_DEPTH_DEFAULT 512u
#define CONNECTIONS_DEFAULT 8192u
#define QUEUES_MAX 64u

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

/* Of each CT pipe. nb_total 0: the sum. */
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

/* What doca_flow_ct_entry_get_priv_data gives and the updates of counters bring. */
doca_error_t doca_flow_ct_cfg_set_entry_private_data_size(struct doca_flow_ct_cfg *cfg, uint32_t size)
{
	if (cfg == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	cfg->ct.private_size = size;
	return DOCA_SUCCESS;
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

/* Called from doca_flow_ct_entries_process. NULL: nobody wants to know. */
doca_error_t doca_flow_ct_cfg_set_status_update_cb(struct doca_flow_ct_cfg *cfg,
						   doca_flow_ct_stats_update_cb cb)
{
	if (cfg == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	cfg->ct.stats_update = cb;
	return DOCA_SUCCESS;
}

/* Not used: ageing has no thread of its own. */
doca_error_t doca_flow_ct_cfg_set_aging_core(struct doca_flow_ct_cfg *cfg, uint32_t aging_core)
{
	(void)aging_core;
	return cfg == NULL ? DOCA_ERROR_INVALID_VALUE : DOCA_SUCCESS;
}

/* Hits are known at once: it bounds how often counters are reported, and ageing does not wait for it. */
doca_error_t doca_flow_ct_cfg_set_aging_query_delay(struct doca_flow_ct_cfg *cfg, uint32_t aging_query_delay_s)
{
	if (cfg == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	cfg->ct.update_ns = (uint64_t)aging_query_delay_s * 1000000000u;
	return DOCA_SUCCESS;
}

/* Not supported. */
doca_error_t doca_flow_ct_cfg_set_aging_plugin_ops(struct doca_flow_ct_cfg *cfg,
						   struct doca_flow_ct_aging_ops *aging_ops)
{
	if (cfg == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	return aging_ops == NULL ? DOCA_SUCCESS : DOCA_ERROR_NOT_SUPPORTED;
}

/* Not used: a filter remembers its connections until they go, and has room for all of them. */
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
	/* A mark comes with a packet to software; softnic's queues have no place for one. */
	if (meta_modify_mask->mark != 0)
		return DOCA_ERROR_NOT_SUPPORTED;
	cfg->ct.direction[index].inner = match_inner;
	cfg->ct.direction[index].zone_mask = *zone_match_mask;
	cfg->ct.direction[index].modify_mask = *meta_modify_mask;
	return DOCA_SUCCESS;
}
