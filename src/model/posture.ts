/** What decides where no rule does: the values of `hyperion.policy`. */
export const POSTURES = [
  "default-deny",
  "default-deny-ingress",
  "default-deny-egress",
  "default-allow",
] as const;

export type Posture = (typeof POSTURES)[number];

/** From the endpoint's point of view: ingress is what reaches it, egress what it sends. */
export type Direction = "ingress" | "egress";

export type Verdict = "allow" | "deny";

export function isPosture(text: string): text is Posture {
  return (POSTURES as readonly string[]).includes(text);
}

/** The verdict that a posture gives one direction. */
export function postureVerdict(posture: Posture, direction: Direction): Verdict {
  if (posture === "default-deny" || posture === `default-deny-${direction}`) return "deny";
  return "allow";
}
