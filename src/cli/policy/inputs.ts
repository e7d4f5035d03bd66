import { basename, extname } from "node:path";
import { printableLines } from "../../base/printable.ts";
import { type ComposeProject, loadProject, type ProjectSource } from "../../compose/index.ts";
import { DEFAULT_ADDRESS_POOLS, DEFAULT_POSTURE } from "../../config/defaults.ts";
import { HyperionError } from "../../model/errors.ts";
import { isPosture, POSTURES, type Posture } from "../../model/posture.ts";
import { parsePrefix } from "../../model/prefix.ts";
import {
  errorsIn,
  type OfflineInput,
  type PlacedFinding,
  type PolicyFile,
  populate,
  readPolicyFile,
} from "../../offline/index.ts";
import type { OptionRows } from "../arguments.ts";
import type { Invocation } from "../commands.ts";
import { type CommandFiles, shownPath } from "./command-files.ts";

/** Options that say what is read: those of `docker compose`, and the daemon's that matter. */
export const INPUT_OPTIONS = {
  file: { type: "string", short: "f", multiple: true },
  project: { type: "string", multiple: true },
  "project-name": { type: "string", short: "p" },
  "project-directory": { type: "string" },
  "env-file": { type: "string", multiple: true },
  profile: { type: "string", multiple: true },
  policy: { type: "string", multiple: true },
  posture: { type: "string" },
  "identity-labels": { type: "string" },
} as const satisfies OptionRows;

export const INPUT_OPTIONS_HELP = `What is read, as docker compose reads it:
  -f, --file FILE           compose file, merged in order; "-" is standard input; default: compose.yaml and its kin
  --project A[,B]           files of one project; once for each of several projects side by side
  -p, --project-name NAME   else the files' name:, else the folder
  --project-directory DIR   what paths in the files are relative to
  --env-file FILE           in place of .env
  --profile NAME            active profile
  --policy FILE             admin policy in force
The daemon's settings that matter (images are not looked into: their labels count neither way):
  --posture POSTURE         ${DEFAULT_POSTURE} unless said otherwise
  --identity-labels A,B     container labels that selectors see
`;

/** What {@link INPUT_OPTIONS} were given. */
export interface InputValues {
  readonly file?: string[];
  readonly project?: string[];
  readonly "project-name"?: string;
  readonly "project-directory"?: string;
  readonly "env-file"?: string[];
  readonly profile?: string[];
  readonly policy?: string[];
  readonly posture?: string;
  readonly "identity-labels"?: string;
}

/** Reads everything that the options name. Throws E16x for what compose would refuse, E185 for a file that is not there. */
export async function readInput(
  values: InputValues,
  environment: Invocation["environment"],
  files: CommandFiles,
): Promise<OfflineInput> {
  const settings = { defaultPosture: postureOf(values), identityLabels: listOf(values["identity-labels"]) };
  const sources = await sourcesOf(values, environment, files);
  const projects: ComposeProject[] = [];
  for (const source of sources) {
    // A wrong path is wrong usage, and not something that is found in a file.
    for (const path of [...source.files, ...(values["env-file"] ?? [])]) await files.need(path);
    projects.push(await loadProject(source, files));
  }
  checkNames(projects);
  const policies = await readPolicies(values, files);
  const inForce = policies.flatMap(({ policy }) => policy?.policy ?? []);
  return { projects, policies, offline: populate(projects, inForce, settings), defaultPools: defaultPools() };
}

/** The admin policies that `--policy` names. Throws E160, E185. */
export async function readPolicies(values: InputValues, files: CommandFiles): Promise<readonly PolicyFile[]> {
  const policies: PolicyFile[] = [];
  for (const path of values.policy ?? []) {
    policies.push(readPolicyFile(await files.need(path), shownPath(path), basename(path, extname(path))));
  }
  return policies;
}

/** As {@link readInput}, where nothing may be wrong: verdicts about labels that are would mean nothing. */
export async function readSoundInput(
  values: InputValues,
  { environment, complain }: Invocation,
  files: CommandFiles,
): Promise<OfflineInput | undefined> {
  const input = await readInput(values, environment, files);
  const errors = errorsIn(input);
  if (errors.length === 0) return input;
  complain(`${errors.map(({ message }) => printableLines(message)).join("\n")}\n`);
  complain(`hyperion: ${countOf(errors)}; such containers do not start, so there are no verdicts\n`);
  return undefined;
}

function countOf(errors: readonly PlacedFinding[]): string {
  return errors.length === 1 ? "1 error" : `${errors.length} errors`;
}

function postureOf({ posture = DEFAULT_POSTURE }: InputValues): Posture {
  if (isPosture(posture)) return posture;
  const expected = `one of ${POSTURES.join(", ")}`;
  throw new HyperionError("E702", { option: "--posture", value: JSON.stringify(posture), expected });
}

function listOf(text = ""): readonly string[] {
  return text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

/** One source for each `--project`; without any, one for `-f` or for what compose finds here. */
export async function sourcesOf(
  values: InputValues,
  environment: Invocation["environment"],
  files: CommandFiles,
): Promise<readonly ProjectSource[]> {
  const shared = { profiles: values.profile, env: environment, envFiles: values["env-file"] };
  const { project: several = [] } = values;
  if (several.length === 0) {
    const directory = values["project-directory"];
    return [{ ...shared, files: values.file ?? [], projectName: values["project-name"], directory }];
  }
  for (const option of ["file", "project-name", "project-directory"] as const) {
    if (values[option] === undefined) continue;
    const hint = "with --project each project has its own files and its own name";
    throw new HyperionError("E701", { option: `"--${option}"`, hint });
  }
  return Promise.all(
    several.map(async (list): Promise<ProjectSource> => {
      const named = listOf(list);
      const [only = ""] = named;
      const isFolder = named.length === 1 && (await files.isDirectory(only));
      return isFolder ? { ...shared, files: [], directory: only } : { ...shared, files: named };
    }),
  );
}

/** Of two projects of one name Docker would make one. */
function checkNames(projects: readonly ComposeProject[]): void {
  const seen = new Set<string>();
  for (const { name } of projects) {
    if (seen.has(name)) {
      const reason = "is the name of two projects; give one of them a name: of its own";
      throw new HyperionError("E183", { place: name, reason });
    }
    seen.add(name);
  }
}

/** Where the daemon takes subnets from that nobody asked for, unless it is told otherwise. */
function defaultPools() {
  return DEFAULT_ADDRESS_POOLS.map(({ base }) => parsePrefix(base));
}
