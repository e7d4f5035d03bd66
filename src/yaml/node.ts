import type { Place } from "./place.ts";

/** A node of a YAML document. Aliases and merge keys are resolved: they share the node they stand for. */
export type YamlNode = Scalar | Mapping | Sequence;

/** What a plain scalar reads as, or a tag makes of it. Docker knows timestamps, which JSON does not. */
export type ScalarType = "null" | "boolean" | "integer" | "float" | "timestamp" | "string";

export interface Scalar {
  readonly kind: "scalar";
  readonly type: ScalarType;
  /** The value in JSON's terms; of integers beyond 2^53 the nearest number, of a timestamp its text. */
  readonly value: null | boolean | number | string;
  /** The value as Docker prints it where it wants a string: `0123` is `83`, `1e3` is `1000`, null is ``. */
  readonly text: string;
  readonly place: Place;
  /** The tag that was written, like `!reset`; undefined when there is none. */
  readonly tag: string | undefined;
  readonly source: ScalarSource;
}

/** The text that a scalar was read from. */
export interface ScalarSource {
  /** UTF-16 units, `end` exclusive; a block scalar's begins with its `|` or `>`. */
  readonly start: number;
  readonly end: number;
  readonly style: "plain" | "single" | "double" | "block" | "absent";
  /** Between brackets or braces, where commas end a plain scalar. */
  readonly isInFlow: boolean;
}

/** Of a value that no text says, as of a key alone. */
export const NOT_WRITTEN: ScalarSource = { start: 0, end: 0, style: "absent", isInFlow: false };

export interface Mapping {
  readonly kind: "mapping";
  readonly entries: ReadonlyMap<string, Entry>;
  readonly place: Place;
  readonly tag: string | undefined;
}

export interface Entry {
  /** Where the key stands. */
  readonly place: Place;
  readonly node: YamlNode;
}

export interface Sequence {
  readonly kind: "sequence";
  readonly items: readonly YamlNode[];
  readonly place: Place;
  readonly tag: string | undefined;
}

/** Keys of mappings and positions in sequences, from the root. */
export type YamlPath = readonly (string | number)[];

/** The node at `path`; undefined when there is none. */
export function nodeAt(root: YamlNode, path: YamlPath): YamlNode | undefined {
  let node: YamlNode | undefined = root;
  for (const step of path) {
    if (node?.kind === "mapping") node = node.entries.get(String(step))?.node;
    else if (node?.kind === "sequence" && typeof step === "number") node = node.items[step];
    else return undefined;
  }
  return node;
}

/** What `node` says, as JSON would. Every key becomes a property of its own, `__proto__` too. */
export function toJson(node: YamlNode): unknown {
  switch (node.kind) {
    case "scalar":
      return node.value;
    case "sequence":
      return node.items.map(toJson);
    case "mapping":
      return Object.fromEntries([...node.entries].map(([key, entry]) => [key, toJson(entry.node)]));
  }
}

/** A value of JSON's as a text that is the same for equal values: mappings have no order. */
export function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
