/**
 * hyperion/policy: what labels on containers say about who may talk to whom.
 *
 * `parseLabels` and `parseRule` read texts, `readPolicy` all of one endpoint's; `decide` answers for
 * one connection and gives its reason; `Flattening` turns rules into what a data plane looks up.
 * No I/O, no clock, no state: the same input gives the same output on any machine.
 */
export type { Direction, Posture, Verdict } from "../model/posture.ts";
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
export { type FlatEntry, Flattening, type NumberedRule } from "./flatten.ts";
export { handlesOf, handlesOfPeer } from "./handle.ts";
export { LABEL_PREFIX, type LabelKey, type ReadKey, readLabelKey } from "./label-keys.ts";
export { type Outside, outsideAt, prefixOfAddress } from "./outside.ts";
export {
  type Offload,
  type ParsedLabels,
  type PolicyMode,
  parseLabels,
  type StatedRule,
  type Statement,
} from "./parse-labels.ts";
export { type ParsedRule, parseRule, RULE_LENGTH_MAX } from "./parse-rule.ts";
export type { Party, PopulatedNetwork, Population } from "./population.ts";
export { printRule } from "./print.ts";
export {
  type Carrier,
  type Fault,
  formatProblem,
  type Problem,
  type ProblemCode,
  type Span,
  summarizeProblem,
} from "./problem.ts";
export { PROTOCOLS } from "./protocol-space.ts";
export { parseRate, type Rate } from "./rate.ts";
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
export { relevantLabels, type SelfDescription, STRANGER, type Subject, subjectOf } from "./subject.ts";
export type { SeenAddress, SeenContainer, SeenFlow } from "./suggest.ts";
