import type { EndpointId } from "../model/ids.ts";
import type { Direction, Posture } from "../model/posture.ts";
import type { Mode, Row } from "../model/rows.ts";
import type { DecidedPosture, Owner, PolicyRule, Problem, TrustSettings, Warning } from "../policy/index.ts";

/** What the data plane of this host should hold, and the reasons that people ask for. */
export interface Desired {
  /**
   * Rows by owner: `network:<id>`, `endpoint:<id>`, `gateway:<port>`, `policy:<number>` with
   * `outside:<number>` of the same policy set, and `prefixes`. A group that did not change is the same
   * array as in the compilation before. Endpoint rows have generation 0: the reconciler, which knows
   * what the data plane has, counts generations.
   */
  readonly groups: ReadonlyMap<string, readonly Row[]>;
  readonly endpoints: ReadonlyMap<EndpointId, EndpointView>;
}

/** One endpoint as status, explanations and events speak of it. */
export interface EndpointView {
  readonly identity: number;
  readonly policy: number;
  readonly mode: Mode;
  /** Why nothing passes; undefined when something may. */
  readonly quarantine: QuarantineReason | undefined;
  /** Undefined in quarantine, where nothing is decided. */
  readonly posture: Readonly<Record<Direction, DecidedPosture>> | undefined;
  readonly problems: readonly Problem[];
  /** Labels that were ignored. */
  readonly warnings: readonly Warning[];
  /** The endpoint as `decide` asks for it; undefined in quarantine. */
  readonly owner: Owner | undefined;
  /** The rules of the policy set by the numbers under which the data plane counts them. */
  readonly rules: ReadonlyMap<number, PolicyRule>;
}

export type QuarantineReason =
  /** Not attributed to a container yet. */
  | "unattributed"
  /** The labels are wrong: see the problems. */
  | "problems"
  /** Nobody knows which labels come from the image, which is gone. */
  | "image-unknown"
  /** `hyperion.offload: require`, and the data plane is no NIC: see the problems. */
  | "offload"
  /** An admin policy in force cannot be read: see the problems. */
  | "admin-policy"
  /** A rule says `on NETWORK`, and what Docker calls this network is not known yet. */
  | "network-name";

/** Numbers for canonical keys: the same key, the same number, for as long as a compilation uses it. */
export interface Numbering {
  /** ≥ 1. Of an equivalence class of endpoints, or of addresses outside: those that no selector tells apart. */
  identity(key: string): number;
  /** ≥ 1. Of a policy set: endpoints with equal rules, seen from an equal place. */
  policy(key: string): number;
}

/** What a compilation depends on besides the facts. */
export interface Settings extends TrustSettings {
  readonly defaultPosture: Posture;
  /** False: an endpoint without a container is governed by its driver_opts alone. */
  readonly requireContainer: boolean;
  /** Whether the data plane is a NIC: what `hyperion.offload: require` asks for. */
  readonly hardware: boolean;
}
