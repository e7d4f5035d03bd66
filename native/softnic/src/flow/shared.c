/* SPDX-License-Identifier: Apache-2.0 */
#include "shared.h"

#include <stdlib.h>
#include <string.h>

#include "faults.h"
#include "steering.h"

static bool type_supported(enum doca_flow_shared_resource_type type)
{
	return type == DOCA_FLOW_SHARED_RESOURCE_METER || type == DOCA_FLOW_SHARED_RESOURCE_COUNTER ||
	       type == DOCA_FLOW_SHARED_RESOURCE_RSS || type == DOCA_FLOW_SHARED_RESOURCE_ENCAP ||
	       type == DOCA_FLOW_SHARED_RESOURCE_DECAP;
}

doca_error_t shared_reserve(struct nic *nic, unsigned int type, uint32_t count)
{
	struct budget *budget = &nic->shared_budget[type];
	struct shared_resource *grown;

	if (count <= budget->room)
		return DOCA_SUCCESS;
	grown = realloc(nic->shared[type], count * sizeof(*grown));
	if (grown == NULL)
		return DOCA_ERROR_NO_MEMORY;
	memset(&grown[budget->room], 0, (count - budget->room) * sizeof(*grown));
	nic->shared[type] = grown;
	budget->room = count;
	return DOCA_SUCCESS;
}

/* Makes it as if it had never been configured. */
static void resource_clear(struct shared_resource *resource, unsigned int type)
{
	if (type == DOCA_FLOW_SHARED_RESOURCE_RSS)
		free(resource->cfg.rss_cfg.queues_array);
	if (resource->meter != NULL)
		meter_free(resource->meter);
	memset(resource, 0, sizeof(*resource));
}

/* Gives the id back. What it was stays until it is given out again, as entries may still name it. */
static void resource_retire(struct nic *nic, struct shared_resource *resource, unsigned int type)
{
	resource->configured = false;
	resource->owner = NULL;
	nic->shared_budget[type].used--;
}

void shared_free(struct nic *nic)
{
	for (unsigned int type = 0; type < NIC_RESOURCES; type++) {
		for (uint32_t id = 0; id < nic->shared_budget[type].room; id++)
			resource_clear(&nic->shared[type][id], type);
		free(nic->shared[type]);
	}
}

void shared_reclaim(struct nic *nic, const struct doca_flow_port *port)
{
	for (unsigned int type = 0; type < NIC_RESOURCES; type++) {
		for (uint32_t id = 0; id < nic->shared_budget[type].room; id++) {
			if (nic->shared[type][id].owner == port)
				resource_retire(nic, &nic->shared[type][id], type);
		}
	}
}

static struct shared_resource *shared_find(struct nic *nic, unsigned int type, uint32_t id)
{
	if (type >= NIC_RESOURCES || id >= nic->shared_budget[type].room)
		return NULL;
	return &nic->shared[type][id];
}

/* Tells the application that a resource is bound to `object` no more. */
static void unbind_one(struct nic *nic, unsigned int type, uint32_t id)
{
	struct shared_resource *resource = &nic->shared[type][id];
	void *object = (void *)resource->bound;

	resource->bound = NULL;
	nic->bound--;
	if (nic->unbind == NULL)
		return;
	nic_leave(nic);
	nic->unbind((enum doca_flow_shared_resource_type)type, id, object);
	nic_enter(nic);
}

void shared_unbind(struct nic *nic, const void *object)
{
	for (unsigned int type = 0; type < NIC_RESOURCES && nic->bound > 0; type++) {
		for (uint32_t id = 0; id < nic->shared_budget[type].room; id++) {
			if (nic->shared[type][id].bound == object)
				unbind_one(nic, type, id);
		}
	}
}

/* The budget that an entry of the port draws on. */
static struct budget *budget_of(struct doca_flow_port *port, enum doca_flow_resource resource)
{
	struct nic *nic = port->nic;

	if (nic->resource_mode == DOCA_FLOW_RESOURCE_MODE_PORT)
		return &port->resources[resource];
	return resource == DOCA_FLOW_RESOURCE_METER ? &nic->meters : &nic->counters;
}

