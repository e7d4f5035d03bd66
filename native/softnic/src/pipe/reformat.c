/* SPDX-License-Identifier: Apache-2.0 */
/* Encapsulations and decapsulations of which entries bring the parts that the template marks. */
#include "action.h"

static bool all_ones(const void *bytes, size_t size)
{
	const uint8_t *byte = bytes;

	for (size_t i = 0; i < size; i++) {
		if (byte[i] != 0xff)
			return false;
	}
	return true;
}

static void as_match(const struct doca_flow_resource_encap_cfg *encap, struct doca_flow_match *match)
{
	memset(match, 0, sizeof(*match));
	match->outer = encap->encap.outer;
	match->tun = encap->encap.tun;
}

static bool field_open(const struct field *field, const struct doca_flow_match *template)
{
	return field->offset >= offsetof(struct doca_flow_match, outer) &&
	       field->offset < offsetof(struct doca_flow_match, inner) &&
	       all_ones((const uint8_t *)template + field->offset, field->size) &&
	       field_selected(field, template);
}

static bool option_open(const struct doca_flow_tun *tun, size_t i)
{
	return tun->type == DOCA_FLOW_TUN_GENEVE && tun->geneve_options[i].data == UINT32_MAX;
}

bool encap_open(const struct doca_flow_resource_encap_cfg *template)
{
	struct doca_flow_match match;

	as_match(template, &match);
	for (size_t i = 0; i < fields_count; i++) {
		if (field_open(&fields[i], &match))
			return true;
	}
	for (size_t i = 0; i < DOCA_FLOW_GENEVE_DATA_OPTION_LEN_MAX; i++) {
		if (option_open(&match.tun, i))
			return true;
	}
	return false;
}

void encap_merge(const struct doca_flow_resource_encap_cfg *template,
		 const struct doca_flow_resource_encap_cfg *given,
		 struct doca_flow_resource_encap_cfg *merged)
{
	struct doca_flow_match from, to, result;

	as_match(template, &to);
	as_match(given, &from);
	result = to;
	for (size_t i = 0; i < fields_count; i++) {
		if (field_open(&fields[i], &to))
			memcpy((uint8_t *)&result + fields[i].offset,
			       (const uint8_t *)&from + fields[i].offset, fields[i].size);
	}
	for (size_t i = 0; i < DOCA_FLOW_GENEVE_DATA_OPTION_LEN_MAX; i++) {
		if (option_open(&to.tun, i))
			result.tun.geneve_options[i] = from.tun.geneve_options[i];
	}
	*merged = *template;
	merged->encap.outer = result.outer;
	merged->encap.tun = result.tun;
}

bool decap_open(const struct doca_flow_resource_decap_cfg *template)
{
	bool open = all_ones(template->eth.src_mac, sizeof(template->eth.src_mac)) ||
		    all_ones(template->eth.dst_mac, sizeof(template->eth.dst_mac)) ||
		    template->eth.type == UINT16_MAX;

	for (size_t i = 0; i < DOCA_FLOW_VLAN_MAX; i++)
		open = open || template->eth_vlan[i].tci == UINT16_MAX;
	return open;
}

void decap_merge(const struct doca_flow_resource_decap_cfg *template,
		 const struct doca_flow_resource_decap_cfg *given,
		 struct doca_flow_resource_decap_cfg *merged)
{
	*merged = *template;
	if (all_ones(template->eth.src_mac, sizeof(template->eth.src_mac)))
		memcpy(merged->eth.src_mac, given->eth.src_mac, sizeof(merged->eth.src_mac));
	if (all_ones(template->eth.dst_mac, sizeof(template->eth.dst_mac)))
		memcpy(merged->eth.dst_mac, given->eth.dst_mac, sizeof(merged->eth.dst_mac));
	if (template->eth.type == UINT16_MAX)
		merged->eth.type = given->eth.type;
	for (size_t i = 0; i < DOCA_FLOW_VLAN_MAX; i++) {
		if (template->eth_vlan[i].tci == UINT16_MAX)
			merged->eth_vlan[i].tci = given->eth_vlan[i].tci;
	}
}
