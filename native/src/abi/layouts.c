/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>

#include <hyperion/dataplane.h>
#include <hyperion/host.h>

uint32_t hyp_abi_version(void)
{
	return HYP_ABI_VERSION;
}

struct layout {
	const char *name;
	const char *field; /* "*": the struct itself */
	size_t offset;
	size_t size;
};

#define WHOLE(type) { #type, "*", 0, sizeof(struct type) }
#define FIELD(type, field) \
	{ #type, #field, offsetof(struct type, field), sizeof(((struct type *)0)->field) }

static const struct layout layouts[] = {
	WHOLE(hyp_port_key),
	FIELD(hyp_port_key, port),
	WHOLE(hyp_port_value),
	FIELD(hyp_port_value, endpoint),
	FIELD(hyp_port_value, kind),
	WHOLE(hyp_network_key),
	FIELD(hyp_network_key, network),
	WHOLE(hyp_network_value),
	FIELD(hyp_network_value, flags),
	FIELD(hyp_network_value, mtu),
	FIELD(hyp_network_value, members),
	FIELD(hyp_network_value, vni),
	WHOLE(hyp_endpoint_key),
	FIELD(hyp_endpoint_key, endpoint),
	WHOLE(hyp_endpoint_value),
	FIELD(hyp_endpoint_value, generation),
	FIELD(hyp_endpoint_value, network),
	FIELD(hyp_endpoint_value, port),
	FIELD(hyp_endpoint_value, identity),
	FIELD(hyp_endpoint_value, policy),
	FIELD(hyp_endpoint_value, flags),
	FIELD(hyp_endpoint_value, prefix_lengths),
	FIELD(hyp_endpoint_value, ipv4),
	FIELD(hyp_endpoint_value, mode),
	FIELD(hyp_endpoint_value, reserved),
	FIELD(hyp_endpoint_value, ipv6),
	FIELD(hyp_endpoint_value, mac),
	FIELD(hyp_endpoint_value, reserved2),
	FIELD(hyp_endpoint_value, rate),
	FIELD(hyp_endpoint_value, burst),
	WHOLE(hyp_neighbour_key),
	FIELD(hyp_neighbour_key, network),
	FIELD(hyp_neighbour_key, address),
	WHOLE(hyp_neighbour_value),
	FIELD(hyp_neighbour_value, endpoint),
	FIELD(hyp_neighbour_value, identity),
	FIELD(hyp_neighbour_value, vtep),
	FIELD(hyp_neighbour_value, mac),
	FIELD(hyp_neighbour_value, reserved),
	WHOLE(hyp_member_key),
	FIELD(hyp_member_key, network),
	FIELD(hyp_member_key, slot),
	WHOLE(hyp_member_value),
	FIELD(hyp_member_value, endpoint),
	WHOLE(hyp_policy_key),
	FIELD(hyp_policy_key, policy),
	FIELD(hyp_policy_key, identity),
	FIELD(hyp_policy_key, port),
	FIELD(hyp_policy_key, prefix_length),
	FIELD(hyp_policy_key, protocol),
	FIELD(hyp_policy_key, direction),
	FIELD(hyp_policy_key, reserved),
	WHOLE(hyp_policy_value),
	FIELD(hyp_policy_value, rule),
	FIELD(hyp_policy_value, verdict),
	FIELD(hyp_policy_value, flags),
	FIELD(hyp_policy_value, reserved),
	WHOLE(hyp_vtep_key),
	FIELD(hyp_vtep_key, vtep),
	WHOLE(hyp_vtep_value),
	FIELD(hyp_vtep_value, ipv4),
	FIELD(hyp_vtep_value, mac),
	FIELD(hyp_vtep_value, reserved),
	WHOLE(hyp_uplink_key),
	FIELD(hyp_uplink_key, port),
	WHOLE(hyp_uplink_value),
	FIELD(hyp_uplink_value, ipv4),
	FIELD(hyp_uplink_value, mac),
	FIELD(hyp_uplink_value, reserved),
	FIELD(hyp_uplink_value, mtu),
	WHOLE(hyp_prefix_key),
	FIELD(hyp_prefix_key, length),
	FIELD(hyp_prefix_key, address),
	WHOLE(hyp_prefix_value),
	FIELD(hyp_prefix_value, identity),
	WHOLE(hyp_endpoint_counter),
	FIELD(hyp_endpoint_counter, endpoint),
	FIELD(hyp_endpoint_counter, reserved),
	FIELD(hyp_endpoint_counter, sent_packets),
	FIELD(hyp_endpoint_counter, sent_bytes),
	FIELD(hyp_endpoint_counter, received_packets),
	FIELD(hyp_endpoint_counter, received_bytes),
	WHOLE(hyp_drop_counter),
	FIELD(hyp_drop_counter, endpoint),
	FIELD(hyp_drop_counter, reason),
	FIELD(hyp_drop_counter, packets),
	FIELD(hyp_drop_counter, bytes),
	WHOLE(hyp_rule_counter),
	FIELD(hyp_rule_counter, policy),
	FIELD(hyp_rule_counter, rule),
	FIELD(hyp_rule_counter, direction),
	FIELD(hyp_rule_counter, reserved),
	FIELD(hyp_rule_counter, packets),
	FIELD(hyp_rule_counter, bytes),
	WHOLE(hyp_nic_counter),
	FIELD(hyp_nic_counter, entries),
	FIELD(hyp_nic_counter, connections),
	FIELD(hyp_nic_counter, added),
	FIELD(hyp_nic_counter, updated),
	FIELD(hyp_nic_counter, removed),
	FIELD(hyp_nic_counter, failed),
	FIELD(hyp_nic_counter, connections_added),
	FIELD(hyp_nic_counter, connections_refused),
	FIELD(hyp_nic_counter, carried),
	FIELD(hyp_nic_counter, punted),
	FIELD(hyp_nic_counter, lost),
	WHOLE(hyp_event),
	FIELD(hyp_event, time_ns),
	FIELD(hyp_event, type),
	FIELD(hyp_event, reason),
	FIELD(hyp_event, network),
	FIELD(hyp_event, endpoint),
	FIELD(hyp_event, peer),
	FIELD(hyp_event, policy),
	FIELD(hyp_event, rule),
	FIELD(hyp_event, bytes),
	FIELD(hyp_event, ethertype),
	FIELD(hyp_event, source_port),
	FIELD(hyp_event, destination_port),
	FIELD(hyp_event, protocol),
	FIELD(hyp_event, direction),
	FIELD(hyp_event, source),
	FIELD(hyp_event, destination),
	FIELD(hyp_event, source_mac),
	FIELD(hyp_event, reserved),
	WHOLE(hyp_error),
	FIELD(hyp_error, message),
	WHOLE(hyp_dataplane_options),
	FIELD(hyp_dataplane_options, size),
	FIELD(hyp_dataplane_options, connections_max),
	FIELD(hyp_dataplane_options, url),
	FIELD(hyp_dataplane_options, pin_path),
	FIELD(hyp_dataplane_options, run_path),
	WHOLE(hyp_capabilities),
	FIELD(hyp_capabilities, networks_max),
	FIELD(hyp_capabilities, endpoints_max),
	FIELD(hyp_capabilities, policy_entries_max),
	FIELD(hyp_capabilities, connections_max),
	FIELD(hyp_capabilities, adopted),
	FIELD(hyp_capabilities, reserved),
	FIELD(hyp_capabilities, backend),
	WHOLE(hyp_operation),
	FIELD(hyp_operation, table),
	FIELD(hyp_operation, verb),
	FIELD(hyp_operation, reserved),
	WHOLE(hyp_link),
	FIELD(hyp_link, index),
	FIELD(hyp_link, mtu),
	FIELD(hyp_link, peer),
	FIELD(hyp_link, master),
	FIELD(hyp_link, peer_namespace),
	FIELD(hyp_link, mac),
	FIELD(hyp_link, up),
	FIELD(hyp_link, carrier),
	FIELD(hyp_link, name),
	FIELD(hyp_link, kind),
	WHOLE(hyp_host_address),
	FIELD(hyp_host_address, address),
};

#define LAYOUTS (sizeof(layouts) / sizeof(layouts[0]))
#define LINE_MAX_BYTES 64

static char text[LAYOUTS * LINE_MAX_BYTES];

static void write_text(void)
{
	size_t length = 0;

	for (size_t i = 0; i < LAYOUTS; i++) {
		const struct layout *layout = &layouts[i];
		const char *between = layout->field[0] == '*' ? " " : ".";
		int wrote = snprintf(text + length, sizeof(text) - length, "%s%s%s %zu %zu\n",
				     layout->name, between, layout->field, layout->offset,
				     layout->size);

		if (wrote < 0 || (size_t)wrote >= sizeof(text) - length)
			break; /* a line is shorter than LINE_MAX_BYTES: cannot be */
		length += (size_t)wrote;
	}
}

const char *hyp_layouts(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, write_text);
	return text;
}
