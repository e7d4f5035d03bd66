import { nodeAt, type Scalar, type ScalarSource, type YamlPath } from "./node.ts";
import { parseYaml, readYaml } from "./parse.ts";

/** A new text for the scalar at a path of a document. */
export interface ScalarEdit {
  /** Which of the documents; 0, the first, unless given. */
  readonly document?: number;
  readonly path: YamlPath;
  readonly value: string;
}

const plain = (value: string) => value;
const singled = (value: string) => `'${value.replaceAll("'", "''")}'`;

/** In the order of preference, before {@link quoted}, which always fits. A block becomes one line. */
const SPELLINGS: Readonly<Record<ScalarSource["style"], readonly ((value: string) => string)[]>> = {
  plain: [plain, singled],
  block: [plain, singled],
  single: [singled],
  double: [],
  absent: [],
};

/** JSON's strings are YAML's double-quoted ones, but for characters that YAML wants escaped. */
function quoted(value: string): string {
  return JSON.stringify(value).replace(
    /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/**
 * The text with some of its scalars replaced by strings, and nothing else touched:
 * comments, order and indentation stay, quotes too where they do for the new value. A scalar that is
 * reached by an alias or a merge key is replaced where it is written.
 *
 * Throws E160 when the text is no YAML, and a RangeError when a path leads to no scalar, or to a key that
 * not even a colon follows, or when two edits want different things of the same scalar.
 */
export function replaceScalars(text: string, edits: readonly ScalarEdit[]): string {
  const { roots } = readYaml(text, "");
  const byStart = new Map<number, { readonly scalar: Scalar; readonly edit: ScalarEdit }>();
  for (const edit of edits) {
    const root = roots[edit.document ?? 0];
    const scalar = root === undefined ? undefined : nodeAt(root, edit.path);
    if (scalar?.kind !== "scalar") throw new RangeError(`no scalar at ${edit.path.join(".")}`);
    if (scalar.source.style === "absent")
      throw new RangeError(`nothing is written at ${edit.path.join(".")}`);
    const other = byStart.get(scalar.source.start);
    if (other !== undefined && other.edit.value !== edit.value) {
      throw new RangeError(`${edit.path.join(".")} and ${other.edit.path.join(".")} are one scalar`);
    }
    byStart.set(scalar.source.start, { scalar, edit });
  }
  let result = text;
  // From the end, so that the positions of the others stay true.
  const found = [...byStart.values()].sort((a, b) => b.scalar.source.start - a.scalar.source.start);
  for (const { scalar, edit } of found) result = replaceOne(result, scalar.source, edit.value);
  return result;
}

function replaceOne(text: string, source: ScalarSource, value: string): string {
  const before = text.slice(0, source.start);
  const replaced = text.slice(source.start, source.end);
  // A key without a value ends at its colon.
  const space = replaced === "" && /\S$/.test(before) ? " " : "";
  const end = source.style === "block" ? (/\r?\n$/.exec(replaced)?.[0] ?? "") : "";
  const spelled = SPELLINGS[source.style].map((spell) => spell(value));
  const fitting = spelled.find((spelling) => reads(spelling, value, source.isInFlow)) ?? quoted(value);
  return `${before}${space}${fitting}${end}${text.slice(source.end)}`;
}

/** Whether a spelling means the value where it is to stand. */
function reads(spelling: string, value: string, isInFlow: boolean): boolean {
  const { roots } = parseYaml(isInFlow ? `[${spelling}]` : `- ${spelling} # end`, "");
  const [root] = roots;
  if (roots.length !== 1 || root?.kind !== "sequence" || root.items.length !== 1) return false;
  const [item] = root.items;
  return item?.kind === "scalar" && item.type === "string" && item.value === value;
}
