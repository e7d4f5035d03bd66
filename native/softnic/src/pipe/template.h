/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pipe's match and mask, compiled: what must hold for all entries (criteria), and what each entry
 * brings (parts), laid out one behind the other as a key.
 */
#ifndef SOFTNIC_TEMPLATE_H
#define SOFTNIC_TEMPLATE_H

#include <string.h>

#include "../packet/field.h"

#define KEY_SIZE_MAX 1024u

/* A field's bytes in memory order, the rest zero. */
struct words {
	uint64_t word[2];
};

static inline struct words words_load(const uint8_t *bytes, uint16_t size)
{
	struct words words = { { 0, 0 } };

	/* Copies of a known size are single instructions. */
	switch (size) {
	case 1:
		memcpy(&words, bytes, 1);
		break;
	case 2:
		memcpy(&words, bytes, 2);
		break;
	case 4:
		memcpy(&words, bytes, 4);
		break;
	case 6:
		memcpy(&words, bytes, 6);
		break;
	case 8:
		memcpy(&words, bytes, 8);
		break;
	case 16:
		memcpy(&words, bytes, 16);
		break;
	default:
		memcpy(&words, bytes, size);
		break;
	}
	return words;
}

static inline struct words words_and(struct words a, struct words b)
{
	return (struct words){ { a.word[0] & b.word[0], a.word[1] & b.word[1] } };
}

static inline bool words_equal(struct words a, struct words b)
{
	return a.word[0] == b.word[0] && a.word[1] == b.word[1];
}

static inline bool words_zero(struct words words)
{
	return (words.word[0] | words.word[1]) == 0;
}

/* All bits of a field of this size. */
struct words words_full(uint16_t size);

/* (field & mask) == value, or low ≤ field ≤ high of a 16-bit field. */
struct criterion {
	const struct field *field;
	bool is_range;
	uint16_t low, high;
	struct words mask, value;
};

static inline bool criterion_holds(const struct criterion *criterion, const struct packet *packet)
{
	const struct field *field = criterion->field;
	struct words words;

	if (!field_present(field, packet))
		return false;
	words = words_load(field_bytes(field, packet), field->size);
	if (criterion->is_range) {
		const uint8_t *bytes = (const uint8_t *)&words;
		uint16_t value = (uint16_t)(bytes[0] << 8 | bytes[1]);

		return criterion->low <= value && value <= criterion->high;
	}
	return words_equal(words_and(words, criterion->mask), criterion->value);
}

struct part {
	const struct field *field;
	struct words mask;
	uint16_t at;    /* in the key */
	bool mandatory; /* marked changeable: an entry without a match does not do */
};

struct template {
	struct criterion *criteria;
	size_t nr_criteria;
	struct part *parts;
	size_t nr_parts;
	size_t key_size; /* a multiple of 8; what is behind the last part is zero */
	size_t key_end;  /* of the last part */
};

/* What a template means for a field. */
enum role {
	ROLE_NONE,      /* ignored, untouched */
	ROLE_CONSTANT,  /* the same for all entries */
	ROLE_ENTRY,     /* T = 0, M ≠ 0: the entry's value, 0 when it gives none */
	ROLE_MANDATORY, /* changeable: the entry's value */
};

/* By match T and mask M; M NULL: implicit. `bits` is set, and `value` for constants. */
enum role template_role(const struct field *field, const struct doca_flow_match *match,
			const struct doca_flow_match *mask, struct words *bits, struct words *value);

/* The match for field_selected: its selectors, completed by those that only the mask has. */
void template_selectors(const struct doca_flow_match *match, const struct doca_flow_match *mask,
			struct doca_flow_match *selectors);

/* Empty; NULL without memory. */
struct template *template_new(void);
void template_free(struct template *template);
doca_error_t template_add_criterion(struct template *template, const struct field *field,
				    struct words mask, struct words value);
doca_error_t template_add_part(struct template *template, const struct field *field,
			       struct words mask, bool mandatory);
/* By the rules for pipes with exact matches. */
doca_error_t template_compile(const struct doca_flow_match *match, const struct doca_flow_match *mask,
			      struct template **out);

bool template_criteria_hold(const struct template *template, const struct packet *packet);
/* The packet's key; false when it lacks a header. Does not look at the criteria. */
bool template_key(const struct template *template, const struct packet *packet, uint8_t *key);
/* The same with zeros for headers that it lacks. */
void template_key_loose(const struct template *template, const struct packet *packet, uint8_t *key);
/* An entry's key. INVALID_VALUE without a match where one is needed. */
doca_error_t template_entry_key(const struct template *template, const struct doca_flow_match *match,
				uint8_t *key);

#endif
