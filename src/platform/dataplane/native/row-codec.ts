import { familyOf, type Ip, ipFromBytes16, ipToBytes16 } from "../../../model/ip.ts";
import { macFromBytes, macToBytes } from "../../../model/mac.ts";
import { prefixBase, prefixBits, prefixFamily, prefixOf } from "../../../model/prefix.ts";
import type {
  EndpointRow,
  MemberRow,
  Mode,
  NeighbourRow,
  NetworkRow,
  PolicyRow,
  PortRow,
  PrefixRow,
  Protocol,
  Row,
  Table,
  UplinkRow,
  VtepRow,
} from "../../../model/rows.ts";
import type { Layout } from "../../native/layout.ts";
import * as abi from "../../native/layouts.ts";
import { StructView } from "../../native/struct-view.ts";
import { DIRECTIONS, nameOf, numberOf, PORT_KINDS } from "./names.ts";

/** How the rows of one table become bytes, and back. */
export interface RowCodec<R extends Row> {
  /** enum hyp_table. */
  readonly table: number;
  readonly keyBytes: number;
  readonly valueBytes: number;
  /** Writes the key at `base`; the memory there is zero. */
  putKey(row: R, memory: Uint8Array, base: number): void;
  putValue(row: R, memory: Uint8Array, base: number): void;
  /** Reads a row from a key at `base` with the value right after it. Throws E501 for an unknown number. */
  read(memory: Uint8Array, base: number): R;
}

type View<Name extends string> = StructView<Name>;

function codec<R extends Row, Key extends string, Value extends string>(spec: {
  readonly table: number;
  readonly key: Layout<Key>;
  readonly value: Layout<Value>;
  readonly putKey: (row: R, key: View<Key>) => void;
  readonly putValue: (row: R, value: View<Value>) => void;
  readonly read: (key: View<Key>, value: View<Value>) => R;
}): RowCodec<R> {
  const { key, value } = spec;
  return {
    table: spec.table,
    keyBytes: key.bytes,
    valueBytes: value.bytes,
    putKey: (row, memory, base) => spec.putKey(row, new StructView(key, memory, base)),
    putValue: (row, memory, base) => spec.putValue(row, new StructView(value, memory, base)),
    read: (memory, base) =>
      spec.read(new StructView(key, memory, base), new StructView(value, memory, base + key.bytes)),
  };
}

const port = codec<PortRow, "port", "endpoint" | "kind">({
  table: 0,
  key: abi.PORT_KEY,
  value: abi.PORT_VALUE,
  putKey: (row, key) => key.set("port", row.port),
  putValue: (row, value) => {
    value.set("endpoint", row.endpoint);
    value.set("kind", numberOf(PORT_KINDS, row.kind));
  },
  read: (key, value) => ({
    table: "port",
    port: key.get("port"),
    endpoint: value.get("endpoint"),
    kind: nameOf(PORT_KINDS, value.get("kind"), "port kind"),
  }),
});

const NETWORK_MULTICAST = 1 << 0;

const network = codec<NetworkRow, "network", "flags" | "mtu" | "members" | "vni">({
  table: 1,
  key: abi.NETWORK_KEY,
  value: abi.NETWORK_VALUE,
  putKey: (row, key) => key.set("network", row.network),
  putValue: (row, value) => {
    value.set("flags", row.multicast ? NETWORK_MULTICAST : 0);
    value.set("mtu", row.mtuBytes);
    value.set("members", row.members);
    value.set("vni", row.vni);
  },
  read: (key, value) => ({
    table: "network",
    network: key.get("network"),
    multicast: (value.get("flags") & NETWORK_MULTICAST) !== 0,
    mtuBytes: value.get("mtu"),
    members: value.get("members"),
    vni: value.get("vni"),
  }),
});

const ENDPOINT_EGRESS_DENY = 1 << 0;
const ENDPOINT_INGRESS_DENY = 1 << 1;
const ENDPOINT_SOFTWARE = 1 << 2;
/** enum hyp_mode. */
const MODES: ReadonlyMap<Mode, number> = new Map([
  ["quarantine", 0],
  ["enforce", 1],
  ["audit", 2],
  ["learn", 3],
]);
const EGRESS = 0;
const INGRESS = 1;

type EndpointField = keyof typeof abi.ENDPOINT_VALUE.fields;

const endpoint = codec<EndpointRow, "endpoint", EndpointField>({
  table: 2,
  key: abi.ENDPOINT_KEY,
  value: abi.ENDPOINT_VALUE,
  putKey: (row, key) => key.set("endpoint", row.endpoint),
  putValue: putEndpoint,
  read: readEndpoint,
});

