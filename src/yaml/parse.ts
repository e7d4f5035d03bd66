import { HyperionError } from "../model/errors.ts";
import { buildDocuments } from "./build.ts";
import { nodeAt, toJson, type YamlNode, type YamlPath } from "./node.ts";
import { formatPlace, type Place } from "./place.ts";

/** Something that is not YAML, or more of it than is read. */
export interface YamlProblem {
  readonly place: Place;
  /** A phrase without a full stop. */
  readonly text: string;
}

/** A YAML text, read. */
export interface YamlText {
  readonly file: string;
  /** One for each document that says anything; a text of comments has none. Empty when there are problems. */
  readonly roots: readonly YamlNode[];
  /** In the order of the text. */
  readonly problems: readonly YamlProblem[];
  /** What the first document says, as JSON would; undefined when there is none. */
  value(): unknown;
  /** Where the value at a path of the first document begins; undefined when there is no such value. */
  place(path: YamlPath): Place | undefined;
}

/**
 * Reads YAML as Docker does: keys are strings and stand once, aliases are bounded, values mean what they
 * mean to go-yaml. Never throws for what the text says.
 *
 * @param file what places are in; only repeated.
 */
export function parseYaml(text: string, file: string): YamlText {
  const { roots, problems } = buildDocuments(text, file);
  const [first] = roots;
  return {
    file,
    roots,
    problems,
    value: () => (first === undefined ? undefined : toJson(first)),
    place: (path) => (first === undefined ? undefined : nodeAt(first, path)?.place),
  };
}

/** The text as {@link parseYaml} reads it. Throws E160, with the first problem, when it is not YAML. */
export function readYaml(text: string, file: string): YamlText {
  const parsed = parseYaml(text, file);
  const [problem] = parsed.problems;
  if (problem === undefined) return parsed;
  throw new HyperionError("E160", { place: formatPlace(problem.place), reason: problem.text });
}

/**
 * As {@link readYaml}, where there can be only one document.
 *
 * @param what a text is: `policy`. Throws E160 for a second one, which would be read by nobody.
 */
export function readYamlDocument(text: string, file: string, what: string): YamlText {
  const yaml = readYaml(text, file);
  const [, second] = yaml.roots;
  if (second === undefined) return yaml;
  throw new HyperionError("E160", { place: formatPlace(second.place), reason: `a file holds one ${what}` });
}
