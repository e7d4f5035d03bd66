import {
  type Alias,
  Composer,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Pair,
  type ParsedNode,
  type Range,
  type Scalar as SourceScalar,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import {
  type Entry,
  type Mapping,
  NOT_WRITTEN,
  type Scalar,
  type ScalarSource,
  type Sequence,
  type YamlNode,
} from "./node.ts";
import type { YamlProblem } from "./parse.ts";
import type { Place } from "./place.ts";
import { resolveScalar } from "./scalar.ts";
import { DEPTH_MAX, DEPTH_REASON, tokensOf } from "./tokens.ts";

/** Most nodes of a text with every alias written out: a few aliases of aliases make billions. */
export const NODES_MAX = 200_000;
/** Most problems that are kept of one text. */
const PROBLEMS_MAX = 20;

/** What no YAML text contains: control characters, halves of surrogate pairs. */
const FORBIDDEN = /[^\t\n\r\x20-\x7e\x85\u{a0}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/u;
const MERGE_KEY = "<<";
const NODES_REASON = `more than ${NODES_MAX} nodes, aliases written out`;
/** Tags of collections that make something else of them, which Docker does not. */
const OTHER_COLLECTIONS = ["omap", "pairs", "set"].map((kind) => `tag:yaml.org,2002:${kind}`);

interface Built {
  readonly roots: readonly YamlNode[];
  readonly problems: readonly YamlProblem[];
}

/** The documents of a text, or what is wrong with it. */
export function buildDocuments(text: string, file: string): Built {
  const lines = new LineCounter();
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(Math.max(0, Math.min(offset, text.length)));
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  const problems: YamlProblem[] = [];
  const report = (offset: number, reason: string) => {
    if (problems.length < PROBLEMS_MAX) problems.push({ place: placeAt(offset), text: reason });
  };
  const roots: YamlNode[] = [];
  const tokens = tokensOf(text, lines, report);
  if (tokens === undefined) return { roots, problems };
  // Scalars stay text, and duplicates are looked for here: the library's search takes quadratic time.
  const composer = new Composer({
    schema: "failsafe",
    uniqueKeys: false,
    prettyErrors: false,
    strict: false,
  });
  for (const document of composer.compose(tokens)) {
    for (const error of document.errors) report(error.pos[0], phrase(error.message));
    if (problems.length > 0 || document.contents === null) continue;
    const root = new Builder(placeAt, report).build(document.contents);
    if (root !== undefined && !(root.kind === "scalar" && root.type === "null")) roots.push(root);
  }
  const forbidden = FORBIDDEN.exec(text);
  if (forbidden !== null) report(forbidden.index, "control characters are not allowed");
  problems.sort((a, b) => a.place.line - b.place.line || a.place.column - b.place.column);
  return problems.length > 0 ? { roots: [], problems } : { roots, problems };
}

/** The library's sentences as phrases on one line. */
function phrase(message: string): string {
  const line = message.split("\n", 1)[0] ?? "";
  return line.replace(/^[A-Z](?=[a-z])/, (first) => first.toLowerCase()).replace(/[.:]$/, "");
}

/** What a node would be, were every alias in it written out. */
interface Measure {
  readonly nodes: number;
  readonly depth: number;
}

/** An anchor's node; undefined while it is being read, when an alias to it would contain itself. */
interface Anchor {
  node: YamlNode | undefined;
}

/** Turns one document of the library into nodes. */
class Builder {
  readonly #placeAt: (offset: number) => Place;
  readonly #report: (offset: number, reason: string) => void;
  readonly #anchors = new Map<string, Anchor>();
  readonly #measures = new Map<YamlNode, Measure>();
  #entries = 0;
  #isTooLarge = false;
  /** Brackets and braces that are open. */
  #flowDepth = 0;

  constructor(placeAt: (offset: number) => Place, report: (offset: number, reason: string) => void) {
    this.#placeAt = placeAt;
    this.#report = report;
  }

  /** Undefined when a problem was reported. */
  build(source: unknown, depth = 1): YamlNode | undefined {
    if (this.#isTooLarge) return undefined;
    if (isAlias(source)) return this.#alias(source);
    if (!isScalar(source) && !isMap(source) && !isSeq(source)) return undefined;
    if (depth > DEPTH_MAX) return this.#tooLarge(offsetOf(source), DEPTH_REASON);
    if (OTHER_COLLECTIONS.includes(source.tag ?? "")) {
      this.#report(offsetOf(source), `tag ${source.tag?.replace(/^.*:/, "!!")} is not supported`);
      return undefined;
    }
    const anchor: Anchor = { node: undefined };
    if (source.anchor !== undefined) this.#anchors.set(source.anchor, anchor);
    if (isScalar(source)) {
      anchor.node = this.#scalar(source);
      return anchor.node;
    }
    if (source.flow) this.#flowDepth += 1;
    if (isMap(source)) anchor.node = this.#mapping(source as YAMLMap<ParsedNode, ParsedNode>, depth);
    else anchor.node = this.#sequence(source as YAMLSeq<ParsedNode>, depth);
    if (source.flow) this.#flowDepth -= 1;
    return anchor.node;
  }

  #alias(alias: Alias): YamlNode | undefined {
    const anchor = this.#anchors.get(alias.source);
    if (anchor?.node !== undefined) return anchor.node;
    const reason = anchor === undefined ? "is not defined above" : "contains itself";
    this.#report(offsetOf(alias), `anchor ${JSON.stringify(alias.source)} ${reason}`);
    return undefined;
  }

  #scalar(source: SourceScalar): Scalar | undefined {
    const style = styleOf(source);
    const resolved = resolveScalar(source.source ?? "", style === "plain", source.tag);
    if (typeof resolved === "string") {
      this.#report(offsetOf(source), resolved);
      return undefined;
    }
    const [start, end] = source.range ?? [0, 0];
    const node: Scalar = {
      kind: "scalar",
      ...resolved,
      place: this.#placeAt(start),
      tag: source.tag,
      source: { start, end, style, isInFlow: this.#flowDepth > 0 },
    };
    this.#measures.set(node, { nodes: 1, depth: 1 });
    return node;
  }

  #sequence(source: YAMLSeq<ParsedNode>, depth: number): Sequence | undefined {
    const items: YamlNode[] = [];
    for (const item of source.items) {
      const node = this.build(item, depth + 1);
      if (node !== undefined) items.push(node);
    }
    const place = this.#placeAt(offsetOf(source));
    return this.#measured({ kind: "sequence", items, place, tag: source.tag }, items, offsetOf(source));
  }

  #mapping(source: YAMLMap<ParsedNode, ParsedNode>, depth: number): Mapping | undefined {
    const entries = new Map<string, Entry>();
    const merged: YamlNode[] = [];
    let hasMerge = false;
    for (const pair of source.items) {
      const offset = offsetOf(pair.key);
      if (isMergeKey(pair)) {
        if (hasMerge) this.#report(offset, `key "${MERGE_KEY}" is defined twice; write a list of aliases`);
        hasMerge = true;
        merged.push(...this.#merged(pair, depth));
        continue;
      }
      const key = this.#key(pair);
      if (key === undefined) continue;
      const first = entries.get(key);
      if (first !== undefined) {
        this.#report(offset, `key ${JSON.stringify(key)} is already defined in line ${first.place.line}`);
      }
      const node = pair.value === null ? this.#absent(offset) : this.build(pair.value, depth + 1);
      if (node !== undefined) entries.set(key, { place: this.#placeAt(offset), node });
    }
    // What is written here is stronger than what is merged, and of that the earlier.
    for (const node of merged) {
      if (node.kind !== "mapping") continue;
      for (const [key, entry] of node.entries) if (!entries.has(key)) entries.set(key, entry);
    }
    // Those of every mapping add up in the document, and are too many long before its end is reached.
    this.#entries += entries.size;
    if (this.#entries > NODES_MAX) return this.#tooLarge(offsetOf(source), NODES_REASON);
    const place = this.#placeAt(offsetOf(source));
    const nodes = [...entries.values()].map((entry) => entry.node);
    return this.#measured({ kind: "mapping", entries, place, tag: source.tag }, nodes, offsetOf(source));
  }

  #key(pair: Pair<ParsedNode, ParsedNode | null>): string | undefined {
    const node = isScalar(pair.key) || isAlias(pair.key) ? this.build(pair.key) : undefined;
    if (node?.kind === "scalar" && node.type === "string") return String(node.value);
    if (this.#isTooLarge) return undefined;
    const shown = node?.kind === "scalar" ? `key ${JSON.stringify(node.text)}` : "a key";
    this.#report(offsetOf(pair.key), `${shown} is not a text; write it in quotes`);
    return undefined;
  }

  #merged(pair: Pair<ParsedNode, ParsedNode | null>, depth: number): readonly YamlNode[] {
    const node = pair.value === null ? undefined : this.build(pair.value, depth + 1);
    const nodes = node?.kind === "sequence" ? node.items : node === undefined ? [] : [node];
    if (nodes.some((merged) => merged.kind !== "mapping") || pair.value === null) {
      this.#report(offsetOf(pair.key), `"${MERGE_KEY}" takes a mapping or a list of mappings`);
    }
    return nodes;
  }

  /** The value of a key that has none. */
  #absent(offset: number): Scalar {
    const node: Scalar = {
      kind: "scalar",
      type: "null",
      value: null,
      text: "",
      place: this.#placeAt(offset),
      tag: undefined,
      source: NOT_WRITTEN,
    };
    this.#measures.set(node, { nodes: 1, depth: 1 });
    return node;
  }

  #measured<Node extends YamlNode>(node: Node, children: readonly YamlNode[], offset: number) {
    let nodes = 1;
    let depth = 0;
    for (const child of children) {
      const measure = this.#measures.get(child);
      nodes += measure?.nodes ?? 1;
      depth = Math.max(depth, measure?.depth ?? 1);
    }
    if (nodes > NODES_MAX) return this.#tooLarge(offset, NODES_REASON);
    if (depth >= DEPTH_MAX) return this.#tooLarge(offset, DEPTH_REASON);
    this.#measures.set(node, { nodes, depth: depth + 1 });
    return node;
  }

  #tooLarge(offset: number, reason: string): undefined {
    if (!this.#isTooLarge) this.#report(offset, reason);
    this.#isTooLarge = true;
    return undefined;
  }
}

function isMergeKey({ key }: Pair<ParsedNode, ParsedNode | null>): boolean {
  return isScalar(key) && key.source === MERGE_KEY && styleOf(key) === "plain" && key.tag === undefined;
}

function styleOf(scalar: SourceScalar): ScalarSource["style"] {
  switch (scalar.type) {
    case "QUOTE_SINGLE":
      return "single";
    case "QUOTE_DOUBLE":
      return "double";
    case "BLOCK_FOLDED":
    case "BLOCK_LITERAL":
      return "block";
    default:
      return "plain";
  }
}

function offsetOf({ range }: { readonly range?: Range | null | undefined }): number {
  return range?.[0] ?? 0;
}
