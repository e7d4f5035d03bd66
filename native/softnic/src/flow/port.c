/* SPDX-License-Identifier: Apache-2.0 */
#include "port.h"

#include <stdlib.h>
#include <string.h>

#include "../common/device.h"
#include "../ct/ct.h"
#include "engine.h"
#include "frames.h"
#include "port_cfg.h"
#include "queue.h"
#include "shared.h"
#include "steering.h"

/* The manager whose device the representor belongs to; NULL when it is not started. */
static struct doca_flow_port *manager_of(const struct nic *nic, const struct doca_dev_rep *rep)
{
	const struct doca_dev *dev = softnic_rep_dev(rep);

	for (struct doca_flow_port *port = nic->first_port; port != NULL; port = port->next) {
		if (!port->is_representor && port->dev == dev)
			return port;
	}
	return NULL;
}

/* What no pipe decides: on its own the device leaves it to the kernel or, as a VNF, to software; an expert
 * decides all, so what is forgotten is dropped. */
static enum default_miss default_miss_of(const struct nic *nic)
{
	if (nic->expert)
		return MISS_DROP;
	return nic->switch_mode || nic->isolated ? MISS_KERNEL : MISS_SOFTWARE;
}

static doca_error_t check_cfg(const struct nic *nic, const struct doca_flow_port_cfg *cfg)
{
	if (!cfg->has_id || (cfg->dev == NULL && cfg->dev_rep == NULL))
		return DOCA_ERROR_INVALID_VALUE;
	if (cfg->dev_rep != NULL && !nic->switch_mode)
		return DOCA_ERROR_NOT_SUPPORTED;
	return DOCA_SUCCESS;
}

/* Room for what the port was promised in PORT mode, added to what the others were. */
static doca_error_t reserve(struct nic *nic, const struct doca_flow_port *starting)
{
	doca_error_t result = DOCA_SUCCESS;

	for (unsigned int type = 0; type < NIC_RESOURCES && result == DOCA_SUCCESS; type++) {
		uint64_t total = starting->resources[type].room;

		for (const struct doca_flow_port *port = nic->first_port; port != NULL; port = port->next)
			total += port->resources[type].room;
		result = total > UINT32_MAX ? DOCA_ERROR_NO_MEMORY :
					      shared_reserve(nic, type, (uint32_t)total);
	}
	return result;
}

/* Checks what depends on other ports, and puts the port among them. The lock is held. */
static doca_error_t port_enlist(struct nic *nic, struct doca_flow_port *port)
{
	struct doca_flow_port **last = &nic->first_port;
	doca_error_t result;

	if (nic->ports[port->id] != NULL)
		return DOCA_ERROR_ALREADY_EXIST;
	port->manager = port;
	if (port->is_representor) {
		port->manager = manager_of(nic, port->dev_rep);
		if (port->manager == NULL)
			return DOCA_ERROR_BAD_STATE;
	}
	for (; *last != NULL; last = &(*last)->next) {
		if (port->is_representor ? (*last)->dev_rep == port->dev_rep :
					   !(*last)->is_representor && (*last)->dev == port->dev)
			return DOCA_ERROR_ALREADY_EXIST;
	}
	result = reserve(nic, port);
	if (result != DOCA_SUCCESS)
		return result;
	*last = port;
	nic->ports[port->id] = port;
	return DOCA_SUCCESS;
}

static void port_delist(struct nic *nic, struct doca_flow_port *port)
{
	struct doca_flow_port **link = &nic->first_port;

	while (*link != port)
		link = &(*link)->next;
	*link = port->next;
	nic->ports[port->id] = NULL;
	if (port->pair != NULL)
		port->pair->pair = NULL;
	shared_reclaim(nic, port);
}

static void port_memory_free(struct doca_flow_port *port)
{
	queues_free(port->queues, port->nic);
	for (unsigned int queue = 0; queue < NIC_QUEUES_MAX; queue++)
		frames_free(port->software[queue]);
	frames_free(port->sent);
	free(port->priv_data);
	free(port);
}

static struct doca_flow_port *port_new(struct nic *nic, const struct doca_flow_port_cfg *cfg)
{
	struct doca_flow_port *port = calloc(1, sizeof(*port));

	if (port == NULL)
		return NULL;
	port->nic = nic;
	port->id = cfg->id;
	port->is_representor = cfg->dev_rep != NULL;
	port->dev = port->is_representor ? NULL : cfg->dev;
	port->dev_rep = cfg->dev_rep;
	port->default_miss = default_miss_of(nic);
	port->state = cfg->state;
	port->sent = frames_new(NIC_SENT_DEPTH);
	if (port->sent == NULL)
		goto fail;
	if (cfg->priv_data_size > 0) {
		port->priv_data = calloc(1, cfg->priv_data_size);
		if (port->priv_data == NULL)
			goto fail;
	}
	if (port->is_representor)
		return port;
	port->queues = queues_new(nic);
	if (port->queues == NULL)
		goto fail;
	for (unsigned int type = 0; type < NIC_RESOURCES; type++) {
		if (nic->resource_mode == DOCA_FLOW_RESOURCE_MODE_PORT)
			port->resources[type].room = cfg->nr_resources[type];
	}
	return port;
fail:
	port_memory_free(port);
	return NULL;
}

