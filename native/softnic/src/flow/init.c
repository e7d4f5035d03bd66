/* SPDX-License-Identifier: Apache-2.0 */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../ct/ct.h"
#include "engine.h"
#include "faults.h"
#include "nic.h"
#include "port.h"
#include "shared.h"

#define PIPE_QUEUES_MAX 64u /* bits of an exclusion mask */
#define QUEUE_DEPTH_DEFAULT 128u
#define ACL_COLLISIONS_MAX 8u
#define RSS_KEY_LENGTH 40u

struct doca_flow_cfg {
	bool switch_mode, expert, isolated, has_mode;
	enum doca_flow_resource_mode resource_mode;
	uint16_t pipe_queues;
	uint32_t queue_depth;
	uint32_t nr_counters, nr_meters;
	uint32_t nr_shared[NIC_RESOURCES];
	doca_flow_entry_process_cb entry_process;
	doca_flow_pipe_process_cb pipe_process;
	doca_flow_shared_resource_unbind_cb unbind;
};

/* The API has no handle for the library: this is what doca_flow_init makes. */
static _Atomic(struct nic *) current;

struct nic *nic_current(void)
{
	return atomic_load(&current);
}

void nic_enter(struct nic *nic)
{
	pthread_mutex_lock(&nic->turn);
	pthread_mutex_lock(&nic->lock);
	pthread_mutex_unlock(&nic->turn);
}

void nic_leave(struct nic *nic)
{
	pthread_mutex_unlock(&nic->lock);
}

uint64_t nic_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

