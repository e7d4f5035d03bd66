import type { ContainerFacts } from "../model/facts.ts";
import { checkOwner, mergeStatements, type Policy } from "./carriers.ts";
import { parseLabels } from "./parse-labels.ts";
import type { Problem } from "./problem.ts";
import { type Subject, subjectOf } from "./subject.ts";

/** One endpoint's own policy and what others' policies can see of it. */
export interface ReadPolicy {
  readonly policy: Policy;
  readonly subject: Subject;
  /** Not empty: the texts are wrong somewhere, and the policy must not be enforced. */
  readonly problems: readonly Problem[];
}

/**
 * Reads all that was written for one endpoint.
 *
 * @param driverOptions the endpoint's driver_opts; only `hyperion.*` counts.
 * @param container undefined when there is none to ask, and the driver_opts say everything.
 * @param identityLabels labels besides `hyperion.label.*` that selectors may see.
 */
export function readPolicy(
  driverOptions: Readonly<Record<string, string>>,
  container: ContainerFacts | undefined,
  identityLabels: readonly string[],
): ReadPolicy {
  const carriers = [parseLabels(driverOptions, "driver_opts"), parseLabels(container?.labels ?? {}, "label")];
  const statements = carriers.map(({ statement }) => statement);
  const { policy, problems } = mergeStatements(statements);
  const subject = subjectOf(container, policy, identityLabels);
  return {
    policy,
    subject,
    problems: [
      ...carriers.flatMap((carrier) => carrier.problems),
      ...problems,
      ...checkOwner(statements, subject),
    ],
  };
}
