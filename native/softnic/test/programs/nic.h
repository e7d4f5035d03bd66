/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the programs of this directory share: devices from the command line, ports on them, entries that
 * are waited for. Nothing here knows softnic: it is compiled by what pkg-config says of DOCA. (On the SDK,
 * rte_eal_init comes before nic_start, by doca_argp_set_dpdk_program.)
 */
#ifndef PROGRAMS_NIC_H
#define PROGRAMS_NIC_H

#include <doca_argp.h>
#include <doca_bitfield.h>
#include <doca_dev.h>
#include <doca_error.h>
#include <doca_flow.h>
#include <doca_log.h>

#define DEVICES_MAX 2
#define REPRESENTORS_MAX 8
#define PORTS_MAX (DEVICES_MAX + REPRESENTORS_MAX)
#define QUEUE 0
#define TIMEOUT_US 10000

/* Ends a function that answers doca_error_t. */
#define TRY(call)                                                                                  \
	do {                                                                                       \
		doca_error_t try_result = (call);                                                  \
		if (try_result != DOCA_SUCCESS) {                                                  \
			DOCA_LOG_ERR("%s: %s", #call, doca_error_get_descr(try_result));           \
			return try_result;                                                         \
		}                                                                                  \
	} while (0)

#define IP4(a, b, c, d) DOCA_HTOBE32((uint32_t)(a) << 24 | (b) << 16 | (c) << 8 | (d))

struct nic {
	struct {
		struct doca_dev *dev;
		const char *devargs;
		bool opened; /* by -a, and ours to close; the device of a representor is not */
	} devices[DEVICES_MAX];
	uint16_t nr_devices;
	struct doca_dev_rep *representors[REPRESENTORS_MAX]; /* of the first device */
	uint16_t nr_representors;
	struct doca_flow_port *ports[PORTS_MAX]; /* by id: devices, then representors */
	uint16_t nr_ports;
};

/* How the entries of a batch went: what the callback counts by an entry's user context. */
struct batch {
	uint32_t completed;
	uint32_t failed;
};

/* The logs, -a and -r, and whatever else `parameters` registers. For doca_argp_start. */
doca_error_t nic_arguments(const char *program, struct nic *nic, doca_error_t (*parameters)(void));
/* DOCA Flow in this mode, such as "switch,hws", and a port on every device and representor. */
doca_error_t nic_start(struct nic *nic, const char *mode, uint32_t counters);
/* All of it, in the opposite order. */
void nic_stop(struct nic *nic);

/* A configuration with what every pipe has. */
doca_error_t nic_pipe_cfg(struct doca_flow_port *port, const char *name, enum doca_flow_pipe_type type,
			  bool is_root, struct doca_flow_pipe_cfg **cfg);
/* Makes the pipe; the configuration goes, whether or not that worked. */
doca_error_t nic_pipe(struct doca_flow_pipe_cfg *cfg, const struct doca_flow_fwd *fwd,
		      const struct doca_flow_fwd *miss, struct doca_flow_pipe **pipe);
/* Waits for the batch's entries on a port's queue. */
doca_error_t nic_complete(struct doca_flow_port *port, struct batch *batch, uint32_t entries);
/* Logs what the entry counted. */
doca_error_t nic_report(const char *what, struct doca_flow_pipe_entry *entry);
/* Says that it is ready, and comes back with SIGINT or SIGTERM. */
void nic_serve(void);

#endif
