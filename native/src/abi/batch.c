/* SPDX-License-Identifier: Apache-2.0 */
#include "batch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"

struct sizes {
	uint32_t key;
	uint32_t value;
};

static const struct sizes sizes[HYP_TABLES] = {
	[HYP_TABLE_PORT] = { sizeof(struct hyp_port_key), sizeof(struct hyp_port_value) },
	[HYP_TABLE_NETWORK] = { sizeof(struct hyp_network_key), sizeof(struct hyp_network_value) },
	[HYP_TABLE_ENDPOINT] = { sizeof(struct hyp_endpoint_key), sizeof(struct hyp_endpoint_value) },
	[HYP_TABLE_NEIGHBOUR] = { sizeof(struct hyp_neighbour_key),
				  sizeof(struct hyp_neighbour_value) },
	[HYP_TABLE_MEMBER] = { sizeof(struct hyp_member_key), sizeof(struct hyp_member_value) },
	[HYP_TABLE_POLICY] = { sizeof(struct hyp_policy_key), sizeof(struct hyp_policy_value) },
	[HYP_TABLE_VTEP] = { sizeof(struct hyp_vtep_key), sizeof(struct hyp_vtep_value) },
	[HYP_TABLE_UPLINK] = { sizeof(struct hyp_uplink_key), sizeof(struct hyp_uplink_value) },
	[HYP_TABLE_PREFIX] = { sizeof(struct hyp_prefix_key), sizeof(struct hyp_prefix_value) },
};

int hyp_table_sizes(uint32_t table, uint32_t *key, uint32_t *value)
{
	if (table >= HYP_TABLES)
		return 0;
	*key = sizes[table].key;
	*value = sizes[table].value;
	return 1;
}

/* Reads one operation at *offset and moves behind its padding. */
static int parse_step(const uint8_t *batch, uint64_t bytes, uint64_t *offset, struct hyp_step *step)
{
	struct hyp_operation operation;
	uint32_t key, value;
	uint64_t length;

	if (bytes - *offset < sizeof(operation))
		return -EINVAL;
	memcpy(&operation, batch + *offset, sizeof(operation));
	if (!hyp_table_sizes(operation.table, &key, &value))
		return -EINVAL;
	if (operation.verb != HYP_UPSERT && operation.verb != HYP_DELETE)
		return -EINVAL;
	length = key + (operation.verb == HYP_UPSERT ? value : 0);
	length = (length + 7) / 8 * 8;
	if (bytes - *offset - sizeof(operation) < length)
		return -EINVAL;
	step->table = operation.table;
	step->verb = operation.verb;
	step->key = batch + *offset + sizeof(operation);
	step->value = operation.verb == HYP_UPSERT ? (const uint8_t *)step->key + key : NULL;
	*offset += sizeof(operation) + length;
	return 0;
}

int hyp_batch_parse(const void *batch, uint64_t bytes, uint32_t count, struct hyp_step **steps,
		    struct hyp_error *error)
{
	struct hyp_step *parsed;
	uint64_t offset = 0;

	/* Also keeps a wrong count from asking for memory that no batch of this size can need. */
	if (bytes / sizeof(struct hyp_operation) < count)
		return hyp_fail(error, -EINVAL, "batch of %llu bytes cannot hold %u operations",
				(unsigned long long)bytes, count);
	parsed = calloc(count ? count : 1, sizeof(*parsed));
	if (!parsed)
		return hyp_fail(error, -ENOMEM, "no memory for a batch of %u operations", count);
	for (uint32_t i = 0; i < count; i++) {
		uint64_t start = offset;

		if (parse_step(batch, bytes, &offset, &parsed[i]) != 0) {
			free(parsed);
			return hyp_fail(error, -EINVAL, "operation %u at byte %llu is malformed", i,
					(unsigned long long)start);
		}
	}
	if (offset != bytes) {
		free(parsed);
		return hyp_fail(error, -EINVAL, "%llu bytes behind the last of %u operations",
				(unsigned long long)(bytes - offset), count);
	}
	*steps = parsed;
	return 0;
}

static int check_index(const char *what, uint32_t index, uint32_t limit, struct hyp_error *error)
{
	if (index >= 1 && index < limit)
		return 0;
	return hyp_fail(error, -EINVAL, "%s index %u is not within 1 … %u", what, index, limit - 1);
}

static int check_endpoint(const struct hyp_step *step, struct hyp_error *error)
{
	struct hyp_endpoint_value value;
	struct hyp_endpoint_key key;
	int result;

	memcpy(&key, step->key, sizeof(key));
	result = check_index("endpoint", key.endpoint, HYP_ENDPOINTS_MAX, error);
	if (result != 0 || step->verb == HYP_DELETE)
		return result;
	memcpy(&value, step->value, sizeof(value));
	result = check_index("network", value.network, HYP_NETWORKS_MAX, error);
	if (result != 0)
		return result;
	if (value.mode > HYP_MODE_LEARN)
		return hyp_fail(error, -EINVAL, "endpoint %u: no mode %u", key.endpoint, value.mode);
	if (value.identity == HYP_IDENTITY_ANY)
		return hyp_fail(error, -EINVAL, "endpoint %u: identity 0 is nobody's", key.endpoint);
	return 0;
}

