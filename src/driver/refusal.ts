import { HyperionError } from "../model/errors.ts";
import { formatProblem, type Problem } from "../policy/index.ts";

/** Of many wrong labels, a refusal tells so many: its reader sees them in a terminal. */
export const PROBLEMS_TOLD_MAX = 5;

/**
 * Throws, unless there are no problems, what Docker shows: each as the log and `hyperion endpoints` have it, under
 * the code of the first.
 *
 * @param who what people call the endpoint.
 */
export function refuseProblems(problems: readonly Problem[], who: string): void {
  const [first] = problems;
  if (first === undefined) return;
  const told = problems.slice(0, PROBLEMS_TOLD_MAX).map((problem) => formatProblem(problem, who));
  const untold = problems.length - told.length;
  if (untold > 0) told.push(`and ${untold} more, which hyperion policy lint shows`);
  throw new HyperionError(first.code, { text: told.join("\n") });
}
