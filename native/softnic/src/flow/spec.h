/* SPDX-License-Identifier: Apache-2.0 */
/* struct pipe_spec owns all it points to. */
#ifndef SOFTNIC_SPEC_H
#define SOFTNIC_SPEC_H

#include "../pipe/pipe.h"

/* Each replaces what was there, or leaves it as it was and returns NO_MEMORY or INVALID_VALUE. */
doca_error_t spec_set_actions(struct pipe_spec *spec, struct doca_flow_actions *const *actions,
			      struct doca_flow_actions *const *masks,
			      struct doca_flow_action_descs *const *descs, size_t count);
doca_error_t spec_set_ordered_lists(struct pipe_spec *spec, struct doca_flow_ordered_list *const *lists,
				    size_t count);

/* Copies a fwd with its queues; the copy's are freed by fwd_free. */
doca_error_t fwd_copy(struct doca_flow_fwd *to, const struct doca_flow_fwd *from);
void fwd_free(struct doca_flow_fwd *fwd);

/* *to is not initialised before. */
doca_error_t spec_copy(struct pipe_spec *to, const struct pipe_spec *from);
void spec_free(struct pipe_spec *spec);

#endif
