/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "operand.h"

#define META_WORDS (sizeof(struct doca_flow_meta) / sizeof(doca_be32_t))

static const struct field *resolve(const struct doca_flow_desc_field *desc, uint32_t ahead,
				   uint32_t *bit, uint32_t *bits)
{
	const struct field *field = desc->field_string != NULL ? field_find(desc->field_string) : NULL;
	uint64_t at = (uint64_t)desc->bit_offset + ahead;

	if (field == NULL)
		return NULL;
	if (strcmp(desc->field_string, "meta.data") == 0) {
		if (at / 32 >= META_WORDS)
			return NULL;
		field += at / 32;
		at %= 32;
	}
	/* The id of NVGRE has 24 bits; in a match they are the upper ones of 32. */
	if (field->offset == offsetof(struct doca_flow_match, tun.nvgre_vs_id) &&
	    field->layers == LAYER_NVGRE)
		at += 8;
	if (at >= field->size * 8u)
		return NULL;
	*bit = (uint32_t)at;
	*bits = field->size * 8u - (uint32_t)at;
	return field;
}

uint32_t operand_run(const struct doca_flow_desc_field *desc, uint32_t ahead, uint32_t width)
{
	uint32_t bit, bits;

	if (resolve(desc, ahead, &bit, &bits) == NULL)
		return 0;
	if (bits > OPERAND_WIDTH_MAX)
		bits = OPERAND_WIDTH_MAX;
	return width < bits ? width : bits;
}

doca_error_t operand_compile(const struct doca_flow_desc_field *desc, uint32_t ahead, uint32_t width,
			     struct operand *out)
{
	uint32_t bit, bits;
	const struct field *field = resolve(desc, ahead, &bit, &bits);

	if (field == NULL || width == 0 || width > bits)
		return DOCA_ERROR_INVALID_VALUE;
	if (width > OPERAND_WIDTH_MAX)
		return DOCA_ERROR_NOT_SUPPORTED;
	*out = (struct operand){
		.field = field,
		.bit = (uint16_t)bit,
		.width = (uint16_t)width,
	};
	return DOCA_SUCCESS;
}

/* Ids and enumerations of the parser are numbers of this machine; all else is big-endian. */
static bool host_order(const struct field *field)
{
	size_t first = offsetof(struct doca_flow_match, parser_meta);
	size_t end = first + sizeof(struct doca_flow_parser_meta);

	return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ && first <= field->offset &&
	       field->offset < end &&
	       field->offset != offsetof(struct doca_flow_match, parser_meta.random);
}

/* The byte that holds bits 8i … 8i+7. */
static size_t byte_of(const struct field *field, size_t i)
{
	return host_order(field) ? i : field->size - 1 - i;
}

uint64_t operand_value(const struct operand *operand, const uint8_t *bytes)
{
	uint64_t value = 0;

	for (uint32_t done = 0; done < operand->width;) {
		uint32_t bit = operand->bit + done;
		uint32_t run = 8 - bit % 8;
		uint64_t byte = bytes[byte_of(operand->field, bit / 8)] >> bit % 8;

		if (run > operand->width - done)
			run = operand->width - done;
		value |= (byte & ((1u << run) - 1)) << done;
		done += run;
	}
	return value;
}

void operand_spread(const struct operand *operand, uint64_t value, uint8_t bytes[FIELD_SIZE_MAX],
		    uint8_t mask[FIELD_SIZE_MAX])
{
	memset(bytes, 0, FIELD_SIZE_MAX);
	memset(mask, 0, FIELD_SIZE_MAX);
	for (uint32_t done = 0; done < operand->width;) {
		uint32_t bit = operand->bit + done;
		size_t at = byte_of(operand->field, bit / 8);
		uint32_t run = 8 - bit % 8;
		uint32_t ones;

		if (run > operand->width - done)
			run = operand->width - done;
		ones = (1u << run) - 1;
		bytes[at] |= (uint8_t)((value >> done & ones) << bit % 8);
		mask[at] |= (uint8_t)(ones << bit % 8);
		done += run;
	}
}
