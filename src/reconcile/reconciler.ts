import { Backoff } from "../base/backoff.ts";
import type { Log } from "../base/log.ts";
import { HyperionError, isHyperionError, reasonOf } from "../model/errors.ts";
import type { Facts } from "../model/facts.ts";
import type { PrefixRow, Row, Table } from "../model/rows.ts";
import type { Desired, Numbering } from "../pipeline/index.ts";
import type { Dataplane, Failure, Operation } from "../platform/dataplane/dataplane.ts";
import { Actual, type Step } from "./actual.ts";
import { IDENTITY_MAX, Numbers, POLICY_MAX } from "./numbering.ts";

/** Waits between attempts to apply what the data plane refused. */
const RETRY_FIRST_MS = 50;
const RETRY_LAST_MS = 5_000;

/** Turns facts into rows; the pipeline's compiler behind its numbering. */
export type Compile = (facts: Facts, numbering: Numbering) => Desired;

export interface ReconcilerParts {
  readonly dataplane: Dataplane;
  /** Makes a compiler with an empty memory; its numbers come from the numbering of each call. */
  readonly newCompile: () => Compile;
  readonly facts: () => Facts;
  /** Attaches the ports again, after the data plane was lost. */
  readonly reattach: () => Promise<void>;
  readonly log: Log;
}

/** Whose steps must all be taken for a waiter: one owner's, everybody's; undefined: it does not matter. */
type Concern = string | typeof EVERYBODY | undefined;
const EVERYBODY = Symbol("everybody");

interface Waiter {
  readonly concern: Concern;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** What the data plane holds, and what it should. */
export interface ReadBack {
  readonly rows: readonly Row[];
  readonly desired: Desired;
  /** False: it was refused some of what it should hold, and that is tried again. */
  readonly settled: boolean;
}

type Reader = PromiseWithResolvers<ReadBack>;

/** Counted since the start, for status and benchmarks. */
export interface ReconcileCounts {
  readonly passes: number;
  readonly steps: number;
  readonly failures: number;
  readonly rows: number;
}

/**
 * Brings the data plane to what the facts say, by the smallest delta, one pass at a time.
 *
 * Each pass looks at the facts of that moment, never at what led to them, so passes that are asked
 * for while one is running become one. What the data plane refuses stays on the list and is tried
 * again; it holds up nobody else. A data plane that was lost (E511) is read back first.
 */
export class Reconciler {
  readonly #parts: ReconcilerParts;
  readonly #compile: Compile;
  readonly #numbering: { readonly identities: Numbers; readonly policies: Numbers };
  readonly #backoff = new Backoff(RETRY_FIRST_MS, RETRY_LAST_MS);
  #actual: Actual;
  #desired: Desired;
  #waiters: Waiter[] = [];
  #readers: Reader[] = [];
  #running: Promise<void> | undefined;
  #retry: NodeJS.Timeout | undefined;
  #stopped = false;
  /** What the data plane holds is unknown until it has been read back. */
  #lost = false;
  #passes = 0;
  #steps = 0;
  #failures = 0;

  /** Reads the data plane back and takes over the numbers that it uses. Changes nothing yet. */
  static async open(parts: ReconcilerParts): Promise<Reconciler> {
    const actual = new Actual(await parts.dataplane.dump());
    return new Reconciler(parts, actual);
  }

  private constructor(parts: ReconcilerParts, actual: Actual) {
    this.#parts = parts;
    this.#actual = actual;
    this.#numbering = adoptNumbers(parts, actual);
    this.#compile = parts.newCompile();
    this.#desired = this.#compileNow();
  }

  /** What the last pass was after: each endpoint's identity, policy, posture and label problems. */
  get desired(): Desired {
    return this.#desired;
  }

  /** True when nothing waits to be applied or tried again. */
  get isSettled(): boolean {
    return this.#running === undefined && this.#waiters.length === 0 && this.#retry === undefined;
  }

  get counts(): ReconcileCounts {
    return {
      passes: this.#passes,
      steps: this.#steps,
      failures: this.#failures,
      rows: this.#actual.size,
    };
  }

