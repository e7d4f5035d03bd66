import type { Entry, YamlNode } from "../yaml/index.ts";
import { withEntries, withItems } from "./tree.ts";

const RESET = "!reset";
const OVERRIDE = "!override";

/** Paths that a file clears in what was read before it: by step, and true where a path ends. */
export interface Resets {
  readonly steps: ReadonlyMap<string, Resets>;
  readonly ends: boolean;
}

interface Draft {
  readonly steps: Map<string, Draft>;
  ends: boolean;
}

/** A file's tree without what is tagged `!reset`, and the paths of that and of what is tagged `!override`. */
export function takeResets(root: YamlNode): { readonly root: YamlNode | undefined; readonly resets: Resets } {
  const resets = draft();
  return { root: strip(root, resets), resets };
}

/** What was read before, without the paths that are cleared. Items of lists have no paths. */
export function applyResets(node: YamlNode, resets: Resets): YamlNode {
  if (node.kind !== "mapping" || resets.steps.size === 0) return node;
  const entries = new Map<string, Entry>();
  for (const [key, entry] of node.entries) {
    const next = resets.steps.get(key);
    if (next === undefined) entries.set(key, entry);
    else if (!next.ends) entries.set(key, { ...entry, node: applyResets(entry.node, next) });
  }
  return withEntries(node, entries);
}

/** The resets below a path. */
export function resetsAt(resets: Resets, path: readonly string[]): Resets {
  return path.reduce<Resets>((at, step) => at.steps.get(step) ?? draft(), resets);
}

function draft(): Draft {
  return { steps: new Map(), ends: false };
}

function strip(node: YamlNode, at: Draft): YamlNode | undefined {
  if (node.tag === RESET || node.tag === OVERRIDE) {
    at.ends = true;
    return node.tag === RESET ? undefined : node;
  }
  if (node.kind === "sequence") {
    const items = node.items.map((item) => strip(item, draft())).filter((item) => item !== undefined);
    return withItems(node, items);
  }
  if (node.kind === "scalar") return node;
  const entries = new Map<string, Entry>();
  for (const [key, entry] of node.entries) {
    const below = draft();
    const stripped = strip(entry.node, below);
    if (stripped !== undefined) entries.set(key, { ...entry, node: stripped });
    if (below.ends || below.steps.size > 0) at.steps.set(key, below);
  }
  return withEntries(node, entries);
}
