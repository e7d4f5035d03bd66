/* SPDX-License-Identifier: Apache-2.0 */
/* The software queue on NVIDIA's SDK: queue 0 of the eswitch manager's DPDK port. All of DPDK is here. */
#include "queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <doca_dpdk.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_flow.h>
#include <rte_mbuf.h>

#include "../../abi/error.h"
#include "assumptions.h"

#define QUEUE_NUMBER 0u
#define DESCRIPTORS 1024u
#define POOL_PACKETS 8191u /* 2^n - 1, as rte_mempool likes them; ≥ both queues and the bursts */
#define POOL_CACHE 256u
#define BURST 32u
#define POLL_US 50u /* between two looks at an empty queue, once it has been empty for a while */
#define REPRESENTORS_MAX 1024u

struct queue {
	uint16_t port;
	struct rte_mempool *pool;
	struct rte_mbuf *burst[BURST];
	uint16_t have, next;
	uint64_t too_long;
};

/* EAL takes its arguments like a program. It is told to probe nothing: DOCA does. */
static int start_eal(struct hyp_error *error)
{
	static char program[] = "hyperion-agent", allow[] = "-a", nothing[] = "pci:00:00.0",
		    quiet[] = "--log-level=error", memory[] = "--in-memory";
	char *arguments[] = { program, allow, nothing, quiet, memory };

	if (rte_eal_init((int)(sizeof(arguments) / sizeof(arguments[0])), arguments) >= 0)
		return 0;
	return hyp_fail(error, -rte_errno,
			"DPDK does not start: %s (are there 2 MiB hugepages? hyperion doctor says)",
			rte_strerror(rte_errno));
}

/* All representors that there are now; they stay open as long as the device. */
static uint16_t open_representors(struct doca_dev *dev, struct doca_dev_rep **reps)
{
	struct doca_devinfo_rep **list;
	uint16_t opened = 0;
	uint32_t count;

	if (doca_devinfo_rep_create_list(dev, DOCA_DEVINFO_REP_FILTER_NET, &list, &count) !=
	    DOCA_SUCCESS)
		return 0;
	for (uint32_t i = 0; i < count && opened < REPRESENTORS_MAX; i++) {
		if (doca_dev_rep_open(list[i], &reps[opened]) == DOCA_SUCCESS)
			opened++;
	}
	doca_devinfo_rep_destroy_list(list);
	return opened;
}

int queue_prepare(const struct device *device, struct hyp_error *error)
{
	static struct doca_dev_rep *reps[REPRESENTORS_MAX]; /* for the life of the process, like EAL */
	doca_error_t result;
	int started = start_eal(error);
	uint16_t count;

	if (started != 0)
		return started;
	if (rte_flow_dynf_metadata_register() < 0)
		return hyp_fail(error, -rte_errno, "DPDK has no room for packet metadata");
	count = open_representors(device->dev, reps);
	result = doca_dpdk_port_probe_with_representors(device->dev, ASSUME_DEVARGS, reps, count);
	return result == DOCA_SUCCESS ? 0 : doca_fail(error, result, "DPDK does not take the device");
}

static int start_port(struct queue *queue, struct hyp_error *error)
{
	const struct rte_eth_conf conf = { 0 };
	int result;

	queue->pool = rte_pktmbuf_pool_create("hyperion", POOL_PACKETS, POOL_CACHE, 0,
					      QUEUE_FRAME_MAX + RTE_PKTMBUF_HEADROOM, SOCKET_ID_ANY);
	if (!queue->pool)
		return hyp_fail(error, -rte_errno, "no memory for %u packets: %s", POOL_PACKETS,
				rte_strerror(rte_errno));
	result = rte_eth_dev_configure(queue->port, 1, 1, &conf);
	if (result == 0)
		result = rte_eth_rx_queue_setup(queue->port, QUEUE_NUMBER, DESCRIPTORS,
						(unsigned int)rte_eth_dev_socket_id(queue->port), NULL,
						queue->pool);
	if (result == 0)
		result = rte_eth_tx_queue_setup(queue->port, QUEUE_NUMBER, DESCRIPTORS,
						(unsigned int)rte_eth_dev_socket_id(queue->port), NULL);
	if (result == 0)
		result = rte_eth_dev_start(queue->port);
	return result == 0 ? 0
			   : hyp_fail(error, result, "the manager's DPDK port does not start: %s",
				      rte_strerror(-result));
}

