/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SOFTNIC_PORT_CFG_H
#define SOFTNIC_PORT_CFG_H

#include "nic.h"

struct doca_flow_port_cfg {
	bool has_id;
	uint16_t id;
	struct doca_dev *dev;
	struct doca_dev_rep *dev_rep;
	uint16_t priv_data_size;
	uint32_t nr_resources[NIC_RESOURCES];
	uint32_t cycle_ms;
	enum doca_flow_port_operation_state state;
};

#endif
