import type { Ip } from "../../../src/model/ip.ts";
import { linkLocalOf } from "../../../src/model/link-local.ts";
import { type MacAddress, parseMac } from "../../../src/model/mac.ts";
import { parsePrefix } from "../../../src/model/prefix.ts";
import type { EndpointRow, NetworkRow, PolicyRow, PortRow, PrefixRow, Row } from "../../../src/model/rows.ts";

/** Ports that a lab has. Endpoint n sends through port n; the last port belongs to nobody. */
export const PORTS = 5;
export const NOBODYS_PORT = 5;
/** The wire, for data planes that have tunnels. */
export const UPLINK_PORT = 6;
/** The ways out of two containers, and where both lead to. */
export const GATEWAY_PORTS = [7, 8] as const;
export const OUTSIDE_PORT = 9;

/** An endpoint as packets see it. */
export interface Host {
  readonly endpoint: number;
  readonly port: number;
  readonly mac: MacAddress;
  readonly ipv4: Ip;
  readonly ipv6: Ip;
  readonly linkLocal: Ip;
}

function host(endpoint: number, network: number): Host {
  const mac = parseMac(`02:42:0a:0${network}:00:0${endpoint}`);
  return {
    endpoint,
    port: endpoint,
    mac,
    ipv4: `10.${network}.0.${endpoint}` as Ip,
    ipv6: `fd00:${network}::${endpoint}` as Ip,
    linkLocal: linkLocalOf(mac),
  };
}

/** Three endpoints of network 1, and one of network 2. Their identities are their numbers times ten. */
export const A = host(1, 1);
export const B = host(2, 1);
export const C = host(3, 1);
export const STRANGER = host(4, 2);

/** What a port's far device has for a MAC. */
export const PORT_MACS: readonly MacAddress[] = [
  A.mac,
  B.mac,
  C.mac,
  STRANGER.mac,
  parseMac("02:42:0a:09:00:05"),
];

/** What the far end of the wire has. */
export const UPLINK_MAC = parseMac("02:42:c0:00:02:01");

/** The container that A belongs to, and B's, on the bridge that leads them out. */
export const WAY_A = way(A, 7);
export const WAY_B = way(B, 8);

function way({ endpoint }: Host, port: number): Host {
  const mac = parseMac(`02:42:ac:12:00:0${endpoint}`);
  const ipv4 = `172.18.0.${endpoint}` as Ip;
  return { endpoint, port, mac, ipv4, ipv6: `fd00:18::${endpoint}` as Ip, linkLocal: linkLocalOf(mac) };
}

const OUTSIDE_MAC = parseMac("02:42:ac:12:00:fe");

/**
 * Somebody outside, behind the bridge. What goes out is remembered by port and address, and cases have
 * the ports in common: each asks for a number of its own, below 65536.
 */
export function outside(nth: number): Host {
  return {
    endpoint: 0,
    port: OUTSIDE_PORT,
    mac: OUTSIDE_MAC,
    ipv4: `198.18.${nth >> 8}.${nth & 255}` as Ip,
    ipv6: `2001:db8::${(nth + 1).toString(16)}` as Ip,
    linkLocal: linkLocalOf(OUTSIDE_MAC),
  };
}

/** What the far devices of the gateways and of the outside have. */
export const OUTSIDE_MACS: readonly MacAddress[] = [WAY_A.mac, WAY_B.mac, OUTSIDE_MAC];

export const ABSENT = {
  mac: parseMac("02:42:0a:01:00:63"),
  ipv4: "10.1.0.99" as Ip,
  ipv6: "fd00:1::99" as Ip,
};

export const identityOf = (who: Host): number => who.endpoint * 10;

export function endpointRow(who: Host, fields: Partial<EndpointRow> = {}): EndpointRow {
  return {
    table: "endpoint",
    endpoint: who.endpoint,
    generation: who.endpoint,
    network: who === STRANGER ? 2 : 1,
    port: who.port,
    identity: identityOf(who),
    policy: who.endpoint,
    egressDeny: false,
    ingressDeny: false,
    egressPrefixLengths: 0,
    ingressPrefixLengths: 0,
    mode: "enforce",
    software: false,
    mac: who.mac,
    ipv4: who.ipv4,
    ipv6: who.ipv6,
    egressRate: 0,
    ingressRate: 0,
    egressBurst: 0,
    ingressBurst: 0,
    ...fields,
  };
}

function hostRows(who: Host, fields: Partial<EndpointRow>): Row[] {
  const network = who === STRANGER ? 2 : 1;
  const { endpoint, port, mac } = who;
  const addresses = [who.ipv4, who.ipv6, who.linkLocal];
  return [
    { table: "port", port, endpoint, kind: "vf" },
    endpointRow(who, fields),
    ...addresses.map(
      (address): Row => ({ table: "neighbour", network, address, endpoint, identity: 0, vtep: 0, mac }),
    ),
  ];
}

export interface World {
  readonly a?: Partial<EndpointRow>;
  readonly b?: Partial<EndpointRow>;
  readonly c?: Partial<EndpointRow>;
  /** Gives network 1 multicast, with A, B and C as members. */
  readonly multicast?: boolean;
  readonly policies?: readonly PolicyRow[];
}

/** The rows of a host with A, B, C and STRANGER, everything allowed but for what is said otherwise. */
export function world(options: World = {}): readonly Row[] {
  const multicast = options.multicast ?? false;
  const members = multicast ? [A, B, C] : [];
  const network = (number: number): NetworkRow => ({
    table: "network",
    network: number,
    multicast: multicast && number === 1,
    mtuBytes: 1500,
    members: number === 1 ? members.length : 0,
    vni: 0,
  });
  return [
    network(1),
    network(2),
    ...hostRows(A, options.a ?? {}),
    ...hostRows(B, options.b ?? {}),
    ...hostRows(C, options.c ?? {}),
    ...hostRows(STRANGER, {}),
    ...members.map((who, slot): Row => ({ table: "member", network: 1, slot, endpoint: who.endpoint })),
    ...(options.policies ?? []),
  ];
}

/** The same with ways out for A and B. */
export function worldWithOutside(
  options: World & { readonly prefixes?: readonly PrefixRow[] } = {},
): readonly Row[] {
  return [...world(options), ...(options.prefixes ?? []), governs(A, WAY_A.port), governs(B, WAY_B.port)];
}

/** Whose policy a way out has. */
export function governs({ endpoint }: Host, port: number): PortRow {
  return { table: "port", port, endpoint, kind: "gateway" };
}

/** Who is within a prefix. */
export function within(prefix: string, identity: number): PrefixRow {
  return { table: "prefix", prefix: parsePrefix(prefix), identity };
}

/** A policy entry; the port exact unless `prefixLength` says otherwise. */
export function entry(
  fields: Pick<PolicyRow, "policy" | "direction" | "verdict" | "rule"> & Partial<PolicyRow>,
): PolicyRow {
  return {
    table: "policy",
    identity: 0,
    protocol: "tcp",
    port: 0,
    prefixLength: 0,
    log: false,
    audit: false,
    ...fields,
  };
}

/** Bit mask of prefix lengths, as an endpoint's row has it. */
export function prefixLengths(...lengths: readonly number[]): number {
  return lengths.reduce((mask, length) => mask | (1 << length), 0);
}
