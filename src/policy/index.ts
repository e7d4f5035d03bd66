/**
 * hyperion/policy: what labels on containers say about who may talk to whom, as a library.
 *
 * ```ts
 * import { decide, outsideAt, parseIp, readPolicy } from "hyperion/policy";
 *
 * const settings = { identityLabels: [], trustImageLabels: false };
 * const labels = { "hyperion.ingress.sql": "allow tcp/5432 from 10.0.0.0/8" };
 * const container = { name: "db-1", labels, inherited: [] };
 * const { policy, subject, problems } = readPolicy({}, container, settings, []);
 *
 * const network = { name: "shop_default", compose: undefined, posture: undefined };
 * const owner = { policy, subject, network, defaultPosture: "default-allow" } as const;
 * const remote = outsideAt(parseIp("10.1.2.3"), new Set());
 * decide(owner, "ingress", remote, { protocol: "tcp", port: 5432 }).verdict; // "allow" or "deny"
 * ```
 *
 * `parseLabels`, `parseRule` and `parseAdminPolicy` read texts, `readPolicy` all of one endpoint's; what is
 * wrong comes back as problems, which `formatProblem` writes out, and nothing is thrown; what is asked
 * wrongly throws an error with a `code` (`parseIp`, `parseProbe`, `checkAssertion`). `decide` answers for
 * one side of a connection and gives its reason; a remote is a container (`Subject`), somewhere outside
 * (`Outside`), or unknown. `judge` asks both sides, each an owner with a name (`Party`). `Flattening`
 * turns rules into what a data plane looks up. No I/O, no clock, no state: the same input gives the same
 * output on any machine.
 */
export type { PolicyFacts } from "../model/facts.ts";
export { type Ip, parseIp } from "../model/ip.ts";
export type { Direction, Posture, Verdict } from "../model/posture.ts";
export { type Prefix, parsePrefix } from "../model/prefix.ts";
export {
  type AdminPolicy,
  type AdminProblem,
  type AdminRule,
  checkAdminPolicies,
  namesInApplies,
  type PolicyTexts,
  type ReadAdminPolicy,
  readAdminPolicy,
  withAdminPolicies,
} from "./admin-policy.ts";
export {
  type Assertion,
  type AssertionResult,
  checkAssertion,
  type FoundVerdict,
  type ReadAssertion,
  readAssertion,
} from "./assertions.ts";
export type * from "./ast.ts";
export { isOutsideAtom, PRIO_DEFAULT, PRIO_MAX, sideOf } from "./ast.ts";
export {
  checkOwner,
  mergeStatements,
  type Policy,
  type PolicyRule,
  type StatedPosture,
  TIERS,
  type Tier,
} from "./carriers.ts";
export { PROBLEM_MEANINGS, WARNINGS, type WarningCode } from "./codes.ts";
export {
  applicableRules,
  compareRules,
  type DecidedPosture,
  type Decision,
  decide,
  decidePosture,
  type Owner,
  type OwnerNetwork,
  type PostureReason,
  type Probe,
} from "./decide.ts";
export {
  type End,
  type Explanation,
  explain,
  isParty,
  type JudgedSide,
  type Judgement,
  judge,
  nameOf,
  type Remedy,
  type Side,
} from "./explain.ts";
export { type Asked, formatExplanation, formatPosture } from "./explain-text.ts";
export { type FlatEntry, Flattening, type NumberedRule } from "./flatten.ts";
export { handlesOf, handlesOfPeer } from "./handle.ts";
export { type LabelKey, type ReadKey, readLabelKey } from "./label-keys.ts";
export { lint } from "./lint.ts";
export type {
  Finding,
  LintedAttachment,
  LintedPolicy,
  LintedService,
  LintInput,
  Pool,
  PublishedPorts,
} from "./lint-site.ts";
export {
  type MatrixDocument,
  type MatrixVerdict,
  matrix,
  probeBetween,
  type SideDocument,
  sideDocument,
} from "./matrix.ts";
export { findEnd, type Meeting, meetings, type NamedEnd, wayOut } from "./meeting.ts";
export { type Outside, outsideAt, prefixOfAddress } from "./outside.ts";
export {
  ADMIN_RULES_MAX,
  isPolicyName,
  type ParsedAdminPolicy,
  parseAdminPolicy,
} from "./parse-admin-policy.ts";
export {
  type Offload,
  type ParsedLabels,
  type PolicyMode,
  parseLabels,
  type StatedRule,
  type Statement,
} from "./parse-labels.ts";
export { type ParsedRule, parseRule, RULE_LENGTH_MAX } from "./parse-rule.ts";
export { parseSelector } from "./parse-selector.ts";
export type { Party, PopulatedNetwork, Population } from "./population.ts";
export { printPeer, printRule } from "./print.ts";
export { type NamedProbe, parseProbe } from "./probe.ts";
export {
  type Carrier,
  type Fault,
  formatProblem,
  type Place,
  type Problem,
  type ProblemCode,
  type Remark,
  type Span,
} from "./problem.ts";
export { PROTOCOLS } from "./protocol-space.ts";
export { parseRate, type Rate } from "./rate.ts";
export { type AccessChange, accessChanges, type ProbeRange, type Reach, reach } from "./reach.ts";
export { type ReadPolicy, readPolicy } from "./read-policy.ts";
export {
  atomsOf,
  isOutside,
  matches,
  mentionedContainers,
  mentionedPrefixes,
  namesOutside,
  peerKey,
  type Remote,
  usesOwner,
} from "./selector.ts";
export { type SelfDescription, STRANGER, type Subject, subjectOf } from "./subject.ts";
export { type SeenAddress, type SeenContainer, type SeenFlow, type Suggestion, suggest } from "./suggest.ts";
export {
  type CountedLabels,
  countedLabels,
  type LabelledContainer,
  relevantLabels,
  type TrustSettings,
} from "./trust.ts";
export { formatWarning, type Warning } from "./warning.ts";
