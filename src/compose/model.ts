import { dirname, resolve } from "node:path";
import { type Entry, type Mapping, sortedJson, toJson, type YamlNode } from "../yaml/index.ts";
import type { Budget } from "./budget.ts";
import { canonical } from "./canonical.ts";
import type { Documents } from "./documents.ts";
import { Extension, settleLabelFiles } from "./extends.ts";
import { fault } from "./fault.ts";
import { type Include, readIncludes } from "./include.ts";
import type { Interpolation } from "./interpolate.ts";
import { mergeTrees } from "./merge.ts";
import { applyResets, takeResets } from "./reset.ts";
import { checkSchema } from "./schema.ts";
import { childOf, isNull, withEntries } from "./tree.ts";
import { dropRepeated } from "./unique.ts";

/** Files that are read together, and what they are read with. */
export interface Reading {
  /** Absolute paths, or `-`. */
  readonly files: readonly string[];
  /** What relative paths in the files are relative to. */
  readonly directory: string;
  readonly environment: ReadonlyMap<string, string>;
}

/** Parts of a project that an included one adds to. */
const RESOURCES = ["services", "volumes", "networks", "secrets", "configs", "models"] as const;

/** Makes one tree of a project's files. One for each project. */
export class ModelReader {
  readonly #documents: Documents;
  readonly #interpolation: Interpolation;
  readonly #budget: Budget;

  constructor(documents: Documents, interpolation: Interpolation, budget: Budget) {
    this.#documents = documents;
    this.#interpolation = interpolation;
    this.#budget = budget;
  }

  /**
   * The files merged as compose does, with what they extend and include, in the forms that
   * {@link canonical} chooses; undefined when they say nothing. Throws E160 to E163.
   *
   * @param including the files by way of which these are included, outermost first.
   */
  async read(reading: Reading, including: readonly string[] = []): Promise<Mapping | undefined> {
    let merged: YamlNode | undefined;
    let chain = including;
    for (const path of reading.files) {
      chain = [...chain, path];
      for (const document of await this.#documents.yaml(path)) {
        merged = await this.#add(merged, document, path, reading, chain);
      }
    }
    if (merged?.kind !== "mapping") return undefined;
    const services = merged.entries.get("services");
    if (services?.node.kind !== "mapping") return merged;
    const settled = settleLabelFiles(services.node, reading.directory, reading.environment.get("HOME"));
    return withEntries(merged, new Map(merged.entries).set("services", { ...services, node: settled }));
  }

  async #add(
    below: YamlNode | undefined,
    document: YamlNode,
    path: string,
    reading: Reading,
    including: readonly string[],
  ): Promise<YamlNode | undefined> {
    const { root, resets } = takeResets(document);
    if (root === undefined) return below;
    if (root.kind !== "mapping") throw fault("E161", root.place, "must be a mapping", []);
    const lookup = (variable: string) => reading.environment.get(variable);
    let file = this.#interpolation.apply(root, lookup) as Mapping;
    const services = file.entries.get("services");
    if (services !== undefined) {
      if (services.node.kind !== "mapping") {
        throw fault("E161", services.node.place, "must be a mapping", ["services"]);
      }
      const extension = new Extension(this.#documents, this.#interpolation, this.#budget, lookup);
      const { directory } = reading;
      const extended = await extension.apply({ path, directory, services: services.node, resets });
      file = withEntries(file, new Map(file.entries).set("services", { ...services, node: extended }));
    }
    file = await this.#include(file, reading, including);
    const merged = below === undefined ? file : mergeTrees(applyResets(below, resets), file);
    this.#budget.spendOn(merged);
    const unique = dropRepeated(merged);
    checkSchema(unique);
    return canonical(unique);
  }

  async #include(file: Mapping, reading: Reading, including: readonly string[]): Promise<Mapping> {
    const includes = childOf(file, "include");
    if (includes === undefined) return file;
    let entries = new Map(file.entries);
    entries.delete("include");
    for (const include of readIncludes(includes)) {
      const imported = await this.#imported(include, reading, including);
      if (imported !== undefined) entries = imports(entries, imported);
    }
    return withEntries(file, entries);
  }

  async #imported(include: Include, reading: Reading, including: readonly string[]) {
    const files = include.paths.map((path) => resolve(reading.directory, path));
    const [main] = files;
    if (main === undefined) return undefined;
    for (const path of files) {
      if (including.includes(path)) {
        const chain = [...including.slice(including.indexOf(path)), path].map((step) =>
          this.#documents.nameOf(step),
        );
        throw fault("E162", include.place, chain.join(" includes "));
      }
      if (!(await this.#documents.exists(path))) {
        throw fault(
          "E162",
          include.place,
          `includes ${this.#documents.nameOf(path)}, and there is no such file`,
        );
      }
    }
    const directory =
      include.directory === undefined ? dirname(main) : resolve(reading.directory, include.directory);
    const environment = await this.#environment(include, directory, reading);
    return this.read({ files, directory, environment }, including);
  }

  /** The including project's environment wins over the included one's files. */
  async #environment(include: Include, directory: string, { directory: own, environment }: Reading) {
    const standard = resolve(directory, ".env");
    const files = include.envFiles.map((path) => resolve(own, path));
    if (files.length === 0 && (await this.#documents.exists(standard))) files.push(standard);
    return withEnvFiles(this.#documents, environment, files);
  }
}

/** An environment with what env files add to it; of the files, the later ones win. */
export async function withEnvFiles(
  documents: Documents,
  environment: ReadonlyMap<string, string>,
  files: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const added = new Map<string, string>();
  for (const file of files) {
    const lookup = (variable: string) => environment.get(variable) ?? added.get(variable);
    for (const [name, { value }] of await documents.settings(file, lookup)) added.set(name, value);
  }
  return new Map([...added, ...environment]);
}

/** Throws E162 when both have a resource of the same name and do not mean the same by it. */
function imports(own: ReadonlyMap<string, Entry>, imported: Mapping): Map<string, Entry> {
  const entries = new Map(own);
  for (const kind of RESOURCES) {
    const there = imported.entries.get(kind);
    if (there === undefined || isNull(there.node)) continue;
    const here = entries.get(kind);
    const resources = new Map(here?.node.kind === "mapping" ? here.node.entries : []);
    for (const [name, entry] of there.node.kind === "mapping" ? there.node.entries : []) {
      const known = resources.get(name);
      if (known === undefined) resources.set(name, entry);
      else if (!isSame(known.node, entry.node)) {
        const path = [kind, name];
        throw fault("E162", known.place, `is also in ${entry.place.file}, which is included here`, path);
      }
    }
    entries.set(kind, { place: (here ?? there).place, node: withEntries((here ?? there).node, resources) });
  }
  return entries;
}

function isSame(a: YamlNode, b: YamlNode): boolean {
  return sortedJson(toJson(a)) === sortedJson(toJson(b));
}
