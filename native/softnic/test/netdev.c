/* SPDX-License-Identifier: Apache-2.0 */
/* Frames through netdevs, in network namespaces that live as long as this process. */
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "check.h"
#include "near.h"

static void frames_go_both_ways(void)
{
	double first, second;

	set_fate(FORWARD);
	first = ping(HOST0, "10.0.0.2", ECHO, 1000);
	second = ping(HOST1, "fd00::1", ECHO, 1000);
	printf("round trip: %.0f µs, %.0f µs\n", first, second);
	CHECK(first > 0 && second > 0);
}

static void streams_arrive(void)
{
	static const char *const to[] = { "10.0.0.2", "fd00::2" };

	for (unsigned int i = 0; i < 2; i++) {
		double rate;

		set_fate(FORWARD);
		rate = stream(HOST0, to[i], SINK, 32 << 20);
		printf("TCP to %s: %.0f MB/s\n", to[i], rate);
		CHECK(rate > 0);
		/* Cut to the MTU, whatever the sender left to its device. */
		CHECK_EQUAL(ports[0].longest, 1514);
	}
}

static void datagrams_are_cut(void)
{
	set_fate(FORWARD);
	CHECK_EQUAL(ping_cut(HOST0, "10.0.0.2", ECHO, 10500, 1000), 11);
	CHECK_EQUAL(ping_cut(HOST0, "fd00::2", ECHO, 20000, 1400), 15);
	CHECK_EQUAL(ports[0].longest, 1400 + 8 + 40 + 14);
}

/* What a host sends below its stack: frames of any kind, with what is left to the device. */
static int raw_socket(enum place place)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET };
	int result, one = 1;

	go_to(place);
	to.sll_ifindex = (int)if_nametoindex("eth0");
	result = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	CHECK(result >= 0);
	CHECK_EQUAL(setsockopt(result, SOL_PACKET, PACKET_VNET_HDR, &one, sizeof(one)), 0);
	CHECK_EQUAL(bind(result, (struct sockaddr *)&to, sizeof(to)), 0);
	go_to(NIC);
	return result;
}

/* The kernel takes a tag off before anybody sees the frame; also off a frame that is to be cut. */
static void tags_are_kept(void)
{
	static const uint16_t types[] = { 0x8100, 0x88a8 };
	uint8_t frame[4200] = { 2, [6] = 2, [14] = 0x20, 5, 8, 0 /* IPv4 */, 0x45, [26] = 64, IPPROTO_TCP,
				[30] = 10, 0, 0, 1, 10, 0, 0, 2, [50] = 0x50, 0x10 };
	struct virtio_net_hdr offload = { .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
					  .gso_type = VIRTIO_NET_HDR_GSO_TCPV4, .gso_size = 1000,
					  .csum_start = 38, .csum_offset = 16, .hdr_len = 58 };
	struct iovec vectors[] = { { &offload, sizeof(offload) }, { frame, 58 + 4001 } };
	int host = raw_socket(HOST0);

	for (unsigned int i = 0; i < 2; i++) {
		frame[12] = (uint8_t)(types[i] >> 8);
		frame[13] = (uint8_t)types[i];
		frame[20] = (uint8_t)((vectors[1].iov_len - 18) >> 8);
		frame[21] = (uint8_t)(vectors[1].iov_len - 18);
		set_fate(DROP);
		CHECK_EQUAL(writev(host, vectors, 2), sizeof(offload) + vectors[1].iov_len);
		for (unsigned int wait = 0; wait < 100 && ports[0].tagged < 5; wait++)
			usleep(10000);
		CHECK_EQUAL(ports[0].tagged, 5);
		CHECK_EQUAL(ports[0].right, 5);
		CHECK_EQUAL(ports[0].tag, htonl((uint32_t)types[i] << 16 | 0x2005));
		CHECK_EQUAL(ports[0].longest, 58 + 1000);
	}
	close(host);
}

static void a_tunnel_is_cut_inside(void)
{
	static const char *const kinds[] = { "noudpcsum", "udpcsum" };

	for (unsigned int i = 0; i < 2; i++) {
		for (int host = 0; host < 2; host++)
			run(host ? HOST1 : HOST0,
			    "ip link add tunnel type vxlan id 7 local 10.0.0.%d remote 10.0.0.%d dstport 4789 %s &&"
			    "ip link set tunnel up && ip address add 10.0.7.%d/24 dev tunnel",
			    host + 1, 2 - host, kinds[i], host + 1);
		set_fate(FORWARD);
		CHECK(stream(HOST0, "10.0.7.2", SINK, 8 << 20) > 0);
		CHECK_EQUAL(ports[0].longest, 1514);
		for (int host = 0; host < 2; host++)
			run(host ? HOST1 : HOST0, "ip link del tunnel");
	}
}

