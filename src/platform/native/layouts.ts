import { type Layout, layout, u8, u16, u32, u64 } from "./layout.ts";

/*
 * The structs of `native/include/hyperion/{tables,dataplane,host}.h`. The library is asked at load
 * whether it was built with the same ones.
 */

export const PORT_KEY = layout("hyp_port_key", 4, { port: u32(0) });
export const PORT_VALUE = layout("hyp_port_value", 8, { endpoint: u32(0), kind: u32(4) });

export const NETWORK_KEY = layout("hyp_network_key", 4, { network: u32(0) });
export const NETWORK_VALUE = layout("hyp_network_value", 16, {
  flags: u32(0),
  mtu: u32(4),
  members: u32(8),
  vni: u32(12),
});

export const ENDPOINT_KEY = layout("hyp_endpoint_key", 4, { endpoint: u32(0) });
export const ENDPOINT_VALUE = layout("hyp_endpoint_value", 96, {
  generation: u32(0),
  network: u32(4),
  port: u32(8),
  identity: u32(12),
  policy: u32(16),
  flags: u32(20),
  prefix_lengths: u32(24, 2),
  /** Wire order, so bytes and not an integer; one struct field of four bytes all the same. */
  ipv4: u8(32, 4),
  mode: u8(36),
  ipv6: u8(40, 16),
  mac: u8(56, 6),
  rate: u64(64, 2),
  burst: u64(80, 2),
});

export const NEIGHBOUR_KEY = layout("hyp_neighbour_key", 20, { network: u32(0), address: u8(4, 16) });
export const NEIGHBOUR_VALUE = layout("hyp_neighbour_value", 20, {
  endpoint: u32(0),
  identity: u32(4),
  vtep: u32(8),
  mac: u8(12, 6),
});

export const MEMBER_KEY = layout("hyp_member_key", 8, { network: u32(0), slot: u32(4) });
export const MEMBER_VALUE = layout("hyp_member_value", 4, { endpoint: u32(0) });

export const POLICY_KEY = layout("hyp_policy_key", 16, {
  policy: u32(0),
  identity: u32(4),
  port: u16(8),
  prefix_length: u8(10),
  protocol: u8(11),
  direction: u8(12),
});
export const POLICY_VALUE = layout("hyp_policy_value", 8, { rule: u32(0), verdict: u8(4), flags: u8(5) });

/** Addresses of the underlay are in wire order, like an endpoint's. */
export const VTEP_KEY = layout("hyp_vtep_key", 4, { vtep: u32(0) });
export const VTEP_VALUE = layout("hyp_vtep_value", 12, { ipv4: u8(0, 4), mac: u8(4, 6) });

export const UPLINK_KEY = layout("hyp_uplink_key", 4, { port: u32(0) });
export const UPLINK_VALUE = layout("hyp_uplink_value", 16, { ipv4: u8(0, 4), mac: u8(4, 6), mtu: u32(12) });

export const PREFIX_KEY = layout("hyp_prefix_key", 20, { length: u32(0), address: u8(4, 16) });
export const PREFIX_VALUE = layout("hyp_prefix_value", 4, { identity: u32(0) });

export const ENDPOINT_COUNTER = layout("hyp_endpoint_counter", 40, {
  endpoint: u32(0),
  sent_packets: u64(8),
  sent_bytes: u64(16),
  received_packets: u64(24),
  received_bytes: u64(32),
});
export const DROP_COUNTER = layout("hyp_drop_counter", 24, {
  endpoint: u32(0),
  reason: u32(4),
  packets: u64(8),
  bytes: u64(16),
});
export const RULE_COUNTER = layout("hyp_rule_counter", 32, {
  policy: u32(0),
  rule: u32(4),
  direction: u32(8),
  packets: u64(16),
  bytes: u64(24),
});

export const NIC_COUNTER = layout("hyp_nic_counter", 88, {
  entries: u64(0),
  connections: u64(8),
  added: u64(16),
  updated: u64(24),
  removed: u64(32),
  failed: u64(40),
  connections_added: u64(48),
  connections_refused: u64(56),
  carried: u64(64),
  punted: u64(72),
  lost: u64(80),
});

export const EVENT = layout("hyp_event", 88, {
  time_ns: u64(0),
  type: u32(8),
  reason: u32(12),
  network: u32(16),
  endpoint: u32(20),
  peer: u32(24),
  policy: u32(28),
  rule: u32(32),
  bytes: u32(36),
  ethertype: u16(40),
  source_port: u16(42),
  destination_port: u16(44),
  protocol: u8(46),
  direction: u8(47),
  source: u8(48, 16),
  destination: u8(64, 16),
  source_mac: u8(80, 6),
});

export const OPERATION = layout("hyp_operation", 8, { table: u16(0), verb: u8(2) });
export const OPTIONS = layout("hyp_dataplane_options", 32, {
  size: u32(0),
  connections_max: u32(4),
  url: u64(8),
  pin_path: u64(16),
  run_path: u64(24),
});
export const CAPABILITIES = layout("hyp_capabilities", 40, {
  networks_max: u32(0),
  endpoints_max: u32(4),
  policy_entries_max: u32(8),
  connections_max: u32(12),
  adopted: u32(16),
  backend: u8(24, 16),
});
export const ERROR = layout("hyp_error", 256, { message: u8(0, 256) });

export const LINK = layout("hyp_link", 60, {
  index: u32(0),
  mtu: u32(4),
  peer: u32(8),
  master: u32(12),
  peer_namespace: u32(16),
  mac: u8(20, 6),
  up: u8(26),
  carrier: u8(27),
  name: u8(28, 16),
  kind: u8(44, 16),
});
export const HOST_ADDRESS = layout("hyp_host_address", 16, { address: u8(0, 16) });

/** Every struct that crosses the ABI. */
export const LAYOUTS: readonly Layout[] = [
  PORT_KEY,
  PORT_VALUE,
  NETWORK_KEY,
  NETWORK_VALUE,
  ENDPOINT_KEY,
  ENDPOINT_VALUE,
  NEIGHBOUR_KEY,
  NEIGHBOUR_VALUE,
  MEMBER_KEY,
  MEMBER_VALUE,
  POLICY_KEY,
  POLICY_VALUE,
  VTEP_KEY,
  VTEP_VALUE,
  UPLINK_KEY,
  UPLINK_VALUE,
  PREFIX_KEY,
  PREFIX_VALUE,
  ENDPOINT_COUNTER,
  DROP_COUNTER,
  RULE_COUNTER,
  NIC_COUNTER,
  EVENT,
  OPERATION,
  OPTIONS,
  CAPABILITIES,
  ERROR,
  LINK,
  HOST_ADDRESS,
];
