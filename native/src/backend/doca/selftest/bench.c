/* SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "../../../abi/error.h"
#include "../device.h"

#define CONNECTIONS 1024u /* asked for, never made */

static int open_vf(uint32_t ifindex, struct hyp_error *error)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET,
				       .sll_protocol = htons(ETH_P_ALL),
				       .sll_ifindex = (int)ifindex };
	struct ifreq request = { 0 };
	int one = 1;
	int vf;

	if (!if_indextoname(ifindex, request.ifr_name))
		return hyp_fail(error, -ENODEV, "there is no VF with index %u here", ifindex);
	vf = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (vf < 0)
		return hyp_fail(error, -errno, "no packet socket: %s", strerror(errno));
	if (ioctl(vf, SIOCGIFFLAGS, &request) == 0) {
		request.ifr_flags |= IFF_UP;
		if (ioctl(vf, SIOCSIFFLAGS, &request) == 0 &&
		    setsockopt(vf, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof(one)) == 0 &&
		    bind(vf, (const struct sockaddr *)&address, sizeof(address)) == 0)
			return vf;
	}
	hyp_fail(error, -errno, "%s: %s", request.ifr_name, strerror(errno));
	close(vf);
	return -EIO;
}

int bench_open(struct bench *bench, const struct selftest_options *options, struct hyp_error *error)
{
	const struct hyp_dataplane_options flow = { .size = sizeof(flow),
						    .connections_max = CONNECTIONS };
	int result;

	for (int i = 0; i < 2; i++) {
		bench->vf[i] = open_vf(options->vfs[i], error);
		if (bench->vf[i] < 0)
			return bench->vf[i];
	}
	result = device_open(&bench->doca.device, options->address, &flow, error);
	for (int i = 0; result == 0 && i < 2; i++)
		result = device_attach(&bench->doca.device, options->representors[i], &bench->port[i],
				       error);
	return result == 0 ? queue_open(&bench->doca.device, &bench->doca.queue, error) : result;
}

void bench_close(struct bench *bench)
{
	bench_clear(bench);
	if (bench->doca.queue)
		queue_close(bench->doca.queue);
	device_close(&bench->doca.device);
	for (int i = 0; i < 2; i++) {
		if (bench->vf[i] >= 0)
			close(bench->vf[i]);
	}
}

void bench_say(struct bench *bench, const char *assumption, bool holds, const char *format, ...)
{
	char seen[256];
	va_list arguments;

	if (bench->broken) {
		bench->report(bench->context, assumption, FAILS, bench->error.message);
		return;
	}
	va_start(arguments, format);
	vsnprintf(seen, sizeof(seen), format, arguments);
	va_end(arguments);
	bench->report(bench->context, assumption, holds ? HOLDS : FAILS, seen);
}

struct pipe_draft bench_draft(const char *name)
{
	return (struct pipe_draft){ .name = name,
				    .entries = 16,
				    .type = DOCA_FLOW_PIPE_BASIC,
				    .domain = DOCA_FLOW_PIPE_DOMAIN_DEFAULT,
				    .miss = fwd_drop() };
}

struct doca_flow_pipe *bench_pipe(struct bench *bench, const struct pipe_draft *draft)
{
	struct doca_flow_pipe *pipe = NULL;

	if (bench->broken)
		return NULL;
	if (bench->pipe_count == BENCH_PIPES_MAX ||
	    draft_make(&bench->doca, draft, &pipe, &bench->error) != 0) {
		bench->broken = true;
		return NULL;
	}
	bench->pipes[bench->pipe_count++] = pipe;
	return pipe;
}

static struct nic_entry *added(struct bench *bench, struct nic_entry *entry, int result)
{
	if (result == 0)
		result = entries_complete(bench->doca.device.manager);
	if (result == 0 && entry->state == ENTRY_PRESENT)
		return entry;
	bench->broken = true;
	hyp_fail(&bench->error, -EIO, "the NIC refused an entry: %s",
		 result == 0 ? "it completed with an error" : strerror(-result));
	return NULL;
}