/* The near device has an address; nothing but the pipes may bring a frame to it. */
static void the_kernel_gets_what_the_pipes_give_it(void)
{
	struct netdev_counts before;

	run(NIC, "ip address add 10.0.0.254/24 dev port0; ip address add fd00::254/64 dev port0 nodad;"
		 "echo 0 >/proc/sys/net/ipv4/conf/port0/rp_filter");
	set_fate(DROP);
	before = counts(0);
	CHECK(ping(HOST0, "10.0.0.254", ECHO, 1) < 0);
	CHECK(counts(0).received > before.received);
	CHECK_EQUAL(counts(0).to_kernel, before.to_kernel);
	run(HOST0, "ip neighbour flush dev eth0");
	set_fate(TO_KERNEL);
	CHECK(ping(HOST0, "10.0.0.254", ECHO, 10) > 0); /* and ARP before it */
	CHECK(ping(HOST0, "fd00::254", ECHO, 10) > 0);  /* and neighbour discovery, which is multicast */
	CHECK(stream(HOST0, "10.0.0.254", SINK, 4 << 20) > 0);
	CHECK(stream(HOST0, "fd00::254", SINK, 4 << 20) > 0);
	CHECK_EQUAL(ping_cut(HOST0, "10.0.0.254", ECHO, 5000, 1000), 5);
	/* Known by now, so it is not for want of an address. */
	set_fate(DROP);
	CHECK(ping(HOST0, "10.0.0.254", ECHO, 1) < 0);
	CHECK(stream(HOST0, "10.0.0.254", SINK, 1) < 0);
	CHECK(counts(0).to_kernel > before.to_kernel);
	run(NIC, "ip address flush dev port0");
	run(HOST0, "ip neighbour flush dev eth0");
}

static void what_a_device_does_not_take_is_counted(void)
{
	static uint8_t frame[65000] = { 2, [6] = 2, [12] = 0x88, [13] = 0xb5 };
	struct packet packet = { .data = frame, .length = 1514 };
	struct netdev_counts before = counts(0), after;

	set_fate(DROP);
	CHECK_EQUAL(netdev_mtu(ports[0].netdev), 1500);
	enter();
	netdev_send(ports[0].netdev, &packet);
	packet.length = 1515;
	netdev_send(ports[0].netdev, &packet);
	packet.length = sizeof(frame);
	netdev_to_kernel(ports[0].netdev, &packet);
	leave();
	after = counts(0);
	CHECK_EQUAL(after.sent - before.sent, 1);
	CHECK_EQUAL(after.to_kernel - before.to_kernel, 0);
	CHECK_EQUAL(after.send_dropped - before.send_dropped, 2);
	run(NIC, "ip link set port0 down");
	packet.length = 60;
	enter();
	netdev_send(ports[0].netdev, &packet);
	netdev_send(ports[0].netdev, &packet);
	leave();
	CHECK_EQUAL(counts(0).send_dropped - after.send_dropped, 2);
	run(NIC, "ip link set port0 up mtu 9000");
	CHECK_EQUAL(netdev_mtu(ports[0].netdev), 9000);
	run(NIC, "ip link set port0 mtu 1500");
	set_fate(FORWARD);
	CHECK(reaches(HOST0, "10.0.0.2", ECHO)); /* up and down is no reason to stop */
}

/* How fast small frames are read, and that every one is accounted for. */
static void small_frames_come_fast(void)
{
	uint8_t frame[60] = { 2, [6] = 2, [12] = 0x88, [13] = 0xb5 };
	struct virtio_net_hdr nothing = { 0 };
	struct iovec vectors[] = { { &nothing, sizeof(nothing) }, { frame, sizeof(frame) } };
	struct mmsghdr messages[64] = { 0 };
	struct netdev_counts before, after;
	uint64_t begun, sent = 0, busy, time, at_once, lost;
	int host = raw_socket(HOST0);

	for (unsigned int i = 0; i < 64; i++)
		messages[i].msg_hdr = (struct msghdr){ .msg_iov = vectors, .msg_iovlen = 2 };
	set_fate(DROP);
	before = counts(0);
	begun = now_us();
	busy = busy_us();
	while (now_us() - begun < 500000) {
		int count = sendmmsg(host, messages, 64, 0);

		CHECK(count > 0);
		sent += (uint64_t)count;
	}
	time = now_us() - begun;
	busy = busy_us() - busy;
	at_once = counts(0).received - before.received;
	/* What waits in the socket still has to be read. */
	do {
		usleep(10000);
		after = counts(0);
		lost = after.receive_dropped - before.receive_dropped;
	} while (after.received - before.received + lost < sent && now_us() - begun < 5000000);
	printf("small frames: %.0f k/s sent, %.0f k/s received, %.2f processors\n",
	       (double)sent * 1e3 / (double)time, (double)at_once * 1e3 / (double)time,
	       (double)busy / (double)time);
	/* A few of the hosts' own (neighbour and listener reports) may be among them. */
	CHECK(after.received - before.received + lost >= sent);
	close(host);
}

static void the_clock_ticks(void)
{
	unsigned int before = ticks;

	usleep(300000);
	CHECK(ticks - before >= 10 && ticks - before <= 31);
}

int main(void)
{
	if (geteuid() != 0)
		return CHECK_SKIPPED;
	near_create();
	frames_go_both_ways();
	streams_arrive();
	datagrams_are_cut();
	tags_are_kept();
	a_tunnel_is_cut_inside();
	the_kernel_gets_what_the_pipes_give_it();
	what_a_device_does_not_take_is_counted();
	small_frames_come_fast();
	the_clock_ticks();
	near_destroy();
	return 0;
}
