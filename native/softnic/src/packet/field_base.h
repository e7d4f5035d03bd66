/* SPDX-License-Identifier: Apache-2.0 */
/* From where struct field.at counts. */
#ifndef SOFTNIC_FIELD_BASE_H
#define SOFTNIC_FIELD_BASE_H

enum field_base {
	BASE_NONE, /* not in the frame */
	BASE_ETH,
	BASE_ETH_TYPE, /* the type behind the tags */
	BASE_L3,
	BASE_L4,
	/* The same of the inner stack. */
	BASE_INNER_ETH,
	BASE_INNER_ETH_TYPE,
	BASE_INNER_L3,
	BASE_INNER_L4,
	BASE_TUNNEL,
	BASE_GRE_KEY, /* where the key is depends on the checksum's being there */
};

#endif
