import type { NicDocument, StatusDocument } from "../../observe/admin-view.ts";

/** `hyperion status` for people. */
export function formatStatus(status: StatusDocument, nowMs: number): string {
  const { dataplane, docker, vfs } = status;
  const lines: readonly (readonly [string, string])[] = [
    [
      "daemon",
      `version ${status.version}, pid ${status.pid}, up ${formatDuration(nowMs - status.startedAtMs)}`,
    ],
    [
      "data plane",
      `${dataplane.backend}${dataplane.adopted ? ", tables adopted" : ""}, ${status.reconciled ? "up to date" : "BEHIND: see the log"}`,
    ],
    ["connections", `${dataplane.connections} of ${dataplane.connectionsMax}`],
    ...(dataplane.nic === null ? [] : [["NIC", formatNic(dataplane.nic)] as const]),
    ["docker", docker.host === null ? "not used" : `${docker.host}, ${dockerState(docker)}`],
    ["networks", `${status.networks}`],
    [
      "endpoints",
      `${status.endpoints}${status.quarantined > 0 ? `, ${status.quarantined} quarantined` : ""}`,
    ],
    ["policies", `${status.policies}`],
    ["flows", formatFlowCount(status.flows)],
    ["VFs", `${vfs.used} used, ${vfs.warm} warm, limit ${vfs.limit}`],
    ["events lost", `${dataplane.eventsLost}`],
  ];
  return lines.map(([name, value]) => `${`${name}:`.padEnd(13)}${value}\n`).join("");
}

function formatFlowCount({ known, forgotten }: StatusDocument["flows"]): string {
  return `${known} learned${forgotten > 0 ? `, ${forgotten} FORGOTTEN for want of room` : ""}`;
}

function formatNic({ entries, connections, connectionsRefused, failed, punted, lost }: NicDocument): string {
  const parts = [
    `${formatCount(entries)} entries, ${formatCount(connections)} of connections`,
    `${formatCount(punted)} packets decided in software, ${formatCount(lost)} lost`,
  ];
  if (connectionsRefused > 0) parts.push(`FULL: ${formatCount(connectionsRefused)} times no room`);
  if (failed > 0) parts.push(`${formatCount(failed)} operations refused`);
  return parts.join("; ");
}

/** Thousands apart: `4 210`. */
function formatCount(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, " ");
}

function dockerState(docker: StatusDocument["docker"]): string {
  if (!docker.connected) return "NOT CONNECTED: new containers stay quarantined";
  return docker.version === null ? "connected" : `engine ${docker.version}`;
}

/** Two units are enough: `3d 4h`, `5m 2s`. */
export function formatDuration(durationMs: number): string {
  const seconds = Math.max(0, Math.floor(durationMs / 1000));
  const parts: readonly (readonly [number, string])[] = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor(seconds / 3_600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "m"],
    [seconds % 60, "s"],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  if (first === -1) return "0s";
  return parts
    .slice(first, first + 2)
    .map(([count, unit]) => `${count}${unit}`)
    .join(" ");
}
