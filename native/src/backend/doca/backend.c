/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../abi/batch.h"
#include "../../abi/error.h"
#include "device.h"
#include "doca.h"
#include "nic_counter.h"
#include "offload.h"
#include "program.h"
#include "queue.h"
#include "slowpath.h"
#include "tables.h"

#define SCHEME "doca:"

static void on_forgotten(void *context, const struct hyp_connection_key *key,
			 const struct hyp_connection *connection)
{
	struct doca *doca = context;

	(void)connection;
	if (doca->offload)
		offload_lose(doca, key);
}

static void doca_close(struct hyp_dataplane *dataplane)
{
	struct doca *doca = doca_of(dataplane);

	slowpath_stop(doca);
	if (doca->queue)
		queue_close(doca->queue);
	if (doca->pipes)
		pipes_destroy(doca);
	offload_free(doca);
	program_free(doca);
	device_close(&doca->device);
	doca_tables_free(doca->tables);
	pthread_mutex_destroy(&doca->lock);
	free(doca);
}

static int open_parts(struct doca *doca, const struct hyp_dataplane_options *options,
		      struct hyp_error *error)
{
	const struct doca_tables_options tables = {
		.connections_max = doca->connections_max,
		.rates_elsewhere = true,
		.forgotten = on_forgotten,
		.context = doca,
	};
	int result = doca_tables_new(&tables, &doca->tables);

	if (result != 0)
		return hyp_fail(error, result, "no memory for the tables");
	result = device_open(&doca->device, options->url + strlen(SCHEME), options, error);
	if (result == 0)
		result = pipes_build(doca, doca->connections_max, error);
	if (result == 0)
		result = program_new(doca, error);
	if (result == 0)
		result = offload_new(doca, doca->connections_max, error);
	if (result == 0)
		result = queue_open(&doca->device, &doca->queue, error);
	if (result == 0) {
		result = program_attach(doca, doca->device.ports[DOCA_UPLINK_PORT]);
		if (result != 0)
			hyp_fail(error, result, "the uplink's entries: %s", strerror(-result));
	}
	return result == 0 ? slowpath_start(doca, error) : result;
}

const struct hyp_backend hyp_backend_doca;

static int doca_open(const struct hyp_dataplane_options *options, struct hyp_dataplane **out,
		     struct hyp_error *error)
{
	struct doca *doca;
	int result;

	if (strncmp(options->url, SCHEME, strlen(SCHEME)) != 0)
		return hyp_fail(error, -EINVAL,
				"\"%s\" names no device: doca:0000:03:00.0 or doca:softnic", options->url);
	doca = calloc(1, sizeof(*doca));
	if (!doca)
		return hyp_fail(error, -ENOMEM, "no memory for a data plane");
	doca->dataplane.backend = &hyp_backend_doca;
	doca->connections_max =
		options->connections_max ? options->connections_max : HYP_CONNECTIONS_DEFAULT;
	result = pthread_mutex_init(&doca->lock, NULL);
	if (result != 0) {
		free(doca);
		return hyp_fail(error, -result, "no lock: %s", strerror(result));
	}
	result = open_parts(doca, options, error);
	if (result != 0) {
		doca_close(&doca->dataplane);
		return result;
	}
	*out = &doca->dataplane;
	return 0;
}

static int doca_capabilities(struct hyp_dataplane *dataplane, struct hyp_capabilities *capabilities)
{
	const struct doca *doca = doca_of(dataplane);

	*capabilities = (struct hyp_capabilities){
		.networks_max = HYP_NETWORKS_MAX,
		.endpoints_max = HYP_ENDPOINTS_MAX,
		.policy_entries_max = HYP_POLICY_ENTRIES_MAX,
		.connections_max = doca->connections_max,
		.backend = "doca",
	};
	return 0;
}

static int doca_attach(struct hyp_dataplane *dataplane, uint32_t ifindex, uint32_t kind,
		       struct hyp_error *error)
{
	struct doca *doca = doca_of(dataplane);
	struct doca_port *port;
	int result = 0;

	if (kind != HYP_PORT_VF)
		return hyp_fail(error, -EOPNOTSUPP, "port %u: the NIC has no gateway ports", ifindex);
	pthread_mutex_lock(&doca->lock);
	if (!device_port(&doca->device, ifindex)) {
		result = device_attach(&doca->device, ifindex, &port, error);
		if (result == 0) {
			result = program_attach(doca, port);
			if (result != 0) {
				program_detach(doca, port);
				device_detach(&doca->device, port);
				hyp_fail(error, result, "the port's entries: %s", strerror(-result));
			}
		}
	}
	pthread_mutex_unlock(&doca->lock);
	return result;
}

static int doca_detach(struct hyp_dataplane *dataplane, uint32_t ifindex, struct hyp_error *error)
{
	struct doca *doca = doca_of(dataplane);
	struct doca_port *port;
	int result = 0;

	pthread_mutex_lock(&doca->lock);
	port = device_port(&doca->device, ifindex);
	if (port && port->id != DOCA_UPLINK_PORT) {
		/* What forwards there must not outlive it. */
		offload_forget_endpoint(doca, doca_tables_endpoint_of_port(doca->tables, ifindex,
								       HYP_PORT_VF));
		entries_complete(doca->device.manager);
		offload_settle(doca);
		result = program_detach(doca, port);
		if (result == 0)
			device_detach(&doca->device, port);
		else
			hyp_fail(error, result, "the port's entries: %s", strerror(-result));
	}
	pthread_mutex_unlock(&doca->lock);
	return result;
}

