/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Who is behind a VTEP has an index like an endpoint, HYP_REMOTE(vtep), and a row that stands for
 * one: with its identity as the generation, so that a changed identity is decided again, and without
 * a policy, which its own node asks. The kernel's programs know no tunnels: there nobody is remote.
 */
#ifndef HYPERION_WALK_REMOTE_H
#define HYPERION_WALK_REMOTE_H

#include "order.h"
#include "state.h"
#include HYP_BINDING

static __always_inline int is_remote(__u32 index)
{
	return HYP_WALK_TUNNELS && index & HYP_REMOTE_FLAG;
}

static __always_inline __u32 vtep_of(__u32 index)
{
	return index & ~HYP_REMOTE_FLAG;
}

/* As counters and events know it: 0 for a remote. */
static __always_inline __u32 known_index(__u32 index)
{
	return is_remote(index) ? 0 : index;
}

static __always_inline const struct hyp_neighbour_value *
find_neighbour(__u32 network, const union hyp_address *address)
{
	struct hyp_neighbour_key key = { .network = network };

	__builtin_memcpy(key.address, address, 16);
	return neighbour_row(&key);
}

static __always_inline __u32 index_of(const struct hyp_neighbour_value *neighbour)
{
	if (HYP_WALK_TUNNELS && neighbour->vtep != 0)
		return HYP_REMOTE(neighbour->vtep);
	return neighbour->endpoint;
}

/* Fills in what stands for the row of a remote neighbour. */
static __always_inline void stand_in(struct hyp_endpoint_value *row, __u32 network,
				     const union hyp_address *address,
				     const struct hyp_neighbour_value *neighbour)
{
	__builtin_memset(row, 0, sizeof(*row));
	row->generation = neighbour->identity;
	row->network = network;
	row->identity = neighbour->identity;
	row->mode = HYP_MODE_ENFORCE;
	row->ipv4 = address->words[3];
	__builtin_memcpy(row->ipv6, address, 16);
	__builtin_memcpy(row->mac, neighbour->mac, 6);
}

/*
 * The row of an index, or NULL. That of a remote is filled into *remote; it must be behind its VTEP
 * still with this address, and the VTEP must be one that packets can be sent to.
 */
static __always_inline const struct hyp_endpoint_value *
row_of(__u32 network, __u32 index, const union hyp_address *address,
       struct hyp_endpoint_value *remote)
{
	const struct hyp_neighbour_value *neighbour;

	if (!is_remote(index))
		return endpoint_row(index);
	neighbour = find_neighbour(network, address);
	if (!neighbour || index_of(neighbour) != index || !has_tunnel(network, vtep_of(index)))
		return NULL;
	stand_in(remote, network, address, neighbour);
	return remote;
}

#endif