doca_error_t budget_take(struct doca_flow_port *port, enum doca_flow_resource resource, uint32_t count)
{
	struct budget *budget = budget_of(port, resource);

	if (count > budget->room - budget->used)
		return DOCA_ERROR_NO_MEMORY;
	budget->used += count;
	return DOCA_SUCCESS;
}

void budget_give(struct doca_flow_port *port, enum doca_flow_resource resource, uint32_t count)
{
	budget_of(port, resource)->used -= count;
}

/* Copies `from` with what it points to. */
static doca_error_t copy_cfg(unsigned int type, const struct doca_flow_shared_resource_cfg *from,
			     struct doca_flow_shared_resource_cfg *to)
{
	*to = *from;
	if (type != DOCA_FLOW_SHARED_RESOURCE_RSS)
		return DOCA_SUCCESS;
	if (from->rss_cfg.queues_array == NULL || from->rss_cfg.nr_queues <= 0 ||
	    (unsigned int)from->rss_cfg.nr_queues > NIC_QUEUES_MAX)
		return DOCA_ERROR_INVALID_VALUE;
	for (int queue = 0; queue < from->rss_cfg.nr_queues; queue++) {
		if (from->rss_cfg.queues_array[queue] >= NIC_QUEUES_MAX)
			return DOCA_ERROR_INVALID_VALUE;
	}
	to->rss_cfg.queues_array = malloc((size_t)from->rss_cfg.nr_queues * sizeof(uint16_t));
	if (to->rss_cfg.queues_array == NULL)
		return DOCA_ERROR_NO_MEMORY;
	memcpy(to->rss_cfg.queues_array, from->rss_cfg.queues_array,
	       (size_t)from->rss_cfg.nr_queues * sizeof(uint16_t));
	return DOCA_SUCCESS;
}

/* Configures it, or anew: counts, owner and bond stay. */
static doca_error_t resource_configure(struct shared_resource *resource, unsigned int type,
				       const struct doca_flow_shared_resource_cfg *cfg)
{
	struct doca_flow_shared_resource_cfg copy;
	struct meter *meter = NULL;
	doca_error_t result = copy_cfg(type, cfg, &copy);

	if (result != DOCA_SUCCESS)
		return result;
	if (type == DOCA_FLOW_SHARED_RESOURCE_METER) {
		if (cfg->meter_cfg.cir == 0 || cfg->meter_cfg.cbs == 0)
			return DOCA_ERROR_INVALID_VALUE;
		meter = meter_new(&cfg->meter_cfg);
		if (meter == NULL)
			return DOCA_ERROR_NO_MEMORY;
	}
	if (type == DOCA_FLOW_SHARED_RESOURCE_RSS)
		free(resource->cfg.rss_cfg.queues_array);
	if (resource->meter != NULL)
		meter_free(resource->meter);
	resource->meter = meter;
	resource->cfg = copy;
	resource->configured = true;
	return DOCA_SUCCESS;
}

/* A counter has nothing to be configured, so its cfg may be NULL. */
static bool cfg_given(enum doca_flow_shared_resource_type type,
		      const struct doca_flow_shared_resource_cfg *cfg)
{
	return cfg != NULL || type == DOCA_FLOW_SHARED_RESOURCE_COUNTER;
}

static doca_error_t set_cfg(struct nic *nic, const struct doca_flow_port *owner,
			    enum doca_flow_shared_resource_type type, uint32_t id,
			    const struct doca_flow_shared_resource_cfg *cfg)
{
	static const struct doca_flow_shared_resource_cfg nothing;
	struct shared_resource *resource;
	doca_error_t result;

	if ((unsigned int)type >= NIC_RESOURCES || !cfg_given(type, cfg))
		return DOCA_ERROR_INVALID_VALUE;
	if (!type_supported(type))
		return DOCA_ERROR_NOT_SUPPORTED;
	nic_enter(nic);
	resource = shared_find(nic, type, id);
	if (resource == NULL || resource->owner != owner)
		result = DOCA_ERROR_INVALID_VALUE;
	else
		result = resource_configure(resource, type, cfg != NULL ? cfg : &nothing);
	nic_leave(nic);
	return result;
}

