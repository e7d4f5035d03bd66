/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DOCA Flow 3.3: names, types and values of NVIDIA's API, declared anew for softnic, which implements
 * them in software. Programs are compiled against one set of headers or the other; the libraries are
 * not interchangeable in binary form.
 *
 * Header fields are big-endian; ids, indices and sizes are in host byte order. Configuration setters
 * copy what they are given; INVALID_VALUE for a NULL configuration or a value out of range, NO_MEMORY.
 * One thread per pipe queue; pipes and ports are made and destroyed by one thread at a time.
 */
#ifndef DOCA_FLOW_H_
#define DOCA_FLOW_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "doca_compat.h"
#include "doca_dev.h"
#include "doca_error.h"
#include "doca_flow_crypto.h"
#include "doca_flow_definitions.h"
#include "doca_flow_net.h"
#include "doca_types.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DOCA_FLOW_META_SCRATCH_PAD_MAX 10
/* Bytes of action memory that an entry takes at most. */
#define DOCA_FLOW_MAX_ENTRY_ACTIONS_MEM_SIZE 128
/* crypto_id of PSP decryption, whose key comes from the packet. */
#define DOCA_FLOW_PSP_DECRYPTION_ID UINT32_MAX

struct doca_flow_cfg;
struct doca_flow_port_cfg;
struct doca_flow_pipe_cfg;
struct doca_flow_tune_cfg;
struct doca_flow_port;
struct doca_flow_pipe;
struct doca_flow_pipe_entry;
struct doca_flow_target;

/* ---- Kinds ------------------------------------------------------------------------------------- */

/* Where counters, meters and so on are reserved: for all ports at init, or for each at its start. */
enum doca_flow_resource_mode {
	DOCA_FLOW_RESOURCE_MODE_SYSTEM = 0,
	DOCA_FLOW_RESOURCE_MODE_PORT = 1,
};

enum doca_flow_resource {
	DOCA_FLOW_RESOURCE_METER = 0,
	DOCA_FLOW_RESOURCE_COUNTER = 1,
	DOCA_FLOW_RESOURCE_RSS = 2,
	DOCA_FLOW_RESOURCE_PSP = 3,
	DOCA_FLOW_RESOURCE_ENCAP = 4,
	DOCA_FLOW_RESOURCE_DECAP = 5,
	DOCA_FLOW_RESOURCE_IPSEC_SA = 6,
};

enum doca_flow_shared_resource_type {
	DOCA_FLOW_SHARED_RESOURCE_METER = 0,
	DOCA_FLOW_SHARED_RESOURCE_COUNTER = 1,
	DOCA_FLOW_SHARED_RESOURCE_RSS = 2,
	DOCA_FLOW_SHARED_RESOURCE_PSP = 3,
	DOCA_FLOW_SHARED_RESOURCE_ENCAP = 4,
	DOCA_FLOW_SHARED_RESOURCE_DECAP = 5,
	DOCA_FLOW_SHARED_RESOURCE_IPSEC_SA = 6,
};

/* Whose a meter, counter, encapsulation … is: nobody's, one named by an id, the entry's own. */
enum doca_flow_resource_type {
	DOCA_FLOW_RESOURCE_TYPE_NONE = 0,
	DOCA_FLOW_RESOURCE_TYPE_SHARED = 1,
	DOCA_FLOW_RESOURCE_TYPE_NON_SHARED = 2,
};

enum doca_flow_entry_op {
	DOCA_FLOW_ENTRY_OP_ADD = 0,
	DOCA_FLOW_ENTRY_OP_DEL = 1,
	DOCA_FLOW_ENTRY_OP_UPD = 2,
	DOCA_FLOW_ENTRY_OP_AGED = 3,
};

enum doca_flow_entry_status {
	DOCA_FLOW_ENTRY_STATUS_IN_PROCESS = 0,
	DOCA_FLOW_ENTRY_STATUS_SUCCESS = 1,
	DOCA_FLOW_ENTRY_STATUS_ERROR = 2,
};

/* When an operation on an entry reaches the device; 0 is NO_WAIT, too. */
enum doca_flow_entry_flags {
	DOCA_FLOW_ENTRY_FLAGS_NO_WAIT = 1u << 0,
	DOCA_FLOW_ENTRY_FLAGS_WAIT_FOR_BATCH = 1u << 1,
};

enum doca_flow_pipe_op {
	DOCA_FLOW_PIPE_OP_CONGESTION_REACHED = 0,
	DOCA_FLOW_PIPE_OP_RESIZED = 1,
	DOCA_FLOW_PIPE_OP_DESTROYED = 2,
};

enum doca_flow_pipe_status {
	DOCA_FLOW_PIPE_STATUS_SUCCESS = 1,
	DOCA_FLOW_PIPE_STATUS_ERROR = 2,
};

enum doca_flow_pipe_type {
	DOCA_FLOW_PIPE_BASIC = 0,
	DOCA_FLOW_PIPE_CONTROL = 1,
	DOCA_FLOW_PIPE_LPM = 2,
	DOCA_FLOW_PIPE_CT = 3,
	DOCA_FLOW_PIPE_ACL = 4,
	DOCA_FLOW_PIPE_ORDERED_LIST = 5,
	DOCA_FLOW_PIPE_HASH = 6,
};

