/* SPDX-License-Identifier: Apache-2.0 */
/* What the tables come to on the NIC: softnic, without netdevs and without root. */
#include <errno.h>
#include <netinet/in.h>

#include <softnic.h>

#include "../src/backend/doca/assumptions.h"
#include "../src/backend/doca/pipes.h"
#include "../src/backend/doca/tunnel.h"
#include "doca_bench.h"

#define WEB 80
#define CLIENT 40000

static void everything_up(void)
{
	struct batch rows = neighbourhood();

	bench_up();
	CHECK_EQUAL(batch_apply(&rows), 0);
	CHECK_EQUAL(attach_all(), 0);
}

static void what_is_new_is_punted(void)
{
	struct frame frame = tcp(1, 2, CLIENT, WEB, SYN), seen;

	everything_up();
	inject(1, &frame);
	CHECK_EQUAL(punted(&seen), meta(META_FROM_PORT, 1));
	CHECK_EQUAL(seen.length, frame.length);
	CHECK_EQUAL(memcmp(seen.bytes, frame.bytes, frame.length), 0);
	frame = tcp6(1, 2, CLIENT, WEB, SYN);
	CHECK_EQUAL(way(1, &frame), SOFTWARE);
	frame = udp(1, 2, CLIENT, 53, 0);
	CHECK_EQUAL(way(1, &frame), SOFTWARE);
	frame = arp(1, 2);
	CHECK_EQUAL(way(1, &frame), SOFTWARE);
	frame = tcp(2, 1, CLIENT, WEB, SYN); /* spoofed */
	CHECK_EQUAL(way(1, &frame), SOFTWARE);
	frame = tcp(5, 1, CLIENT, WEB, SYN); /* quarantined */
	CHECK_EQUAL(way(5, &frame), SOFTWARE);
	bench_down();
}

static struct established web(uint8_t from, uint8_t to, bool ipv6)
{
	struct established established = {
		.family = ipv6 ? IPV6 : IPV4,
		.source = doca_source(NETWORK, from == REMOTE_HOST ? DOCA_REMOTE | VTEP : from),
		.source_address = { ipv4_of(from) },
		.destination_address = { ipv4_of(to) },
		.source_port = htons(CLIENT),
		.destination_port = htons(WEB),
		.protocol = IPPROTO_TCP,
		.destination = to == REMOTE_HOST ? DOCA_REMOTE | VTEP : to,
		.port = to,
		.remote = to == REMOTE_HOST,
		.aging_seconds = 100,
	};
	union hyp_address source = address6(from), destination = address6(to);

	if (ipv6) {
		memcpy(established.source_address, &source, 16);
		memcpy(established.destination_address, &destination, 16);
	}
	mac_of(to, established.destination_mac);
	return established;
}

static void establish(struct nic_entry *entry, const struct established *established)
{
	*entry = (struct nic_entry){ 0 };
	CHECK_EQUAL(pipes_add_established(&doca, established, entry), 0);
	CHECK_EQUAL(entries_complete(doca.device.manager), 0);
	CHECK_EQUAL(entry->state, ENTRY_PRESENT);
}

static void forget(struct nic_entry *entry)
{
	CHECK_EQUAL(entry_remove(entry, doca.device.manager), 0);
	CHECK_EQUAL(entries_complete(doca.device.manager), 0);
	CHECK_EQUAL(entry->state, ENTRY_ABSENT);
}

static void what_is_established_is_carried(void)
{
	struct established four = web(1, 2, false), six = web(1, 2, true);
	struct nic_entry entries[2];
	struct frame frame, seen;
	uint64_t packets, bytes;

	everything_up();
	establish(&entries[0], &four);
	establish(&entries[1], &six);
	frame = tcp(1, 2, CLIENT, WEB, ACK);
	memset(frame.bytes, 2, 6); /* a MAC that the address had before */
	inject(1, &frame);
	CHECK(sent(2, &seen));
	mac_of(2, frame.bytes);
	CHECK_EQUAL(memcmp(seen.bytes, frame.bytes, frame.length), 0);
	entry_count(&entries[0], &packets, &bytes);
	CHECK_EQUAL(packets, 1);
	CHECK_EQUAL(bytes, frame.length);
	frame = tcp6(1, 2, CLIENT, WEB, ACK);
	CHECK_EQUAL(way(1, &frame), 2);
	forget(&entries[0]);
	frame = tcp(1, 2, CLIENT, WEB, ACK);
	CHECK_EQUAL(way(1, &frame), SOFTWARE);
	forget(&entries[1]);
	bench_down();
}

