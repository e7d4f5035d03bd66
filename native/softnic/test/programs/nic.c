/* SPDX-License-Identifier: Apache-2.0 */
#include "nic.h"

#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include <doca_dpdk.h>

DOCA_LOG_REGISTER(NIC);

#define ACTIONS_MEMORY 4096 /* a power of two */

/* -a pci/0000:03:00.0[,devargs] */
static doca_error_t take_device(void *param, void *config)
{
	const struct doca_argp_device_ctx *device = param;
	struct nic *nic = config;

	if (nic->nr_devices == DEVICES_MAX) {
		DOCA_LOG_ERR("more than %d devices", DEVICES_MAX);
		return DOCA_ERROR_INVALID_VALUE;
	}
	nic->devices[nic->nr_devices].dev = device->dev;
	nic->devices[nic->nr_devices].devargs = device->devargs;
	nic->devices[nic->nr_devices++].opened = true;
	return DOCA_SUCCESS;
}

/* -r pci/0000:03:00.0,pf0vf[0-3]: once for each, with a device that is a port, too. */
static doca_error_t take_representor(void *param, void *config)
{
	const struct doca_argp_device_rep_ctx *representor = param;
	struct nic *nic = config;

	if (nic->nr_devices == 0)
		nic->devices[nic->nr_devices++].dev = representor->dev_ctx.dev;
	if (nic->devices[0].dev != representor->dev_ctx.dev ||
	    nic->nr_representors == REPRESENTORS_MAX) {
		DOCA_LOG_ERR("at most %d representors, all of one device", REPRESENTORS_MAX);
		return DOCA_ERROR_INVALID_VALUE;
	}
	nic->representors[nic->nr_representors++] = representor->dev_rep;
	return DOCA_SUCCESS;
}

static doca_error_t parameter(const char *short_name, const char *long_name, const char *description,
			      enum doca_argp_type type, doca_argp_param_cb_t callback)
{
	struct doca_argp_param *param;

	TRY(doca_argp_param_create(&param));
	doca_argp_param_set_short_name(param, short_name);
	doca_argp_param_set_long_name(param, long_name);
	doca_argp_param_set_description(param, description);
	doca_argp_param_set_callback(param, callback);
	doca_argp_param_set_type(param, type);
	doca_argp_param_set_multiplicity(param);
	TRY(doca_argp_register_param(param));
	return DOCA_SUCCESS;
}

doca_error_t nic_arguments(const char *program, struct nic *nic, doca_error_t (*parameters)(void))
{
	struct doca_log_backend *sdk;

	TRY(doca_log_backend_create_standard());
	TRY(doca_log_backend_create_with_file_sdk(stderr, &sdk));
	TRY(doca_log_backend_set_sdk_level(sdk, DOCA_LOG_LEVEL_WARNING));
	memset(nic, 0, sizeof(*nic));
	TRY(doca_argp_init(program, nic));
	TRY(parameter("a", "device", "A device", DOCA_ARGP_TYPE_DEVICE, take_device));
	TRY(parameter("r", "rep", "Representors and their device", DOCA_ARGP_TYPE_DEVICE_REP,
		      take_representor));
	return parameters == NULL ? DOCA_SUCCESS : parameters();
}

/* Called by doca_flow_entries_process, whatever was done to the entry. */
static void entry_processed(struct doca_flow_pipe_entry *entry, uint16_t pipe_queue,
			    enum doca_flow_entry_status status, enum doca_flow_entry_op op,
			    void *user_ctx)
{
	struct batch *batch = user_ctx;

	(void)entry;
	(void)pipe_queue;
	if (batch == NULL || op != DOCA_FLOW_ENTRY_OP_ADD)
		return;
	batch->completed++;
	if (status != DOCA_FLOW_ENTRY_STATUS_SUCCESS)
		batch->failed++;
}

static doca_error_t configure_flow(struct doca_flow_cfg *cfg, const char *mode, uint32_t counters)
{
	TRY(doca_flow_cfg_set_mode_args(cfg, mode));
	TRY(doca_flow_cfg_set_pipe_queues(cfg, 1));
	TRY(doca_flow_cfg_set_queue_depth(cfg, 128));
	TRY(doca_flow_cfg_set_nr_counters(cfg, counters));
	TRY(doca_flow_cfg_set_cb_entry_process(cfg, entry_processed));
	TRY(doca_flow_init(cfg));
	return DOCA_SUCCESS;
}

static doca_error_t configure_port(struct nic *nic, struct doca_flow_port_cfg *cfg, uint16_t id)
{
	TRY(doca_flow_port_cfg_set_port_id(cfg, id));
	TRY(doca_flow_port_cfg_set_actions_mem_size(cfg, ACTIONS_MEMORY));
	if (id < nic->nr_devices)
		TRY(doca_flow_port_cfg_set_dev(cfg, nic->devices[id].dev));
	else
		TRY(doca_flow_port_cfg_set_dev_rep(cfg, nic->representors[id - nic->nr_devices]));
	TRY(doca_flow_port_start(cfg, &nic->ports[id]));
	nic->nr_ports++;
	return DOCA_SUCCESS;
}

