import { bitsOf } from "../model/ip.ts";
import type { Direction, Verdict } from "../model/posture.ts";
import { prefixBase, prefixBits, prefixFamily } from "../model/prefix.ts";
import { PRIO_DEFAULT, type Rule } from "./ast.ts";
import type { PolicyRule, Tier } from "./carriers.ts";
import { type DecidedPosture, decide, decidePosture, type Owner, type Probe } from "./decide.ts";
import { nameContainer, nameOutside, newRule, ruleNameFor, shortNameOf } from "./naming.ts";
import type { Outside } from "./outside.ts";
import { parseRule } from "./parse-rule.ts";
import type { Party } from "./population.ts";
import { printRule } from "./print.ts";
import { protocolsOf } from "./probe.ts";

/** Either end of a connection: one that Hyperion decides for, or what is outside. */
export type End = Party | Outside;

/** Why a connection passes, or does not. */
export interface Explanation {
  readonly verdict: Verdict;
  /** True when it passes only because a denial audits. */
  readonly audit: boolean;
  /** Of the one that opens the connection. */
  readonly egress: Side;
  /** Of the one that it is opened to. */
  readonly ingress: Side;
}

/** What one end says. What is outside allows everything, by posture, and has neither rule nor posture. */
export interface Side {
  /** What comes of it: allow for a denial that only audits. */
  readonly verdict: Verdict;
  /** `rule:sql`, `admin:no-telnet`, `baseline:quiet` or `posture`. */
  readonly by: string;
  /** True when it denies, and the denial only audits. */
  readonly audit: boolean;
  readonly rule: PolicyRule | undefined;
  readonly posture: DecidedPosture | undefined;
  /**
   * Undefined where no label turns it round: an admin policy decides, what it would deny only audits, or
   * the end is outside.
   */
  readonly remedy: Remedy | undefined;
}

/** What {@link explain} says without a remedy. */
export interface Judgement {
  readonly verdict: Verdict;
  readonly audit: boolean;
  readonly egress: JudgedSide;
  readonly ingress: JudgedSide;
}

export type JudgedSide = Omit<Side, "remedy">;

/** The label that would turn a side's decision round; deciding again with it has shown that it does. */
export interface Remedy {
  readonly action: "set" | "remove";
  readonly label: string;
  /** What to set it to, or what it says now. */
  readonly value: string;
  /** Name of the party whose label it is. */
  readonly on: string;
  /** Present where, as nothing states a posture, this first allow rule of the direction closes it to all else. */
  readonly closes?: true;
}

export function isParty(end: End): end is Party {
  return "owner" in end;
}

/** `shop/web`, `world:203.0.113.7`, `world:203.0.113.0/24`, `world`, `host`. */
export function nameOf(end: End): string {
  if (isParty(end)) return end.name;
  if (end.host) return "host";
  const bits = prefixBits(end.prefix);
  if (bits === 0) return "world";
  return `world:${bits === bitsOf(prefixFamily(end.prefix)) ? prefixBase(end.prefix) : end.prefix}`;
}

/** What is decided about one connection, with its reasons and with what would change them. */
export function explain(from: End, to: End, probe: Probe): Explanation {
  const { verdict, audit, egress, ingress } = judge(from, to, probe);
  return {
    verdict,
    audit,
    egress: { ...egress, remedy: remedyOf(from, "egress", to, probe) },
    ingress: { ...ingress, remedy: remedyOf(to, "ingress", from, probe) },
  };
}

/** The same without what would change it. That the two can meet is not asked. */
export function judge(from: End, to: End, probe: Probe): Judgement {
  const egress = judgeSide(from, "egress", to, probe);
  const ingress = judgeSide(to, "ingress", from, probe);
  const verdict = egress.verdict === "allow" && ingress.verdict === "allow" ? "allow" : "deny";
  return { verdict, audit: verdict === "allow" && (egress.audit || ingress.audit), egress, ingress };
}

const OUTSIDE: JudgedSide = {
  verdict: "allow",
  by: "posture",
  audit: false,
  rule: undefined,
  posture: undefined,
};

