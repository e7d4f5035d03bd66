import type { Entry, YamlNode } from "../yaml/index.ts";
import { fault, type TreePath } from "./fault.ts";
import { Patterns } from "./pattern.ts";
import { childOf, textOf, withEntries, withItems } from "./tree.ts";

/** What an item of a list is known by; a later one takes the place of an earlier. */
type Index = (item: YamlNode, path: TreePath) => string;

const keyRows = [
  ...[
    "annotations",
    "build.args",
    "build.additional_contexts",
    "build.platform",
    "build.tags",
    "build.labels",
  ],
  ...["cap_add", "cap_drop", "deploy.labels", "dns", "dns_opt", "dns_search", "environment", "labels"],
  ...["links", "networks.*.aliases", "networks.*.link_local_ips", "profiles", "sysctls", "tmpfs"],
];

const INDEXES = new Patterns<Index>({
  ...Object.fromEntries(keyRows.map((row) => [`services.*.${row}`, keyIndex])),
  "networks.*.labels": keyIndex,
  "networks.*.ipam.options": keyIndex,
  "services.*.configs": mountIndex(""),
  "services.*.devices": targetIndex,
  "services.*.env_file": (item) => textOf(item) ?? textOf(childOf(item, "path")) ?? "",
  "services.*.expose": (item) => textOf(item) ?? "",
  "services.*.ports": portIndex,
  "services.*.secrets": mountIndex("/run/secrets"),
  "services.*.volumes": targetIndex,
});

/** The tree with what its lists say twice said once. Throws E161 for an item that cannot be known. */
export function dropRepeated(node: YamlNode, path: TreePath = []): YamlNode {
  if (node.kind === "mapping") {
    const entries = new Map<string, Entry>();
    for (const [key, entry] of node.entries) {
      entries.set(key, { ...entry, node: dropRepeated(entry.node, [...path, key]) });
    }
    return withEntries(node, entries);
  }
  const index = node.kind === "sequence" ? INDEXES.find(path) : undefined;
  if (node.kind !== "sequence" || index === undefined) return node;
  const items = new Map<string, YamlNode>();
  for (const [position, item] of node.items.entries()) {
    items.set(index(item, [...path, `[${position}]`]), item);
  }
  return withItems(node, [...items.values()]);
}

function keyIndex(item: YamlNode, path: TreePath): string {
  if (item.kind === "scalar" && item.type === "string") return item.text.split("=", 1)[0] ?? "";
  throw fault("E161", item.place, "must be a string", path);
}

/** Where a volume or a device appears in the container: `source:target:mode`. */
function targetIndex(item: YamlNode): string {
  const text = textOf(item);
  if (text === undefined) return textOf(childOf(item, "target")) ?? "";
  const parts = text.split(":");
  return parts[1] ?? parts[0] ?? "";
}

function mountIndex(directory: string): Index {
  return (item) =>
    textOf(childOf(item, "target")) ??
    `${directory}/${textOf(item) ?? textOf(childOf(item, "source")) ?? ""}`;
}

function portIndex(item: YamlNode, path: TreePath): string {
  const text = textOf(item);
  if (text !== undefined) return text;
  const target = textOf(childOf(item, "target"));
  if (target === undefined) throw fault("E161", item.place, "a published port needs a target", path);
  const host = textOf(childOf(item, "host_ip")) ?? "0.0.0.0";
  const published = textOf(childOf(item, "published")) ?? "";
  return `${host}:${published}:${target}/${textOf(childOf(item, "protocol")) ?? "tcp"}`;
}