doca_error_t doca_flow_cfg_create(struct doca_flow_cfg **cfg)
{
	if (cfg == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	*cfg = calloc(1, sizeof(**cfg));
	if (*cfg == NULL)
		return DOCA_ERROR_NO_MEMORY;
	(*cfg)->pipe_queues = 1;
	(*cfg)->queue_depth = QUEUE_DEPTH_DEFAULT;
	return DOCA_SUCCESS;
}

doca_error_t doca_flow_cfg_destroy(struct doca_flow_cfg *cfg)
{
	if (cfg == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	free(cfg);
	return DOCA_SUCCESS;
}

doca_error_t doca_flow_cfg_set_pipe_queues(struct doca_flow_cfg *cfg, uint16_t pipe_queues)
{
	if (cfg == NULL || pipe_queues == 0 || pipe_queues > PIPE_QUEUES_MAX)
		return DOCA_ERROR_INVALID_VALUE;
	cfg->pipe_queues = pipe_queues;
	return DOCA_SUCCESS;
}

doca_error_t doca_flow_cfg_set_queue_depth(struct doca_flow_cfg *cfg, uint32_t queue_depth)
{
	if (cfg == NULL || queue_depth == 0)
		return DOCA_ERROR_INVALID_VALUE;
	cfg->queue_depth = queue_depth;
	return DOCA_SUCCESS;
}

/* The mode that comes first. False: none. */
static bool parse_mode(struct doca_flow_cfg *cfg, const char *word, size_t length)
{
	cfg->switch_mode = length == 6 && memcmp(word, "switch", 6) == 0;
	return cfg->switch_mode || (length == 3 && memcmp(word, "vnf", 3) == 0);
}

static bool parse_option(struct doca_flow_cfg *cfg, const char *word, size_t length)
{
	static const char hairpins[] = "hairpinq_num=";
	const size_t prefix = sizeof(hairpins) - 1;

	if (length == 3 && memcmp(word, "hws", 3) == 0)
		return true;
	/* Sizes of control pipes: they grow here anyway. */
	if (length == 4 && memcmp(word, "cpds", 4) == 0)
		return true;
	if (length == 8 && memcmp(word, "isolated", 8) == 0)
		return cfg->isolated = true;
	if (length == 6 && memcmp(word, "expert", 6) == 0)
		return cfg->expert = true;
	if (length > prefix && memcmp(word, hairpins, prefix) == 0)
		return strspn(word + prefix, "0123456789") == length - prefix;
	return false;
}

doca_error_t doca_flow_cfg_set_mode_args(struct doca_flow_cfg *cfg, const char *mode_args)
{
	struct doca_flow_cfg parsed;
	size_t length;

	if (cfg == NULL || mode_args == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	parsed = *cfg;
	parsed.expert = parsed.isolated = false;
	length = strcspn(mode_args, ",");
	if (!parse_mode(&parsed, mode_args, length))
		return DOCA_ERROR_INVALID_VALUE;
	while (mode_args[length] == ',') {
		mode_args += length + 1;
		length = strcspn(mode_args, ",");
		if (!parse_option(&parsed, mode_args, length))
			return DOCA_ERROR_INVALID_VALUE;
	}
	if (parsed.expert && !parsed.switch_mode)
		return DOCA_ERROR_INVALID_VALUE;
	parsed.has_mode = true;
	*cfg = parsed;
	return DOCA_SUCCESS;
}

doca_error_t doca_flow_cfg_set_nr_counters(struct doca_flow_cfg *cfg, uint32_t nr_counters)
{
	if (cfg == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	cfg->nr_counters = nr_counters;
	return DOCA_SUCCESS;
}

doca_error_t doca_flow_cfg_set_nr_meters(struct doca_flow_cfg *cfg, uint32_t nr_meters)
{
	if (cfg == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	cfg->nr_meters = nr_meters;
	return DOCA_SUCCESS;
}

/* NOT_SUPPORTED: some of a kind that needs cryptography. */
doca_error_t doca_flow_cfg_set_nr_shared_resource(struct doca_flow_cfg *cfg, uint32_t nr_shared_resource,
						  enum doca_flow_shared_resource_type type)
{
	if (cfg == NULL || (unsigned int)type >= NIC_RESOURCES)
		return DOCA_ERROR_INVALID_VALUE;
	if (nr_shared_resource > 0 && (type == DOCA_FLOW_SHARED_RESOURCE_PSP ||
				       type == DOCA_FLOW_SHARED_RESOURCE_IPSEC_SA))
		return DOCA_ERROR_NOT_SUPPORTED;
	cfg->nr_shared[type] = nr_shared_resource;
	return DOCA_SUCCESS;
}

/* Bounds a hardware's work; softnic's ACL has no collisions. */
doca_error_t doca_flow_cfg_set_nr_acl_collisions(struct doca_flow_cfg *cfg, uint8_t nr_acl_collisions)
{
	if (cfg == NULL || nr_acl_collisions == 0 || nr_acl_collisions > ACL_COLLISIONS_MAX)
		return DOCA_ERROR_INVALID_VALUE;
	return DOCA_SUCCESS;
}

doca_error_t doca_flow_cfg_set_cb_entry_process(struct doca_flow_cfg *cfg, doca_flow_entry_process_cb cb)
{
	if (cfg == NULL || cb == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	cfg->entry_process = cb;
	return DOCA_SUCCESS;
}

doca_error_t doca_flow_cfg_set_cb_pipe_process(struct doca_flow_cfg *cfg, doca_flow_pipe_process_cb cb)
{
	if (cfg == NULL || cb == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	cfg->pipe_process = cb;
	return DOCA_SUCCESS;
}

doca_error_t doca_flow_cfg_set_cb_shared_resource_unbind(struct doca_flow_cfg *cfg,
							 doca_flow_shared_resource_unbind_cb cb)
{
	if (cfg == NULL || cb == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	cfg->unbind = cb;
	return DOCA_SUCCESS;
}

/* Checked and not used: softnic chooses queues by a hash of its own. */
doca_error_t doca_flow_cfg_set_rss_key(struct doca_flow_cfg *cfg, const uint8_t *rss_key,
				       uint32_t rss_key_len)
{
	if (cfg == NULL || rss_key == NULL || rss_key_len != RSS_KEY_LENGTH)
		return DOCA_ERROR_INVALID_VALUE;
	return DOCA_SUCCESS;
}

/* Definitions have no fields: doca_flow_definitions_add_field supports none. */
doca_error_t doca_flow_cfg_set_definitions(struct doca_flow_cfg *cfg,
					   const struct doca_flow_definitions *definitions)
{
	if (cfg == NULL || definitions == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	return DOCA_SUCCESS;
}

doca_error_t doca_flow_cfg_set_resource_mode(struct doca_flow_cfg *cfg,
					     const enum doca_flow_resource_mode mode)
{
	if (cfg == NULL ||
	    (mode != DOCA_FLOW_RESOURCE_MODE_SYSTEM && mode != DOCA_FLOW_RESOURCE_MODE_PORT))
		return DOCA_ERROR_INVALID_VALUE;
	cfg->resource_mode = mode;
	return DOCA_SUCCESS;
}

/* Not supported: nothing serves the tuning tool. */
doca_error_t doca_flow_cfg_set_tune_cfg(struct doca_flow_cfg *cfg, struct doca_flow_tune_cfg *tune_cfg)
{
	if (cfg == NULL || tune_cfg == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	return DOCA_ERROR_NOT_SUPPORTED;
}

static void nic_free(struct nic *nic)
{
	engine_free(nic);
	ct_free(nic);
	shared_free(nic);
	pthread_mutex_destroy(&nic->turn);
	pthread_mutex_destroy(&nic->lock);
	free(nic);
}

static struct nic *nic_new(const struct doca_flow_cfg *cfg)
{
	struct nic *nic = calloc(1, sizeof(*nic));

	if (nic == NULL)
		return NULL;
	pthread_mutex_init(&nic->turn, NULL);
	pthread_mutex_init(&nic->lock, NULL);
	nic->switch_mode = cfg->switch_mode;
	nic->expert = cfg->expert;
	nic->isolated = cfg->isolated;
	nic->strict = true;
	nic->resource_mode = cfg->resource_mode;
	nic->queues = cfg->pipe_queues;
	nic->queue_depth = cfg->queue_depth;
	nic->entry_process = cfg->entry_process;
	nic->pipe_process = cfg->pipe_process;
	nic->unbind = cfg->unbind;
	nic->cycle_ns = 1000000000;
	nic->refreshed_ns = nic_now_ns();
	return nic;
}

/* What SYSTEM mode reserves at once. */
static doca_error_t nic_reserve(struct nic *nic, const struct doca_flow_cfg *cfg)
{
	doca_error_t result = DOCA_SUCCESS;

	if (nic->resource_mode != DOCA_FLOW_RESOURCE_MODE_SYSTEM)
		return DOCA_SUCCESS;
	nic->counters.room = cfg->nr_counters;
	nic->meters.room = cfg->nr_meters;
	for (unsigned int type = 0; type < NIC_RESOURCES && result == DOCA_SUCCESS; type++)
		result = shared_reserve(nic, type, cfg->nr_shared[type]);
	return result;
}

doca_error_t doca_flow_init(struct doca_flow_cfg *cfg)
{
	struct nic *nic, *none = NULL;
	doca_error_t result;

	if (cfg == NULL || !cfg->has_mode)
		return DOCA_ERROR_INVALID_VALUE;
	if (nic_current() != NULL)
		return DOCA_ERROR_ALREADY_EXIST;
	nic = nic_new(cfg);
	if (nic == NULL)
		return DOCA_ERROR_NO_MEMORY;
	result = nic_reserve(nic, cfg);
	if (result == DOCA_SUCCESS)
		result = engine_init(nic);
	if (result == DOCA_SUCCESS && !atomic_compare_exchange_strong(&current, &none, nic))
		result = DOCA_ERROR_ALREADY_EXIST;
	if (result != DOCA_SUCCESS)
		nic_free(nic);
	return result;
}

static struct doca_flow_port *last_port(const struct nic *nic)
{
	struct doca_flow_port *port = nic->first_port;

	while (port != NULL && port->next != NULL)
		port = port->next;
	return port;
}

void doca_flow_destroy(void)
{
	struct nic *nic = nic_current();
	struct doca_flow_port *port;

	if (nic == NULL)
		return;
	/* Ports that the application left started, managers after their representors. */
	while ((port = last_port(nic)) != NULL)
		port_free(port);
	atomic_store(&current, NULL);
	nic_free(nic);
}
