import type { FlowDocument } from "../../observe/admin-view.ts";
import { formatTable } from "../table.ts";

/** `hyperion flows` for people. */
export function formatFlows(flows: readonly FlowDocument[]): string {
  return formatTable(
    ["CONTAINER", "DIRECTION", "PEER", "WHAT", "COUNT", "FIRST SEEN", "LAST SEEN"],
    flows.map(({ owner, direction, peer, protocol, port, packets, firstSeenMs, lastSeenMs }) => [
      formatEnd(owner),
      direction,
      formatEnd(peer),
      formatProbe(protocol, port),
      `${packets}`,
      new Date(firstSeenMs).toISOString(),
      new Date(lastSeenMs).toISOString(),
    ]),
  );
}

function formatEnd(end: FlowDocument["owner"] | FlowDocument["peer"]): string {
  if ("address" in end) return `${end.host ? "host" : "world"}:${end.address}`;
  const { container, project, service } = end;
  if (service === null) return container ?? "-";
  return project === null ? service : `${project}/${service}`;
}

function formatProbe(protocol: FlowDocument["protocol"], port: number): string {
  switch (protocol) {
    case "other":
      return protocol;
    case "icmp":
    case "icmp6":
      return `${protocol}/${port >> 8}:${port & 0xff}`;
    default:
      return `${protocol}/${port}`;
  }
}
