/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SOFTNIC_PIPE_CFG_H
#define SOFTNIC_PIPE_CFG_H

#include "nic.h"

struct doca_flow_pipe_cfg {
	struct doca_flow_port *port;
	struct pipe_spec spec;
	bool has_domain;
	uint64_t excluded_queues; /* bits */
	void *user_ctx;
};

#endif
