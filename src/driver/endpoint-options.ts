import { HyperionError } from "../model/errors.ts";
import type { ContainerFacts } from "../model/facts.ts";
import { type EndpointId, shortId } from "../model/ids.ts";
import { LABEL_PREFIX } from "../policy/label-keys.ts";
import { parseLabels } from "../policy/parse-labels.ts";
import { type Problem, summarizeProblem } from "../policy/problem.ts";

/**
 * The `hyperion.*` entries of an endpoint's driver_opts, which say the same as labels do and need no
 * Docker API to be read. Throws the first policy error in them (E101 to E150): here the engine still
 * lets a driver refuse the start.
 */
export function parseEndpointOptions(
  id: EndpointId,
  options: Readonly<Record<string, unknown>>,
): Readonly<Record<string, string>> {
  const ours: Record<string, string> = {};
  for (const [key, value] of Object.entries(options)) {
    if (key.startsWith(LABEL_PREFIX)) ours[key] = String(value);
  }
  refuse(parseLabels(ours, "driver_opts").problems, `endpoint ${shortId(id)}`);
  return ours;
}

/** Throws the first policy error in a container's labels. */
export function refuseLabelProblems(container: ContainerFacts): void {
  refuse(parseLabels(container.labels, "label").problems, container.name);
}

function refuse([problem]: readonly Problem[], who: string): void {
  if (problem === undefined) return;
  throw new HyperionError(problem.code, { text: summarizeProblem(problem, who) });
}