/* The device, which manages the switch, before its representors. */
static doca_error_t start_ports(struct nic *nic)
{
	for (uint16_t id = 0; id < nic->nr_devices + nic->nr_representors; id++) {
		struct doca_flow_port_cfg *cfg;
		doca_error_t result;

		TRY(doca_flow_port_cfg_create(&cfg));
		result = configure_port(nic, cfg, id);
		doca_flow_port_cfg_destroy(cfg);
		if (result != DOCA_SUCCESS)
			return result;
	}
	return DOCA_SUCCESS;
}

doca_error_t nic_start(struct nic *nic, const char *mode, uint32_t counters)
{
	struct doca_flow_cfg *cfg;
	doca_error_t result;

	for (uint16_t i = 0; i < nic->nr_devices; i++)
		TRY(doca_dpdk_port_probe_with_representors(nic->devices[i].dev, nic->devices[i].devargs,
							   nic->representors,
							   i == 0 ? nic->nr_representors : 0));
	TRY(doca_flow_cfg_create(&cfg));
	result = configure_flow(cfg, mode, counters);
	doca_flow_cfg_destroy(cfg);
	return result == DOCA_SUCCESS ? start_ports(nic) : result;
}

void nic_stop(struct nic *nic)
{
	for (uint16_t id = nic->nr_ports; id > 0; id--)
		doca_flow_port_pipes_flush(nic->ports[id - 1]);
	/* The switch's manager last. */
	for (; nic->nr_ports > 0; nic->nr_ports--) {
		doca_error_t result = doca_flow_port_stop(nic->ports[nic->nr_ports - 1]);

		if (result != DOCA_SUCCESS)
			DOCA_LOG_ERR("port %u does not stop: %s", nic->nr_ports - 1u,
				     doca_error_get_descr(result));
	}
	doca_flow_destroy();
	for (; nic->nr_representors > 0; nic->nr_representors--)
		doca_dev_rep_close(nic->representors[nic->nr_representors - 1]);
	for (; nic->nr_devices > 0; nic->nr_devices--)
		if (nic->devices[nic->nr_devices - 1].opened)
			doca_dev_close(nic->devices[nic->nr_devices - 1].dev);
	doca_argp_destroy();
}

doca_error_t nic_pipe_cfg(struct doca_flow_port *port, const char *name, enum doca_flow_pipe_type type,
			  bool is_root, struct doca_flow_pipe_cfg **cfg)
{
	TRY(doca_flow_pipe_cfg_create(cfg, port));
	TRY(doca_flow_pipe_cfg_set_name(*cfg, name));
	TRY(doca_flow_pipe_cfg_set_type(*cfg, type));
	TRY(doca_flow_pipe_cfg_set_is_root(*cfg, is_root));
	return DOCA_SUCCESS;
}

doca_error_t nic_pipe(struct doca_flow_pipe_cfg *cfg, const struct doca_flow_fwd *fwd,
		      const struct doca_flow_fwd *miss, struct doca_flow_pipe **pipe)
{
	doca_error_t result = doca_flow_pipe_create(cfg, fwd, miss, pipe);

	doca_flow_pipe_cfg_destroy(cfg);
	if (result != DOCA_SUCCESS)
		DOCA_LOG_ERR("no pipe: %s", doca_error_get_descr(result));
	return result;
}

doca_error_t nic_complete(struct doca_flow_port *port, struct batch *batch, uint32_t entries)
{
	TRY(doca_flow_entries_process(port, QUEUE, TIMEOUT_US, entries));
	if (batch->completed == entries && batch->failed == 0)
		return DOCA_SUCCESS;
	DOCA_LOG_ERR("%u of %u entries completed, %u of them failed", batch->completed, entries,
		     batch->failed);
	return DOCA_ERROR_BAD_STATE;
}

doca_error_t nic_report(const char *what, struct doca_flow_pipe_entry *entry)
{
	struct doca_flow_resource_query query;

	TRY(doca_flow_resource_query_entry(entry, &query));
	DOCA_LOG_INFO("counted %s: %llu", what, (unsigned long long)query.counter.total_pkts);
	return DOCA_SUCCESS;
}

static volatile sig_atomic_t ended;

static void end(int signal)
{
	(void)signal;
	ended = 1;
}

void nic_serve(void)
{
	const struct timespec pause = { .tv_nsec = 50000000 };

	signal(SIGINT, end);
	signal(SIGTERM, end);
	DOCA_LOG_INFO("ready");
	while (!ended)
		nanosleep(&pause, NULL);
}
