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
  STRANGER,
  type Subject,
} from "../policy/index.ts";
import type { QuarantineReason, Settings } from "./desired.ts";
import { identityKey } from "./identity-class.ts";
import { type PolicySetSource, policyKey } from "./policy-set.ts";

/** What an endpoint's own facts and its network's say, before anything is numbered. */
export interface Binding {
  readonly network: NetworkFacts;
  readonly mode: Mode;
  readonly quarantine: QuarantineReason | undefined;
  readonly problems: readonly Problem[];
  readonly subject: Subject;
  /** Without the container's name. */
  readonly identityKey: string;
  readonly source: PolicySetSource;
  readonly policyKey: string;
  readonly posture: Readonly<Record<Direction, DecidedPosture>> | undefined;
  readonly rates: Readonly<Partial<Record<Direction, Rate>>>;
  /** Names that rules of this endpoint ask for by `container:`. */
  readonly mentionedContainers: readonly string[];
}

/** Reads an endpoint's policy and puts it in its place. */
export function bind(endpoint: EndpointFacts, network: NetworkFacts, settings: Settings): Binding {
  const { container, driverOptions } = endpoint;
  if (container === undefined && settings.requireContainer) return quarantined(network, "unattributed", []);
  const { policy, subject, problems } = readPolicy(driverOptions, container, settings.identityLabels);
  if (problems.length > 0) return quarantined(network, "problems", problems);
  if (network.name === undefined && policy.rules.some(({ rule }) => rule.on !== undefined)) {
    return quarantined(network, "network-name", []);
  }
  const owner: Owner = {
    subject,
    policy,
    network: { name: network.name, posture: network.options.posture },
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
    network,
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
function quarantined(
  network: NetworkFacts,
  quarantine: QuarantineReason,
  problems: readonly Problem[],
): Binding {
  return {
    network,
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