/* Of an established connection, too. */
static void what_may_mean_something_is_punted(void)
{
	struct established four = web(1, 2, false);
	struct nic_entry entry;
	struct frame frame;

	everything_up();
	establish(&entry, &four);
	frame = tcp(1, 2, CLIENT, WEB, SYN);
	CHECK_EQUAL(way(1, &frame), SOFTWARE);
	frame = tcp(1, 2, CLIENT, WEB, SYN | ACK);
	CHECK_EQUAL(way(1, &frame), SOFTWARE);
	frame = tcp(1, 2, CLIENT, WEB, FIN | ACK);
	CHECK_EQUAL(way(1, &frame), SOFTWARE);
	frame = tcp(1, 2, CLIENT, WEB, 0x04 /* RST */);
	CHECK_EQUAL(way(1, &frame), SOFTWARE);
	frame = tcp(1, 2, CLIENT, WEB, ACK);
	frame.bytes[20] = 0x20; /* more fragments */
	CHECK_EQUAL(way(1, &frame), SOFTWARE);
	frame = tcp(1, 2, CLIENT, WEB, ACK);
	frame.bytes[0] = 0x01; /* a group */
	CHECK_EQUAL(way(1, &frame), SOFTWARE);
	frame = tcp(1, 2, CLIENT, WEB, ACK);
	frame.bytes[11]++; /* another MAC */
	CHECK_EQUAL(way(1, &frame), SOFTWARE);
	frame = tcp(1, 2, CLIENT, WEB, ACK);
	memmove(frame.bytes + 16, frame.bytes + 12, frame.length - 12); /* a VLAN tag */
	memcpy(frame.bytes + 12, (uint8_t[]){ 0x81, 0, 0, 5 }, 4);
	frame.length += 4;
	CHECK_EQUAL(way(1, &frame), SOFTWARE);
	frame = tcp(1, 2, CLIENT, WEB, ACK);
	memmove(frame.bytes + 38, frame.bytes + 34, frame.length - 34); /* an option: four no-ops */
	memset(frame.bytes + 34, 1, 4);
	frame.bytes[14] = 0x46;
	frame.bytes[17] += 4;
	frame.length += 4;
	CHECK_EQUAL(way(1, &frame), SOFTWARE);
	frame = udp(1, 2, CLIENT, WEB, 0);
	CHECK_EQUAL(way(1, &frame), SOFTWARE);
	bench_down();
}

/* How many of them software is given. */
static uint32_t flood(uint32_t port, const struct frame *frame, uint32_t count)
{
	uint32_t seen = 0;

	for (uint32_t i = 0; i < count; i++)
		seen += way(port, frame) == SOFTWARE;
	return seen;
}

static void what_is_denied_has_a_small_budget(void)
{
	struct frame denied = tcp(1, 2, CLIENT, 81, SYN), allowed = tcp(1, 2, CLIENT, WEB, SYN);
	struct frame other = tcp(1, 2, CLIENT, 81, ACK);
	struct hyp_endpoint_value audited = endpoint_of(2);
	struct hyp_endpoint_key key = { 2 };
	uint32_t seen;

	everything_up();
	seen = flood(1, &denied, 2 * DENY_BURST);
	CHECK(seen >= DENY_BURST && seen < 2 * DENY_BURST - 64);
	drops_read();
	CHECK_EQUAL(drops_of(2, HYP_REASON_POLICY_INGRESS), 2 * DENY_BURST - seen);
	drops_read();
	CHECK_EQUAL(drops_of(2, HYP_REASON_POLICY_INGRESS), 0); /* each once */
	CHECK_EQUAL(flood(1, &allowed, 2 * DENY_BURST), 2 * DENY_BURST);
	/* What opens nothing may be of a connection: policy says nothing about it. */
	CHECK_EQUAL(flood(1, &other, 2 * DENY_BURST), 2 * DENY_BURST);
	audited.mode = HYP_MODE_AUDIT;
	CHECK_EQUAL(change(HYP_TABLE_ENDPOINT, &key, &audited), 0);
	CHECK_EQUAL(flood(1, &denied, 2 * DENY_BURST), 2 * DENY_BURST);
	bench_down();
}

