/* SPDX-License-Identifier: Apache-2.0 */
#include "action.h"
#include "monitor.h"

/* The entry may repeat the template's kind, or leave it out. */
static bool kind_fits(enum doca_flow_resource_type template, enum doca_flow_resource_type given)
{
	return given == DOCA_FLOW_RESOURCE_TYPE_NONE || given == template;
}

static doca_error_t compile_counter(const struct nic *nic, const struct doca_flow_monitor *template,
				    const struct doca_flow_monitor *given, struct monitor *monitor)
{
	uint32_t id;

	switch (template->counter_type) {
	case DOCA_FLOW_RESOURCE_TYPE_NONE:
		return DOCA_SUCCESS;
	case DOCA_FLOW_RESOURCE_TYPE_NON_SHARED:
		monitor->counts = true;
		return DOCA_SUCCESS;
	case DOCA_FLOW_RESOURCE_TYPE_SHARED:
		id = template->shared_counter.shared_counter_id;
		if (id == UINT32_MAX && given != NULL)
			id = given->shared_counter.shared_counter_id;
		if (shared_find(nic, DOCA_FLOW_SHARED_RESOURCE_COUNTER, id) == NULL)
			return DOCA_ERROR_INVALID_VALUE;
		monitor->shared_counter = id;
		return DOCA_SUCCESS;
	default:
		return DOCA_ERROR_INVALID_VALUE;
	}
}

static doca_error_t own_meter(const struct doca_flow_monitor *template,
			      const struct doca_flow_monitor *given, struct monitor *monitor)
{
	uint64_t cir = template->non_shared_meter.cir, cbs = template->non_shared_meter.cbs;

	if ((cir == UINT64_MAX || cbs == UINT64_MAX) && given == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	if (cir == UINT64_MAX)
		cir = given->non_shared_meter.cir;
	if (cbs == UINT64_MAX)
		cbs = given->non_shared_meter.cbs;
	monitor->meter = meter_new_single(template->non_shared_meter.limit_type, cir, cbs);
	return monitor->meter != NULL ? DOCA_SUCCESS : DOCA_ERROR_NO_MEMORY;
}

static doca_error_t compile_meter(const struct nic *nic, const struct doca_flow_monitor *template,
				  const struct doca_flow_monitor *given, struct monitor *monitor)
{
	const struct doca_flow_monitor *from = template;
	const struct shared_resource *shared;

	switch (template->meter_type) {
	case DOCA_FLOW_RESOURCE_TYPE_NONE:
		return DOCA_SUCCESS;
	case DOCA_FLOW_RESOURCE_TYPE_NON_SHARED:
		return own_meter(template, given, monitor);
	case DOCA_FLOW_RESOURCE_TYPE_SHARED:
		if (template->shared_meter.shared_meter_id == UINT32_MAX && given != NULL)
			from = given;
		shared = shared_find(nic, DOCA_FLOW_SHARED_RESOURCE_METER,
				     from->shared_meter.shared_meter_id);
		if (shared == NULL || shared->meter == NULL)
			return DOCA_ERROR_INVALID_VALUE;
		monitor->shared_meter = from->shared_meter.shared_meter_id;
		monitor->init_colour = from->shared_meter.meter_init_color;
		return DOCA_SUCCESS;
	default:
		return DOCA_ERROR_INVALID_VALUE;
	}
}

static doca_error_t compile_aging(const struct doca_flow_monitor *template,
				  const struct doca_flow_monitor *given, struct monitor *monitor)
{
	monitor->aging_sec = template->aging_sec;
	if (template->aging_sec == UINT32_MAX) {
		if (given == NULL)
			return DOCA_ERROR_INVALID_VALUE;
		monitor->aging_sec = given->aging_sec;
	} else if (template->aging_sec == 0 && given != NULL && given->aging_sec != 0) {
		return DOCA_ERROR_INVALID_VALUE;
	}
	return DOCA_SUCCESS;
}

doca_error_t monitor_compile(const struct nic *nic, const struct doca_flow_monitor *template,
			     const struct doca_flow_monitor *given, struct monitor *monitor)
{
	static const struct doca_flow_monitor nothing;
	doca_error_t result;

	*monitor = (struct monitor){ .shared_counter = UINT32_MAX, .shared_meter = UINT32_MAX };
	if (template == NULL)
		template = &nothing;
	if (given != NULL && (!kind_fits(template->counter_type, given->counter_type) ||
			      !kind_fits(template->meter_type, given->meter_type)))
		return DOCA_ERROR_INVALID_VALUE;
	result = compile_counter(nic, template, given, monitor);
	if (result == DOCA_SUCCESS)
		result = compile_aging(template, given, monitor);
	if (result == DOCA_SUCCESS)
		result = compile_meter(nic, template, given, monitor);
	return result;
}

void monitor_counter(struct nic *nic, uint32_t shared_counter, uint32_t bytes)
{
	struct count *count;

	if (shared_counter == UINT32_MAX)
		return;
	count = &nic->shared[DOCA_FLOW_SHARED_RESOURCE_COUNTER][shared_counter].count;
	count->packets++;
	count->bytes += bytes;
}

void monitor_meter(struct nic *nic, struct meter *meter, uint32_t shared_meter,
		   enum doca_flow_meter_color init_colour, uint32_t bytes, uint64_t now_ns,
		   struct packet *packet)
{
	if (shared_meter != UINT32_MAX) {
		meter = nic->shared[DOCA_FLOW_SHARED_RESOURCE_METER][shared_meter].meter;
	} else {
		init_colour = DOCA_FLOW_METER_COLOR_GREEN;
	}
	if (meter != NULL)
		packet->view.parser_meta.meter_color =
			meter_colour(meter, bytes, init_colour, now_ns);
}