enum doca_flow_pipe_domain {
	DOCA_FLOW_PIPE_DOMAIN_DEFAULT = 0,
	DOCA_FLOW_PIPE_DOMAIN_SECURE_INGRESS = 1,
	DOCA_FLOW_PIPE_DOMAIN_EGRESS = 2,
	DOCA_FLOW_PIPE_DOMAIN_SECURE_EGRESS = 3,
};

/* Bits: one of the first five, and perhaps the last. */
enum doca_flow_pipe_hash_map_algorithm {
	DOCA_FLOW_PIPE_HASH_MAP_ALGORITHM_HASH = 1u << 0,
	DOCA_FLOW_PIPE_HASH_MAP_ALGORITHM_RANDOM = 1u << 1,
	DOCA_FLOW_PIPE_HASH_MAP_ALGORITHM_IDENTITY = 1u << 2,
	DOCA_FLOW_PIPE_HASH_MAP_ALGORITHM_ROUND_ROBIN = 1u << 3,
	DOCA_FLOW_PIPE_HASH_MAP_ALGORITHM_FLOODING = 1u << 4,
	DOCA_FLOW_PIPE_HASH_MAP_ALGORITHM_SELECT_ENABLED = 1u << 5,
};

enum doca_flow_fwd_type {
	DOCA_FLOW_FWD_NONE = 0,
	DOCA_FLOW_FWD_RSS = 1,
	DOCA_FLOW_FWD_PORT = 2,
	DOCA_FLOW_FWD_PIPE = 3,
	DOCA_FLOW_FWD_DROP = 4,
	DOCA_FLOW_FWD_TARGET = 5,
	DOCA_FLOW_FWD_ORDERED_LIST_PIPE = 6,
	DOCA_FLOW_FWD_HASH_PIPE = 7,
	DOCA_FLOW_FWD_CHANGEABLE = 100, /* each entry brings one of the others */
};

enum doca_flow_target_type {
	DOCA_FLOW_TARGET_KERNEL = 0,
};

enum doca_flow_port_operation_state {
	DOCA_FLOW_PORT_OPERATION_STATE_ACTIVE = 0,
	DOCA_FLOW_PORT_OPERATION_STATE_ACTIVE_READY_TO_SWAP = 1,
	DOCA_FLOW_PORT_OPERATION_STATE_STANDBY = 2,
	DOCA_FLOW_PORT_OPERATION_STATE_UNCONNECTED = 3,
};

/* What becomes of packets that no pipe decides. */
enum doca_flow_port_default_miss_type {
	DOCA_FLOW_PORT_DEFAULT_MISS_KERNEL = 0,
	DOCA_FLOW_PORT_DEFAULT_MISS_RSS = 1,
	DOCA_FLOW_PORT_DEFAULT_MISS_DROP = 2,
};

enum doca_flow_tune_profile {
	DOCA_FLOW_TUNE_PROFILE_NONE = 0,
	DOCA_FLOW_TUNE_PROFILE_PIPELINE = 30,
	DOCA_FLOW_TUNE_PROFILE_FULL = 60,
};

/* One byte in struct doca_flow_parser_meta, so its mask is one, too. */
enum doca_flow_meter_color {
	DOCA_FLOW_METER_COLOR_RED = 0,
	DOCA_FLOW_METER_COLOR_YELLOW = 1,
	DOCA_FLOW_METER_COLOR_GREEN = 2,
} __attribute__((packed));

enum doca_flow_meter_limit_type {
	DOCA_FLOW_METER_LIMIT_TYPE_BYTES = 0,
	DOCA_FLOW_METER_LIMIT_TYPE_PACKETS = 1,
};

enum doca_flow_meter_color_mode {
	DOCA_FLOW_METER_COLOR_MODE_BLIND = 0,
	DOCA_FLOW_METER_COLOR_MODE_AWARE = 1,
};

enum doca_flow_meter_algorithm_type {
	DOCA_FLOW_METER_ALGORITHM_TYPE_RFC2697 = 0,
	DOCA_FLOW_METER_ALGORITHM_TYPE_RFC2698 = 1,
	DOCA_FLOW_METER_ALGORITHM_TYPE_RFC4115 = 2,
};

/* ---- Matching ---------------------------------------------------------------------------------- */

enum doca_flow_l2_meta {
	DOCA_FLOW_L2_META_NO_VLAN = 0,
	DOCA_FLOW_L2_META_MULTI_VLAN = 1,
	DOCA_FLOW_L2_META_SINGLE_VLAN = 2,
	DOCA_FLOW_L2_META_CUSTOM_VLAN = 3,
};

enum doca_flow_l3_meta {
	DOCA_FLOW_L3_META_NONE = 0,
	DOCA_FLOW_L3_META_IPV4 = 1,
	DOCA_FLOW_L3_META_IPV6 = 2,
};

enum doca_flow_l4_meta {
	DOCA_FLOW_L4_META_NONE = 0,
	DOCA_FLOW_L4_META_TCP = 1,
	DOCA_FLOW_L4_META_UDP = 2,
	DOCA_FLOW_L4_META_ICMP = 3, /* of IPv4 or IPv6 */
	DOCA_FLOW_L4_META_ESP = 4,
};

/* What pipes write and later pipes match. pkt_meta goes to software and comes from it with the packet. */
struct doca_flow_meta {
	doca_be32_t pkt_meta;
	doca_be32_t u32[DOCA_FLOW_META_SCRATCH_PAD_MAX]; /* no value at first */
};