function putEndpoint(row: EndpointRow, value: View<EndpointField>): void {
  value.set("generation", row.generation);
  value.set("network", row.network);
  value.set("port", row.port);
  value.set("identity", row.identity);
  value.set("policy", row.policy);
  value.set(
    "flags",
    (row.egressDeny ? ENDPOINT_EGRESS_DENY : 0) |
      (row.ingressDeny ? ENDPOINT_INGRESS_DENY : 0) |
      (row.software ? ENDPOINT_SOFTWARE : 0),
  );
  value.set("prefix_lengths", row.egressPrefixLengths, EGRESS);
  value.set("prefix_lengths", row.ingressPrefixLengths, INGRESS);
  if (row.ipv4 !== undefined) value.bytes("ipv4").set(ipv4ToBytes(row.ipv4));
  if (row.ipv6 !== undefined) value.bytes("ipv6").set(ipToBytes16(row.ipv6));
  value.set("mode", numberOf(MODES, row.mode));
  value.bytes("mac").set(macToBytes(row.mac));
  value.set("rate", row.egressRate, EGRESS);
  value.set("rate", row.ingressRate, INGRESS);
  value.set("burst", row.egressBurst, EGRESS);
  value.set("burst", row.ingressBurst, INGRESS);
}

function readEndpoint(key: View<"endpoint">, value: View<EndpointField>): EndpointRow {
  return {
    table: "endpoint",
    endpoint: key.get("endpoint"),
    generation: value.get("generation"),
    network: value.get("network"),
    port: value.get("port"),
    identity: value.get("identity"),
    policy: value.get("policy"),
    egressDeny: (value.get("flags") & ENDPOINT_EGRESS_DENY) !== 0,
    ingressDeny: (value.get("flags") & ENDPOINT_INGRESS_DENY) !== 0,
    egressPrefixLengths: value.get("prefix_lengths", EGRESS),
    ingressPrefixLengths: value.get("prefix_lengths", INGRESS),
    mode: nameOf(MODES, value.get("mode"), "mode"),
    software: (value.get("flags") & ENDPOINT_SOFTWARE) !== 0,
    mac: macFromBytes(value.bytes("mac")),
    ipv4: readIpv4(value.bytes("ipv4")),
    ipv6: readIp(value.bytes("ipv6")),
    egressRate: value.get("rate", EGRESS),
    ingressRate: value.get("rate", INGRESS),
    egressBurst: value.get("burst", EGRESS),
    ingressBurst: value.get("burst", INGRESS),
  };
}

/** In wire order: the last four bytes of the mapped form. */
function ipv4ToBytes(ip: Ip): Uint8Array {
  return ipToBytes16(ip).subarray(12);
}

function readIpv4(bytes: Uint8Array): Ip | undefined {
  return bytes.every((byte) => byte === 0) ? undefined : (bytes.join(".") as Ip);
}

/** Sixteen bytes; all zero stands for no address. */
export function readIp(bytes: Uint8Array): Ip | undefined {
  return bytes.every((byte) => byte === 0) ? undefined : ipFromBytes16(bytes);
}

const neighbour = codec<NeighbourRow, "network" | "address", "endpoint" | "identity" | "vtep" | "mac">({
  table: 3,
  key: abi.NEIGHBOUR_KEY,
  value: abi.NEIGHBOUR_VALUE,
  putKey: (row, key) => {
    key.set("network", row.network);
    key.bytes("address").set(ipToBytes16(row.address));
  },
  putValue: (row, value) => {
    value.set("endpoint", row.endpoint);
    value.set("identity", row.identity);
    value.set("vtep", row.vtep);
    value.bytes("mac").set(macToBytes(row.mac));
  },
  read: (key, value) => ({
    table: "neighbour",
    network: key.get("network"),
    address: ipFromBytes16(key.bytes("address")),
    endpoint: value.get("endpoint"),
    identity: value.get("identity"),
    vtep: value.get("vtep"),
    mac: macFromBytes(value.bytes("mac")),
  }),
});

const member = codec<MemberRow, "network" | "slot", "endpoint">({
  table: 4,
  key: abi.MEMBER_KEY,
  value: abi.MEMBER_VALUE,
  putKey: (row, key) => {
    key.set("network", row.network);
    key.set("slot", row.slot);
  },
  putValue: (row, value) => value.set("endpoint", row.endpoint),
  read: (key, value) => ({
    table: "member",
    network: key.get("network"),
    slot: key.get("slot"),
    endpoint: value.get("endpoint"),
  }),
});

