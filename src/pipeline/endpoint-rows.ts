import type { EndpointFacts } from "../model/facts.ts";
import type { Identity, NetworkIndex } from "../model/ids.ts";
import type { Ip } from "../model/ip.ts";
import { linkLocalOf } from "../model/link-local.ts";
import type { EndpointRow, NeighbourRow, Row } from "../model/rows.ts";
import type { Binding } from "./binding.ts";
import type { PolicySet } from "./policy-set.ts";

/** An endpoint's own rows: itself, the port that it sends through, and the addresses that it answers to. */
export function endpointRows(
  endpoint: EndpointFacts,
  network: NetworkIndex,
  binding: Binding,
  identity: Identity,
  policySet: PolicySet,
): readonly Row[] {
  const { ipv4, ipv6, mac, index, port } = endpoint;
  const { posture, rates } = binding;
  const row: EndpointRow = {
    table: "endpoint",
    endpoint: index,
    generation: 0,
    network,
    port,
    identity,
    policy: policySet.number,
    egressDeny: posture?.egress.verdict !== "allow",
    ingressDeny: posture?.ingress.verdict !== "allow",
    egressPrefixLengths: policySet.prefixLengths.egress,
    ingressPrefixLengths: policySet.prefixLengths.ingress,
    mode: binding.mode,
    software: binding.software,
    mac,
    ipv4: ipv4?.ip,
    ipv6: ipv6?.ip,
    egressRate: rates.egress?.bytesPerSecond ?? 0,
    ingressRate: rates.ingress?.bytesPerSecond ?? 0,
    egressBurst: rates.egress?.burstBytes ?? 0,
    ingressBurst: rates.ingress?.burstBytes ?? 0,
  };
  const addresses: Ip[] = [];
  if (ipv4 !== undefined) addresses.push(ipv4.ip);
  if (ipv6 !== undefined) addresses.push(ipv6.ip, linkLocalOf(mac));
  const neighbours = addresses.map(
    (address): NeighbourRow => ({
      table: "neighbour",
      network,
      address,
      endpoint: index,
      identity: 0,
      vtep: 0,
      mac,
    }),
  );
  return [{ table: "port", port, endpoint: index, kind: "vf" }, row, ...neighbours];
}
