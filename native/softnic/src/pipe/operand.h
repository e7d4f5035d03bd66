/* SPDX-License-Identifier: Apache-2.0 */
/* Runs of bits in fields, as descriptors of actions and conditions name them. */
#ifndef SOFTNIC_OPERAND_H
#define SOFTNIC_OPERAND_H

#include "../packet/field.h"

#define OPERAND_WIDTH_MAX 64u

struct operand {
	const struct field *field;
	uint16_t bit; /* from the least significant one */
	uint16_t width;
};

/* How many of `width` bits from there lie in one field: meta.data is words of 32 bits. 0: none do. */
uint32_t operand_run(const struct doca_flow_desc_field *desc, uint32_t ahead, uint32_t width);
/* The run that begins `ahead` bits behind the descriptor's first. INVALID_VALUE for what is not there. */
doca_error_t operand_compile(const struct doca_flow_desc_field *desc, uint32_t ahead, uint32_t width,
			     struct operand *out);

/* Of the field's bytes, in a view or in a match. */
uint64_t operand_value(const struct operand *operand, const uint8_t *bytes);
/* Value and mask for field_write. */
void operand_spread(const struct operand *operand, uint64_t value, uint8_t bytes[FIELD_SIZE_MAX],
		    uint8_t mask[FIELD_SIZE_MAX]);

#endif