/* What the parser found; read-only. */
struct doca_flow_parser_meta {
	uint16_t port_id; /* logical id, host byte order; UINT16_MAX: sent by software */
	doca_be16_t random;
	uint8_t ipsec_syndrome;
	uint8_t ipsec_ar_syndrome;
	uint8_t psp_syndrome;
	enum doca_flow_meter_color meter_color;
	enum doca_flow_l2_meta outer_l2_type;
	enum doca_flow_l3_meta outer_l3_type;
	enum doca_flow_l4_meta outer_l4_type;
	enum doca_flow_l2_meta inner_l2_type;
	enum doca_flow_l3_meta inner_l3_type;
	enum doca_flow_l4_meta inner_l4_type;
	uint8_t outer_ip_fragmented;
	uint8_t inner_ip_fragmented;
	uint8_t outer_l3_ok;
	uint8_t outer_ip4_checksum_ok;
	uint8_t outer_l4_ok;
	uint8_t outer_l4_checksum_ok;
	uint8_t inner_l3_ok;
	uint8_t inner_ip4_checksum_ok;
	uint8_t inner_l4_ok;
	uint8_t inner_l4_checksum_ok;
};

struct doca_flow_match {
	struct doca_flow_meta meta;
	struct doca_flow_parser_meta parser_meta;
	struct doca_flow_header_format outer;
	struct doca_flow_tun tun;
	struct doca_flow_header_format inner;
};

/* A field by its name, such as "outer.eth.src_mac", "tunnel.vxlan.vni" or "meta.data". */
struct doca_flow_desc_field {
	const char *field_string;
	uint32_t bit_offset; /* from the least significant bit */
};

enum doca_flow_compare_op {
	DOCA_FLOW_COMPARE_EQ = 0,
	DOCA_FLOW_COMPARE_NE = 1,
	DOCA_FLOW_COMPARE_LT = 2,
	DOCA_FLOW_COMPARE_LE = 3,
	DOCA_FLOW_COMPARE_GT = 4,
	DOCA_FLOW_COMPARE_GE = 5,
};

/* a `operation` b, `width` bits of each. Where b has no field_string, b is a's value in the match. */
struct doca_flow_match_condition {
	enum doca_flow_compare_op operation;
	union {
		struct {
			struct doca_flow_desc_field a;
			struct doca_flow_desc_field b;
			uint32_t width;
		} field_op;
	};
};

/* The flow whose entropy is asked for. */
struct doca_flow_entropy_format {
	enum doca_flow_l3_type l3_type;
	union {
		struct doca_flow_header_ip4 ip4;
		struct doca_flow_header_ip6 ip6;
	};
	/* 3.2 tells by the type whether there are ports, later versions by the flag: either will do. */
	enum doca_flow_l4_type_ext l4_type_ext;
	bool is_transport;
	struct doca_flow_header_l4_port transport;
};

/* ---- Actions ----------------------------------------------------------------------------------- */

struct doca_flow_encap_action {
	struct doca_flow_header_format outer;
	struct doca_flow_tun tun;
};

struct doca_flow_resource_encap_cfg {
	bool is_l2; /* false: the packet loses its Ethernet header first */
	struct doca_flow_encap_action encap;
};

struct doca_flow_resource_decap_cfg {
	bool is_l2; /* false: the packet inside has no Ethernet header and gets this one */
	struct doca_flow_header_eth eth;
	uint16_t l2_valid_headers;
	struct doca_flow_header_eth_vlan eth_vlan[DOCA_FLOW_VLAN_MAX];
};

struct doca_flow_push_vlan_action {
	doca_be16_t eth_type; /* of the tag */
	struct doca_flow_header_eth_vlan vlan_hdr;
};

enum doca_flow_push_action_type {
	DOCA_FLOW_PUSH_ACTION_VLAN = 0,
};

struct doca_flow_push_action {
	enum doca_flow_push_action_type type;
	union {
		struct doca_flow_push_vlan_action vlan;
	};
};

struct doca_flow_nat64_action {
	enum doca_flow_l3_type original_l3_type; /* NONE: no translation */
};

struct doca_flow_crypto_action {
	enum doca_flow_crypto_action_type action_type;
	enum doca_flow_crypto_resource_type resource_type;
	union {
		struct {
			bool sn_en;
		} ipsec_sa;
	};
	uint32_t crypto_id;
};

struct doca_flow_crypto_encap_action {
	enum doca_flow_crypto_encap_action_type action_type;
	enum doca_flow_crypto_encap_net_type net_type;
	uint16_t icv_size;
	uint16_t data_size;
	uint8_t encap_data[DOCA_FLOW_CRYPTO_HEADER_LEN_MAX];
};

/* Done in this order; encryption, where there is any, around all of it. */
struct doca_flow_actions {
	enum doca_flow_resource_type decap_type;
	union {
		struct doca_flow_resource_decap_cfg decap_cfg;
		uint32_t shared_decap_id;
	};
	bool pop_vlan;
	struct doca_flow_meta meta;
	struct doca_flow_parser_meta parser_meta;
	struct doca_flow_header_format outer;
	struct doca_flow_tun tun;
	enum doca_flow_resource_type encap_type;
	union {
		struct doca_flow_resource_encap_cfg encap_cfg;
		uint32_t shared_encap_id;
	};
	bool has_push;
	struct doca_flow_push_action push;
	struct doca_flow_nat64_action nat64;
	bool has_crypto_encap;
	struct doca_flow_crypto_encap_action crypto_encap;
	struct doca_flow_crypto_action crypto;
};

