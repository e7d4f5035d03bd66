/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The programs of programs/, which know nothing of softnic, between network namespaces: what the kernels at
 * the far ends send and get, and what the programs count. Takes the directory with the compiled programs.
 */
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "wires.h"

#define OUTPUT_MAX 65536
#define PATIENCE_MS 20000

static const char *directory;

static struct {
	pid_t pid;
	int output;
	char said[OUTPUT_MAX];
	size_t length;
} program;

/* Reads on until it said `what`, or nothing more. */
static void listen_for(const char *what)
{
	uint64_t end = now_us() + PATIENCE_MS * UINT64_C(1000);

	while (what == NULL || strstr(program.said, what) == NULL) {
		struct pollfd ready = { .fd = program.output, .events = POLLIN };
		ssize_t length;

		CHECK(now_us() < end);
		if (poll(&ready, 1, 100) <= 0)
			continue;
		length = read(program.output, program.said + program.length,
			      OUTPUT_MAX - 1 - program.length);
		CHECK(length >= 0);
		program.length += (size_t)length;
		program.said[program.length] = '\0';
		if (length == 0 && what != NULL)
			fprintf(stderr, "%s", program.said);
		CHECK(length > 0 || what == NULL);
		if (length == 0)
			return;
	}
}

static void start(const char *name, const char *ports, char *const arguments[])
{
	char path[4096];
	int ends[2];

	CHECK(snprintf(path, sizeof(path), "%s/%s", directory, name) < (int)sizeof(path));
	CHECK_EQUAL(pipe(ends), 0);
	memset(&program, 0, sizeof(program));
	go_to(NIC);
	program.pid = fork();
	CHECK(program.pid >= 0);
	if (program.pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* also when a check fails */
		setenv("SOFTNIC_PORTS", ports, 1);
		dup2(ends[1], STDOUT_FILENO);
		close(ends[0]);
		close(ends[1]);
		execv(path, arguments);
		_exit(127);
	}
	close(ends[1]);
	program.output = ends[0];
	listen_for("ready");
}

static void stop(void)
{
	int status;

	CHECK_EQUAL(kill(program.pid, SIGTERM), 0);
	listen_for(NULL);
	CHECK_EQUAL(waitpid(program.pid, &status, 0), program.pid);
	if (status != 0)
		fprintf(stderr, "%s", program.said);
	CHECK_EQUAL(status, 0);
	close(program.output);
}

/* What it said after "counted what: ". */
static long long counted(const char *what)
{
	char line[128];
	const char *at;

	CHECK(snprintf(line, sizeof(line), "counted %s: ", what) < (int)sizeof(line));
	at = strstr(program.said, line);
	CHECK(at != NULL);
	return atoll(at + strlen(line));
}

/* What a host's eth0 gets from now on. */
static int listener(enum place place)
{
	int result;

	go_to(place);
	result = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, htons(ETH_P_ALL));
	go_to(NIC);
	CHECK(result >= 0);
	return result;
}

struct seen {
	unsigned int count; /* IPv4 UDP datagrams to the port */
	uint8_t frame[2048]; /* the first of them */
};

static struct seen seen_by(int socket, uint16_t port)
{
	struct seen seen = { 0 };
	uint8_t frame[2048] = { 0 };
	struct sockaddr_ll from;
	socklen_t size = sizeof(from);

	while (recvfrom(socket, frame, sizeof(frame), 0, (struct sockaddr *)&from, &size) > 0) {
		size = sizeof(from);
		if (from.sll_pkttype == PACKET_OUTGOING || memcmp(frame + 12, "\x08\x00\x45", 3) != 0 ||
		    frame[23] != IPPROTO_UDP || (frame[36] << 8 | frame[37]) != port)
			continue;
		if (seen.count++ == 0)
			memcpy(seen.frame, frame, sizeof(frame));
	}
	close(socket);
	return seen;
}

static void neighbour(enum place place, const char *address, const char *mac)
{
	run(place, "ip neigh replace %s lladdr %s dev eth0", address, mac);
}

