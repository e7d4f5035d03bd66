import type { AdminTier, ComposeNetwork } from "../model/facts.ts";
import { type Direction, type Posture, postureVerdict, type Verdict } from "../model/posture.ts";
import type { Protocol } from "../model/rows.ts";
import type { ProtocolMatch, Rule } from "./ast.ts";
import { type Policy, type PolicyRule, type StatedPosture, TIERS, type Tier } from "./carriers.ts";
import type { Carrier } from "./problem.ts";
import { matches, type Remote } from "./selector.ts";
import type { Subject } from "./subject.ts";

/*
 * The plain reading of "Deciding" in docs/reference/labels.md, to be read beside it. It is what the
 * language means: the fast path (flatten.ts) must agree with it, and `explain` tells its reasons.
 */

/** The endpoint whose policy is asked. */
export interface Owner {
  readonly subject: Subject;
  readonly policy: Policy;
  readonly network: OwnerNetwork;
  /** The daemon's. */
  readonly defaultPosture: Posture;
}

/** What a network adds to the policy of its endpoints. */
export interface OwnerNetwork {
  /** The name that Docker shows; undefined until it is known, and then no `on` holds. */
  readonly name: string | undefined;
  /** Whose it is, where compose made it: the key is a name for it in rules of its own project. */
  readonly compose: ComposeNetwork | undefined;
  /** `-o hyperion.policy`. */
  readonly posture: Posture | undefined;
}

/** What a connection wants: the destination port, or ICMP type << 8 | code, or 0 for `other`. */
export interface Probe {
  readonly protocol: Protocol;
  readonly port: number;
}

/** What made a posture so. */
export type PostureReason =
  | { readonly by: Carrier | "network" | "daemon" }
  /** A rule of an admin policy. */
  | { readonly by: AdminTier; readonly rule: string }
  /** Nothing states a posture, and this allow rule closes the direction for the rest. */
  | { readonly by: "allow-rule"; readonly tier: Tier; readonly rule: string };

export type DecidedPosture = PostureReason & { readonly verdict: Verdict };

export type Decision =
  | { readonly verdict: Verdict; readonly rule: PolicyRule; readonly posture?: undefined }
  | { readonly verdict: Verdict; readonly rule?: undefined; readonly posture: DecidedPosture };

/** Points 1 and 2 for one endpoint and direction. Whether denials only audit is not decided here. */
export function decide(owner: Owner, direction: Direction, remote: Remote, probe: Probe): Decision {
  const rule = applicableRules(owner, direction).find(
    ({ rule }) => matches(rule.peer, owner.subject, remote) && covers(rule, probe),
  );
  if (rule !== undefined) return { verdict: rule.rule.action, rule };
  const posture = decidePosture(owner, direction);
  return { verdict: posture.verdict, posture };
}

/** The rules of one direction that `on` does not keep away from this endpoint, first decides first. */
export function applicableRules(owner: Owner, direction: Direction): readonly PolicyRule[] {
  return owner.policy.rules
    .filter((rule) => rule.direction === direction && appliesOn(rule.rule, owner))
    .sort(compareRules);
}

/**
 * Tier, then prio, then deny before allow. Of equals, one that enforces comes before one that audits,
 * and one that logs before one that does not: what becomes of a packet never depends on names. These
 * come last, so that the order never depends on the labels'.
 */
export function compareRules(a: PolicyRule, b: PolicyRule): number {
  return (
    TIERS.indexOf(a.tier) - TIERS.indexOf(b.tier) ||
    a.rule.prio - b.rule.prio ||
    Number(a.rule.action === "allow") - Number(b.rule.action === "allow") ||
    Number(a.rule.audit) - Number(b.rule.audit) ||
    Number(b.rule.log) - Number(a.rule.log) ||
    (a.name < b.name ? -1 : Number(a.name > b.name))
  );
}

/**
 * NETWORK is the name that Docker shows, or the compose key of a network of the owner's own project.
 * Where the network does not say which key it has, its name does, as compose makes names.
 */
function appliesOn({ on }: Rule, { network, subject }: Owner): boolean {
  const { name, compose } = network;
  if (on === undefined || name === on) return true;
  if (compose !== undefined) return compose.project === subject.project && compose.key === on;
  return name !== undefined && subject.project !== undefined && name === `${subject.project}_${on}`;
}

function covers(rule: Rule, probe: Probe): boolean {
  return rule.protocols.length === 0 || rule.protocols.some((match) => protocolCovers(match, probe));
}

function protocolCovers(match: ProtocolMatch, { protocol, port }: Probe): boolean {
  if ("ports" in match) {
    const { ports } = match;
    return (
      match.protocol === protocol &&
      (ports.length === 0 || ports.some(({ first, last }) => first <= port && port <= last))
    );
  }
  if (match.protocol === "icmp" && match.type === undefined) {
    return protocol === "icmp" || protocol === "icmp6";
  }
  return (
    match.protocol === protocol &&
    (match.type === undefined || match.type === port >> 8) &&
    (match.code === undefined || match.code === (port & 0xff))
  );
}

/**
 * Point 2: what is said for this direction, by the strongest carrier that says anything of it; else a
 * direction that an allow rule applies to is closed; else the daemon's default.
 */
export function decidePosture(owner: Owner, direction: Direction): DecidedPosture {
  for (const { posture, reason } of statedPostures(owner)) {
    const verdict = statedVerdict(posture, direction);
    if (verdict !== undefined) return { verdict, ...reason };
  }
  const allow = applicableRules(owner, direction).find(({ rule }) => rule.action === "allow");
  if (allow !== undefined) return { verdict: "deny", by: "allow-rule", tier: allow.tier, rule: allow.name };
  return { verdict: postureVerdict(owner.defaultPosture, direction), by: "daemon" };
}

/** Strongest first: the network comes after what was written for the endpoint, and before the baseline. */
function statedPostures({ policy, network }: Owner): readonly { posture: Posture; reason: PostureReason }[] {
  const ofPolicy = (isBaseline: boolean) =>
    policy.postures
      .filter(({ carrier }) => (carrier === "baseline") === isBaseline)
      .map((stated) => ({ posture: stated.posture, reason: reasonOf(stated) }));
  const { posture } = network;
  const ofNetwork = posture === undefined ? [] : [{ posture, reason: { by: "network" } as const }];
  return [...ofPolicy(false), ...ofNetwork, ...ofPolicy(true)];
}

function reasonOf(stated: StatedPosture): PostureReason {
  return "rule" in stated ? { by: stated.carrier, rule: stated.rule } : { by: stated.carrier };
}

/** `default-deny-egress` says nothing of ingress: it must not open what a weaker carrier closes. */
function statedVerdict(posture: Posture, direction: Direction): Verdict | undefined {
  if (posture === "default-allow") return "allow";
  return postureVerdict(posture, direction) === "deny" ? "deny" : undefined;
}
