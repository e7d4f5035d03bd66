import type { EndpointFacts } from "../model/facts.ts";
import { type Offload, type Problem, parseLabels, readPolicy } from "../policy/index.ts";
import type { Settings } from "./desired.ts";
import { offloadProblem } from "./offload.ts";

export interface StartProblems {
  /** Not empty: a container that says this must not start. */
  readonly problems: readonly Problem[];
  /** Whether it must not start either while the data plane has no room for it. */
  readonly needsRoom: boolean;
}

/**
 * What is wrong with what was written for an endpoint, as far as it is known. What is not its author's fault is
 * no part of it, such as an admin policy, or labels of which nobody knows whether they are the image's: those
 * leave it in quarantine.
 */
export function startProblems(
  endpoint: Pick<EndpointFacts, "driverOptions" | "container">,
  settings: Settings,
): StartProblems {
  const { problems, offload } = read(endpoint, settings);
  if (offload !== "require") return { problems, needsRoom: false };
  const lacking = settings.hardware ? [] : [offloadProblem(endpoint.driverOptions)];
  return { problems: [...problems, ...lacking], needsRoom: true };
}

function read(
  { driverOptions, container }: Pick<EndpointFacts, "driverOptions" | "container">,
  settings: Settings,
): { readonly problems: readonly Problem[]; readonly offload: Offload | undefined } {
  if (container === undefined && settings.requireContainer) {
    const { problems, statement } = parseLabels(driverOptions, "driver_opts");
    return { problems, offload: statement.offload };
  }
  const { policy, problems, originUnknown } = readPolicy(driverOptions, container, settings, []);
  return originUnknown ? { problems: [], offload: undefined } : { problems, offload: policy.offload };
}
