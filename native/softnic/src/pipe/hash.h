/* SPDX-License-Identifier: Apache-2.0 */
/* What others need of HASH pipes. */
#ifndef SOFTNIC_HASH_H
#define SOFTNIC_HASH_H

#include "table.h"

/* Checks the algorithm of a fwd to the pipe and completes it: 0 means the pipe's own. */
doca_error_t hash_prepare(struct doca_flow_pipe *pipe, uint32_t *algorithm);

/* Of a hash pipe: all its entries by index, if packets on this way are copied to each of them. */
bool hash_floods(const struct way *way, struct doca_flow_pipe_entry *const **members, uint32_t *count);
/* Copies the packet into the pipe's own buffer. False while a copy is on its way: it came round. */
bool hash_copy(const struct doca_flow_pipe *pipe, const struct packet *packet, struct packet *copy);
void hash_copy_done(const struct doca_flow_pipe *pipe);

#endif
