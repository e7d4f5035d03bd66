import type { Entry, Scalar, YamlNode } from "../yaml/index.ts";
import type { Budget } from "./budget.ts";
import { phraseOf } from "./dotenv.ts";
import { fault, quote, requiredFault, type TreePath } from "./fault.ts";
import type { Notices } from "./notices.ts";
import { Patterns } from "./pattern.ts";
import { fillTemplate, type Lookup } from "./template.ts";
import { textNode, withEntries, withItems } from "./tree.ts";

type Cast = "integer" | "float" | "boolean";

/** Most text that variables may make of all files of a project, in UTF-16 units. */
export const PROJECT_LENGTH_MAX = 16 * 1024 * 1024;

const service = (cast: Cast, ...keys: readonly string[]) =>
  keys.map((key) => [`services.*.${key}`, cast] as const);
const resource = (...keys: readonly string[]) => keys.map((key) => [key, "boolean"] as const);

/** Where compose makes something else of a text, so that variables may stand for numbers and booleans. */
const CASTS = new Patterns<Cast>(
  Object.fromEntries([
    ...service("integer", "cpu_count", "cpu_period", "cpu_quota", "cpu_rt_period", "cpu_rt_runtime"),
    ...service("integer", "cpu_shares", "oom_score_adj", "pids_limit", "scale", "deploy.replicas"),
    ...service("integer", "deploy.update_config.parallelism", "deploy.rollback_config.parallelism"),
    ...service("integer", "deploy.restart_policy.max_attempts", "deploy.placement.max_replicas_per_node"),
    ...service("integer", "healthcheck.retries", "ports.[].target"),
    ...service("integer", "ulimits.*", "ulimits.*.hard", "ulimits.*.soft"),
    ...service("float", "cpu_percent", "cpus", "deploy.update_config.max_failure_ratio"),
    ...service("float", "deploy.rollback_config.max_failure_ratio"),
    ...service("boolean", "init", "healthcheck.disable", "oom_kill_disable", "privileged", "read_only"),
    ...service("boolean", "stdin_open", "tty", "volumes.[].read_only", "volumes.[].volume.nocopy"),
    ...resource("networks.*.external", "networks.*.internal", "networks.*.attachable"),
    ...resource("networks.*.enable_ipv4", "networks.*.enable_ipv6"),
    ...resource("volumes.*.external", "secrets.*.external", "configs.*.external"),
  ]),
);

const BOOLEANS: Readonly<Record<string, boolean>> = {
  true: true,
  y: true,
  yes: true,
  on: true,
  false: false,
  n: false,
  no: false,
  off: false,
};

/** Fills variables into the values of files, never into their keys. One for all files of a project. */
export class Interpolation {
  readonly #notices: Notices;
  readonly #budget: Budget;
  #length = 0;

  constructor(notices: Notices, budget: Budget) {
    this.#notices = notices;
    this.#budget = budget;
  }

  /** Throws E161 for what is no template or does not come to what it must be, E163 for `${A:?}` without a value. */
  apply(node: YamlNode, lookup: Lookup, path: TreePath = []): YamlNode {
    this.#budget.spend(1, node.place);
    switch (node.kind) {
      case "mapping": {
        const entries = new Map<string, Entry>();
        for (const [key, entry] of node.entries) {
          entries.set(key, { ...entry, node: this.apply(entry.node, lookup, [...path, key]) });
        }
        return withEntries(node, entries);
      }
      case "sequence":
        return withItems(
          node,
          node.items.map((item) => this.apply(item, lookup, [...path, "[]"])),
        );
      case "scalar":
        return node.type === "string" ? cast(this.#fill(node, lookup, path), path) : node;
    }
  }

  #fill(node: Scalar, lookup: Lookup, path: TreePath): Scalar {
    const filled = fillTemplate(node.text, lookup);
    if ("kind" in filled) {
      if (filled.kind === "required") throw requiredFault(node.place, filled.variable, filled.reason);
      throw fault("E161", node.place, phraseOf(filled), path);
    }
    for (const variable of filled.unset) {
      this.#notices.add("W501", `variable ${variable} is not set, and reads as nothing`, node.place);
    }
    if (filled.text === node.text) return node;
    this.#length += filled.text.length;
    if (this.#length > PROJECT_LENGTH_MAX) {
      throw fault("E161", node.place, "variables make too long a text of the project", path);
    }
    return textNode(filled.text, node);
  }
}

function cast(node: Scalar, path: TreePath): Scalar {
  const { text } = node;
  switch (CASTS.find(path)) {
    case undefined:
      return node;
    case "integer": {
      if (!/^[+-]?\d{1,19}$/.test(text)) {
        throw fault("E161", node.place, `${quote(text)} is no whole number`, path);
      }
      const value = Number(text);
      return { ...node, type: "integer", value, text: String(BigInt(text)) };
    }
    case "float": {
      if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text)) {
        throw fault("E161", node.place, `${quote(text)} is no number`, path);
      }
      return { ...node, type: "float", value: Number(text) };
    }
    case "boolean": {
      const word = text.toLowerCase();
      const value = Object.hasOwn(BOOLEANS, word) ? BOOLEANS[word] : undefined;
      if (value === undefined) {
        throw fault("E161", node.place, `${quote(text)} is neither true nor false`, path);
      }
      return { ...node, type: "boolean", value, text: String(value) };
    }
  }
}
