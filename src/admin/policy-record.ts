import { asRecord, integer, type JsonRecord, list, optionalText, text } from "../base/json-record.ts";
import type { AdminTier, PolicyFacts, PolicyRuleFacts } from "../model/facts.ts";
import { isPosture } from "../model/posture.ts";
import type { Json } from "../platform/store/store.ts";

/** One version of an admin policy. A removal is a version too: those that come after it go on counting. */
export interface PolicyRecord {
  readonly name: string;
  readonly version: number;
  readonly changedAtMs: number;
  /** Undefined: this version took the policy away. */
  readonly policy: PolicyFacts | undefined;
}

/** The latest version of each policy, and of each that was removed, lies under `policies/<name>`. */
export const POLICY_KEYS = "policies/";

export function policyKey(name: string): string {
  return `${POLICY_KEYS}${name}`;
}

/** The versions of one policy lie below. */
export function historyKeys(name: string): string {
  return `policies-history/${name}/`;
}

export function historyKey(name: string, version: number): string {
  return `${historyKeys(name)}${version}`;
}

export function encodePolicy({ name, version, changedAtMs, policy }: PolicyRecord): Json {
  const content = policy === undefined ? null : { tier: policy.tier, rules: policy.rules.map(encodeRule) };
  return { name, version, changedAtMs, content };
}

/** Throws an Error that says what makes no sense. */
export function decodePolicy(value: Json): PolicyRecord {
  const record = asRecord(value);
  const name = text(record, "name");
  const version = integer(record, "version");
  const changedAtMs = integer(record, "changedAtMs");
  if (record.content === null) return { name, version, changedAtMs, policy: undefined };
  const content = asRecord(record.content);
  const policy: PolicyFacts = {
    name,
    version,
    tier: tierOf(content),
    rules: list(content, "rules").map(decodeRule),
    appliedAtMs: changedAtMs,
  };
  return { name, version, changedAtMs, policy };
}

function encodeRule({ name, applies, posture, ingress, egress }: PolicyRuleFacts): Json {
  return {
    name,
    applies,
    ...(posture !== undefined && { posture }),
    ...(ingress !== undefined && { ingress }),
    ...(egress !== undefined && { egress }),
  };
}

function decodeRule(value: unknown): PolicyRuleFacts {
  const record = asRecord(value);
  const posture = optionalText(record, "posture");
  if (posture !== undefined && !isPosture(posture)) throw new Error(`posture is ${posture}`);
  return {
    name: text(record, "name"),
    applies: text(record, "applies"),
    ...(posture !== undefined && { posture }),
    ...(record.ingress !== undefined && { ingress: text(record, "ingress") }),
    ...(record.egress !== undefined && { egress: text(record, "egress") }),
  };
}

function tierOf(record: JsonRecord): AdminTier {
  const tier = text(record, "tier");
  if (tier !== "admin" && tier !== "baseline") throw new Error(`tier is ${tier}`);
  return tier;
}
