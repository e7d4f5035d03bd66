import type { ProblemCode } from "./problem.ts";

/** What each problem code of the policy language means; the messages themselves say what to do. */
export const PROBLEM_MEANINGS: Readonly<Record<ProblemCode, string>> = {
  E101: "unknown label",
  E102: "syntax",
  E117: "port outside 1–65535, or range reversed",
  E121: "`from` in egress, or `to` in ingress",
  E130: "unknown kind of selector",
  E131: "`service:N` on a container without a project",
  E133: "can match nothing",
  E140: "same rule in two carriers",
  E150: "bad value for a key",
  E171: "rule name that another admin policy of the tier has",
  E176: "admin policy of another shape than policies have",
  E510: "hardware tables full, or no hardware, and `offload=require`",
};

/** What each warning code means. A warning changes no verdict. */
export const WARNINGS = {
  W203: "CIDR that overlaps a pool of Hyperion: containers are matched by who they are, never by where",
  W204: "allow and deny tie; deny wins",
  W210: "egress is closed and no rule lets port 53 out",
  W211: "published port that no rule lets the world reach",
  W305: "selector that matches nothing here",
  W401: "label of the image, ignored",
} as const;

export type WarningCode = keyof typeof WARNINGS;
