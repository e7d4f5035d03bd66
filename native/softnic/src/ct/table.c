/* SPDX-License-Identifier: Apache-2.0 */
/* Connections in the way of packets: two maps, for origins and for replies. */
#include <stdlib.h>
#include <string.h>

#include "../flow/steering.h"
#include "../pipe/action.h"
#include "../pipe/forward.h"
#include "connection.h"

/* All that a connection is known by is in its own match. */
static doca_error_t check_match(const struct pipe_spec *spec)
{
	struct template *template;
	doca_error_t result = template_compile(spec->has_match ? &spec->match : NULL,
					       spec->has_mask ? &spec->mask : NULL, &template);

	if (result != DOCA_SUCCESS)
		return result;
	if (template->nr_criteria > 0 || template->nr_parts > 0)
		result = DOCA_ERROR_NOT_SUPPORTED;
	template_free(template);
	return result;
}

/* Hits and misses go on to pipes. */
static doca_error_t check_spec(const struct pipe_spec *spec)
{
	if ((spec->has_fwd && spec->fwd.type != DOCA_FLOW_FWD_PIPE) ||
	    (spec->has_miss && spec->miss.type != DOCA_FLOW_FWD_PIPE) || spec->has_monitor)
		return DOCA_ERROR_NOT_SUPPORTED;
	if (spec->has_fwd && spec->fwd.next_pipe == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	return check_match(spec);
}

static doca_error_t ct_build(struct doca_flow_pipe *pipe)
{
	const struct ct *ct = pipe->nic->ct;
	struct ct_table *table;
	doca_error_t result = check_spec(&pipe->spec);

	if (result != DOCA_SUCCESS)
		return result;
	table = calloc(1, sizeof(*table));
	if (table == NULL)
		return DOCA_ERROR_NO_MEMORY;
	pipe->table = &table->table;
	for (unsigned int direction = 0; direction < DIRECTIONS; direction++)
		keymap_init(&table->maps[direction], sizeof(struct ct_key));
	if (ct->user_actions > 0) {
		table->shared = calloc(ct->user_actions, sizeof(*table->shared));
		if (table->shared == NULL)
			return DOCA_ERROR_NO_MEMORY;
	}
	return DOCA_SUCCESS;
}

static void ct_demolish(struct doca_flow_pipe *pipe)
{
	struct ct_table *table = ct_table_of(pipe);

	for (unsigned int direction = 0; direction < DIRECTIONS; direction++)
		keymap_destroy(&table->maps[direction]);
	free(table->shared);
}

/* Connections are not made by the calls that make entries. */
static doca_error_t ct_compile(struct doca_flow_pipe *pipe, const struct entry_spec *spec,
			       struct doca_flow_pipe_entry **out)
{
	(void)pipe;
	(void)spec;
	(void)out;
	return DOCA_ERROR_NOT_SUPPORTED;
}

/* Out of the map. */
static void drop(struct doca_flow_pipe_entry *entry, unsigned int direction)
{
	struct connection *connection = connection_of(entry);

	if (connection->kept[direction])
		keymap_remove(&ct_table_of(entry->pipe)->maps[direction], direction_of(entry, direction));
	connection->kept[direction] = connection->shown[direction] = false;
}

static void connection_hide(struct doca_flow_pipe_entry *entry)
{
	connection_report_no_more(entry);
	for (unsigned int direction = 0; direction < DIRECTIONS; direction++)
		drop(entry, direction);
}

/* The origin's program and forward are freed as those of any entry. */
static void ct_release(struct doca_flow_pipe_entry *entry)
{
	struct connection *connection = connection_of(entry);
	struct ct_table *table = ct_table_of(entry->pipe);

	connection_hide(entry);
	table->connections[connection->is_ip6]--;
	table->user_actions -= connection->draws[ORIGIN];
	ct_program_free(entry->pipe, connection->reply->program, connection->draws[REPLY]);
	forward_free(connection->reply->fwd);
	free(connection->reply->cached);
	free(connection->reply);
	free(connection->private_data);
}

static doca_error_t family_has_room(const struct doca_flow_pipe *pipe, bool is_ip6)
{
	const struct ct *ct = pipe->nic->ct;

	return ct_table_of(pipe)->connections[is_ip6] < (is_ip6 ? ct->ip6_max : ct->ip4_max) ? DOCA_SUCCESS :
											       DOCA_ERROR_FULL;
}

doca_error_t connection_new(struct doca_flow_pipe *pipe, bool is_ip6, struct doca_flow_pipe_entry **out)
{
	uint32_t *connections = ct_table_of(pipe)->connections;
	const struct ct *ct = pipe->nic->ct;
	struct doca_flow_pipe_entry *entry, *reply;
	void *private_data = NULL;

	if (family_has_room(pipe, is_ip6) != DOCA_SUCCESS ||
	    (ct->total_max > 0 && connections[0] + connections[1] >= ct->total_max))
		return DOCA_ERROR_FULL;
	entry = entry_alloc(sizeof(struct connection));
	reply = entry_alloc(sizeof(struct reply));
	if (ct->private_size > 0)
		private_data = calloc(1, ct->private_size);
	if (entry == NULL || reply == NULL || (ct->private_size > 0 && private_data == NULL)) {
		free(entry);
		free(reply);
		free(private_data);
		return DOCA_ERROR_NO_MEMORY;
	}
	entry->pipe = reply->pipe = pipe;
	connection_of(entry)->reply = reply;
	connection_of(entry)->is_ip6 = is_ip6;
	connection_of(entry)->private_data = private_data;
	((struct reply *)reply->key)->origin = entry;
	connections[is_ip6]++;
	pipe->entries++;
	entry_enlist(entry); /* draws on no budget, so it cannot fail */
	*out = entry;
	return DOCA_SUCCESS;
}

doca_error_t connection_set_family(struct doca_flow_pipe_entry *entry, bool is_ip6)
{
	uint32_t *connections = ct_table_of(entry->pipe)->connections;
	struct connection *connection = connection_of(entry);

	if (connection->is_ip6 == is_ip6)
		return DOCA_SUCCESS;
	if (family_has_room(entry->pipe, is_ip6) != DOCA_SUCCESS)
		return DOCA_ERROR_FULL;
	connections[connection->is_ip6]--;
	connections[is_ip6]++;
	connection->is_ip6 = is_ip6;
	return DOCA_SUCCESS;
}

struct ct_key *connection_key(struct doca_flow_pipe_entry *entry, unsigned int direction)
{
	return (struct ct_key *)direction_of(entry, direction)->key;
}

void connection_set_key(struct doca_flow_pipe_entry *entry, unsigned int direction, const struct ct_key *key)
{
	struct ct_key *to = connection_key(entry, direction);

	if (memcmp(to, key, sizeof(*to)) == 0)
		return;
	drop(entry, direction);
	*to = *key;
}

doca_error_t connection_keep(struct doca_flow_pipe_entry *entry, unsigned int direction)
{
	struct keymap *map = &ct_table_of(entry->pipe)->maps[direction];
	struct connection *connection = connection_of(entry);
	doca_error_t result = DOCA_SUCCESS;

	if (!connection->kept[direction])
		result = keymap_insert(map, direction_of(entry, direction));
	if (result == DOCA_SUCCESS)
		connection->kept[direction] = true;
	return result;
}

doca_error_t connection_show(struct doca_flow_pipe_entry *entry, unsigned int direction)
{
	doca_error_t result = connection_keep(entry, direction);

	if (result != DOCA_SUCCESS)
		return result;
	connection_of(entry)->shown[direction] = true;
	direction_of(entry, direction)->last_hit_ns = nic_now_ns();
	return DOCA_SUCCESS;
}

void connection_filter(struct doca_flow_pipe_entry *entry, unsigned int direction, uint32_t flags)
{
	const uint32_t filter[DIRECTIONS] = { DOCA_FLOW_CT_ENTRY_FLAGS_DUP_FILTER_ORIGIN,
					      DOCA_FLOW_CT_ENTRY_FLAGS_DUP_FILTER_REPLY };
	bool udp_only = (entry->pipe->nic->ct->flags & DOCA_FLOW_CT_FLAG_DUP_FILTER_UDP_ONLY) != 0;

	if ((flags & filter[direction]) == 0 ||
	    (udp_only && connection_key(entry, direction)->protocol != DOCA_FLOW_PROTO_UDP))
		return;
	connection_keep(entry, direction);
}

static doca_error_t ct_insert(struct doca_flow_pipe_entry *entry)
{
	doca_error_t result = DOCA_SUCCESS;

	for (unsigned int direction = 0; direction < DIRECTIONS && result == DOCA_SUCCESS; direction++) {
		if (connection_of(entry)->used[direction])
			result = connection_show(entry, direction);
	}
	if (result != DOCA_SUCCESS)
		connection_hide(entry);
	return result;
}

/* The connection of one of its entries. */
static struct doca_flow_pipe_entry *owner(struct doca_flow_pipe_entry *side, unsigned int direction)
{
	return direction == ORIGIN ? side : ((struct reply *)side->key)->origin;
}

struct doca_flow_pipe_entry *connection_find(struct doca_flow_pipe *pipe, unsigned int direction,
					     const struct ct_key *key)
{
	struct doca_flow_pipe_entry *side =
		keymap_find(&ct_table_of(pipe)->maps[direction], (const uint8_t *)key);

	if (side == NULL || owner(side, direction)->removed)
		return NULL;
	return owner(side, direction);
}

/* The bits of the packet's meta data that the mask chooses: of one word. */
static doca_be32_t zone_of(const struct doca_flow_meta *meta, const struct doca_flow_meta *mask)
{
	doca_be32_t zone = meta->pkt_meta & mask->pkt_meta;

	for (unsigned int index = 0; index < DOCA_FLOW_META_SCRATCH_PAD_MAX; index++)
		zone |= meta->u32[index] & mask->u32[index];
	return zone;
}

static doca_be32_t zone_bits(const struct doca_flow_meta *mask)
{
	doca_be32_t bits = mask->pkt_meta;

	for (unsigned int index = 0; index < DOCA_FLOW_META_SCRATCH_PAD_MAX; index++)
		bits |= mask->u32[index];
	return bits;
}

struct ct_key ct_key_of(const struct ct *ct, unsigned int direction, bool is_ip6,
			const struct doca_flow_ct_match *match)
{
	doca_be32_t bits = zone_bits(&ct->direction[direction].zone_mask);
	struct ct_key key = { .is_ip6 = is_ip6 };

	if (is_ip6) {
		memcpy(key.source, match->ipv6.src_ip, sizeof(key.source));
		memcpy(key.destination, match->ipv6.dst_ip, sizeof(key.destination));
		key.ports = match->ipv6.l4_port;
		key.zone = match->ipv6.metadata & bits;
		key.protocol = match->ipv6.next_proto;
	} else {
		key.source[0] = match->ipv4.src_ip;
		key.destination[0] = match->ipv4.dst_ip;
		key.ports = match->ipv4.l4_port;
		key.zone = match->ipv4.metadata & bits;
		key.protocol = match->ipv4.next_proto;
	}
	return key;
}

/* False: the packet is of no connection that could be known. */
static bool key_of_packet(const struct ct *ct, unsigned int direction, const struct packet *packet,
			  struct ct_key *key)
{
	bool inner = ct->direction[direction].inner;
	const struct doca_flow_header_format *view = inner ? &packet->view.inner : &packet->view.outer;
	uint32_t layers = inner ? packet->layers >> 10 : packet->layers;

	memset(key, 0, sizeof(*key));
	if ((layers & (LAYER_TCP | LAYER_UDP)) == 0)
		return false;
	key->protocol = layers & LAYER_TCP ? DOCA_FLOW_PROTO_TCP : DOCA_FLOW_PROTO_UDP;
	key->ports = view->transport;
	key->zone = zone_of(&packet->view.meta, &ct->direction[direction].zone_mask);
	if (layers & LAYER_IP4) {
		key->source[0] = view->ip4.src_ip;
		key->destination[0] = view->ip4.dst_ip;
		return true;
	}
	key->is_ip6 = 1;
	memcpy(key->source, view->ip6.src_ip, sizeof(key->source));
	memcpy(key->destination, view->ip6.dst_ip, sizeof(key->destination));
	return (layers & LAYER_IP6) != 0;
}

static struct doca_flow_pipe_entry *ct_lookup(struct walk *walk, const struct way *way, struct packet *packet)
{
	const struct ct_table *table = ct_table_of(way->pipe);

	(void)walk;
	for (unsigned int direction = 0; direction < DIRECTIONS; direction++) {
		struct doca_flow_pipe_entry *side;
		struct ct_key key;

		if (!key_of_packet(way->pipe->nic->ct, direction, packet, &key))
			continue;
		side = keymap_find(&table->maps[direction], (const uint8_t *)&key);
		if (side != NULL && connection_of(owner(side, direction))->shown[direction])
			return side;
	}
	return NULL;
}

static void print_direction(const char *name, const struct ct_key *key, FILE *to)
{
	size_t size = key->is_ip6 ? 16 : 4;

	fprintf(to, " %s=", name);
	print_bytes(key->source, size, to);
	fputc(':', to);
	print_bytes(&key->ports.src_port, 2, to);
	fputc('>', to);
	print_bytes(key->destination, size, to);
	fputc(':', to);
	print_bytes(&key->ports.dst_port, 2, to);
}

static void ct_print_key(const struct doca_flow_pipe_entry *entry, FILE *to)
{
	const struct connection *connection = connection_of(entry);
	const struct ct_key *reply = &((const struct reply *)connection->reply->key)->key;

	fprintf(to, " protocol=%u", connection->used[ORIGIN] ? connection->key.protocol : reply->protocol);
	if (connection->used[ORIGIN])
		print_direction("origin", &connection->key, to);
	if (connection->used[REPLY])
		print_direction("reply", reply, to);
}

const struct table_type ct_type = {
	.name = "connection tracking",
	.build = ct_build,
	.demolish = ct_demolish,
	.compile = ct_compile,
	.release = ct_release,
	.insert = ct_insert,
	.withdraw = connection_hide,
	.lookup = ct_lookup,
	.print_key = ct_print_key,
};
