import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseYaml } from "../../../src/yaml/index.ts";
import type { ComposeCase } from "./cases.ts";
import type { DockerProject } from "./projection.ts";

/** What compose does with a case: the project, or its refusal. */
export type DockerOutcome = { readonly project: DockerProject } | { readonly refusal: string };

/** A compose to ask, and what it is. */
export interface DockerCompose {
  readonly command: readonly [program: string, ...args: string[]];
  readonly version: readonly [major: number, minor: number];
}

const CONFIG_DEADLINE_MS = 30_000;

/** The compose at a path, or that of this machine; undefined when there is none. */
export function findCompose(path: string | undefined): DockerCompose | undefined {
  const commands = path === undefined ? [["docker", "compose"], ["docker-compose"]] : [[path]];
  for (const [program = "", ...args] of commands) {
    const { stdout, status } = spawnSync(program, [...args, "version", "--short"], {
      encoding: "utf8",
      timeout: CONFIG_DEADLINE_MS,
    });
    const match = /(\d+)\.(\d+)\.\d+/.exec(stdout ?? "");
    if (status !== 0 || match === null) continue;
    return { command: [program, ...args], version: [Number(match[1]), Number(match[2])] };
  }
  return undefined;
}

/** Asks compose what it makes of a case, in a folder of its own. */
export function askCompose(
  { command: [program, ...args], version: [major] }: DockerCompose,
  one: ComposeCase,
): DockerOutcome {
  const root = mkdtempSync(join(tmpdir(), "hyperion-compose-"));
  try {
    mkdirSync(join(root, "shop"));
    for (const [path, text] of Object.entries(one.files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    const { stdout, stderr, status } = spawnSync(
      program,
      // Version 1 has no other format than YAML.
      [...args, ...(one.args ?? []), "config", ...(major > 1 ? ["--format", "json"] : [])],
      {
        cwd: join(root, "shop"),
        env: { PATH: process.env.PATH, HOME: root, ...one.env },
        encoding: "utf8",
        timeout: CONFIG_DEADLINE_MS,
      },
    );
    if (status !== 0) return { refusal: stderr.trim().replaceAll(root, "") };
    // What it prints is a compose file again, where a dollar is two.
    const text = stdout.replaceAll("$$", () => "$");
    const project = major > 1 ? JSON.parse(text) : { name: "", ...(parseYaml(text, "").value() as object) };
    return { project: project as DockerProject };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}
