import type { Entry, Mapping, YamlNode } from "../yaml/index.ts";
import { fault, type TreePath } from "./fault.ts";
import { mergeKeyValues } from "./key-values.ts";
import { Patterns } from "./pattern.ts";
import {
  childOf,
  isNull,
  itemsOf,
  nullNode,
  textNode,
  textOf,
  trueNode,
  withEntries,
  withItems,
} from "./tree.ts";

/** Most pools of addresses that one file gives a network: each is held against each of another file. */
export const POOLS_MAX = 1_000;

type Merger = (base: YamlNode, over: YamlNode, path: TreePath) => YamlNode;

const keyValueRows = [
  "networks.*.labels",
  "volumes.*.labels",
  "services.*.annotations",
  "services.*.build.args",
  "services.*.build.additional_contexts",
  "services.*.build.labels",
  "services.*.deploy.labels",
  "services.*.environment",
  "services.*.labels",
  "services.*.sysctls",
  "services.*.volumes.*.volume.labels",
];
const listRows = ["dns", "dns_opt", "dns_search", "env_file", "label_file", "tmpfs"];
const wholeRows = ["command", "entrypoint", "healthcheck.test"];

/** Where compose merges otherwise than mapping by mapping and list after list. */
const SPECIAL = new Patterns<Merger>({
  ...Object.fromEntries(keyValueRows.map((row) => [row, mergeKeyValues])),
  ...Object.fromEntries(listRows.map((row) => [`services.*.${row}`, mergeLists])),
  ...Object.fromEntries(wholeRows.map((row) => [`services.*.${row}`, (_: YamlNode, over: YamlNode) => over])),
  "networks.*.ipam.config": mergeAddressPools,
  "services.*.build": mergeBuild,
  "services.*.build.extra_hosts": mergeHosts,
  "services.*.depends_on": mergeDependencies,
  "services.*.extra_hosts": mergeHosts,
  "services.*.logging": mergeLogging,
  "services.*.models": mergeNamed,
  "services.*.networks": mergeNamed,
  "services.*.ulimits.*": (_, over) => over,
});

/**
 * What one file says, with another on top: mappings are merged, lists are appended, anything else is
 * replaced. Throws E161 where the two cannot be brought together.
 */
export function mergeTrees(base: YamlNode, over: YamlNode, path: TreePath = []): YamlNode {
  const special = SPECIAL.find(path);
  if (special !== undefined) return special(base, over, path);
  if (isNull(over)) return base;
  if (base.kind === "mapping") return mergeMappings(base, asKind("mapping", over, path), path);
  if (base.kind === "sequence") {
    return withItems(over, [...base.items, ...asKind("sequence", over, path).items]);
  }
  return over;
}

function mergeMappings(base: Mapping, over: Mapping, path: TreePath): Mapping {
  const entries = new Map(base.entries);
  for (const [key, entry] of over.entries) {
    const below = entries.get(key);
    const node = below === undefined ? entry.node : mergeTrees(below.node, entry.node, [...path, key]);
    entries.set(key, { place: entry.place, node });
  }
  return withEntries(over, entries);
}

function asKind<Kind extends YamlNode["kind"]>(kind: Kind, node: YamlNode, path: TreePath) {
  if (node.kind === kind) return node as Extract<YamlNode, { kind: Kind }>;
  const expected = kind === "mapping" ? "a mapping" : "a list";
  throw fault("E161", node.place, `must be ${expected}, as it is in what this is merged with`, path);
}

/** Texts, alone or in a list. */
function mergeLists(base: YamlNode, over: YamlNode): YamlNode {
  const listed = (node: YamlNode) => (textOf(node) === undefined ? itemsOf(node) : [node]);
  return withItems(over, [...listed(base), ...listed(over)]);
}

/** Names in a list, or a mapping by name. */
function mergeNamed(base: YamlNode, over: YamlNode, path: TreePath): YamlNode {
  return mergeMappings(namesToMapping(base, path), namesToMapping(over, path), path);
}

