/* SPDX-License-Identifier: Apache-2.0 */
#include <netinet/in.h>

#include "pipe_fixture.h"

#define PIPES_MAX 256u
#define SHARED_ROOM 4u

struct nic nic;
struct doca_flow_port port;
struct walk walk;
struct fate fates[FATES_MAX];
size_t nr_fates;

static struct doca_flow_pipe *pipes[PIPES_MAX];
static size_t nr_pipes;
static uint8_t room[PACKET_HEADROOM + 2048 + 64];

static void record(enum fate_kind kind, uint32_t where, const struct packet *packet)
{
	struct fate *fate = &fates[nr_fates];

	CHECK(nr_fates < FATES_MAX);
	CHECK(packet->length <= sizeof(fate->frame));
	nr_fates++;
	fate->kind = kind;
	fate->where = where;
	fate->packet = *packet;
	memcpy(fate->frame, packet->data, packet->length);
}

static void to_port(void *context, uint16_t port_id, struct packet *packet)
{
	CHECK(context == &nic);
	record(FATE_PORT, port_id, packet);
}

static void to_software(void *context, uint16_t queue, struct packet *packet)
{
	(void)context;
	record(FATE_SOFTWARE, queue, packet);
}

static void to_kernel(void *context, struct packet *packet)
{
	(void)context;
	record(FATE_KERNEL, 0, packet);
}

static const struct outlet outlet = {
	.port = to_port,
	.software = to_software,
	.kernel = to_kernel,
	.context = &nic,
};

void fixture_begin(void)
{
	memset(&nic, 0, sizeof(nic));
	memset(&port, 0, sizeof(port));
	memset(&walk, 0, sizeof(walk));
	walk.outlet = &outlet;
	walk.default_miss = MISS_DROP;
	walk.source_port = SOURCE_PORT_ZERO;
	walk.now_ns = 1000000000;
	walk.random = 1;
	port.nic = &nic;
	port.manager = &port;
	for (size_t type = 0; type < NIC_RESOURCES; type++) {
		nic.shared_budget[type].room = SHARED_ROOM;
		nic.shared[type] = calloc(SHARED_ROOM, sizeof(struct shared_resource));
		CHECK(nic.shared[type] != NULL);
	}
}

static void entries_free(struct doca_flow_pipe *pipe)
{
	while (pipe->first_entry != NULL)
		entry_remove(pipe->first_entry);
}

void pipe_drop(struct doca_flow_pipe *pipe)
{
	for (size_t i = 0; i < nr_pipes; i++) {
		if (pipes[i] == pipe)
			pipes[i] = pipes[--nr_pipes];
	}
	entries_free(pipe);
	pipe_demolish(pipe);
	free(pipe);
}

void fixture_end(void)
{
	while (nr_pipes != 0)
		pipe_drop(pipes[nr_pipes - 1]);
	for (size_t type = 0; type < NIC_RESOURCES; type++) {
		for (size_t i = 0; i < SHARED_ROOM; i++) {
			if (nic.shared[type][i].meter != NULL)
				meter_free(nic.shared[type][i].meter);
		}
		free(nic.shared[type]);
	}
}

static doca_error_t make(const struct pipe_spec *spec, struct doca_flow_pipe **out)
{
	struct doca_flow_pipe *pipe = calloc(1, sizeof(*pipe));
	doca_error_t result;

	CHECK(pipe != NULL && nr_pipes < PIPES_MAX);
	pipe->nic = &nic;
	pipe->port = &port;
	pipe->spec = *spec;
	result = pipe_build(pipe);
	if (result != DOCA_SUCCESS) {
		CHECK(pipe->table == NULL && pipe->match == NULL && pipe->fwd == NULL);
		free(pipe);
		return result;
	}
	pipes[nr_pipes++] = pipe;
	*out = pipe;
	return DOCA_SUCCESS;
}

struct doca_flow_pipe *pipe_new(const struct pipe_spec *spec)
{
	struct doca_flow_pipe *pipe = NULL;

	CHECK_EQUAL(make(spec, &pipe), DOCA_SUCCESS);
	return pipe;
}

doca_error_t pipe_try(const struct pipe_spec *spec)
{
	struct doca_flow_pipe *pipe;

	return make(spec, &pipe);
}

