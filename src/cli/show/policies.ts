import type { AppliedDocument, PlanDocument, PolicyDocument } from "../../admin/index.ts";
import { formatTable } from "../table.ts";

/** `hyperion policy get` for people. */
export function formatPolicies(policies: readonly PolicyDocument[]): string {
  return formatTable(
    ["POLICY", "VERSION", "TIER", "RULES", "APPLIED"],
    policies.map(({ name, version, tier, rules, appliedAtMs }) => [
      name,
      `${version}`,
      tier,
      `${rules.length}`,
      new Date(appliedAtMs).toISOString(),
    ]),
  );
}

/** Who would gain and lose access: a sentence, then the pairs. */
export function formatPlan({ access }: PlanDocument): string {
  const { lost, gained, pairs, skipped } = access;
  const rows = pairs.map(({ network, from, to, change, what }) => [
    change === "loses" ? "-" : "+",
    network,
    from,
    to,
    what,
  ]);
  const unlisted = lost + gained - pairs.length;
  return [
    `${sentence(lost, gained)}\n`,
    rows.length === 0 ? "" : formatTable(["", "NETWORK", "FROM", "TO", "WHAT"], rows),
    unlisted > 0 ? `… and ${unlisted} more\n` : "",
    skipped.length > 0 ? `not compared, as too many are on it: ${skipped.join(", ")}\n` : "",
  ].join("");
}

function sentence(lost: number, gained: number): string {
  if (lost + gained === 0) return "nobody who runs loses or gains access";
  const parts: string[] = [];
  if (lost > 0) parts.push(`${pairsOf(lost)} ${lost === 1 ? "loses" : "lose"}`);
  if (gained > 0) parts.push(`${pairsOf(gained)} ${gained === 1 ? "gains" : "gain"}`);
  return `${parts.join(", ")} access`;
}

function pairsOf(count: number): string {
  return `${count} ${count === 1 ? "pair" : "pairs"}`;
}

/** What came of a change; loud where the data plane has not all of it. */
export function formatApplied({ name, version, pending }: AppliedDocument, done: string): string {
  const sentence = `${name} is ${done}: version ${version}\n`;
  if (pending === null) return sentence;
  return `${sentence}NOT IN FORCE EVERYWHERE, and tried again: ${pending}\n`;
}
