import type { Direction } from "../model/posture.ts";
import type { DecidedPosture } from "./decide.ts";
import type { Explanation, Remedy, Side } from "./explain.ts";
import { printRule } from "./print.ts";

/** Who asked for what, by the names that people know. */
export interface Asked {
  readonly from: string;
  readonly to: string;
  readonly probe: string;
  /** On which network the two meet. */
  readonly network: string;
}

/** An explanation for people: the verdict, what each side says and why, and the label that would change it. */
export function formatExplanation(asked: Asked, explanation: Explanation): string {
  const { verdict, audit, egress, ingress } = explanation;
  const only = audit ? ", as denials only audit" : "";
  const width = Math.max(asked.from.length, asked.to.length);
  const lines = [
    `${asked.from} -> ${asked.to} ${asked.probe} on ${asked.network}: ${verdict}${only}`,
    `  egress of  ${asked.from.padEnd(width)}  ${formatSide(egress, "egress")}`,
    `  ingress of ${asked.to.padEnd(width)}  ${formatSide(ingress, "ingress")}`,
    ...formatRemedies(explanation),
  ];
  return `${lines.join("\n")}\n`;
}

function formatSide(side: Side, direction: Direction): string {
  const verdict = side.audit ? "allow (would deny, and only audits)" : side.verdict;
  if (side.rule !== undefined) {
    const { tier, name, rule } = side.rule;
    const kind = tier === "container" ? "rule" : `${tier} rule`;
    return `${verdict}: ${kind} ${name}: ${printRule(rule, direction)}`;
  }
  if (side.posture === undefined) return `${verdict}: it is outside, where Hyperion decides nothing`;
  return `${verdict}: no rule matches; ${formatPosture(side.posture)}`;
}

/** The posture of a direction and what made it so. */
export function formatPosture(posture: DecidedPosture): string {
  return `default-${posture.verdict} (${reasonOf(posture)})`;
}

function reasonOf(posture: DecidedPosture): string {
  switch (posture.by) {
    case "allow-rule":
      return `nothing states a posture, and rule ${posture.rule} allows something`;
    case "label":
      return "label hyperion.policy";
    case "driver_opts":
      return "driver option hyperion.policy of the endpoint";
    case "network":
      return "option hyperion.policy of the network";
    case "daemon":
      return "the daemon's default";
    case "admin":
    case "baseline":
      return `${posture.by} rule ${posture.rule}`;
  }
}

function formatRemedies({ verdict, egress, ingress }: Explanation): readonly string[] {
  const denying = [egress, ingress].filter((side) => side.verdict === "deny" || side.audit);
  if (denying.length > 0) {
    const locked = denying.filter(({ remedy }) => remedy === undefined);
    const purpose = verdict === "deny" ? "To allow it" : "To allow it without a report";
    if (locked.length > 0) return [`${purpose}: ${whyLocked(locked)}`];
    return [`${purpose}:`, ...denying.flatMap(({ remedy }) => formatRemedy(remedy))];
  }
  // One side's denial is enough, and who is asked is the one to protect.
  const remedy = ingress.remedy ?? egress.remedy;
  if (remedy !== undefined) return ["To deny it:", ...formatRemedy(remedy)];
  return [`To deny it: ${whyLocked([egress, ingress].filter(({ posture, rule }) => posture ?? rule))}`];
}

/** Why sides have no remedy. */
function whyLocked(sides: readonly Side[]): string {
  if (sides.some(({ rule }) => rule?.tier === "admin")) return "no label can; an admin policy decides.";
  if (sides.some(({ verdict, audit }) => verdict === "allow" && !audit))
    return "no rule can, as hyperion.mode lets what it denies pass.";
  return "no single label can.";
}

function formatRemedy(remedy: Remedy | undefined): readonly string[] {
  if (remedy === undefined) return [];
  const { action, label, value, on, closes } = remedy;
  const change =
    action === "set" ? `  set on ${on}      ${label}: ${value}` : `  remove from ${on}  ${label}: ${value}`;
  if (closes === undefined) return [change];
  const [, direction] = label.split(".");
  return [change, `    This closes ${direction} of ${on} to all else, as no hyperion.policy says otherwise.`];
}
