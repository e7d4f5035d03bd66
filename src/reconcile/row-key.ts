import type { EndpointRow, Row } from "../model/rows.ts";

/** A row's key fields as one string: two rows of equal key are the same entry of the data plane. */
export function rowKey(row: Row): string {
  switch (row.table) {
    case "port":
      return `port/${row.port}`;
    case "network":
      return `network/${row.network}`;
    case "endpoint":
      return `endpoint/${row.endpoint}`;
    case "neighbour":
      return `neighbour/${row.network}/${row.address}`;
    case "member":
      return `member/${row.network}/${row.slot}`;
    case "policy":
      return `policy/${row.policy}/${row.direction}/${row.identity}/${row.protocol}/${row.port}/${row.prefixLength}`;
    case "vtep":
      return `vtep/${row.vtep}`;
    case "uplink":
      return `uplink/${row.port}`;
    case "prefix":
      return `prefix/${row.prefix}`;
  }
}

/** A row's value fields as one string, without the endpoint's generation: that only counts changes. */
export function rowValue(row: Row): string {
  switch (row.table) {
    case "port":
      return `${row.endpoint}/${row.kind}`;
    case "network":
      return `${row.multicast}/${row.mtuBytes}/${row.members}/${row.vni}`;
    case "endpoint":
      return endpointValue(row);
    case "neighbour":
      return `${row.endpoint}/${row.identity}/${row.vtep}/${row.mac}`;
    case "member":
      return `${row.endpoint}`;
    case "policy":
      return `${row.verdict}/${row.rule}/${row.log}/${row.audit}`;
    case "vtep":
      return `${row.ipv4}/${row.mac}`;
    case "uplink":
      return `${row.ipv4}/${row.mac}/${row.mtuBytes}`;
    case "prefix":
      return `${row.identity}`;
  }
}

function endpointValue(row: EndpointRow): string {
  return [
    row.network,
    row.port,
    row.identity,
    row.policy,
    row.egressDeny,
    row.ingressDeny,
    row.egressPrefixLengths,
    row.ingressPrefixLengths,
    row.mode,
    row.software,
    row.mac,
    row.ipv4 ?? "",
    row.ipv6 ?? "",
    row.egressRate,
    row.ingressRate,
    row.egressBurst,
    row.ingressBurst,
  ].join("/");
}
