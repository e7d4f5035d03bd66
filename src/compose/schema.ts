import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import { nearest } from "../base/nearest.ts";
import { nodeAt, type Place, sortedJson, toJson, type YamlNode } from "../yaml/index.ts";
import { fault, quote, type TreePath } from "./fault.ts";
import schema from "./schema/compose-spec.json" with { type: "json" };

/* The schema is compose-go's: copyright The Compose Specification Authors, Apache-2.0 (schema/README.md). */

/** Most valid keys that a message lists. */
const KEYS_SHOWN_MAX = 8;

const TYPE_NAMES: Readonly<Record<string, string>> = {
  object: "a mapping",
  array: "a list",
  string: "a string",
  number: "a number",
  integer: "a whole number",
  boolean: "true or false",
  null: "empty",
};

let compiled: ValidateFunction | undefined;

/** Compiled when first needed: that takes longer than anything else here. */
function validator(): ValidateFunction {
  if (compiled !== undefined) return compiled;
  // All errors, as the best one is looked for; nothing of the schema is assumed to be of ajv's own dialect.
  // A function for each reference and no second look at the code made take less than half the time to compile,
  // which is most of a command's; what they would save is spent on one document.
  const sooner = { inlineRefs: false, code: { optimize: false } };
  const ajv = new Ajv({ strict: false, validateSchema: false, allErrors: true, verbose: true, ...sooner });
  // The library's compares each item with each other one.
  ajv.removeKeyword("uniqueItems");
  ajv.addKeyword({ keyword: "uniqueItems", type: "array", validate: isUnique });
  compiled = ajv.compile(schema);
  return compiled;
}

function isUnique(isWanted: boolean, items: readonly unknown[]): boolean {
  return !isWanted || new Set(items.map(sortedJson)).size === items.length;
}

/** Throws E161 when a project, or as much of it as has been read, is no compose file. */
export function checkSchema(root: YamlNode): void {
  const validate = validator();
  if (validate(jsonOf(root))) return;
  const error = mostSpecific(validate.errors ?? []);
  if (error === undefined) throw fault("E161", root.place, "does not fit the compose schema", []);
  const steps = error.instancePath.split("/").slice(1).map(unescapeStep);
  const at = follow(root, steps);
  throw fault("E161", at.keyPlace(error) ?? at.place, reasonOf(error, at.node), at.path);
}

/** Dates are no type of JSON's: they become something that no type of the schema fits. */
function jsonOf(node: YamlNode): unknown {
  switch (node.kind) {
    case "scalar":
      return node.type === "timestamp" ? Symbol.for("timestamp") : toJson(node);
    case "sequence":
      return node.items.map(jsonOf);
    case "mapping":
      return Object.fromEntries([...node.entries].map(([key, entry]) => [key, jsonOf(entry.node)]));
  }
}

/** The deepest: alternatives of the schema that do not fit at all fail further up. */
function mostSpecific(errors: readonly ErrorObject[]): ErrorObject | undefined {
  let best: ErrorObject | undefined;
  let bestDepth = -1;
  for (const error of errors) {
    const steps = error.instancePath.split("/").length;
    const depth = error.keyword === "additionalProperties" ? steps + 1 : steps;
    if (depth > bestDepth && !["oneOf", "anyOf", "if"].includes(error.keyword)) {
      best = error;
      bestDepth = depth;
    }
  }
  return best ?? errors[0];
}

function follow(root: YamlNode, steps: readonly string[]) {
  let node: YamlNode = root;
  const path: string[] = [];
  for (const step of steps) {
    const next = nodeAt(node, [node.kind === "sequence" ? Number(step) : step]);
    if (next === undefined) break;
    path.push(node.kind === "sequence" ? `[${step}]` : step);
    node = next;
  }
  const keyPlace = ({ keyword, params }: ErrorObject): Place | undefined =>
    keyword === "additionalProperties" && node.kind === "mapping"
      ? node.entries.get(String(params.additionalProperty))?.place
      : undefined;
  return { node, path: path as TreePath, place: node.place, keyPlace };
}

function reasonOf({ keyword, params, parentSchema, message }: ErrorObject, node: YamlNode): string {
  if (node.kind === "scalar" && node.type === "timestamp") return "a date is no text; write it in quotes";
  switch (keyword) {
    case "additionalProperties":
      return unknownKey(String(params.additionalProperty), Object.keys(parentSchema?.properties ?? {}));
    case "required":
      return `key ${quote(String(params.missingProperty))} is missing`;
    case "type": {
      const types: readonly string[] = [params.type].flat();
      return `must be ${types.map((type) => TYPE_NAMES[type] ?? type).join(", or ")}`;
    }
    case "enum":
      return `must be ${[params.allowedValues].flat().map(String).join(" or ")}`;
    case "uniqueItems":
      return "says the same twice";
    default:
      return message ?? "does not fit the compose schema";
  }
}

function unknownKey(key: string, valid: readonly string[]): string {
  const said = `there is no key ${quote(key)} here`;
  const meant = nearest(key, valid);
  if (meant !== undefined) return `${said}; did you mean ${quote(meant)}?`;
  if (valid.length === 0) return `${said}; use letters, digits, ".", "_" and "-"`;
  const shown = valid.slice(0, KEYS_SHOWN_MAX).join(", ");
  return `${said}; valid are ${shown}${valid.length > KEYS_SHOWN_MAX ? ", …" : ""}`;
}

function unescapeStep(step: string): string {
  return step.replaceAll("~1", "/").replaceAll("~0", "~");
}
