/* SPDX-License-Identifier: Apache-2.0 */
/* The programs on ports: whose place they take, and whose they do not. */
#include <hyperion/host.h>

#include "dataplane_fixture.h"

/* Kernel id of the program at a place of a side of a device, 0 for none. */
static uint32_t program_on(uint32_t port, enum bpf_tc_attach_point side, uint32_t priority)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)port, .attach_point = side);
	LIBBPF_OPTS(bpf_tc_opts, options, .handle = 1, .priority = priority);

	return bpf_tc_query(&hook, &options) == 0 ? options.prog_id : 0;
}

static uint32_t program_at(uint32_t port, uint32_t priority)
{
	return program_on(port, BPF_TC_INGRESS, priority);
}

/* Puts a program that is not ours on a side of a device. */
static void attach_foreign(uint32_t port, enum bpf_tc_attach_point side, uint32_t priority)
{
	const struct bpf_insn pass[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int program = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "foreign", "GPL", pass, 2, NULL);
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)port, .attach_point = side);
	LIBBPF_OPTS(bpf_tc_opts, options, .handle = 1, .priority = priority, .prog_fd = program);
	int result;

	CHECK(program >= 0);
	result = bpf_tc_hook_create(&hook);
	CHECK(result == 0 || result == -EEXIST);
	CHECK_EQUAL(bpf_tc_attach(&hook, &options), 0);
	close(program);
}

static void test_attach(void)
{
	struct hyp_dataplane *dataplane = open_pins(0);
	uint32_t port, first;

	CHECK_EQUAL(hyp_host_vf_create("vf1", "rep1", 1500, &port, NULL), 0);
	CHECK_EQUAL(hyp_dataplane_attach(dataplane, 9999, HYP_PORT_VF, NULL), -ENODEV);
	CHECK_EQUAL(hyp_dataplane_attach(dataplane, 0, HYP_PORT_VF, NULL), -EINVAL);
	CHECK_EQUAL(hyp_dataplane_detach(dataplane, 9999, NULL), 0);
	CHECK_EQUAL(hyp_dataplane_detach(dataplane, port, NULL), 0);
	CHECK_EQUAL(hyp_dataplane_attach(dataplane, port, HYP_PORT_VF, NULL), 0);
	first = program_at(port, 1);
	CHECK(first != 0);
	CHECK_EQUAL(hyp_dataplane_attach(dataplane, port, HYP_PORT_VF, NULL), 0);
	CHECK_EQUAL(program_at(port, 1), first);

	/* A new version takes the old one's place. */
	hyp_dataplane_close(dataplane);
	write_meta((struct hyp_meta){ .abi = HYP_ABI_VERSION, .state = HYP_STATE_VERSION, .object = 1 });
	dataplane = open_pins(1);
	CHECK_EQUAL(program_at(port, 1), first);
	CHECK_EQUAL(hyp_dataplane_attach(dataplane, port, HYP_PORT_VF, NULL), 0);
	CHECK(program_at(port, 1) != 0);
	CHECK(program_at(port, 1) != first);

	/* Somebody else came behind us: attach says so, detach leaves him alone. */
	attach_foreign(port, BPF_TC_INGRESS, 7);
	CHECK_EQUAL(hyp_dataplane_attach(dataplane, port, HYP_PORT_VF, NULL), -EBUSY);
	CHECK_EQUAL(hyp_dataplane_detach(dataplane, port, NULL), 0);
	CHECK_EQUAL(program_at(port, 1), 0);
	CHECK(program_at(port, 7) != 0);
	CHECK_EQUAL(hyp_host_link_delete("rep1", NULL), 0);

	/* And somebody who was there before, at our place. */
	CHECK_EQUAL(hyp_host_vf_create("vf1", "rep1", 1500, &port, NULL), 0);
	attach_foreign(port, BPF_TC_INGRESS, 1);
	CHECK_EQUAL(hyp_dataplane_attach(dataplane, port, HYP_PORT_VF, NULL), -EBUSY);
	CHECK_EQUAL(hyp_dataplane_detach(dataplane, port, NULL), 0);
	CHECK(program_at(port, 1) != 0);
	CHECK_EQUAL(hyp_host_link_delete("rep1", NULL), 0);

	/* A qdisc of another kind at the hook. */
	CHECK_EQUAL(hyp_host_vf_create("vf1", "rep1", 1500, &port, NULL), 0);
	CHECK_EQUAL(system("tc qdisc add dev rep1 ingress"), 0);
	CHECK_EQUAL(hyp_dataplane_attach(dataplane, port, HYP_PORT_VF, NULL), -EBUSY);
	CHECK_EQUAL(hyp_host_link_delete("rep1", NULL), 0);

	/* Detaching leaves the device as it was: a fresh attach finds no qdisc. */
	CHECK_EQUAL(hyp_host_vf_create("vf1", "rep1", 1500, &port, NULL), 0);
	CHECK_EQUAL(hyp_dataplane_attach(dataplane, port, HYP_PORT_VF, NULL), 0);
	CHECK_EQUAL(hyp_dataplane_detach(dataplane, port, NULL), 0);
	CHECK_EQUAL(system("tc qdisc show dev rep1 | grep -q clsact") == 0, 0);
	CHECK_EQUAL(hyp_host_link_delete("rep1", NULL), 0);
	hyp_dataplane_close(dataplane);
	remove_pins();
}

