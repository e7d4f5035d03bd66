import { nearest } from "../base/nearest.ts";
import type { AdminTier, PolicyRuleFacts } from "../model/facts.ts";
import { isPosture, POSTURES, type Posture } from "../model/posture.ts";
import {
  type AdminPolicy,
  type AdminProblem,
  adminProblem,
  checkAdminPolicies,
  type PolicyTexts,
  readAdminPolicy,
} from "./admin-policy.ts";
import { isRuleName, RULE_NAME_EXPECTED } from "./label-keys.ts";
import { quote } from "./problem.ts";

/** Rules of one admin policy. */
export const ADMIN_RULES_MAX = 1_000;
/** As a key of the store, a file's name and a word of the command line. */
const POLICY_NAME = /^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$/;

const POLICY_KEYS = ["name", "tier", "rules"];
const RULE_KEYS = ["name", "applies", "ingress", "egress", "policy"];
const TIERS: readonly string[] = ["admin", "baseline"] satisfies AdminTier[];

export type ParsedAdminPolicy =
  | { readonly texts: PolicyTexts; readonly policy: AdminPolicy; readonly problems: readonly [] }
  | {
      readonly texts?: undefined;
      readonly policy?: undefined;
      readonly problems: readonly AdminProblem[];
    };

/** True for what an admin policy can be called. */
export function isPolicyName(text: string): boolean {
  return POLICY_NAME.test(text);
}

/**
 * Reads an admin policy from what its YAML or JSON says. Never throws.
 *
 * @param document of any shape.
 * @param name of the policy where the document gives none, and of whom the problems are.
 */
export function parseAdminPolicy(document: unknown, name: string): ParsedAdminPolicy {
  const reader = new DocumentReader(name);
  const texts = reader.read(document);
  const { policy, problems } = readAdminPolicy(texts);
  const ofTexts = [...problems, ...checkAdminPolicies([texts])].map((problem) => ({
    ...problem,
    path: reader.pathInDocument(problem.path),
  }));
  const all = [...reader.problems, ...ofTexts];
  return all.length > 0 ? { problems: all } : { texts, policy, problems: [] };
}

type Mapping = Readonly<Record<string, unknown>>;
type Path = AdminProblem["path"];

/** Takes from a document what has the right shape, and notes what has not. */
class DocumentReader {
  readonly problems: AdminProblem[] = [];
  readonly #name: string;
  /** Of the rules that were taken, where in the document's list they stand. */
  readonly #positions: number[] = [];

  constructor(name: string) {
    this.#name = name;
  }

