import { parseArgs } from "node:util";
import { type ComposeProject, loadProject, type ProjectSource } from "../../../src/compose/index.ts";
import type { ComposeCase } from "./cases.ts";
import { MemoryFiles } from "./memory-files.ts";

/** Our reading of a case, from files in memory. */
export function readCase({ files, args = [], env = {} }: ComposeCase): Promise<ComposeProject> {
  const texts = Object.entries(files).map(([path, text]) => [`/root/${path}`, text] as const);
  return loadProject(sourceOf(args, env), new MemoryFiles("/root/shop", Object.fromEntries(texts)));
}

function sourceOf(args: readonly string[], env: Readonly<Record<string, string>>): ProjectSource {
  const { values } = parseArgs({
    args: [...args],
    options: {
      file: { type: "string", short: "f", multiple: true, default: [] },
      "project-name": { type: "string", short: "p" },
      "project-directory": { type: "string" },
      profile: { type: "string", multiple: true, default: [] },
      "env-file": { type: "string", multiple: true, default: [] },
    },
  });
  return {
    files: values.file,
    projectName: values["project-name"],
    directory: values["project-directory"],
    profiles: values.profile,
    envFiles: values["env-file"],
    env,
  };
}