static int check_port(const struct hyp_step *step, struct hyp_error *error)
{
	struct hyp_port_value value;

	if (step->verb == HYP_DELETE)
		return 0;
	memcpy(&value, step->value, sizeof(value));
	if (value.kind > HYP_PORT_GATEWAY)
		return hyp_fail(error, -EINVAL, "a port of no kind %u", value.kind);
	return check_index("endpoint", value.endpoint, HYP_ENDPOINTS_MAX, error);
}

static int check_network(const struct hyp_step *step, struct hyp_error *error)
{
	struct hyp_network_value value;
	struct hyp_network_key key;
	int result;

	memcpy(&key, step->key, sizeof(key));
	result = check_index("network", key.network, HYP_NETWORKS_MAX, error);
	if (result != 0 || step->verb == HYP_DELETE)
		return result;
	memcpy(&value, step->value, sizeof(value));
	if (value.vni > HYP_VNI_MAX)
		return hyp_fail(error, -EINVAL, "network %u: VNI %u is longer than 24 bits", key.network,
				value.vni);
	return 0;
}

/* A neighbour is an endpoint of this node, or somebody with an identity behind a VTEP. */
static int check_neighbour(const struct hyp_step *step, struct hyp_error *error)
{
	struct hyp_neighbour_value value;

	if (step->verb == HYP_DELETE)
		return 0;
	memcpy(&value, step->value, sizeof(value));
	if (value.vtep == 0 && value.identity == 0)
		return check_index("endpoint", value.endpoint, HYP_ENDPOINTS_MAX, error);
	if (value.endpoint != 0 || value.identity == HYP_IDENTITY_ANY)
		return hyp_fail(error, -EINVAL,
				"a neighbour with endpoint %u, VTEP %u and identity %u is neither "
				"local nor remote",
				value.endpoint, value.vtep, value.identity);
	return check_index("VTEP", value.vtep, HYP_VTEPS_MAX, error);
}

static int check_vtep(const struct hyp_step *step, struct hyp_error *error)
{
	struct hyp_vtep_value value;
	struct hyp_vtep_key key;
	int result;

	memcpy(&key, step->key, sizeof(key));
	result = check_index("VTEP", key.vtep, HYP_VTEPS_MAX, error);
	if (result != 0 || step->verb == HYP_DELETE)
		return result;
	memcpy(&value, step->value, sizeof(value));
	if (value.ipv4 == 0)
		return hyp_fail(error, -EINVAL, "VTEP %u has no address", key.vtep);
	return 0;
}

static int check_uplink(const struct hyp_step *step, struct hyp_error *error)
{
	struct hyp_uplink_value value;
	struct hyp_uplink_key key;

	if (step->verb == HYP_DELETE)
		return 0;
	memcpy(&key, step->key, sizeof(key));
	memcpy(&value, step->value, sizeof(value));
	if (key.port == 0 || value.ipv4 == 0)
		return hyp_fail(error, -EINVAL, "uplink %u has no port or no address", key.port);
	return 0;
}

static int check_policy(const struct hyp_step *step, struct hyp_error *error)
{
	struct hyp_policy_value value;
	struct hyp_policy_key key;

	memcpy(&key, step->key, sizeof(key));
	if (key.prefix_length > 16 || key.direction > HYP_INGRESS ||
	    (key.port & 0xffffu >> key.prefix_length) != 0)
		return hyp_fail(error, -EINVAL, "policy %u: port 0x%04x/%u, direction %u", key.policy,
				key.port, key.prefix_length, key.direction);
	if (step->verb == HYP_DELETE)
		return 0;
	memcpy(&value, step->value, sizeof(value));
	if (value.verdict != HYP_VERDICT_ALLOW && value.verdict != HYP_VERDICT_DENY)
		return hyp_fail(error, -EINVAL, "policy %u: no verdict %u", key.policy, value.verdict);
	return 0;
}

/* A prefix has one form: no bits behind its length. */
static int check_prefix(const struct hyp_step *step, struct hyp_error *error)
{
	struct hyp_prefix_key key;

	memcpy(&key, step->key, sizeof(key));
	if (key.length > 128)
		return hyp_fail(error, -EINVAL, "a prefix of %u bits", key.length);
	for (uint32_t i = 0; i < sizeof(key.address); i++) {
		uint32_t bits = key.length > i * 8 ? key.length - i * 8 : 0; /* of this byte, or more */

		if (bits < 8 && (key.address[i] & 0xffu >> bits) != 0)
			return hyp_fail(error, -EINVAL, "a prefix with bits behind its %u", key.length);
	}
	return 0;
}

int hyp_step_check(const struct hyp_step *step, struct hyp_error *error)
{
	switch (step->table) {
	case HYP_TABLE_PORT:
		return check_port(step, error);
	case HYP_TABLE_NETWORK:
		return check_network(step, error);
	case HYP_TABLE_ENDPOINT:
		return check_endpoint(step, error);
	case HYP_TABLE_NEIGHBOUR:
		return check_neighbour(step, error);
	case HYP_TABLE_POLICY:
		return check_policy(step, error);
	case HYP_TABLE_VTEP:
		return check_vtep(step, error);
	case HYP_TABLE_UPLINK:
		return check_uplink(step, error);
	case HYP_TABLE_PREFIX:
		return check_prefix(step, error);
	default:
		return 0;
	}
}