  /**
   * Resolves when the data plane has everything that the facts say at the time of the call. With an
   * `owner`, rejects (E501, E510, E511) if a step for that owner was refused; the step is retried all the same
   * unless the facts change.
   */
  settle(owner?: string): Promise<void> {
    return this.#settle(owner);
  }

  /** As {@link settle}, for a change that concerns everybody: rejects if any step was refused. */
  settleAll(): Promise<void> {
    return this.#settle(EVERYBODY);
  }

  /**
   * What the data plane holds, read back from it when a pass is over and before the next: nobody else
   * may dump it, as that could hide that it was lost. Rows that are not as they were left are put
   * right once the answer is given. Rejects (E501, E511).
   */
  readBack(): Promise<ReadBack> {
    if (this.#stopped) return Promise.reject(isStopping("a question"));
    const reader = Promise.withResolvers<ReadBack>();
    this.#readers.push(reader);
    this.#wake();
    return reader.promise;
  }

  #settle(concern: Concern): Promise<void> {
    if (this.#stopped) return Promise.reject(isStopping("a change"));
    return new Promise((resolve, reject) => {
      this.#waiters.push({ concern, resolve, reject });
      this.#wake();
    });
  }

  /** The data plane was lost (E511), as whoever called it found: it is read back and filled again. */
  lost(error: HyperionError): void {
    if (this.#stopped || this.#lost) return;
    this.#lost = true;
    this.#parts.log.error("dataplane.lost", error.message);
    this.#wake();
  }

  /** Ends with what was asked for before, and takes no more. The data plane keeps what it has. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#retry);
    while (this.#running !== undefined) await this.#running;
  }

  #wake(): void {
    if (this.#running !== undefined) return;
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
      const untried = this.#lost && this.#retry === undefined && !this.#stopped;
      if (this.#waiters.length + this.#readers.length > 0 || untried) this.#wake();
    });
  }

  async #run(): Promise<void> {
    // One turn of the event loop lets everything that is about to change join this pass.
    await Promise.resolve();
    const waiters = this.#waiters;
    const readers = this.#readers;
    this.#waiters = [];
    this.#readers = [];
    try {
      const failures = await this.#pass();
      for (const waiter of waiters) settleOne(waiter, failures);
      if (readers.length > 0) await this.#show(readers, failures.size === 0);
    } catch (error) {
      if (isHyperionError(error, "E511")) this.lost(error);
      else
        this.#parts.log.error("reconcile.failed", `the data plane could not be updated: ${reasonOf(error)}`);
      for (const one of [...waiters, ...readers]) one.reject(error);
      this.#retryLater();
    }
  }

  async #pass(): Promise<ReadonlyMap<string, Failure>> {
    this.#passes++;
    if (this.#lost) await this.#recover();
    this.#desired = this.#compileNow();
    return this.#approach();
  }

  /** Takes the steps that lead to what is desired. Returns the first failure of each owner that had one. */
  async #approach(): Promise<ReadonlyMap<string, Failure>> {
    const steps = this.#actual.plan(this.#desired.groups);
    if (steps.length === 0) {
      this.#calm();
      return new Map();
    }
    this.#steps += steps.length;
    const refused = await this.#apply(steps);
    if (refused.size === 0) {
      // Not before: where a row was refused, an earlier one with numbers of its own may still stand.
      this.#releaseNumbers();
      this.#calm();
      return refused;
    }
    this.#failures += refused.size;
    for (const [owner, failure] of refused) {
      const { table } = failure.operation.row;
      this.#parts.log.error("reconcile.refused", `the data plane refused a row of table ${table}`, {
        owner,
        table,
        errno: failure.errno,
      });
    }
    this.#retryLater();
    return refused;
  }

