import type { DropDocument } from "../../observe/admin-view.ts";
import { formatTable } from "../table.ts";
import { formatBytes } from "./endpoints.ts";

/** `hyperion drops` for people: the counters, most first. */
export function formatDrops(drops: readonly DropDocument[]): string {
  const rows = [...drops].sort((a, b) => b.packets - a.packets);
  return formatTable(
    ["CONTAINER", "REASON", "PACKETS", "BYTES"],
    rows.map((drop) => [
      drop.containerName ?? drop.endpointId?.slice(0, 12) ?? "-",
      drop.reason,
      `${drop.packets}`,
      formatBytes(drop.bytes),
    ]),
  );
}
