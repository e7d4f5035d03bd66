import { dirname, resolve } from "node:path";
import { type Documents, STANDARD_INPUT } from "./documents.ts";
import { nowhereFault } from "./fault.ts";
import { type Reading, withEnvFiles } from "./model.ts";
import type { Notices } from "./notices.ts";
import type { ProjectSource } from "./project.ts";

/** What compose looks for, the first that there is. */
const FILE_NAMES = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];
const OVERRIDE_NAMES = [
  ...["compose.override.yml", "compose.override.yaml"],
  ...["docker-compose.override.yml", "docker-compose.override.yaml"],
];
const ENV_FILE = ".env";
const TRUE_WORDS = ["1", "t", "T", "true", "True", "TRUE"];

/**
 * Which files a project is read from, and in which environment: as `docker compose` finds them, by its
 * options, COMPOSE_FILE and COMPOSE_ENV_FILES, and by looking in the project directory and above. What
 * the process's environment says is stronger than what env files say.
 *
 * Throws E160 for an env file that is not there or is wrong, E165 when there is no compose file.
 */
export async function locate(
  source: ProjectSource,
  documents: Documents,
  notices: Notices,
): Promise<Reading> {
  const here = documents.directory;
  const absolute = (path: string) => (path === STANDARD_INPUT ? path : resolve(here, path));
  const directoryOf = (files: readonly string[]) => {
    if (source.directory) return resolve(here, source.directory);
    const [first] = files.filter((path) => path !== STANDARD_INPUT);
    return first === undefined ? here : dirname(first);
  };
  const envFiles = envFilesOf(source)?.map(absolute);
  const withOwn = async (environment: ReadonlyMap<string, string>, directory: string) => {
    if (envFiles !== undefined) return withEnvFiles(documents, environment, envFiles);
    const standard = resolve(directory, ENV_FILE);
    return withEnvFiles(documents, environment, (await documents.exists(standard)) ? [standard] : []);
  };

  const named = source.files.map(absolute);
  let environment = await withOwn(processEnvironment(source), directoryOf(named));
  const listed = named.length > 0 ? named : filesOf(environment).map(absolute);
  const files = listed.length > 0 ? listed : await find(documents, directoryOf([]), notices);
  const directory = directoryOf(files);
  // The files may lie elsewhere, and have an environment of their own there.
  environment = await withOwn(environment, directory);
  return { files, directory, environment };
}

/** Profiles that are active: `--profile`, else COMPOSE_PROFILES. */
export function activeProfiles(
  { profiles = [] }: ProjectSource,
  environment: ReadonlyMap<string, string>,
): readonly string[] {
  if (profiles.length > 0) return profiles;
  return (environment.get("COMPOSE_PROFILES") ?? "").split(",").map((profile) => profile.trim());
}

function processEnvironment({ env }: ProjectSource): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

/** Undefined: the project's own `.env`. */
function envFilesOf({ envFiles = [], env }: ProjectSource): readonly string[] | undefined {
  if (envFiles.length > 0) return envFiles;
  if (env.COMPOSE_ENV_FILES) return env.COMPOSE_ENV_FILES.split(",");
  return TRUE_WORDS.includes(env.COMPOSE_DISABLE_ENV_FILE ?? "") ? [] : undefined;
}

function filesOf(environment: ReadonlyMap<string, string>): readonly string[] {
  const files = environment.get("COMPOSE_FILE") ?? "";
  return files === "" ? [] : files.split(environment.get("COMPOSE_PATH_SEPARATOR") || ":");
}

async function find(documents: Documents, start: string, notices: Notices): Promise<readonly string[]> {
  for (let directory = start; ; directory = dirname(directory)) {
    const file = await firstOf(FILE_NAMES, directory, documents, notices);
    if (file !== undefined) {
      const override = await firstOf(OVERRIDE_NAMES, directory, documents, notices);
      return override === undefined ? [file] : [file, override];
    }
    if (dirname(directory) === directory) throw nowhereFault(start);
  }
}

async function firstOf(
  names: readonly string[],
  directory: string,
  documents: Documents,
  notices: Notices,
): Promise<string | undefined> {
  const found: string[] = [];
  for (const name of names) {
    const path = resolve(directory, name);
    if (await documents.exists(path)) found.push(path);
  }
  const [first, ...others] = found;
  if (first !== undefined && others.length > 0) {
    const left = others.map((path) => documents.nameOf(path)).join(", ");
    notices.add("W508", `Docker reads ${documents.nameOf(first)}, and not ${left}`, undefined);
  }
  return first;
}