const BY: Readonly<Record<Tier, string>> = { admin: "admin", container: "rule", baseline: "baseline" };

function judgeSide(end: End, direction: Direction, other: End, probe: Probe): JudgedSide {
  if (!isParty(end)) return OUTSIDE;
  const { verdict, rule, posture } = decide(end.owner, direction, remoteOf(other), probe);
  const audit = verdict === "deny" && onlyAudits(end.owner, rule?.rule);
  return {
    verdict: audit ? "allow" : verdict,
    by: rule === undefined ? "posture" : `${BY[rule.tier]}:${rule.name}`,
    audit,
    rule,
    posture,
  };
}

/** Whether a denial of this endpoint is only counted and reported. */
export function onlyAudits(owner: Owner, rule: Rule | undefined): boolean {
  return owner.policy.mode !== "enforce" || rule?.audit === true;
}

/** The end as the rules of the other one see it. */
export function remoteOf(end: End) {
  return isParty(end) ? end.owner.subject : end;
}

/** The label that turns one side round, so that as little else as possible is decided otherwise. */
function remedyOf(end: End, direction: Direction, other: End, probe: Probe): Remedy | undefined {
  if (!isParty(end)) return undefined;
  const decision = decide(end.owner, direction, remoteOf(other), probe);
  if (decision.rule?.tier === "admin") return undefined;
  const wanted = decision.verdict === "allow" ? "deny" : "allow";
  if (wanted === "deny" && onlyAudits(end.owner, undefined)) return undefined;
  const turns = (rules: readonly PolicyRule[]) =>
    decide(withRules(end.owner, rules), direction, remoteOf(other), probe).verdict === wanted;
  const { rules } = end.owner.policy;

  const added = counterRule(end.owner, direction, other, probe, wanted, decision.rule);
  if (added !== undefined && turns([...rules, added])) {
    const value = printRule(added.rule, direction);
    const posture = (owner: Owner) => decidePosture(owner, direction).verdict;
    const closes = posture(end.owner) !== posture(withRules(end.owner, [...rules, added]));
    const label = `hyperion.${direction}.${added.name}`;
    return { action: "set", label, value, on: end.name, ...(closes && { closes }) };
  }
  const decisive = decision.rule;
  if (decisive?.tier === "container" && turns(rules.filter((rule) => rule !== decisive))) {
    const value = printRule(decisive.rule, direction);
    return { action: "remove", label: `hyperion.${direction}.${decisive.name}`, value, on: end.name };
  }
  return undefined;
}

function withRules(owner: Owner, rules: readonly PolicyRule[]): Owner {
  return { ...owner, policy: { ...owner.policy, rules } };
}

/** The rule that says the opposite about this connection alone, and comes first. */
function counterRule(
  owner: Owner,
  direction: Direction,
  other: End,
  probe: Probe,
  action: Verdict,
  decisive: PolicyRule | undefined,
): PolicyRule | undefined {
  const peer = isParty(other) ? nameContainer(owner.subject, other.owner.subject) : nameOutside(other);
  if (peer === undefined) return undefined;
  const prio = prioBefore(action, decisive);
  if (prio < 0) return undefined;
  const draft = newRule(action, protocolsOf(probe), [peer], prio);
  // From its text, as whoever writes it into a label would have it read.
  const { rule } = parseRule(printRule(draft, direction), direction);
  if (rule === undefined) return undefined;
  const taken = new Set(
    owner.policy.rules.filter((one) => one.direction === direction).map(({ name }) => name),
  );
  return { tier: "container", direction, name: ruleNameFor(shortNameOf(peer), taken), rule };
}

/** At equal prio deny comes before allow; negative: nothing comes before. */
function prioBefore(action: Verdict, decisive: PolicyRule | undefined): number {
  if (decisive?.tier !== "container") return PRIO_DEFAULT;
  const { prio } = decisive.rule;
  if (prio > PRIO_DEFAULT) return PRIO_DEFAULT;
  return action === "deny" ? prio : prio - 1;
}
