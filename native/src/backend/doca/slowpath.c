/* SPDX-License-Identifier: Apache-2.0 */
#include "slowpath.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "../../abi/error.h"
#include "device.h"
#include "offload.h"
#include "program.h"
#include "queue.h"
#include "tables.h"
#include "tunnel.h"
#include "walk.h"

#define BURST_PACKETS 64u     /* decided under one hold of the lock */
#define WAIT_US 100000u       /* for a packet, before looking whether to end */
#define AGE_INTERVAL_MS 200u  /* between two looks at what aged */
#define COUNT_INTERVAL_MS 5000u /* between two readings of the NIC's counters: keeps connections alive */

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail with this clock and a valid pointer */
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* The walk of one packet. */
struct passage {
	struct doca *doca;
	uint32_t from;   /* port that it came from, 0: none */
	uint32_t sender; /* the endpoint behind that port */
};

static void to_port(void *context, uint32_t ifindex, const uint8_t *frame, uint32_t length)
{
	const struct passage *passage = context;
	struct doca *doca = passage->doca;
	struct doca_port *port = device_port(&doca->device, ifindex);

	if (!port)
		return; /* and so is the receiver */
	/* An answer to the sender is no traffic of his: no rate counts it. */
	queue_send(doca->queue,
		   ifindex == passage->from ? meta(META_SEND, port->id)
					    : program_send_meta(doca, passage->sender, port),
		   frame, length);
}

static void to_tunnel(void *context, uint32_t vtep, uint32_t network, const uint8_t *frame,
		      uint32_t length)
{
	struct doca *doca = ((const struct passage *)context)->doca;
	const struct hyp_vtep_value *remote = doca_tables_vtep(doca->tables, vtep);
	const struct hyp_uplink_value *local =
		doca_tables_uplink(doca->tables, doca->device.ports[DOCA_UPLINK_PORT]->ifindex);
	const struct hyp_network_value *value = doca_tables_network(doca->tables, network);
	uint8_t packet[TUNNEL_HEADER_BYTES + QUEUE_FRAME_MAX];

	/* The walk found the VTEP; the network has a tunnel and the host an uplink, or nobody told us. */
	if (!remote || !local || !value || length > QUEUE_FRAME_MAX)
		return;
	tunnel_header(packet, local, remote, value->vni, length, tunnel_flow_hash(frame, length));
	memcpy(packet + TUNNEL_HEADER_BYTES, frame, length);
	queue_send(doca->queue, meta(META_SEND, DOCA_UPLINK_PORT), packet,
		   TUNNEL_HEADER_BYTES + length);
}

/* Decides one packet, sends it on its way and puts its connection on the NIC. */
static void decide(struct doca *doca, const struct punted *punted, uint8_t *frame)
{
	struct passage passage = { .doca = doca };
	const struct walk_outlet outlet = { .port = to_port,
					    .tunnel = to_tunnel,
					    .context = &passage };
	uint32_t value = meta_value(punted->pkt_meta);
	struct walk_verdict verdict;
	struct doca_port *port;

	doca->punted++;
	switch (meta_kind(punted->pkt_meta)) {
	case META_FROM_PORT:
		port = value < DOCA_PORTS_MAX ? doca->device.ports[value] : NULL;
		if (!port)
			return; /* detached while the packet waited */
		passage.from = port->ifindex;
		passage.sender = doca_tables_endpoint_of_port(doca->tables, port->ifindex,
							      HYP_PORT_VF);
		walk_from_port(doca->tables, port->ifindex, frame, punted->length, QUEUE_FRAME_MAX,
			       &outlet, &verdict);
		break;
	case META_FROM_TUNNEL:
		walk_from_tunnel(doca->tables, value >> 10, value & 0x3ff, frame, punted->length,
				 &outlet, &verdict);
		break;
	case META_FROM_WIRE:
		walk_from_wire(doca->tables, frame, punted->length, &outlet, &verdict);
		break;
	default:
		return; /* no pipe of ours marks packets so */
	}
	if (verdict.what == WALK_DELIVERED)
		offload_passed(doca, &verdict);
}

struct clock {
	uint64_t age, count; /* when they were last looked at */
};

static void look_after(struct doca *doca, struct clock *clock)
{
	uint64_t now = now_ms();

	if (now - clock->age >= AGE_INTERVAL_MS) {
		clock->age = now;
		entries_age(doca->device.manager);
	}
	if (now - clock->count >= COUNT_INTERVAL_MS) {
		clock->count = now;
		offload_count(doca);
	}
}

static void *run(void *context)
{
	struct doca *doca = context;
	struct clock clock = { .age = now_ms(), .count = now_ms() };
	uint8_t frame[QUEUE_FRAME_MAX];
	bool running = true;

	while (running) {
		struct punted punted;
		int got = queue_receive(doca->queue, &punted, frame, sizeof(frame), WAIT_US);

		pthread_mutex_lock(&doca->lock);
		for (uint32_t i = 0; got == 1 && i < BURST_PACKETS; i++) {
			decide(doca, &punted, frame);
			got = queue_receive(doca->queue, &punted, frame, sizeof(frame), 0);
		}
		if (got == 1) /* the burst ended with a packet in hand */
			decide(doca, &punted, frame);
		offload_settle(doca);
		entries_complete(doca->device.manager);
		look_after(doca, &clock);
		running = doca->running;
		pthread_mutex_unlock(&doca->lock);
	}
	return NULL;
}

int slowpath_start(struct doca *doca, struct hyp_error *error)
{
	int result;

	doca->running = true;
	result = pthread_create(&doca->slowpath, NULL, run, doca);
	if (result == 0)
		return 0;
	doca->running = false;
	return hyp_fail(error, -result, "the thread that decides new packets cannot start: %s",
			strerror(result));
}

void slowpath_stop(struct doca *doca)
{
	bool running;

	pthread_mutex_lock(&doca->lock);
	running = doca->running;
	doca->running = false;
	pthread_mutex_unlock(&doca->lock);
	if (running)
		pthread_join(doca->slowpath, NULL);
}
