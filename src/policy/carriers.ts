import type { AdminTier } from "../model/facts.ts";
import type { Direction, Posture } from "../model/posture.ts";
import type { Rule } from "./ast.ts";
import type { Offload, PolicyMode, StatedRule, Statement } from "./parse-labels.ts";
import type { Carrier, Problem } from "./problem.ts";
import type { Rate } from "./rate.ts";
import { atomsOf } from "./selector.ts";
import type { SelfDescription, Subject } from "./subject.ts";

/** The tiers, first decides first. */
export const TIERS = ["admin", "container", "baseline"] as const;
export type Tier = (typeof TIERS)[number];

/** A rule in its place: what deciding looks at. */
export interface PolicyRule {
  readonly tier: Tier;
  readonly direction: Direction;
  /** Unique within tier and direction. */
  readonly name: string;
  readonly rule: Rule;
}

export type StatedPosture =
  | { readonly posture: Posture; readonly carrier: Carrier }
  /** `rule` of an admin policy. */
  | { readonly posture: Posture; readonly carrier: AdminTier; readonly rule: string };

/** All that the carriers of one endpoint say together. */
export interface Policy extends SelfDescription {
  /**
   * Strongest first; the network's own comes before those of the baseline. A posture may speak of one
   * direction only and leave the other to the next.
   */
  readonly postures: readonly StatedPosture[];
  readonly mode: PolicyMode;
  readonly offload: Offload;
  readonly rates: Readonly<Partial<Record<Direction, Rate>>>;
  readonly rules: readonly PolicyRule[];
}

/**
 * Merges carriers, strongest first. Of what can be said once, the strongest says it; rules add up,
 * and a rule that two carriers state is a problem (E140) even if they agree.
 */
export function mergeStatements(statements: readonly Statement[]): {
  readonly policy: Policy;
  readonly problems: readonly Problem[];
} {
  const first = <Key extends "mode" | "offload" | "groups">(key: Key): Statement[Key] =>
    statements.find((statement) => statement[key] !== undefined)?.[key];
  const weakestFirst = statements.toReversed();
  const policy: Policy = {
    postures: statements.flatMap(({ posture, carrier }) =>
      posture === undefined ? [] : [{ posture, carrier }],
    ),
    mode: first("mode") ?? "enforce",
    offload: first("offload") ?? "prefer",
    groups: first("groups") ?? [],
    identity: new Map(weakestFirst.flatMap(({ identity }) => [...identity])),
    rates: Object.assign({}, ...weakestFirst.map(({ rates }) => rates)),
    rules: statements.flatMap(({ rules }) => rules.map(containerRule)),
  };
  return { policy, problems: repeatedRules(statements) };
}

function containerRule({ direction, name, rule }: StatedRule): PolicyRule {
  return { tier: "container", direction, name, rule };
}

function repeatedRules(statements: readonly Statement[]): readonly Problem[] {
  const seen = new Set<string>();
  const problems: Problem[] = [];
  for (const { carrier, rules } of statements) {
    for (const { label, text, name } of rules) {
      if (seen.has(label)) {
        problems.push({
          code: "E140",
          text: `rule "${name}" is also in driver_opts; keep one of the two`,
          span: { start: 0, end: text.length },
          suggestion: undefined,
          carrier,
          label,
          value: text,
        });
      }
      seen.add(label);
    }
  }
  return problems;
}

/** What is wrong with rules on this very container: `service:N` has no meaning without a project (E131). */
export function checkOwner(statements: readonly Statement[], owner: Subject): readonly Problem[] {
  if (owner.project !== undefined) return [];
  return statements.flatMap(({ carrier, rules }) =>
    rules.flatMap(({ label, text, rule }): Problem[] => {
      const atom = atomsOf(rule.peer).find((a) => a.kind === "service-named" && a.project === undefined);
      if (atom === undefined || atom.kind !== "service-named") return [];
      const problem = `this container belongs to no project; write service:PROJECT/${atom.service}`;
      return [
        { code: "E131", text: problem, span: atom.span, suggestion: undefined, carrier, label, value: text },
      ];
    }),
  );
}
