import { nearest } from "../base/nearest.ts";
import { LABEL_PREFIX } from "../model/policy-label.ts";
import type { Direction } from "../model/posture.ts";
import type { Fault } from "./problem.ts";

/** What a `hyperion.*` key means. */
export type LabelKey =
  | { readonly kind: "posture" | "mode" | "groups" | "offload" }
  | { readonly kind: "rule"; readonly direction: Direction; readonly name: string }
  | { readonly kind: "identity"; readonly key: string }
  | { readonly kind: "rate"; readonly direction: Direction };

const SINGLE: ReadonlyMap<string, LabelKey> = new Map<string, LabelKey>([
  ["hyperion.policy", { kind: "posture" }],
  ["hyperion.mode", { kind: "mode" }],
  ["hyperion.group", { kind: "groups" }],
  ["hyperion.offload", { kind: "offload" }],
  ["hyperion.rate.ingress", { kind: "rate", direction: "ingress" }],
  ["hyperion.rate.egress", { kind: "rate", direction: "egress" }],
]);

const FAMILIES = ["hyperion.ingress.", "hyperion.egress.", "hyperion.label."] as const;

const ALL_LABELS =
  "hyperion.policy, .ingress.RULE, .egress.RULE, .mode, .group, .label.KEY, .rate.ingress, .rate.egress, .offload";

/** The name of a rule, as counters, events and explanations show it. */
const RULE_NAME = /^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/;
/** Names of services, projects, groups and containers: what Docker and compose accept. */
const NAME = /^[A-Za-z0-9_.-]{1,255}$/;
/** Keys of identity labels, with the dots and slashes of Docker's and Kubernetes' conventions. */
const IDENTITY_KEY = /^[A-Za-z0-9][A-Za-z0-9_./-]{0,127}$/;

export const RULE_NAME_EXPECTED = "a rule is named by 1 to 32 lower-case letters, digits and dashes";

export function isRuleName(text: string): boolean {
  return RULE_NAME.test(text);
}

export function isName(text: string): boolean {
  return NAME.test(text);
}

export function isLabelKey(text: string): boolean {
  return IDENTITY_KEY.test(text);
}

export type ReadKey =
  | { readonly key: LabelKey; readonly fault?: undefined }
  | { readonly key?: undefined; readonly fault: Fault };

/** Reads the key of a policy label ({@link isPolicyLabel}), or says what is wrong with it (E101). */
export function readLabelKey(label: string): ReadKey {
  const single = SINGLE.get(label);
  if (single !== undefined) return { key: single };
  const family = FAMILIES.find((prefix) => label.startsWith(prefix));
  if (family === undefined) {
    const likely = nearestLabel(label);
    return unknown(likely === undefined ? `unknown label; there are ${ALL_LABELS}` : "unknown label", likely);
  }
  const name = label.slice(family.length);
  if (family === "hyperion.label.") {
    if (isLabelKey(name)) return { key: { kind: "identity", key: name } };
    return unknown(`expected a key after "${family}"`);
  }
  const direction = family === "hyperion.ingress." ? "ingress" : "egress";
  if (isRuleName(name)) return { key: { kind: "rule", direction, name } };
  return unknown(RULE_NAME_EXPECTED, nearestRuleName(family, name));
}

function unknown(text: string, suggestion?: string): ReadKey {
  return { fault: { code: "E101", text, span: undefined, suggestion } };
}

/** The label most like an unknown one; a mistyped family keeps the name that follows it. */
function nearestLabel(label: string): string | undefined {
  const rest = label.slice(LABEL_PREFIX.length);
  const name = rest.slice(rest.indexOf(".") + 1);
  const families = rest.includes(".") ? FAMILIES.map((family) => family + name) : [];
  const candidates = [...SINGLE.keys(), ...families].map((known) => known.slice(LABEL_PREFIX.length));
  const likely = nearest(rest, candidates);
  return likely === undefined ? undefined : LABEL_PREFIX + likely;
}

function nearestRuleName(family: string, name: string): string | undefined {
  const tidy = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 32)
    .replace(/^-+|-+$/g, "");
  return RULE_NAME.test(tidy) ? family + tidy : undefined;
}
