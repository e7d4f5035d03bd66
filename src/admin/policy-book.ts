import { KeyedMutex } from "../base/keyed-mutex.ts";
import { HyperionError, reasonOf } from "../model/errors.ts";
import type { PolicyFacts } from "../model/facts.ts";
import type { Store, StoreEntry, StoreOperation } from "../platform/store/store.ts";
import { checkAdminPolicies } from "../policy/index.ts";
import { refusedPolicy } from "./policy-problem.ts";
import {
  decodePolicy,
  encodePolicy,
  historyKey,
  historyKeys,
  POLICY_KEYS,
  type PolicyRecord,
  policyKey,
} from "./policy-record.ts";

/** Admin policies at a time. */
export const POLICIES_MAX = 128;
/** Versions of a policy that can be looked at, the latest included. */
export const VERSIONS_KEPT = 20;
/** Removed policies whose versions are still known; of the one that was removed first nothing remains. */
export const REMOVED_MAX = 128;

/** What a policy says; name and version are the book's to give. */
export type PolicyContent = Pick<PolicyFacts, "tier" | "rules">;

/**
 * The admin policies: the one writer of `policies/` and `policies-history/` in the store, and of the
 * policies among the facts. The store has a change before anybody else sees it.
 */
export class PolicyBook {
  readonly #store: Store;
  readonly #nowMs: () => number;
  readonly #mutex = new KeyedMutex();
  readonly #policies = new Map<string, PolicyFacts>();
  /** By name, removed ones included. */
  readonly #records = new Map<string, PolicyRecord>();
  /**
   * After a refused write nobody knows what the disk has under that key. It is owed what memory has,
   * and the next transaction carries that along.
   */
  readonly #owed = new Map<string, StoreOperation>();

  private constructor(store: Store, nowMs: () => number) {
    this.#store = store;
    this.#nowMs = nowMs;
  }

  /** Reads everything back. Throws E709 when a record makes no sense. */
  static async open(store: Store, nowMs: () => number): Promise<PolicyBook> {
    const book = new PolicyBook(store, nowMs);
    for (const entry of await store.list(POLICY_KEYS)) book.#take(decoded(entry));
    return book;
  }

  /** A live view: what is in force. */
  get policies(): ReadonlyMap<string, PolicyFacts> {
    return this.#policies;
  }

  /** Of the latest change to this name, a removal included; 0: there was none. */
  version(name: string): number {
    return this.#records.get(name)?.version ?? 0;
  }