/* Takes off the NIC what was decided under the row that this step replaces. */
static void invalidate(struct doca *doca, const struct hyp_step *step)
{
	const struct hyp_endpoint_value *endpoint;
	const struct hyp_neighbour_value *neighbour;
	struct hyp_endpoint_value value;
	struct hyp_neighbour_key at;
	union hyp_address address;
	struct hyp_endpoint_key key;
	struct hyp_vtep_key vtep;

	switch (step->table) {
	case HYP_TABLE_ENDPOINT:
		memcpy(&key, step->key, sizeof(key));
		endpoint = doca_tables_endpoint(doca->tables, key.endpoint);
		if (!endpoint)
			return;
		if (step->verb == HYP_UPSERT) {
			memcpy(&value, step->value, sizeof(value));
			if (value.generation == endpoint->generation && value.port == endpoint->port)
				return;
		}
		offload_forget_endpoint(doca, key.endpoint);
		return;
	case HYP_TABLE_NEIGHBOUR:
		memcpy(&at, step->key, sizeof(at));
		memcpy(&address, at.address, sizeof(address));
		neighbour = doca_tables_neighbour(doca->tables, at.network, &address);
		if (neighbour && neighbour->vtep != 0)
			offload_forget_vtep(doca, neighbour->vtep);
		return;
	case HYP_TABLE_VTEP:
		memcpy(&vtep, step->key, sizeof(vtep));
		offload_forget_vtep(doca, vtep.vtep);
		return;
	default:
		return;
	}
}

/* What the NIC passes stays within networks: nobody here is outside. 1: the row is about the outside. */
static int needs_gateway(const struct hyp_step *step)
{
	struct hyp_port_value port;

	if (step->table == HYP_TABLE_PREFIX)
		return 1;
	if (step->table != HYP_TABLE_PORT || step->verb == HYP_DELETE)
		return 0;
	memcpy(&port, step->value, sizeof(port));
	return port.kind != HYP_PORT_VF;
}

static int apply_step(struct doca *doca, const struct hyp_step *step, struct hyp_error *error)
{
	int result = hyp_step_check(step, error);

	if (result != 0)
		return result;
	if (needs_gateway(step)) {
		if (step->verb == HYP_DELETE)
			return 0; /* never was there */
		return hyp_fail(error, -EOPNOTSUPP, "table %u: the NIC has no gateway ports",
				step->table);
	}
	invalidate(doca, step);
	result = doca_tables_apply(doca->tables, step);
	if (result != 0)
		return hyp_fail(error, result, "table %u: %s", step->table, strerror(-result));
	program_touch(doca, step);
	return 0;
}

static int doca_apply(struct hyp_dataplane *dataplane, const struct hyp_step *steps, uint32_t count,
		      int32_t *results, struct hyp_error *error)
{
	struct doca *doca = doca_of(dataplane);
	int failed = 0;

	pthread_mutex_lock(&doca->lock);
	for (uint32_t i = 0; i < count; i++) {
		results[i] = apply_step(doca, &steps[i], error);
		failed += results[i] != 0;
	}
	failed += program_run(doca, steps, count, results, error);
	entries_complete(doca->device.manager);
	offload_settle(doca);
	pthread_mutex_unlock(&doca->lock);
	return failed;
}

static int64_t doca_dump(struct hyp_dataplane *dataplane, uint32_t table, void *buffer,
			 uint64_t capacity, uint64_t *bytes, struct hyp_error *error)
{
	struct doca *doca = doca_of(dataplane);
	int64_t result;

	pthread_mutex_lock(&doca->lock);
	result = doca_tables_dump(doca->tables, table, buffer, capacity, bytes, error);
	pthread_mutex_unlock(&doca->lock);
	return result;
}

static int64_t doca_counters(struct hyp_dataplane *dataplane, uint32_t counters, void *buffer,
			     uint64_t capacity, uint64_t *bytes, struct hyp_error *error)
{
	struct doca *doca = doca_of(dataplane);
	int64_t result;

	pthread_mutex_lock(&doca->lock);
	if (counters == HYP_COUNTERS_ENDPOINT)
		offload_count(doca);
	if (counters == HYP_COUNTERS_ENDPOINT || counters == HYP_COUNTERS_DROP)
		program_drops(doca);
	if (counters == HYP_COUNTERS_NIC)
		result = nic_counter(doca, buffer, capacity, bytes, error);
	else
		result = doca_tables_counters(doca->tables, counters, buffer, capacity, bytes, error);
	pthread_mutex_unlock(&doca->lock);
	return result;
}

static int doca_events(struct hyp_dataplane *dataplane, struct hyp_event *events, uint32_t capacity,
		       uint64_t *lost, struct hyp_error *error)
{
	struct doca *doca = doca_of(dataplane);
	int result;

	(void)error;
	pthread_mutex_lock(&doca->lock);
	result = doca_tables_events(doca->tables, events, capacity, lost);
	pthread_mutex_unlock(&doca->lock);
	return result;
}

static int64_t doca_connections(struct hyp_dataplane *dataplane, struct hyp_error *error)
{
	struct doca *doca = doca_of(dataplane);
	int64_t result;

	(void)error;
	pthread_mutex_lock(&doca->lock);
	result = doca_tables_connections(doca->tables);
	pthread_mutex_unlock(&doca->lock);
	return result;
}

const struct hyp_backend hyp_backend_doca = {
	.scheme = "doca",
	.open = doca_open,
	.close = doca_close,
	.capabilities = doca_capabilities,
	.attach = doca_attach,
	.detach = doca_detach,
	.apply = doca_apply,
	.dump = doca_dump,
	.counters = doca_counters,
	.events = doca_events,
	.connections = doca_connections,
};
