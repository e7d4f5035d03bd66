import { type ComposeProject, loadProject } from "../../../src/compose/index.ts";
import { parsePrefix } from "../../../src/model/prefix.ts";
import {
  type OfflineInput,
  type OfflineSettings,
  populate,
  readPolicyFile,
} from "../../../src/offline/index.ts";
import { MemoryFiles } from "../compose/memory-files.ts";

/** A project of one compose file. */
export async function projectOf(text: string, file = "compose.yaml"): Promise<ComposeProject> {
  const files = new MemoryFiles("/shop", { [`/shop/${file}`]: text });
  return loadProject({ files: [file], env: {} }, files);
}

const SETTINGS: OfflineSettings = { defaultPosture: "default-allow", identityLabels: [] };

/** Compose files side by side, with the texts of admin policies in force. */
export async function inputOf(
  texts: readonly string[],
  policies: Readonly<Record<string, string>> = {},
  settings: Partial<OfflineSettings> = {},
): Promise<OfflineInput> {
  const projects: ComposeProject[] = [];
  for (const [i, text] of texts.entries()) {
    projects.push(await projectOf(text, i === 0 ? "compose.yaml" : `compose-${i + 1}.yaml`));
  }
  const read = Object.entries(policies).map(([name, text]) => readPolicyFile(text, `${name}.yaml`, name));
  const inForce = read.flatMap(({ policy }) => policy?.policy ?? []);
  return {
    projects,
    policies: read,
    offline: populate(projects, inForce, { ...SETTINGS, ...settings }),
    defaultPools: [parsePrefix("10.144.0.0/12")],
  };
}
