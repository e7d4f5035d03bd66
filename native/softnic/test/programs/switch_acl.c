/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A switch of IPv4 addresses behind an access list:
 *
 *   switch_acl -r pci/0000:03:00.0,pf0vf[0-1]
 *
 * ROOT (control: IPv4) → ACCESS (ACL: who may talk to whom, by port ranges) → HOSTS (basic: address → port).
 * 10.0.0.1 and .2 are the two VFs, .3 is on the wire.
 */
#include "nic.h"

DOCA_LOG_REGISTER(SWITCH_ACL);

enum { WIRE, VF0, VF1 };
#define HOSTS 3

static struct doca_flow_pipe_entry *host_entries[HOSTS], *denied_entry;

static doca_error_t make_hosts(struct doca_flow_port *port, struct doca_flow_pipe **pipe)
{
	struct doca_flow_match match = {
		.outer = { .l3_type = DOCA_FLOW_L3_TYPE_IP4, .ip4.dst_ip = UINT32_MAX },
	};
	struct doca_flow_monitor monitor = { .counter_type = DOCA_FLOW_RESOURCE_TYPE_NON_SHARED };
	struct doca_flow_fwd fwd = { .type = DOCA_FLOW_FWD_PORT, .port_id = UINT16_MAX };
	struct doca_flow_fwd miss = { .type = DOCA_FLOW_FWD_DROP };
	const doca_be32_t addresses[HOSTS] = { IP4(10, 0, 0, 3), IP4(10, 0, 0, 1), IP4(10, 0, 0, 2) };
	struct doca_flow_pipe_cfg *cfg;
	struct batch batch = { 0 };

	TRY(nic_pipe_cfg(port, "HOSTS", DOCA_FLOW_PIPE_BASIC, false, &cfg));
	TRY(doca_flow_pipe_cfg_set_match(cfg, &match, NULL));
	TRY(doca_flow_pipe_cfg_set_monitor(cfg, &monitor));
	TRY(doca_flow_pipe_cfg_set_nr_entries(cfg, HOSTS));
	TRY(nic_pipe(cfg, &fwd, &miss, pipe));
	for (uint16_t i = 0; i < HOSTS; i++) {
		match.outer.ip4.dst_ip = addresses[i];
		fwd.port_id = i;
		TRY(doca_flow_pipe_basic_add_entry(QUEUE, *pipe, &match, 0, NULL, NULL, &fwd,
						   i + 1 < HOSTS ? DOCA_FLOW_ENTRY_FLAGS_WAIT_FOR_BATCH
								 : DOCA_FLOW_ENTRY_FLAGS_NO_WAIT,
						   &batch, &host_entries[i]));
	}
	return nic_complete(port, &batch, HOSTS);
}

struct rule {
	doca_be32_t source, source_mask;
	enum doca_flow_l4_meta protocol;
	uint16_t first, last; /* destination ports */
	uint32_t priority;
	bool allowed;
};

static doca_error_t add_rule(struct doca_flow_pipe *pipe, struct doca_flow_pipe *next,
			     const struct rule *rule, uint32_t flags, struct batch *batch,
			     struct doca_flow_pipe_entry **entry)
{
	bool is_tcp = rule->protocol == DOCA_FLOW_L4_META_TCP;
	struct doca_flow_match match = {
		.parser_meta.outer_l4_type = rule->protocol,
		.outer = {
			.l3_type = DOCA_FLOW_L3_TYPE_IP4,
			.ip4.src_ip = rule->source,
			.l4_type_ext = is_tcp ? DOCA_FLOW_L4_TYPE_EXT_TCP : DOCA_FLOW_L4_TYPE_EXT_UDP,
			.transport.dst_port = DOCA_HTOBE16(rule->first),
		},
	};
	/* Of ports, the mask is the end of the range. */
	struct doca_flow_match mask = {
		.parser_meta.outer_l4_type = UINT32_MAX,
		.outer = {
			.l3_type = match.outer.l3_type,
			.ip4.src_ip = rule->source_mask,
			.l4_type_ext = match.outer.l4_type_ext,
			.transport.dst_port = DOCA_HTOBE16(rule->last),
		},
	};
	struct doca_flow_fwd allow = { .type = DOCA_FLOW_FWD_PIPE, .next_pipe = next };
	struct doca_flow_fwd deny = { .type = DOCA_FLOW_FWD_DROP };

	TRY(doca_flow_pipe_acl_add_entry(QUEUE, pipe, &match, &mask, 0, NULL, rule->priority,
					 rule->allowed ? &allow : &deny, flags, batch, entry));
	return DOCA_SUCCESS;
}

