/* SPDX-License-Identifier: Apache-2.0 */
#include <doca_bitfield.h>
#include <doca_flow_net.h>

#define MPLS_LABEL_MAX 0xfffffu
#define MPLS_TRAFFIC_CLASS_MAX 7u

/* RFC 3032: label 20 bits, traffic class 3, bottom of stack 1, TTL 8. */
doca_error_t doca_flow_mpls_label_encode(uint32_t label, uint8_t traffic_class, uint8_t ttl,
					 bool bottom_of_stack, struct doca_flow_header_mpls *mpls)
{
	if (mpls == NULL || label > MPLS_LABEL_MAX || traffic_class > MPLS_TRAFFIC_CLASS_MAX)
		return DOCA_ERROR_INVALID_VALUE;
	mpls->label = DOCA_HTOBE32(label << 12 | (uint32_t)traffic_class << 9 |
				   (uint32_t)bottom_of_stack << 8 | ttl);
	return DOCA_SUCCESS;
}

doca_error_t doca_flow_mpls_label_decode(const struct doca_flow_header_mpls *mpls, uint32_t *label,
					 uint8_t *traffic_class, uint8_t *ttl, bool *bottom_of_stack)
{
	if (mpls == NULL || label == NULL || traffic_class == NULL || ttl == NULL ||
	    bottom_of_stack == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	uint32_t word = DOCA_BETOH32(mpls->label);
	*label = word >> 12;
	*traffic_class = (word >> 9) & MPLS_TRAFFIC_CLASS_MAX;
	*bottom_of_stack = (word >> 8) & 1;
	*ttl = word & 0xff;
	return DOCA_SUCCESS;
}