  /** Answers readers, and goes on from what was read. */
  async #show(readers: readonly Reader[], settled: boolean): Promise<void> {
    const rows = await this.#parts.dataplane.dump();
    for (const reader of readers) reader.resolve({ rows, desired: this.#desired, settled });
    this.#actual = new Actual(rows, this.#actual.generation);
    const steps = this.#steps;
    await this.#approach();
    const different = this.#steps - steps;
    if (!settled || different === 0) return;
    this.#parts.log.error("dataplane.differs", "rows of the data plane were not as they were left", {
      rows: different,
    });
    // One that was lost has no ports any more, and this may be the first to notice.
    await this.#parts.reattach();
  }

  async #recover(): Promise<void> {
    const rows = await this.#parts.dataplane.dump();
    this.#lost = false;
    this.#actual = new Actual(rows, this.#actual.generation);
    this.#parts.log.warn("dataplane.back", "the data plane was read back and is filled again", {
      rows: rows.length,
    });
    await this.#parts.reattach();
  }

  /**
   * Applies the steps; returns the first failure of each owner that had one.
   *
   * An endpoint row names a policy set and an identity. Where the data plane refused a rule of that
   * set, or about that identity, the endpoint keeps the row that it has: a new endpoint stays in
   * quarantine, and none goes by rules of which a `deny` is missing. So does a prefix that would lead
   * to such an identity; and where a prefix was refused, no endpoint knows whom it will meet outside.
   */
  async #apply(steps: readonly Step[]): Promise<ReadonlyMap<string, Failure>> {
    const { dataplane } = this.#parts;
    const refused = new Map<Operation, Failure>();
    const take = async (some: readonly Step[]) => {
      if (some.length === 0) return;
      for (const failure of await dataplane.apply(some)) refused.set(failure.operation, failure);
    };
    try {
      const phases = [isUpsert("policy"), isUpsert("prefix"), () => true];
      const taken = new Set<Step>();
      for (const phase of phases) {
        for (const [step, failure] of dependants(steps, refused)) refused.set(step, failure);
        const next = steps.filter((step) => phase(step) && !taken.has(step) && !refused.has(step));
        await take(next);
        for (const step of next) taken.add(step);
      }
    } catch (error) {
      this.#actual.failed(steps);
      throw error;
    }
    this.#actual.failed(steps.filter((step) => refused.has(step)));
    const byOwner = new Map<string, Failure>();
    for (const step of steps) {
      const failure = refused.get(step);
      if (failure !== undefined && !byOwner.has(step.owner)) byOwner.set(step.owner, failure);
    }
    return byOwner;
  }

  /** Everything is as it should be. */
  #calm(): void {
    this.#backoff.reset();
    clearTimeout(this.#retry);
    this.#retry = undefined;
  }

  #retryLater(): void {
    if (this.#stopped) return;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      this.#wake();
    }, this.#backoff.next());
    this.#retry.unref();
  }

  #compileNow(): Desired {
    const { identities, policies } = this.#numbering;
    return this.#compile(this.#parts.facts(), {
      identity: (key) => identities.of(key),
      policy: (key) => policies.of(key),
    });
  }

  /** Numbers rest until no row of the data plane carries them. */
  #releaseNumbers(): void {
    const identities = new Set<number>();
    const policies = new Set<number>();
    for (const view of this.#desired.endpoints.values()) {
      identities.add(view.identity);
      policies.add(view.policy);
    }
    for (const { identity } of prefixRows(this.#desired)) identities.add(identity);
    this.#numbering.identities.retain((number) => identities.has(number));
    this.#numbering.policies.retain((number) => policies.has(number));
  }
}

function isStopping(operation: string): HyperionError {
  return new HyperionError("E501", { operation, reason: "the daemon is stopping" });
}

function isUpsert(table: Table): (step: Step) => boolean {
  return ({ verb, row }) => verb === "upsert" && row.table === table;
}

/** By these identities the data plane knows who is outside; no endpoint has them. */
function prefixRows({ groups }: Desired): readonly PrefixRow[] {
  return (groups.get("prefixes") ?? []).filter((row) => row.table === "prefix");
}