static doca_error_t add(struct doca_flow_pipe *pipe, const struct entry_spec *spec,
			struct doca_flow_pipe_entry **out)
{
	struct doca_flow_pipe_entry *entry;
	doca_error_t result = entry_compile(pipe, spec, &entry);

	if (result != DOCA_SUCCESS)
		return result;
	CHECK(!entry->visible);
	result = entry_insert(entry);
	if (result != DOCA_SUCCESS) {
		CHECK(!entry->visible);
		entry_free(entry);
		return result;
	}
	CHECK(entry->visible && entry->last_hit_ns != 0);
	entry->pipe_next = pipe->first_entry;
	entry->pipe_link = &pipe->first_entry;
	if (entry->pipe_next != NULL)
		entry->pipe_next->pipe_link = &entry->pipe_next;
	pipe->first_entry = entry;
	*out = entry;
	return DOCA_SUCCESS;
}

struct doca_flow_pipe_entry *entry_new(struct doca_flow_pipe *pipe, const struct entry_spec *spec)
{
	struct doca_flow_pipe_entry *entry = NULL;

	CHECK_EQUAL(add(pipe, spec, &entry), DOCA_SUCCESS);
	return entry;
}

doca_error_t entry_try(struct doca_flow_pipe *pipe, const struct entry_spec *spec)
{
	struct doca_flow_pipe_entry *entry;

	return add(pipe, spec, &entry);
}

void entry_remove(struct doca_flow_pipe_entry *entry)
{
	*entry->pipe_link = entry->pipe_next;
	if (entry->pipe_next != NULL)
		entry->pipe_next->pipe_link = entry->pipe_link;
	entry_withdraw(entry);
	entry_withdraw(entry); /* the second time it does nothing */
	entry_free(entry);
}

doca_error_t entry_update(struct doca_flow_pipe_entry *entry, const struct entry_spec *spec)
{
	struct entry_change *change;
	doca_error_t result = entry_change_compile(entry, spec, &change);

	if (result == DOCA_SUCCESS)
		entry_change_apply(entry, change);
	return result;
}

struct pipe_spec basic_to(uint16_t port_id)
{
	return (struct pipe_spec){
		.name = "basic",
		.type = DOCA_FLOW_PIPE_BASIC,
		.nr_entries = 64,
		.has_fwd = true,
		.fwd = { .type = DOCA_FLOW_FWD_PORT, .port_id = port_id },
		.has_miss = true,
		.miss = { .type = DOCA_FLOW_FWD_DROP },
	};
}

static uint8_t *put16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
	return at + 2;
}

static uint8_t *put32(uint8_t *at, uint32_t value)
{
	return put16(put16(at, (uint16_t)(value >> 16)), (uint16_t)value);
}

static uint16_t sum_of(const uint8_t *bytes, uint32_t length, uint32_t sum)
{
	for (uint32_t i = 0; i < length; i++)
		sum += (uint32_t)bytes[i] << (i % 2 == 0 ? 8 : 0);
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* Transport header with its checksum; its length. */
static uint32_t put_transport(uint8_t *at, uint8_t proto, uint16_t sport, uint16_t dport,
			      uint32_t payload, uint32_t pseudo)
{
	uint32_t length = payload + (proto == IPPROTO_TCP ? 20 : 8);
	uint16_t sum;

	memset(at, 0, length);
	put16(put16(at, sport), dport);
	if (proto == IPPROTO_TCP) {
		put32(at + 4, 5); /* sequence number */
		at[12] = 5 << 4;
		at[13] = 0x10; /* ACK */
		put16(at + 14, 1000);
	} else if (proto == IPPROTO_UDP) {
		put16(at + 4, (uint16_t)length);
	} else {
		at[0] = 8; /* echo */
		at[1] = at[2] = at[3] = 0;
	}
	pseudo += proto + length;
	sum = sum_of(at, length, proto == IPPROTO_ICMP ? 0 : pseudo);
	put16(at + (proto == IPPROTO_TCP ? 16 : proto == IPPROTO_UDP ? 6 : 2), sum);
	return length;
}

static uint8_t *put_ethernet(uint8_t *at, uint16_t tag, uint16_t type)
{
	static const uint8_t macs[] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1 };

	memcpy(at, macs, sizeof(macs));
	at += sizeof(macs);
	if (tag != 0)
		at = put16(put16(at, 0x8100), tag);
	return put16(at, type);
}

