/* SPDX-License-Identifier: Apache-2.0 */
/* Where packets go, compiled. A forward to a pipe knows when the pipe goes away, and drops from then on. */
#ifndef SOFTNIC_FORWARD_H
#define SOFTNIC_FORWARD_H

#include "table.h"

struct forward {
	enum doca_flow_fwd_type type; /* concrete */
	union {
		uint16_t port_id;
		struct {
			struct way way;
			struct forward *next, **link; /* of the pipe's referrers */
		};
		struct {
			uint32_t shared_rss_id; /* UINT32_MAX: `queues` */
			uint32_t outer_flags, inner_flags;
			bool symmetric;
			uint16_t nr_queues;
		};
	};
	uint16_t queues[]; /* RSS */
};

/* The pipe's fwd: sets pipe->fwd, or leaves it NULL where the entries bring it. */
doca_error_t forward_template(struct doca_flow_pipe *pipe);
/*
 * An entry's, NULL when the pipe's holds: where that leaves nothing open, what the entry brings is
 * ignored, as programs bring it all the same. INVALID_VALUE: missing, or of another type.
 */
doca_error_t forward_entry(struct doca_flow_pipe *pipe, const struct doca_flow_fwd *fwd,
			   struct forward **out);
/* Of any type, whatever the pipe's is. INVALID_VALUE when something is left open. */
doca_error_t forward_new(const struct doca_flow_pipe *from, const struct doca_flow_fwd *fwd,
			 struct forward **out);
/* NULL for none. NOT_SUPPORTED for what is neither PIPE, DROP nor TARGET. */
doca_error_t forward_miss(struct doca_flow_pipe *pipe, const struct doca_flow_fwd *fwd,
			  struct forward **out);
void forward_free(struct forward *forward);
/* The pipe goes away. */
void forward_detach(struct pipe_table *table);

bool forward_given(const struct doca_flow_fwd *fwd);
/* The software queue of a packet for FWD_RSS. */
uint16_t forward_queue(const struct forward *forward, const struct nic *nic,
		       const struct packet *packet);

#endif
