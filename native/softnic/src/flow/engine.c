/* SPDX-License-Identifier: Apache-2.0 */
#include "engine.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <softnic.h>

#include "faults.h"
#include "frames.h"
#include "steering.h"

#define TICK_MS 100u
/* Behind a frame that comes from memory: what pipes may add at its end. */
#define FRAME_TAILROOM 64u

/* ---- Out of the pipes. The lock is held. */

static struct softnic_received head_of(const struct packet *packet, uint16_t queue)
{
	return (struct softnic_received){
		.length = packet->length,
		.pkt_meta = be32toh(packet->view.meta.pkt_meta),
		.port_id = packet->view.parser_meta.port_id,
		.queue = queue,
	};
}

/* The last line of a packet's trace. */
static void trace_end(const struct packet *packet, const char *where, unsigned int number)
{
	FILE *to = faults_trace();

	if (to != NULL)
		fprintf(to, "softnic: port %u, %u bytes: to %s %u\n", packet->view.parser_meta.port_id,
			packet->length, where, number);
}

static void out_of_port(void *context, uint16_t port_id, struct packet *packet)
{
	struct nic *nic = context;
	struct doca_flow_port *port = port_id < NIC_PORTS_MAX ? nic->ports[port_id] : NULL;

	/* An eswitch reaches its own ports. */
	if (port == NULL || (nic->switch_mode && port->manager != nic->manager)) {
		trace_end(packet, "no such port", port_id);
		return;
	}
	trace_end(packet, "port", port_id);
	if (port->netdev != NULL) {
		netdev_send(port->netdev, packet);
	} else {
		struct softnic_received head = head_of(packet, 0);

		frames_put(port->sent, &head, packet->data, true);
	}
}

struct frames *engine_software_queue(struct doca_flow_port *manager, uint16_t queue)
{
	if (queue >= NIC_QUEUES_MAX)
		return NULL;
	if (manager->software[queue] == NULL)
		manager->software[queue] = frames_new(NIC_QUEUE_DEPTH);
	return manager->software[queue];
}

static void to_software(void *context, uint16_t queue, struct packet *packet)
{
	struct nic *nic = context;
	struct frames *frames = engine_software_queue(nic->manager, queue);
	struct softnic_received head = head_of(packet, queue);

	trace_end(packet, "software queue", queue);
	if (frames != NULL && frames_put(frames, &head, packet->data, false))
		nic->software++;
	else
		nic->software_dropped++;
}

/* To the port that received it; what software sent was received by none. */
static void to_kernel(void *context, struct packet *packet)
{
	struct nic *nic = context;

	if (nic->ingress == NULL)
		return;
	trace_end(packet, "kernel of port", nic->ingress->id);
	nic->to_kernel++;
	if (nic->ingress->netdev != NULL)
		netdev_to_kernel(nic->ingress->netdev, packet);
}

static void trace(void *context, const struct doca_flow_pipe *pipe,
		  const struct doca_flow_pipe_entry *entry, const struct packet *packet)
{
	FILE *to = faults_trace();

	(void)context;
	if (to == NULL)
		return;
	fprintf(to, "softnic: port %u, %u bytes: pipe \"%s\": ", packet->view.parser_meta.port_id,
		packet->length, pipe->spec.name);
	if (entry != NULL)
		fprintf(to, "entry %p\n", (const void *)entry);
	else
		fprintf(to, "miss\n");
}

/* ---- Into them. The lock is held. */

/* The walk's surroundings, for a burst or for one packet. */
static void prepare(struct nic *nic)
{
	nic->walk.now_ns = nic_now_ns();
	nic->walk.poison = faults_poison();
	nic->walk.source_port = faults_source_port();
	nic->outlet.trace = faults_trace() != NULL ? trace : NULL;
}

static void walk(struct nic *nic, struct doca_flow_pipe *root, uint16_t port_id, uint32_t meta,
		 struct packet *packet)
{
	packet_parse(packet);
	packet->view.meta.pkt_meta = htobe32(meta);
	packet->view.parser_meta.port_id = port_id;
	walk_packet(&nic->walk, root, packet);
}

static void receive(void *context, struct packet *packet)
{
	struct doca_flow_port *port = context;
	struct nic *nic = port->nic;

	nic->ingress = port;
	nic->manager = port->manager;
	nic->walk.default_miss = port->manager->default_miss;
	nic->received++;
	/* Misses of pipes count where they happen. */
	if (port->manager->roots[DOCA_FLOW_PIPE_DOMAIN_DEFAULT] == NULL && port->manager->counts_missed) {
		port->manager->missed.packets++;
		port->manager->missed.bytes += packet->length;
	}
	walk(nic, port->manager->roots[DOCA_FLOW_PIPE_DOMAIN_DEFAULT], port->id, 0, packet);
}

static void burst_begin(void *owner)
{
	nic_enter(owner);
	prepare(owner);
}

static void burst_end(void *owner)
{
	nic_leave(owner);
}

static void tick(void *owner)
{
	struct nic *nic = owner;

	counters_refresh(nic, nic->walk.now_ns);
}

