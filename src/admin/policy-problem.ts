import { HyperionError } from "../model/errors.ts";
import { type AdminProblem, formatProblem } from "../policy/index.ts";

/** Problems in one text, under the code of the first. `whoOf`: the policy, or the place in a file. */
export function refusedPolicy(
  problems: readonly AdminProblem[],
  whoOf: (problem: AdminProblem) => string,
): HyperionError {
  const text = problems.map((problem) => formatProblem(problem, whoOf(problem))).join("\n");
  return new HyperionError(problems[0]?.code ?? "E176", { text });
}
