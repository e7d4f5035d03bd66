import type { Entry, Place, YamlNode } from "../yaml/index.ts";
import { fault, type TreePath } from "./fault.ts";
import { namesToMapping } from "./merge.ts";
import { childOf, entriesOf, itemsOf, textOf } from "./tree.ts";

/** Settings that name another service whose namespace is shared: `service:NAME`. */
const NAMESPACES = ["network_mode", "ipc", "pid", "uts", "cgroup"];
const SERVICE_PREFIX = "service:";

/** What a service refers to, and where. */
interface Reference {
  readonly name: string;
  readonly place: Place;
  readonly path: TreePath;
  readonly isRequired: boolean;
}

/**
 * Throws E164 where active services refer to what the project does not have, or wait for each other.
 *
 * @param services the active ones, by name.
 * @param left names of those that no active profile has.
 */
export function checkReferences(
  root: YamlNode,
  services: ReadonlyMap<string, Entry>,
  left: ReadonlySet<string>,
): void {
  const waits = new Map<string, readonly string[]>();
  for (const [name, { node }] of services) {
    const path = ["services", name];
    checkSource(node, path);
    for (const [kind, reference] of resourcesOf(node, path)) {
      if (childOf(childOf(root, kind), reference.name) !== undefined) continue;
      const what = `there is no ${kind.replace(/s$/, "")} ${reference.name} in this project`;
      throw fault("E164", reference.place, what, reference.path);
    }
    const dependencies = dependenciesOf(node, path);
    for (const { name: other, place, path: at, isRequired } of dependencies) {
      if (services.has(other) || (left.has(other) && !isRequired)) continue;
      const why = left.has(other) ? "is left out, as none of its profiles is active" : "does not exist";
      throw fault("E164", place, `service ${other} ${why}`, at);
    }
    waits.set(
      name,
      dependencies.map((reference) => reference.name).filter((other) => services.has(other)),
    );
  }
  checkCycles(waits, services);
  checkContainerNames(services);
}

/** No two containers of one machine have the same name. */
function checkContainerNames(services: ReadonlyMap<string, Entry>): void {
  const owners = new Map<string, string>();
  for (const [name, { node }] of services) {
    const container = childOf(node, "container_name");
    const text = textOf(container);
    if (!text) continue;
    const owner = owners.get(text);
    const path = ["services", name, "container_name"];
    if (owner !== undefined)
      throw fault("E164", container?.place, `service ${owner} has the same name`, path);
    owners.set(text, name);
  }
}

/** Every service comes from somewhere. */
function checkSource(node: YamlNode, path: TreePath): void {
  if (childOf(node, "build") !== undefined || childOf(node, "provider") !== undefined) return;
  if (textOf(childOf(node, "image"))) return;
  throw fault("E164", node.place, "has neither image nor build", path);
}

function resourcesOf(node: YamlNode, path: TreePath): readonly (readonly [string, Reference])[] {
  const references: (readonly [string, Reference])[] = [];
  const add = (kind: string, name: string, place: Place, at: TreePath) =>
    references.push([kind, { name, place, path: at, isRequired: true }]);
  const networks = childOf(node, "networks");
  if (networks !== undefined) {
    for (const [key, entry] of namesToMapping(networks, [...path, "networks"]).entries) {
      if (key !== "default") add("networks", key, entry.place, [...path, "networks"]);
    }
  }
  for (const kind of ["secrets", "configs"]) {
    for (const item of itemsOf(childOf(node, kind))) {
      const source = textOf(item) ?? textOf(childOf(item, "source"));
      if (source !== undefined) add(kind, source, item.place, [...path, kind]);
    }
  }
  for (const item of itemsOf(childOf(node, "volumes"))) {
    const source = volumeOf(item);
    if (source !== undefined) add("volumes", source, item.place, [...path, "volumes"]);
  }
  return references;
}

/** The named volume of a mount; undefined where it is a folder, or has no name. */
function volumeOf(item: YamlNode): string | undefined {
  if (item.kind === "mapping") {
    return textOf(childOf(item, "type")) === "volume"
      ? textOf(childOf(item, "source")) || undefined
      : undefined;
  }
  const [source = "", target] = (textOf(item) ?? "").split(":");
  return target === undefined || !/^[a-zA-Z0-9][\w.-]+$/.test(source) ? undefined : source;
}

function dependenciesOf(node: YamlNode, path: TreePath): readonly Reference[] {
  const references: Reference[] = [];
  const add = (name: string, place: Place, key: string, isRequired = true) =>
    references.push({ name, place, path: [...path, key], isRequired });
  const dependencies = childOf(node, "depends_on");
  if (dependencies !== undefined) {
    for (const [name, { node: condition, place }] of entriesOf(namesToMapping(dependencies, path))) {
      add(name, place, "depends_on", textOf(childOf(condition, "required")) !== "false");
    }
  }
  for (const item of itemsOf(childOf(node, "links"))) {
    add(textOf(item)?.split(":", 1)[0] ?? "", item.place, "links");
  }
  for (const item of itemsOf(childOf(node, "volumes_from"))) {
    const text = textOf(item) ?? "";
    if (!text.startsWith("container:")) add(text.split(":", 1)[0] ?? "", item.place, "volumes_from");
  }
  for (const key of NAMESPACES) {
    const shared = childOf(node, key);
    const text = textOf(shared) ?? "";
    if (shared !== undefined && text.startsWith(SERVICE_PREFIX)) {
      add(text.slice(SERVICE_PREFIX.length), shared.place, key);
    }
  }
  return references;
}

/** Services start when those that they wait for have: nobody starts in a circle. */
function checkCycles(
  waits: ReadonlyMap<string, readonly string[]>,
  services: ReadonlyMap<string, Entry>,
): void {
  const waiting = new Map([...waits].map(([name, others]) => [name, new Set(others)] as const));
  const waiters = new Map<string, string[]>();
  for (const [name, others] of waiting) {
    for (const other of others) {
      const known = waiters.get(other);
      if (known === undefined) waiters.set(other, [name]);
      else known.push(name);
    }
  }
  const ready = [...waiting].filter(([, others]) => others.size === 0).map(([name]) => name);
  for (let started = ready.pop(); started !== undefined; started = ready.pop()) {
    waiting.delete(started);
    for (const waiter of waiters.get(started) ?? []) {
      const others = waiting.get(waiter);
      others?.delete(started);
      if (others?.size === 0) ready.push(waiter);
    }
  }
  // Whoever is left waits for somebody who is left: following them comes round.
  const seen = new Set<string>();
  let [name] = waiting.keys();
  while (name !== undefined && !seen.has(name)) {
    seen.add(name);
    [name] = waiting.get(name) ?? [];
  }
  if (name === undefined) return;
  throw fault("E164", services.get(name)?.place, "waits for itself to start", ["services", name]);
}