static void software_has_a_budget_for_each_source(void)
{
	struct frame frame = arp(1, 2), other = arp(3, 4);
	uint32_t seen;

	everything_up();
	seen = flood(1, &frame, 3 * PUNT_BURST);
	CHECK(seen >= PUNT_BURST);
	drops_read();
	CHECK_EQUAL(drops_of(1, HYP_REASON_PUNT_LIMIT), 3 * PUNT_BURST - seen);
	CHECK_EQUAL(way(3, &other), SOFTWARE);
	bench_down();
}

static uint32_t word_at(const struct frame *frame, uint32_t offset)
{
	uint32_t word;

	memcpy(&word, frame->bytes + offset, sizeof(word));
	return word;
}

static void tunnels_go_out(void)
{
	struct established away = web(1, REMOTE_HOST, false);
	struct frame frame = tcp(1, REMOTE_HOST, CLIENT, WEB, ACK), seen;
	const uint8_t macs[12] = { 2, 7, 0, 0, 0, 0, 2, 1 };
	struct hyp_vtep_key vtep = { VTEP };
	struct hyp_vtep_value moved = { .ipv4 = underlay_of(77), .mac = { 2, 8 } };
	struct nic_entry entry;

	everything_up();
	establish(&entry, &away);
	inject(1, &frame);
	CHECK(sent(0, &seen));
	CHECK_EQUAL(seen.length, frame.length + TUNNEL_HEADER_BYTES);
	CHECK_EQUAL(memcmp(seen.bytes, macs, sizeof(macs)), 0);
	CHECK_EQUAL(seen.bytes[20] << 8 | seen.bytes[21], 0x4000); /* not to be fragmented */
	CHECK_EQUAL(word_at(&seen, 26), underlay_of(1));
	CHECK_EQUAL(word_at(&seen, 30), underlay_of(VTEP));
	CHECK_EQUAL(seen.bytes[36] << 8 | seen.bytes[37], TUNNEL_UDP_PORT);
	CHECK_EQUAL(ntohl(word_at(&seen, 42)), 0x08000000);
	CHECK_EQUAL(ntohl(word_at(&seen, 46)), 100 << 8);
	CHECK_EQUAL(memcmp(seen.bytes + TUNNEL_HEADER_BYTES, frame.bytes, frame.length), 0);
	CHECK_EQUAL(change(HYP_TABLE_VTEP, &vtep, &moved), 0);
	inject(1, &frame);
	CHECK(sent(0, &seen));
	CHECK_EQUAL(word_at(&seen, 30), underlay_of(77));
	CHECK_EQUAL(change(HYP_TABLE_VTEP, &vtep, NULL), 0);
	CHECK_EQUAL(way(1, &frame), NOWHERE);
	bench_down();
}

static uint64_t to_kernel(void)
{
	struct softnic_statistics statistics;

	CHECK_EQUAL(softnic_statistics(&statistics), DOCA_SUCCESS);
	return statistics.to_kernel;
}

static void tunnels_come_in(void)
{
	struct established from_away = web(REMOTE_HOST, 2, false);
	struct frame inner = tcp(REMOTE_HOST, 2, CLIENT, WEB, SYN), outer, seen;
	struct nic_entry entry;
	uint32_t count;

	everything_up();
	outer = tunnelled(VTEP, 1, 0x08, 100, &inner);
	inject(0, &outer);
	CHECK_EQUAL(punted(&seen), meta(META_FROM_TUNNEL, META_TUNNEL_VALUE(VTEP, NETWORK)));
	CHECK_EQUAL(seen.length, inner.length);
	CHECK_EQUAL(memcmp(seen.bytes, inner.bytes, inner.length), 0);
	inner = tcp(REMOTE_HOST, 2, CLIENT, 81, SYN);
	outer = tunnelled(VTEP, 1, 0x08, 100, &inner);
	count = flood(0, &outer, 2 * DENY_BURST);
	CHECK(count >= DENY_BURST && count < 2 * DENY_BURST - 64);
	drops_read();
	CHECK_EQUAL(drops_of(2, HYP_REASON_POLICY_INGRESS), 2 * DENY_BURST - count);
	establish(&entry, &from_away);
	inner = tcp(REMOTE_HOST, 2, CLIENT, WEB, ACK);
	outer = tunnelled(VTEP, 1, 0x08, 100, &inner);
	CHECK_EQUAL(way(0, &outer), 2);
	outer = tunnelled(OTHER_VTEP, 1, 0x08, 100, &inner); /* knows nobody */
	inject(0, &outer);
	CHECK_EQUAL(punted(&seen), meta(META_FROM_WIRE, 0));
	CHECK_EQUAL(seen.length, outer.length);
	CHECK_EQUAL(to_kernel(), 0);
	outer = tunnelled(VTEP, 2, 0x08, 100, &inner); /* not to us */
	CHECK_EQUAL(way(0, &outer), NOWHERE);
	CHECK_EQUAL(to_kernel(), 1);
	outer = tcp(7, 1, CLIENT, 22, SYN);
	CHECK_EQUAL(way(0, &outer), NOWHERE);
	CHECK_EQUAL(to_kernel(), 2);
	bench_down();
}