enum doca_flow_action_type {
	DOCA_FLOW_ACTION_AUTO = 0, /* set, by the rules of struct doca_flow_actions */
	DOCA_FLOW_ACTION_ADD = 1,
	DOCA_FLOW_ACTION_COPY = 2,
};

struct doca_flow_action_desc {
	enum doca_flow_action_type type;
	union {
		struct {
			struct doca_flow_desc_field src; /* ADD: no name, the actions hold the value */
			struct doca_flow_desc_field dst;
			uint32_t width; /* bits */
		} field_op;
	};
};

struct doca_flow_action_descs {
	uint8_t nb_action_desc;
	struct doca_flow_action_desc *desc_array;
};

/* ---- Meters, counters, ageing ------------------------------------------------------------------ */

struct doca_flow_resource_meter_cfg {
	enum doca_flow_meter_limit_type limit_type;
	enum doca_flow_meter_color_mode color_mode;
	enum doca_flow_meter_algorithm_type alg;
	uint64_t cir; /* per second */
	uint64_t cbs;
	union {
		struct {
			uint64_t ebs;
		} rfc2697;
		struct {
			uint64_t pir;
			uint64_t pbs;
		} rfc2698;
		struct {
			uint64_t eir;
			uint64_t ebs;
		} rfc4115;
	};
};

struct doca_flow_monitor {
	enum doca_flow_resource_type meter_type;
	union {
		struct {
			enum doca_flow_meter_limit_type limit_type;
			uint64_t cir;
			uint64_t cbs;
		} non_shared_meter;
		struct {
			uint32_t shared_meter_id;
			enum doca_flow_meter_color meter_init_color;
		} shared_meter;
	};
	enum doca_flow_resource_type counter_type;
	union {
		struct {
			uint32_t shared_counter_id;
		} shared_counter;
	};
	uint32_t aging_sec; /* without a packet; 0: never */
};

struct doca_flow_resource_query {
	union {
		struct {
			uint64_t total_bytes;
			uint64_t total_pkts;
		} counter;
		struct {
			uint64_t current_sn;
		} ipsec_sa;
	};
};

/* ---- Forwarding -------------------------------------------------------------------------------- */

/* Bits of outer_flags and inner_flags: what the choice of a queue depends on. */
enum doca_flow_rss_type {
	DOCA_FLOW_RSS_IPV4 = 1u << 0,
	DOCA_FLOW_RSS_IPV6 = 1u << 1,
	DOCA_FLOW_RSS_UDP = 1u << 2,
	DOCA_FLOW_RSS_TCP = 1u << 3,
	DOCA_FLOW_RSS_ESP = 1u << 4,
	DOCA_FLOW_RSS_IPV4_SRC = 1u << 5,
	DOCA_FLOW_RSS_IPV4_DST = 1u << 6,
	DOCA_FLOW_RSS_IPV6_SRC = 1u << 7,
	DOCA_FLOW_RSS_IPV6_DST = 1u << 8,
	DOCA_FLOW_RSS_UDP_SRC = 1u << 9,
	DOCA_FLOW_RSS_UDP_DST = 1u << 10,
	DOCA_FLOW_RSS_TCP_SRC = 1u << 11,
	DOCA_FLOW_RSS_TCP_DST = 1u << 12,
	DOCA_FLOW_RSS_AUTO = 1u << 30,
};

enum doca_flow_rss_hash_function {
	DOCA_FLOW_RSS_HASH_FUNCTION_TOEPLITZ = 0,
	DOCA_FLOW_RSS_HASH_FUNCTION_SYMMETRIC_TOEPLITZ = 1,
};

struct doca_flow_resource_rss_cfg {
	uint32_t outer_flags;
	uint32_t inner_flags;
	uint16_t *queues_array;
	int nr_queues;
	enum doca_flow_rss_hash_function rss_hash_func;
};

struct doca_flow_fwd {
	enum doca_flow_fwd_type type;
	union {
		struct {
			enum doca_flow_resource_type rss_type;
			union {
				struct doca_flow_resource_rss_cfg rss;
				uint32_t shared_rss_id;
			};
		};
		struct {
			uint16_t port_id; /* UINT16_MAX: changeable */
		};
		struct {
			struct doca_flow_pipe *next_pipe; /* NULL: changeable */
		};
		struct {
			struct doca_flow_target *target;
		};
		struct {
			struct doca_flow_pipe *pipe;
			uint32_t idx; /* UINT32_MAX: changeable */
		} ordered_list_pipe;
		struct {
			struct doca_flow_pipe *pipe;
			enum doca_flow_pipe_hash_map_algorithm algorithm;
		} hash_pipe;
	};
};

struct doca_flow_shared_resource_cfg {
	union {
		struct doca_flow_resource_meter_cfg meter_cfg;
		struct doca_flow_resource_rss_cfg rss_cfg;
		struct doca_flow_resource_psp_cfg psp_cfg;
		struct doca_flow_resource_encap_cfg encap_cfg;
		struct doca_flow_resource_decap_cfg decap_cfg;
		struct doca_flow_resource_ipsec_sa_cfg ipsec_sa_cfg;
	};
};

/* ---- Ordered lists ----------------------------------------------------------------------------- */

enum doca_flow_ordered_list_element_type {
	DOCA_FLOW_ORDERED_LIST_ELEMENT_ACTIONS = 0,
	DOCA_FLOW_ORDERED_LIST_ELEMENT_MONITOR = 1,
	DOCA_FLOW_ORDERED_LIST_ELEMENT_NAT64 = 2,
	DOCA_FLOW_ORDERED_LIST_ELEMENT_CRYPTO = 3,
};

