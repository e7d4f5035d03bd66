/* SPDX-License-Identifier: Apache-2.0 */
/* What connections do with packets: both families and protocols, translation, meta data, zones, tunnels. */
#include "ct_fixture.h"

static const struct {
	bool is_ip6;
	uint8_t protocol;
} kinds[] = {
	{ false, DOCA_FLOW_PROTO_UDP },
	{ false, DOCA_FLOW_PROTO_TCP },
	{ true, DOCA_FLOW_PROTO_UDP },
	{ true, DOCA_FLOW_PROTO_TCP },
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static uint64_t missed(struct doca_flow_pipe *pipe)
{
	struct doca_flow_resource_query query;

	OK(doca_flow_resource_query_pipe_miss(pipe, &query));
	return query.counter.total_pkts;
}

/* Each kind has its connection; what differs from it by anything has none. */
static void both_directions_are_found(void)
{
	struct doca_flow_pipe *pipe;

	ct_up(ct_cfg());
	pipe = ct_pipe(NULL, NULL, 0);
	for (unsigned int i = 0; i < KINDS; i++) {
		struct flow flow = flow_to_server(kinds[i].is_ip6, kinds[i].protocol, 0), other;

		expect_flow(flow, PORTS);
		expect_flow(flow_back(flow), PORTS);
		CHECK_EQUAL(missed(pipe), 6 * i + 2);
		connect_flow(pipe, &flow, BOTH, NULL, NULL, 0);
		expect_flow(flow, UPLINK);
		expect_flow(flow_back(flow), UPLINK);
		other = flow;
		other.to.port++;
		expect_flow(other, PORTS);
		other = flow;
		other.from.port++;
		expect_flow(flow_back(other), PORTS);
		other = flow;
		other.to.address[flow.is_ip6 ? 3 : 0]++;
		expect_flow(other, PORTS);
		other = flow;
		other.from.address[0] ^= 1;
		expect_flow(other, PORTS);
		CHECK_EQUAL(missed(pipe), 6 * i + 6);
	}
	ct_down();
}

/* Only what has a transport header is of a connection. */
static void others_miss(void)
{
	struct flow flow = flow_to_server(false, DOCA_FLOW_PROTO_UDP, 0);
	struct frame fragment = frame_of(&flow), ping = frame_of(&flow);
	struct doca_flow_pipe *pipe;

	ct_up(ct_cfg());
	pipe = ct_pipe(NULL, NULL, 0);
	connect_flow(pipe, &flow, BOTH, NULL, NULL, 0);
	fragment.bytes[14 + 7] = 1; /* a later one */
	expect(fragment, PORTS);
	ping.bytes[14 + 9] = DOCA_FLOW_PROTO_ICMP;
	expect(ping, PORTS);
	ping.bytes[12] = 0x88; /* no IP */
	expect(ping, PORTS);
	expect_flow(flow, UPLINK);
	ct_down();
}

/* ---- Actions. */

static struct doca_flow_actions nat_template(bool is_ip6, uint8_t protocol)
{
	struct doca_flow_actions nat = {
		.outer = { .l4_type_ext = protocol == DOCA_FLOW_PROTO_TCP ? DOCA_FLOW_L4_TYPE_EXT_TCP :
									    DOCA_FLOW_L4_TYPE_EXT_UDP,
			   .transport = { UINT16_MAX, UINT16_MAX } },
	};

	nat.outer.l3_type = is_ip6 ? DOCA_FLOW_L3_TYPE_IP6 : DOCA_FLOW_L3_TYPE_IP4;
	if (is_ip6) {
		memset(nat.outer.ip6.src_ip, 0xff, sizeof(nat.outer.ip6.src_ip));
		memset(nat.outer.ip6.dst_ip, 0xff, sizeof(nat.outer.ip6.dst_ip));
	} else {
		nat.outer.ip4.src_ip = nat.outer.ip4.dst_ip = UINT32_MAX;
	}
	return nat;
}

/* The actions that make packets look like the flow's. */
static struct doca_flow_ct_actions nat_to(const struct flow *flow)
{
	const struct doca_flow_ct_match match = match_of(flow);
	struct doca_flow_ct_actions actions = { .resource_type = DOCA_FLOW_RESOURCE_TYPE_NON_SHARED };

	if (flow->is_ip6) {
		actions.data.l4_port = match.ipv6.l4_port;
		memcpy(actions.data.ip6.src_ip, match.ipv6.src_ip, sizeof(match.ipv6.src_ip));
		memcpy(actions.data.ip6.dst_ip, match.ipv6.dst_ip, sizeof(match.ipv6.dst_ip));
	} else {
		actions.data.l4_port = match.ipv4.l4_port;
		actions.data.ip4.src_ip = match.ipv4.src_ip;
		actions.data.ip4.dst_ip = match.ipv4.dst_ip;
	}
	return actions;
}

static void expect_translated(struct flow flow, const struct flow *as)
{
	struct frame frame;

	inject(VF0, frame_of(&flow));
	CHECK(sent(UPLINK, &frame));
	check_frame_is(&frame, as);
}

/* A service's address becomes a backend's, and the answers are the service's again. */
static void addresses_and_ports_are_translated(bool is_ip6, uint8_t protocol)
{
	struct doca_flow_actions template = nat_template(is_ip6, protocol);
	struct doca_flow_actions *templates[] = { &template };
	struct flow service = flow_to_server(is_ip6, protocol, 0), backend = service, answer, shown;
	struct doca_flow_ct_actions out, back, more[2] = { 0 };
	uint32_t handles[2];
	struct doca_flow_ct_match origin, reply;
	struct doca_flow_pipe_entry *entry;
	struct doca_flow_pipe *pipe;

	ct_up(ct_cfg());
	pipe = ct_pipe(templates, NULL, 1);
	backend.to.address[is_ip6 ? 3 : 0] += 0x10203;
	backend.to.port = 8443;
	answer = flow_back(backend);
	shown = flow_back(service);
	out = nat_to(&backend);
	back = nat_to(&shown);
	origin = match_of(&service);
	reply = match_of(&answer);
	entry = prepare(pipe, 0, &service);
	OK(doca_flow_ct_add_entry(CT_QUEUE, pipe, BOTH | NOW | FAMILY_FLAGS(is_ip6), &origin, &reply, &out, &back, 0,
				  0, 0, NULL, entry));
	ct_process();
	expect_translated(service, &backend);
	expect_translated(answer, &shown);
	/* Another backend, for the requests alone. */
	backend.to.port = 9443;
	out = nat_to(&backend);
	OK(doca_flow_ct_update_entry(CT_QUEUE, pipe, TO_SERVER | NOW, entry, &out, NULL, 0, 0, 0));
	ct_process();
	expect_translated(service, &backend);
	expect_translated(answer, &shown);
	/* There are three user actions, and two are in use. */
	CHECK_EQUAL(doca_flow_ct_actions_add_shared(CT_QUEUE, pipe, more, 2, handles), DOCA_ERROR_EMPTY);
	OK(doca_flow_ct_actions_add_shared(CT_QUEUE, pipe, more, 1, handles));
	CHECK_EQUAL(doca_flow_ct_update_entry(CT_QUEUE, pipe, TO_SERVER | NOW, entry, &out, NULL, 0, 0, 0),
		    DOCA_ERROR_EMPTY);
	OK(doca_flow_ct_rm_entry(CT_QUEUE, pipe, NOW, entry));
	ct_process();
	OK(doca_flow_ct_actions_add_shared(CT_QUEUE, pipe, more, 2, handles));
	ct_down();
}

/* A template is of a family and a protocol; so are the connections that may use it. */
static void templates_fit_their_connections(void)
{
	struct doca_flow_actions template = nat_template(false, DOCA_FLOW_PROTO_TCP);
	struct doca_flow_actions *templates[] = { &template };
	struct doca_flow_pipe *pipe;

	ct_up(ct_cfg());
	pipe = ct_pipe(templates, NULL, 1);
	for (unsigned int i = 0; i < KINDS; i++) {
		struct flow flow = flow_to_server(kinds[i].is_ip6, kinds[i].protocol, 0);
		struct doca_flow_ct_actions actions = nat_to(&flow);
		const struct doca_flow_ct_match match = match_of(&flow);
		struct doca_flow_pipe_entry *entry = prepare(pipe, 0, &flow);
		bool fits = !kinds[i].is_ip6 && kinds[i].protocol == DOCA_FLOW_PROTO_TCP;

		CHECK_EQUAL(doca_flow_ct_add_entry(CT_QUEUE, pipe, TO_SERVER | NOW | FAMILY_FLAGS(flow.is_ip6),
						   &match, NULL, &actions, NULL, 0, 0, 0, NULL, entry),
			    fits ? DOCA_SUCCESS : DOCA_ERROR_INVALID_VALUE);
		if (fits)
			continue;
		actions.data.action_idx = 1;
		CHECK_EQUAL(doca_flow_ct_add_entry(CT_QUEUE, pipe, TO_SERVER | NOW | FAMILY_FLAGS(flow.is_ip6),
						   &match, NULL, &actions, NULL, 0, 0, 0, NULL, entry),
			    DOCA_ERROR_INVALID_VALUE);
		OK(doca_flow_ct_entry_prepare_rollback(CT_QUEUE, pipe, entry));
	}
	ct_process();
	CHECK_EQUAL(heard.added, 1);
	ct_down();
}

/* Where packets come to software with their meta data. */
static void expect_meta(struct flow flow, uint32_t meta)
{
	struct softnic_received received;
	struct frame frame = frame_of(&flow);

	inject(VF0, frame);
	OK(softnic_receive(ports[UPLINK], 5, &received, frame.bytes, sizeof(frame.bytes), 0));
	CHECK_EQUAL(received.pkt_meta, meta);
}

static uint32_t software_forward(void)
{
	const struct doca_flow_match any = { 0 };
	uint16_t queues[] = { 5 };
	struct doca_flow_fwd fwd = fwd_rss(queues, 1), to;
	struct doca_flow_pipe *pipe;
	uint32_t handle;

	pipe = pipe_up(pipe_cfg("software", DOCA_FLOW_PIPE_BASIC, false), &fwd, NULL);
	OK(doca_flow_pipe_basic_add_entry(0, pipe, &any, 0, NULL, NULL, NULL, 0, NULL, NULL));
	process();
	heard.added = 0;
	to = fwd_pipe(pipe);
	OK(doca_flow_ct_fwd_register(ports[UPLINK], 1, &to, &handle));
	return handle;
}

/* By a template, whose mask leaves bits alone, and by handles that several connections name. */
static void shared_actions_write_meta_data(void)
{
	struct doca_flow_actions template = { .meta.pkt_meta = UINT32_MAX };
	struct doca_flow_actions mask = { .meta.pkt_meta = htobe32(0xffff) };
	struct doca_flow_actions *templates[] = { &template }, *masks[] = { &mask };
	struct doca_flow_ct_actions values[4] = { { .data.meta.flow.pkt_meta = htobe32(0x11112222) },
						  { .data.meta.flow.pkt_meta = htobe32(0x3333) } };
	struct doca_flow_ct_actions named = { .resource_type = DOCA_FLOW_RESOURCE_TYPE_SHARED };
	struct doca_flow_pipe *pipe;
	uint32_t software, handles[4];

	ct_up(ct_cfg());
	software = software_forward();
	pipe = ct_pipe(templates, masks, 1);
	CHECK_EQUAL(doca_flow_ct_actions_add_shared(CT_QUEUE, pipe, values, 4, handles), DOCA_ERROR_EMPTY);
	OK(doca_flow_ct_actions_add_shared(CT_QUEUE, pipe, values, 2, handles));
	for (uint16_t number = 0; number < 3; number++) {
		struct flow flow = flow_to_server(false, DOCA_FLOW_PROTO_UDP, number), back = flow_back(flow);
		const struct doca_flow_ct_match origin = match_of(&flow), reply = match_of(&back);
		struct doca_flow_pipe_entry *entry = prepare(pipe, 0, &flow);

		named.action_handle = handles[number % 2];
		OK(doca_flow_ct_add_entry(CT_QUEUE, pipe, BOTH | NOW, &origin, &reply, &named, NULL, software,
					  software, 0, NULL, entry));
		ct_process();
		expect_meta(flow, number % 2 == 0 ? 0x2222 : 0x3333);
		expect_meta(back, 0);
	}
	OK(doca_flow_ct_actions_rm_shared(CT_QUEUE, pipe, handles, 2));
	CHECK_EQUAL(doca_flow_ct_actions_rm_shared(CT_QUEUE, pipe, handles, 1), DOCA_ERROR_NOT_FOUND);
	/* Those that were made with it keep what it was. */
	expect_meta(flow_to_server(false, DOCA_FLOW_PROTO_UDP, 1), 0x3333);
	ct_down();
}

/* Without templates: what the direction's mask lets them write. */
static void directions_have_masks(void)
{
	const struct doca_flow_meta no_zone = { 0 };
	struct doca_flow_ct_meta modify = { .flow.pkt_meta = htobe32(0xff00) };
	struct doca_flow_meta zone = no_zone;
	struct doca_flow_ct_actions actions = { .resource_type = DOCA_FLOW_RESOURCE_TYPE_NON_SHARED,
						.data.meta.flow.pkt_meta = htobe32(0x1234) };
	struct flow flow = flow_to_server(true, DOCA_FLOW_PROTO_TCP, 0), back = flow_back(flow);
	const struct doca_flow_ct_match origin = match_of(&flow), reply = match_of(&back);
	const uint32_t flags = BOTH | NOW | FAMILY_FLAGS(true);
	struct doca_flow_ct_cfg *cfg = ct_cfg();
	struct doca_flow_pipe_entry *entry;
	struct doca_flow_pipe *pipe;
	uint32_t software;

	OK(doca_flow_ct_cfg_set_direction(cfg, true, false, &zone, &modify));
	modify.mark = 1;
	CHECK_EQUAL(doca_flow_ct_cfg_set_direction(cfg, false, false, &zone, &modify), DOCA_ERROR_NOT_SUPPORTED);
	ct_up(cfg);
	software = software_forward();
	pipe = ct_pipe(NULL, NULL, 0);
	entry = prepare(pipe, 0, &flow);
	OK(doca_flow_ct_add_entry(CT_QUEUE, pipe, flags, &origin, &reply, &actions, &actions, software, software, 0,
				  NULL, entry));
	ct_process();
	expect_meta(flow, 0); /* nothing is its to write */
	expect_meta(back, 0x1200);
	actions.data.meta.mark = htobe32(7);
	CHECK_EQUAL(doca_flow_ct_update_entry(CT_QUEUE, pipe, TO_CLIENT | NOW, entry, NULL, &actions, 0, software,
					      0),
		    DOCA_ERROR_NOT_SUPPORTED);
	ct_down();
}

/* A direction that another connection has is not added, and holds no user action. */
static void what_fails_gives_its_actions_back(void)
{
	struct doca_flow_actions template = { .meta.pkt_meta = UINT32_MAX };
	struct doca_flow_actions *templates[] = { &template };
	struct doca_flow_ct_actions actions = { .resource_type = DOCA_FLOW_RESOURCE_TYPE_NON_SHARED }, more[3] = { 0 };
	const struct flow flow = flow_to_server(false, DOCA_FLOW_PROTO_UDP, 0), back = flow_back(flow);
	const struct flow second = flow_to_server(false, DOCA_FLOW_PROTO_UDP, 1);
	const struct doca_flow_ct_match reply = match_of(&back);
	struct doca_flow_pipe_entry *entry;
	struct doca_flow_pipe *pipe;
	uint32_t handles[3];

	ct_up(ct_cfg());
	pipe = ct_pipe(templates, NULL, 1);
	connect_flow(pipe, &flow, BOTH, NULL, NULL, 0);
	entry = connect_flow(pipe, &second, TO_SERVER, NULL, NULL, 0);
	OK(doca_flow_ct_entry_add_dir(CT_QUEUE, pipe, TO_CLIENT | NOW, &reply, &actions, 0, entry));
	ct_process();
	CHECK_EQUAL(heard.errors, 1);
	expect_flow(second, UPLINK);
	OK(doca_flow_ct_actions_add_shared(CT_QUEUE, pipe, more, 3, handles));
	ct_down();
}

/* ---- What a connection is known by. */

/* A root that writes the VF's number into u32[1], for zones. */
static void zone_root(struct doca_flow_pipe *to)
{
	struct doca_flow_match match = { .parser_meta.port_id = UINT16_MAX };
	struct doca_flow_actions actions = { .meta.u32[1] = UINT32_MAX }, *list[] = { &actions };
	struct doca_flow_fwd fwd = fwd_pipe(to), drop = fwd_drop();
	struct doca_flow_pipe_cfg *cfg = pipe_cfg("zones", DOCA_FLOW_PIPE_BASIC, true);
	struct doca_flow_pipe *pipe;

	OK(doca_flow_pipe_cfg_set_match(cfg, &match, NULL));
	OK(doca_flow_pipe_cfg_set_actions(cfg, list, NULL, NULL, 1));
	pipe = pipe_up(cfg, &fwd, &drop);
	for (uint16_t port = VF0; port <= VF1; port++) {
		match.parser_meta.port_id = port;
		actions.meta.u32[1] = htobe32(0x0700u | port);
		OK(doca_flow_pipe_basic_add_entry(0, pipe, &match, 0, &actions, NULL, NULL, 0, NULL, NULL));
	}
	process();
	heard.added = 0;
}

static struct doca_flow_pipe *zoned_pipe(uint32_t mask)
{
	struct doca_flow_meta zone = { .u32[1] = htobe32(mask) };
	struct doca_flow_ct_meta nothing = { .mark = 0 };
	struct doca_flow_ct_cfg *cfg = ct_cfg();
	struct doca_flow_fwd fwd, miss;
	struct doca_flow_pipe *pipe;

	OK(doca_flow_ct_cfg_set_direction(cfg, false, false, &zone, &nothing));
	OK(doca_flow_ct_cfg_set_direction(cfg, true, false, &zone, &nothing));
	zone.pkt_meta = 1;
	CHECK_EQUAL(doca_flow_ct_cfg_set_direction(cfg, true, false, &zone, &nothing), DOCA_ERROR_INVALID_VALUE);
	ct_up(cfg);
	fwd = fwd_pipe(exit_pipe(UPLINK));
	miss = fwd_pipe(exit_pipe(PORTS));
	pipe = pipe_up(pipe_cfg("ct", DOCA_FLOW_PIPE_CT, false), &fwd, &miss);
	zone_root(pipe);
	return pipe;
}

static void zones_are_apart(void)
{
	struct flow flow = flow_to_server(false, DOCA_FLOW_PROTO_TCP, 0), back = flow_back(flow);
	struct doca_flow_ct_match origin = match_of(&flow), reply = match_of(&back);
	struct doca_flow_pipe *pipe = zoned_pipe(0xff);
	struct doca_flow_pipe_entry *entry[2];
	bool found;

	for (uint16_t port = VF0; port <= VF1; port++) {
		/* Bits that are not the zone's do not count. */
		origin.ipv4.metadata = reply.ipv4.metadata = htobe32(0x4400u | port);
		OK(doca_flow_ct_entry_prepare(CT_QUEUE, pipe, DOCA_FLOW_CT_ENTRY_FLAGS_ALLOC_ON_MISS, &origin, 0,
					      &reply, 0, &entry[port - VF0], &found));
		CHECK(!found);
		OK(doca_flow_ct_add_entry(CT_QUEUE, pipe, BOTH | NOW | COUNTED, &origin, &reply, NULL, NULL, 0, 0, 0,
					  NULL, entry[port - VF0]));
		ct_process();
		inject(VF0, frame_of(&flow));
		inject(VF1, frame_of(&back));
		CHECK(sent(UPLINK, NULL));
		CHECK_EQUAL(sent(UPLINK, NULL), port == VF1);
	}
	for (unsigned int i = 0; i < 2; i++) {
		struct doca_flow_resource_query there, here;

		OK(doca_flow_ct_query_entry(CT_QUEUE, pipe, 0, entry[i], &there, &here, NULL));
		CHECK_EQUAL(there.counter.total_pkts, i == 0 ? 2 : 0);
		CHECK_EQUAL(here.counter.total_pkts, i == 0 ? 0 : 1);
	}
	OK(doca_flow_ct_rm_entry(CT_QUEUE, pipe, NOW, entry[0]));
	expect_flow(flow, PORTS); /* of VF0's zone */
	ct_down();
}

/* Wraps a frame of IPv4 into VXLAN. */
static struct frame tunnelled(const struct frame *inner)
{
	const struct flow outside = { .from = { .address = { IP(192, 0, 2, 1) }, .port = 50000 },
				      .to = { .address = { IP(192, 0, 2, 2) }, .port = 4789 },
				      .protocol = DOCA_FLOW_PROTO_UDP };
	struct frame frame = frame_of(&outside);
	uint32_t datagram = 8 + 8 + inner->length, total = 20 + datagram;
	uint8_t *ip = frame.bytes + 14, *udp = ip + 20;
	uint32_t check;

	check = (uint32_t)(ip[10] << 8 | ip[11]) + (uint32_t)(ip[2] << 8 | ip[3]) + (uint16_t)~total;
	check = (check & 0xffff) + (check >> 16);
	ip[10] = (uint8_t)(check >> 8);
	ip[11] = (uint8_t)check;
	ip[2] = (uint8_t)(total >> 8);
	ip[3] = (uint8_t)total;
	udp[4] = (uint8_t)(datagram >> 8);
	udp[5] = (uint8_t)datagram;
	memset(udp + 6, 0, 10);
	udp[8] = 0x08;
	udp[14] = 5;
	memcpy(udp + 16, inner->bytes, inner->length);
	frame.length = 14 + total;
	return frame;
}

/* Requests as they are, answers in a tunnel. */
static void directions_match_inside_and_outside(void)
{
	struct flow flow = flow_to_server(false, DOCA_FLOW_PROTO_TCP, 0), back = flow_back(flow);
	struct frame request = frame_of(&flow), answer = frame_of(&back), inside = tunnelled(&answer);
	struct doca_flow_meta no_zone = { .pkt_meta = 0 };
	struct doca_flow_ct_meta nothing = { .mark = 0 };
	struct doca_flow_ct_cfg *cfg = ct_cfg();
	struct doca_flow_pipe *pipe;

	OK(doca_flow_ct_cfg_set_flags(cfg, DOCA_FLOW_CT_FLAG_ASYMMETRIC_TUNNEL));
	OK(doca_flow_ct_cfg_set_direction(cfg, false, false, &no_zone, &nothing));
	OK(doca_flow_ct_cfg_set_direction(cfg, true, true, &no_zone, &nothing));
	ct_up(cfg);
	pipe = ct_pipe(NULL, NULL, 0);
	expect(inside, PORTS);
	connect_flow(pipe, &flow, BOTH, NULL, NULL, 0);
	expect(request, UPLINK);
	expect(inside, UPLINK);
	expect(answer, PORTS);
	inside = tunnelled(&request);
	expect(inside, PORTS);
	ct_down();
}

int main(void)
{
	devices_open();
	/* Whatever one leaves behind, the next would meet. */
	for (unsigned int cycle = 0; cycle < 2; cycle++) {
		both_directions_are_found();
		others_miss();
		for (unsigned int i = 0; i < KINDS; i++)
			addresses_and_ports_are_translated(kinds[i].is_ip6, kinds[i].protocol);
		templates_fit_their_connections();
		shared_actions_write_meta_data();
		directions_have_masks();
		what_fails_gives_its_actions_back();
		zones_are_apart();
		directions_match_inside_and_outside();
	}
	devices_close();
	return 0;
}