static doca_error_t make_access(struct doca_flow_port *port, struct doca_flow_pipe *next,
				struct doca_flow_pipe **pipe)
{
	static const struct rule rules[] = {
		{ IP4(10, 0, 0, 1), UINT32_MAX, DOCA_FLOW_L4_META_UDP, 5005, 5005, 1, false },
		{ IP4(10, 0, 0, 0), IP4(255, 255, 255, 0), DOCA_FLOW_L4_META_UDP, 5000, 5009, 10, true },
		/* Answers. */
		{ IP4(10, 0, 0, 0), IP4(255, 255, 255, 0), DOCA_FLOW_L4_META_UDP, 32768, 65535, 20, true },
		{ IP4(10, 0, 0, 1), UINT32_MAX, DOCA_FLOW_L4_META_TCP, 80, 80, 30, true },
		{ IP4(10, 0, 0, 0), IP4(255, 255, 255, 0), DOCA_FLOW_L4_META_TCP, 32768, 65535, 30, true },
	};
	const uint32_t count = sizeof(rules) / sizeof(rules[0]);
	struct doca_flow_match match = {
		.outer = {
			.l3_type = DOCA_FLOW_L3_TYPE_IP4,
			.ip4 = { .src_ip = UINT32_MAX, .dst_ip = UINT32_MAX },
			.l4_type_ext = DOCA_FLOW_L4_TYPE_EXT_TCP,
			.tcp.l4_port = { .src_port = UINT16_MAX, .dst_port = UINT16_MAX },
		},
	};
	struct doca_flow_monitor monitor = { .counter_type = DOCA_FLOW_RESOURCE_TYPE_NON_SHARED };
	struct doca_flow_fwd fwd = { .type = DOCA_FLOW_FWD_CHANGEABLE };
	struct doca_flow_fwd miss = { .type = DOCA_FLOW_FWD_DROP };
	struct doca_flow_pipe_cfg *cfg;
	struct batch batch = { 0 };

	TRY(nic_pipe_cfg(port, "ACCESS", DOCA_FLOW_PIPE_ACL, false, &cfg));
	TRY(doca_flow_pipe_cfg_set_match(cfg, &match, NULL));
	TRY(doca_flow_pipe_cfg_set_monitor(cfg, &monitor));
	TRY(doca_flow_pipe_cfg_set_nr_entries(cfg, 16));
	TRY(nic_pipe(cfg, &fwd, &miss, pipe));
	for (uint32_t i = 0; i < count; i++)
		TRY(add_rule(*pipe, next, &rules[i],
			     i + 1 < count ? DOCA_FLOW_ENTRY_FLAGS_WAIT_FOR_BATCH
					   : DOCA_FLOW_ENTRY_FLAGS_NO_WAIT,
			     &batch, i == 0 ? &denied_entry : NULL));
	return nic_complete(port, &batch, count);
}

/* Not ARP: who is there is known. */
static doca_error_t make_root(struct doca_flow_port *port, struct doca_flow_pipe *access,
			      struct doca_flow_pipe **pipe)
{
	struct doca_flow_match ip4 = { .parser_meta.outer_l3_type = DOCA_FLOW_L3_META_IPV4 };
	struct doca_flow_fwd fwd = { .type = DOCA_FLOW_FWD_PIPE, .next_pipe = access };
	struct doca_flow_fwd miss = { .type = DOCA_FLOW_FWD_DROP };
	struct doca_flow_pipe_cfg *cfg;
	struct batch batch = { 0 };

	TRY(nic_pipe_cfg(port, "ROOT", DOCA_FLOW_PIPE_CONTROL, true, &cfg));
	TRY(doca_flow_pipe_cfg_set_miss_counter(cfg, true));
	TRY(nic_pipe(cfg, NULL, &miss, pipe));
	TRY(doca_flow_pipe_control_add_entry(QUEUE, *pipe, &ip4, NULL, NULL, NULL, NULL, NULL, NULL, 0,
					     &fwd, &batch, NULL));
	return nic_complete(port, &batch, 1);
}

static doca_error_t serve(struct nic *nic)
{
	struct doca_flow_pipe *hosts, *access, *root;
	struct doca_flow_port *port;
	struct doca_flow_resource_query missed;

	TRY(nic_start(nic, "switch,hws", 64));
	port = doca_flow_port_switch_get(NULL);
	TRY(make_hosts(port, &hosts));
	TRY(make_access(port, hosts, &access));
	TRY(make_root(port, access, &root));
	nic_serve();
	TRY(nic_report("to the wire", host_entries[WIRE]));
	TRY(nic_report("to VF 0", host_entries[VF0]));
	TRY(nic_report("to VF 1", host_entries[VF1]));
	TRY(nic_report("denied", denied_entry));
	TRY(doca_flow_resource_query_pipe_miss(root, &missed));
	DOCA_LOG_INFO("counted not IPv4: %llu", (unsigned long long)missed.counter.total_pkts);
	return DOCA_SUCCESS;
}

int main(int argc, char **argv)
{
	struct nic nic;
	doca_error_t result = nic_arguments("switch_acl", &nic, NULL);

	if (result == DOCA_SUCCESS)
		result = doca_argp_start(argc, argv);
	if (result == DOCA_SUCCESS)
		result = serve(&nic);
	nic_stop(&nic);
	return result == DOCA_SUCCESS ? 0 : 1;
}
