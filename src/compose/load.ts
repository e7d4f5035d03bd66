import type { Entry, Mapping } from "../yaml/index.ts";
import { Budget } from "./budget.ts";
import { checkReferences } from "./consistency.ts";
import { Documents, STANDARD_INPUT } from "./documents.ts";
import { fault } from "./fault.ts";
import type { ComposeFiles } from "./files.ts";
import { Interpolation } from "./interpolate.ts";
import { activeProfiles, locate } from "./locate.ts";
import { ModelReader } from "./model.ts";
import { readNetwork } from "./networks.ts";
import { Notices } from "./notices.ts";
import type { ComposeProject, ComposeService, ProjectSource } from "./project.ts";
import { PROJECT_NAME_VARIABLE, projectName } from "./project-name.ts";
import { remarkResources, remarkService } from "./remarks.ts";
import { readService } from "./services.ts";
import { byKey, childOf, entriesOf, itemsOf, textOf } from "./tree.ts";

/**
 * Reads a project as `docker compose` would: finds its files, merges them, and describes the containers
 * and networks that `up` would make.
 *
 * Throws E160 for a file that cannot be read or is no YAML, E161 for what does not fit the compose schema,
 * E162 for `extends` and `include` that lead nowhere or in a circle, E163 for a required variable, E164 for
 * what does not fit together, E165 when there is no compose file, E166 for a name that is none.
 */
export async function loadProject(source: ProjectSource, files: ComposeFiles): Promise<ComposeProject> {
  const notices = new Notices();
  const budget = new Budget();
  const documents = new Documents(files);
  const interpolation = new Interpolation(notices, budget);
  const located = await locate(source, documents, notices);
  const name = await projectName(source, located, documents, interpolation);
  const environment = new Map(located.environment).set(PROJECT_NAME_VARIABLE, name);
  const reader = new ModelReader(documents, interpolation, budget);
  const root = await reader.read({ ...located, environment });
  if (root === undefined) {
    const [first = STANDARD_INPUT] = located.files;
    throw fault("E160", documents.nameOf(first), "the compose file is empty");
  }
  const { active, leftOut } = select(root, activeProfiles(source, environment), notices);
  const services: ComposeService[] = [];
  for (const [service, entry] of [...active].sort(byKey)) {
    const { node } = entry;
    if (childOf(node, "provider") !== undefined) {
      const text = `service ${service} is made by a provider, and is no container`;
      notices.add("W507", text, childOf(node, "provider")?.place);
      continue;
    }
    const read = await readService(service, entry, documents);
    remarkService(read, node, notices);
    services.push(read);
  }
  remarkResources(root, notices);
  return { name, services, leftOut, networks: networksOf(root, services, name), notices: notices.list() };
}

/** The services that are active, and the names of the others. Throws E164 when they need what is not. */
function select(root: Mapping, profiles: readonly string[], notices: Notices) {
  const active = new Map<string, Entry>();
  const left = new Set<string>();
  for (const [name, entry] of entriesOf(childOf(root, "services"))) {
    const { node, place } = entry;
    const own = itemsOf(childOf(node, "profiles")).map(textOf);
    if (
      own.length === 0 ||
      profiles.includes("*") ||
      own.some((profile) => profiles.includes(profile ?? ""))
    ) {
      active.set(name, entry);
      continue;
    }
    left.add(name);
    const text = `service ${name} is left out, as none of its profiles is active: ${own.join(", ")}`;
    notices.add("W503", text, place);
  }
  checkReferences(root, active, left);
  return { active: active as ReadonlyMap<string, Entry>, leftOut: [...left].sort() };
}

function networksOf(root: Mapping, services: readonly ComposeService[], project: string) {
  const described = new Map<string, Entry>(entriesOf(childOf(root, "networks")));
  const keys = new Set(services.flatMap(({ networks }) => networks.map(({ key }) => key)));
  return [...keys].sort().map((key) => readNetwork(key, described.get(key), project));
}
