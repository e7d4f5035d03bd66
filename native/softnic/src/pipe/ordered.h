/* SPDX-License-Identifier: Apache-2.0 */
/* What others need of ORDERED_LIST pipes. */
#ifndef SOFTNIC_ORDERED_H
#define SOFTNIC_ORDERED_H

#include "table.h"

/* Carries out an entry's list. After an error the packet is to be dropped. */
doca_error_t ordered_run(struct doca_flow_pipe_entry *entry, const struct walk *walk,
			 struct packet *packet);

#endif
