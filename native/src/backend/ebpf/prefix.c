/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of the prefix table: tables.h has one space of addresses, the map one for each family. */
#include <string.h>

#include "ebpf.h"

#define MAPPED_BITS 96u

/* ::ffff:0:0/96 and what is in it. */
static int is_ipv4(const struct hyp_prefix_key *key)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	return key->length >= MAPPED_BITS && memcmp(key->address, mapped, sizeof(mapped)) == 0;
}

void ebpf_prefix_to_trie(const struct hyp_prefix_key *key, struct hyp_prefix_trie_key *trie)
{
	trie->length = HYP_FAMILY_BITS + key->length;
	trie->family = is_ipv4(key) ? HYP_FAMILY_IPV4 : HYP_FAMILY_IPV6;
	memcpy(trie->address, key->address, sizeof(trie->address));
}

void ebpf_prefix_of_trie(const struct hyp_prefix_trie_key *trie, struct hyp_prefix_key *key)
{
	key->length = trie->length - HYP_FAMILY_BITS;
	memcpy(key->address, trie->address, sizeof(key->address));
}