doca_error_t doca_flow_port_start(const struct doca_flow_port_cfg *cfg, struct doca_flow_port **port)
{
	struct nic *nic = nic_current();
	struct doca_flow_port *started;
	const char *netdev;
	doca_error_t result;

	if (nic == NULL)
		return DOCA_ERROR_BAD_STATE;
	if (cfg == NULL || port == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	result = check_cfg(nic, cfg);
	if (result != DOCA_SUCCESS)
		return result;
	started = port_new(nic, cfg);
	if (started == NULL)
		return DOCA_ERROR_NO_MEMORY;
	nic_enter(nic);
	result = port_enlist(nic, started);
	if (result == DOCA_SUCCESS && !started->is_representor)
		nic->cycle_ns = (uint64_t)cfg->cycle_ms * 1000000;
	nic_leave(nic);
	if (result != DOCA_SUCCESS) {
		port_memory_free(started);
		return result;
	}
	netdev = started->is_representor ? softnic_rep_netdev(cfg->dev_rep) :
					   softnic_dev_netdev(cfg->dev);
	result = netdev[0] != '\0' ? engine_open(started, netdev) : DOCA_SUCCESS;
	if (result != DOCA_SUCCESS) {
		port_free(started);
		return result;
	}
	*port = started;
	return DOCA_SUCCESS;
}

void port_free(struct doca_flow_port *port)
{
	struct nic *nic = port->nic;

	engine_close(port);
	nic_enter(nic);
	while (port->pipes != NULL)
		pipe_remove(port->pipes);
	ct_forwards_free(port);
	shared_unbind(nic, port);
	port_delist(nic, port);
	nic_leave(nic);
	port_memory_free(port);
}

/* Whether representors are started on it. */
static bool has_representors(const struct doca_flow_port *manager)
{
	for (const struct doca_flow_port *port = manager->nic->first_port; port != NULL; port = port->next) {
		if (port->is_representor && port->manager == manager)
			return true;
	}
	return false;
}

/* IN_USE: it has pipes, or representors of it are started. */
doca_error_t doca_flow_port_stop(struct doca_flow_port *port)
{
	bool used;

	if (port == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	nic_enter(port->nic);
	used = port->pipes != NULL || has_representors(port);
	nic_leave(port->nic);
	if (used)
		return DOCA_ERROR_IN_USE;
	port_free(port);
	return DOCA_SUCCESS;
}

/* Of VNF mode alone: an eswitch knows its ports by their ids. */
doca_error_t doca_flow_port_pair(struct doca_flow_port *port, struct doca_flow_port *pair_port)
{
	doca_error_t result = DOCA_SUCCESS;

	if (port == NULL || pair_port == NULL || port == pair_port)
		return DOCA_ERROR_INVALID_VALUE;
	if (port->nic->switch_mode)
		return DOCA_ERROR_NOT_SUPPORTED;
	nic_enter(port->nic);
	if ((port->pair != NULL && port->pair != pair_port) ||
	    (pair_port->pair != NULL && pair_port->pair != port)) {
		result = DOCA_ERROR_ALREADY_EXIST;
	} else {
		port->pair = pair_port;
		pair_port->pair = port;
	}
	nic_leave(port->nic);
	return result;
}

uint8_t *doca_flow_port_priv_data(struct doca_flow_port *port)
{
	return port != NULL ? port->priv_data : NULL;
}

struct doca_flow_port *doca_flow_port_switch_get(const struct doca_flow_port *port)
{
	struct nic *nic = nic_current();
	struct doca_flow_port *manager;

	if (nic == NULL || !nic->switch_mode)
		return NULL;
	nic_enter(nic);
	/* A representor is started after its manager: the first port is one. */
	manager = port != NULL ? port->manager : nic->first_port;
	nic_leave(nic);
	return manager;
}

void doca_flow_port_pipes_flush(struct doca_flow_port *port)
{
	if (port == NULL)
		return;
	nic_enter(port->nic);
	while (port->pipes != NULL)
		pipe_remove(port->pipes);
	nic_leave(port->nic);
}

/* The state is kept and told to nobody: there is no other process to swap with. ALREADY_EXIST when it is
 * the port's already. */
doca_error_t doca_flow_port_operation_state_modify(struct doca_flow_port *port,
						   enum doca_flow_port_operation_state state)
{
	doca_error_t result = DOCA_SUCCESS;

	if (port == NULL || (unsigned int)state > DOCA_FLOW_PORT_OPERATION_STATE_UNCONNECTED)
		return DOCA_ERROR_INVALID_VALUE;
	nic_enter(port->nic);
	if (port->state == state)
		result = DOCA_ERROR_ALREADY_EXIST;
	port->state = state;
	nic_leave(port->nic);
	return result;
}

/* An eswitch has one default for all its ports, which is set on the manager. */
doca_error_t doca_flow_port_update_default_miss(struct doca_flow_port *port,
						enum doca_flow_port_default_miss_type type,
						bool counter_en)
{
	static const enum default_miss misses[] = {
		[DOCA_FLOW_PORT_DEFAULT_MISS_KERNEL] = MISS_KERNEL,
		[DOCA_FLOW_PORT_DEFAULT_MISS_RSS] = MISS_SOFTWARE,
		[DOCA_FLOW_PORT_DEFAULT_MISS_DROP] = MISS_DROP,
	};

	if (port == NULL || (unsigned int)type >= sizeof(misses) / sizeof(misses[0]))
		return DOCA_ERROR_INVALID_VALUE;
	if (port->is_representor)
		return DOCA_ERROR_NOT_SUPPORTED;
	nic_enter(port->nic);
	port->default_miss = misses[type];
	port->counts_missed = counter_en;
	memset(&port->missed, 0, sizeof(port->missed));
	nic_leave(port->nic);
	return DOCA_SUCCESS;
}
