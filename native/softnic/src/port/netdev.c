/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A netdev's socket and its way into the loop and out of it.
 *
 * What a plain socket read by recvmmsg was preferred to, measured with 60-byte frames over veth on one
 * machine (HZ=250), answering through the same socket, times in µs:
 *
 *                 round trip  memory of a port that is idle
 *   recvmmsg         16       none
 *   TPACKET_V2       12       slots for the longest frame each, or no frames of 64 KiB
 *   TPACKET_V3     1000       blocks of any size
 *
 * TPACKET_V3 hands a block over when it is full or its timer fires, after a millisecond at least, which
 * every ping would pay. Per received frame recvmmsg costs 1.8 µs with a wakeup for each, V2 1.0; all
 * three take more than one sender makes, 450 000 frames a second. PACKET_QDISC_BYPASS saved nothing that
 * could be measured, and would hide the frames from tcpdump and from the egress program.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "../../bpf/softnic.h"
#include "loop.h"

/* What may wait in a socket, so that memory is bounded; the kernel doubles both. A frame of 64 KiB takes
 * some 80 KiB: a TCP sender's window of them has to fit. */
#define RECEIVE_BYTES (2 * 1024 * 1024)
#define SEND_BYTES (1024 * 1024)

static int set(int socket, int level, int option, int value)
{
	return setsockopt(socket, level, option, &value, sizeof(value)) < 0 ? -errno : 0;
}

/* Not what comes by on its way to the kernel. */
static int ignore_marked(int socket)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_MARK)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SOFTNIC_MARK, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
	};
	struct sock_fprog filter = { .len = sizeof(code) / sizeof(*code), .filter = code };

	return setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) < 0 ? -errno : 0;
}

static int configure(int socket)
{
	int result = set(socket, SOL_PACKET, PACKET_VNET_HDR, 1);

	if (result == 0)
		result = set(socket, SOL_PACKET, PACKET_AUXDATA, 1);
	if (result == 0)
		result = set(socket, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1);
	if (result == 0)
		result = set(socket, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BYTES);
	if (result == 0)
		result = set(socket, SOL_SOCKET, SO_SNDBUFFORCE, SEND_BYTES);
	return result == 0 ? ignore_marked(socket) : result;
}

static int check_ethernet(int socket, const char *name)
{
	struct ifreq request = { 0 };

	memcpy(request.ifr_name, name, strnlen(name, IFNAMSIZ - 1));
	if (ioctl(socket, SIOCGIFHWADDR, &request) < 0)
		return -errno;
	return request.ifr_hwaddr.sa_family == ARPHRD_ETHER ? 0 : -EOPNOTSUPP;
}

/* From here on frames wait at the socket. */
static int bind_to(int socket, uint32_t index)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)index,
	};
	/* A device that is real keeps back frames to other addresses than its own. */
	struct packet_mreq all = { .mr_ifindex = (int)index, .mr_type = PACKET_MR_PROMISC };

	if (bind(socket, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	return setsockopt(socket, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof(all)) < 0 ? -errno : 0;
}

static int load_programs(struct netdev_loop *loop)
{
	int result = 0;

	pthread_mutex_lock(&loop->mutex);
	if (loop->programs.ingress < 0)
		result = programs_load(&loop->programs);
	pthread_mutex_unlock(&loop->mutex);
	return result;
}

/* The programs go on first: what comes between is lost, not the kernel's. */
static int listen_to(struct netdev *netdev, uint32_t index)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = netdev };
	int result = hook_open(&netdev->hook, index, &netdev->loop->programs);

	if (result != 0)
		return result;
	result = bind_to(netdev->socket, index);
	if (result == 0 && epoll_ctl(netdev->loop->epoll, EPOLL_CTL_ADD, netdev->socket, &event) < 0)
		result = -errno;
	if (result != 0)
		hook_close(&netdev->hook, netdev_gone(netdev));
	return result;
}

int netdev_open(struct netdev_loop *loop, const struct netdev_options *options, struct netdev **out)
{
	uint32_t index = if_nametoindex(options->name);
	struct netdev *netdev;
	int result;

	if (index == 0)
		return errno == 0 ? -ENODEV : -errno;
	netdev = calloc(1, sizeof(*netdev));
	if (!netdev)
		return -ENOMEM;
	netdev->loop = loop;
	netdev->context = options->context;
	/* Protocol 0: receives nothing until it is bound to the device. */
	netdev->socket = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	result = netdev->socket < 0 ? -errno : check_ethernet(netdev->socket, options->name);
	if (result == 0)
		result = configure(netdev->socket);
	if (result == 0)
		result = load_programs(loop);
	if (result == 0)
		result = listen_to(netdev, index);
	if (result != 0) {
		if (netdev->socket >= 0)
			close(netdev->socket);
		free(netdev);
		return result;
	}
	*out = netdev;
	return 0;
}

/* Until the loop has done with all that it was told of before. */
static void wait_for_round(struct netdev_loop *loop)
{
	uint64_t one = 1;
	unsigned int round;

	pthread_mutex_lock(&loop->mutex);
	round = atomic_fetch_add(&loop->rounds_asked, 1) + 1;
	while (write(loop->wakeup, &one, sizeof(one)) < 0 && errno == EINTR)
		;
	while ((int)(loop->rounds_answered - round) < 0)
		pthread_cond_wait(&loop->answered, &loop->mutex);
	pthread_mutex_unlock(&loop->mutex);
}

void netdev_close(struct netdev_loop *loop, struct netdev *netdev)
{
	/* ENOENT: the loop has taken it out already, its device is gone. */
	(void)epoll_ctl(loop->epoll, EPOLL_CTL_DEL, netdev->socket, NULL);
	wait_for_round(loop);
	hook_close(&netdev->hook, netdev_gone(netdev));
	close(netdev->socket);
	free(netdev);
}

bool netdev_gone(const struct netdev *netdev)
{
	struct sockaddr_ll address = { 0 };
	socklen_t size = sizeof(address);

	if (getsockname(netdev->socket, (struct sockaddr *)&address, &size) < 0)
		return true;
	return address.sll_ifindex != (int)netdev->hook.index;
}

void netdev_count(const struct netdev *netdev, struct netdev_counts *counts)
{
	_Atomic uint64_t *overrun = (_Atomic uint64_t *)&netdev->overrun; /* reading moves it */
	struct tpacket_stats news = { 0 };
	socklen_t size = sizeof(news);

	if (getsockopt(netdev->socket, SOL_PACKET, PACKET_STATISTICS, &news, &size) == 0)
		atomic_fetch_add(overrun, news.tp_drops);
	counts->received = atomic_load(&netdev->received);
	counts->sent = atomic_load(&netdev->sent);
	counts->to_kernel = atomic_load(&netdev->to_kernel);
	counts->receive_dropped = atomic_load(overrun) + atomic_load(&netdev->unreadable);
	counts->send_dropped = atomic_load(&netdev->send_dropped);
}

uint32_t netdev_mtu(const struct netdev *netdev)
{
	struct ifreq request = { .ifr_ifindex = (int)netdev->hook.index };

	/* By its index: names change. */
	if (ioctl(netdev->socket, SIOCGIFNAME, &request) < 0 ||
	    ioctl(netdev->socket, SIOCGIFMTU, &request) < 0)
		return 0;
	return (uint32_t)request.ifr_mtu;
}