struct doca_flow_ordered_list_element {
	enum doca_flow_ordered_list_element_type type;
	union {
		struct {
			const struct doca_flow_actions *actions;
			const struct doca_flow_actions *actions_mask;
			const struct doca_flow_action_descs *action_descs;
		};
		const struct doca_flow_monitor *monitor;
		const struct doca_flow_nat64_action *nat64;
		struct {
			const struct doca_flow_crypto_action *crypto;
			const struct doca_flow_crypto_encap_action *crypto_encap;
		};
	};
};

struct doca_flow_ordered_list {
	uint32_t idx; /* of the pipe's list that an entry follows */
	uint32_t size;
	const struct doca_flow_ordered_list_element *elements;
};

/* ---- The library ------------------------------------------------------------------------------- */

/* Called within doca_flow_entries_process, or an operation that found its queue full. */
typedef void (*doca_flow_entry_process_cb)(struct doca_flow_pipe_entry *entry, uint16_t pipe_queue,
					   enum doca_flow_entry_status status,
					   enum doca_flow_entry_op op, void *user_ctx);
typedef void (*doca_flow_pipe_process_cb)(struct doca_flow_pipe *pipe,
					  enum doca_flow_pipe_status status,
					  enum doca_flow_pipe_op op, void *user_ctx);
typedef void (*doca_flow_shared_resource_unbind_cb)(enum doca_flow_shared_resource_type type,
						    uint32_t shared_resource_id, void *bindable_obj);

DOCA_STABLE doca_error_t doca_flow_cfg_create(struct doca_flow_cfg **cfg);
DOCA_STABLE doca_error_t doca_flow_cfg_destroy(struct doca_flow_cfg *cfg);
DOCA_STABLE doca_error_t doca_flow_cfg_set_pipe_queues(struct doca_flow_cfg *cfg,
						       uint16_t pipe_queues);
DOCA_STABLE doca_error_t doca_flow_cfg_set_queue_depth(struct doca_flow_cfg *cfg,
						       uint32_t queue_depth);
/* "switch" or "vnf", then options: "hws", "isolated", "expert", "hairpinq_num=N", "cpds". */
DOCA_STABLE doca_error_t doca_flow_cfg_set_mode_args(struct doca_flow_cfg *cfg,
						     const char *mode_args);
DOCA_STABLE doca_error_t doca_flow_cfg_set_nr_counters(struct doca_flow_cfg *cfg,
						       uint32_t nr_counters);
DOCA_STABLE doca_error_t doca_flow_cfg_set_nr_meters(struct doca_flow_cfg *cfg, uint32_t nr_meters);
DOCA_STABLE doca_error_t
doca_flow_cfg_set_nr_shared_resource(struct doca_flow_cfg *cfg, uint32_t nr_shared_resource,
				     enum doca_flow_shared_resource_type type);
DOCA_STABLE doca_error_t doca_flow_cfg_set_nr_acl_collisions(struct doca_flow_cfg *cfg,
							     uint8_t nr_acl_collisions);
DOCA_STABLE doca_error_t doca_flow_cfg_set_cb_entry_process(struct doca_flow_cfg *cfg,
							    doca_flow_entry_process_cb cb);
DOCA_STABLE doca_error_t doca_flow_cfg_set_cb_pipe_process(struct doca_flow_cfg *cfg,
							   doca_flow_pipe_process_cb cb);
DOCA_STABLE doca_error_t
doca_flow_cfg_set_cb_shared_resource_unbind(struct doca_flow_cfg *cfg,
					    doca_flow_shared_resource_unbind_cb cb);
DOCA_STABLE doca_error_t doca_flow_cfg_set_rss_key(struct doca_flow_cfg *cfg,
						   const uint8_t *rss_key, uint32_t rss_key_len);
DOCA_EXPERIMENTAL doca_error_t
doca_flow_cfg_set_definitions(struct doca_flow_cfg *cfg,
			      const struct doca_flow_definitions *definitions);
DOCA_EXPERIMENTAL doca_error_t
doca_flow_cfg_set_resource_mode(struct doca_flow_cfg *cfg, const enum doca_flow_resource_mode mode);
DOCA_EXPERIMENTAL doca_error_t doca_flow_cfg_set_tune_cfg(struct doca_flow_cfg *cfg,
							  struct doca_flow_tune_cfg *tune_cfg);

DOCA_STABLE doca_error_t doca_flow_init(struct doca_flow_cfg *cfg);
DOCA_STABLE void doca_flow_destroy(void);

/* ---- Ports ------------------------------------------------------------------------------------- */

DOCA_STABLE doca_error_t doca_flow_port_cfg_create(struct doca_flow_port_cfg **cfg);
DOCA_STABLE doca_error_t doca_flow_port_cfg_destroy(struct doca_flow_port_cfg *cfg);
/* The program's own number for it; mandatory. */
DOCA_STABLE doca_error_t doca_flow_port_cfg_set_port_id(struct doca_flow_port_cfg *cfg,
							uint16_t port_id);
DOCA_STABLE doca_error_t doca_flow_port_cfg_set_dev(struct doca_flow_port_cfg *cfg,
						    struct doca_dev *dev);