doca_error_t doca_flow_shared_resource_set_cfg(enum doca_flow_shared_resource_type type, uint32_t id,
					       struct doca_flow_shared_resource_cfg *cfg)
{
	struct nic *nic = nic_current();

	if (nic == NULL)
		return DOCA_ERROR_BAD_STATE;
	if (nic->resource_mode != DOCA_FLOW_RESOURCE_MODE_SYSTEM)
		return DOCA_ERROR_NOT_SUPPORTED;
	return set_cfg(nic, NULL, type, id, cfg);
}

/* What can be bound to: NULL is the whole NIC. */
static bool bindable(const struct nic *nic, const void *object)
{
	if (object == nic)
		return true;
	for (const struct doca_flow_port *port = nic->first_port; port != NULL; port = port->next) {
		if (object == port)
			return true;
		for (const struct doca_flow_pipe *pipe = port->pipes; pipe != NULL; pipe = pipe->next) {
			if (object == pipe)
				return true;
		}
	}
	return false;
}

doca_error_t doca_flow_shared_resources_bind(enum doca_flow_shared_resource_type type,
					     uint32_t *res_array, uint32_t res_array_len,
					     void *bindable_obj)
{
	struct nic *nic = nic_current();
	const void *object = bindable_obj != NULL ? bindable_obj : nic;
	doca_error_t result = DOCA_SUCCESS;

	if (nic == NULL)
		return DOCA_ERROR_BAD_STATE;
	if (res_array == NULL || res_array_len == 0 || (unsigned int)type >= NIC_RESOURCES)
		return DOCA_ERROR_INVALID_VALUE;
	if (!type_supported(type) || nic->resource_mode != DOCA_FLOW_RESOURCE_MODE_SYSTEM)
		return DOCA_ERROR_NOT_SUPPORTED;
	nic_enter(nic);
	/* All or none. */
	if (!bindable(nic, object))
		result = DOCA_ERROR_INVALID_VALUE;
	for (uint32_t index = 0; index < res_array_len && result == DOCA_SUCCESS; index++) {
		const struct shared_resource *resource = shared_find(nic, type, res_array[index]);

		if (resource == NULL || !resource->configured)
			result = DOCA_ERROR_INVALID_VALUE;
	}
	for (uint32_t index = 0; index < res_array_len && result == DOCA_SUCCESS; index++) {
		struct shared_resource *resource = shared_find(nic, type, res_array[index]);

		if (resource->bound == object)
			continue;
		if (resource->bound != NULL)
			unbind_one(nic, type, res_array[index]);
		resource->bound = object;
		nic->bound++;
	}
	nic_leave(nic);
	return result;
}

void shared_refresh(struct nic *nic)
{
	struct shared_resource *counters = nic->shared[DOCA_FLOW_SHARED_RESOURCE_COUNTER];

	for (uint32_t id = 0; id < nic->shared_budget[DOCA_FLOW_SHARED_RESOURCE_COUNTER].room; id++)
		counters[id].cached = counters[id].count;
}

static doca_error_t query(struct nic *nic, const struct doca_flow_port *owner,
			  enum doca_flow_shared_resource_type type, const uint32_t *ids,
			  struct doca_flow_resource_query *results, uint32_t count)
{
	doca_error_t result = DOCA_SUCCESS;

	if (ids == NULL || results == NULL || count == 0 || (unsigned int)type >= NIC_RESOURCES)
		return DOCA_ERROR_INVALID_VALUE;
	if (type != DOCA_FLOW_SHARED_RESOURCE_COUNTER)
		return DOCA_ERROR_NOT_SUPPORTED;
	nic_enter(nic);
	counters_refresh(nic, nic_now_ns());
	for (uint32_t index = 0; index < count && result == DOCA_SUCCESS; index++) {
		const struct shared_resource *resource = shared_find(nic, type, ids[index]);
		const struct count *shown;

		if (resource == NULL || !resource->configured || resource->owner != owner) {
			result = DOCA_ERROR_INVALID_VALUE;
			break;
		}
		shown = faults_counters_lag() ? &resource->cached : &resource->count;
		results[index].counter.total_pkts = shown->packets;
		results[index].counter.total_bytes = shown->bytes;
	}
	nic_leave(nic);
	return result;
}

