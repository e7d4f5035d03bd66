/* SPDX-License-Identifier: Apache-2.0 */
/* Whose a netdev is, how it comes and goes, and what is left of it. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "near.h"

#define OPENERS 16
#define CYCLES 200

static void a_device_has_one_owner(void)
{
	CHECK_EQUAL(open_port(0), -EBUSY);
	CHECK(has_filters("port0"));
}

static void filters_of_others_are_left_alone(void)
{
	struct netdev_options options = { .name = "other", .context = &ports[0] };
	static const char filter[] = "protocol ip prio 5 u32 match u32 0 0 flowid 1:1";
	struct netdev *netdev;

	run(NIC, "ip link add other type veth peer name rehto && ip link set other up && tc qdisc add dev other clsact");
	run(NIC, "tc filter add dev other ingress %s", filter);
	CHECK_EQUAL(netdev_open(loop, &options, &netdev), -EBUSY);
	CHECK(has_filters("other"));
	run(NIC, "tc filter del dev other ingress && tc filter add dev other egress %s", filter);
	CHECK_EQUAL(netdev_open(loop, &options, &netdev), -EBUSY);
	CHECK(has_filters("other"));
	/* The qdisc of somebody else stays when we go. */
	run(NIC, "tc filter del dev other egress");
	CHECK_EQUAL(netdev_open(loop, &options, &netdev), 0);
	CHECK(has_filters("other"));
	netdev_close(loop, netdev);
	CHECK(!has_filters("other") && has_clsact("other"));
	run(NIC, "tc qdisc del dev other clsact && tc qdisc add dev other ingress");
	CHECK_EQUAL(netdev_open(loop, &options, &netdev), -EBUSY);
	run(NIC, "tc qdisc del dev other ingress");
	/* And ours when there is something of theirs on it. */
	CHECK_EQUAL(netdev_open(loop, &options, &netdev), 0);
	run(NIC, "tc filter add dev other ingress %s", filter);
	netdev_close(loop, netdev);
	CHECK(has_filters("other"));
	run(NIC, "ip link del other");
}

static void what_is_no_port_is_refused(void)
{
	struct netdev_options options = { .name = "lo", .context = &ports[0] };
	struct netdev *netdev;

	CHECK_EQUAL(netdev_open(loop, &options, &netdev), -EOPNOTSUPP);
	options.name = "nothing";
	CHECK_EQUAL(netdev_open(loop, &options, &netdev), -ENODEV);
}

static void a_killed_owner_is_followed(void)
{
	int ready[2];
	char byte;
	pid_t child;

	close_port(0);
	run(NIC, "ip address add 10.0.0.254/24 dev port0");
	CHECK_EQUAL(pipe(ready), 0);
	child = fork();
	CHECK(child >= 0);
	if (child == 0) {
		loop = start_loop();
		_exit(open_port(0) == 0 && write(ready[1], "", 1) == 1 ? pause() : 1);
	}
	CHECK_EQUAL(read(ready[0], &byte, 1), 1);
	CHECK_EQUAL(open_port(0), -EBUSY);
	CHECK_EQUAL(kill(child, SIGKILL), 0);
	CHECK_EQUAL(waitpid(child, NULL, 0), child);
	close(ready[0]);
	close(ready[1]);
	CHECK(has_filters("port0"));
	CHECK(ping(HOST0, "10.0.0.254", ECHO, 1) < 0);
	run(NIC, "ip address del 10.0.0.254/24 dev port0");
	CHECK_EQUAL(open_port(0), 0);
	set_fate(FORWARD);
	run(HOST0, "ip neighbour flush dev eth0");
	CHECK(reaches(HOST0, "10.0.0.2", ECHO));
	close_port(0);
	CHECK(!has_clsact("port0"));
	/* Down when it is opened, up later. */
	run(NIC, "ip link set port0 down");
	CHECK_EQUAL(open_port(0), 0);
	run(NIC, "ip link set port0 up");
	CHECK(reaches(HOST0, "10.0.0.2", ECHO));
}

/* Many times, in several threads: closing waits for the kernel. */
static void *open_and_close(void *data)
{
	struct netdev_options options = { .context = &ports[0] };
	char name[32];

	snprintf(name, sizeof(name), "other%d", (int)(intptr_t)data);
	options.name = name;
	for (unsigned int i = 0; i < CYCLES; i++) {
		struct netdev *netdev;

		CHECK_EQUAL(netdev_open(loop, &options, &netdev), 0);
		/* Where the closing thread is does not matter. */
		if (i == 0)
			go_to(HOST1);
		netdev_close(loop, netdev);
		go_to(NIC);
	}
	return NULL;
}

static void nothing_leaks(void)
{
	unsigned int before = open_descriptors();
	pthread_t threads[OPENERS];
	uint64_t begun;

	for (int i = 0; i < OPENERS; i++)
		run(NIC, "ip link add other%d type veth peer name rehto%d && ip link set other%d up", i, i, i);
	begun = now_us();
	for (int i = 0; i < OPENERS; i++)
		CHECK_EQUAL(pthread_create(&threads[i], NULL, open_and_close, (void *)(intptr_t)i), 0);
	for (int i = 0; i < OPENERS; i++)
		CHECK_EQUAL(pthread_join(threads[i], NULL), 0);
	printf("opened and closed: %.2f ms each\n", (double)(now_us() - begun) / (1e3 * OPENERS * CYCLES));
	CHECK_EQUAL(open_descriptors(), before);
	for (int i = 0; i < OPENERS; i++) {
		char name[32];

		snprintf(name, sizeof(name), "other%d", i);
		CHECK(!has_clsact(name));
		run(NIC, "ip link del %s", name);
	}
}

/* While frames come in. */
static void a_deleted_device_is_left_alone(void)
{
	static uint8_t frame[60] = { 2, [6] = 2, [12] = 0x88, [13] = 0xb5 };
	struct packet packet = { .data = frame, .length = sizeof(frame) };
	uint64_t busy, dropped;

	set_fate(FORWARD);
	run(HOST0, "ping -q -i 0.002 -c 300 -W 1 10.0.0.2 >/dev/null 2>&1 & true");
	usleep(200000);
	run(NIC, "ip link del port0");
	usleep(100000);
	busy = busy_us();
	usleep(300000);
	CHECK(busy_us() - busy < 100000);
	dropped = counts(0).send_dropped;
	enter();
	netdev_send(ports[0].netdev, &packet);
	netdev_to_kernel(ports[0].netdev, &packet);
	leave();
	CHECK_EQUAL(counts(0).send_dropped - dropped, 2);
	CHECK_EQUAL(netdev_mtu(ports[0].netdev), 0);
	close_port(0);
	CHECK_EQUAL(open_port(0), -ENODEV);
}

int main(void)
{
	if (geteuid() != 0)
		return CHECK_SKIPPED;
	near_create();
	a_device_has_one_owner();
	filters_of_others_are_left_alone();
	what_is_no_port_is_refused();
	a_killed_owner_is_followed();
	nothing_leaks();
	a_deleted_device_is_left_alone();
	near_destroy();
	return 0;
}
