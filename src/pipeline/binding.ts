import type { EndpointFacts, NetworkFacts } from "../model/facts.ts";
import type { Direction } from "../model/posture.ts";
import type { Mode } from "../model/rows.ts";
import {
  applicableRules,
  type DecidedPosture,
  decidePosture,
  mentionedContainers,
  type Owner,
  type Problem,
  type Rate,
  readPolicy,
  relevantLabels,
  STRANGER,
  type Subject,
} from "../policy/index.ts";
import type { QuarantineReason, Settings } from "./desired.ts";
import { identityKey } from "./identity-class.ts";
import { type PolicySetSource, policyKey } from "./policy-set.ts";

/**
 * What an endpoint's own facts and its network's say, before anything is numbered. Replicas share one:
 * nothing in it is about which of them it is, not even the subject, which lacks the container's name.
 */
export interface Binding {
  readonly mode: Mode;
  readonly quarantine: QuarantineReason | undefined;
  readonly problems: readonly Problem[];
  readonly subject: Subject;
  readonly identityKey: string;
  readonly source: PolicySetSource;
  readonly policyKey: string;
  readonly posture: Readonly<Record<Direction, DecidedPosture>> | undefined;
  readonly rates: Readonly<Partial<Record<Direction, Rate>>>;
  /** Names that rules of this endpoint ask for by `container:`. */
  readonly mentionedContainers: readonly string[];
}

/** Canonical text of all that {@link bind} looks at: equal texts, equal bindings. */
export function bindingKey(endpoint: EndpointFacts, network: NetworkFacts, settings: Settings): string {
  const { container, driverOptions } = endpoint;
  const labels = container === undefined ? null : relevantLabels(container.labels, settings.identityLabels);
  const options = Object.entries(driverOptions).sort(byKey);
  return JSON.stringify([network.name ?? null, network.options.posture ?? null, options, labels]);
}

/** Reads an endpoint's policy and puts it in its place. */
export function bind(endpoint: EndpointFacts, network: NetworkFacts, settings: Settings): Binding {
  const { container, driverOptions } = endpoint;
  if (container === undefined && settings.requireContainer) return quarantined("unattributed", []);
  const { policy, problems, ...read } = readPolicy(driverOptions, container, settings.identityLabels);
  const subject = { ...read.subject, containerName: undefined };
  if (problems.length > 0) return quarantined("problems", problems);
  if (network.name === undefined && policy.rules.some(({ rule }) => rule.on !== undefined)) {
    return quarantined("network-name", []);
  }
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
    quarantine: undefined,
    problems,
    subject,
    identityKey: identityKey(subject),
    source,
    // Postures are the endpoint's own, but what they decide is counted under the policy set.
    policyKey: `${posture.ingress.verdict} ${posture.egress.verdict} ${policyKey(source)}`,
    posture,
    rates: policy.rates,
    mentionedContainers: mentionedContainers([...rules.ingress, ...rules.egress].map(({ rule }) => rule)),
  };
}

/** All endpoints in quarantine are alike: nothing passes, whatever else they may turn out to be. */
function quarantined(quarantine: QuarantineReason, problems: readonly Problem[]): Binding {
  return {
    mode: "quarantine",
    quarantine,
    problems,
    subject: STRANGER,
    identityKey: "quarantine",
    source: { rules: { ingress: [], egress: [] }, owner: STRANGER },
    policyKey: "quarantine",
    posture: undefined,
    rates: {},
    mentionedContainers: [],
  };
}

function byKey([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return a < b ? -1 : Number(a > b);
}
