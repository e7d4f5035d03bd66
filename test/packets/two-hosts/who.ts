import type { Ip } from "../../../src/model/ip.ts";
import { linkLocalOf } from "../../../src/model/link-local.ts";
import { parseMac } from "../../../src/model/mac.ts";
import type { EndpointRow, NeighbourRow, Row } from "../../../src/model/rows.ts";
import type { TunnelEnd } from "../build/tunnel.ts";
import { entry, type Host, prefixLengths } from "../cases/world.ts";

export const VNI = 0x0abcde;
export const CONTAINER_MTU = 1500;
/** Room for the outer headers of the largest packet, just. */
export const UNDERLAY_MTU = 1550;

/** A host as the underlay knows it. */
export interface Underlay extends TunnelEnd {
  readonly ipv6: Ip;
}

function underlay(number: number): Underlay {
  return {
    mac: parseMac(`02:42:c0:00:02:0${number}`),
    ipv4: `192.0.2.${number}` as Ip,
    ipv6: `fd00:c::${number}` as Ip,
  };
}

export const EAST = underlay(1);
export const WEST = underlay(2);
/** On the underlay, and none of us. */
export const THIRD = underlay(3);

/** A container; the number of its endpoint is its host's, that of its identity everybody's. */
export interface Container extends Host {
  readonly home: Underlay;
  readonly identity: number;
}

function container(number: number, home: Underlay, endpoint: number): Container {
  const mac = parseMac(`02:42:0a:01:00:0${number}`);
  return {
    endpoint,
    port: 0, // a kernel index, known when the VF is there
    mac,
    ipv4: `10.1.0.${number}` as Ip,
    ipv6: `fd00:1::${number}` as Ip,
    linkLocal: linkLocalOf(mac),
    home,
    identity: 100 * number,
  };
}

export const E1 = container(1, EAST, 1);
export const E2 = container(2, EAST, 2);
export const W1 = container(3, WEST, 5);
export const W2 = container(4, WEST, 6);
export const CONTAINERS: readonly Container[] = [E1, E2, W1, W2];

/** Index of the network, which each host numbers as it likes. */
const NETWORKS = new Map<Underlay, number>([
  [EAST, 1],
  [WEST, 7],
]);
const VTEP = 1;

export const networkOf = (home: Underlay): number => NETWORKS.get(home) ?? 0;
export const otherOf = (home: Underlay): Underlay => (home === EAST ? WEST : EAST);

/** Ports that policy speaks of. E1 may not go to the first; to W2 nobody may come on the second. */
export const NO_EGRESS_PORT = 81;
export const NO_INGRESS_PORT = 82;

/** W1 is there for E1 alone. */
export function policyOf(who: Container): { fields: Partial<EndpointRow>; rows: readonly Row[] } {
  const policy = who.endpoint;
  const exact = prefixLengths(16);
  if (who === E1)
    return {
      fields: { egressPrefixLengths: exact },
      rows: [
        entry({
          policy,
          direction: "egress",
          verdict: "deny",
          rule: 1,
          port: NO_EGRESS_PORT,
          prefixLength: 16,
        }),
      ],
    };
  if (who === W2)
    return {
      fields: { ingressPrefixLengths: exact },
      rows: [
        entry({
          policy,
          direction: "ingress",
          verdict: "deny",
          rule: 1,
          port: NO_INGRESS_PORT,
          prefixLength: 16,
        }),
      ],
    };
  if (who === W1)
    return {
      fields: { ingressDeny: true, ingressPrefixLengths: prefixLengths(0) },
      rows: (["tcp", "udp", "icmp", "icmp6"] as const).map((protocol, i) =>
        entry({
          policy,
          direction: "ingress",
          verdict: "allow",
          rule: i + 1,
          identity: E1.identity,
          protocol,
        }),
      ),
    };
  return { fields: {}, rows: [] };
}

export function endpointOf(who: Container, port: number, generation: number): EndpointRow {
  return {
    table: "endpoint",
    endpoint: who.endpoint,
    generation,
    network: networkOf(who.home),
    port,
    identity: who.identity,
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
    ...policyOf(who).fields,
  };
}

/** What a host knows of somebody's addresses. */
export function neighboursOf(
  who: Container,
  at: Underlay,
  identity: number = who.identity,
): readonly NeighbourRow[] {
  const local = who.home === at;
  return [who.ipv4, who.ipv6, who.linkLocal].map((address) => ({
    table: "neighbour",
    network: networkOf(at),
    address,
    endpoint: local ? who.endpoint : 0,
    identity: local ? 0 : identity,
    vtep: local ? 0 : VTEP,
    mac: who.mac,
  }));
}

export function vtepRow(at: Underlay): Row {
  const { ipv4, mac } = otherOf(at);
  return { table: "vtep", vtep: VTEP, ipv4, mac };
}