/* A gateway has programs on both sides. */
static void test_gateway(void)
{
	struct hyp_dataplane *dataplane = open_pins(0);
	uint32_t port, in, out, vf;

	CHECK_EQUAL(hyp_host_vf_create("vf1", "rep1", 1500, &port, NULL), 0);
	CHECK_EQUAL(hyp_dataplane_attach(dataplane, port, HYP_PORT_GATEWAY + 1, NULL), -EINVAL);
	CHECK_EQUAL(hyp_dataplane_attach(dataplane, port, HYP_PORT_VF, NULL), 0);
	vf = program_at(port, 1);
	CHECK_EQUAL(program_on(port, BPF_TC_EGRESS, 1), 0);
	CHECK_EQUAL(hyp_dataplane_attach(dataplane, port, HYP_PORT_GATEWAY, NULL), 0);
	out = program_at(port, 1);
	in = program_on(port, BPF_TC_EGRESS, 1);
	CHECK(out != 0 && in != 0 && out != in && out != vf);
	CHECK_EQUAL(hyp_dataplane_attach(dataplane, port, HYP_PORT_GATEWAY, NULL), 0);
	CHECK_EQUAL(program_at(port, 1), out);
	CHECK_EQUAL(program_on(port, BPF_TC_EGRESS, 1), in);

	/* A new version takes the place of both. */
	hyp_dataplane_close(dataplane);
	write_meta((struct hyp_meta){ .abi = HYP_ABI_VERSION, .state = HYP_STATE_VERSION, .object = 1 });
	dataplane = open_pins(1);
	CHECK_EQUAL(hyp_dataplane_attach(dataplane, port, HYP_PORT_GATEWAY, NULL), 0);
	CHECK(program_at(port, 1) != 0 && program_at(port, 1) != out);
	CHECK(program_on(port, BPF_TC_EGRESS, 1) != 0 && program_on(port, BPF_TC_EGRESS, 1) != in);

	/* As a VF it has none on egress; detached, none at all, and its qdisc is gone. */
	CHECK_EQUAL(hyp_dataplane_attach(dataplane, port, HYP_PORT_VF, NULL), 0);
	CHECK(program_at(port, 1) != 0);
	CHECK_EQUAL(program_on(port, BPF_TC_EGRESS, 1), 0);
	CHECK_EQUAL(hyp_dataplane_attach(dataplane, port, HYP_PORT_GATEWAY, NULL), 0);
	CHECK_EQUAL(hyp_dataplane_detach(dataplane, port, NULL), 0);
	CHECK_EQUAL(system("tc qdisc show dev rep1 | grep -q clsact") == 0, 0);
	CHECK_EQUAL(hyp_dataplane_detach(dataplane, port, NULL), 0);

	/* Somebody else on egress is in a gateway's way, and not in a VF's. */
	attach_foreign(port, BPF_TC_EGRESS, 3);
	CHECK_EQUAL(hyp_dataplane_attach(dataplane, port, HYP_PORT_GATEWAY, NULL), -EBUSY);
	CHECK_EQUAL(program_at(port, 1), 0);
	CHECK_EQUAL(hyp_dataplane_attach(dataplane, port, HYP_PORT_VF, NULL), 0);
	CHECK_EQUAL(hyp_dataplane_detach(dataplane, port, NULL), 0);
	CHECK_EQUAL(program_at(port, 1), 0);
	CHECK(program_on(port, BPF_TC_EGRESS, 3) != 0);
	CHECK_EQUAL(hyp_host_link_delete("rep1", NULL), 0);
	hyp_dataplane_close(dataplane);
	remove_pins();
}

int main(void)
{
	enter();
	test_attach();
	test_gateway();
	leave();
	return 0;
}
