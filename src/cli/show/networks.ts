import type { NetworkDocument } from "../../observe/admin-view.ts";
import { formatTable } from "../table.ts";

/** `hyperion networks` for people. */
export function formatNetworks(networks: readonly NetworkDocument[]): string {
  return formatTable(
    ["NETWORK", "ID", "SUBNETS", "MTU", "GATEWAY", "POSTURE", "MULTICAST", "ENDPOINTS"],
    networks.map((network) => [
      network.name ?? "-",
      network.id.slice(0, 12),
      network.subnets.map(({ prefix }) => prefix).join(",") || "-",
      `${network.mtuBytes}`,
      network.internal ? "internal" : network.gateway,
      network.posture ?? "-",
      network.multicast ? "on" : "off",
      `${network.endpoints}`,
    ]),
  );
}
