import type { AppliedDocument, PlanDocument } from "../../admin/index.ts";
import { HyperionError, isHyperionError } from "../../model/errors.ts";
import { AdminClient, DAEMON_OPTIONS } from "../admin-client.ts";
import { type Invocation, json } from "../commands.ts";
import { formatApplied, formatPlan } from "../show/policies.ts";

export const CHANGE_OPTIONS = {
  ...DAEMON_OPTIONS,
  yes: { type: "boolean" },
  "dry-run": { type: "boolean" },
} as const;

export const CHANGE_OPTIONS_HELP = `  --yes                  without asking; needed where there is no terminal
  --dry-run              show who would lose and gain access, and change nothing
`;

export interface Change {
  readonly name: string;
  /** Undefined: the policy goes. */
  readonly document: unknown;
  readonly options: {
    readonly json?: boolean;
    readonly yes?: boolean;
    readonly "dry-run"?: boolean;
    readonly "admin-socket"?: string;
  };
}

/**
 * Shows what a change of an admin policy would do, asks, and makes it. Resolves to the exit code: 1 where
 * it was refused (E17x), or the data plane has not all of it, or a person said no.
 */
export async function makeChange(
  { name, document, options }: Change,
  invocation: Invocation,
): Promise<number> {
  const { print, environment, ask } = invocation;
  const asJson = options.json === true;
  const client = AdminClient.of(options["admin-socket"], environment);
  const path = `/v1/policies/${encodeURIComponent(name)}`;
  const plan = await client.send<PlanDocument>("POST", `${path}/plan`, document);
  const say = (applied: AppliedDocument | null, text: string) =>
    print(asJson ? json({ plan, applied }) : text);
  if (plan.unchanged) {
    say(null, `nothing to change: ${name} is at version ${plan.base}\n`);
    return 0;
  }
  if (!asJson) print(formatPlan(plan));
  if (options["dry-run"] === true) {
    say(null, "");
    return 0;
  }
  const verb = document === undefined ? "remove" : "apply";
  if (options.yes !== true) {
    // A document for a program has no place for a question.
    if (ask === undefined || asJson) throw new HyperionError("E713");
    if (!(await ask(`${verb} ${name}?`))) {
      print("nothing was changed\n");
      return 1;
    }
  }
  const method = document === undefined ? "DELETE" : "PUT";
  const applied = await client.send<AppliedDocument>(method, `${path}?base=${plan.base}`, document);
  say(applied, formatApplied(applied, document === undefined ? "removed" : "applied"));
  return applied.pending === null ? 0 : 1;
}

/** What a text of policy can have, and that somebody else was faster: findings, and no wrong usage. */
const FINDINGS = /^E1([0-5]\d|71|72|76)$/;

/** Does `work`, and shows what was found in place of throwing it: exit code 1. */
export async function withFindings(invocation: Invocation, work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    if (!isHyperionError(error) || !FINDINGS.test(error.code)) throw error;
    invocation.complain(`hyperion: ${error.message} [${error.code}]\n`);
    return 1;
  }
}
