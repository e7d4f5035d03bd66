import type { WarningCode } from "./codes.ts";
import { formatProblem, type Place, type Remark } from "./problem.ts";

/** What its author should know, although it keeps nothing from being enforced. */
export type Warning = Remark<WarningCode> & Place;

/** As {@link formatProblem}: code, who and label; the text with a caret; what is the matter. */
export function formatWarning(warning: Warning, who: string): string {
  return formatProblem(warning, who);
}