/* Makes the port a representor. */
DOCA_STABLE doca_error_t doca_flow_port_cfg_set_dev_rep(struct doca_flow_port_cfg *cfg,
							struct doca_dev_rep *dev_rep);
DOCA_STABLE doca_error_t doca_flow_port_cfg_set_devargs(struct doca_flow_port_cfg *cfg,
							const char *devargs);
DOCA_STABLE doca_error_t doca_flow_port_cfg_set_priv_data_size(struct doca_flow_port_cfg *cfg,
							       uint16_t priv_data_size);
DOCA_EXPERIMENTAL doca_error_t
doca_flow_port_cfg_set_nr_resources(struct doca_flow_port_cfg *cfg,
				    enum doca_flow_resource resource, uint32_t nr_resources);
/* A power of two of at least 64 bytes; 0: none. */
DOCA_STABLE doca_error_t doca_flow_port_cfg_set_actions_mem_size(struct doca_flow_port_cfg *cfg,
								 uint32_t size);
DOCA_STABLE doca_error_t
doca_flow_port_cfg_set_service_threads_core(struct doca_flow_port_cfg *cfg, uint32_t core);
DOCA_STABLE doca_error_t
doca_flow_port_cfg_set_service_threads_cycle(struct doca_flow_port_cfg *cfg, uint32_t cycle_ms);
DOCA_STABLE doca_error_t
doca_flow_port_cfg_set_operation_state(struct doca_flow_port_cfg *cfg,
				       enum doca_flow_port_operation_state state);

DOCA_STABLE doca_error_t doca_flow_port_start(const struct doca_flow_port_cfg *cfg,
					      struct doca_flow_port **port);
/* IN_USE while something of the port's is still referenced. */
DOCA_STABLE doca_error_t doca_flow_port_stop(struct doca_flow_port *port);
DOCA_STABLE doca_error_t doca_flow_port_pair(struct doca_flow_port *port,
					     struct doca_flow_port *pair_port);
DOCA_STABLE uint8_t *doca_flow_port_priv_data(struct doca_flow_port *port);
/* The manager of the port's eswitch; of the first one for NULL. NULL when there is none. */
DOCA_STABLE struct doca_flow_port *doca_flow_port_switch_get(const struct doca_flow_port *port);
DOCA_STABLE void doca_flow_port_pipes_flush(struct doca_flow_port *port);
DOCA_EXPERIMENTAL doca_error_t
doca_flow_port_operation_state_modify(struct doca_flow_port *port,
				      enum doca_flow_port_operation_state state);
DOCA_EXPERIMENTAL doca_error_t
doca_flow_port_update_default_miss(struct doca_flow_port *port,
				   enum doca_flow_port_default_miss_type type, bool counter_en);
DOCA_EXPERIMENTAL doca_error_t
doca_flow_port_query_default_miss(struct doca_flow_port *port,
				  struct doca_flow_resource_query *query_stats);
/* `entropy` is big-endian: the UDP source port that the device gives this flow. */
DOCA_EXPERIMENTAL doca_error_t doca_flow_port_calc_entropy(struct doca_flow_port *port,
							   struct doca_flow_entropy_format *header,
							   uint16_t *entropy);
DOCA_STABLE doca_error_t doca_flow_get_target(enum doca_flow_target_type type,
					      struct doca_flow_target **target);

/* ---- Pipes ------------------------------------------------------------------------------------- */

DOCA_STABLE doca_error_t doca_flow_pipe_cfg_create(struct doca_flow_pipe_cfg **cfg,
						   struct doca_flow_port *port);
DOCA_STABLE doca_error_t doca_flow_pipe_cfg_destroy(struct doca_flow_pipe_cfg *cfg);
/* A hash pipe takes a mask alone, which names the fields that count. */
DOCA_STABLE doca_error_t doca_flow_pipe_cfg_set_match(struct doca_flow_pipe_cfg *cfg,
						      const struct doca_flow_match *match,
						      const struct doca_flow_match *match_mask);
/* masks and descs may be NULL, as may be each of theirs. */
DOCA_STABLE doca_error_t
doca_flow_pipe_cfg_set_actions(struct doca_flow_pipe_cfg *cfg,
			       struct doca_flow_actions *const *actions,
			       struct doca_flow_actions *const *actions_masks,
			       struct doca_flow_action_descs *const *action_descs,
			       size_t nr_actions);
DOCA_STABLE doca_error_t doca_flow_pipe_cfg_set_monitor(struct doca_flow_pipe_cfg *cfg,
							const struct doca_flow_monitor *monitor);
DOCA_STABLE doca_error_t
doca_flow_pipe_cfg_set_ordered_lists(struct doca_flow_pipe_cfg *cfg,
				     struct doca_flow_ordered_list *const *ordered_lists,
				     size_t nr_ordered_lists);
DOCA_STABLE doca_error_t doca_flow_pipe_cfg_set_name(struct doca_flow_pipe_cfg *cfg,
						     const char *name);
DOCA_STABLE doca_error_t doca_flow_pipe_cfg_set_label(struct doca_flow_pipe_cfg *cfg,
						      const char *label);
DOCA_STABLE doca_error_t doca_flow_pipe_cfg_set_type(struct doca_flow_pipe_cfg *cfg,
						     enum doca_flow_pipe_type type);
/* ALREADY_EXIST the second time. */
DOCA_STABLE doca_error_t doca_flow_pipe_cfg_set_domain(struct doca_flow_pipe_cfg *cfg,
						       enum doca_flow_pipe_domain domain);
