/* SPDX-License-Identifier: Apache-2.0 */
#include "near.h"

#include <net/if.h>
#include <pthread.h>
#include <string.h>

#include "check.h"

struct netdev_loop *loop;
struct port ports[2] = { { .peer = &ports[1] }, { .peer = &ports[0] } };
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
atomic_uint ticks;
static bool held;

void enter(void)
{
	pthread_mutex_lock(&lock);
}

void leave(void)
{
	pthread_mutex_unlock(&lock);
}

static void burst_begin(void *owner)
{
	(void)owner;
	enter();
	held = true;
}

static void burst_end(void *owner)
{
	(void)owner;
	held = false;
	leave();
}

static void tick(void *owner)
{
	(void)owner;
	CHECK(held);
	atomic_fetch_add(&ticks, 1);
}

static void receive(void *context, struct packet *packet)
{
	struct port *port = context;

	CHECK(held);
	CHECK(packet->headroom >= PACKET_HEADROOM);
	/* All of it is ours, as a sanitizer would tell. */
	memset(packet->data - packet->headroom, 0xee, packet->headroom);
	memset(packet->data + packet->length, 0xee, packet->tailroom);
	if (packet->length > port->longest)
		port->longest = packet->length;
	if (packet->data[12] == 0x81 || (packet->data[12] == 0x88 && packet->data[13] == 0xa8)) {
		memcpy(&port->tag, packet->data + 12, sizeof(port->tag));
		packet_parse(packet);
		if (packet->view.parser_meta.outer_ip4_checksum_ok && packet->view.parser_meta.outer_l4_checksum_ok)
			port->right++;
		port->tagged++;
	}
	if (port->fate == FORWARD && port->peer->netdev)
		netdev_send(port->peer->netdev, packet);
	else if (port->fate == TO_KERNEL)
		netdev_to_kernel(port->netdev, packet);
	memset(packet->data, 0xdd, packet->length); /* it was copied */
}

struct netdev_loop *start_loop(void)
{
	struct netdev_hooks hooks = {
		.receive = receive, .burst_begin = burst_begin, .burst_end = burst_end, .tick = tick, .tick_ms = 10,
	};
	struct netdev_loop *result;

	CHECK_EQUAL(netdev_loop_start(&hooks, &result), 0);
	return result;
}

int open_port(unsigned int number)
{
	char name[IF_NAMESIZE];
	struct netdev_options options = { .name = name, .context = &ports[number] };
	struct netdev *netdev;
	int result;

	snprintf(name, sizeof(name), "port%u", number);
	result = netdev_open(loop, &options, &netdev);
	if (result != 0)
		return result;
	enter();
	ports[number].netdev = netdev;
	leave();
	return 0;
}

void close_port(unsigned int number)
{
	struct netdev *netdev = ports[number].netdev;

	enter();
	ports[number].netdev = NULL;
	leave();
	netdev_close(loop, netdev);
}

void set_fate(enum fate fate)
{
	for (unsigned int i = 0; i < 2; i++) {
		ports[i].fate = fate;
		ports[i].longest = 0;
		ports[i].tagged = 0;
		ports[i].right = 0;
	}
}

struct netdev_counts counts(unsigned int number)
{
	struct netdev_counts result;

	netdev_count(ports[number].netdev, &result);
	return result;
}

bool has_filters(const char *device)
{
	return shell(NIC, "tc filter show dev %s ingress | grep -q . || tc filter show dev %s egress | grep -q .",
		     device, device) == 0;
}

bool has_clsact(const char *device)
{
	return shell(NIC, "tc qdisc show dev %s | grep -q clsact", device) == 0;
}

void near_create(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	wires_create();
	for (int place = 0; place < PLACES; place++) {
		serve_udp((enum place)place, ECHO);
		serve_tcp((enum place)place, SINK);
	}
	loop = start_loop();
	CHECK_EQUAL(open_port(0), 0);
	CHECK_EQUAL(open_port(1), 0);
}

void near_destroy(void)
{
	for (unsigned int i = 0; i < 2; i++) {
		char name[IF_NAMESIZE];

		if (!ports[i].netdev)
			continue;
		close_port(i);
		snprintf(name, sizeof(name), "port%u", i);
		CHECK(!has_clsact(name) && !has_filters(name));
	}
	netdev_loop_stop(loop);
	wires_destroy();
}