static void software_sends(void)
{
	struct frame frame = tcp(1, 2, CLIENT, WEB, SYN), seen;

	everything_up();
	CHECK_EQUAL(program_send_meta(&doca, 1, &ports[2]), meta(META_SEND, 2));
	CHECK_EQUAL(softnic_send(doca.device.manager, meta(META_SEND, 2), frame.bytes, frame.length),
		    DOCA_SUCCESS);
	CHECK(sent(2, &seen));
	CHECK_EQUAL(softnic_send(doca.device.manager, meta(META_SEND, 0), frame.bytes, frame.length),
		    DOCA_SUCCESS);
	CHECK(sent(0, &seen));
	/* What nobody knows goes nowhere, whatever the scratch words say. */
	CHECK_EQUAL(softnic_send(doca.device.manager, meta(META_SEND, 77), frame.bytes, frame.length),
		    DOCA_SUCCESS);
	for (uint32_t id = 0; id < PORTS; id++)
		CHECK(!sent(id, &seen));
	bench_down();
}

static void rates_hold(void)
{
	struct frame frame = tcp(1, 2, CLIENT, WEB, ACK), seen;
	struct hyp_endpoint_value sender = endpoint_of(1), receiver = endpoint_of(2);
	struct hyp_endpoint_key keys[] = { { 1 }, { 2 } };
	struct established metered = web(1, 2, false);
	struct nic_entry entry;
	uint32_t passed = 0, room = 1464 / frame.length; /* the MTU and the Ethernet header */
	uint32_t send_meta;

	everything_up();
	sender.rate[HYP_EGRESS] = 100;
	CHECK_EQUAL(change(HYP_TABLE_ENDPOINT, &keys[0], &sender), 0);
	passed = flood(1, &frame, 4 * room);
	CHECK(passed >= room && passed <= room + 2);
	drops_read();
	CHECK_EQUAL(drops_of(1, HYP_REASON_RATE_EGRESS), 4 * room - passed);
	sender.rate[HYP_EGRESS] = 1000000000;
	sender.burst[HYP_EGRESS] = 1000000;
	CHECK_EQUAL(change(HYP_TABLE_ENDPOINT, &keys[0], &sender), 0);
	CHECK_EQUAL(flood(1, &frame, 4 * room), 4 * room);
	sender.rate[HYP_EGRESS] = 0;
	CHECK_EQUAL(change(HYP_TABLE_ENDPOINT, &keys[0], &sender), 0);
	CHECK_EQUAL(flood(1, &frame, 4 * room), 4 * room);

	receiver.rate[HYP_INGRESS] = 100;
	CHECK_EQUAL(change(HYP_TABLE_ENDPOINT, &keys[1], &receiver), 0);
	metered.metered = true;
	establish(&entry, &metered);
	passed = 0;
	for (uint32_t i = 0; i < room / 2; i++)
		passed += way(1, &frame) == 2;
	CHECK_EQUAL(passed, room / 2);
	send_meta = program_send_meta(&doca, 1, &ports[2]);
	CHECK_EQUAL(send_meta, meta(META_SEND_METERED, META_METERED_VALUE(1, 2)));
	for (uint32_t i = 0; i < 2 * room; i++) {
		CHECK_EQUAL(softnic_send(doca.device.manager, send_meta, frame.bytes, frame.length),
			    DOCA_SUCCESS);
		passed += sent(2, &seen);
	}
	CHECK(passed >= room && passed <= room + 2); /* one rate for both ways to it */
	for (uint32_t i = 0; i < 8; i++)
		way(1, &frame);
	drops_read();
	CHECK(drops_of(2, HYP_REASON_RATE_INGRESS) >= room / 2 + room);
	receiver.rate[HYP_INGRESS] = 0;
	CHECK_EQUAL(change(HYP_TABLE_ENDPOINT, &keys[1], &receiver), 0);
	CHECK_EQUAL(program_send_meta(&doca, 1, &ports[2]), meta(META_SEND, 2));
	CHECK_EQUAL(way(1, &frame), 2); /* the entry is of before, and nothing is lost */
	bench_down();
}