static void acl_decides(void)
{
	char *const arguments[] = { "switch_acl", "-r", "pci/0000:03:00.0,pf0vf[0-1]", NULL };

	for (int host = 0; host < 3; host++)
		for (int other = 0; other < 3; other++)
			if (other != host)
				run((enum place)(HOST0 + host),
				    "ip neigh replace 10.0.0.%d lladdr 02:00:00:00:00:0%d dev eth0",
				    other + 1, other + 1);
	start("switch_acl", "p0=port2;pf0vf0=port0;pf0vf1=port1", arguments);
	CHECK(reaches(HOST0, "10.0.0.2", 5000));
	CHECK(ping(HOST0, "10.0.0.2", 5000, 10) > 0);
	CHECK(ping(HOST2, "10.0.0.2", 5005, 10) > 0);
	CHECK(ping(HOST0, "10.0.0.2", 5005, 1) < 0);
	CHECK(ping(HOST0, "10.0.0.2", 5010, 1) < 0);
	CHECK(stream(HOST0, "10.0.0.2", 80, 1 << 20) > 0);
	CHECK(stream(HOST2, "10.0.0.2", 80, 1) < 0);
	stop();
	CHECK_EQUAL(counted("denied"), 1);
	CHECK(counted("to VF 1") >= 21 + (1 << 20) / 1460);
	CHECK(counted("to VF 0") >= 11);
	CHECK(counted("to the wire") >= 10);
}

static void routes_lead_into_tunnels(void)
{
	char *const arguments[] = { "lpm_vxlan", "-r", "pci/03:00.0,pf0vf0", "--rep", "pci/03:00.0,pf0vf1",
				    NULL };
	int wire = listener(HOST2);
	struct seen seen;

	for (int host = 0; host < 2; host++) {
		run((enum place)(HOST0 + host),
		    "ip link set eth0 mtu 1450 && ip route add 10.1.0.0/16 via 10.0.0.254");
		neighbour((enum place)(HOST0 + host), "10.0.0.254", "02:00:00:00:00:fe");
	}
	run(HOST2, "ip address add 172.16.0.2/24 dev eth0");
	neighbour(HOST2, "172.16.0.1", "02:00:00:00:00:fe");
	for (int i = 1; i <= 2; i++)
		run(HOST2,
		    "d=vxlan%d &&"
		    "ip link add $d address 02:00:00:00:0%d:00 type vxlan id %d00 remote 172.16.0.1 dstport 4789 &&"
		    "ip link set $d mtu 1450 up && ip address add 10.1.%d.2/32 dev $d &&"
		    "ip route add 10.0.0.%d dev $d && ip neigh add 10.0.0.%d lladdr 02:00:00:00:00:0%d dev $d",
		    i, i, i, (i - 1) * 2, i, i, i);
	start("lpm_vxlan", "p0=port2;pf0vf0=port0;pf0vf1=port1", arguments);
	CHECK(reaches(HOST0, "10.1.0.2", 5000));
	CHECK(ping(HOST0, "10.1.0.2", 5000, 10) > 0);
	CHECK(ping(HOST1, "10.1.2.2", 5000, 20) > 0);
	CHECK(stream(HOST0, "10.1.0.2", 80, 1 << 20) > 0);
	CHECK(stream(HOST2, "10.0.0.2", 80, 1 << 20) > 0);
	stop();
	/* The first into VNI 100: outer headers, VXLAN header, inner MAC addresses. */
	seen = seen_by(wire, 4789);
	CHECK(seen.count > 30);
	CHECK_EQUAL(memcmp(seen.frame, "\x02\0\0\0\0\x03\x02\0\0\0\0\xfe", 12), 0);
	CHECK_EQUAL(seen.frame[22], 64);
	CHECK_EQUAL(memcmp(seen.frame + 26, "\xac\x10\0\x01\xac\x10\0\x02", 8), 0);
	CHECK_EQUAL(memcmp(seen.frame + 42, "\x08\0\0\0\0\0\x64\0", 8), 0);
	CHECK_EQUAL(memcmp(seen.frame + 50, "\x02\0\0\0\x01\0\x02\0\0\0\0\xfe", 12), 0);
	CHECK(counted("into VNI 100") >= 11 + (1 << 20) / 1410);
	CHECK(counted("into VNI 200") >= 20);
	CHECK(counted("out of VNI 100") >= 11);
	CHECK(counted("out of VNI 200") >= 20 + (1 << 20) / 1410);
	for (int host = 0; host < 2; host++)
		run((enum place)(HOST0 + host), "ip link set eth0 mtu 1500 && ip route del 10.1.0.0/16");
	run(HOST2, "ip link del vxlan1 && ip link del vxlan2 && ip address del 172.16.0.2/24 dev eth0");
}