  /**
   * Puts a policy in place of what the name stood for; the same object as before where it says the
   * same. Throws E172 when `base` is not its latest version, E171, E174, E709; and then nothing changed.
   */
  put(name: string, content: PolicyContent, base: number): Promise<PolicyFacts> {
    return this.#mutex.run("", async () => {
      this.#demandBase(name, base);
      await this.#putAll(new Map([[name, content]]));
      return this.#policies.get(name) as PolicyFacts;
    });
  }

  /** As {@link put}, several together and whatever their versions are. Returns the names of those that changed. */
  putAll(contents: ReadonlyMap<string, PolicyContent>): Promise<readonly string[]> {
    return this.#mutex.run("", () => this.#putAll(contents));
  }

  /** Takes a policy away. Throws E172, E173, E709; and then nothing changed. */
  remove(name: string, base: number): Promise<void> {
    return this.#mutex.run("", async () => {
      this.#demandBase(name, base);
      if (!this.#policies.has(name)) throw new HyperionError("E173", { name });
      const version = base + 1;
      await this.#write([{ name, version, changedAtMs: this.#nowMs(), policy: undefined }]);
    });
  }

  /** The versions of a name that are kept, latest first. */
  async versions(name: string): Promise<readonly PolicyRecord[]> {
    const latest = this.version(name);
    const records = (await this.#store.list(historyKeys(name))).map(decoded);
    return records
      .filter(({ version }) => latest - VERSIONS_KEPT < version && version <= latest)
      .sort((a, b) => b.version - a.version);
  }

  async #putAll(contents: ReadonlyMap<string, PolicyContent>): Promise<readonly string[]> {
    const changedAtMs = this.#nowMs();
    const changed: PolicyRecord[] = [];
    for (const [name, { tier, rules }] of contents) {
      const before = this.#policies.get(name);
      if (before !== undefined && saysTheSame(before, { tier, rules })) continue;
      const version = this.version(name) + 1;
      const policy = { name, version, tier, rules, appliedAtMs: changedAtMs };
      changed.push({ name, version, changedAtMs, policy });
    }
    const added = changed.filter(({ name }) => !this.#policies.has(name));
    if (this.#policies.size + added.length > POLICIES_MAX) {
      throw new HyperionError("E174", { what: "admin policies", limit: POLICIES_MAX });
    }
    this.#demandUniqueRules(changed);
    if (changed.length > 0) await this.#write(changed);
    return changed.map(({ name }) => name);
  }

  async #write(records: readonly PolicyRecord[]): Promise<void> {
    const forgotten = await this.#forgettable(records);
    const operations = [
      ...records.flatMap(operationsFor),
      ...forgotten.flatMap(({ operations }) => operations),
    ];
    const owed = [...this.#owed.values()];
    try {
      await this.#store.transaction([], [...owed, ...operations]);
    } catch (error) {
      // Forgetting needs no undoing: who forgets later forgets the same.
      for (const { name, version } of records) this.#owe(name, version);
      throw error;
    }
    for (const one of owed) if (this.#owed.get(one.key) === one) this.#owed.delete(one.key);
    for (const { name } of forgotten) this.#records.delete(name);
    for (const record of records) this.#take(record);
  }

  /** A version that was refused, and may be on the disk all the same. */
  #owe(name: string, refused: number): void {
    const key = policyKey(name);
    const record = this.#records.get(name);
    this.#owed.set(
      key,
      record === undefined ? { verb: "delete", key } : { verb: "put", key, value: encodePolicy(record) },
    );
    const history = historyKey(name, refused);
    this.#owed.set(history, { verb: "delete", key: history });
  }

  /** Removed policies, oldest removal first, that are too many once `records` are written. */
  async #forgettable(records: readonly PolicyRecord[]): Promise<readonly Forgotten[]> {
    const after = new Map([...this.#records, ...records.map((record) => [record.name, record] as const)]);
    const removed = [...after.values()]
      .filter(({ policy }) => policy === undefined)
      .sort((a, b) => a.changedAtMs - b.changedAtMs);
    const tooMany = removed.slice(0, Math.max(0, removed.length - REMOVED_MAX));
    return Promise.all(
      tooMany.map(async ({ name }) => {
        const keys = [policyKey(name), ...(await this.#store.list(historyKeys(name))).map(({ key }) => key)];
        return { name, operations: keys.map((key) => ({ verb: "delete", key }) as const) };
      }),
    );
  }

  #demandBase(name: string, base: number): void {
    const version = this.version(name);
    if (version !== base) throw new HyperionError("E172", { name, version, base });
  }

  /** Over all policies as they would be; those that change come last, as they are to be blamed. */
  #demandUniqueRules(changed: readonly PolicyRecord[]): void {
    const names = new Set(changed.map(({ name }) => name));
    const others = [...this.#policies.values()].filter(({ name }) => !names.has(name));
    const next = changed.flatMap(({ policy }) => (policy === undefined ? [] : [policy]));
    const problems = checkAdminPolicies([...others, ...next]);
    if (problems.length > 0) throw refusedPolicy(problems, ({ policy }) => policy);
  }

  #take(record: PolicyRecord): void {
    this.#records.set(record.name, record);
    if (record.policy === undefined) this.#policies.delete(record.name);
    else this.#policies.set(record.name, record.policy);
  }
}

interface Forgotten {
  readonly name: string;
  readonly operations: readonly StoreOperation[];
}

/** The version that leaves is one older than need be: a refused write must not cost a version that is shown. */
function operationsFor(record: PolicyRecord): readonly StoreOperation[] {
  const { name, version } = record;
  const value = encodePolicy(record);
  return [
    { verb: "put", key: policyKey(name), value },
    { verb: "put", key: historyKey(name, version), value },
    { verb: "delete", key: historyKey(name, version - VERSIONS_KEPT - 1) },
  ];
}

/** True when two policies are the same text by text. */
export function saysTheSame(a: PolicyContent, b: PolicyContent): boolean {
  const flat = ({ tier, rules }: PolicyContent) =>
    JSON.stringify([
      tier,
      rules.map(({ name, applies, posture, ingress, egress }) => [
        name,
        applies,
        posture ?? null,
        ingress ?? null,
        egress ?? null,
      ]),
    ]);
  return flat(a) === flat(b);
}

function decoded({ key, value }: StoreEntry): PolicyRecord {
  try {
    return decodePolicy(value);
  } catch (error) {
    throw new HyperionError("E709", { operation: `read ${key}`, reason: reasonOf(error) }, { cause: error });
  }
}