doca_error_t doca_flow_shared_resources_query(enum doca_flow_shared_resource_type type,
					      uint32_t *res_array,
					      struct doca_flow_resource_query *query_results_array,
					      uint32_t array_len)
{
	struct nic *nic = nic_current();

	if (nic == NULL)
		return DOCA_ERROR_BAD_STATE;
	if (nic->resource_mode != DOCA_FLOW_RESOURCE_MODE_SYSTEM)
		return DOCA_ERROR_NOT_SUPPORTED;
	return query(nic, NULL, type, res_array, query_results_array, array_len);
}

doca_error_t doca_flow_port_shared_resource_get(struct doca_flow_port *port,
						enum doca_flow_shared_resource_type type, uint32_t *id)
{
	struct shared_resource *resources;
	struct budget *budget;
	uint32_t free_id = 0;

	if (port == NULL || id == NULL || (unsigned int)type >= NIC_RESOURCES)
		return DOCA_ERROR_INVALID_VALUE;
	port = port->manager;
	if (!type_supported(type) || port->nic->resource_mode != DOCA_FLOW_RESOURCE_MODE_PORT)
		return DOCA_ERROR_NOT_SUPPORTED;
	nic_enter(port->nic);
	budget = &port->resources[type];
	if (budget->used == budget->room) {
		nic_leave(port->nic);
		return DOCA_ERROR_EMPTY;
	}
	/* There is one: the array is as long as all ports' budgets. */
	resources = port->nic->shared[type];
	while (resources[free_id].owner != NULL)
		free_id++;
	resource_clear(&resources[free_id], type);
	resources[free_id].owner = port;
	budget->used++;
	port->nic->shared_budget[type].used++;
	*id = free_id;
	nic_leave(port->nic);
	return DOCA_SUCCESS;
}

doca_error_t doca_flow_port_shared_resource_put(struct doca_flow_port *port,
						enum doca_flow_shared_resource_type type, uint32_t id)
{
	struct shared_resource *resource;
	doca_error_t result = DOCA_SUCCESS;

	if (port == NULL || (unsigned int)type >= NIC_RESOURCES)
		return DOCA_ERROR_INVALID_VALUE;
	port = port->manager;
	if (port->nic->resource_mode != DOCA_FLOW_RESOURCE_MODE_PORT)
		return DOCA_ERROR_NOT_SUPPORTED;
	nic_enter(port->nic);
	resource = shared_find(port->nic, type, id);
	if (resource == NULL || resource->owner != port) {
		result = DOCA_ERROR_INVALID_VALUE;
	} else {
		resource_retire(port->nic, resource, type);
		port->resources[type].used--;
	}
	nic_leave(port->nic);
	return result;
}

doca_error_t doca_flow_port_shared_resource_set_cfg(struct doca_flow_port *port,
						    enum doca_flow_shared_resource_type type,
						    uint32_t id,
						    struct doca_flow_shared_resource_cfg *cfg)
{
	if (port == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	if (port->nic->resource_mode != DOCA_FLOW_RESOURCE_MODE_PORT)
		return DOCA_ERROR_NOT_SUPPORTED;
	return set_cfg(port->nic, port->manager, type, id, cfg);
}

doca_error_t doca_flow_port_shared_resources_query(struct doca_flow_port *port,
						   enum doca_flow_shared_resource_type type,
						   uint32_t *res_array,
						   struct doca_flow_resource_query *query_results_array,
						   uint32_t array_len)
{
	if (port == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	if (port->nic->resource_mode != DOCA_FLOW_RESOURCE_MODE_PORT)
		return DOCA_ERROR_NOT_SUPPORTED;
	return query(port->nic, port->manager, type, res_array, query_results_array, array_len);
}
