import type { PolicyFacts, PolicyRuleFacts } from "../model/facts.ts";
import { replaceScalars, type ScalarEdit } from "../yaml/index.ts";

/** Keys of a rule in the order in which they are written, by the fact that each is. */
const RULE_KEYS = {
  name: "name",
  applies: "applies",
  posture: "policy",
  ingress: "ingress",
  egress: "egress",
} as const satisfies Record<keyof PolicyRuleFacts, string>;

/** The policy as YAML that can be applied again. */
export function printPolicyFile({ name, version, tier, rules, appliedAtMs }: PolicyFacts): string {
  const edits: ScalarEdit[] = [
    { path: ["name"], value: name },
    { path: ["tier"], value: tier },
  ];
  const lines = rules.flatMap((rule, i) => {
    const fields = Object.keys(RULE_KEYS) as readonly (keyof PolicyRuleFacts)[];
    const said = fields.filter((field) => rule[field] !== undefined);
    for (const field of said) edits.push({ path: ["rules", i, RULE_KEYS[field]], value: rule[field] ?? "" });
    return said.map((field, n) => `${n === 0 ? "  - " : "    "}${RULE_KEYS[field]}: x\n`);
  });
  const head = `# Version ${version}, applied ${new Date(appliedAtMs).toISOString()}\n`;
  const list = lines.length === 0 ? "rules: []\n" : `rules:\n${lines.join("")}`;
  return replaceScalars(`${head}name: x\ntier: x\n${list}`, edits);
}