static void unknown_addresses_are_flooded(void)
{
	char *const arguments[] = { "hash_flood", "-r", "pci/0000:03:00.0,pf0vf[0,1]",
				    "-m", "0,02:00:00:00:00:03", "-m", "1,02:00:00:00:00:01", NULL };
	int sockets[3];

	for (int host = 0; host < 3; host++)
		run((enum place)(HOST0 + host), "ip neigh flush dev eth0 nud all");
	neighbour(HOST0, "10.0.0.77", "02:00:00:00:00:77");
	start("hash_flood", "p0=port2;pf0vf0=port0;pf0vf1=port1", arguments);
	/* ARP and neighbour discovery are broadcast and multicast. */
	CHECK(reaches(HOST0, "10.0.0.3", 5000));
	CHECK(reaches(HOST1, "fd00::1", 5000));
	CHECK(reaches(HOST2, "10.0.0.2", 5000));
	/* Whoever is asked for by an address that nobody has: to all others, once, and not back. */
	for (int host = 0; host < 3; host++)
		sockets[host] = listener((enum place)(HOST0 + host));
	CHECK(ping(HOST0, "10.0.0.77", 5077, 1) < 0);
	stop();
	for (int host = 0; host < 3; host++)
		CHECK_EQUAL(seen_by(sockets[host], 5077).count, host != 0);
	CHECK(counted("known") >= 3);
	CHECK(counted("flooded") >= 4);
}

static void addresses_are_rewritten(void)
{
	char *const arguments[] = { "vnf_rewrite", "-a", "pci/0000:03:00.0", "--device=0000:03:00.1", NULL };
	int server = listener(HOST1);
	struct seen seen;

	run(HOST0, "ip neigh flush dev eth0 nud all");
	run(HOST1, "ip neigh flush dev eth0 nud all");
	neighbour(HOST0, "10.0.0.9", "02:00:00:00:00:99");
	start("vnf_rewrite", "p0=port0;p1=port1", arguments);
	CHECK(reaches(HOST0, "10.0.0.9", 5000));
	CHECK(ping(HOST0, "10.0.0.9", 5000, 10) > 0);
	CHECK(stream(HOST0, "10.0.0.9", 80, 1 << 20) > 0);
	/* All else passes. */
	CHECK(reaches(HOST0, "fd00::2", 5000));
	stop();
	seen = seen_by(server, 5000);
	CHECK(seen.count >= 11);
	CHECK_EQUAL(memcmp(seen.frame, "\x02\0\0\0\0\x02\x02\0\0\0\0\x01", 12), 0);
	CHECK_EQUAL(seen.frame[22], 63);
	CHECK_EQUAL(memcmp(seen.frame + 26, "\x0a\0\0\x01\x0a\0\0\x02", 8), 0);
	CHECK(counted("to the server") >= 11 + (1 << 20) / 1460);
	CHECK(counted("to clients") >= 11);
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
		return 2;
	}
	if (geteuid() != 0) {
		printf("needs root\n");
		return CHECK_SKIPPED;
	}
	directory = argv[1];
	wires_create();
	for (int host = 0; host < 3; host++) {
		enum place place = (enum place)(HOST0 + host);

		serve_udp(place, 5000);
		serve_udp(place, 5005);
		serve_udp(place, 5010);
		serve_tcp(place, 80);
	}
	acl_decides();
	routes_lead_into_tunnels();
	unknown_addresses_are_flooded();
	addresses_are_rewritten();
	wires_destroy();
	return 0;
}