int queue_open(const struct device *device, struct queue **out, struct hyp_error *error)
{
	struct queue *queue = calloc(1, sizeof(*queue));
	doca_error_t result;
	int started;

	if (!queue)
		return hyp_fail(error, -ENOMEM, "no memory for a software queue");
	result = doca_dpdk_get_first_port_id(device->dev, &queue->port);
	started = result == DOCA_SUCCESS ? start_port(queue, error)
					 : doca_fail(error, result, "the manager has no DPDK port");
	if (started != 0) {
		queue_close(queue);
		return started;
	}
	*out = queue;
	return 0;
}

void queue_close(struct queue *queue)
{
	if (!queue)
		return;
	while (queue->next < queue->have)
		rte_pktmbuf_free(queue->burst[queue->next++]);
	if (queue->pool) {
		rte_eth_dev_stop(queue->port);
		rte_eth_dev_close(queue->port);
		rte_mempool_free(queue->pool);
	}
	free(queue);
}

static uint64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail with this clock and a valid pointer */
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* Has a packet in hand. DPDK has no waiting: it looks, and rests a little when nothing comes. */
static bool refill(struct queue *queue, uint64_t timeout_us)
{
	const struct timespec rest = { .tv_nsec = POLL_US * 1000 };
	uint64_t end = now_us() + timeout_us;

	while (queue->next == queue->have) {
		queue->next = 0;
		queue->have = rte_eth_rx_burst(queue->port, QUEUE_NUMBER, queue->burst, BURST);
		if (queue->have > 0)
			break;
		if (timeout_us == 0 || now_us() >= end)
			return false;
		nanosleep(&rest, NULL);
	}
	return true;
}

int queue_receive(struct queue *queue, struct punted *punted, uint8_t *frame, uint32_t capacity,
		  uint64_t timeout_us)
{
	struct rte_mbuf *packet;
	const void *bytes;

	if (!refill(queue, timeout_us))
		return 0;
	packet = queue->burst[queue->next++];
	punted->length = rte_pktmbuf_pkt_len(packet);
	punted->pkt_meta =
		packet->ol_flags & RTE_MBUF_DYNFLAG_RX_METADATA
			? ASSUME_META_TO_HOST((uint32_t)*RTE_FLOW_DYNF_METADATA(packet))
			: 0;
	if (punted->length > capacity) {
		queue->too_long++;
		rte_pktmbuf_free(packet);
		return 0;
	}
	bytes = rte_pktmbuf_read(packet, 0, punted->length, frame);
	if (bytes != frame)
		memcpy(frame, bytes, punted->length);
	rte_pktmbuf_free(packet);
	return 1;
}

int queue_send(struct queue *queue, uint32_t pkt_meta, const uint8_t *frame, uint32_t length)
{
	struct rte_mbuf *packet = rte_pktmbuf_alloc(queue->pool);
	char *room;

	if (!packet)
		return -ENOBUFS;
	room = rte_pktmbuf_append(packet, (uint16_t)length);
	if (!room) {
		rte_pktmbuf_free(packet);
		return -EMSGSIZE;
	}
	memcpy(room, frame, length);
	*RTE_FLOW_DYNF_METADATA(packet) = ASSUME_META_TO_NIC(pkt_meta);
	packet->ol_flags |= RTE_MBUF_DYNFLAG_TX_METADATA;
	if (rte_eth_tx_burst(queue->port, QUEUE_NUMBER, &packet, 1) == 1)
		return 0;
	rte_pktmbuf_free(packet);
	return -ENOBUFS;
}

uint64_t queue_lost(const struct queue *queue)
{
	struct rte_eth_stats stats;

	if (rte_eth_stats_get(queue->port, &stats) != 0)
		return queue->too_long;
	return stats.imissed + stats.rx_nombuf + queue->too_long;
}