/* As software counts what it delivers: before the NIC does. */
static void software_delivers(uint32_t sender, const struct frame *frame)
{
	doca_tables_count_traffic(doca.tables, sender, 2, 1, frame->length);
	CHECK_EQUAL(softnic_send(doca.device.manager, program_send_meta(&doca, sender, &ports[2]),
				 frame->bytes, frame->length),
		    DOCA_SUCCESS);
}

static void counts_as(uint32_t endpoint, uint64_t sent_packets, uint64_t received_packets,
		      const struct frame *frame)
{
	struct hyp_endpoint_counter traffic = traffic_of(endpoint);

	CHECK_EQUAL(traffic.sent_packets, sent_packets);
	CHECK_EQUAL(traffic.sent_bytes, sent_packets * frame->length);
	CHECK_EQUAL(traffic.received_packets, received_packets);
	CHECK_EQUAL(traffic.received_bytes, received_packets * frame->length);
}

/* Who may be sent so much and no more: what is beyond it was not delivered, whoever sent it. */
static void what_a_rate_stops_is_no_traffic(void)
{
	struct established metered[] = { web(1, 2, false), web(REMOTE_HOST, 2, false) };
	struct frame frame = tcp(1, 2, CLIENT, WEB, ACK), away, seen;
	struct frame inner = tcp(REMOTE_HOST, 2, CLIENT, WEB, ACK);
	uint32_t passed = 0, from_1 = 0, room = 1464 / frame.length;
	struct hyp_endpoint_value receiver = endpoint_of(2);
	struct hyp_endpoint_key key = { 2 };
	struct nic_entry entries[2];
	uint64_t stopped;

	everything_up();
	receiver.rate[HYP_INGRESS] = 1;
	CHECK_EQUAL(change(HYP_TABLE_ENDPOINT, &key, &receiver), 0);
	for (uint32_t i = 0; i < 2; i++) {
		metered[i].metered = true;
		establish(&entries[i], &metered[i]);
	}
	away = tunnelled(VTEP, 1, 0x08, 100, &inner);
	for (uint32_t i = 0; i < room; i++) {
		doca_tables_count_traffic(doca.tables, 1, 2, 1, frame.length); /* its entry, when read */
		from_1 += way(1, &frame) == 2;
		doca_tables_count_traffic(doca.tables, 0, 2, 1, inner.length);
		passed += way(0, &away) == 2;
		software_delivers(1, &frame);
		from_1 += sent(2, &seen);
		software_delivers(0, &frame);
		passed += sent(2, &seen);
	}
	passed += from_1;
	CHECK_EQUAL(passed, room);
	drops_read();
	stopped = drops_of(2, HYP_REASON_RATE_INGRESS);
	CHECK_EQUAL(stopped, 4 * room - passed);
	counts_as(1, from_1, 0, &frame);
	counts_as(2, 0, passed, &frame);
	/* Nothing of it is left to the next of the same index. */
	CHECK_EQUAL(change(HYP_TABLE_ENDPOINT, &key, NULL), 0);
	CHECK_EQUAL(change(HYP_TABLE_ENDPOINT, &key, &receiver), 0);
	drops_read();
	counts_as(1, from_1, 0, &frame);
	counts_as(2, 0, 0, &frame);
	for (uint32_t i = 0; i < 2; i++)
		forget(&entries[i]);
	bench_down();
}

int main(void)
{
	softnic_set_poison(1);
	what_is_new_is_punted();
	what_is_established_is_carried();
	what_may_mean_something_is_punted();
	what_is_denied_has_a_small_budget();
	software_has_a_budget_for_each_source();
	tunnels_go_out();
	tunnels_come_in();
	software_sends();
	rates_hold();
	what_a_rate_stops_is_no_traffic();
	return 0;
}
