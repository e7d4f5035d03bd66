import { type AdminPolicy, withAdminPolicies } from "./admin-policy.ts";
import { checkOwner, mergeStatements, type Policy } from "./carriers.ts";
import { parseLabels } from "./parse-labels.ts";
import type { Problem } from "./problem.ts";
import { type Subject, subjectOf } from "./subject.ts";
import { countedLabels, type LabelledContainer, type TrustSettings } from "./trust.ts";
import type { Warning } from "./warning.ts";

/** One endpoint's own policy and what others' policies can see of it. */
export interface ReadPolicy {
  readonly policy: Policy;
  readonly subject: Subject;
  /** Not empty: the texts are wrong somewhere, and the policy must not be enforced. */
  readonly problems: readonly Problem[];
  /** Labels that were ignored. */
  readonly warnings: readonly Warning[];
  /** True: nobody knows which labels count, and the policy must not be enforced. */
  readonly originUnknown: boolean;
}

/**
 * Reads all that was written for one endpoint.
 *
 * @param driverOptions the endpoint's driver_opts; only `hyperion.*` counts.
 * @param container undefined when there is none to ask, and the driver_opts say everything.
 * @param policies all admin policies; those of their rules are taken that apply.
 */
export function readPolicy(
  driverOptions: Readonly<Record<string, string>>,
  container: LabelledContainer | undefined,
  settings: TrustSettings,
  policies: readonly AdminPolicy[],
): ReadPolicy {
  const { labels, warnings, originUnknown } = countedLabels(container, settings);
  const carriers = [parseLabels(driverOptions, "driver_opts"), parseLabels(labels, "label")];
  const statements = carriers.map(({ statement }) => statement);
  const { policy, problems } = mergeStatements(statements);
  const subject = subjectOf(container?.name, labels, policy, settings.identityLabels);
  return {
    policy: withAdminPolicies(policy, subject, policies),
    subject,
    problems: [
      ...carriers.flatMap((carrier) => carrier.problems),
      ...problems,
      ...checkOwner(statements, subject),
    ],
    warnings,
    originUnknown,
  };
}
