import type { Entry, Mapping, Place, Scalar, YamlNode } from "../yaml/index.ts";
import { fault, type TreePath } from "./fault.ts";
import { isNull, nullNode, textNode, withEntries } from "./tree.ts";

/**
 * What may be written as a mapping or as a list of `key=value`, as a mapping. A later item of a list wins
 * over an earlier one; `key` alone is null. Throws E161 for an item that is no text.
 */
export function keyValues(node: YamlNode, path: TreePath): Mapping {
  if (node.kind === "mapping") return node;
  const entries = new Map<string, Entry>();
  if (node.kind === "sequence") {
    for (const [position, item] of node.items.entries()) {
      if (item.kind !== "scalar" || item.type !== "string") {
        throw fault("E161", item.place, "must be a string", [...path, `[${position}]`]);
      }
      const [key, entry] = keyValue(item);
      entries.set(key, entry);
    }
  }
  return withEntries(node, entries);
}

/**
 * As compose merges what may be written either way: the keys of `over` win. It does so by writing
 * both as lists, so that a key of a mapping ends at its first `=`.
 */
export function mergeKeyValues(base: YamlNode, over: YamlNode, path: TreePath): Mapping {
  const entries = new Map<string, Entry>();
  for (const side of [base, over]) {
    for (const [key, entry] of keyValues(side, path).entries) {
      const equals = key.indexOf("=");
      if (equals < 0 || entry.node.kind !== "scalar") entries.set(key, entry);
      else {
        const text = key.slice(equals + 1) + (isNull(entry.node) ? "" : `=${entry.node.text}`);
        entries.set(key.slice(0, equals), { place: entry.place, node: textNode(text, entry.node) });
      }
    }
  }
  return withEntries(over, entries);
}

function keyValue(item: Scalar): readonly [string, Entry] {
  const equals = item.text.indexOf("=");
  if (equals < 0) return [item.text, { place: item.place, node: nullNode(item) }];
  const key = item.text.slice(0, equals);
  const place = valuePlace(item, equals);
  return [key, { place: item.place, node: textNode(item.text.slice(equals + 1), item, place) }];
}

/** Where the text after the `=` begins, so far as quotes and blocks allow to say. */
function valuePlace({ place, source }: Scalar, equals: number): Place {
  if (source.style === "block") return place;
  const quotes = source.style === "plain" ? 0 : 1;
  return { ...place, column: place.column + quotes + equals + 1 };
}
