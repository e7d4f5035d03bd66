import type { Log } from "../base/log.ts";
import { HyperionError, reasonOf } from "../model/errors.ts";
import type { Facts, PolicyFacts } from "../model/facts.ts";
import type { Desired } from "../pipeline/index.ts";
import { checkAdminPolicies, isPolicyName, type PolicyTexts, parseAdminPolicy } from "../policy/index.ts";
import { accessBetween } from "./access.ts";
import { type PolicyBook, saysTheSame } from "./policy-book.ts";
import type {
  AccessDocument,
  AppliedDocument,
  PlanDocument,
  PolicyAdministration,
  PolicyDocument,
  PolicyVersionsDocument,
} from "./policy-documents.ts";
import { refusedPolicy } from "./policy-problem.ts";

export interface PolicyAdminParts {
  readonly book: PolicyBook;
  readonly facts: () => Facts;
  /** What other facts would come to, without anything being done about it. */
  readonly compile: (facts: Facts) => Desired;
  /** Resolves when the data plane has what the facts say, rejects where it refused some of it. */
  readonly settle: () => Promise<void>;
  readonly log: Log;
}

const NO_CHANGE: AccessDocument = { lost: 0, gained: 0, pairs: [], skipped: [] };

/** Admin policies, as the admin socket offers them: looked at, tried, put in force. */
export class PolicyAdmin implements PolicyAdministration {
  readonly #parts: PolicyAdminParts;

  constructor(parts: PolicyAdminParts) {
    this.#parts = parts;
  }

  list(): readonly PolicyDocument[] {
    return [...this.#parts.book.policies.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async get(name: string, version: number | undefined): Promise<PolicyVersionsDocument> {
    const { book } = this.#parts;
    const records = await book.versions(name);
    const policy =
      version === undefined
        ? book.policies.get(name)
        : records.find((record) => record.version === version)?.policy;
    if (policy === undefined) {
      const of = version === undefined ? "" : ` of version ${version}`;
      throw new HyperionError("E173", { name: `${name}${of}` });
    }
    const versions = records.map(({ version, changedAtMs, policy }) => ({
      version,
      changedAtMs,
      removed: policy === undefined,
    }));
    return { ...policy, versions };
  }

  plan(name: string, document: unknown): PlanDocument {
    const { book, facts, compile } = this.#parts;
    const base = book.version(name);
    const current = book.policies.get(name);
    const policies = new Map(book.policies);
    policies.delete(name);
    if (document === undefined) {
      if (current === undefined) throw new HyperionError("E173", { name });
    } else {
      const texts = read(name, document);
      if (current !== undefined && saysTheSame(current, texts)) {
        return { name, base, unchanged: true, access: NO_CHANGE };
      }
      const next: PolicyFacts = { ...texts, version: base + 1, appliedAtMs: 0 };
      const problems = checkAdminPolicies([...policies.values(), next]);
      if (problems.length > 0) throw refusedPolicy(problems, () => name);
      policies.set(name, next);
    }
    const now = facts();
    const access = accessBetween(now, compile(now), compile({ ...now, policies }));
    return { name, base, unchanged: false, access };
  }

  async put(name: string, document: unknown, base: number): Promise<AppliedDocument> {
    const { book } = this.#parts;
    const { version } = await book.put(name, read(name, document), base);
    return this.#inForce(name, version, version !== base);
  }

  async remove(name: string, base: number): Promise<AppliedDocument> {
    await this.#parts.book.remove(name, base);
    return this.#inForce(name, base + 1, true);
  }

  async #inForce(name: string, version: number, changed: boolean): Promise<AppliedDocument> {
    const { settle, log } = this.#parts;
    if (changed)
      log.info("policy.changed", `admin policy ${name} is at version ${version}`, { policy: name, version });
    const pending = await settle().then(() => null, reasonOf);
    if (pending !== null) {
      const message = `admin policy ${name} is not in force everywhere, and is tried again: ${pending}`;
      log.error("policy.pending", message, { policy: name, version });
    }
    return { name, version, changed, pending };
  }
}

/** The texts of a policy that goes by `name`. Throws its problems, E175. */
function read(name: string, document: unknown): PolicyTexts {
  if (!isPolicyName(name)) throw new HyperionError("E175", { name: JSON.stringify(name) });
  const { texts, problems } = parseAdminPolicy(document, name);
  if (texts === undefined) throw refusedPolicy(problems, ({ policy }) => policy);
  if (texts.name !== name)
    throw new HyperionError("E175", { name: `${JSON.stringify(texts.name)} for ${name}` });
  return texts;
}
