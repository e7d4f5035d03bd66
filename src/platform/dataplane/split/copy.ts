import type { Operation, Row, Table } from "../dataplane.ts";

/** Tables that every data plane of a split one holds. */
const SHARED: readonly Table[] = ["policy", "endpoint"];

export function isShared({ table }: Row): boolean {
  return SHARED.includes(table);
}

/** What is the gateway's alone: its ports, and who is outside. */
export function isGateways(row: Row): boolean {
  return row.table === "prefix" || (row.table === "port" && row.kind === "gateway");
}

/**
 * The operations that make `copy` agree with `original` about the shared tables, and hold nothing else
 * than these and what is the gateway's. What is pointed at comes before what points.
 */
export function copyOperations(original: readonly Row[], copy: readonly Row[]): readonly Operation[] {
  const wanted = new Map(original.filter(isShared).map((row) => [keyOf(row), row]));
  const held = new Map(copy.filter(isShared).map((row) => [keyOf(row), row]));
  const missing = [...wanted].filter(([key, row]) => !sameRow(row, held.get(key)));
  const extra = [...held].filter(([key]) => !wanted.has(key));
  const strange = copy.filter((row) => !isShared(row) && !isGateways(row));
  return [
    ...inOrder(missing.map(([, row]) => row)).map((row) => ({ verb: "upsert" as const, row })),
    ...inOrder(extra.map(([, row]) => row))
      .reverse()
      .concat(strange)
      .map((row) => ({ verb: "delete" as const, row })),
  ];
}

function inOrder(rows: readonly Row[]): Row[] {
  return SHARED.flatMap((table) => rows.filter((row) => row.table === table));
}

function keyOf(row: Row): string {
  if (row.table === "endpoint") return `endpoint/${row.endpoint}`;
  if (row.table !== "policy") throw new Error(`table ${row.table} is not shared`);
  const { policy, direction, identity, protocol, port, prefixLength } = row;
  return `policy/${policy}/${direction}/${identity}/${protocol}/${port}/${prefixLength}`;
}

/** Fields are plain values; data planes may name them in another order. */
function sameRow(a: Row, b: Row | undefined): boolean {
  if (b === undefined) return false;
  const fields = (row: Row) => JSON.stringify(Object.entries(row).sort(([x], [y]) => (x < y ? -1 : 1)));
  return fields(a) === fields(b);
}