/* The frame as a packet with room around it. */
static struct packet packet_of(struct nic *nic, const void *frame, uint32_t length)
{
	struct packet packet = {
		.data = nic->frame + PACKET_HEADROOM,
		.length = length,
		.headroom = PACKET_HEADROOM,
		.tailroom = PACKET_LENGTH_MAX - length + FRAME_TAILROOM,
	};

	memcpy(packet.data, frame, length);
	return packet;
}

doca_error_t softnic_inject(struct doca_flow_port *port, const void *frame, uint32_t length)
{
	struct packet packet;

	if (port == NULL || frame == NULL || length == 0 || length > PACKET_LENGTH_MAX)
		return DOCA_ERROR_INVALID_VALUE;
	nic_enter(port->nic);
	prepare(port->nic);
	packet = packet_of(port->nic, frame, length);
	receive(port, &packet);
	nic_leave(port->nic);
	return DOCA_SUCCESS;
}

/* Under the lock. */
static doca_error_t send_from_software(struct doca_flow_port *manager, uint32_t meta, const void *frame,
				       uint32_t length)
{
	struct nic *nic = manager->nic;
	struct doca_flow_pipe *root = manager->roots[DOCA_FLOW_PIPE_DOMAIN_EGRESS];
	uint32_t port_id = nic->switch_mode ? meta : manager->id;
	struct packet packet;

	if (root == NULL && nic->expert)
		return DOCA_ERROR_BAD_STATE;
	if (root == NULL && (port_id >= NIC_PORTS_MAX || nic->ports[port_id] == NULL ||
			     nic->ports[port_id]->manager != manager))
		return DOCA_ERROR_NOT_FOUND;
	prepare(nic);
	nic->ingress = NULL;
	nic->manager = manager;
	nic->software_sent++;
	packet = packet_of(nic, frame, length);
	if (root == NULL) {
		packet.view.parser_meta.port_id = UINT16_MAX;
		out_of_port(nic, (uint16_t)port_id, &packet);
		return DOCA_SUCCESS;
	}
	nic->walk.default_miss = MISS_DROP;
	walk(nic, root, UINT16_MAX, meta, &packet);
	return DOCA_SUCCESS;
}

doca_error_t softnic_send(struct doca_flow_port *manager, uint32_t meta, const void *frame, uint32_t length)
{
	doca_error_t result;

	if (manager == NULL || manager->is_representor || frame == NULL || length == 0 ||
	    length > PACKET_LENGTH_MAX)
		return DOCA_ERROR_INVALID_VALUE;
	nic_enter(manager->nic);
	result = send_from_software(manager, meta, frame, length);
	nic_leave(manager->nic);
	return result;
}

/* ---- Netdevs. */

doca_error_t engine_init(struct nic *nic)
{
	nic->frame = malloc(PACKET_HEADROOM + PACKET_LENGTH_MAX + FRAME_TAILROOM);
	if (nic->frame == NULL)
		return DOCA_ERROR_NO_MEMORY;
	nic->outlet = (struct outlet){
		.port = out_of_port,
		.software = to_software,
		.kernel = to_kernel,
		.context = nic,
	};
	nic->walk.outlet = &nic->outlet;
	nic->walk.random = nic_now_ns() | 1;
	return DOCA_SUCCESS;
}

void engine_free(struct nic *nic)
{
	if (nic->loop != NULL)
		netdev_loop_stop(nic->loop);
	free(nic->frame);
}

static doca_error_t loop_start(struct nic *nic)
{
	const struct netdev_hooks hooks = {
		.receive = receive,
		.burst_begin = burst_begin,
		.burst_end = burst_end,
		.tick = tick,
		.tick_ms = TICK_MS,
		.owner = nic,
	};

	if (nic->loop != NULL)
		return DOCA_SUCCESS;
	return netdev_loop_start(&hooks, &nic->loop) == 0 ? DOCA_SUCCESS : DOCA_ERROR_OPERATING_SYSTEM;
}

static doca_error_t error_of(int code)
{
	switch (-code) {
	case 0:
		return DOCA_SUCCESS;
	case ENODEV:
		return DOCA_ERROR_NOT_FOUND;
	case EPERM:
	case EACCES:
		return DOCA_ERROR_NOT_PERMITTED;
	case EBUSY:
		return DOCA_ERROR_IN_USE;
	case ENOMEM:
		return DOCA_ERROR_NO_MEMORY;
	default:
		return DOCA_ERROR_DRIVER;
	}
}

doca_error_t engine_open(struct doca_flow_port *port, const char *name)
{
	const struct netdev_options options = { .name = name, .context = port };
	struct nic *nic = port->nic;
	struct netdev *netdev;
	doca_error_t result = loop_start(nic);

	if (result == DOCA_SUCCESS)
		result = error_of(netdev_open(nic->loop, &options, &netdev));
	if (result != DOCA_SUCCESS)
		return result;
	nic_enter(nic);
	port->netdev = netdev;
	nic_leave(nic);
	return DOCA_SUCCESS;
}

void engine_close(struct doca_flow_port *port)
{
	struct nic *nic = port->nic;
	struct netdev *netdev;

	nic_enter(nic);
	netdev = port->netdev;
	port->netdev = NULL;
	nic_leave(nic);
	if (netdev != NULL)
		netdev_close(nic->loop, netdev);
}
