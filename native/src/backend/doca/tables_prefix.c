/* SPDX-License-Identifier: Apache-2.0 */
/* Who is outside. One lookup for each length that there are prefixes of. */
#include <string.h>

#include "instance.h"

#define MAPPED_BITS 96u

/* ::ffff:0:0/96 and what is in it. */
static bool is_mapped(const uint8_t *address)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	return memcmp(address, mapped, sizeof(mapped)) == 0;
}

int tables_apply_prefix(struct doca_tables *tables, const struct hyp_step *step)
{
	struct prefixes *prefixes = &tables->prefixes;
	uint32_t before = prefixes->rows.count;
	struct hyp_prefix_key key;
	int result = 0;

	memcpy(&key, step->key, sizeof(key));
	if (step->verb == HYP_UPSERT)
		result = hash_put(&prefixes->rows, &key, step->value);
	else
		hash_remove(&prefixes->rows, &key);
	prefixes->of_length[key.length] += prefixes->rows.count - before;
	prefixes->epoch++;
	return result;
}

/* The first bits of an address. */
static void make_key(const union hyp_address *address, uint32_t length, struct hyp_prefix_key *key)
{
	*key = (struct hyp_prefix_key){ .length = length };
	memcpy(key->address, address, length / 8);
	if (length % 8 != 0)
		key->address[length / 8] = address->bytes[length / 8] & (uint8_t)(0xff00u >> length % 8);
}

uint32_t tables_identity_of(const struct doca_tables *tables, bool ipv4,
			    const union hyp_address *address)
{
	const struct prefixes *prefixes = &tables->prefixes;
	uint32_t shortest = ipv4 ? MAPPED_BITS : 0;
	uint32_t longest = !ipv4 && is_mapped(address->bytes) ? MAPPED_BITS - 1 : PREFIX_BITS_MAX;

	for (uint32_t length = longest + 1; length-- > shortest;) {
		const struct hyp_prefix_value *value;
		struct hyp_prefix_key key;

		if (prefixes->of_length[length] == 0)
			continue;
		make_key(address, length, &key);
		value = hash_find(&prefixes->rows, &key);
		if (value)
			return value->identity;
	}
	return HYP_IDENTITY_ANY;
}
