/* SPDX-License-Identifier: Apache-2.0 */
/* The table of fields, and what writing them does to frames and their checksums. */
#include <arpa/inet.h>

#include "packet_frame.h"

static uint32_t state = 1;

static uint8_t random_byte(void)
{
	state = state * 1664525u + 1013904223u;
	return (uint8_t)(state >> 24);
}

static uint32_t word_at(const struct packet *packet, uint32_t at)
{
	return (uint32_t)packet->data[at] << 8 | packet->data[at + 1];
}

static uint32_t sum_of(const uint8_t *bytes, uint32_t length)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < length; i++)
		sum += i & 1 ? bytes[i] : (uint32_t)bytes[i] << 8;
	return sum;
}

static uint32_t finished(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

/* What the checksum at `at` should be, over `length` bytes from `from` and a sum beside them. */
static uint32_t from_scratch(const struct packet *packet, uint32_t at, uint32_t from, uint32_t length,
			     uint32_t sum)
{
	sum += sum_of(packet->data + from, length);
	return finished(sum + (0xffff - word_at(packet, at)));
}

/* All checksums of a stack, computed anew, are what the frame has. `destination`: IPv6, where it ends. */
static void check_sums(const struct packet *packet, const struct layout *stack, uint32_t layers,
		       uint32_t destination)
{
	bool is_four = layers & LAYER_IP4;
	uint32_t at, end, length, sum, protocol;

	if (!(layers & (LAYER_IP4 | LAYER_IP6)))
		return;
	if (is_four) {
		CHECK_EQUAL(word_at(packet, stack->l3 + 10u),
			    from_scratch(packet, stack->l3 + 10u, stack->l3,
					 (packet->data[stack->l3] & 15u) * 4, 0));
		end = stack->l3 + word_at(packet, stack->l3 + 2u);
		sum = sum_of(packet->data + stack->l3 + 12, 8);
	} else {
		end = stack->l3 + 40u + word_at(packet, stack->l3 + 4u);
		sum = sum_of(packet->data + stack->l3 + 8, 16);
		sum += sum_of(packet->data + destination, 16);
	}
	if (stack->l4 == PACKET_ABSENT)
		return;
	length = end - stack->l4;
	if (layers & LAYER_TCP) {
		at = stack->l4 + 16u;
		protocol = 6;
	} else if (layers & LAYER_UDP) {
		at = stack->l4 + 6u;
		protocol = 17;
		length = word_at(packet, stack->l4 + 4u);
		if (word_at(packet, at) == 0)
			return;
	} else {
		at = stack->l4 + 2u;
		protocol = 58;
	}
	sum += protocol + length;
	if (layers & LAYER_ICMP)
		sum = 0;
	sum = from_scratch(packet, at, stack->l4, length, sum);
	if ((layers & LAYER_UDP) && sum == 0)
		sum = 0xffff;
	CHECK_EQUAL(word_at(packet, at), sum);
}

static void check_all_sums(const struct packet *packet, enum sample sample)
{
	uint32_t destination = sample == SAMPLE_ROUTED_TCP6 ? 14 + 40 + 8 : packet->outer.l3 + 24u;

	if (sample == SAMPLE_FIRST_FRAGMENT4)
		return;
	check_sums(packet, &packet->outer, packet->layers, destination);
	check_sums(packet, &packet->inner, packet->layers >> 10 & 0x1ff, packet->inner.l3 + 24u);
	if (sample == SAMPLE_GRE_CHECKSUM)
		CHECK_EQUAL(word_at(packet, packet->tunnel + 4u),
			    from_scratch(packet, packet->tunnel + 4u, packet->tunnel,
					 packet->length - packet->tunnel, 0));
}

static bool named(const struct field *field, const char *name)
{
	return strstr(field->name, name) != NULL;
}

/* The bits that a value can have in a frame, and those that a test may change without its headers being
 * others afterwards. */
static uint8_t testable(const struct field *field, uint32_t i)
{
	if (named(field, "ipv6.flow_label"))
		return i == 0 ? 0 : i == 1 ? 0x0f : 0xff;
	if (named(field, "vxlan.vni"))
		return i == 0 ? 0 : 0xff;
	if (named(field, "nvgre.vs_id"))
		return i == 3 ? 0 : 0xff;
	if (named(field, "vxlan_gpe.flags"))
		return (uint8_t)~0x08;
	if (named(field, "mpls") && i == 2)
		return 0xfe;
	return 0xff;
}

/* After it, headers behind it may be others, and a transport checksum of another protocol's. */
static bool restructures(const struct field *field, const struct packet *packet)
{
	return named(field, "eth.type") || named(field, "next_proto") || named(field, "fragment") ||
	       named(field, "gre.protocol") || named(field, "vxlan_gpe") ||
	       (named(field, "outer.") && named(field, "dst_port") && packet->tunnel != PACKET_ABSENT);
}

static bool selected_by_view(const struct field *field, const struct packet *packet)
{
	struct doca_flow_match match = packet->view;
	bool selected = field_selected(field, &match);

	if (match.outer.l4_type_ext == DOCA_FLOW_L4_TYPE_EXT_TCP ||
	    match.outer.l4_type_ext == DOCA_FLOW_L4_TYPE_EXT_UDP)
		match.outer.l4_type_ext = DOCA_FLOW_L4_TYPE_EXT_TRANSPORT;
	if (match.inner.l4_type_ext == DOCA_FLOW_L4_TYPE_EXT_TCP ||
	    match.inner.l4_type_ext == DOCA_FLOW_L4_TYPE_EXT_UDP)
		match.inner.l4_type_ext = DOCA_FLOW_L4_TYPE_EXT_TRANSPORT;
	return selected || field_selected(field, &match);
}

static void write_once(const struct field *field, enum sample sample, bool *written)
{
	uint8_t value[FIELD_SIZE_MAX], mask[FIELD_SIZE_MAX], before[FIELD_SIZE_MAX];
	struct packet packet, original;

	packet_make(&packet, samples[sample]);
	packet_make(&original, samples[sample]);
	for (uint32_t i = 0; i < field->size; i++) {
		value[i] = random_byte();
		mask[i] = random_byte() | random_byte();
		before[i] = field_bytes(field, &packet)[i];
		if (named(field, "vxlan_gpe.flags") || named(field, "mpls"))
			mask[i] &= testable(field, i);
	}
	field_write(field, &packet, value, mask);
	check_true_to_frame(&packet);
	CHECK_EQUAL(packet.length, original.length);
	if (!field_present(field, &packet) && !field_present(field, &original)) {
		CHECK(memcmp(packet.data, original.data, packet.length) == 0);
		CHECK(memcmp(&packet.view, &original.view, sizeof(packet.view)) == 0);
	} else if (field->writable) {
		/* GENEVE options and labels that the frame does not have stay 0. */
		bool there = !(named(field, "geneve_opt") &&
			       field->at >= 8 + 4 * (original.view.tun.geneve.ver_opt_len & 0x3f)) &&
			     !(named(field, "mpls") && field->at >= 12);

		for (uint32_t i = 0; i < field->size && there; i++) {
			uint8_t bits = mask[i] & testable(field, i);

			CHECK_EQUAL(field_bytes(field, &packet)[i],
				    (before[i] & ~bits) | (value[i] & bits));
		}
		if (!there)
			CHECK(memcmp(packet.data, original.data, packet.length) == 0);
		else if (field->base != 0 && selected_by_view(field, &original))
			*written = true;
		if (!restructures(field, &original))
			check_all_sums(&packet, sample);
	} else {
		CHECK(memcmp(packet.data, original.data, packet.length) == 0);
	}
	packet_drop(&packet);
	packet_drop(&original);
}

/* Every field, into every sample, several times. */
static void test_every_field(void)
{
	for (size_t i = 0; i < fields_count; i++) {
		const struct field *field = &fields[i];
		bool written = false;

		for (int sample = 0; sample < SAMPLES; sample++) {
			for (int round = 0; round < 20; round++)
				write_once(field, sample, &written);
		}
		/* What no sample has: a second tag, ICMP and tags inside a tunnel, many labels and options. */
		if (field->writable && field->base != 0 && !written &&
		    !named(field, "inner.eth_vlan") && !named(field, "inner.icmp") &&
		    !named(field, "geneve_opt") && !named(field, "mpls")) {
			fprintf(stderr, "%s was never written\n", field->name);
			exit(1);
		}
	}
}

static void test_table(void)
{
	CHECK(fields_count > 100);
	for (size_t i = 0; i < fields_count; i++) {
		const struct field *field = &fields[i];

		CHECK(field->size >= 1 && field->size <= FIELD_SIZE_MAX);
		CHECK(field->offset + field->size <= sizeof(struct doca_flow_match));
		CHECK(field_find(field->name) == field);
	}
	CHECK(field_find("outer.eth.nothing") == NULL);
	CHECK(field_find("") == NULL);
	CHECK(field_find("meta.data") == &fields[0]);
	for (int i = 0; i < 10; i++)
		CHECK_EQUAL(fields[1 + i].offset, offsetof(struct doca_flow_match, meta.u32[i]));
	CHECK(field_find("parser_meta.random.value") == field_find("parser_meta.random"));
	CHECK(field_find("tunnel.vxlan_gpe.vni") == field_find("tunnel.vxlan.vni"));
}

static void test_selected(void)
{
	struct doca_flow_match match = { 0 };
	const struct field *port = field_find("inner.transport.dst_port");
	const struct field *tcp = field_find("inner.tcp.dst_port");
	const struct field *vni = field_find("tunnel.vxlan.vni");
	const struct field *group = field_find("tunnel.vxlan_gbp.policy_id");
	const struct field *key = field_find("tunnel.gre.key");

	CHECK(field_selected(field_find("outer.eth.type"), &match));
	CHECK(field_selected(field_find("meta.data"), &match));
	CHECK(!field_selected(field_find("outer.ipv4.ttl"), &match));
	match.outer.l3_type = DOCA_FLOW_L3_TYPE_IP4;
	CHECK(field_selected(field_find("outer.ipv4.ttl"), &match));
	CHECK(!field_selected(field_find("outer.ipv6.hop_limit"), &match));
	CHECK(!field_selected(field_find("inner.ipv4.ttl"), &match));
	match.inner.l4_type_ext = DOCA_FLOW_L4_TYPE_EXT_TRANSPORT;
	CHECK(field_selected(port, &match) && !field_selected(tcp, &match));
	CHECK_EQUAL(port->layers, INNER(LAYER_TCP) | INNER(LAYER_UDP));
	match.inner.l4_type_ext = DOCA_FLOW_L4_TYPE_EXT_TCP;
	CHECK(!field_selected(port, &match) && field_selected(tcp, &match));
	CHECK(!field_selected(vni, &match));
	match.tun.type = DOCA_FLOW_TUN_VXLAN;
	CHECK(field_selected(vni, &match) && !field_selected(group, &match));
	match.tun.vxlan_type = DOCA_FLOW_TUN_EXT_VXLAN_GBP;
	CHECK(field_selected(vni, &match) && field_selected(group, &match));
	match.tun.type = DOCA_FLOW_TUN_GRE;
	match.tun.gre_type = DOCA_FLOW_TUN_EXT_GRE_STANDARD;
	CHECK(!field_selected(vni, &match) && field_selected(key, &match));
	match.tun.gre_type = DOCA_FLOW_TUN_EXT_GRE_NVGRE;
	CHECK(!field_selected(key, &match));
	CHECK(field_selected(field_find("tunnel.gre.protocol"), &match));
}

static void test_hash_result(void)
{
	const struct field *field = field_find("parser_meta.hash.result");
	struct packet packet;
	uint8_t value[4] = { 0 }, mask[4] = { 0xff, 0xff, 0xff, 0xff };

	packet_make(&packet, samples[SAMPLE_TCP4]);
	packet.hash = htonl(0x01020304);
	CHECK(field != NULL && !field_selected(field, &packet.view));
	CHECK_EQUAL(field->size, 4);
	CHECK_EQUAL(field_bytes(field, &packet)[0], 1);
	CHECK_EQUAL(field_bytes(field, &packet)[3], 4);
	field_write(field, &packet, value, mask);
	CHECK_EQUAL(packet.hash, htonl(0x01020304));
	packet_drop(&packet);
}

static void write_field(struct packet *packet, const char *name, const void *value)
{
	uint8_t mask[FIELD_SIZE_MAX];

	memset(mask, 0xff, sizeof(mask));
	CHECK(field_find(name) != NULL);
	field_write(field_find(name), packet, value, mask);
}

static void test_meta(void)
{
	struct packet packet;
	uint32_t value = 0x12345678;

	packet_make(&packet, samples[SAMPLE_TCP4]);
	write_field(&packet, "meta.data", &value);
	CHECK_EQUAL(packet.view.meta.pkt_meta, value);
	write_field(&packet, "meta.u32[9]", &value);
	CHECK_EQUAL(packet.view.meta.u32[9], value);
	write_field(&packet, "parser_meta.port_id", &value);
	CHECK_EQUAL(packet.view.parser_meta.port_id, 0);
	check_frame(&packet, samples[SAMPLE_TCP4]);
	packet_drop(&packet);
}

/* A UDP checksum that would become 0 becomes the other zero, and none stays none. */
static void test_udp_zero(void)
{
	struct packet packet;
	uint32_t tries = 0;

	packet_make(&packet, samples[SAMPLE_UDP4]);
	do {
		uint16_t port = htons((uint16_t)tries);

		write_field(&packet, "outer.udp.src_port", &port);
		CHECK(word_at(&packet, packet.outer.l4 + 6u) != 0);
		CHECK_EQUAL(packet.view.parser_meta.outer_l4_checksum_ok, 1);
	} while (word_at(&packet, packet.outer.l4 + 6u) != 0xffff && ++tries < 0x10000);
	CHECK(tries < 0x10000);
	check_all_sums(&packet, SAMPLE_UDP4);
	check_true_to_frame(&packet);
	packet_drop(&packet);

	packet_make(&packet, samples[SAMPLE_UDP4_BARE]);
	write_field(&packet, "outer.ipv4.src_ip", "\1\2\3\4");
	write_field(&packet, "outer.udp.dst_port", "\1\2");
	CHECK_EQUAL(word_at(&packet, packet.outer.l4 + 6u), 0);
	check_all_sums(&packet, SAMPLE_UDP4_BARE);
	check_true_to_frame(&packet);
	packet_drop(&packet);
}

/* The first fragment's checksum is over all of them: it follows the addresses and ports. */
static void test_fragment(void)
{
	struct packet packet;

	packet_make(&packet, samples[SAMPLE_FIRST_FRAGMENT4]);
	write_field(&packet, "outer.ipv4.dst_ip", "\1\2\3\4");
	write_field(&packet, "outer.udp.dst_port", "\1\2");
	write_field(&packet, "outer.ipv4.flags_fragment_offset", "\0\0");
	CHECK_EQUAL(packet.view.parser_meta.outer_l4_checksum_ok, 1);
	check_true_to_frame(&packet);
	packet_drop(&packet);

	packet_make(&packet, samples[SAMPLE_LATER_FRAGMENT4]);
	write_field(&packet, "outer.ipv4.dst_ip", "\1\2\3\4");
	write_field(&packet, "outer.transport.dst_port", "\1\2");
	CHECK(memcmp(packet.data + 34, "12345678", 8) == 0);
	CHECK_EQUAL(packet.view.parser_meta.outer_ip4_checksum_ok, 1);
	check_true_to_frame(&packet);
	packet_drop(&packet);
}

/* A checksum that was wrong stays wrong: nobody launders a broken packet. */
static void test_wrong_stays_wrong(void)
{
	struct packet packet;

	packet_make(&packet, samples[SAMPLE_TCP4]);
	packet.data[packet.length - 1] ^= 1;
	packet_parse(&packet);
	write_field(&packet, "outer.tcp.src_port", "\1\2");
	write_field(&packet, "outer.ipv4.src_ip", "\1\2\3\4");
	CHECK_EQUAL(packet.view.parser_meta.outer_l4_checksum_ok, 0);
	CHECK_EQUAL(packet.view.parser_meta.outer_ip4_checksum_ok, 1);
	check_true_to_frame(&packet);
	packet_drop(&packet);
}

int main(void)
{
	test_table();
	test_selected();
	test_hash_result();
	test_meta();
	test_udp_zero();
	test_fragment();
	test_wrong_stays_wrong();
	test_every_field();
	return 0;
}
