import { basename } from "node:path";
import { type Documents, STANDARD_INPUT } from "./documents.ts";
import { nameFault } from "./fault.ts";
import type { Interpolation } from "./interpolate.ts";
import type { Reading } from "./model.ts";
import type { ProjectSource } from "./project.ts";
import { childOf, textOf } from "./tree.ts";

export const PROJECT_NAME_VARIABLE = "COMPOSE_PROJECT_NAME";

/**
 * The project's name: `-p`, COMPOSE_PROJECT_NAME, the last `name:` of the files, else that of the project
 * directory. Throws E166 when it is none, and what reading the files throws.
 */
export async function projectName(
  source: ProjectSource,
  reading: Reading,
  documents: Documents,
  interpolation: Interpolation,
): Promise<string> {
  if (source.projectName) return exact("-p", source.projectName);
  const variable = reading.environment.get(PROJECT_NAME_VARIABLE);
  if (variable) return exact(PROJECT_NAME_VARIABLE, variable);
  let written: { readonly name: string; readonly file: string } | undefined;
  for (const file of reading.files) {
    for (const document of await documents.yaml(file)) {
      const node = childOf(document, "name");
      if (node === undefined || !textOf(node)) continue;
      const filled = interpolation.apply(node, (name) => reading.environment.get(name), ["name"]);
      written = { name: textOf(filled) ?? "", file };
    }
  }
  if (written === undefined) return normalized(basename(reading.directory), reading.directory);
  const file = written.file === STANDARD_INPUT ? "stdin" : documents.nameOf(written.file);
  return normalized(written.name, file);
}

function exact(source: string, name: string): string {
  if (normalize(name) === name) return name;
  throw nameFault(source, name);
}

function normalized(name: string, source: string): string {
  const result = normalize(name);
  if (result !== "") return result;
  throw nameFault(source, name);
}

/** As compose makes a name of a folder's: `My App` becomes `myapp`. */
function normalize(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9_-]/g, "")
    .replace(/^[_-]+/, "");
}
