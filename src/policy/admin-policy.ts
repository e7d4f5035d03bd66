import type { AdminTier, PolicyFacts } from "../model/facts.ts";
import type { Direction, Posture } from "../model/posture.ts";
import type { Alternative, Rule } from "./ast.ts";
import type { Policy, PolicyRule, StatedPosture } from "./carriers.ts";
import { type ParsedText, parseRule } from "./parse-rule.ts";
import { parseSelector } from "./parse-selector.ts";
import type { Fault, Problem } from "./problem.ts";
import { matches } from "./selector.ts";
import type { Subject } from "./subject.ts";

/** What an admin policy says, as texts: {@link PolicyFacts} without what the store knows of it. */
export type PolicyTexts = Pick<PolicyFacts, "name" | "tier" | "rules">;

/** An admin policy, read. */
export interface AdminPolicy {
  readonly name: string;
  readonly tier: AdminTier;
  readonly rules: readonly AdminRule[];
}

/** What is said to the endpoints that `applies` selects. */
export interface AdminRule {
  readonly name: string;
  /** Never empty. What it takes from the owner it takes from the endpoint in question. */
  readonly applies: readonly Alternative[];
  readonly posture: Posture | undefined;
  readonly ingress: Rule | undefined;
  readonly egress: Rule | undefined;
}

/** A problem, the admin policy that has it, and its place there: `["rules", 0, "ingress"]`. */
export type AdminProblem = Problem & {
  readonly policy: string;
  readonly path: readonly (string | number)[];
};

export interface ReadAdminPolicy {
  /** Without the rules that are wrong. */
  readonly policy: AdminPolicy;
  /** Not empty: it must be refused; where it is in force already, nobody knows what it wanted. */
  readonly problems: readonly AdminProblem[];
}

export const DIRECTIONS = ["ingress", "egress"] as const satisfies Direction[];

/** Reads the texts of an admin policy. That names are unique is for {@link checkAdminPolicies} to say. */
export function readAdminPolicy({ name, tier, rules }: PolicyTexts): ReadAdminPolicy {
  const problems: AdminProblem[] = [];
  const read = rules.flatMap((texts, i): AdminRule[] => {
    const faulty = problems.length;
    const take = <T>(key: "applies" | Direction, parse: (text: string) => ParsedText<T>): T | undefined => {
      const text = texts[key];
      if (text === undefined) return undefined;
      const { value, fault } = parse(text);
      if (fault !== undefined) problems.push(adminProblem(name, texts.name, ["rules", i, key], text, fault));
      return value;
    };
    const rule = {
      name: texts.name,
      applies: take("applies", parseSelector) ?? [],
      posture: texts.posture,
      ingress: take("ingress", (text) => parseDirected(text, "ingress")),
      egress: take("egress", (text) => parseDirected(text, "egress")),
    };
    return problems.length === faulty ? [rule] : [];
  });
  return { policy: { name, tier, rules: read }, problems };
}

function parseDirected(text: string, direction: Direction): ParsedText<Rule> {
  const { rule, fault } = parseRule(text, direction);
  return rule === undefined ? { fault } : { value: rule };
}

/** A problem of a value under `path`; `rule` names the rule that it stands in, where it has a name. */
export function adminProblem(
  policy: string,
  rule: string | undefined,
  path: AdminProblem["path"],
  value: string,
  fault: Fault,
): AdminProblem {
  const written = path.reduce<string>(
    (text, step) => (typeof step === "number" ? `${text}[${step}]` : text === "" ? step : `${text}.${step}`),
    "",
  );
  const label = rule === undefined ? written || "document" : `${rule}.${path.slice(2).join(".")}`;
  return { ...fault, carrier: "admin policy", label, value, policy, path };
}

/** What else all admin policies together must fulfil: a rule's name is unique in its tier and direction (E171). */
export function checkAdminPolicies(policies: readonly PolicyTexts[]): readonly AdminProblem[] {
  const seen = new Map<string, string>();
  return policies.flatMap(({ name: policy, tier, rules }) =>
    rules.flatMap((rule, i) =>
      (["posture", ...DIRECTIONS] as const).flatMap((key): AdminProblem[] => {
        if (rule[key] === undefined) return [];
        const place = `${tier} ${key} ${rule.name}`;
        const other = seen.get(place);
        if (other === undefined) {
          seen.set(place, policy);
          return [];
        }
        const where = other === policy ? "twice in this policy" : `also in admin policy "${other}"`;
        const what = key === "posture" ? "posture" : key;
        const fault = {
          code: "E171",
          text: `tier ${tier} has the ${what} rule "${rule.name}" ${where}; rename one of the two`,
          span: { start: 0, end: rule.name.length },
          suggestion: undefined,
        } as const;
        return [adminProblem(policy, rule.name, ["rules", i, "name"], rule.name, fault)];
      }),
    ),
  );
}

/** The policy of an endpoint with what admin policies add to it. */
export function withAdminPolicies(
  policy: Policy,
  subject: Subject,
  policies: readonly AdminPolicy[],
): Policy {
  const applying = policies.flatMap(({ tier, rules }) =>
    rules
      .filter(({ applies }) => applies.length > 0 && matches(applies, subject, subject))
      .map((rule) => ({ tier, ...rule })),
  );
  if (applying.length === 0) return policy;
  const rules = applying.flatMap((rule) =>
    DIRECTIONS.flatMap((direction): PolicyRule[] => {
      const said = rule[direction];
      return said === undefined ? [] : [{ tier: rule.tier, direction, name: rule.name, rule: said }];
    }),
  );
  const postures = (wanted: AdminTier) =>
    applying
      .flatMap(({ tier, name, posture }): (StatedPosture & { rule: string })[] =>
        posture === undefined || tier !== wanted ? [] : [{ posture, carrier: tier, rule: name }],
      )
      .sort(strictestFirst);
  return {
    ...policy,
    rules: [...policy.rules, ...rules],
    postures: [...postures("admin"), ...policy.postures, ...postures("baseline")],
  };
}

/** As deny comes before allow among rules; then by name, so that nothing depends on the policies' order. */
function strictestFirst(a: StatedPosture & { rule: string }, b: StatedPosture & { rule: string }): number {
  const opens = ({ posture }: StatedPosture) => Number(posture === "default-allow");
  return opens(a) - opens(b) || (a.rule < b.rule ? -1 : Number(a.rule > b.rule));
}

/** Container names that `applies` asks for: who has another name is not told apart by them. */
export function namesInApplies(policies: readonly AdminPolicy[]): ReadonlySet<string> {
  const atoms = policies.flatMap(({ rules }) =>
    rules.flatMap(({ applies }) => applies.flatMap(({ terms }) => terms.map(({ atom }) => atom))),
  );
  return new Set(atoms.flatMap((atom) => (atom.kind === "container" ? [atom.name] : [])));
}
