import {
  type Entry,
  type Mapping,
  NOT_WRITTEN,
  type Place,
  type Scalar,
  type Sequence,
  type YamlNode,
} from "../yaml/index.ts";

/** A mapping like `like`, with other entries. */
export function withEntries(like: YamlNode, entries: ReadonlyMap<string, Entry>): Mapping {
  return { kind: "mapping", entries, place: like.place, tag: undefined };
}

/** A sequence like `like`, with other items. */
export function withItems(like: YamlNode, items: readonly YamlNode[]): Sequence {
  return { kind: "sequence", items, place: like.place, tag: undefined };
}

/** A text that stands at `place`. */
export function textNode(text: string, like: Scalar, place: Place = like.place): Scalar {
  return { ...like, type: "string", value: text, text, place };
}

/** A null that stands where `like` does. */
export function nullNode(like: YamlNode, place: Place = like.place): Scalar {
  return { kind: "scalar", type: "null", value: null, text: "", place, tag: undefined, source: NOT_WRITTEN };
}

/** A `true` that stands where `like` does. */
export function trueNode(like: YamlNode): Scalar {
  return { ...nullNode(like), type: "boolean", value: true, text: "true" };
}

/** The value of a key; undefined when `node` is no mapping or has no such key. */
export function childOf(node: YamlNode | undefined, key: string): YamlNode | undefined {
  return node?.kind === "mapping" ? node.entries.get(key)?.node : undefined;
}

/** The entries of a mapping; none when `node` is something else. */
export function entriesOf(node: YamlNode | undefined): readonly (readonly [string, Entry])[] {
  return node?.kind === "mapping" ? [...node.entries] : [];
}

/** The items of a sequence; none when `node` is something else. */
export function itemsOf(node: YamlNode | undefined): readonly YamlNode[] {
  return node?.kind === "sequence" ? node.items : [];
}

/** The text of a scalar that is not null. */
export function textOf(node: YamlNode | undefined): string | undefined {
  return node?.kind === "scalar" && node.type !== "null" ? node.text : undefined;
}

export function isNull(node: YamlNode | undefined): boolean {
  return node?.kind === "scalar" && node.type === "null";
}

/** Code-unit order of keys, in which everything is listed. */
export function byKey(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  return a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0;
}
