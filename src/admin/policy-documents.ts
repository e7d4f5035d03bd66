import type { PolicyFacts } from "../model/facts.ts";

/*
 * Admin policies as the admin API shows them. Documents go out as they are, as JSON; what is not
 * there is null.
 */

export type PolicyDocument = PolicyFacts;

/** One policy, and which of its versions can be looked at. */
export interface PolicyVersionsDocument extends PolicyDocument {
  /** Latest first. */
  readonly versions: readonly VersionDocument[];
}

export interface VersionDocument {
  readonly version: number;
  readonly changedAtMs: number;
  /** True: this version took the policy away. */
  readonly removed: boolean;
}

/** What a change would do, had it been made when it was asked about. */
export interface PlanDocument {
  readonly name: string;
  /** The version that the change is made for; 0: the name was never used. */
  readonly base: number;
  /** True: it says what is in force already. */
  readonly unchanged: boolean;
  readonly access: AccessDocument;
}

/** Ordered pairs of services, containers, `world` and `host`, by network. */
export interface AccessDocument {
  readonly lost: number;
  readonly gained: number;
  /** At most {@link PAIRS_LISTED_MAX} of them; of a pair that loses one kind of access and gains another, both. */
  readonly pairs: readonly PairDocument[];
  /** Networks with too many on them to compare each with each, or `world and host`; nothing above is about these. */
  readonly skipped: readonly string[];
}

export interface PairDocument {
  readonly network: string;
  readonly from: string;
  readonly to: string;
  readonly change: "loses" | "gains";
  /** Protocols and ports, in the words of rules: `tcp/23`. */
  readonly what: string;
}

/** Pairs that a plan lists; all of them are counted. */
export const PAIRS_LISTED_MAX = 1_000;

/** What came of a change. */
export interface AppliedDocument {
  readonly name: string;
  readonly version: number;
  /** False: it said what was in force already. */
  readonly changed: boolean;
  /** What the data plane did not take, and tries again; null: it has everything. */
  readonly pending: string | null;
}

/** What the admin API does with admin policies. Throws E17x, E709. */
export interface PolicyAdministration {
  list(): readonly PolicyDocument[];
  /** @param version undefined: what is in force. */
  get(name: string, version: number | undefined): Promise<PolicyVersionsDocument>;
  /** @param document as written; undefined: the policy is taken away. */
  plan(name: string, document: unknown): PlanDocument;
  put(name: string, document: unknown, base: number): Promise<AppliedDocument>;
  remove(name: string, base: number): Promise<AppliedDocument>;
}