/** Endpoint and prefix rows that must wait for refused ones, each with the failure that it waits for. */
function dependants(
  steps: readonly Step[],
  refused: ReadonlyMap<Operation, Failure>,
): ReadonlyMap<Step, Failure> {
  const waiting = new Map<Step, Failure>();
  if (refused.size === 0) return waiting;
  const byPolicy = new Map<number, Failure>();
  const byIdentity = new Map<number, Failure>();
  let byPrefix: Failure | undefined;
  for (const [{ verb, row }, failure] of refused) {
    if (row.table === "policy") {
      byPolicy.set(row.policy, failure);
      byIdentity.set(row.identity, failure);
    }
    if (row.table === "prefix" && verb === "upsert") byPrefix ??= failure;
  }
  const failureOf = (row: Row): Failure | undefined => {
    if (row.table === "prefix") return byIdentity.get(row.identity);
    if (row.table !== "endpoint") return undefined;
    return byPolicy.get(row.policy) ?? byIdentity.get(row.identity) ?? byPrefix;
  };
  for (const step of steps) {
    const failure = step.verb === "upsert" ? failureOf(step.row) : undefined;
    if (failure !== undefined && !refused.has(step)) waiting.set(step, failure);
  }
  return waiting;
}

function settleOne(waiter: Waiter, failures: ReadonlyMap<string, Failure>): void {
  const failure = failureFor(waiter.concern, failures);
  if (failure === undefined) waiter.resolve();
  else waiter.reject(refusal(failure));
}

function failureFor(concern: Concern, failures: ReadonlyMap<string, Failure>): Failure | undefined {
  if (concern === EVERYBODY) return failures.values().next().value;
  return concern === undefined ? undefined : failures.get(concern);
}

/** E2BIG and ENOSPC are how tables say that they are full (bpf(2), BPF_MAP_UPDATE_ELEM). */
function refusal(failure: Failure): HyperionError {
  const { row } = failure.operation;
  if (failure.errno === 7 || failure.errno === 28) {
    const reason = failure.reason || "it needs 1 row more, 0 are free";
    return new HyperionError("E510", { text: `the data plane has no room: table ${row.table}: ${reason}` });
  }
  return new HyperionError("E501", {
    operation: `a row of table ${row.table}`,
    reason: failure.reason || `errno ${failure.errno}`,
  });
}

/**
 * Numbers as the data plane uses them. A trial compilation with numbers of its own says which keys
 * each endpoint has today; where the data plane already holds that endpoint, its numbers are kept,
 * so that a restart changes no row.
 */
function adoptNumbers(parts: ReconcilerParts, actual: Actual): { identities: Numbers; policies: Numbers } {
  const identities = new Numbers("identity", IDENTITY_MAX);
  const policies = new Numbers("policy", POLICY_MAX);
  const trial = {
    identities: new Numbers("identity", IDENTITY_MAX),
    policies: new Numbers("policy", POLICY_MAX),
  };
  const facts = parts.facts();
  const desired = parts.newCompile()(facts, {
    identity: (key) => trial.identities.of(key),
    policy: (key) => trial.policies.of(key),
  });
  const held = new Map<number, { identity: number; policy: number }>();
  for (const row of actual.rows()) if (row.table === "endpoint") held.set(row.endpoint, row);
  for (const endpoint of facts.endpoints.values()) {
    const row = held.get(endpoint.index);
    const view = desired.endpoints.get(endpoint.id);
    if (row === undefined || view === undefined) continue;
    const identityKey = trial.identities.keyOf(view.identity);
    const policyKey = trial.policies.keyOf(view.policy);
    if (identityKey !== undefined) identities.adopt(identityKey, row.identity);
    if (policyKey !== undefined) policies.adopt(policyKey, row.policy);
  }
  const heldPrefixes = new Map<string, number>();
  for (const row of actual.rows()) if (row.table === "prefix") heldPrefixes.set(row.prefix, row.identity);
  for (const { prefix, identity } of prefixRows(desired)) {
    const number = heldPrefixes.get(prefix);
    const key = trial.identities.keyOf(identity);
    if (number !== undefined && key !== undefined) identities.adopt(key, number);
  }
  return { identities, policies };
}
