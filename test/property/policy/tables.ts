import { localMac } from "../../../src/model/mac.ts";
import type { EndpointRow, PolicyRow, Row } from "../../../src/model/rows.ts";
import { LookupTables } from "../../../src/pipeline/index.ts";

export function tables(rows: Iterable<Row>): LookupTables {
  return new LookupTables(rows);
}

/** An endpoint's row of which only some is said. */
export function endpointRow(endpoint: number, some: Partial<EndpointRow>): EndpointRow {
  return {
    table: "endpoint",
    endpoint,
    generation: 1,
    network: 1,
    port: 100 + endpoint,
    identity: 0,
    policy: 0,
    egressDeny: false,
    ingressDeny: false,
    egressPrefixLengths: 0,
    ingressPrefixLengths: 0,
    mode: "enforce",
    software: false,
    mac: localMac(Uint8Array.of(2, 0, 0, 0, 0, endpoint)),
    ipv4: undefined,
    ipv6: undefined,
    egressRate: 0,
    ingressRate: 0,
    egressBurst: 0,
    ingressBurst: 0,
    ...some,
  };
}

/** True when no two rows of one list of the table cover a port twice. */
export function disjoint(rows: readonly PolicyRow[]): boolean {
  const lists = Map.groupBy(rows, (row) => `${row.policy} ${row.direction} ${row.identity} ${row.protocol}`);
  return [...lists.values()].every((list) => {
    const spans = list
      .map(({ port, prefixLength }) => ({ first: port, last: port + 2 ** (16 - prefixLength) - 1 }))
      .sort((a, b) => a.first - b.first);
    return spans.every((span, i) => i === 0 || (spans[i - 1]?.last ?? 0) < span.first);
  });
}