/** As {@link mergeNamed}, where a name alone says that the service is required, and started. */
function mergeDependencies(base: YamlNode, over: YamlNode, path: TreePath): YamlNode {
  const described = (node: YamlNode): Mapping => {
    if (node.kind === "mapping") return node;
    const entries = new Map<string, Entry>();
    for (const [name, { place, node: bare }] of namesToMapping(node, path).entries) {
      const condition = { place, node: textNode("service_started", nullNode(bare)) };
      const required = { place, node: trueNode(bare) };
      entries.set(name, {
        place,
        node: withEntries(
          bare,
          new Map([
            ["condition", condition],
            ["required", required],
          ]),
        ),
      });
    }
    return withEntries(node, entries);
  };
  return mergeMappings(described(base), described(over), path);
}

/** A list of names as a mapping from each to null. */
export function namesToMapping(node: YamlNode, path: TreePath): Mapping {
  if (node.kind === "mapping") return node;
  const entries = new Map<string, Entry>();
  for (const [position, item] of itemsOf(node).entries()) {
    const name = item.kind === "scalar" && item.type === "string" ? item.text : undefined;
    if (name === undefined) {
      throw fault("E161", item.place, "must be a string", [...path, `[${position}]`]);
    }
    entries.set(name, { place: item.place, node: nullNode(item) });
  }
  return withEntries(node, entries);
}

function mergeBuild(base: YamlNode, over: YamlNode, path: TreePath): YamlNode {
  const described = (node: YamlNode): Mapping => {
    if (node.kind !== "scalar") return asKind("mapping", node, path);
    const context = textOf(node) === undefined ? [] : [["context", { place: node.place, node }] as const];
    return withEntries(node, new Map(context));
  };
  return mergeMappings(described(base), described(over), path);
}

/** `host=address`, each once; a host may have several. */
function mergeHosts(base: YamlNode, over: YamlNode): YamlNode {
  const listed = (node: YamlNode): readonly YamlNode[] =>
    node.kind !== "mapping"
      ? itemsOf(node)
      : [...node.entries].flatMap(([host, entry]) =>
          (entry.node.kind === "sequence" ? entry.node.items : [entry.node]).map((address) =>
            address.kind === "scalar" ? textNode(`${host}=${address.text}`, address) : address,
          ),
        );
  const below = listed(base);
  const known = new Set(below.map(textOf));
  return withItems(over, [...below, ...listed(over).filter((node) => !known.has(textOf(node)))]);
}

/** Options belong to their driver: those of another are dropped. */
function mergeLogging(base: YamlNode, over: YamlNode, path: TreePath): YamlNode {
  const above = asKind("mapping", over, path);
  const [driver, other] = [textOf(childOf(base, "driver")), textOf(childOf(over, "driver"))];
  const isSame = driver === undefined || other === undefined || driver === other;
  return isSame ? mergeMappings(asKind("mapping", base, path), above, path) : above;
}

/** Pools of addresses are the same when their subnet is. */
function mergeAddressPools(base: YamlNode, over: YamlNode, path: TreePath): YamlNode {
  const pools = new Map<string | undefined, Mapping>();
  const listed = (node: YamlNode): readonly Mapping[] => {
    const { items } = asKind("sequence", node, path);
    if (items.length <= POOLS_MAX) return items.map((item) => asKind("mapping", item, path));
    throw fault("E161", node.place, `more than ${POOLS_MAX} pools of addresses`, path);
  };
  const subnetOf = (pool: Mapping) => textOf(childOf(pool, "subnet"));
  const above = listed(over);
  for (const item of listed(base)) {
    let below = item;
    for (const pool of above) {
      const subnet = subnetOf(pool);
      if (subnet === subnetOf(below)) {
        below = mergeMappings(below, pool, path);
        pools.set(subnet, below);
      } else if (!pools.has(subnet)) pools.set(subnet, pool);
    }
  }
  return withItems(over, [...pools.values()]);
}
