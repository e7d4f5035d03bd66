/* SPDX-License-Identifier: Apache-2.0 */
#include "pipe_cfg.h"

#include <stdlib.h>
#include <string.h>

#include "spec.h"

#define NR_ENTRIES_DEFAULT 8192u
#define ACTIONS_MAX 255u /* action_idx is a byte, and 255 is no index */

doca_error_t doca_flow_pipe_cfg_create(struct doca_flow_pipe_cfg **cfg, struct doca_flow_port *port)
{
	if (cfg == NULL || port == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	*cfg = calloc(1, sizeof(**cfg));
	if (*cfg == NULL)
		return DOCA_ERROR_NO_MEMORY;
	(*cfg)->port = port;
	(*cfg)->spec.nr_entries = NR_ENTRIES_DEFAULT;
	return DOCA_SUCCESS;
}

doca_error_t doca_flow_pipe_cfg_destroy(struct doca_flow_pipe_cfg *cfg)
{
	if (cfg == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	spec_free(&cfg->spec);
	free(cfg);
	return DOCA_SUCCESS;
}

doca_error_t doca_flow_pipe_cfg_set_match(struct doca_flow_pipe_cfg *cfg, const struct doca_flow_match *match,
					  const struct doca_flow_match *match_mask)
{
	/* A mask alone: the fields of a hash. doca_flow_pipe_create refuses it for other types. */
	if (cfg == NULL || (match == NULL && match_mask == NULL))
		return DOCA_ERROR_INVALID_VALUE;
	memset(&cfg->spec.match, 0, sizeof(cfg->spec.match));
	cfg->spec.has_match = match != NULL;
	if (match != NULL)
		cfg->spec.match = *match;
	cfg->spec.has_mask = match_mask != NULL;
	if (match_mask != NULL)
		cfg->spec.mask = *match_mask;
	return DOCA_SUCCESS;
}

doca_error_t doca_flow_pipe_cfg_set_actions(struct doca_flow_pipe_cfg *cfg,
					    struct doca_flow_actions *const *actions,
					    struct doca_flow_actions *const *actions_masks,
					    struct doca_flow_action_descs *const *action_descs,
					    size_t nr_actions)
{
	if (cfg == NULL || actions == NULL || nr_actions == 0 || nr_actions > ACTIONS_MAX)
		return DOCA_ERROR_INVALID_VALUE;
	for (size_t index = 0; index < nr_actions; index++) {
		if (actions[index] == NULL)
			return DOCA_ERROR_INVALID_VALUE;
	}
	return spec_set_actions(&cfg->spec, actions, actions_masks, action_descs, nr_actions);
}

doca_error_t doca_flow_pipe_cfg_set_monitor(struct doca_flow_pipe_cfg *cfg,
					    const struct doca_flow_monitor *monitor)
{
	if (cfg == NULL || monitor == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	cfg->spec.monitor = *monitor;
	cfg->spec.has_monitor = true;
	return DOCA_SUCCESS;
}

doca_error_t doca_flow_pipe_cfg_set_ordered_lists(struct doca_flow_pipe_cfg *cfg,
						  struct doca_flow_ordered_list *const *ordered_lists,
						  size_t nr_ordered_lists)
{
	if (cfg == NULL || ordered_lists == NULL || nr_ordered_lists == 0)
		return DOCA_ERROR_INVALID_VALUE;
	return spec_set_ordered_lists(&cfg->spec, ordered_lists, nr_ordered_lists);
}

/* A name that is longer than softnic remembers is cut. */
doca_error_t doca_flow_pipe_cfg_set_name(struct doca_flow_pipe_cfg *cfg, const char *name)
{
	size_t length;

	if (cfg == NULL || name == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	length = strnlen(name, sizeof(cfg->spec.name) - 1);
	memcpy(cfg->spec.name, name, length);
	cfg->spec.name[length] = '\0';
	return DOCA_SUCCESS;
}

/* For the tuning tool, which softnic does not serve. */
doca_error_t doca_flow_pipe_cfg_set_label(struct doca_flow_pipe_cfg *cfg, const char *label)
{
	return cfg == NULL || label == NULL ? DOCA_ERROR_INVALID_VALUE : DOCA_SUCCESS;
}

doca_error_t doca_flow_pipe_cfg_set_type(struct doca_flow_pipe_cfg *cfg, enum doca_flow_pipe_type type)
{
	if (cfg == NULL || (unsigned int)type > DOCA_FLOW_PIPE_HASH)
		return DOCA_ERROR_INVALID_VALUE;
	cfg->spec.type = type;
	return DOCA_SUCCESS;
}

doca_error_t doca_flow_pipe_cfg_set_domain(struct doca_flow_pipe_cfg *cfg, enum doca_flow_pipe_domain domain)
{
	if (cfg == NULL || (unsigned int)domain >= NIC_DOMAINS)
		return DOCA_ERROR_INVALID_VALUE;
	if (cfg->has_domain)
		return DOCA_ERROR_ALREADY_EXIST;
	cfg->spec.domain = domain;
	cfg->has_domain = true;
	return DOCA_SUCCESS;
}

doca_error_t doca_flow_pipe_cfg_set_is_root(struct doca_flow_pipe_cfg *cfg, bool is_root)
{
	if (cfg == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	cfg->spec.is_root = is_root;
	return DOCA_SUCCESS;
}

doca_error_t doca_flow_pipe_cfg_set_nr_entries(struct doca_flow_pipe_cfg *cfg, uint32_t nr_entries)
{
	if (cfg == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	cfg->spec.nr_entries = nr_entries;
	return DOCA_SUCCESS;
}

doca_error_t doca_flow_pipe_cfg_set_is_resizable(struct doca_flow_pipe_cfg *cfg, bool is_resizable)
{
	if (cfg == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	cfg->spec.is_resizable = is_resizable;
	return DOCA_SUCCESS;
}

doca_error_t doca_flow_pipe_cfg_set_miss_counter(struct doca_flow_pipe_cfg *cfg, bool miss_counter)
{
	if (cfg == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	cfg->spec.miss_counter = miss_counter;
	return DOCA_SUCCESS;
}

doca_error_t doca_flow_pipe_cfg_set_excluded_queue(struct doca_flow_pipe_cfg *cfg, uint16_t excluded_queue)
{
	if (cfg == NULL || excluded_queue >= cfg->port->nic->queues)
		return DOCA_ERROR_INVALID_VALUE;
	cfg->excluded_queues |= 1ull << excluded_queue;
	return DOCA_SUCCESS;
}

doca_error_t doca_flow_pipe_cfg_set_congestion_level_threshold(struct doca_flow_pipe_cfg *cfg,
							       uint8_t congestion_level_threshold)
{
	if (cfg == NULL || congestion_level_threshold == 0 || congestion_level_threshold > 100)
		return DOCA_ERROR_INVALID_VALUE;
	cfg->spec.congestion_level = congestion_level_threshold;
	return DOCA_SUCCESS;
}

doca_error_t doca_flow_pipe_cfg_set_user_ctx(struct doca_flow_pipe_cfg *cfg, void *user_ctx)
{
	if (cfg == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	cfg->user_ctx = user_ctx;
	return DOCA_SUCCESS;
}

doca_error_t doca_flow_pipe_cfg_set_hash_map_algorithm(struct doca_flow_pipe_cfg *cfg,
						       uint32_t algorithm_flags)
{
	const uint32_t all = (DOCA_FLOW_PIPE_HASH_MAP_ALGORITHM_SELECT_ENABLED << 1) - 1;

	if (cfg == NULL || algorithm_flags == 0 || (algorithm_flags & ~all) != 0)
		return DOCA_ERROR_INVALID_VALUE;
	cfg->spec.hash_algorithm = algorithm_flags;
	return DOCA_SUCCESS;
}
