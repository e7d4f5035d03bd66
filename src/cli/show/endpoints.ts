import { printableLines } from "../../base/printable.ts";
import type { EndpointDocument } from "../../observe/admin-view.ts";
import { formatTable } from "../table.ts";

/** `hyperion endpoints` for people: the table, then what is wrong with those in quarantine, then what was ignored. */
export function formatEndpoints(endpoints: readonly EndpointDocument[]): string {
  const table = formatTable(
    ["CONTAINER", "NETWORK", "IPV4", "IPV6", "MAC", "VF", "MODE", "OUT", "IDENTITY", "SENT", "RECEIVED"],
    endpoints.map((endpoint) => [
      endpoint.container?.name ?? `(${endpoint.id.slice(0, 12)})`,
      endpoint.networkName ?? endpoint.networkId.slice(0, 12),
      endpoint.ipv4 ?? "-",
      endpoint.ipv6 ?? "-",
      endpoint.mac,
      endpoint.vf,
      endpoint.mode,
      formatWayOut(endpoint.wayOut),
      endpoint.identity === null ? "-" : `${endpoint.identity}`,
      formatBytes(endpoint.sentBytes),
      formatBytes(endpoint.receivedBytes),
    ]),
  );
  const problems = endpoints.flatMap((endpoint) =>
    endpoint.problems.map(
      (problem) => `\n${endpoint.container?.name ?? endpoint.id.slice(0, 12)} is quarantined:\n${problem}\n`,
    ),
  );
  const warnings = endpoints.flatMap((endpoint) => endpoint.warnings.map((warning) => `\n${warning}\n`));
  return printableLines(table + problems.join("") + warnings.join(""));
}

/** Whether this endpoint's policy governs what its container says to the outside. */
function formatWayOut(wayOut: EndpointDocument["wayOut"]): string {
  if (wayOut === null) return "-";
  return wayOut.governs ? "yes" : "other";
}

/** Decimal units, three significant digits: `1.24 MB`. */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return unit === 0 ? `${bytes} B` : `${value.toPrecision(3)} ${units[unit]}`;
}
