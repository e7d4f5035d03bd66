import type { RuleDocument, RuleSharer } from "../../observe/admin-view.ts";
import { formatTable } from "../table.ts";
import { formatBytes } from "./endpoints.ts";

/** `hyperion rules` for people: in the order in which they decide. */
export function formatRules(rules: readonly RuleDocument[]): string {
  return formatTable(
    ["CONTAINER", "NETWORK", "DIRECTION", "RULE", "PACKETS", "BYTES", "TEXT"],
    rules.map(({ sharers, direction, tier, rule, text, posture, packets, bytes }) => [
      formatSharers(sharers),
      [...new Set(sharers.map(({ network }) => network))].sort().join(","),
      direction,
      rule === null ? "posture" : tier === "container" ? rule : `${tier}:${rule}`,
      `${packets}`,
      formatBytes(bytes),
      text ?? posture ?? "-",
    ]),
  );
}

/** Containers without a service, and services once; the first of them where there are many. */
function formatSharers(sharers: readonly RuleSharer[]): string {
  const names = [...new Set(sharers.map(({ container, service }) => service ?? container))].sort();
  return names.length <= 2 ? names.join(",") : `${names[0]} and ${names.length - 1} more`;
}