struct frame frame_ip4(struct tuple tuple)
{
	struct frame frame = { .length = 0 };
	uint8_t *ip = put_ethernet(frame.bytes, tuple.tag, 0x0800);
	uint32_t pseudo = (tuple.src >> 16) + (tuple.src & 0xffff) + (tuple.dst >> 16) +
			  (tuple.dst & 0xffff);
	uint32_t length = put_transport(ip + 20, tuple.proto, tuple.sport, tuple.dport,
					tuple.payload, pseudo);

	ip[0] = 0x45;
	put16(ip + 2, (uint16_t)(20 + length));
	put16(ip + 6, tuple.fragment);
	ip[8] = 64;
	ip[9] = tuple.proto;
	put32(put32(ip + 12, tuple.src), tuple.dst);
	put16(ip + 10, sum_of(ip, 20, 0));
	frame.length = (uint32_t)(ip - frame.bytes) + 20 + length;
	return frame;
}

struct frame frame_ip6(uint16_t last_of_src, uint16_t last_of_dst, uint8_t proto, uint16_t sport,
		       uint16_t dport)
{
	struct frame frame = { .length = 0 };
	uint8_t *ip = put_ethernet(frame.bytes, 0, 0x86dd);
	uint32_t pseudo = 2 * 0xfd00 + (uint32_t)last_of_src + last_of_dst;
	uint32_t length = put_transport(ip + 40, proto, sport, dport, 0, pseudo);

	ip[0] = 0x60;
	put16(ip + 4, (uint16_t)length);
	ip[6] = proto;
	ip[7] = 64;
	put16(ip + 8, 0xfd00);
	put16(ip + 22, last_of_src);
	put16(ip + 24, 0xfd00);
	put16(ip + 38, last_of_dst);
	frame.length = (uint32_t)(ip - frame.bytes) + 40 + length;
	return frame;
}

struct frame frame_arp(void)
{
	static const uint8_t arp[] = { 0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1,
				       10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 10, 0, 0, 2 };
	struct frame frame = { .length = 0 };
	uint8_t *at = put_ethernet(frame.bytes, 0, 0x0806);

	memcpy(at, arp, sizeof(arp));
	frame.length = (uint32_t)(at - frame.bytes) + sizeof(arp);
	return frame;
}

struct frame frame_vxlan(uint32_t vni, const struct frame *inner)
{
	struct frame frame = frame_ip4((struct tuple){
		.src = IP(172, 16, 0, 1),
		.dst = IP(172, 16, 0, 2),
		.proto = IPPROTO_UDP,
		.sport = 50000,
		.dport = 4789,
		.payload = (uint16_t)(8 + inner->length),
	});
	uint8_t *udp = frame.bytes + 34;

	put16(udp + 6, 0);
	udp[8] = 8;
	put32(udp + 12, vni << 8);
	memcpy(udp + 16, inner->bytes, inner->length);
	return frame;
}

static size_t send_out(struct doca_flow_pipe *root, const struct frame *frame, uint16_t from, uint32_t meta)
{
	static struct packet packet;

	CHECK(frame->length <= 2048);
	memset(&packet, 0, sizeof(packet));
	packet.data = room + PACKET_HEADROOM;
	packet.length = frame->length;
	packet.headroom = PACKET_HEADROOM;
	packet.tailroom = 2048 + 64 - frame->length;
	memcpy(packet.data, frame->bytes, frame->length);
	packet_parse(&packet);
	packet.view.parser_meta.port_id = from;
	packet.view.meta.pkt_meta = DOCA_HTOBE32(meta);
	nr_fates = 0;
	walk_packet(&walk, root, &packet);
	return nr_fates;
}

size_t send_frame(struct doca_flow_pipe *root, const struct frame *frame, uint16_t from)
{
	return send_out(root, frame, from, 0xdeadbeef); /* of the packet before */
}

size_t send_software(struct doca_flow_pipe *root, const struct frame *frame, uint32_t meta)
{
	return send_out(root, frame, UINT16_MAX, meta);
}

int port_of(struct doca_flow_pipe *root, const struct frame *frame)
{
	switch (send_frame(root, frame, 0)) {
	case 0:
		return -1;
	case 1:
		return fates[0].kind == FATE_PORT ? (int)fates[0].where : -2;
	default:
		return -2;
	}
}
