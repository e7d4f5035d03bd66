import { dirname, resolve } from "node:path";
import type { Entry, Mapping, YamlNode } from "../yaml/index.ts";
import type { Budget } from "./budget.ts";
import { absolutePath, type Documents } from "./documents.ts";
import { fault } from "./fault.ts";
import type { Interpolation } from "./interpolate.ts";
import { mergeTrees } from "./merge.ts";
import { refuseRemote } from "./remote.ts";
import { applyResets, type Resets, resetsAt, takeResets } from "./reset.ts";
import type { Lookup } from "./template.ts";
import { childOf, isNull, itemsOf, textNode, textOf, withEntries, withItems } from "./tree.ts";
import { dropRepeated } from "./unique.ts";

/** Longest chain of services that extend each other. */
export const EXTENDS_MAX = 100;

/** A file's services, and what they are to be read with. */
export interface ServicesOf {
  readonly path: string;
  /** What `file:` is relative to. */
  readonly directory: string;
  readonly services: Mapping;
  readonly resets: Resets;
}

/** Puts what services extend below them. One for each file that is read with one environment. */
export class Extension {
  readonly #documents: Documents;
  readonly #interpolation: Interpolation;
  readonly #budget: Budget;
  readonly #lookup: Lookup;
  readonly #loaded = new Map<string, ServicesOf>();
  /** Services that are done, by file and name. */
  readonly #done = new Map<string, YamlNode>();

  constructor(documents: Documents, interpolation: Interpolation, budget: Budget, lookup: Lookup) {
    this.#documents = documents;
    this.#interpolation = interpolation;
    this.#budget = budget;
    this.#lookup = lookup;
  }

  /** Every service with what it extends. Throws E162 where that is missing or leads back to itself. */
  async apply(file: ServicesOf): Promise<Mapping> {
    const entries = new Map<string, Entry>();
    for (const [name, entry] of file.services.entries) {
      entries.set(name, { ...entry, node: await this.#extended(name, entry.node, file, []) });
    }
    return withEntries(file.services, entries);
  }

  async #extended(
    name: string,
    service: YamlNode,
    file: ServicesOf,
    chain: readonly string[],
  ): Promise<YamlNode> {
    if (isNull(service)) return service;
    if (service.kind !== "mapping") {
      throw fault("E161", service.place, "must be a mapping", ["services", name]);
    }
    const extension = service.entries.get("extends");
    if (extension === undefined) return service;
    const { node: reference } = extension;
    const base = textOf(reference) ?? textOf(childOf(reference, "service"));
    if (base === undefined) {
      throw fault("E161", reference.place, "names no service", ["services", name, "extends"]);
    }
    const path = textOf(childOf(reference, "file"));
    const source = path === undefined ? file : await this.#load(file, path, reference);
    const id = JSON.stringify([source.path, base]);
    if (chain.includes(id)) {
      throw fault("E162", reference.place, `service ${name} extends itself, by way of ${base}`);
    }
    if (chain.length >= EXTENDS_MAX) {
      throw fault("E162", reference.place, `more than ${EXTENDS_MAX} services extend each other`);
    }
    const found = source.services.entries.get(base);
    if (found === undefined) {
      const where = path === undefined ? "this file" : this.#documents.nameOf(source.path);
      throw fault("E162", reference.place, `service ${name} extends ${base}, which ${where} does not have`);
    }
    const extended = this.#done.get(id) ?? (await this.#extended(base, found.node, source, [...chain, id]));
    this.#done.set(id, extended);
    const own = new Map(service.entries);
    own.delete("extends");
    const above = withEntries(service, own);
    if (isNull(extended)) return above;
    const below = applyResets(extended, resetsAt(file.resets, ["services", name]));
    const merged = mergeTrees(below, above, ["services", name]);
    this.#budget.spendOn(merged);
    return merged;
  }

  async #load(file: ServicesOf, path: string, reference: YamlNode): Promise<ServicesOf> {
    refuseRemote(path, reference.place);
    const absolute = resolve(file.directory, path);
    const known = this.#loaded.get(absolute);
    if (known !== undefined) return known;
    const name = this.#documents.nameOf(absolute);
    if (!(await this.#documents.exists(absolute))) {
      throw fault("E162", reference.place, `extends a service of ${name}, and there is no such file`);
    }
    const directory = dirname(absolute);
    let root: YamlNode | undefined;
    let resets: Resets = takeResets(reference).resets;
    for (const document of await this.#documents.yaml(absolute)) {
      const taken = takeResets(document);
      if (taken.root === undefined) continue;
      const filled = this.#interpolation.apply(taken.root, this.#lookup);
      // As compose does: of several documents in one file, only the resets of the last are known.
      resets = taken.resets;
      root = root === undefined ? filled : mergeTrees(applyResets(root, resets), filled);
    }
    const services = root === undefined ? undefined : childOf(dropRepeated(root), "services");
    if (services?.kind !== "mapping") {
      throw fault("E162", reference.place, `extends a service of ${name}, which has none`);
    }
    const home = this.#lookup("HOME");
    const loaded = {
      path: absolute,
      directory,
      services: settleLabelFiles(services, directory, home),
      resets,
    };
    this.#loaded.set(absolute, loaded);
    return loaded;
  }
}

/** Services whose label files have absolute paths: they stay those of the file that names them. */
export function settleLabelFiles(services: Mapping, directory: string, home: string | undefined): Mapping {
  const settled = (node: YamlNode): YamlNode => {
    const path = textOf(node);
    if (node.kind !== "scalar" || path === undefined || path === "") return node;
    return textNode(absolutePath(directory, path, home), node);
  };
  const entries = new Map<string, Entry>();
  for (const [name, entry] of services.entries) {
    const { node: service } = entry;
    const files = service.kind === "mapping" ? service.entries.get("label_file") : undefined;
    if (service.kind !== "mapping" || files === undefined) {
      entries.set(name, entry);
      continue;
    }
    const node =
      files.node.kind === "sequence"
        ? withItems(files.node, itemsOf(files.node).map(settled))
        : settled(files.node);
    const own = new Map(service.entries).set("label_file", { ...files, node });
    entries.set(name, { ...entry, node: withEntries(service, own) });
  }
  return withEntries(services, entries);
}