  /** Where a path of the texts that were read leads in the document: rules of the wrong shape are left out. */
  pathInDocument(path: Path): Path {
    return path.map((step) => (typeof step === "number" ? (this.#positions[step] ?? step) : step));
  }

  read(document: unknown): PolicyTexts {
    const policy = this.#mapping(document, [], "tier and rules", POLICY_KEYS);
    if (policy === EMPTY) return { name: this.#name, tier: "admin", rules: [] };
    return { name: this.#policyName(policy), tier: this.#tier(policy), rules: this.#rules(policy.rules) };
  }

  #policyName({ name }: Mapping): string {
    if (name === undefined) return this.#name;
    const text = this.#text(name, ["name"]);
    if (text === undefined || isPolicyName(text)) return text ?? this.#name;
    this.#refuse(["name"], name, "expected 1 to 64 lower-case letters, digits and dashes");
    return this.#name;
  }

  #tier({ tier }: Mapping): AdminTier {
    const word = typeof tier === "string" ? tier.trim().toLowerCase() : "";
    if (TIERS.includes(word)) return word as AdminTier;
    const likely = word === "" ? undefined : nearest(word, TIERS);
    this.#refuse(["tier"], tier, `expected ${TIERS.map(quote).join(" or ")}`, likely);
    return "admin";
  }

  #rules(rules: unknown): readonly PolicyRuleFacts[] {
    if (!Array.isArray(rules)) {
      this.#refuse(["rules"], rules, "expected a list of rules");
      return [];
    }
    if (rules.length > ADMIN_RULES_MAX) {
      this.#refuse(["rules"], `${rules.length} rules`, `expected at most ${ADMIN_RULES_MAX} rules`);
      return [];
    }
    return rules.flatMap((rule, i) => {
      const taken = this.#rule(rule, ["rules", i]);
      if (taken.length > 0) this.#positions.push(i);
      return taken;
    });
  }

  #rule(document: unknown, path: Path): readonly PolicyRuleFacts[] {
    const count = this.problems.length;
    const rule = this.#mapping(document, path, "name, applies and a rule", RULE_KEYS);
    if (rule === EMPTY) return [];
    const texts = {
      name: this.#ruleName(rule.name, path),
      applies: this.#required(rule.applies, [...path, "applies"], 'a selector, like "containers"'),
      posture: this.#posture(rule.policy, path),
      ingress: this.#text(rule.ingress, [...path, "ingress"]),
      egress: this.#text(rule.egress, [...path, "egress"]),
    };
    if (this.problems.length > count) return [];
    const { name, applies, posture, ingress, egress } = texts;
    if (posture === undefined && ingress === undefined && egress === undefined) {
      this.#refuse(path, name, "expected at least one of ingress, egress and policy");
      return [];
    }
    return [
      {
        name,
        applies,
        ...(posture === undefined ? {} : { posture }),
        ...(ingress === undefined ? {} : { ingress }),
        ...(egress === undefined ? {} : { egress }),
      },
    ];
  }

  #ruleName(name: unknown, path: Path): string {
    const text = this.#required(name, [...path, "name"], "the rule's name");
    if (text !== "" && !isRuleName(text)) this.#refuse([...path, "name"], text, RULE_NAME_EXPECTED);
    return text;
  }

  #posture(value: unknown, path: Path): Posture | undefined {
    const text = this.#text(value, [...path, "policy"]);
    if (text === undefined) return undefined;
    const word = text.trim().toLowerCase();
    if (isPosture(word)) return word;
    this.#refuse(
      [...path, "policy"],
      text,
      `expected ${POSTURES.map(quote).join(", ")}`,
      nearest(word, POSTURES),
    );
    return undefined;
  }

  #required(value: unknown, path: Path, expected: string): string {
    if (value === undefined || value === null || value === "")
      this.#refuse(path, value, `expected ${expected}`);
    return this.#text(value ?? undefined, path) ?? "";
  }

  /** Undefined where nothing is written, and where it is no text. */
  #text(value: unknown, path: Path): string | undefined {
    if (typeof value === "string" || value === undefined) return value;
    this.#refuse(path, value, "expected a text");
    return undefined;
  }

  #mapping(value: unknown, path: Path, keys: string, known: readonly string[]): Mapping {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      this.#refuse(path, value, `expected a mapping with ${keys}`);
      return EMPTY;
    }
    for (const key of Object.keys(value)) {
      if (known.includes(key)) continue;
      this.#refuse([...path, key], key, `unknown key; there are ${known.join(", ")}`, nearest(key, known));
    }
    return value as Mapping;
  }

  #refuse(path: Path, value: unknown, text: string, suggestion?: string): void {
    const written = excerptOf(value);
    const span = { start: 0, end: written.length };
    const fault = { code: "E176", text, span, suggestion } as const;
    this.problems.push(adminProblem(this.#name, undefined, path, written, fault));
  }
}

const EMPTY: Mapping = {};

/** A value as a message shows it. YAML has more kinds of them than JSON, and ones that contain themselves. */
function excerptOf(value: unknown): string {
  if (value === undefined) return "";
  if (Array.isArray(value)) return value.length === 0 ? "[]" : "[…]";
  if (typeof value !== "object" || value === null) return String(value);
  return Object.keys(value).length === 0 ? "{}" : "{…}";
}
