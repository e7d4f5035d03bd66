import { isPolicyLabel } from "../model/policy-label.ts";
import {
  type Direction,
  type Fault,
  parseRule,
  parseSelector,
  printPeer,
  printRule,
  readLabelKey,
} from "../policy/index.ts";
import {
  nodeAt,
  type Place,
  readYaml,
  replaceScalars,
  type Scalar,
  type ScalarEdit,
  type YamlNode,
  type YamlPath,
} from "../yaml/index.ts";

/** A rule that could be written in the canonical form, or that cannot be read. */
export interface Spelling {
  readonly place: Place;
  /** `services.db.labels`, as the file has it. */
  readonly within: string;
  readonly label: string;
  readonly value: string;
  /** The canonical text; undefined where there is none: see the fault. */
  readonly canonical: string | undefined;
  readonly fault: Fault | undefined;
}

/** A file with every rule in its canonical form. */
export interface Formatted {
  readonly text: string;
  /** Those that are written otherwise, and those that are wrong; in the order of the file. */
  readonly spellings: readonly Spelling[];
  /** Rules that were read. */
  readonly rules: number;
}

/**
 * Writes the rules of a compose file, or of an admin policy's, in their canonical form. All else stays as it
 * is, byte for byte. A rule with variables in it is left alone: what it says is known to Docker only.
 * Throws E160 when it is no YAML.
 */
export function formatRules(text: string, file: string): Formatted {
  const texts = readYaml(text, file).roots.flatMap((root, document) =>
    [...textsOfServices(root), ...textsOfPolicy(root)].map((one) => ({ document, ...one })),
  );
  const edits = new Map<string, ScalarEdit>();
  const spellings = new Map<string, Spelling>();
  let rules = 0;
  for (const { document, path, within, label, value, place, read, wrap } of texts) {
    if (value.includes("$")) continue;
    rules += 1;
    const outcome = read(value);
    const canonical = typeof outcome === "string" ? outcome : undefined;
    if (canonical === value) continue;
    // What an alias or a merge key repeats is one text.
    const key = `${place.line}:${place.column}`;
    const fault = typeof outcome === "string" ? undefined : outcome;
    if (canonical !== undefined && !edits.has(key))
      edits.set(key, { document, path, value: wrap(canonical) });
    if (!spellings.has(key)) spellings.set(key, { place, within, label, value, canonical, fault });
  }
  return {
    text: edits.size === 0 ? text : replaceScalars(text, [...edits.values()]),
    spellings: [...spellings.values()].sort(
      (a, b) => a.place.line - b.place.line || a.place.column - b.place.column,
    ),
    rules,
  };
}

/** A text that a rule or a selector stands in. */
interface RuleText {
  readonly path: YamlPath;
  readonly within: string;
  readonly label: string;
  readonly value: string;
  readonly place: Place;
  /** The canonical text, or what is wrong. */
  readonly read: (text: string) => string | Fault;
  /** What the scalar is to hold for a canonical text. */
  readonly wrap: (canonical: string) => string;
}

const asIs = (text: string) => text;

function readDirected(direction: Direction): RuleText["read"] {
  return (text) => {
    const { rule, fault } = parseRule(text, direction);
    return rule === undefined ? fault : printRule(rule, direction);
  };
}

function readSelector(text: string): string | Fault {
  const { value, fault } = parseSelector(text);
  return value === undefined ? fault : printPeer(value);
}

/** Labels and driver options of the services, as a mapping or as a list of `key=value`. */
function textsOfServices(root: YamlNode): readonly RuleText[] {
  const services = nodeAt(root, ["services"]);
  return keysOf(services).flatMap((service) => {
    const path = ["services", service];
    const networks = keysOf(nodeAt(root, [...path, "networks"]));
    return [
      [...path, "labels"],
      ...networks.map((network) => [...path, "networks", network, "driver_opts"]),
    ].flatMap((carrier) => textsOfCarrier(nodeAt(root, carrier), carrier));
  });
}

function keysOf(node: YamlNode | undefined): readonly string[] {
  return node?.kind === "mapping" ? [...node.entries.keys()] : [];
}

function textsOfCarrier(node: YamlNode | undefined, path: YamlPath): readonly RuleText[] {
  if (node?.kind === "mapping") {
    return [...node.entries].flatMap(([label, { node: value }]) =>
      value.kind === "scalar" ? textOf(value.place, [...path, label], path, label, value.text, asIs) : [],
    );
  }
  if (node?.kind !== "sequence") return [];
  return node.items.flatMap((item, i) => {
    if (item.kind !== "scalar") return [];
    const [label = "", value] = splitOnce(item.text);
    if (value === undefined) return [];
    const wrap = (canonical: string) => `${label}=${canonical}`;
    return textOf(valuePlace(item, label), [...path, i], path, label, value, wrap);
  });
}

/** Where the value of `key=value` begins, unless escapes or line breaks hide that. */
function valuePlace({ place, source }: Scalar, label: string): Place {
  if (source.style === "block") return place;
  const quote = source.style === "plain" ? 0 : 1;
  return { ...place, column: place.column + quote + label.length + 1 };
}

function splitOnce(text: string): readonly [string, string] | readonly [] {
  const at = text.indexOf("=");
  return at < 0 ? [] : [text.slice(0, at), text.slice(at + 1)];
}

function textOf(
  place: Place,
  path: YamlPath,
  carrier: YamlPath,
  label: string,
  value: string,
  wrap: RuleText["wrap"],
): readonly RuleText[] {
  const key = isPolicyLabel(label) ? readLabelKey(label).key : undefined;
  if (key?.kind !== "rule") return [];
  return [{ place, path, within: carrier.join("."), label, value, read: readDirected(key.direction), wrap }];
}

/** Rules and selectors of an admin policy. */
function textsOfPolicy(root: YamlNode): readonly RuleText[] {
  const rules = nodeAt(root, ["rules"]);
  if (rules?.kind !== "sequence" || nodeAt(root, ["services"]) !== undefined) return [];
  return rules.items.flatMap((_, i) =>
    (["applies", "ingress", "egress"] as const).flatMap((label): RuleText[] => {
      const path = ["rules", i, label];
      const node = nodeAt(root, path);
      if (node?.kind !== "scalar") return [];
      const read = label === "applies" ? readSelector : readDirected(label);
      return [{ place: node.place, path, within: `rules[${i}]`, label, value: node.text, read, wrap: asIs }];
    }),
  );
}