DOCA_STABLE doca_error_t doca_flow_pipe_cfg_set_is_root(struct doca_flow_pipe_cfg *cfg,
							bool is_root);
DOCA_STABLE doca_error_t doca_flow_pipe_cfg_set_nr_entries(struct doca_flow_pipe_cfg *cfg,
							   uint32_t nr_entries);
DOCA_STABLE doca_error_t doca_flow_pipe_cfg_set_is_resizable(struct doca_flow_pipe_cfg *cfg,
							     bool is_resizable);
DOCA_STABLE doca_error_t doca_flow_pipe_cfg_set_miss_counter(struct doca_flow_pipe_cfg *cfg,
							     bool miss_counter);
DOCA_STABLE doca_error_t doca_flow_pipe_cfg_set_excluded_queue(struct doca_flow_pipe_cfg *cfg,
							       uint16_t excluded_queue);
/* 1 to 100 percent of nr_entries. */
DOCA_STABLE doca_error_t
doca_flow_pipe_cfg_set_congestion_level_threshold(struct doca_flow_pipe_cfg *cfg,
						  uint8_t congestion_level_threshold);
DOCA_STABLE doca_error_t doca_flow_pipe_cfg_set_user_ctx(struct doca_flow_pipe_cfg *cfg,
							 void *user_ctx);
/* enum doca_flow_pipe_hash_map_algorithm */
DOCA_STABLE doca_error_t doca_flow_pipe_cfg_set_hash_map_algorithm(struct doca_flow_pipe_cfg *cfg,
								   uint32_t algorithm_flags);

/* fwd NULL: control pipes, or pipes that only miss; fwd_miss NULL: the port's default. */
DOCA_STABLE doca_error_t doca_flow_pipe_create(const struct doca_flow_pipe_cfg *cfg,
					       const struct doca_flow_fwd *fwd,
					       const struct doca_flow_fwd *fwd_miss,
					       struct doca_flow_pipe **pipe);
/* Its entries go with it, without callbacks. */
DOCA_STABLE void doca_flow_pipe_destroy(struct doca_flow_pipe *pipe);
DOCA_STABLE doca_error_t doca_flow_pipe_update_miss(struct doca_flow_pipe *pipe,
						    const struct doca_flow_fwd *fwd_miss);

typedef doca_error_t (*doca_flow_pipe_resize_nr_entries_changed_cb)(void *pipe_user_ctx,
								    uint32_t nr_entries);
typedef doca_error_t (*doca_flow_pipe_resize_entry_relocate_cb)(void *pipe_user_ctx,
								uint16_t pipe_queue,
								void *entry_user_ctx,
								void **new_entry_user_ctx);
DOCA_EXPERIMENTAL doca_error_t
doca_flow_pipe_resize(struct doca_flow_pipe *pipe, uint8_t new_congestion_level,
		      doca_flow_pipe_resize_nr_entries_changed_cb nr_entries_changed_cb,
		      doca_flow_pipe_resize_entry_relocate_cb entry_relocation_cb);
DOCA_EXPERIMENTAL doca_error_t doca_flow_pipe_calc_hash(struct doca_flow_pipe *pipe,
							const struct doca_flow_match *match,
							uint32_t *hash);
DOCA_STABLE void doca_flow_pipe_dump(struct doca_flow_pipe *pipe, FILE *f);

/* ---- Entries ----------------------------------------------------------------------------------- */

/*
 * Each returns at once; its completion is told by the entry callback with usr_ctx. What is not
 * changeable in the pipe may be NULL, as may be the place for the entry.
 */
DOCA_STABLE doca_error_t
doca_flow_pipe_basic_add_entry(uint16_t pipe_queue, struct doca_flow_pipe *pipe,
			       const struct doca_flow_match *match, uint8_t action_idx,
			       const struct doca_flow_actions *actions,
			       const struct doca_flow_monitor *monitor,
			       const struct doca_flow_fwd *fwd, uint32_t flags, void *usr_ctx,
			       struct doca_flow_pipe_entry **entry);
DOCA_STABLE doca_error_t doca_flow_pipe_basic_update_entry(
	uint16_t pipe_queue, struct doca_flow_pipe *pipe, uint8_t action_idx,
	const struct doca_flow_actions *actions, const struct doca_flow_monitor *monitor,
	const struct doca_flow_fwd *fwd, uint32_t flags, struct doca_flow_pipe_entry *entry);
/* priority: 0 first, 7 last. */
DOCA_STABLE doca_error_t doca_flow_pipe_control_add_entry(
	uint16_t pipe_queue, struct doca_flow_pipe *pipe, const struct doca_flow_match *match,
	const struct doca_flow_match *match_mask, const struct doca_flow_match_condition *condition,
	const struct doca_flow_actions *actions, const struct doca_flow_actions *actions_mask,
	const struct doca_flow_action_descs *action_descs, const struct doca_flow_monitor *monitor,
	uint32_t priority, const struct doca_flow_fwd *fwd, void *usr_ctx,
	struct doca_flow_pipe_entry **entry);
DOCA_STABLE doca_error_t
doca_flow_pipe_lpm_add_entry(uint16_t pipe_queue, struct doca_flow_pipe *pipe,
			     const struct doca_flow_match *match,
			     const struct doca_flow_match *match_mask, uint8_t action_idx,
			     const struct doca_flow_actions *actions,
			     const struct doca_flow_monitor *monitor,
			     const struct doca_flow_fwd *fwd, uint32_t flags, void *usr_ctx,
			     struct doca_flow_pipe_entry **entry);
