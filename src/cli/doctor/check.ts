/** ok: there; warn: works without, but less; missing: Hyperion does not work without. */
export type CheckState = "ok" | "warn" | "missing";

/** What was looked at, what was found, and what to do about it where it is not well. */
export interface CheckResult {
  readonly check: string;
  readonly state: CheckState;
  readonly found: string;
  readonly remedy?: string;
}

export type Check = () => Promise<CheckResult>;

/** A check that throws has found something too. */
export async function runChecks(checks: Readonly<Record<string, Check>>): Promise<readonly CheckResult[]> {
  const results: CheckResult[] = [];
  for (const [check, run] of Object.entries(checks)) {
    try {
      results.push(await run());
    } catch (error) {
      results.push({
        check,
        state: "missing",
        found: error instanceof Error ? error.message : String(error),
      });
    }
  }
  return results;
}
