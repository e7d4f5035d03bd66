import type { EndpointFacts, NetworkFacts } from "../model/facts.ts";
import type { Direction } from "../model/posture.ts";
import type { Mode } from "../model/rows.ts";
import {
  applicableRules,
  countedLabels,
  type DecidedPosture,
  decidePosture,
  mentionedContainers,
  type Owner,
  type Problem,
  type Rate,
  readPolicy,
  STRANGER,
  type Subject,
  type Warning,
} from "../policy/index.ts";
import type { QuarantineReason, Settings } from "./desired.ts";
import { identityKey } from "./identity-class.ts";
import { offloadProblem } from "./offload.ts";
import { type PolicySetSource, policyKey } from "./policy-set.ts";
import type { PolicyShelf } from "./policy-shelf.ts";

/**
 * What an endpoint's own facts and its network's say, before anything is numbered. Replicas share one:
 * nothing in it is about which of them it is, not even the subject, which lacks the container's name.
 */
export interface Binding {
  readonly mode: Mode;
  /** `hyperion.offload: off`. */
  readonly software: boolean;
  readonly quarantine: QuarantineReason | undefined;
  readonly problems: readonly Problem[];
  readonly warnings: readonly Warning[];
  readonly subject: Subject;
  readonly identityKey: string;
  readonly source: PolicySetSource;
  readonly policyKey: string;
  /** Undefined in quarantine. */
  readonly owner: Owner | undefined;
  readonly posture: Readonly<Record<Direction, DecidedPosture>> | undefined;
  readonly rates: Readonly<Partial<Record<Direction, Rate>>>;
  /** Names that rules of this endpoint ask for by `container:`. */
  readonly mentionedContainers: readonly string[];
}

/** Canonical text of all that {@link bind} looks at but the admin policies: equal texts, equal bindings. */
export function bindingKey(
  endpoint: EndpointFacts,
  network: NetworkFacts,
  settings: Settings,
  policies: PolicyShelf,
): string {
  const { container, driverOptions } = endpoint;
  const { labels, warnings, originUnknown } = countedLabels(container, settings);
  const { name, compose, options } = network;
  return JSON.stringify([
    name ?? null,
    compose === undefined ? null : [compose.project, compose.key],
    options.posture ?? null,
    Object.entries(driverOptions).sort(byKey),
    container === undefined ? null : Object.entries(labels).sort(byKey),
    warnings.map(({ label, value }) => [label, value]),
    originUnknown,
    container !== undefined && policies.names.has(container.name) ? container.name : null,
  ]);
}

/** Reads an endpoint's policy and puts it in its place. */
export function bind(
  endpoint: EndpointFacts,
  network: NetworkFacts,
  settings: Settings,
  policies: PolicyShelf,
): Binding {
  const { container, driverOptions } = endpoint;
  if (container === undefined && settings.requireContainer) return quarantined("unattributed");
  const { policy, problems, warnings, ...read } = readPolicy(
    driverOptions,
    container,
    settings,
    policies.policies,
  );
  if (read.originUnknown) return quarantined("image-unknown", problems, warnings);
  if (problems.length > 0) return quarantined("problems", problems, warnings);
  if (policies.problems.length > 0) return quarantined("admin-policy", policies.problems, warnings);
  if (policy.offload === "require" && !settings.hardware) {
    return quarantined("offload", [offloadProblem(driverOptions)], warnings);
  }
  if (network.name === undefined && policy.rules.some(({ rule }) => rule.on !== undefined)) {
    return quarantined("network-name", [], warnings);
  }
  const subject = { ...read.subject, containerName: undefined };
  const owner: Owner = {
    subject,
    policy,
    network: { name: network.name, compose: network.compose, posture: network.options.posture },
    defaultPosture: settings.defaultPosture,
  };
  const rules = {
    ingress: applicableRules(owner, "ingress"),
    egress: applicableRules(owner, "egress"),
  };
  const posture = {
    ingress: decidePosture(owner, "ingress"),
    egress: decidePosture(owner, "egress"),
  };
  const source = { rules, owner: subject };
  return {
    mode: policy.mode,
    software: policy.offload === "off",
    quarantine: undefined,
    problems,
    warnings,
    subject,
    identityKey: identityKey(subject),
    source,
    // Postures are the endpoint's own, but what they decide is counted under the policy set.
    policyKey: `${posture.ingress.verdict} ${posture.egress.verdict} ${policyKey(source)}`,
    owner,
    posture,
    rates: policy.rates,
    mentionedContainers: mentionedContainers([...rules.ingress, ...rules.egress].map(({ rule }) => rule)),
  };
}

/** All endpoints in quarantine are alike: nothing passes, whatever else they may turn out to be. */
function quarantined(
  quarantine: QuarantineReason,
  problems: readonly Problem[] = [],
  warnings: readonly Warning[] = [],
): Binding {
  return {
    mode: "quarantine",
    software: false,
    quarantine,
    problems,
    warnings,
    subject: STRANGER,
    identityKey: "quarantine",
    source: { rules: { ingress: [], egress: [] }, owner: STRANGER },
    policyKey: "quarantine",
    owner: undefined,
    posture: undefined,
    rates: {},
    mentionedContainers: [],
  };
}

function byKey([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return a < b ? -1 : Number(a > b);
}