DOCA_STABLE doca_error_t doca_flow_pipe_lpm_update_entry(
	uint16_t pipe_queue, struct doca_flow_pipe *pipe, uint8_t action_idx,
	const struct doca_flow_actions *actions, const struct doca_flow_monitor *monitor,
	const struct doca_flow_fwd *fwd, uint32_t flags, struct doca_flow_pipe_entry *entry);
DOCA_STABLE doca_error_t
doca_flow_pipe_acl_add_entry(uint16_t pipe_queue, struct doca_flow_pipe *pipe,
			     const struct doca_flow_match *match,
			     const struct doca_flow_match *match_mask, uint8_t action_idx,
			     const struct doca_flow_actions *actions, const uint32_t priority,
			     const struct doca_flow_fwd *fwd, uint32_t flags, void *usr_ctx,
			     struct doca_flow_pipe_entry **entry);
DOCA_STABLE doca_error_t doca_flow_pipe_acl_update_entry(
	uint16_t pipe_queue, struct doca_flow_pipe *pipe, uint8_t action_idx,
	const struct doca_flow_actions *actions, const struct doca_flow_fwd *fwd, uint32_t flags,
	struct doca_flow_pipe_entry *entry);
DOCA_STABLE doca_error_t
doca_flow_pipe_hash_add_entry(uint16_t pipe_queue, struct doca_flow_pipe *pipe,
			      uint32_t entry_index, uint8_t action_idx,
			      const struct doca_flow_actions *actions,
			      const struct doca_flow_monitor *monitor,
			      const struct doca_flow_fwd *fwd, uint32_t flags, void *usr_ctx,
			      struct doca_flow_pipe_entry **entry);
DOCA_STABLE doca_error_t doca_flow_pipe_ordered_list_add_entry(
	uint16_t pipe_queue, struct doca_flow_pipe *pipe, uint32_t idx,
	const struct doca_flow_ordered_list *ordered_list, const struct doca_flow_fwd *fwd,
	uint32_t flags, void *usr_ctx, struct doca_flow_pipe_entry **entry);
DOCA_STABLE doca_error_t doca_flow_pipe_remove_entry(uint16_t pipe_queue, uint32_t flags,
						     struct doca_flow_pipe_entry *entry);

/* timeout 0: looks once; max_processed_entries 0: until the timeout. */
DOCA_STABLE doca_error_t doca_flow_entries_process(struct doca_flow_port *port, uint16_t pipe_queue,
						   uint64_t timeout_us,
						   uint32_t max_processed_entries);
DOCA_STABLE enum doca_flow_entry_status
doca_flow_pipe_entry_get_status(struct doca_flow_pipe_entry *entry);
/* Reports entries that have aged to the entry callback. > 0: how many; 0: none; -1: the whole of the
 * queue's entries was gone through. */
DOCA_STABLE int doca_flow_aging_handle(struct doca_flow_port *port, uint16_t pipe_queue,
				       uint64_t quota_us, uint64_t max_entries);

/* An entry of an ordered list writes one result per NON_SHARED counter of its list. */
DOCA_STABLE doca_error_t
doca_flow_resource_query_entry(struct doca_flow_pipe_entry *entry,
			       struct doca_flow_resource_query *query_stats);
DOCA_STABLE doca_error_t
doca_flow_resource_query_pipe_miss(struct doca_flow_pipe *pipe,
				   struct doca_flow_resource_query *query_stats);

/* ---- Shared resources -------------------------------------------------------------------------- */

/* SYSTEM mode: the program names them, 0 to what it reserved. */
DOCA_STABLE doca_error_t
doca_flow_shared_resource_set_cfg(enum doca_flow_shared_resource_type type, uint32_t id,
				  struct doca_flow_shared_resource_cfg *cfg);
/* To a port or a pipe; NULL: to all. */
DOCA_STABLE doca_error_t doca_flow_shared_resources_bind(enum doca_flow_shared_resource_type type,
							 uint32_t *res_array,
							 uint32_t res_array_len,
							 void *bindable_obj);
DOCA_STABLE doca_error_t
doca_flow_shared_resources_query(enum doca_flow_shared_resource_type type, uint32_t *res_array,
				 struct doca_flow_resource_query *query_results_array,
				 uint32_t array_len);
/* PORT mode: the port names them. EMPTY when all are given out. */
DOCA_EXPERIMENTAL doca_error_t doca_flow_port_shared_resource_get(
	struct doca_flow_port *port, enum doca_flow_shared_resource_type type, uint32_t *id);
DOCA_EXPERIMENTAL doca_error_t doca_flow_port_shared_resource_put(
	struct doca_flow_port *port, enum doca_flow_shared_resource_type type, uint32_t id);
DOCA_EXPERIMENTAL doca_error_t
doca_flow_port_shared_resource_set_cfg(struct doca_flow_port *port,
				       enum doca_flow_shared_resource_type type, uint32_t id,
				       struct doca_flow_shared_resource_cfg *cfg);
DOCA_EXPERIMENTAL doca_error_t doca_flow_port_shared_resources_query(
	struct doca_flow_port *port, enum doca_flow_shared_resource_type type, uint32_t *res_array,
	struct doca_flow_resource_query *query_results_array, uint32_t array_len);

#ifdef __cplusplus
}
#endif

#endif
