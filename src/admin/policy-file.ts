import { basename, extname } from "node:path";
import { HyperionError } from "../model/errors.ts";
import { type AdminProblem, isPolicyName, type PolicyTexts, parseAdminPolicy } from "../policy/index.ts";
import { formatPlace, nodeAt, type Place, readYamlDocument, type YamlText } from "../yaml/index.ts";
import { refusedPolicy } from "./policy-problem.ts";

/** An admin policy as a file has it. */
export interface PolicyFile {
  readonly texts: PolicyTexts;
  /** What the file says, with the name that it goes by. */
  readonly document: unknown;
}

/**
 * Reads the text of a policy file.
 *
 * @param file its path: the base name is the policy's where the text gives none.
 * @param name in place of both.
 *
 * Throws E160 for what is not YAML, E175 for a name that is none, and the problems of the policy
 * (E102, E171, E176 …), each with its place: file, line and column.
 */
export function readPolicyFile(text: string, file: string, name: string | undefined): PolicyFile {
  const yaml = readYamlDocument(text, file, "policy");
  const said = yaml.value();
  const document = name !== undefined && isMapping(said) ? { ...said, name } : said;
  const fallback = name ?? basename(file, extname(file));
  const { texts, problems } = parseAdminPolicy(document, fallback);
  if (texts === undefined) throw refusedPolicy(problems, (problem) => placeOf(problem, yaml));
  if (!isPolicyName(texts.name)) throw new HyperionError("E175", { name: JSON.stringify(texts.name) });
  return { texts, document: isMapping(document) ? { ...document, name: texts.name } : document };
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Where it is written; of what is lacking, where that should be. */
function placeOf({ path, span, value }: AdminProblem, yaml: YamlText): string {
  const [root] = yaml.roots;
  const key = path.at(-1);
  const holder = root && nodeAt(root, path.slice(0, -1));
  // Where it is the key that is wrong, its value is not the place.
  if (holder?.kind === "mapping" && value === key)
    return formatPlace(holder.entries.get(key)?.place ?? holder.place);
  for (let length = path.length; root !== undefined && length >= 0; length--) {
    const node = nodeAt(root, path.slice(0, length));
    if (node === undefined) continue;
    const isWhole = length === path.length && node.kind === "scalar";
    const before = isWhole ? quotesBefore(node.source.end - node.source.start, value.length) : undefined;
    return formatPlace(before === undefined ? node.place : moved(node.place, before + (span?.start ?? 0)));
  }
  return yaml.file;
}

/** How much longer the source is before the value; undefined where the one is not the other letter by letter. */
function quotesBefore(sourceLength: number, valueLength: number): number | undefined {
  if (sourceLength === valueLength) return 0;
  return sourceLength === valueLength + 2 ? 1 : undefined;
}

function moved(place: Place, columns: number): Place {
  return { ...place, column: place.column + columns };
}