/** IANA protocol numbers; 0 is HYP_PROTOCOL_OTHER. */
const PROTOCOLS: ReadonlyMap<Protocol, number> = new Map([
  ["other", 0],
  ["icmp", 1],
  ["tcp", 6],
  ["udp", 17],
  ["icmp6", 58],
  ["sctp", 132],
]);
/** enum hyp_verdict. */
const VERDICTS: ReadonlyMap<PolicyRow["verdict"], number> = new Map([
  ["allow", 1],
  ["deny", 2],
]);
const POLICY_LOG = 1 << 0;
const POLICY_AUDIT = 1 << 1;

const policy = codec<PolicyRow, keyof typeof abi.POLICY_KEY.fields, keyof typeof abi.POLICY_VALUE.fields>({
  table: 5,
  key: abi.POLICY_KEY,
  value: abi.POLICY_VALUE,
  putKey: (row, key) => {
    key.set("policy", row.policy);
    key.set("identity", row.identity);
    key.set("port", row.port);
    key.set("prefix_length", row.prefixLength);
    key.set("protocol", numberOf(PROTOCOLS, row.protocol));
    key.set("direction", numberOf(DIRECTIONS, row.direction));
  },
  putValue: (row, value) => {
    value.set("rule", row.rule);
    value.set("verdict", numberOf(VERDICTS, row.verdict));
    value.set("flags", (row.log ? POLICY_LOG : 0) | (row.audit ? POLICY_AUDIT : 0));
  },
  read: (key, value) => ({
    table: "policy",
    policy: key.get("policy"),
    direction: nameOf(DIRECTIONS, key.get("direction"), "direction"),
    identity: key.get("identity"),
    protocol: nameOf(PROTOCOLS, key.get("protocol"), "protocol"),
    port: key.get("port"),
    prefixLength: key.get("prefix_length"),
    verdict: nameOf(VERDICTS, value.get("verdict"), "verdict"),
    rule: value.get("rule"),
    log: (value.get("flags") & POLICY_LOG) !== 0,
    audit: (value.get("flags") & POLICY_AUDIT) !== 0,
  }),
});

const vtep = codec<VtepRow, "vtep", "ipv4" | "mac">({
  table: 6,
  key: abi.VTEP_KEY,
  value: abi.VTEP_VALUE,
  putKey: (row, key) => key.set("vtep", row.vtep),
  putValue: (row, value) => {
    value.bytes("ipv4").set(ipv4ToBytes(row.ipv4));
    value.bytes("mac").set(macToBytes(row.mac));
  },
  read: (key, value) => ({
    table: "vtep",
    vtep: key.get("vtep"),
    ipv4: value.bytes("ipv4").join(".") as Ip,
    mac: macFromBytes(value.bytes("mac")),
  }),
});

const uplink = codec<UplinkRow, "port", "ipv4" | "mac" | "mtu">({
  table: 7,
  key: abi.UPLINK_KEY,
  value: abi.UPLINK_VALUE,
  putKey: (row, key) => key.set("port", row.port),
  putValue: (row, value) => {
    value.bytes("ipv4").set(ipv4ToBytes(row.ipv4));
    value.bytes("mac").set(macToBytes(row.mac));
    value.set("mtu", row.mtuBytes);
  },
  read: (key, value) => ({
    table: "uplink",
    port: key.get("port"),
    ipv4: value.bytes("ipv4").join(".") as Ip,
    mac: macFromBytes(value.bytes("mac")),
    mtuBytes: value.get("mtu"),
  }),
});

/** Bits in front of an IPv4 prefix's own, as its addresses are IPv6-mapped. */
const MAPPED_BITS = 96;

const prefix = codec<PrefixRow, "length" | "address", "identity">({
  table: 8,
  key: abi.PREFIX_KEY,
  value: abi.PREFIX_VALUE,
  putKey: (row, key) => {
    key.set("length", prefixBits(row.prefix) + (prefixFamily(row.prefix) === 4 ? MAPPED_BITS : 0));
    key.bytes("address").set(ipToBytes16(prefixBase(row.prefix)));
  },
  putValue: (row, value) => value.set("identity", row.identity),
  read: (key, value) => {
    const base = ipFromBytes16(key.bytes("address"));
    const bits = key.get("length") - (familyOf(base) === 4 ? MAPPED_BITS : 0);
    return { table: "prefix", prefix: prefixOf(base, bits), identity: value.get("identity") };
  },
});

export const ROW_CODECS = {
  port,
  network,
  endpoint,
  neighbour,
  member,
  policy,
  vtep,
  uplink,
  prefix,
} as const satisfies {
  readonly [T in Table]: RowCodec<Extract<Row, { table: T }>>;
};

/** The codec of a row's table, its row type widened to any row. */
export function codecOf(table: Table): RowCodec<Row> {
  return ROW_CODECS[table] as unknown as RowCodec<Row>;
}