struct nic_entry *bench_entry(struct bench *bench, struct doca_flow_pipe *pipe,
			      const struct doca_flow_match *match,
			      const struct doca_flow_actions *actions,
			      const struct doca_flow_monitor *monitor, const struct doca_flow_fwd *fwd)
{
	struct nic_entry *entry = &bench->entries[bench->entry_count];

	if (bench->broken || bench->entry_count == BENCH_ENTRIES_MAX)
		return NULL;
	bench->entry_count++;
	return added(bench, entry,
		     entry_add(entry, bench->doca.device.manager, pipe, match, 0, actions, monitor, fwd));
}

struct nic_entry *bench_control(struct bench *bench, struct doca_flow_pipe *pipe,
				const struct control_draft *draft, const struct doca_flow_fwd *fwd)
{
	struct nic_entry *entry = &bench->entries[bench->entry_count];

	if (bench->broken || bench->entry_count == BENCH_ENTRIES_MAX)
		return NULL;
	bench->entry_count++;
	return added(bench, entry,
		     entry_add_control(entry, bench->doca.device.manager, pipe, &draft->match,
				       &draft->mask, 0, fwd));
}

void bench_clear(struct bench *bench)
{
	uint8_t frame[BENCH_FRAME_BYTES];
	uint32_t pkt_meta;

	while (bench->pipe_count > 0)
		doca_flow_pipe_destroy(bench->pipes[--bench->pipe_count]);
	entries_forget();
	memset(bench->entries, 0, sizeof(bench->entries));
	bench->entry_count = 0;
	bench->broken = false;
	if (!bench->doca.queue)
		return;
	while (bench_punted(bench, frame, &pkt_meta, 0) > 0)
		;
	for (int i = 0; i < 2; i++) {
		while (bench_receive(bench, i, frame, 0) > 0)
			;
	}
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail with this clock and a valid pointer */
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void bench_send(struct bench *bench, int vf, const uint8_t *frame, uint32_t length)
{
	if (send(bench->vf[vf], frame, length, 0) >= 0)
		return;
	bench->broken = true;
	hyp_fail(&bench->error, -errno, "a VF does not send: %s", strerror(errno));
}

static bool is_ours(const uint8_t *frame, uint32_t length)
{
	return length > ETH_HLEN && frame[0] == bench_destination_mac[0] &&
	       memcmp(frame + 1, bench_destination_mac + 1, 4) == 0;
}

uint32_t bench_receive(struct bench *bench, int vf, uint8_t *frame, uint32_t timeout_ms)
{
	uint64_t end = now_ms() + timeout_ms;

	for (;;) {
		struct pollfd wait = { .fd = bench->vf[vf], .events = POLLIN };
		uint64_t now = now_ms();
		ssize_t length;

		if (poll(&wait, 1, now < end ? (int)(end - now) : 0) <= 0)
			return 0;
		length = recv(bench->vf[vf], frame, BENCH_FRAME_BYTES, MSG_DONTWAIT);
		if (length > 0 && is_ours(frame, (uint32_t)length))
			return (uint32_t)length;
		if (length < 0 || now >= end)
			return 0;
	}
}

uint32_t bench_punted(struct bench *bench, uint8_t *frame, uint32_t *pkt_meta, uint32_t timeout_ms)
{
	uint64_t end = now_ms() + timeout_ms;
	struct punted punted;

	do {
		uint64_t now = now_ms();

		if (queue_receive(bench->doca.queue, &punted, frame, BENCH_FRAME_BYTES,
				  now < end ? (end - now) * 1000 : 0) == 1 &&
		    is_ours(frame, punted.length)) {
			*pkt_meta = punted.pkt_meta;
			return punted.length;
		}
	} while (now_ms() < end);
	return 0;
}
