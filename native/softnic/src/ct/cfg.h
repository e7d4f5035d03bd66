/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SOFTNIC_CT_CFG_H
#define SOFTNIC_CT_CFG_H

#include "connection.h"

struct doca_flow_ct_cfg {
	struct ct ct;
};

#endif
