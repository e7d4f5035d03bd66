import type { Entry, YamlNode } from "../yaml/index.ts";
import { fault } from "./fault.ts";
import { childOf, isNull, textOf, trueNode, withEntries } from "./tree.ts";

/** Top-level sections whose resources may be somebody else's. */
const SECTIONS = ["networks", "volumes", "secrets", "configs"] as const;

/** A project with `external: {name: N}`, the old form, written as `external: true` and `name: N`. */
export function canonical(root: YamlNode): YamlNode {
  if (root.kind !== "mapping") return root;
  const entries = new Map(root.entries);
  for (const section of SECTIONS) {
    const entry = entries.get(section);
    if (entry?.node.kind !== "mapping") continue;
    const resources = new Map<string, Entry>();
    for (const [key, resource] of entry.node.entries) {
      resources.set(key, { ...resource, node: canonicalResource(resource.node, [section, key]) });
    }
    entries.set(section, { ...entry, node: withEntries(entry.node, resources) });
  }
  return withEntries(root, entries);
}

function canonicalResource(node: YamlNode, path: readonly string[]): YamlNode {
  if (node.kind !== "mapping" && !isNull(node)) throw fault("E161", node.place, "must be a mapping", path);
  const external = node.kind === "mapping" ? node.entries.get("external") : undefined;
  if (node.kind !== "mapping" || external?.node.kind !== "mapping") return node;
  const entries = new Map(node.entries);
  entries.set("external", { ...external, node: trueNode(external.node) });
  const name = external.node.entries.get("name");
  if (name !== undefined) {
    const own = textOf(childOf(node, "name"));
    if (own !== undefined && own !== textOf(name.node)) {
      throw fault("E161", name.node.place, "external.name says otherwise than name", path);
    }
    entries.set("name", name);
  }
  return withEntries(node, entries);
}
