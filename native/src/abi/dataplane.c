/* SPDX-License-Identifier: Apache-2.0 */
#include <hyperion/dataplane.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../backend/agent/client.h"
#include "../backend/backend.h"
#include "batch.h"
#include "error.h"

static const struct hyp_backend *const backends[] = {
	&hyp_backend_ebpf,
	&hyp_backend_doca_agent,
	&hyp_backend_agent,
};

/* The backend whose scheme the URL begins with, or NULL. */
static const struct hyp_backend *backend_of(const char *url)
{
	size_t scheme = strcspn(url, ":");

	for (size_t i = 0; i < sizeof(backends) / sizeof(backends[0]); i++) {
		if (strlen(backends[i]->scheme) == scheme &&
		    strncmp(backends[i]->scheme, url, scheme) == 0)
			return backends[i];
	}
	return NULL;
}

/* Finds the backend of options that may come from anywhere. */
static int check_options(const struct hyp_dataplane_options *options,
			 const struct hyp_backend **backend, struct hyp_error *error)
{
	if (!options || options->size != sizeof(*options) || !options->url || !options->pin_path)
		return hyp_fail(error, -EINVAL, "options of %u bytes, %zu expected, with url and pin_path",
				options ? options->size : 0, sizeof(*options));
	*backend = backend_of(options->url);
	if (!*backend)
		return hyp_fail(error, -EINVAL, "no data plane \"%.100s\"; there are \"ebpf\" and \"doca:…\"",
				options->url);
	return 0;
}

int hyp_dataplane_open(const struct hyp_dataplane_options *options, struct hyp_dataplane **out,
		       struct hyp_error *error)
{
	const struct hyp_backend *backend;
	int result;

	if (!out)
		return hyp_fail(error, -EINVAL, "out must not be NULL");
	*out = NULL;
	result = check_options(options, &backend, error);
	return result == 0 ? backend->open(options, out, error) : result;
}

void hyp_dataplane_close(struct hyp_dataplane *dataplane)
{
	if (dataplane)
		dataplane->backend->close(dataplane);
}

int hyp_dataplane_remove(const struct hyp_dataplane_options *options, struct hyp_error *error)
{
	const struct hyp_backend *backend;
	int result = check_options(options, &backend, error);

	if (result != 0 || !backend->remove)
		return result;
	return backend->remove(options, error);
}

int hyp_dataplane_capabilities(struct hyp_dataplane *dataplane,
			       struct hyp_capabilities *capabilities)
{
	if (!dataplane || !capabilities)
		return -EINVAL;
	return dataplane->backend->capabilities(dataplane, capabilities);
}

int hyp_dataplane_attach(struct hyp_dataplane *dataplane, uint32_t port, uint32_t kind,
			 struct hyp_error *error)
{
	if (!dataplane || port == 0 || port > INT32_MAX || kind > HYP_PORT_GATEWAY)
		return hyp_fail(error, -EINVAL, "no data plane, or port %u of kind %u", port, kind);
	return dataplane->backend->attach(dataplane, port, kind, error);
}

int hyp_dataplane_detach(struct hyp_dataplane *dataplane, uint32_t port, struct hyp_error *error)
{
	if (!dataplane || port == 0 || port > INT32_MAX)
		return hyp_fail(error, -EINVAL, "no data plane, or port %u", port);
	return dataplane->backend->detach(dataplane, port, error);
}

int hyp_dataplane_apply(struct hyp_dataplane *dataplane, const void *batch, uint64_t bytes,
			int32_t *results, uint32_t count, struct hyp_error *error)
{
	struct hyp_step *steps = NULL;
	int result;

	if (!dataplane || (!batch && bytes != 0) || (!results && count != 0))
		return hyp_fail(error, -EINVAL, "no data plane, no batch or no room for results");
	result = hyp_batch_parse(batch, bytes, count, &steps, error);
	if (result != 0)
		return result;
	result = dataplane->backend->apply(dataplane, steps, count, results, error);
	free(steps);
	return result;
}

int64_t hyp_dataplane_dump(struct hyp_dataplane *dataplane, uint32_t table, void *buffer,
			   uint64_t capacity, uint64_t *bytes, struct hyp_error *error)
{
	if (!dataplane || !bytes || (!buffer && capacity != 0) || table >= HYP_TABLES)
		return hyp_fail(error, -EINVAL, "no data plane, no buffer or no table %u", table);
	return dataplane->backend->dump(dataplane, table, buffer, capacity, bytes, error);
}

int64_t hyp_dataplane_counters(struct hyp_dataplane *dataplane, uint32_t counters, void *buffer,
			       uint64_t capacity, uint64_t *bytes, struct hyp_error *error)
{
	if (!dataplane || !bytes || (!buffer && capacity != 0) || counters > HYP_COUNTERS_NIC)
		return hyp_fail(error, -EINVAL, "no data plane, no buffer or no counters %u", counters);
	return dataplane->backend->counters(dataplane, counters, buffer, capacity, bytes, error);
}

int hyp_dataplane_events(struct hyp_dataplane *dataplane, struct hyp_event *events, uint32_t capacity,
			 uint64_t *lost, struct hyp_error *error)
{
	if (!dataplane || !lost || (!events && capacity != 0) || capacity > INT32_MAX)
		return hyp_fail(error, -EINVAL, "no data plane, no room for events or for lost");
	return dataplane->backend->events(dataplane, events, capacity, lost, error);
}

int64_t hyp_dataplane_connections(struct hyp_dataplane *dataplane, struct hyp_error *error)
{
	if (!dataplane)
		return hyp_fail(error, -EINVAL, "no data plane");
	return dataplane->backend->connections(dataplane, error);
}
